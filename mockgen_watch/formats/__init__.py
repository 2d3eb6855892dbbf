"""Stage 5, format: a Batch becomes the bytes of an output."""
