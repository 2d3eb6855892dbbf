"""Takes a command line; gives text for people or programs and an exit code."""
