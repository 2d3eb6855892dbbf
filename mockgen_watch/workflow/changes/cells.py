"""Takes the records of an output before and after; gives the cells in which they differ."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.digest import canonical
from mockgen_watch.spec.document import pointer_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mockgen_watch.spec.document import Json

Segments = tuple[str | int, ...]


class Absent:
    """Stands for a value where there is none."""

    def __repr__(self) -> str:
        """Return how people read it."""
        return "absent"


ABSENT = Absent()


class CellChange(Struct, frozen=True, kw_only=True):
    """One leaf of one record that differs.

    Attributes:
        record: index of the record, from 0.
        path: keys and indexes down to the leaf.
        before, after: its values; ``ABSENT`` where it is not there.
    """

    record: int
    path: Segments
    before: Json | Absent
    after: Json | Absent

    @property
    def pointer(self) -> str:
        """JSON Pointer of the leaf in its record."""
        return pointer_of(self.path)

    @property
    def field(self) -> str:
        """The field in words, whatever the element: ``ClaimDetails[].proc_cd``."""
        text = ""
        for part in self.path:
            text += "[]" if isinstance(part, int) else f".{part}" if text else part
        return text


def changed_cells(before: Sequence[Json], after: Sequence[Json]) -> Iterator[CellChange]:
    """Yield every leaf that differs, record by record; a record more or less is all of its leaves.

    Objects are compared key by key and arrays element by element. The order of keys is no
    difference; 1 and 1.0 are different, as are ``[]`` and nothing.
    """
    for index, (old, new) in enumerate(itertools.zip_longest(before, after, fillvalue=ABSENT)):
        for path, was, now in _differences((), old, new):
            yield CellChange(record=index, path=path, before=was, after=now)


def _differences(
    path: Segments, old: Json | Absent, new: Json | Absent
) -> Iterator[tuple[Segments, Json | Absent, Json | Absent]]:
    if (isinstance(old, Absent) and _is_empty(new)) or (isinstance(new, Absent) and _is_empty(old)):
        # The empty object or array itself came or went.
        yield path, old, new
    elif isinstance(old, dict) and isinstance(new, dict | Absent):
        yield from _in_objects(path, old, {} if isinstance(new, Absent) else new)
    elif isinstance(new, dict) and isinstance(old, Absent):
        yield from _in_objects(path, {}, new)
    elif isinstance(old, list) and isinstance(new, list | Absent):
        yield from _in_arrays(path, old, [] if isinstance(new, Absent) else new)
    elif isinstance(new, list) and isinstance(old, Absent):
        yield from _in_arrays(path, [], new)
    elif isinstance(old, Absent) or isinstance(new, Absent) or canonical(old) != canonical(new):
        yield path, old, new


def _is_empty(value: Json | Absent) -> bool:
    return isinstance(value, dict | list) and not value


def _in_objects(
    path: Segments, old: dict[str, Json], new: dict[str, Json]
) -> Iterator[tuple[Segments, Json | Absent, Json | Absent]]:
    for key in dict.fromkeys([*old, *new]):
        yield from _differences((*path, key), old.get(key, ABSENT), new.get(key, ABSENT))


def _in_arrays(
    path: Segments, old: list[Json], new: list[Json]
) -> Iterator[tuple[Segments, Json | Absent, Json | Absent]]:
    for place, (was, now) in enumerate(itertools.zip_longest(old, new, fillvalue=ABSENT)):
        yield from _differences((*path, place), was, now)
