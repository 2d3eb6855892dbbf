"""Chunks of broken records: the programs that make them, with a fault for each record.

Of each twin only the fields are read that decide how its rule is broken: for the whole chunk at
once. The fault is sought there. Then a program makes the record that has the fault's values at
their places, and all else from tables, as every twin has. What is out of the ordinary is left to
``Breaker.case_at``: several faults, twins that few others are drawn like, faults that add a member,
a rule that has to give way to the next one.
"""

from __future__ import annotations

import itertools
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from mockgen_watch.generate import column as columns
from mockgen_watch.generate.address import record_cells, release
from mockgen_watch.rules.values import Missing, Path, Place, places_of, value_at
from mockgen_watch.scenarios.faults.breaker import Breaker, with_fault
from mockgen_watch.scenarios.faults.kinds import has_parts, magnitude_of
from mockgen_watch.scenarios.labels import Batch, Fault, Label
from mockgen_watch.scenarios.promise.chunks import narrowed_root

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
    from types import ModuleType

    from mockgen_watch.generate.address import Cell, Cells, IntArray
    from mockgen_watch.rules.rule import Rule
    from mockgen_watch.scenarios.faults.candidates import Target
    from mockgen_watch.scenarios.faults.kinds import FaultKinds
    from mockgen_watch.spec.document import Json


FEWEST: Final = 64
"""Twins of one program that break one rule; of fewer, each is made on its own."""

MOST_PATHS: Final = 8
"""Paths at which the records of one program have values of their own."""

MOST_PROGRAMS: Final = 64
"""Programs that are held for the next chunk."""

MOST_PLACES: Final = 4096
"""Places of which is held at which path a program can have another value."""

TRIED: Final = 2048
"""Twins after which it is known whether a cache of their faults is worth its cost."""

MOST_FAULTS: Final = 1 << 15
"""Faults that one cache holds."""

WHY_SLOW: Final = "a fault is put there"


class BrokenChunks:
    """The batches of a breaker's records, chunk by chunk."""

    def __init__(self, breaker: Breaker) -> None:
        self._breaker = breaker
        pairs = zip(breaker.terms.rules, breaker.kinds, strict=True)
        self._faults = [FaultCache(rule, kinds) for rule, kinds in pairs]
        self._root = lru_cache(MOST_PROGRAMS)(self._find_root)
        self._path = lru_cache(MOST_PLACES)(self._find_path)
        self._patches: dict[tuple[columns.Program, int], _Patch] = {}

    def batches(self, xp: ModuleType, indexes: IntArray) -> Iterator[Batch]:
        """Yield batches of the records ``indexes`` (int64[n]); ``xp`` is NumPy.

        The records of a batch have to be made before the next one is asked for.
        """
        if self._breaker.faults > 1:
            yield Batch(rows=xp.arange(len(indexes)), program=None)
            return
        breakable = self._breaker.breakable
        for made, program in self._breaker.twins.batches(xp, indexes):
            if program is None:
                yield Batch(rows=made, program=None)
                continue
            places = indexes[made] % len(breakable)
            for place, number in enumerate(breakable):
                rows = made[places == place]
                if len(rows) < FEWEST:
                    yield Batch(rows=rows, program=None)
                    continue
                for found in self._of_rule(program, number, xp, indexes[rows]):
                    yield found.within(rows)

    def _of_rule(
        self, program: columns.Program, number: int, xp: ModuleType, indexes: IntArray
    ) -> Iterator[Batch]:
        """Yield batches of records that break one rule, whose twins ``program`` makes."""
        made: list[tuple[int, int, Json, Fault]] = []
        alone: list[int] = []
        paths: dict[Path, None] = {}
        for row, (index, twin) in enumerate(self._twins(program, number, xp, indexes)):
            fault = self._fault(number, index, twin)
            changed = None if fault is None else self._changed_paths(program, number, fault)
            if fault is None or changed is None:
                alone.append(row)
                continue
            paths.update(dict.fromkeys(changed))
            made.append((row, index, with_fault(twin, fault), fault))
        patch = self._patch(program, number, list(paths))
        if patch is None or not made:
            yield Batch(rows=xp.arange(len(indexes)), program=None)
            return
        if alone:
            yield Batch(rows=xp.array(alone, xp.int64), program=None)
        for _, index, record, _ in made:
            patch.put(index, [value_at(record, path) for path in patch.paths])
        scenario = self._breaker.plan.scenario
        yield Batch(
            rows=xp.array([row for row, _, _, _ in made], xp.int64),
            program=patch.program,
            labels=tuple([Label(scenario=scenario, faults=(fault,)) for _, _, _, fault in made]),
        )
        patch.clear()

    def _fault(self, number: int, index: int, twin: Json) -> Fault | None:
        """Return the fault by which record ``index`` breaks rule ``number``, where it begins."""
        target = self._breaker.target(number, twin, index, twin)
        single = self._faults[number].get(target, self._breaker.single)
        return self._breaker.fault_of(target, single)

    def _twins(
        self, program: columns.Program, number: int, xp: ModuleType, indexes: IntArray
    ) -> Iterator[tuple[int, Json]]:
        """Yield each index, and of the twin the fields that decide how the rule is broken."""
        cells = record_cells(program.base_key, xp, indexes)
        rows = xp.arange(len(indexes))
        twins = columns.values_over(self._root(program, number), cells, rows)
        yield from zip(indexes.tolist(), twins, strict=True)
        release(cells)

    def _find_root(self, program: columns.Program, number: int) -> columns.ObjectNode:
        paths = self._breaker.group(number).paths
        return program.root if paths is None else narrowed_root(program.root, paths)

    def _changed_paths(
        self, program: columns.Program, number: int, fault: Fault
    ) -> list[Path] | None:
        """Return the paths of what ``fault`` changes; None where no program can have it."""
        found = []
        for change in fault.changes:
            path = self._path(program, number, change.place)
            # A new member stands behind all others.
            if path is None or isinstance(change.before, Missing):
                return None
            found.append(path)
        return found

    def _find_path(self, program: columns.Program, number: int, place: Place) -> Path | None:
        """Return the path at which a program can have another value at ``place``, if there is."""
        read = self._breaker.group(number).paths
        # An array is replaced as a whole.
        path = tuple(itertools.takewhile(lambda key: isinstance(key, str), place))
        node = _node_at(program.root, path) if path else None  # type: ignore[arg-type]
        if node is None:
            return None
        is_whole = read is None or any(path[: len(each)] == each for each in read)
        return path if is_whole or isinstance(node, columns.ArrayNode) else None  # type: ignore[return-value]

    def _patch(self, program: columns.Program, number: int, paths: Sequence[Path]) -> _Patch | None:
        """Return the program with room at ``paths`` at least; None where these are too many."""
        key = (program, number)
        patch = self._patches.get(key)
        wanted = _outermost([*(patch.paths if patch else ()), *paths])
        if len(wanted) > MOST_PATHS:
            wanted = _outermost(paths)
        if not wanted or len(wanted) > MOST_PATHS:
            return None
        if patch is None or patch.paths != wanted:
            if len(self._patches) >= MOST_PROGRAMS:
                self._patches.clear()
            patch = self._patches[key] = _Patch(program, wanted)
        return patch


def _outermost(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Return those of ``paths`` that lead into no other one, each once, in one order."""
    each = dict.fromkeys(paths)
    return tuple(
        sorted(
            path
            for path in each
            if not any(other != path and path[: len(other)] == other for other in each)
        )
    )


class FaultCache:
    """The faults of twins that agree in all that decides how a rule of single values breaks.

    That is what the twins hold in the fields of the rule's group, and of the record's rotation no
    more than the order of kinds, the magnitude, the place to begin with and, in a text, the
    character.
    """

    def __init__(self, rule: Rule, kinds: FaultKinds) -> None:
        is_simple = rule.faults is None and not has_parts(rule.schema)
        self._paths = (rule.paths or ()) if is_simple else ()
        self._is_on_value = rule.value_why is not None
        self._kinds = kinds
        self._faults: dict[Hashable, Fault | None] = {}
        self._asked = 0

    def key_of(self, target: Target) -> Hashable | None:
        """Return what all twins with the same fault have in common; None: not known.

        The record has nothing beside the fields of the rule's group.
        """
        rotation, own = target.rotation, target.own
        if not self._paths or rotation < len(own):
            return None
        self._asked += 1
        if self._asked > TRIED and 16 * len(self._faults) > 15 * self._asked:
            # Hardly any twins agree, and to look costs something.
            self._paths = ()
            self._faults.clear()
            return None
        values: list[Json] = []
        for path in self._paths:
            found = [value for _, value in places_of(target.record, path)]
            if len(found) > 1 or any(isinstance(value, dict | list) for value in found):
                return None
            if not found and self._is_on_value:
                # The value that it is to have is that of another record.
                return None
            values += found
        return (
            repr(target.record),
            self._kinds.order(target.number, rotation, len(own)),
            rotation % 2,
            magnitude_of(rotation),
            rotation % max(len(values), 1),
            tuple([rotation % len(value) for value in values if isinstance(value, str) and value]),
            rotation % max(len(own), 1),
            tuple([(candidate.place, repr(candidate.value)) for candidate in own]),
        )

    def get(self, target: Target, find: Callable[[Target], Fault | None]) -> Fault | None:
        """Return the fault of twins like the target's, which ``find`` finds the first time."""
        key = self.key_of(target)
        if key is None:
            return find(target)
        if key in self._faults:
            return self._faults[key]
        fault = find(target)
        if len(self._faults) < MOST_FAULTS:
            self._faults[key] = fault
        return fault


class _Patch:
    """The records of a program, with values of their own at ``paths``.

    Which values, is stated record by record, just before the records are made. So a format writes
    them by tables as it does the program's own, but for those places.
    """

    def __init__(self, program: columns.Program, paths: Sequence[Path]) -> None:
        self.paths = tuple(paths)
        self._values = tuple(_PatchedValues() for _ in paths)
        root: columns.Node = program.root
        for path, values in zip(self.paths, self._values, strict=True):
            root = _with_node(root, path, values.column())
        if not isinstance(root, columns.ObjectNode):
            raise TypeError("a path is empty")
        self.program = replace(program, root=root, readers=[])

    def put(self, index: int, values: Iterable[Json | Missing]) -> None:
        """Have ``values`` at the paths of record ``index``, in their order."""
        for patched, value in zip(self._values, values, strict=True):
            patched.by_record[index] = value

    def clear(self) -> None:
        """Forget all values."""
        for patched in self._values:
            patched.by_record.clear()


class _PatchedValues:
    """The values at one path by record; also the stream that draws whether there are any."""

    def __init__(self) -> None:
        self.by_record: dict[int, Json | Missing] = {}
        self.size = len(columns.State)

    def column(self) -> columns.Column:
        return columns.Column(
            kind=columns.ColumnKind.VALUE,
            parts=(columns.Part(table=(None,), stream=None),),
            presence=self,
            read=lambda cell: _written(self.by_record[cell.index]),
            read_over=self._read_over,
            slow=WHY_SLOW,
        )

    def at(self, cell: Cell) -> int:
        return _state(self.by_record[cell.index])

    def over(self, cells: Cells) -> IntArray:
        values = self.by_record
        states: IntArray = cells.xp.array(
            [_state(values[index]) for index in cells.index.tolist()], cells.xp.int64
        )
        return states

    def _read_over(self, cells: Cells, rows: IntArray) -> Iterator[Json]:
        values = self.by_record
        return (_written(values[index]) for index in cells.index[rows].tolist())


def _written(value: Json | Missing) -> Json:
    return None if isinstance(value, Missing) else value


def _state(value: Json | Missing) -> int:
    if value is None:
        return columns.State.NULL
    return columns.State.ABSENT if isinstance(value, Missing) else columns.State.PRESENT


def _node_at(root: columns.Node, path: Path) -> columns.Node | None:
    """Return the node that ``path`` leads to through objects; None where there is none."""
    node: columns.Node | None = root
    for key in path:
        node = dict(node.members).get(key) if isinstance(node, columns.ObjectNode) else None
    return node


def _with_node(node: columns.Node, path: Path, other: columns.Node) -> columns.Node:
    if not path:
        return other
    if not isinstance(node, columns.ObjectNode):
        raise TypeError("a path leads through objects alone")
    members = tuple(
        (name, _with_node(child, path[1:], other) if name == path[0] else child)
        for name, child in node.members
    )
    return columns.ObjectNode(members=members, presence=node.presence)
