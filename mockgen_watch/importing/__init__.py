"""Importing: specs from what a team has already, such as a sample of its records."""
