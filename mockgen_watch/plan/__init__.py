"""Stage 3, compile: a Spec and a Catalog become a Plan: what each output needs, what is affected."""
