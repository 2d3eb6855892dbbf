"""Chunks of promised records: which of them fail which requirements.

A requirement is checked on the columns of a whole chunk where its tests are comparisons of numbers,
or read few enough values to be tabulated; where neither is, on each record.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct

from mockgen_watch.generate.address import record_cells, release
from mockgen_watch.generate.column import (
    Column,
    ColumnKind,
    Node,
    ObjectNode,
    Program,
    State,
    finished,
    own,
    values_over,
)
from mockgen_watch.rules.cel import ORDERS, Comparison
from mockgen_watch.rules.values import MISSING, Missing, Path, RecordView, is_number, with_field
from mockgen_watch.scenarios.promise.facts import seconds_in
from mockgen_watch.spec.generators import MomentKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import ModuleType

    import numpy as np
    from numpy.typing import NDArray

    from mockgen_watch.generate.address import Cells, IntArray
    from mockgen_watch.scenarios.promise.requirements import Requirement, Test
    from mockgen_watch.spec.document import Json

    BoolArray: TypeAlias = NDArray[np.bool_]
    Verdicts: TypeAlias = Callable[[Cells], BoolArray]
    """Returns which records of a chunk pass, bool[n]."""


TOO_LARGE: Final = 1 << 62
"""Numbers from here on are not compared as columns: they would not fit, once scaled."""

MOST_ENTRIES: Final = 1 << 16
"""Entries of a table that is looked up, and combinations of them that one test remembers."""

_DIRECTIVES: Final = {
    MomentKind.DATE: ("%Y", "%m", "%d"),
    MomentKind.DATETIME: ("%Y", "%m", "%d", "%H", "%M", "%S"),
    MomentKind.TIME: ("%H", "%M", "%S"),
}
"""What a format has to write so that its text says which moment it is."""


class NotComparableError(ValueError):
    """A value is text, or a number that does not fit into 64 bits with its decimals."""


class _Comparable(Struct, frozen=True, eq=False):
    """What the values of a column are compared by, as integers: times ``10**decimals``.

    Attributes:
        over: returns those of a chunk, int64[n], and where there is nothing to compare by, bool[n];
            None: nowhere. It raises NotComparableError where a value is text or too large.
    """

    decimals: int
    over: Callable[[Cells], tuple[IntArray, BoolArray | None]]


def _comparable_column(column: Column, path: Path, view: RecordView) -> _Comparable | None:
    """Return what the column at the written ``path`` is compared by; None where values decide."""
    moment = view.moments.get(path)
    if _is_tabulated(column):
        return _comparable_entries(column, path, view)
    units = column.units
    if units is None or column.read is not None:
        return None
    if moment is None:
        is_drawn, factor = column.kind is ColumnKind.NUMBER, 1
    else:
        # The text of a moment has to say which one it is.
        is_drawn = all(item in moment.format for item in _DIRECTIVES[moment.kind])
        factor = seconds_in(moment)

    def over(cells: Cells) -> tuple[IntArray, None]:
        numbers = units.over(cells)
        if numbers.dtype == object:
            raise NotComparableError
        return (numbers if factor == 1 else numbers * factor), None

    return _Comparable(column.decimals, over) if is_drawn else None


class _Lookup:
    """Numbers by code, each made when its code is first drawn; ``dtype`` is their NumPy type."""

    def __init__(self, size: int, make: Callable[[int], int], dtype: str) -> None:
        self._size = size
        self._make = make
        self._dtype = dtype
        self._made: IntArray | None = None

    def over(self, xp: ModuleType, codes: IntArray) -> IntArray:
        unmade = xp.iinfo(self._dtype).max
        if self._made is None:
            self._made = xp.full(self._size, unmade, self._dtype)
        made = self._made
        for code in xp.unique(codes[made[codes] == unmade]).tolist():
            made[code] = self._make(code)
        found: IntArray = made[codes]
        return found


def _comparable_entries(column: Column, path: Path, view: RecordView) -> _Comparable:
    """Return what the entries of a table are compared by; each is read when first drawn."""
    decimals = 0 if path in view.moments else _decimals_of(column)
    nothing = TOO_LARGE

    def number_at(code: int) -> int:
        found = view.comparable(path, _value_of(column, code))
        if found is None:
            return nothing
        if isinstance(found, str):
            raise NotComparableError
        scaled = int(Decimal(found).scaleb(decimals))
        if abs(scaled) >= TOO_LARGE:
            raise NotComparableError
        return scaled

    lookup = _Lookup(len(column.parts[0].table), number_at, "int64")

    def over(cells: Cells) -> tuple[IntArray, BoolArray | None]:
        numbers = lookup.over(cells.xp, _entry_codes(column, cells))
        lacking: BoolArray = numbers == nothing
        numbers[lacking] = 0
        return numbers, lacking if lacking.any() else None

    return _Comparable(decimals, over)


def _value_of(column: Column, code: int) -> Json:
    """Return the value of a column of one part where its stream draws ``code``."""
    entry = column.parts[0].table[code]
    if column.kind is ColumnKind.VALUE or not isinstance(entry, str):
        return entry
    return finished(column, entry)


def _entry_codes(column: Column, cells: Cells) -> IntArray:
    """Return the entry of each cell in the table of a column of one part, int64[n]."""
    stream = column.parts[0].stream
    codes: IntArray = (
        cells.xp.zeros(len(cells.a), cells.xp.int64) if stream is None else stream.over(cells)
    )
    return codes


def _is_tabulated(column: Column) -> bool:
    """Return whether each value of ``column`` is one entry of one table."""
    is_single = column.read is None and len(column.parts) == 1
    return is_single and len(column.parts[0].table) <= MOST_ENTRIES


def _decimals_of(column: Column) -> int:
    if column.kind is ColumnKind.NUMBER:
        return len(str(column.parts[0].table[0]).partition(".")[2])
    numbers = (entry for entry in column.parts[0].table if is_number(entry))
    exponents = (Decimal(number).as_tuple().exponent for number in numbers)
    return max((max(0, -int(exponent)) for exponent in exponents), default=0)


def _scaled(xp: ModuleType, numbers: IntArray, places: int) -> IntArray:
    """Return ``numbers * 10**places``, or raise NotComparableError where one would be too large."""
    if not places:
        return numbers
    factor = 10**places
    if len(numbers) and int(xp.abs(numbers).max()) * factor >= TOO_LARGE:
        raise NotComparableError
    scaled: IntArray = numbers * factor
    return scaled


class ChunkVerdicts:
    """Checks chunks of one program's records against requirements."""

    def __init__(
        self, requirements: Sequence[Requirement], program: Program, view: RecordView
    ) -> None:
        self.program = program
        self._checks = [_check(each, program.root, view) for each in requirements]

    def failures(self, xp: ModuleType, indexes: IntArray) -> IntArray:
        """Return what each record fails: bit b is for requirement b, int64[n]."""
        cells = record_cells(self.program.base_key, xp, indexes)
        failed: IntArray = xp.zeros(len(indexes), xp.int64)
        for bit, check in enumerate(self._checks):
            failed |= (~check(cells)).astype(xp.int64) << bit
        release(cells)
        return failed


def _check(requirement: Requirement, root: ObjectNode, view: RecordView) -> Verdicts:
    """Return the verdicts of a requirement, each test in the way that reads the fewest values."""
    read = root if requirement.paths is None else narrowed_root(root, requirement.paths)
    tests = [_ordered(test, root, view) or _tabulated(test, root) for test in requirement.tests]

    def over(cells: Cells) -> BoolArray:
        xp = cells.xp
        holds: BoolArray = xp.ones(len(cells.a), bool)
        is_whole = bool(tests) and None not in tests
        for test in filter(None, tests):
            try:
                holds &= test(cells)
            except NotComparableError:
                is_whole = False
        if not is_whole:
            # Where a test fails already, the record need not be made.
            rows = xp.flatnonzero(holds)
            met = [requirement.holds(record) for record in values_over(read, cells, rows)]
            holds[rows] = xp.array(met, bool) != requirement.is_outside
        return ~holds if requirement.is_outside else holds

    return over


def _ordered(test: Test, root: ObjectNode, view: RecordView) -> Verdicts | None:
    """Return the verdicts of a test that compares columns of numbers; None for another one."""
    columns: dict[Path, _Comparable] = {}
    sides = [side for order in test.orders for side in (order.left, order.right)]
    for path in {side for side in sides if isinstance(side, tuple)}:
        column = _column_at(root, path)
        if column is None or column.presence:
            return None
        comparable = _comparable_column(column, path, view)
        if comparable is None:
            return None
        columns[path] = comparable

    def over(cells: Cells) -> BoolArray:
        xp = cells.xp
        found = {path: column.over(cells) for path, column in columns.items()}
        sides = {path: (found[path][0], column.decimals) for path, column in columns.items()}
        holds: BoolArray = xp.ones(len(cells.a), bool)
        for order in test.orders:
            holds &= _compare(order, xp, sides)
        for _, lacking in found.values():
            if lacking is not None:
                holds[lacking] = test.holds_unordered
        return holds

    return over if columns else None


def _compare(
    order: Comparison, xp: ModuleType, sides: Mapping[Path, tuple[IntArray, int]]
) -> BoolArray:
    """Return where a comparison holds; ``sides`` are integers and their decimals."""
    left, left_places = sides[order.left]
    right: IntArray | int
    if isinstance(order.right, tuple):
        numbers, right_places = sides[order.right]
        places = max(left_places, right_places)
        right = _scaled(xp, numbers, places - right_places)
    else:
        number = Decimal(order.right)
        places = max(left_places, -int(number.as_tuple().exponent))
        right = int(number.scaleb(places))
    return ORDERS[order.order](_scaled(xp, left, places - left_places), right)  # type: ignore[return-value]  # of arrays, an array


def _tabulated(test: Test, root: ObjectNode) -> Verdicts | None:
    """Return the verdicts of a test whose fields have few combinations; None for another one.

    Each combination of values is tried once.
    """
    fields: list[tuple[Path, Column, int]] = []
    for path in dict.fromkeys(test.paths):
        column = _column_at(root, path)
        if column is None or not _is_tabulated(column):
            return None
        states = 1 if column.presence is None else len(State)
        fields.append((path, column, len(column.parts[0].table) * states))
    count = math.prod(size for _, _, size in fields)

    def verdict(code: int) -> int:
        record: Json = {}
        for path, column, size in reversed(fields):
            code, own_code = divmod(code, size)
            entry, state = divmod(own_code, 1 if column.presence is None else len(State))
            value: Json | Missing = None if state == State.NULL else MISSING
            if state == State.PRESENT:
                value = own(_value_of(column, entry))
            record = with_field(record, path, value)
        return int(test.holds(record))

    verdicts = _Lookup(count, verdict, "int8")

    def over(cells: Cells) -> BoolArray:
        codes: IntArray = cells.xp.zeros(len(cells.a), cells.xp.int64)
        for _, column, size in fields:
            own_codes = _entry_codes(column, cells)
            if column.presence is not None:
                own_codes = own_codes * len(State) + column.presence.over(cells)
            codes = codes * size + own_codes
        holds: BoolArray = verdicts.over(cells.xp, codes) == 1
        return holds

    return over if count <= MOST_ENTRIES else None


def _column_at(root: ObjectNode, path: Path) -> Column | None:
    """Return the column at ``path`` where all objects on the way are always there; else None."""
    node: Node | None = root
    for key in path:
        if not isinstance(node, ObjectNode) or (node is not root and node.presence is not None):
            return None
        node = dict(node.members).get(key)
    return node if isinstance(node, Column) else None


def narrowed_root(root: ObjectNode, paths: Iterable[Path]) -> ObjectNode:
    """Return ``root`` with only what is at ``paths``, or on the way there.

    An array is left whole: a path may mean one of its elements, or all.
    """
    tails: dict[str, list[Path]] = {}
    for path in paths:
        if not path:
            return root
        tails.setdefault(path[0], []).append(path[1:])
    members = tuple(
        (name, narrowed_root(child, tails[name]) if isinstance(child, ObjectNode) else child)
        for name, child in root.members
        if name in tails
    )
    return ObjectNode(members=members, presence=root.presence)
