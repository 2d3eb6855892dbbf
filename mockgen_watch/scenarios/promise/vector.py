"""Takes a program and paths; gives the program of the same records with other values there.

Which values, is told record by record, just before the records are made. So a format writes them by
tables as it does the program's own, but for those places.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.generate.address import record_cells, release
from mockgen_watch.generate.column import (
    ArrayNode,
    Column,
    ColumnKind,
    ObjectNode,
    Part,
    Program,
    State,
    finished,
    own,
    values_over,
)
from mockgen_watch.rules.cel import ORDERS
from mockgen_watch.rules.values import Missing, is_number, value_at, with_value
from mockgen_watch.spec.generators import MomentKind
from mockgen_watch.spec.moments import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from types import ModuleType
    from typing import Final

    import numpy as np
    from numpy.typing import NDArray

    from mockgen_watch.generate.address import Cell, Cells, IntArray
    from mockgen_watch.generate.column import Node
    from mockgen_watch.rules.cel import Comparison
    from mockgen_watch.rules.values import Path, Sight
    from mockgen_watch.scenarios.promise.needs import Need, Test
    from mockgen_watch.scenarios.promise.redraw import Attempts, Drawer
    from mockgen_watch.scenarios.source import Told
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.generators import Moment

    BoolArray = NDArray[np.bool_]


FARTHEST: Final = 1 << 62
"""Numbers from here on are not compared as columns: they would not fit, once scaled."""

LONGEST: Final = 1 << 16
"""Entries of a table that is looked up."""

_WHOLE: Final = {
    MomentKind.DATE: ("%Y", "%m", "%d"),
    MomentKind.DATETIME: ("%Y", "%m", "%d", "%H", "%M", "%S"),
    MomentKind.TIME: ("%H", "%M", "%S"),
}
"""What a format has to write, so that its text tells which moment it is."""


class NoKeyError(ValueError):
    """A value is text, or a number that does not fit into 64 bits with its decimals."""


class Key:
    """What the values of a column are compared by, times ``10**decimals``."""

    decimals = 0

    def over(self, cells: Cells) -> tuple[IntArray, IntArray | None]:
        """Return the integers of a chunk, and where there are none (bool[n]); None: everywhere.

        Raises:
            NoKeyError: a value has none.
        """
        raise NotImplementedError


class Drawn(Key):
    """Integers that a stream draws, times ``factor``."""

    def __init__(self, column: Column, factor: int) -> None:
        """Take the column's units."""
        self.decimals = column.decimals
        self._units = column.units
        self._factor = factor

    def over(self, cells: Cells) -> tuple[IntArray, IntArray | None]:
        """Return the integers of a chunk; see ``Key``."""
        if self._units is None:
            raise TypeError("the column has no units")
        numbers = self._units.over(cells)
        if numbers.dtype == object:
            raise NoKeyError
        return (numbers if self._factor == 1 else numbers * self._factor), None


class LookedUp(Key):
    """What the entries of a table are compared by; an entry is read when it is first drawn."""

    def __init__(self, column: Column, path: Path, sight: Sight) -> None:
        """Take the column's only part; ``sight`` says by what the field is compared."""
        self._column = column
        self._part = column.parts[0]
        self._path = path
        self._sight = sight
        self.decimals = 0 if path in sight.moments else _decimals_of(column)
        # 0: not read yet, 1: a number, 2: nothing to compare by.
        self._state: IntArray | None = None
        self._numbers: IntArray | None = None

    def over(self, cells: Cells) -> tuple[IntArray, IntArray | None]:
        """Return the integers of a chunk; see ``Key``."""
        xp = cells.xp
        if self._state is None or self._numbers is None:
            self._state = xp.zeros(len(self._part.table), xp.int8)
            self._numbers = xp.zeros(len(self._part.table), xp.int64)
        state, numbers = self._state, self._numbers
        if self._part.stream is None:
            codes = xp.zeros(len(cells.a), xp.int64)
        else:
            codes = self._part.stream.over(cells)
        for code in xp.unique(codes[state[codes] == 0]).tolist():
            number = self._read(code)
            state[code] = 2 if number is None else 1
            numbers[code] = 0 if number is None else number
        lacking = state[codes] == 2
        return numbers[codes], lacking if lacking.any() else None

    def _read(self, code: int) -> int | None:
        value = value_of(self._column, code)
        found = self._sight.comparable(self._path, value)
        if found is None:
            return None
        if isinstance(found, str):
            raise NoKeyError
        scaled = int(Decimal(found).scaleb(self.decimals))
        if abs(scaled) >= FARTHEST:
            raise NoKeyError
        return scaled


def value_of(column: Column, code: int) -> Json:
    """Return the value that a column of one part has where its stream draws ``code``."""
    entry = column.parts[0].table[code]
    if column.kind is ColumnKind.VALUE or not isinstance(entry, str):
        return entry
    return finished(column, entry)


def is_looked_up(column: Column) -> bool:
    """Return whether each value of ``column`` is one entry of one table."""
    return column.read is None and len(column.parts) == 1 and len(column.parts[0].table) <= LONGEST


def key_of(column: Column, path: Path, sight: Sight) -> Key | None:
    """Return the key of the column at the written ``path``; None when only its values tell."""
    if is_looked_up(column):
        return LookedUp(column, path, sight)
    moment = sight.moments.get(path)
    if column.units is None or column.read is not None:
        return None
    if moment is None:
        return Drawn(column, 1) if column.kind is ColumnKind.NUMBER else None
    return Drawn(column, _seconds(moment)) if _tells(moment) else None


def _seconds(moment: Moment) -> int:
    return DAY if moment.kind is MomentKind.DATE else 1


def _tells(moment: Moment) -> bool:
    """Return whether the text of a moment says which one it is."""
    return all(directive in moment.format for directive in _WHOLE[moment.kind])


def _decimals_of(column: Column) -> int:
    """Return the most decimals of a column's numbers."""
    if column.kind is ColumnKind.NUMBER:
        return len(str(column.parts[0].table[0]).partition(".")[2])
    numbers = (entry for entry in column.parts[0].table if is_number(entry))
    exponents = (Decimal(number).as_tuple().exponent for number in numbers)  # type: ignore[arg-type]
    return max((max(0, -int(exponent)) for exponent in exponents), default=0)


def scaled(xp: ModuleType, numbers: IntArray, places: int) -> IntArray:
    """Return ``numbers * 10**places``.

    Raises:
        NoKeyError: one of them would be too long.
    """
    if not places:
        return numbers
    factor = 10**places
    if len(numbers) and int(xp.abs(numbers).max()) * factor >= FARTHEST:
        raise NoKeyError
    longer: IntArray = numbers * factor
    return longer


MOST: Final = 1 << 16
"""Combinations of values whose verdicts are remembered, for each test."""


class Judge:
    """Tells of chunks of one program which records do not meet some needs."""

    def __init__(self, needs: Sequence[Need], program: Program, sight: Sight) -> None:
        """Find for each test the way that looks at the fewest values."""
        self.program = program
        self._needs = [_NeedJudge(need, program.root, sight) for need in needs]

    def failed_over(self, xp: ModuleType, indexes: IntArray) -> IntArray:
        """Return what each record does not meet: bit b tells of need b, int64[n]."""
        cells = record_cells(self.program.base_key, xp, indexes)
        failed: IntArray = xp.zeros(len(indexes), xp.int64)
        for bit, judge in enumerate(self._needs):
            failed |= (~judge.met_over(cells)).astype(xp.int64) << bit
        release(cells)
        return failed


class _NeedJudge:
    """Tells which records meet one need."""

    def __init__(self, need: Need, root: ObjectNode, sight: Sight) -> None:
        self._need = need
        self._root = root if need.paths is None else seen_at(root, need.paths)
        self._tests: list[_Ordered | _Counted] = []
        self._is_whole = bool(need.tests)
        for test in need.tests:
            judge = _ordered(test, root, sight) or _counted(test, root)
            if judge is None:
                self._is_whole = False
            else:
                self._tests.append(judge)

    def met_over(self, cells: Cells) -> BoolArray:
        xp = cells.xp
        holds: BoolArray = xp.ones(len(cells.a), bool)
        is_whole = self._is_whole
        for test in self._tests:
            try:
                holds &= test.over(cells)
            except NoKeyError:
                is_whole = False
        if not is_whole:
            # Where a test fails already, the others need not be made.
            rows = xp.flatnonzero(holds)
            records = values_over(self._root, cells, rows)
            met = [self._need.holds(record) for record in records]
            holds[rows] = xp.array(met, bool) != self._need.is_outside
        return ~holds if self._need.is_outside else holds


class _Ordered:
    """A test that comparisons of columns are."""

    def __init__(self, test: Test, keys: dict[Path, Key]) -> None:
        self._test = test
        self._keys = keys

    def over(self, cells: Cells) -> BoolArray:
        xp = cells.xp
        found = {path: key.over(cells) for path, key in self._keys.items()}
        holds: BoolArray = xp.ones(len(cells.a), bool)
        for order in self._test.orders:
            holds &= self._compare(order, xp, {path: one[0] for path, one in found.items()})
        for _, lacking in found.values():
            if lacking is not None:
                holds[lacking] = self._test.holds_unordered
        return holds

    def _compare(
        self, order: Comparison, xp: ModuleType, found: Mapping[Path, IntArray]
    ) -> BoolArray:
        own = self._keys[order.left].decimals
        if isinstance(order.right, tuple):
            other = self._keys[order.right].decimals
            places = max(own, other)
            right: IntArray | int = scaled(xp, found[order.right], places - other)
        else:
            number = Decimal(order.right)
            places = max(own, -int(number.as_tuple().exponent))
            right = int(number.scaleb(places))
        left = scaled(xp, found[order.left], places - own)
        return ORDERS[order.order](left, right)  # type: ignore[return-value]  # of arrays, an array


def _ordered(test: Test, root: ObjectNode, sight: Sight) -> _Ordered | None:
    keys: dict[Path, Key] = {}
    for path in {path for order in test.orders for path in _fields(order)}:
        column = _column_at(root, path)
        key = None if column is None or column.presence else key_of(column, path, sight)
        if key is None:
            return None
        keys[path] = key
    return _Ordered(test, keys) if keys else None


def _fields(order: Comparison) -> Iterator[Path]:
    yield order.left
    if isinstance(order.right, tuple):
        yield order.right


class _Counted:
    """A test on fields whose combinations of values are few."""

    def __init__(self, test: Test, columns: dict[Path, Column]) -> None:
        self._test = test
        self._columns = columns
        self._sizes = [_size(column) for column in columns.values()]
        # 0: not known yet, 1: it holds, 2: it does not.
        self._known: NDArray[np.int8] | None = None

    def over(self, cells: Cells) -> BoolArray:
        xp = cells.xp
        if self._known is None:
            self._known = xp.zeros(math.prod(self._sizes), xp.int8)
        known = self._known
        codes: IntArray = xp.zeros(len(cells.a), xp.int64)
        for column, size in zip(self._columns.values(), self._sizes, strict=True):
            codes *= size
            codes += _codes(column, cells)
        for code in xp.unique(codes[known[codes] == 0]).tolist():
            known[code] = 1 if self._test.holds(self._record(code)) else 2
        holds: BoolArray = known[codes] == 1
        return holds

    def _record(self, code: int) -> Json:
        record: Json = {}
        for (path, column), size in zip(
            reversed(self._columns.items()), reversed(self._sizes), strict=True
        ):
            code, own_code = divmod(code, size)
            for depth in range(1, len(path)):
                if not isinstance(value_at(record, path[:depth]), dict):
                    record = with_value(record, path[:depth], {})
            states = 1 if column.presence is None else len(State)
            entry, state = divmod(own_code, states)
            if state == State.PRESENT:
                record = with_value(record, path, own(value_of(column, entry)))
            elif state == State.NULL:
                record = with_value(record, path, None)
        return record


def _size(column: Column) -> int:
    return len(column.parts[0].table) * (1 if column.presence is None else len(State))


def _codes(column: Column, cells: Cells) -> IntArray:
    stream = column.parts[0].stream
    codes = cells.xp.zeros(len(cells.a), cells.xp.int64) if stream is None else stream.over(cells)
    if column.presence is None:
        return codes
    return codes * len(State) + column.presence.over(cells)


def _counted(test: Test, root: ObjectNode) -> _Counted | None:
    columns: dict[Path, Column] = {}
    for path in test.paths:
        column = _column_at(root, path)
        if column is None or not is_looked_up(column):
            return None
        columns[path] = column
    if math.prod(map(_size, columns.values())) > MOST:
        return None
    return _Counted(test, columns)


def _column_at(root: ObjectNode, path: Path) -> Column | None:
    """Return the column at ``path`` where all objects on the way are always there; else None."""
    node: Node = root
    for key in path:
        if not isinstance(node, ObjectNode) or (node is not root and node.presence is not None):
            return None
        found = dict(node.members).get(key)
        if found is None:
            return None
        node = found
    return node if isinstance(node, Column) else None


def seen_at(root: ObjectNode, paths: Iterable[Path]) -> ObjectNode:
    """Return ``root`` with only what is at ``paths``, or on the way there.

    An array is left whole: a path may mean one of its elements, or all.
    """
    tails: dict[str, list[Path]] = {}
    for path in paths:
        if not path:
            return root
        tails.setdefault(path[0], []).append(path[1:])
    members: list[tuple[str, Node]] = []
    for name, child in root.members:
        below_it = tails.get(name)
        if below_it is None:
            continue
        members.append((name, seen_at(child, below_it) if isinstance(child, ObjectNode) else child))
    return ObjectNode(members=tuple(members), presence=root.presence)


FEWEST: Final = 128
"""Records that failed in the same way; fewer are drawn again one by one."""

MOST_PROGRAMS: Final = 8
"""Programs that make records of a chunk: each has tables of its own."""

MOST_NEEDS: Final = 62
"""Needs whose verdicts fit into one number."""


class Share(Struct, frozen=True, kw_only=True, eq=False):
    """Records that are made in the same way.

    Attributes:
        rows: int64[n], where they stand among the chunk's indexes.
        program: makes them; None where each has to be made on its own.
        told: what each of them shows; None where its index alone tells that.
    """

    rows: IntArray
    program: Program | None
    told: tuple[Told, ...] | None = None


def below(shares: Iterable[Share], rows: IntArray) -> Iterator[Share]:
    """Yield ``shares`` of the records at ``rows``, as shares of the chunk that these are of."""
    for share in shares:
        yield Share(rows=rows[share.rows], program=share.program, told=share.told)


def drawn_shares(drawer: Drawer, xp: ModuleType, indexes: IntArray) -> Iterator[Share]:
    """Yield who makes the records ``indexes`` (int64[n]) of ``drawer``; ``xp`` is NumPy."""
    everything: IntArray = xp.arange(len(indexes), dtype=xp.int64)
    if len(drawer.needs) > MOST_NEEDS or not drawer.needs:
        yield Share(rows=everything, program=None if drawer.needs else drawer.program)
        return
    waiting: list[tuple[Attempts, IntArray]] = [((), everything)]
    made = 0
    while waiting:
        # The most alike first, since only so many programs are had.
        waiting.sort(key=lambda group: len(group[1]))
        attempts, rows = waiting.pop()
        if attempts and (len(rows) < FEWEST or made >= MOST_PROGRAMS):
            yield Share(rows=rows, program=None)
            continue
        made += 1
        program = drawer.program_of(attempts)
        failed = drawer.judge_of(attempts).failed_over(xp, indexes[rows])
        yield Share(rows=rows[failed == 0], program=program)
        for code in xp.unique(failed[failed != 0]).tolist():
            broken = [need for bit, need in enumerate(drawer.needs) if code >> bit & 1]
            further = drawer.further(attempts, broken)
            there = rows[failed == code]
            if further == attempts:
                yield Share(rows=there, program=None)
            else:
                waiting.append((further, there))


WHY_SLOW = "a fault is put there"


class Patch:
    """The records of a program, with values of their own at ``paths``."""

    def __init__(self, program: Program, paths: Sequence[Path]) -> None:
        """Leave room at ``paths``, none of which leads into another one or into an array."""
        self.paths = tuple(paths)
        self._places = tuple(_Patched() for _ in paths)
        root: Node = program.root
        for path, place in zip(self.paths, self._places, strict=True):
            root = _with_node(root, path, place.column())
        if not isinstance(root, ObjectNode):
            raise TypeError("a path is empty")
        self.program = replace(program, root=root, readers=[])

    def put(self, index: int, values: Iterable[Json | Missing]) -> None:
        """Have ``values`` at the paths of record ``index``, in their order."""
        for place, value in zip(self._places, values, strict=True):
            place.values[index] = value

    def clear(self) -> None:
        """Forget all values."""
        for place in self._places:
            place.values.clear()


class _Patched:
    """The values at one path by record; also the stream that draws whether there are any."""

    def __init__(self) -> None:
        self.values: dict[int, Json | Missing] = {}
        self.size = len(State)

    def column(self) -> Column:
        return Column(
            kind=ColumnKind.VALUE,
            parts=(Part(table=(None,), stream=None),),
            presence=self,
            read=lambda cell: _written(self.values[cell.index]),
            read_over=self._read_over,
            slow=WHY_SLOW,
        )

    def at(self, cell: Cell) -> int:
        return _state(self.values[cell.index])

    def over(self, cells: Cells) -> IntArray:
        values = self.values
        states: IntArray = cells.xp.array(
            [_state(values[index]) for index in cells.index.tolist()], cells.xp.int64
        )
        return states

    def _read_over(self, cells: Cells, rows: IntArray) -> Iterator[Json]:
        values = self.values
        return (_written(values[index]) for index in cells.index[rows].tolist())


def _written(value: Json | Missing) -> Json:
    return None if isinstance(value, Missing) else value


def _state(value: Json | Missing) -> int:
    if value is None:
        return State.NULL
    return State.ABSENT if isinstance(value, Missing) else State.PRESENT


def node_at(root: Node, path: Path) -> Node | None:
    """Return the node that ``path`` leads to through objects; None where there is none."""
    node = root
    for key in path:
        found = dict(node.members).get(key) if isinstance(node, ObjectNode) else None
        if found is None:
            return None
        node = found
    return node


def _with_node(node: Node, path: Path, other: Node) -> Node:
    if not path:
        return other
    if not isinstance(node, ObjectNode):
        raise TypeError("a path leads through objects alone")
    members = tuple(
        (name, _with_node(child, path[1:], other) if name == path[0] else child)
        for name, child in node.members
    )
    return ObjectNode(members=members, presence=node.presence)


def is_array(root: Node, path: Path) -> bool:
    """Return whether an array stands at ``path``."""
    return isinstance(node_at(root, path), ArrayNode)
