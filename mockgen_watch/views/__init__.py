"""Results as plain data and as pictures: what the command line and other doors show."""
