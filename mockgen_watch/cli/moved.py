"""Takes outputs as they were and as they are; gives how many records and fields moved in them.

For a person who looks: outputs that are large, or many at once, are not looked into.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.git.history import differing_cells, records_of
from mockgen_watch.lock.paths import LOCK_NAME
from mockgen_watch.workflow.changes import CannotDecodeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Final

LARGEST: Final = 512 << 10
"""Bytes of an output that is looked into; YAML takes a hundred times as long to read."""
LARGEST_YAML: Final = 16 << 10
MOST_BYTES: Final = 16 << 20
"""Of all outputs that are remembered."""
MOST_FILES: Final = 20
"""Of one batch."""


class Moved(Struct, frozen=True, kw_only=True):
    """What differs in some outputs.

    Attributes:
        records: how many.
        fields: their names, in order of place.
    """

    records: int
    fields: tuple[str, ...]


class OutputMemory:
    """The outputs of a project as they were last seen."""

    def __init__(self, root: Path) -> None:
        """Remember nothing yet of the project in ``root``."""
        self._root = root
        self._bytes: dict[str, bytes] = {}
        self._size = 0

    def fill(self, outputs: str) -> None:
        """Remember the outputs in the folder ``outputs``, as far as there is room."""
        for path in _files(self._root / outputs):
            if self._size > MOST_BYTES:
                return
            self._remember(path.relative_to(self._root).as_posix())

    def note(self, paths: Iterable[str]) -> None:
        """Remember the outputs ``paths``, which are new, or other ones are there."""
        for path in paths:
            self._remember(path)

    def compare(self, paths: Iterable[str]) -> Moved | None:
        """Return what moved in ``paths`` since they were seen; None: nobody knows."""
        records, fields = 0, dict[str, None]()
        chosen = list(paths)
        pairs = [(path, self._bytes.get(path), self._remember(path)) for path in chosen]
        if len(chosen) > MOST_FILES:
            return None
        for path, old, new in pairs:
            if old is None or new is None:
                return None
            try:
                cells = differing_cells(records_of(path, old), records_of(path, new))
            except CannotDecodeError:
                return None
            records += len({cell.record for cell in cells})
            fields.update(dict.fromkeys(cell.field for cell in cells))
        return Moved(records=records, fields=tuple(fields))

    def _remember(self, path: str) -> bytes | None:
        """Return the output ``path`` as it is now, and remember it; None: it is gone or large."""
        self._size -= len(self._bytes.pop(path, b""))
        largest = LARGEST_YAML if path.endswith((".yaml", ".yml")) else LARGEST
        try:
            with (self._root / path).open("rb") as file:
                data = file.read(largest + 1)
        except OSError:
            return None
        if len(data) > largest:
            return None
        self._bytes[path] = data
        self._size += len(data)
        return data


def _files(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(place, name) for name in sorted(names) if name != LOCK_NAME)
