"""Compiled records: their nodes and columns, and how a column's text becomes its value.

``generate.compile`` makes a ``Program`` of a ``RecordPlan``; ``generate.records`` reads values from
it; ``formats`` turn it into tables of fragments for whole chunks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, overload
from unicodedata import normalize

from msgspec import Struct, field

from mockgen_watch.masters.shapes import number_or_same
from mockgen_watch.spec.model import Transform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Final, TypeAlias

    from mockgen_watch.generate.address import Cell, Cells, IntArray, Stream
    from mockgen_watch.spec.document import Json


class ColumnKind(StrEnum):
    """How the parts of a column make its value."""

    VALUE = "value"
    """One part; its table holds whole JSON values."""
    TEXT = "text"
    """The pieces (str) of all parts, joined, are a string."""
    NUMBER = "number"
    """The pieces (str) of all parts, joined, are the text of a JSON number."""


class State(IntEnum):
    """What a presence stream draws."""

    PRESENT = 0
    NULL = 1
    ABSENT = 2


class LazyTable(Sequence["Json"]):
    """``make(0)`` to ``make(size - 1)``, each made when it is asked for.

    An open table has entries beyond its size too, for records beyond the planned count.
    """

    def __init__(self, size: int, make: Callable[[int], Json], *, is_open: bool = False) -> None:
        self.size = size
        self.make = make
        self.is_open = is_open

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[Json]:
        return map(self.make, range(self.size))

    @overload
    def __getitem__(self, index: int) -> Json: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Json, ...]: ...
    def __getitem__(self, index: int | slice) -> Json | tuple[Json, ...]:
        if isinstance(index, slice):
            return tuple(map(self.make, range(*index.indices(self.size))))
        if -self.size <= index < self.size:
            return self.make(index % self.size)
        if self.is_open and index >= 0:
            return self.make(index)
        raise IndexError(index)


class Part(Struct, frozen=True, kw_only=True, eq=False):
    """A table and the stream of indexes into it.

    ``table`` is a sequence of JSON values (VALUE columns) or of text pieces; ``stream.size`` is at
    most its length. A constant piece has a table of one and no stream. Long tables are lazy, so
    small jobs should not walk them.
    """

    table: Sequence[Json]
    stream: Stream | None


class Column(Struct, frozen=True, kw_only=True, eq=False):
    """A leaf, compiled.

    Attributes:
        kind: how the parts make the value.
        parts: at least one.
        presence: draws ``State``; None when the leaf is always there and never null.
        finish: transforms that only the joined text can take; a column that has any cannot be
            made of fragments, its text is made record by record (``slow`` says why).
        coerce: turn joined text that is exactly a JSON number into that number (the master's
            leaf is a number); also only possible on the joined text.
        read: makes the text of a cell where parts cannot; ``finish`` and ``coerce`` come after.
        read_over: what ``read`` makes, for some rows of a chunk (int64[n]); only beside ``read``.
        quick: makes the value of a cell at once, the same that the parts make.
        slow: why this column has no fragments; empty when it has.
        units: of numbers, and of dates and times, whose text is of several parts: draws them as
            whole numbers: in units of the last decimal, in days or in seconds.
        decimals: of numbers that ``units`` draws.
    """

    kind: ColumnKind
    parts: tuple[Part, ...]
    presence: Stream | None = None
    finish: tuple[Transform, ...] = ()
    coerce: bool = False
    read: Callable[[Cell], Json] | None = None
    read_over: Callable[[Cells, IntArray], Iterator[Json]] | None = None
    quick: Callable[[Cell], Json] | None = None
    slow: str = ""
    units: Stream | None = None
    decimals: int = 0


class ObjectNode(Struct, frozen=True, kw_only=True, eq=False):
    """An object: names and nodes in the order of writing."""

    members: tuple[tuple[str, Node], ...]
    presence: Stream | None = None


class ArrayNode(Struct, frozen=True, kw_only=True, eq=False):
    """An array: ``elements[e]`` is the node of element e, drawn with cells one level deeper.

    ``length`` draws how many of them there are, ``minimum`` at least; None when all of them are.
    Every element node of a variable array is the same object.
    """

    elements: tuple[Node, ...]
    minimum: int
    length: Stream | None
    presence: Stream | None = None


Node: TypeAlias = "Column | ObjectNode | ArrayNode"


class Program(Struct, frozen=True, kw_only=True, eq=False):
    """A compiled RecordPlan.

    Attributes:
        root: the record.
        base_key: the 64-bit key that ``address.lanes_of_record`` takes: seed and model.
        count: records that the plan has.
        stated: path and value of what some records hold that are not made by ``root`` alone.
        readers: what ``generate.records`` made of ``root``, at most one.
    """

    root: ObjectNode
    base_key: int
    count: int
    stated: tuple[tuple[tuple[str, ...], Json], ...] = ()
    readers: list[Callable[[Cell], dict[str, Json]]] = field(default_factory=list)


_LETTERS: Final = str.maketrans(
    {
        "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O",
        "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th",
        "\u0131": "i", "ħ": "h", "Ħ": "H",
    }
)  # fmt: skip
_NOT_IN_SLUG: Final = re.compile("[^a-z0-9]+")
_SIGMA: Final = "Σ"


def _ascii_text(text: str) -> str:
    """Return ``text`` with accents dropped (``é`` becomes ``e``) and without what has no letter."""
    if text.isascii():
        return text
    plain = normalize("NFKD", text.translate(_LETTERS))
    return plain.encode("ascii", "ignore").decode("ascii")


def _slug_text(text: str) -> str:
    """Return the lower-case letters and digits of ``text``, with ``-`` between their groups."""
    return _NOT_IN_SLUG.sub("-", _ascii_text(text).lower()).strip("-")


_TRANSFORMS: Final[Mapping[Transform, Callable[[str], str]]] = {
    Transform.LOWER: str.lower,
    Transform.UPPER: str.upper,
    Transform.TITLE: str.title,
    Transform.STRIP: str.strip,
    Transform.SLUG: _slug_text,
    Transform.ASCII: _ascii_text,
}


def transformed(text: str, transforms: Iterable[Transform]) -> str:
    """Return ``text`` after all ``transforms``, in order."""
    for transform in transforms:
        text = _TRANSFORMS[transform](text)
    return text


def works_by_piece(transform: Transform, pieces: Iterable[str]) -> bool:
    """Return whether to transform each of ``pieces`` is to transform the text that they join to.

    What a letter becomes must not depend on its neighbours; a final sigma does in lower case.
    """
    if transform is Transform.LOWER:
        return not any(_SIGMA in piece for piece in pieces)
    return transform in {Transform.UPPER, Transform.ASCII}


def joined_text(pieces: Iterable[Json]) -> str:
    """Return the pieces of a text or number column, joined."""
    return "".join(pieces)  # type: ignore[arg-type]  # their tables hold text alone


def finished(column: Column, text: str) -> Json:
    """Return the value whose parts join to ``text``."""
    if column.kind is ColumnKind.NUMBER:
        return Decimal(text) if "." in text else int(text)
    if column.finish:
        text = transformed(text, column.finish)
    return number_or_same(text) if column.coerce else text
