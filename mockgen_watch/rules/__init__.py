"""Stage 2, check: a Spec and a Catalog become diagnostics and the rules that records must keep."""
