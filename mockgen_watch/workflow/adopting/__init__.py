"""Takes outputs that were edited by hand; gives specs that make them so."""
