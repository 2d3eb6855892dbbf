"""Takes a path that a person names; gives its bytes, or puts bytes there, wholly or not at all."""

from __future__ import annotations

from pathlib import Path

from mockgen_watch.storage.atomic import write_atomically
from mockgen_watch.storage.containment import Folder, naming


def read_file(path: str) -> bytes:
    """Return the bytes of the file at ``path``.

    Raises:
        StorageError: it cannot be read.
    """
    with naming(path):
        return Path(path).read_bytes()


def write_file(path: str, data: bytes) -> None:
    """Put ``data`` into the file at ``path``, in the place of what is there.

    Raises:
        StorageError: it cannot be written.
    """
    place = Path(path)
    with naming(path), Folder.open(place.parent) as folder:
        write_atomically(folder, place.name, data)
