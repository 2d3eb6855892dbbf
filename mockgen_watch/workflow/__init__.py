"""Takes what a command asks for; gives its result by putting the stages in order."""
