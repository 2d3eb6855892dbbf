"""Takes nothing; gives the vocabularies that come with the package, by name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mockgen_watch.storage.containment import naming

if TYPE_CHECKING:
    from pathlib import Path

_PACKAGE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
_FOLDER = os.path.join(_PACKAGE, "vocabulary")


def shipped_vocabularies() -> tuple[str, ...]:
    """Return the file names of all of them, sorted."""
    return tuple(sorted(name for name in os.listdir(_FOLDER) if name.endswith(".json")))


def vocabulary_folder() -> Path:
    """Return where they are."""
    from pathlib import Path  # noqa: PLC0415 - few ask

    return Path(_FOLDER)


def vocabulary_stamps() -> list[tuple[str, int, int]]:
    """Return name, size and time of each, sorted: what tells that they are the same."""
    with os.scandir(_FOLDER) as entries:
        found = [(entry.name, entry.stat()) for entry in entries if entry.name.endswith(".json")]
    return sorted((name, status.st_size, status.st_mtime_ns) for name, status in found)


def read_vocabulary(name: str) -> bytes:
    """Return the bytes of the vocabulary file ``name``.

    Raises:
        StorageError: there is none, or it cannot be read.
    """
    path = os.path.join(_FOLDER, os.path.basename(name))
    with naming(path), open(path, "rb") as file:
        return file.read()
