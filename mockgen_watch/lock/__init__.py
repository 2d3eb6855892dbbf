"""Lock: what was made from what, and what differs from it now."""
