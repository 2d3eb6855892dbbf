"""Takes the records of an output before and after; gives the cells in which they differ."""

from __future__ import annotations

import csv
import io
import itertools
import json
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.digest import canonical
from mockgen_watch.spec.document import plain_data, pointer_of
from mockgen_watch.spec.parse import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mockgen_watch.spec.document import Json


class CannotDecodeError(ValueError):
    """The bytes are not what the format writes; somebody edited them."""


def decode_records(form: str, data: bytes, *, delimiter: str = ",") -> list[Json]:
    """Return the records in ``data``: the elements of its array, its lines or rows, or itself.

    The cells of CSV are text, by the names of their columns; an empty cell without quotes is
    read as ``""``.

    Raises:
        CannotDecodeError: they are not in this format.
    """
    try:
        if form == "ndjson":
            return [_load(line) for line in data.decode().split("\n") if line]
        if form == "csv":
            text = io.StringIO(data.decode(), newline="")
            return [dict(row) for row in csv.DictReader(text, delimiter=delimiter, strict=True)]
        whole = _load(data.decode()) if form == "json" else _load_yaml(data)
    except (ValueError, csv.Error) as error:
        raise CannotDecodeError(str(error)) from error
    return whole if isinstance(whole, list) else [whole]


def _load(text: str) -> Json:
    value: Json = json.loads(text, parse_float=Decimal)
    return value


def _load_yaml(data: bytes) -> Json:
    # An output may be larger than any spec is allowed to be.
    document = parse("output.yaml", data, max_bytes=len(data))
    if document.root is None:
        raise ValueError(str(document.diagnostics[0]) if document.diagnostics else "it is empty")
    return plain_data(document.root)


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
