"""Takes a place in an output; gives where its value comes from."""
