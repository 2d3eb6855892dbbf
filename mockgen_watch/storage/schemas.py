"""Takes the file name of a schema; gives its bytes, from the wheel or from the checkout."""

from __future__ import annotations

from pathlib import Path

from mockgen_watch.errors import StorageError

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
