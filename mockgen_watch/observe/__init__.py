"""Logs of commands and of the daemon, and text made safe to show."""
