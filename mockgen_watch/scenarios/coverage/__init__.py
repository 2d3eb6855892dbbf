"""Coverage: first records that have every combination of their fields' values."""
