"""Commands: a module for each, or for a few that are about the same; see ``cli.main``."""
