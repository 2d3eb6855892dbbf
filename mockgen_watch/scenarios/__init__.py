"""Stage 4, scenarios: a Batch of good records becomes one with faults, exclusions and labels."""
