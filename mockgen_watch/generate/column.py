"""Takes nothing; gives the compiled form of a record: nodes, columns and the parts of a column.

``generate.compile`` makes these from a RecordPlan; ``generate.records`` reads values from them one
at a time; ``formats`` turn them into fragment tables for whole chunks.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, overload

from msgspec import Struct, field

from mockgen_watch.spec.model import ArrayShape, Leaf, ObjectShape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Final, TypeAlias

    from mockgen_watch.generate.address import Cell, Cells, IntArray, Stream
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.generators import RowField
    from mockgen_watch.spec.model import Shape, Transform


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


if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeVar

    Entry_co = TypeVar("Entry_co", covariant=True)

    Entries = Sequence[Entry_co]
else:
    Entries, Entry_co = Sequence, None


class LazyTable(Entries[Entry_co]):
    """``make(0)`` to ``make(size - 1)``, each made anew when it is asked for."""

    __slots__ = ("_make", "_size")

    def __init__(self, size: int, make: Callable[[int], Entry_co]) -> None:
        """Stand for ``size`` entries."""
        self._size = size
        self._make = make

    def __len__(self) -> int:
        """Return the number of entries."""
        return self._size

    def __iter__(self) -> Iterator[Entry_co]:
        """Yield the entries below the size."""
        return map(self._make, range(self._size))

    @overload
    def __getitem__(self, index: int) -> Entry_co: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Entry_co, ...]: ...
    def __getitem__(self, index: int | slice) -> Entry_co | tuple[Entry_co, ...]:
        """Return an entry, or a tuple of them."""
        if isinstance(index, slice):
            return tuple(map(self._make, range(*index.indices(self._size))))
        if -self._size <= index < self._size:
            return self._make(index % self._size)
        raise IndexError(index)


class OpenTable(LazyTable[Entry_co]):
    """A table with entries beyond its size too, for records beyond the count that was planned."""

    __slots__ = ()

    @overload
    def __getitem__(self, index: int) -> Entry_co: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Entry_co, ...]: ...
    def __getitem__(self, index: int | slice) -> Entry_co | tuple[Entry_co, ...]:
        """Return an entry, or a tuple of them; only a slice ends at the size."""
        if isinstance(index, int) and index >= self._size:
            return self._make(index)
        return super().__getitem__(index)


Way: TypeAlias = tuple[str | int, ...]
"""The way to a shape: names of members, and places of elements (see ``element_at``)."""


AGAIN: Final = "$again"
"""The segment of an address behind which attempts are counted; no field has a name below a leaf."""


class Found(Struct, frozen=True, kw_only=True):
    """A leaf that a path led to.

    Attributes:
        leaf: where the path ends.
        way: the way to it.
        strides: the greatest number of elements of each array on the way, outermost first.
        objects: the objects on the way that the asker is not part of, outermost first, each with
            the way to it and the number of arrays around it.
    """

    leaf: Leaf
    way: Way
    strides: tuple[int, ...]
    objects: tuple[tuple[ObjectShape, Way, int], ...]


def find_leaf(root: ObjectShape, path: Sequence[str], asker: Way = ()) -> Found:
    """Return the leaf at ``path``, keys from the top, as seen from the leaf at ``asker``.

    An array is entered only where the asker is in it, and then at the asker's own element.

    Raises:
        LookupError: the path leads nowhere; specs with such a path are refused before.
    """
    here: Shape = root
    way: Way = ()
    strides: tuple[int, ...] = ()
    objects: list[tuple[ObjectShape, Way, int]] = []
    for key in path:
        while isinstance(here, ArrayShape):
            if asker[: len(way)] != way:
                raise LookupError(f"{'.'.join(path)} enters an array, and no element is named")
            place = int(asker[len(way)])
            strides = (*strides, most_elements(here))
            here, way = element_at(here, place), (*way, place)
        if isinstance(here, ObjectShape) and asker[: len(way)] != way:
            objects.append((here, way, len(strides)))
        below = here.get(key) if isinstance(here, ObjectShape) else None
        if below is None:
            raise LookupError(f"{'.'.join(path)} leads nowhere")
        here, way = below, (*way, key)
    if not isinstance(here, Leaf):
        raise LookupError(f"{'.'.join(path)} is no single value")  # noqa: TRY004  # as above
    return Found(leaf=here, way=way, strides=strides, objects=tuple(objects))


def keys_of(way: Way) -> tuple[str, ...]:
    """Return the names of members on ``way``, without elements."""
    return tuple([step for step in way if isinstance(step, str)])


def shared_path(field: RowField) -> tuple[str, ...]:
    """Return the address path of the draw that ``field`` shares, whichever attempt it is."""
    address = field.address
    return address[: address.index(AGAIN)] if AGAIN in address else address


def most_elements(array: ArrayShape) -> int:
    """Return the greatest number of elements that ``array`` has."""
    return len(array.elements) + (array.maximum if array.items is not None else 0)


def element_at(array: ArrayShape, place: int) -> Shape:
    """Return the shape of an element; all ``items`` have the place behind the fixed elements."""
    if place < len(array.elements) or array.items is None:
        return array.elements[place]
    return array.items
