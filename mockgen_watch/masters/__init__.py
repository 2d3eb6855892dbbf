"""Stage 1, merge: a Spec and its masters become one shape; each leaf knows where it came from."""
