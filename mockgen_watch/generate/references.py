"""References: from a leaf to another field of its record, or to a field of a parent record.

The parent's index is drawn at the child's cell; its values are then drawn at the parent's own
cell, by the parent's own streams. So the parent need not be written anywhere, and always has the
value. Fields of one object that refer to the same parent records share the draw.

A parent more or less moves the fewest children that it can: Lamping and Veach, "A fast, minimal
memory, consistent hash algorithm" (jump consistent hash), 2014, here with 53 bits for each jump.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.generate.address import (
    encode_parts,
    outer_cell,
    record_cell,
    record_cells,
)
from mockgen_watch.generate.column import Column, ColumnKind, Part, State, own
from mockgen_watch.generate.draws import FieldDraws, Permuted, RecordPosition
from mockgen_watch.generate.streams import Drawn, Level
from mockgen_watch.rules.values import Missing, value_at
from mockgen_watch.spec.model import (
    ArrayShape,
    Choice,
    Leaf,
    ObjectShape,
    alternatives_of,
    element_shapes,
)
from mockgen_watch.splitmix import MASK64

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mockgen_watch.generate.address import Cell, Cells, Constants, IntArray, Stream
    from mockgen_watch.plan.family import Family
    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.model import Position, Shape


class Found(Struct, frozen=True, kw_only=True):
    """A part of a record that a path led to.

    Attributes:
        shape: where the path ends.
        way: the way to it.
        strides: the greatest number of elements of each array on the way, outermost first.
        objects: the objects on the way that the asker is not part of, outermost first, each with
            the way to it and the number of arrays around it.
        rest: keys below the shape, where that is a leaf with alternatives.
    """

    shape: Shape
    way: Position
    strides: tuple[int, ...]
    objects: tuple[tuple[ObjectShape, Position, int], ...]
    rest: tuple[str, ...] = ()


def find_part(root: ObjectShape, path: Sequence[str], asker: Position = ()) -> Found:
    """Return the part at ``path``, keys from the top, as seen from the leaf at ``asker``.

    An array is entered only where the asker is in it, and then at the asker's own element.

    Raises:
        LookupError: the path leads nowhere; specs with such a path are refused before.
    """
    here: Shape | None = root
    way: Position = ()
    strides: tuple[int, ...] = ()
    objects: list[tuple[ObjectShape, Position, int]] = []
    for place, key in enumerate(path):
        while isinstance(here, ArrayShape) or _own_choice(here, way, asker) is not None:
            step = _own_choice(here, way, asker)
            if isinstance(here, Leaf) and step is not None:
                here, way = alternatives_of(here)[step.number], (*way, step)
                continue
            element = asker[len(way)] if asker[: len(way)] == way else None
            if isinstance(element, int) and isinstance(here, ArrayShape):
                strides = (*strides, most_elements(here))
                here, way = element_shapes(here)[element], (*way, element)
                continue
            raise LookupError(f"{'.'.join(path)} enters an array, and no element is named")
        if isinstance(here, Leaf) and alternatives_of(here):
            rest = tuple(path[place:])
            return Found(shape=here, way=way, strides=strides, objects=tuple(objects), rest=rest)
        if isinstance(here, ObjectShape) and asker[: len(way)] != way:
            objects.append((here, way, len(strides)))
        here, way = here.get(key) if isinstance(here, ObjectShape) else None, (*way, key)
    if here is None:
        raise LookupError(f"{'.'.join(path)} leads nowhere")
    return Found(shape=here, way=way, strides=strides, objects=tuple(objects))


def _own_choice(here: Shape | None, way: Position, asker: Position) -> Choice | None:
    """Return the alternative of the leaf at ``way`` that the asker is in; None for none."""
    if not isinstance(here, Leaf) or asker[: len(way)] != way or len(asker) <= len(way):
        return None
    step = asker[len(way)]
    return step if isinstance(step, Choice) else None


def most_elements(array: ArrayShape) -> int:
    """Return the greatest number of elements that ``array`` has."""
    return len(array.elements) + (array.maximum if array.items is not None else 0)


_STEP: Final = 2862933555777941757
_SHIFT: Final = 11
_UNIT: Final = 2.0**-53


def parent_index(draws: FieldDraws, parents: RecordPlan, scenario: str) -> Stream:
    """Return the draw of one of ``parents``; ``draws`` are of the object of the fields.

    The name of the parents' suite plays no part, so that it may be moved.
    """
    if draws.is_distinct:
        return draws.numbers(parents.count)
    if draws.is_unique:
        key = draws.address.key("reference", _identity(parents, scenario))
        return Permuted(parents.count, key, RecordPosition(draws.strides))
    return Jump(parents.count, *_constants(draws, parents, scenario), draws.level)


def earlier_index(draws: FieldDraws, parents: RecordPlan, scenario: str) -> Stream:
    """Return the draw of a record before the own one, of ``parents``; as in ``parent_index``.

    It is what ``parent_index`` draws wherever that is an earlier record.
    """
    return Earlier(parents.count, *_constants(draws, parents, scenario), draws.level)


def _identity(parents: RecordPlan, scenario: str) -> bytes:
    return encode_parts(parents.seed, parents.model_id, scenario)


def _constants(
    draws: FieldDraws, parents: RecordPlan, scenario: str
) -> tuple[Constants, Constants]:
    address, identity = draws.address, _identity(parents, scenario)
    return address.constants("reference/0", identity), address.constants("reference/1", identity)


class Jump(Drawn):
    """Numbers below ``size``, each equally likely; to raise ``size`` by one moves 1 / size."""

    def __init__(
        self, size: int, high: Constants, low: Constants, level: Level | None = None
    ) -> None:
        super().__init__(size)
        level = level or Level()
        self.high = level.word(high)
        self.low = level.word(low)

    def at(self, cell: Cell) -> int:
        return self.below(cell, self.size)

    def below(self, cell: Cell, size: int) -> int:
        """Return the number below ``size`` that ``cell`` has."""
        key = self.high.at(cell) << 32 | self.low.at(cell)
        number = 0
        while True:
            key = (key * _STEP + 1) & MASK64
            further = (number + 1) / (((key >> _SHIFT) + 1) * _UNIT)
            if further >= size:
                return number
            number = int(further)

    def draw(self, cells: Cells) -> IntArray:
        return self.all_below(cells, self.size)

    def all_below(self, cells: Cells, sizes: IntArray | int) -> IntArray:
        """Return for each cell the number below its size."""
        xp = cells.xp
        key = self.high.over(cells).astype(xp.uint64)
        key <<= xp.uint64(32)
        key |= self.low.over(cells)
        numbers: IntArray = xp.zeros(len(key), xp.int64)
        # Those that still jump become fewer in each round.
        active = xp.arange(len(key))
        while len(active):
            key *= xp.uint64(_STEP)
            key += xp.uint64(1)
            chance = ((key >> xp.uint64(_SHIFT)) + xp.uint64(1)).astype(xp.float64) * _UNIT
            further = (numbers.take(active) + 1) / chance
            goes_on = further < (sizes if isinstance(sizes, int) else sizes.take(active))
            active, key = active[goes_on], key[goes_on]
            numbers[active] = further[goes_on].astype(xp.int64)
        return numbers


class Earlier(Jump):
    """Numbers below the index of the record and below ``size``; 0 for the first record."""

    def at(self, cell: Cell) -> int:
        return self.below(cell, min(max(cell.index, 1), self.size))

    def draw(self, cells: Cells) -> IntArray:
        xp = cells.xp
        return self.all_below(cells, xp.clip(cells.index, 1, self.size))


class Root(Drawn):
    """Null for the first ``roots`` records, which refer to none."""

    def __init__(self, roots: int) -> None:
        super().__init__(len(State))
        self.roots = roots

    def at(self, cell: Cell) -> int:
        return int(State.NULL if cell.index < self.roots else State.PRESENT)

    def draw(self, cells: Cells) -> IntArray:
        xp = cells.xp
        states: IntArray = xp.where(cells.index < self.roots, State.NULL, State.PRESENT)
        return states


class Child(Drawn):
    """The index of a record's parent, where each parent has its children in a row."""

    def __init__(self, family: Family) -> None:
        super().__init__(max(family.parents, 1))
        self.family = family

    def at(self, cell: Cell) -> int:
        return self.family.parent_of(cell.index)

    def draw(self, cells: Cells) -> IntArray:
        return self.family.parents_of(cells.xp, cells.index)


class Sibling(Drawn):
    """The index of a record among the children of its parent."""

    def __init__(self, family: Family) -> None:
        super().__init__(max(family.high, 1))
        self.family = family

    def at(self, cell: Cell) -> int:
        parent = self.family.parent_of(cell.index)
        return cell.index % self.family.total - self.family.start_of(parent)

    def draw(self, cells: Cells) -> IntArray:
        parents = self.family.parents_of(cells.xp, cells.index)
        ranks: IntArray = cells.index % self.family.total
        ranks -= self.family.starts_of(cells.xp, parents)
        return ranks


def made_column(make: Callable[[int], Json], path: tuple[str, ...]) -> Column:
    """Return the field at ``path`` of records that ``make`` gives, at the cells of these."""

    @lru_cache(maxsize=_MOST_VALUES)
    def value(index: int) -> Json | Missing:
        return value_at(make(index), path)

    def read(cell: Cell) -> Json:
        found = value(cell.index)
        return None if isinstance(found, Missing) else own(found)

    return Column(
        kind=ColumnKind.VALUE,
        parts=(Part(table=(None,), stream=None),),
        presence=MadeState(value),
        read=read,
        slow="rules decide the records that it refers to, one by one",
    )


_MOST_VALUES: Final = 1 << 16


class MadeState(Drawn):
    """Whether a value of a record that is made is there, by the record's index."""

    def __init__(self, value: Callable[[int], Json | Missing]) -> None:
        super().__init__(len(State))
        self.value = value

    def at(self, cell: Cell) -> int:
        return self._state(cell.index)

    def draw(self, cells: Cells) -> IntArray:
        xp = cells.xp
        states: IntArray = xp.array(list(map(self._state, cells.index.tolist())), xp.int64)
        return states

    def _state(self, index: int) -> int:
        value = self.value(index)
        if isinstance(value, Missing):
            return int(State.ABSENT)
        return int(State.NULL if value is None else State.PRESENT)


class OtherCell(Protocol):
    """The way from a cell to another."""

    def cell(self, cell: Cell, /) -> Cell: ...

    def cells(self, cells: Cells, /) -> Cells: ...


class OuterCell(Struct, frozen=True):
    """The way from an element to the cell around it that is in ``depth`` arrays."""

    depth: int

    def cell(self, cell: Cell) -> Cell:
        return outer_cell(cell, self.depth)

    def cells(self, cells: Cells) -> Cells:
        return outer_cell(cells, self.depth)


class ParentCell:
    """The way from a child's cell to its parent's."""

    def __init__(self, index: Stream, key: int) -> None:
        self.index = index
        self.key = key

    def cell(self, cell: Cell) -> Cell:
        parent = cell.related.get(id(self))
        if parent is None:
            parent = cell.related[id(self)] = record_cell(self.key, self.index.at(cell))
        return parent

    def cells(self, cells: Cells) -> Cells:
        parents = cells.related.get(id(self))
        if parents is None:
            parents = record_cells(self.key, cells.xp, self.index.over(cells))
            cells.related[id(self)] = parents
        return parents


class Redirected(Drawn):
    """What a stream draws at another cell."""

    def __init__(self, source: Stream, way: OtherCell) -> None:
        super().__init__(source.size)
        self.source = source
        self.way = way

    def at(self, cell: Cell) -> int:
        return self.source.at(self.way.cell(cell))

    def draw(self, cells: Cells) -> IntArray:
        return self.source.over(self.way.cells(cells))


def redirect_column(column: Column, way: OtherCell) -> Column:
    """Return ``column`` for cells from which ``way`` leads to those that it is drawn at."""

    def stream(source: Stream | None) -> Stream | None:
        return None if source is None else Redirected(source, way)

    def reader(read: Callable[[Cell], Json] | None) -> Callable[[Cell], Json] | None:
        return None if read is None else lambda cell: read(way.cell(cell))

    return replace(
        column,
        parts=tuple(Part(table=part.table, stream=stream(part.stream)) for part in column.parts),
        presence=stream(column.presence),
        read=reader(column.read),
        quick=reader(column.quick),
        units=stream(column.units),
    )
