"""Takes a project in a work tree of Git; gives what Git knows, and sets it up."""
