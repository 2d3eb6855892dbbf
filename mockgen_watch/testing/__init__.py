"""Takes nothing; gives what tests use: a pytest fixture, and checks for authors of plugins."""
