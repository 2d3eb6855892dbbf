"""Takes needs and the program of a chunk's records; gives which records do not meet them.

Numbers and dates are compared as whole columns of integers. Tests on fields of few values are made
once for each combination of values that occurs. Only what is left looks at each record.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING

from mockgen_watch.generate.chunks import cells_of_records, release
from mockgen_watch.generate.column import Column, ObjectNode, State
from mockgen_watch.generate.readers import own
from mockgen_watch.generate.records import values_over
from mockgen_watch.rules.comparison import ORDERS
from mockgen_watch.rules.places import value_at, with_value
from mockgen_watch.scenarios.keys import (
    NoKeyError,
    is_looked_up,
    key_of,
    scaled,
    value_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from types import ModuleType
    from typing import Final

    import numpy as np
    from numpy.typing import NDArray

    from mockgen_watch.generate.cells import Cells, IntArray
    from mockgen_watch.generate.column import Node, Program
    from mockgen_watch.rules.comparison import Comparison
    from mockgen_watch.rules.places import Path
    from mockgen_watch.rules.sight import Sight
    from mockgen_watch.scenarios.keys import Key
    from mockgen_watch.scenarios.needs import Need, Test
    from mockgen_watch.spec.document import Json

    BoolArray = NDArray[np.bool_]

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
        cells = cells_of_records(self.program, xp, indexes)
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
