"""Stage 3, compile: a Spec and a Catalog become a Plan: what outputs need, what an edit affects."""
