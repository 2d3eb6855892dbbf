"""Takes nothing; gives the compiled form of a record: nodes, columns and the parts of a column.

``generate.compile`` makes these from a RecordPlan; ``generate.records`` reads values from them one
at a time; ``formats`` turn them into fragment tables for whole chunks.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TypeAlias

    from mockgen_watch.generate.cells import Cell, Cells, IntArray, Stream
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.model import Transform


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


class Part(Struct, frozen=True, kw_only=True, eq=False):
    """A table and the stream of indexes into it.

    ``table`` is a sequence of JSON values (VALUE columns) or of text pieces; ``stream.size`` is at
    most its length. A constant piece has a table of one and no stream. A long table may make its
    entries when they are asked for, so small jobs should not walk it.
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
