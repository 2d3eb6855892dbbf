"""Git: index, commits, merges and settings of the repository that a project is in."""
