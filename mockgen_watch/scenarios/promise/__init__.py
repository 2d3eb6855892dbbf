"""promise."""
