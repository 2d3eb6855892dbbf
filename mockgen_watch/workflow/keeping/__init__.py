"""Takes runs that stay; keeps them for a time, and gives them back."""
