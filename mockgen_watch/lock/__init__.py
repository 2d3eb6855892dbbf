"""Stage 5, lock: digests of what was made become a lockfile, and what differs from it now."""
