"""Stage 1, second half: a Document becomes a typed spec, or diagnostics that say why not."""
