"""Stage 6, write: bytes become files, each wholly old or wholly new, and files become bytes."""
