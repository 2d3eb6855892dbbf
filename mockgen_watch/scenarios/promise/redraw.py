"""Redrawing: records of a constrained plan, with fields drawn again until they meet requirements.

A field that is drawn again has a sub-address: its own, ``ATTEMPT`` and the number of the attempt.
So its value is a function of its address, of what it may be and of what requirements ask of the
fields beside it; a record that meets every requirement at once is the one that a model without
rules has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Related
from mockgen_watch.errors import FindingsError
from mockgen_watch.generate.address import ATTEMPT
from mockgen_watch.generate.column import record_at
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.scenarios.promise.chunks import ChunkVerdicts
from mockgen_watch.scenarios.promise.constrain import narrow_leaf
from mockgen_watch.scenarios.promise.facts import (
    arrays_below,
    change_shape,
    fields_below,
    unit_of,
    view_of,
)
from mockgen_watch.scenarios.promise.requirements import required_bounds
from mockgen_watch.scenarios.promise.stated import by_record, check_kept, with_statements
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
from mockgen_watch.spec.model import ArrayShape, Leaf, find_shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Final, TypeAlias

    from mockgen_watch.generate.column import Program
    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.rules.values import Path
    from mockgen_watch.scenarios.promise.facts import Unit
    from mockgen_watch.scenarios.promise.requirements import Bounds, Requirement
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.model import Shape

    Attempts: TypeAlias = tuple[tuple[Unit, int], ...]
    """How often each unit was drawn again, in one order; none: not at all."""


MOST_ATTEMPTS: Final = 100
"""How often the fields of one record are drawn again before the search is given up."""

NARROWED_FROM: Final = 10
"""From this attempt on numbers and dates are drawn within the bounds that rules state: where few of
a field's values are fit, some records would not find one by chance alone."""

MOST_PROGRAMS: Final = 512
"""Programs of other attempts that are held for the next record."""

MOST_VERDICTS: Final = 64
"""Verdicts of other attempts that are held: each remembers the values that it has seen."""

_REDRAWN: Final = (Boolean, Moment, Number, Pattern, Pool, Reference, RowField)


class Sampler:
    """The records of a plan that meet its requirements.

    Attributes:
        plan: constrained.
        open: the requirements that the plan alone does not ensure.
        every: all requirements; a stated record has to be checked against each.
        stated: record → what is stated of it.
        program: of the plan as it stands.
    """

    def __init__(
        self,
        plan: RecordPlan,
        still_open: Sequence[Requirement] = (),
        every: Sequence[Requirement] = (),
    ) -> None:
        self.plan = plan
        self.open = tuple(still_open)
        self.every = tuple(every)
        self.stated = by_record(plan.stated)
        self.program = compile_program(plan)
        self._units: dict[int, tuple[Unit, ...]] = {}
        self._programs: dict[Attempts, Program] = {}
        self._verdicts: dict[Attempts, ChunkVerdicts] = {}
        self._bounds: Mapping[Path, Bounds] | None = None

    def record_at(self, index: int) -> dict[str, Json]:
        """Return record ``index``.

        Raises:
            FindingsError: no attempt met every requirement, or what is stated does not.
        """
        record = self.drawn_at(index)
        statements = self.stated.get(index, ())
        if statements:
            record = with_statements(record, statements)
            check_kept(record, self.every, statements)
        return record

    def drawn_at(self, index: int) -> dict[str, Json]:
        """Return record ``index`` without what is stated of it.

        Raises:
            FindingsError: no attempt met every requirement.
        """
        record, broken = self.try_at(index)
        if broken:
            raise FindingsError((self._not_found(broken[0], index),))
        return record

    def try_at(self, index: int) -> tuple[dict[str, Json], list[Requirement]]:
        """Return the last attempt at record ``index``, and the requirements that it breaks."""
        attempts: Attempts = ()
        record = record_at(self.program, index)
        broken = self._broken(record)
        for _ in range(MOST_ATTEMPTS):
            if not broken:
                break
            further = self.further(attempts, broken)
            if further == attempts:
                break
            attempts = further
            record = record_at(self.program_of(attempts), index)
            broken = self._broken(record)
        return record, broken

    def further(self, attempts: Attempts, broken: Iterable[Requirement]) -> Attempts:
        """Return the attempts that follow on some at which requirements were ``broken``."""
        counts = dict(attempts)
        for unit in {unit for requirement in broken for unit in self._units_of(requirement)}:
            counts[unit] = counts.get(unit, 0) + 1
        return tuple(sorted(counts.items(), key=repr))

    @property
    def checked(self) -> str:
        """Which requirements each record is checked against; ``""`` for none."""
        names = ", ".join(dict.fromkeys(requirement.name for requirement in self.open))
        return f"each record is checked against {names}" if names else ""

    def redraws(self, path: Path) -> bool:
        """Return whether the field at ``path`` may be drawn again."""
        units = {unit for requirement in self.open for unit in self._units_of(requirement)}
        return any(unit in units for unit in _redrawn_units(self.plan, [path]))

    def _broken(self, record: Json) -> list[Requirement]:
        return [requirement for requirement in self.open if not requirement.holds(record)]

    def _units_of(self, requirement: Requirement) -> tuple[Unit, ...]:
        units = self._units.get(id(requirement))
        if units is None:
            units = self._units[id(requirement)] = _redrawn_units(self.plan, requirement.paths)
        return units

    def program_of(self, attempts: Attempts) -> Program:
        """Return the program of records whose fields are drawn again by ``attempts``."""
        if not attempts:
            return self.program
        program = self._programs.get(attempts)
        if program is None:
            if len(self._programs) >= MOST_PROGRAMS:
                self._programs.clear()
            program = self._programs[attempts] = self._compile(dict(attempts))
        return program

    def _compile(self, counts: Mapping[Unit, int]) -> Program:
        if self._bounds is None:
            self._bounds = required_bounds(self.open, self.plan)
        bounds = self._bounds

        def change(path: Path, part: Shape) -> Shape:
            if isinstance(part, Leaf):
                count = counts.get(unit_of(part), 0)
                part = _readdressed(part, count)
                is_late = count >= NARROWED_FROM
                return narrow_leaf(part, bounds[path]) if is_late and path in bounds else part
            if isinstance(part, ArrayShape) and (count := counts.get(_array_unit(part), 0)):
                # The length has the address of its attempt; the elements stay.
                return replace(part, address=(*part.address, ATTEMPT, str(count)))
            return part

        shape = change_shape(self.plan.shape, change)
        return compile_program(replace(self.plan, shape=shape))

    def verdicts_of(self, attempts: Attempts) -> ChunkVerdicts:
        """Return what checks chunks of ``program_of(attempts)`` against the open requirements."""
        program = self.program_of(attempts)
        verdicts = self._verdicts.get(attempts)
        if verdicts is None or verdicts.program is not program:
            if len(self._verdicts) >= MOST_VERDICTS:
                self._verdicts.clear()
            verdicts = ChunkVerdicts(self.open, program, view_of(self.plan))
            self._verdicts[attempts] = verdicts
        return verdicts

    def _not_found(self, requirement: Requirement, index: int) -> Diagnostic:
        is_drawn = bool(self._units_of(requirement))
        reason = (
            f"{MOST_ATTEMPTS} attempts failed" if is_drawn else "its fields are not drawn again"
        )
        fields = fields_below(self.plan.shape, requirement.paths or ())
        return Diagnostic(
            code="MG404",
            message=(
                f"{self.plan.scenario}: record {index} cannot be made to keep "
                f"{requirement.name}: {reason}"
            ),
            location=requirement.location,
            hint="let the fields have more values that are fit, or change the rule",
            related=tuple(
                Related(message="this field is drawn", location=place)
                for place in dict.fromkeys(field.leaf.origin.location for field in fields)
            ),
        )


def _redrawn_units(plan: RecordPlan, paths: Sequence[Path] | None) -> tuple[Unit, ...]:
    """Return what can be drawn again of the fields at ``paths``; None means the whole record."""
    units: dict[Unit, None] = {}
    leaves = [field.leaf for field in fields_below(plan.shape, paths)]
    while leaves:
        leaf = leaves.pop()
        generator = leaf.generator
        if isinstance(generator, Template):
            shapes = [find_shape(plan.shape, part.path) for part in generator.parts if part.path]
            leaves += [shape for shape in shapes if isinstance(shape, Leaf)]
        elif isinstance(generator, _REDRAWN) and not leaf.modifiers.unique:
            units[unit_of(leaf)] = None
    for path in [()] if paths is None else paths:
        units.update({_array_unit(array): None for array in arrays_below(plan.shape, path)})
    return tuple(units)


def _array_unit(array: ArrayShape) -> Unit:
    """Return the unit of an array itself: how many elements it has, and whether it is there."""
    return ("array", array.address)


def _readdressed(leaf: Leaf, attempt: int) -> Leaf:
    """Return ``leaf`` at the address of its ``attempt``; 0 is the first draw."""
    if not attempt:
        return leaf
    generator = leaf.generator
    below = (ATTEMPT, str(attempt))
    if isinstance(generator, RowField):
        return replace(leaf, generator=replace(generator, address=(*generator.address, *below)))
    if isinstance(generator, Reference):
        # The fields of one parent are drawn at the object that holds them.
        return replace(leaf, address=(*leaf.address[:-1], *below, leaf.address[-1]))
    return replace(leaf, address=(*leaf.address, *below))
