"""Takes chunks and a function; gives its results in order, from this process or from many."""
