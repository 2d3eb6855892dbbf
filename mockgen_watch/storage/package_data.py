"""Takes nothing; gives the vocabularies that come with the package, by name."""

from __future__ import annotations

import os
from pathlib import Path

from mockgen_watch.errors import StorageError
from mockgen_watch.storage.containment import naming

_PACKAGE = Path(__file__).resolve().parent.parent
# A wheel carries the copy inside the package; an editable install has the folder beside it.
_FOLDERS = (_PACKAGE / "_schemas", _PACKAGE.parent / "schemas")


def read_schema(name: str) -> bytes:
    """Return the schema file ``name``, such as ``master.schema.json``, as it was shipped.

    Raises:
        StorageError: when this installation carries no such schema, or it cannot be read.
    """
    try:
        return find_schema(name).read_bytes()
    except OSError as error:
        raise StorageError(name, "the schema cannot be read") from error


def find_schema(name: str) -> Path:
    """Return the path of the schema file ``name``.

    Raises:
        StorageError: when this installation carries no such schema.
    """
    for folder in _FOLDERS:
        if name == Path(name).name and (folder / name).is_file():
            return folder / name
    raise StorageError(name, "this installation carries no such schema", "ENOENT")


def schema_names() -> tuple[str, ...]:
    """Return the file names of all schemas that this installation carries, sorted."""
    return tuple(
        sorted({path.name for folder in _FOLDERS for path in folder.glob("*.schema.json")})
    )


_VOCABULARIES_PACKAGE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
_FOLDER = os.path.join(_VOCABULARIES_PACKAGE, "vocabulary")


def shipped_vocabularies() -> tuple[str, ...]:
    """Return the file names of all of them, sorted."""
    return tuple(sorted(name for name in os.listdir(_FOLDER) if name.endswith(".json")))


def vocabulary_folder() -> Path:
    """Return where they are."""
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
