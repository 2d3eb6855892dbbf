"""Package data: the JSON Schemas and the vocabularies that are shipped."""

from __future__ import annotations

import os
from functools import cache

from mockgen_watch.errors import StorageError
from mockgen_watch.plan import METHODS
from mockgen_watch.spec import CONTRACT
from mockgen_watch.storage.containment import naming

_PACKAGE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
# A wheel carries the copy inside the package; an editable install has the folder beside it.
_SCHEMAS = (os.path.join(_PACKAGE, "_schemas"), os.path.join(os.path.dirname(_PACKAGE), "schemas"))
VOCABULARIES = os.path.join(_PACKAGE, "vocabulary")
"""The folder of the vocabularies that are shipped."""


def read_schema(name: str) -> bytes:
    """Return the schema file ``name``, such as ``master.schema.json``, as it was shipped.

    Raises:
        StorageError: when this installation does not include this schema, or it cannot be read.
    """
    try:
        with open(find_schema(name), "rb") as file:
            return file.read()
    except OSError as error:
        raise StorageError(name, "the schema cannot be read") from error


def find_schema(name: str) -> str:
    """Return the path of the schema file ``name``.

    Raises:
        StorageError: when this installation does not include this schema.
    """
    for folder in _SCHEMAS:
        path = os.path.join(folder, name)
        if name == os.path.basename(name) and os.path.isfile(path):
            return path
    raise StorageError(name, "this installation does not include this schema", "ENOENT")


def shipped_vocabularies() -> tuple[str, ...]:
    """Return the file names of all vocabularies, sorted."""
    return tuple(sorted(name for name in os.listdir(VOCABULARIES) if name.endswith(".json")))


def tool_parts() -> list[object]:
    """Return what of the program itself decides the bytes of outputs, as a part of keys."""
    with os.scandir(VOCABULARIES) as entries:
        found = [(entry.name, entry.stat()) for entry in entries if entry.name.endswith(".json")]
    stamps = sorted((name, status.st_size, status.st_mtime_ns) for name, status in found)
    return [CONTRACT, METHODS, stamps]


def read_vocabulary(name: str) -> bytes:
    """Return the bytes of the vocabulary file ``name``.

    Raises:
        StorageError: there is none, or it cannot be read.
    """
    path = os.path.join(VOCABULARIES, os.path.basename(name))
    with naming(path), open(path, "rb") as file:
        return file.read()


@cache
def program_stamps() -> tuple[tuple[str, str, int, int], ...]:
    """Return folder, name, size and time of each file of the program, sorted.

    Another program may make other outputs.
    """
    stamps = []
    for folder, folders, names in os.walk(_PACKAGE):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(names):
            status = os.stat(os.path.join(folder, name))
            below = folder.removeprefix(_PACKAGE)
            stamps.append((below, name, status.st_size, status.st_mtime_ns))
    return tuple(stamps)
