"""Commands: a module for each, or for a few that share nearly all; see ``cli.main``."""
