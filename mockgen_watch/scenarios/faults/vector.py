"""Takes a breaker and a chunk of records; gives the programs that make them, with their faults.

Of each twin only the fields are read that its rule, and the rules beside it, go by: for the whole
chunk at once. The fault is sought there. Then a program makes the record that has the fault's
values at their places, and all else from tables, as every twin has. What is out of the ordinary is
left to whoever makes records one by one: several faults, twins that few others are drawn like,
faults that add a member, a rule that has to give way to the next one.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from msgspec import Struct, field

from mockgen_watch.generate.address import record_cells, release
from mockgen_watch.generate.column import values_over
from mockgen_watch.rules.values import Missing, value_at
from mockgen_watch.scenarios.faults.breaker import with_fault
from mockgen_watch.scenarios.promise.vector import (
    Patch,
    Share,
    below,
    drawn_shares,
    is_array,
    node_at,
    seen_at,
)
from mockgen_watch.scenarios.source import Told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType
    from typing import Final

    from mockgen_watch.generate.address import IntArray
    from mockgen_watch.generate.column import ObjectNode, Program
    from mockgen_watch.rules.values import Path, Place
    from mockgen_watch.scenarios.faults.breaker import Breaker
    from mockgen_watch.scenarios.source import Fault
    from mockgen_watch.spec.document import Json


FEWEST: Final = 64
"""Twins of one program that break one rule; of fewer, each is made on its own."""

MOST_PATHS: Final = 8
"""Paths at which the records of one program have values of their own."""

KEPT: Final = 64
"""Programs that are kept for the next chunk."""

KEPT_WAYS: Final = 4096
"""Places of which is kept where a program can have another value."""


class BrokenShares(Struct, kw_only=True, eq=False):
    """Who makes the records of ``breaker``."""

    breaker: Breaker
    _seen: dict[tuple[Program, int], ObjectNode] = field(default_factory=dict)
    _patches: dict[tuple[Program, int], Patch] = field(default_factory=dict)
    _ways: dict[tuple[Program, int, Place], Path | None] = field(default_factory=dict)

    def over(self, xp: ModuleType, indexes: IntArray) -> Iterator[Share]:
        """Yield who makes the records ``indexes`` (int64[n]); ``xp`` is NumPy.

        A share is to be made before the next one is asked for.
        """
        if self.breaker.faults > 1:
            yield Share(rows=xp.arange(len(indexes)), program=None)
            return
        turns = self.breaker.turns
        for share in drawn_shares(self.breaker.twins, xp, indexes):
            if share.program is None:
                yield share
                continue
            places = indexes[share.rows] % len(turns)
            for place, number in enumerate(turns):
                rows = share.rows[places == place]
                if len(rows) < FEWEST:
                    yield Share(rows=rows, program=None)
                    continue
                found = self._of_rule(share.program, number, xp, indexes[rows])
                yield from below(found, rows)

    def _of_rule(
        self, program: Program, number: int, xp: ModuleType, indexes: IntArray
    ) -> Iterator[Share]:
        """Yield who makes records that break one rule, whose twins ``program`` makes."""
        made: list[tuple[int, int, Json, Fault]] = []
        alone: list[int] = []
        paths: dict[Path, None] = {}
        for row, (index, twin) in enumerate(self._twins(program, number, xp, indexes)):
            fault = self.breaker.fault_of(twin, number, index)
            changed = None if fault is None else self._changed(program, number, fault)
            if fault is None or changed is None:
                alone.append(row)
                continue
            paths.update(dict.fromkeys(changed))
            made.append((row, index, with_fault(twin, fault), fault))
        patch = self._patch(program, number, paths)
        if patch is None or not made:
            yield Share(rows=xp.arange(len(indexes)), program=None)
            return
        if alone:
            yield Share(rows=xp.array(alone, xp.int64), program=None)
        for _, index, record, _ in made:
            patch.put(index, [value_at(record, path) for path in patch.paths])
        scenario = self.breaker.plan.scenario
        yield Share(
            rows=xp.array([row for row, _, _, _ in made], xp.int64),
            program=patch.program,
            told=tuple([Told(scenario=scenario, faults=(fault,)) for _, _, _, fault in made]),
        )
        patch.clear()

    def _twins(
        self, program: Program, number: int, xp: ModuleType, indexes: IntArray
    ) -> Iterator[tuple[int, Json]]:
        """Yield each index, and of the twin what the rule and those beside it read."""
        key = (program, number)
        if key not in self._seen:
            if len(self._seen) >= KEPT:
                self._seen.clear()
            scope = self.breaker.scope_of(number)
            self._seen[key] = program.root if scope is None else seen_at(program.root, scope)
        cells = record_cells(program.base_key, xp, indexes)
        rows = xp.arange(len(indexes))
        yield from zip(indexes.tolist(), values_over(self._seen[key], cells, rows), strict=True)
        release(cells)

    def _changed(self, program: Program, number: int, fault: Fault) -> list[Path] | None:
        """Return the paths of what ``fault`` changes; None where no program can have it."""
        found = []
        for place, before in (
            (fault.place, fault.before),
            *((change.place, change.before) for change in fault.also),
        ):
            key = (program, number, place)
            if key not in self._ways:
                if len(self._ways) >= KEPT_WAYS:
                    self._ways.clear()
                self._ways[key] = self._way(*key)
            path = self._ways[key]
            # A new member stands behind all others.
            if path is None or isinstance(before, Missing):
                return None
            found.append(path)
        return found

    def _way(self, program: Program, number: int, place: Place) -> Path | None:
        """Return the path at which a program can have another value at ``place``, if there is."""
        scope = self.breaker.scope_of(number)
        path = _through_objects(place)
        if not path or node_at(program.root, path) is None:
            return None
        is_whole = scope is None or any(path[: len(read)] == read for read in scope)
        return path if is_whole or is_array(program.root, path) else None

    def _patch(
        self, program: Program, number: int, paths: Sequence[Path] | dict[Path, None]
    ) -> Patch | None:
        """Return the program with room at ``paths`` at least; None where these are too many."""
        key = (program, number)
        known = self._patches.get(key)
        wanted = _outermost([*(known.paths if known else ()), *paths])
        if len(wanted) > MOST_PATHS:
            wanted = _outermost(list(paths))
        if not wanted or len(wanted) > MOST_PATHS:
            return None
        if known is None or known.paths != wanted:
            if len(self._patches) >= KEPT:
                self._patches.clear()
            known = self._patches[key] = Patch(program, wanted)
        return known


def _through_objects(place: Place) -> Path:
    """Return the part of ``place`` before it enters an array."""
    return tuple(itertools.takewhile(lambda key: isinstance(key, str), place))  # type: ignore[arg-type]


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
