"""Stage 4, generate: an OutputPlan and a Chunk become a Batch, the values in columns."""
