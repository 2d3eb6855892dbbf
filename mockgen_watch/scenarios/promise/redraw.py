"""Takes a settled plan; gives its records, with fields drawn again where a need is not met.

A field that is drawn again has a sub-address: its own, ``ATTEMPT`` and the number of the attempt. So
its value is a function of its address, of what it may be and of what the needs ask of the fields
beside it; a record that meets every need at once is the one that a model without needs has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Related
from mockgen_watch.errors import FindingsError
from mockgen_watch.generate.address import ATTEMPT
from mockgen_watch.generate.column import record_at
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.scenarios.promise.facts import (
    arrays_below,
    change_paths,
    leaves_below,
    sight_of,
    unit_of,
    walk_paths,
)
from mockgen_watch.scenarios.promise.needs import hold_leaf, needed_bounds
from mockgen_watch.scenarios.promise.stated import by_record, check_kept, with_statements
from mockgen_watch.scenarios.promise.vector import Judge
from mockgen_watch.spec.generators import (
    Boolean,
    Moment,
    Number,
    Pattern,
    Pool,
    Reference,
    RowField,
    Template,
)
from mockgen_watch.spec.model import Leaf, find_shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Final, TypeAlias

    from mockgen_watch.generate.column import Program
    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.rules.values import Path
    from mockgen_watch.scenarios.promise.facts import Unit
    from mockgen_watch.scenarios.promise.needs import Bounds, Need
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.model import ArrayShape, Statement

    Attempts: TypeAlias = tuple[tuple[Unit, int], ...]

    """How often each unit was drawn again, in one order; none: not at all."""


ATTEMPTS: Final = 100
"""How often the fields of one record are drawn again before the search is given up."""

HELD_FROM: Final = 10
"""From this attempt on numbers and dates are drawn within the bounds that rules state: where few of
a field's values are fit, some records would not find one by chance alone."""

KEPT: Final = 512
"""Programs of other attempts that are kept for the next record."""

KEPT_JUDGES: Final = 64
"""Judges of other attempts that are kept: each remembers what it was asked."""

_DRAWN: Final = (Boolean, Moment, Number, Pattern, Pool, Reference, RowField)


class Drawer(Struct, kw_only=True, eq=False):
    """The records of a plan that meet its needs.

    Attributes:
        plan: settled.
        needs: what the plan alone does not ensure.
        every: all that is needed; a stated record is no part of the plan.
        stated: of which records what is stated.
        program: of the plan as it stands.
    """

    plan: RecordPlan
    needs: tuple[Need, ...]
    program: Program
    every: tuple[Need, ...]
    stated: Mapping[int, tuple[Statement, ...]]
    _units: dict[int, tuple[Unit, ...]] = field(default_factory=dict)
    _others: dict[Attempts, Program] = field(default_factory=dict)
    _judges: dict[Attempts, Judge] = field(default_factory=dict)
    _held: list[Mapping[Path, Bounds]] = field(default_factory=list)

    def record_at(self, index: int) -> dict[str, Json]:
        """Return record ``index``.

        Raises:
            FindingsError: no attempt met every need, or it does not as it is stated.
        """
        record = self.drawn_at(index)
        statements = self.stated.get(index, ())
        if statements:
            record = with_statements(record, statements)
            check_kept(record, self.every, statements)
        return record

    def drawn_at(self, index: int) -> dict[str, Json]:
        """Return record ``index`` as it is before anything is stated of it.

        Raises:
            FindingsError: no attempt met every need.
        """
        record, broken = self.try_at(index)
        if not broken:
            return record
        raise FindingsError((self._given_up(broken, index),))

    def try_at(self, index: int) -> tuple[dict[str, Json], list[Need]]:
        """Return the last attempt at record ``index``, and the needs that it does not meet."""
        attempts: Attempts = ()
        record = record_at(self.program, index)
        broken = self._broken(record)
        for _ in range(ATTEMPTS):
            if not broken:
                break
            further = self.further(attempts, broken)
            if further == attempts:
                break
            attempts = further
            record = record_at(self.program_of(attempts), index)
            broken = self._broken(record)
        return record, broken

    def further(self, attempts: Attempts, broken: Iterable[Need]) -> Attempts:
        """Return the attempts that follow on some at which needs were ``broken``."""
        again = {unit for need in broken for unit in self._units_of(need)}
        counts = dict(attempts)
        counts.update({unit: counts.get(unit, 0) + 1 for unit in again})
        return tuple(sorted(counts.items(), key=repr))

    @property
    def looked_at(self) -> str:
        """Which needs are looked at in each record; ``""`` for none."""
        told = ", ".join(dict.fromkeys(need.told for need in self.needs))
        return f"each record is checked against {told}" if told else ""

    def redraws(self, path: Path) -> bool:
        """Return whether the field at ``path`` may be drawn again."""
        units = {unit for need in self.needs for unit in self._units_of(need)}
        return any(unit in units for unit in drawn_units(self.plan, [path]))

    def _broken(self, record: Json) -> list[Need]:
        return [need for need in self.needs if not need.holds(record)]

    def _units_of(self, need: Need) -> tuple[Unit, ...]:
        known = self._units.get(id(need))
        if known is None:
            known = self._units[id(need)] = drawn_units(self.plan, need.paths)
        return known

    def program_of(self, attempts: Attempts) -> Program:
        """Return the program of records whose fields are drawn again as ``attempts`` tell."""
        if not attempts:
            return self.program
        known = self._others.get(attempts)
        if known is None:
            if len(self._others) >= KEPT:
                self._others.clear()
            counts = dict(attempts)
            bounds = self._bounds()

            def change(path: Path, leaf: Leaf) -> Leaf:
                again = _readdress(leaf, counts)
                is_late = counts.get(unit_of(leaf), 0) >= HELD_FROM
                return hold_leaf(again, bounds[path]) if is_late and path in bounds else again

            shape = change_paths(
                self.plan.shape, change, lambda array: _readdress_array(array, counts)
            )
            known = self._others[attempts] = compile_program(replace(self.plan, shape=shape))
        return known

    def _bounds(self) -> Mapping[Path, Bounds]:
        if not self._held:
            self._held.append(needed_bounds(self.needs, self.plan))
        return self._held[0]

    def judge_of(self, attempts: Attempts) -> Judge:
        """Return what tells which records of ``program_of(attempts)`` do not meet the needs."""
        program = self.program_of(attempts)
        known = self._judges.get(attempts)
        if known is None or known.program is not program:
            if len(self._judges) >= KEPT_JUDGES:
                self._judges.clear()
            known = self._judges[attempts] = Judge(self.needs, program, sight_of(self.plan))
        return known

    def _given_up(self, broken: Sequence[Need], index: int) -> Diagnostic:
        need = broken[0]
        is_drawn = bool(self._units_of(need))
        what = f"{ATTEMPTS} attempts failed" if is_drawn else "its fields are not drawn again"
        leaves = [
            leaf for path in need.paths or () for _, leaf, _ in leaves_below(self.plan.shape, path)
        ]
        return Diagnostic(
            code="MG404",
            message=(
                f"{self.plan.scenario}: record {index} cannot be made to keep {need.told}: {what}"
            ),
            location=need.location,
            hint="let the fields have more values that are fit, or change the rule",
            related=tuple(
                Related(message="this field is drawn", location=place)
                for place in dict.fromkeys(leaf.origin.location for leaf in leaves)
            ),
        )


def drawer_of(plan: RecordPlan, needs: Sequence[Need], every: Sequence[Need]) -> Drawer:
    """Return the drawer of a settled ``plan`` and the ``needs`` that are open of ``every`` one."""
    return Drawer(
        plan=plan,
        needs=tuple(needs),
        program=compile_program(plan),
        every=tuple(every),
        stated=by_record(plan.stated),
    )


def drawn_units(plan: RecordPlan, paths: Sequence[Path] | None) -> tuple[Unit, ...]:
    """Return what can be drawn again of the fields at ``paths``; None means the whole record."""
    found = (
        list(walk_paths(plan.shape))
        if paths is None
        else [item for path in paths for item in leaves_below(plan.shape, path)]
    )
    units: dict[Unit, None] = {}
    waiting = [leaf for _, leaf, _ in found]
    while waiting:
        leaf = waiting.pop()
        generator = leaf.generator
        if isinstance(generator, Template):
            named = [find_shape(plan.shape, part.path) for part in generator.parts if part.path]
            waiting += [shape for shape in named if isinstance(shape, Leaf)]
        elif isinstance(generator, _DRAWN) and not leaf.modifiers.unique:
            units[unit_of(leaf)] = None
    for path in [()] if paths is None else paths:
        units.update({_array_unit(array): None for array in arrays_below(plan.shape, path)})
    return tuple(units)


def _array_unit(array: ArrayShape) -> Unit:
    """Name what is drawn of an array itself: how many elements it has, and whether it is there."""
    return ("array", array.address)


def _readdress_array(array: ArrayShape, attempts: Mapping[Unit, int]) -> ArrayShape:
    """Return ``array`` with its length at the address of its attempt; its elements stay."""
    attempt = attempts.get(_array_unit(array))
    if attempt is None:
        return array
    return replace(array, address=(*array.address, ATTEMPT, str(attempt)))


def _readdress(leaf: Leaf, attempts: Mapping[Unit, int]) -> Leaf:
    """Return ``leaf`` at the address of its attempt."""
    attempt = attempts.get(unit_of(leaf))
    if attempt is None:
        return leaf
    generator = leaf.generator
    below = (ATTEMPT, str(attempt))
    if isinstance(generator, RowField):
        return replace(leaf, generator=replace(generator, address=(*generator.address, *below)))
    if isinstance(generator, Reference):
        # The fields of one parent are drawn at the object that holds them.
        return replace(leaf, address=(*leaf.address[:-1], *below, leaf.address[-1]))
    return replace(leaf, address=(*leaf.address, *below))
