"""Storage: files are read once, and written wholly or not at all."""
