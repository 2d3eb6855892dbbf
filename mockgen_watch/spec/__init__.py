"""Stage 1: the text of a spec file becomes a Document (data with line marks), then a Spec."""
