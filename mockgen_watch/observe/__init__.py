"""Takes what happens in a run; gives logs, metrics and health."""
