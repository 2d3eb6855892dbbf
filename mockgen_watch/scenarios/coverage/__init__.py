"""Takes what a scenario has to cover; gives the records that come first, so that all is covered."""
