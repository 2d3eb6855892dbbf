"""Takes a file that Git wants to show; gives one line for each value, whatever its layout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.digest import canonical
from mockgen_watch.spec.document import pointer_of
from mockgen_watch.storage.containment import naming
from mockgen_watch.workflow.changes.decode import CannotDecodeError
from mockgen_watch.workflow.changes.difference import records_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mockgen_watch.spec.document import Json


def text_of(path: Path) -> bytes:
    """Return a line for each value of each record, keys sorted; other files as they are.

    Raises:
        StorageError: the file cannot be read.
    """
    with naming(str(path)):
        data = path.read_bytes()
    try:
        records = records_of(path.name, data)
    except CannotDecodeError:
        return data
    lines = []
    for index, record in enumerate(records):
        for place, value in _leaves((), record):
            lines.append(b"record %d %s: %s\n" % (index, place, canonical(value)))
    return b"".join(lines)


def _leaves(path: tuple[str | int, ...], value: Json) -> Iterator[tuple[bytes, Json]]:
    if isinstance(value, dict) and value:
        for key in sorted(value):
            yield from _leaves((*path, key), value[key])
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _leaves((*path, index), item)
    else:
        yield pointer_of(path).encode("utf-8", "surrogatepass"), value
