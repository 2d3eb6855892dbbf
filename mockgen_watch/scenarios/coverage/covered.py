"""Covered plans: plans whose first records cover all combinations that can be.

A covering design is made for the parameters of a plan and for what its requirements allow, and its
rows become what the first records choose. So a record of the design differs from what its address
would give in the parameters alone; every other field, and every record behind the design, is what
it is without ``$coverage``. Rows that turn out to be impossible are forbidden, and the design is
made again.
"""

from __future__ import annotations

import itertools
import math
import sys
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.canonical import canonical
from mockgen_watch.diagnostics import Diagnostic, has_errors
from mockgen_watch.digest import digest
from mockgen_watch.generate.address import path_of_draw
from mockgen_watch.generate.column import Program, record_at
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.masters.shapes import form_bytes
from mockgen_watch.plan.model import (
    Draw,
    FirstChoices,
    RecordPlan,
    records_form,
)
from mockgen_watch.rules.values import Path, with_value
from mockgen_watch.scenarios.coverage.design import cover
from mockgen_watch.scenarios.coverage.parameters import (
    PRESENT,
    Free,
    Parameter,
    hidden_values,
    is_told,
    parameters_of,
)
from mockgen_watch.scenarios.coverage.problem import (
    Constraint,
    Design,
    Partial,
    Problem,
    Row,
    count_combinations,
    forbid,
)
from mockgen_watch.scenarios.promise.facts import MOST_OPTIONS, Field, change_shape, fields_below
from mockgen_watch.scenarios.promise.redraw import Sampler
from mockgen_watch.spec.generators import (
    Computed,
    Constant,
    FieldValue,
    Template,
    names_of,
    row_of,
)
from mockgen_watch.spec.model import CoverageSpec, Leaf, Shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mockgen_watch.scenarios.promise.requirements import Requirement
    from mockgen_watch.spec.document import Json


MOST_VALUES: Final = 4000
"""Values of all parameters together that a design is made for."""

MOST_COMBINATIONS: Final = 1_000_000
"""Combinations that a design is made for: 350 pools of 4 in pairs, 46 of them in triples."""

ROUNDS: Final = 8
"""How often a design is made again because some of its records cannot be."""

SAMPLES: Final = 400
"""Records that a combination is tried in before it counts as one that cannot be."""

TRIED: Final = 40_000
"""Records that requirements which belong together are tried on at most."""

ALL_RECORDS: Final = range(sys.maxsize)

_MOST_PROGRAMS: Final = 64
"""Programs of records with other alternatives that are held."""


class Covered(Struct, frozen=True, kw_only=True, eq=False):
    """A plan whose first records cover what can be covered.

    Attributes:
        name: of the design in a file of cases: ``MODEL/SCENARIO``, with the clause behind it.
        plan: its first records choose what the rows of the design say.
        parameters: what a row of the design has a value of.
        problem: what the design was made for.
        design: the rows; row r is record ``records[r]``.
        compatibility: what goes together.
        impossible: choices (parameter, number) of records that turned out not to be possible.
    """

    name: str
    plan: RecordPlan
    parameters: tuple[Parameter, ...]
    problem: Problem
    design: Design
    compatibility: Compatibility
    records: range
    impossible: Sequence[Sequence[tuple[int, int]]] = ()

    @property
    def needed(self) -> int:
        """How many records an output needs so that every row is in it."""
        return max(self.designed(), default=-1) + 1

    def designed(self) -> range:
        """Return the indexes of the records that are rows of the design."""
        return self.records[: len(self.design.rows)]

    def applied(self) -> Covered:
        """Return this with the first records of its plan as the design has them."""
        first = []
        for place, parameter in enumerate(self.parameters):
            values = [parameter.values[row[place]] for row in self.design.rows]
            choices: dict[Draw, list[bytes | None]] = {}
            if parameter.draw is not Draw.PRESENCE:
                choices[parameter.draw] = [value.choice for value in values]
            if parameter.has_states:
                choices[Draw.PRESENCE] = [value.state for value in values]
            for draw, designed in choices.items():
                by_record: list[bytes | None] = [None] * self.needed
                by_record[self.records.start :: self.records.step] = designed
                first.append(
                    FirstChoices(
                        draw=draw,
                        path=parameter.path,
                        elements=parameter.elements,
                        choices=tuple(by_record),
                    )
                )
        return replace(self, plan=replace(self.plan, first=tuple(first)))

    def without(self, bad: Iterable[tuple[int, Sequence[Requirement]]]) -> Covered | None:
        """Return the design made again where rows cannot be: each with what it broke.

        None when nothing is learnt from them.
        """
        learnt = list(self.impossible)
        for number, broken in bad:
            row = self.design.rows[number]
            scopes = map(self.compatibility.scope_of, broken)
            scope = sorted(set(itertools.chain.from_iterable(scopes)))
            if scope:
                learnt.append([(place, row[place]) for place in scope])
        if len(learnt) == len(self.impossible):
            return None
        constraints = (*self.compatibility.constraints, *map(forbid, learnt))
        problem = replace(self.problem, constraints=constraints)
        return replace(self, problem=problem, impossible=learnt, design=cover(problem)).applied()

    def cases(self) -> list[Json]:
        """Return the rows as a file of cases holds them: the name of each parameter's value."""
        return [
            {
                parameter.label: parameter.values[number].name
                for parameter, number in zip(self.parameters, row, strict=True)
                if not parameter.values[number].is_hidden
            }
            for row in self.design.rows
        ]


def cover_plan(
    plan: RecordPlan,
    still_open: Sequence[Requirement],
    every: Sequence[Requirement],
    designs: dict[str, Covered],
    *,
    clause: str = "",
    records: range = ALL_RECORDS,
) -> tuple[Sampler | None, Sequence[Covered], list[Diagnostic]]:
    """Return a sampler of ``plan`` with what it covers; no sampler where that is not possible.

    Args:
        plan: constrained.
        still_open: the requirements that the plan alone does not ensure.
        every: all requirements.
        designs: those of the run by what decides them: positive and negative have the same.
        clause: the exclusion that the records match; a part of the design's name.
        records: which records are rows of the design.
    """
    scenario = plan.twin or plan.scenario
    name = "/".join(filter(None, (plan.model_id, scenario, clause)))
    key = _key(plan, name, records)
    if key in designs:
        covered = replace(designs[key], plan=plan).applied()
        return Sampler(covered.plan, still_open, every), [covered], []
    made, found = _make_design(plan, still_open, name, records)
    if made is None:
        sampler = None if has_errors(found) else Sampler(plan, still_open, every)
        return sampler, [], found
    sampler = Sampler(made.plan, still_open, every)
    for _ in range(ROUNDS if still_open else 0):
        bad = [
            (row, broken)
            for row, index in enumerate(made.designed())
            if (broken := sampler.try_at(index)[1])
        ]
        better = made.without(bad) if bad else None
        if better is None:
            break
        made = better
        sampler = Sampler(made.plan, still_open, every)
    if not found:
        designs[key] = made
    return sampler, [made], found


def _key(plan: RecordPlan, name: str, records: range) -> str:
    """Return what is the same for plans whose designs are the same."""
    bare = replace(
        plan, scenario="", count=1, faults=1, faulty=None, own_faults=(), stated=(), first=()
    )
    form = records_form(bare)
    return digest(form_bytes([form, [name, str(records.start), str(records.step)]]))


def _make_design(
    plan: RecordPlan, requirements: Sequence[Requirement], name: str, records: range
) -> tuple[Covered | None, list[Diagnostic]]:
    """Return the design of ``plan``, or None where there is nothing to cover, and what is wrong."""
    parameters, unused = parameters_of(plan)
    scenario, coverage = plan.scenario, plan.coverage
    hint = "pools, rows, booleans and optional fields have; numbers and dates with boundaries: true"
    found = [
        _error(coverage, f'"{".".join(field)}" of {scenario} has no values to cover', hint)
        for field in unused
    ]
    sizes = [len(parameter.values) for parameter in parameters]
    count = count_combinations(sizes, frozenset(), min(coverage.strength.size, len(sizes)))
    if sum(sizes) > MOST_VALUES or count > MOST_COMBINATIONS:
        message = (
            f"the fields of {scenario} have {sum(sizes):,} values in {count:,} combinations; "
            f"the limit is {MOST_VALUES:,} in {MOST_COMBINATIONS:,}"
        )
        hint = "list the fields that matter under fields, or the others under without"
        found.append(_error(coverage, message, hint))
    if not found and not parameters:
        message = f"no field of {scenario} has values to cover"
        hint = "pools, rows and booleans have; set $coverage: none if nothing varies"
        found.append(_error(coverage, message, hint))
    if found:
        return None, found
    compatibility = Compatibility(plan, parameters, requirements)
    kept, problems = _kept_rows(coverage, name, parameters)
    problem = Problem(
        marks=tuple(parameter.marks(plan.seed, plan.model_id) for parameter in parameters),
        strength=coverage.strength.size,
        constraints=tuple(compatibility.constraints),
        hidden=hidden_values(parameters),
        kept=kept,
        accepts=compatibility.accepts if compatibility.whole else None,
    )
    covered = Covered(
        name=name,
        plan=plan,
        parameters=parameters,
        problem=problem,
        design=cover(problem),
        compatibility=compatibility,
        records=records,
    )
    return covered.applied(), problems


def _kept_rows(
    coverage: CoverageSpec, name: str, parameters: Sequence[Parameter]
) -> tuple[tuple[Partial, ...], list[Diagnostic]]:
    """Return the rows that the file of cases has under ``name``, and what is wrong with it.

    A case with a value that no longer exists cannot be, and is left out. A parameter that the file
    does not know is free.
    """
    cases = coverage.cases
    if cases is None:
        return (), []
    rows = cases.get(name, []) if isinstance(cases, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        message = f"{coverage.keep} must be a mapping of scenarios to lists of cases"
        hint = "run mockgen-watch coverage --keep to write it"
        return (), [_error(coverage, message, hint, "MG217")]
    numbers: list[dict[bytes | None, int | None]] = [
        {canonical(value.name): number for number, value in enumerate(parameter.values)}
        for parameter in parameters
    ]
    kept: dict[Partial, None] = {}
    for row in rows:
        given = row if isinstance(row, dict) else {}
        names = [
            canonical(given[each.label]) if each.label in given else None for each in parameters
        ]
        is_gone = any(
            name is not None and name not in known
            for name, known in zip(names, numbers, strict=True)
        )
        # A case of which nothing is left says nothing.
        if not is_gone and any(names):
            found = [known.get(name) for name, known in zip(names, numbers, strict=True)]
            kept[tuple(found)] = None
    return tuple(kept), []


def find_design(
    plans: Iterable[RecordPlan], index: int, shape: Shape, path: tuple[str, ...]
) -> tuple[RecordPlan, int] | None:
    """Return the plan whose design chose the value at ``path`` of record ``index``, and its length.

    None where the value was drawn. ``path`` has the elements on the way; ``shape`` is what is
    there. The length is the number of records that the design reaches to.
    """
    names = tuple(name for name in path if not name.isdecimal())
    elements = tuple(int(name) for name in path if name.isdecimal())
    field = shape.generator if isinstance(shape, Leaf) else None
    for plan in plans:
        for item in plan.first:
            chosen = item.choices[index] if index < len(item.choices) else None
            if chosen is None or item.elements != elements:
                continue
            if item.draw is Draw.ROWS:
                row = None if field is None else row_of(field)
                is_there = row is not None and item.path == path_of_draw(row.address)
            else:
                is_there = item.path == names
            if is_there:
                return plan, len(item.choices)
    return None


class _Condition(Struct, frozen=True, kw_only=True):
    """Requirements on one record: the parameters that they read, and the paths of what is drawn."""

    requirements: tuple[Requirement, ...]
    scope: tuple[int, ...]
    drawn: frozenset[Path]

    def joined(self, other: _Condition) -> _Condition:
        return _Condition(
            requirements=(*self.requirements, *other.requirements),
            scope=tuple(sorted({*self.scope, *other.scope})),
            drawn=self.drawn | other.drawn,
        )


class Compatibility:
    """Which values of parameters requirements and absent objects let go together.

    Combinations are tried on records in which everything is there, and the rest is drawn.

    Attributes:
        constraints: those that a few parameters decide.
        whole: requirements that read too many parameters for that; whole rows decide.
    """

    def __init__(
        self,
        plan: RecordPlan,
        parameters: tuple[Parameter, ...],
        requirements: Sequence[Requirement],
    ) -> None:
        self._plan = plan
        self._parameters = parameters
        self._program = lru_cache(_MOST_PROGRAMS)(self._make_program)
        self._samples: dict[tuple[tuple[int, int], ...], list[Json]] = {}
        self._conditions = [self._condition(each) for each in requirements]
        self.constraints = [
            self._guarded(each.guard, place)
            for place, each in enumerate(parameters)
            if each.guard is not None
        ]
        self.whole: list[Requirement] = []
        for each in self._grouped():
            size = self._size(each.scope)
            if any(item.paths is None for item in each.requirements) or size > MOST_OPTIONS:
                self.whole += each.requirements
            elif each.scope:
                samples = max(min(SAMPLES, TRIED // size), 2) if each.drawn else 1
                self.constraints.append(self._tried(each, samples))

    def accepts(self, row: Row) -> bool:
        """Return whether some record of ``row`` meets the requirements in ``whole``."""
        return self._has_fit(enumerate(row), self.whole, SAMPLES)

    def scope_of(self, requirement: Requirement) -> tuple[int, ...]:
        """Return the numbers of the parameters that ``requirement`` reads."""
        scopes = (each.scope for each in self._conditions if requirement in each.requirements)
        return next(scopes, ())

    def _has_fit(
        self, chosen: Iterable[tuple[int, int]], requirements: Sequence[Requirement], samples: int
    ) -> bool:
        """Return whether a record with ``chosen`` (parameter, value) meets ``requirements``."""
        chosen = list(chosen)
        values = [(self._parameters[place], number) for place, number in chosen]
        told = tuple(
            (place, number)
            for place, number in chosen
            if is_told(self._parameters[place].values[number])
        )
        # What is around goes first, so that what is within finds its place.
        values.sort(key=lambda item: len(item[0].places[0]))
        for index in range(samples):
            record = self._sample(told, index)
            for parameter, number in values:
                written = parameter.values[number].written
                for place, value in zip(parameter.places, written, strict=False):
                    if not isinstance(value, Free):
                        record = with_value(record, place, value)
            if all(requirement.holds(record) for requirement in requirements):
                return True
        return False

    def _sample(self, told: tuple[tuple[int, int], ...], index: int) -> Json:
        """Return a record in which all is there, with ``told`` (parameter, value) chosen."""
        samples = self._samples.setdefault(told, [])
        if index == len(samples):
            samples.append(record_at(self._program(told), index))
        return samples[index]

    def _make_program(self, told: tuple[tuple[int, int], ...]) -> Program:
        """Return what makes records in which all is there that parameters can take away."""
        paths = {path for each in self._parameters if each.has_states for path in each.paths}

        def change(path: Path, part: Shape) -> Shape:
            if path not in paths:
                return part
            sure = replace(part.modifiers, null=Decimal(0), omit=Decimal(0))
            return replace(part, modifiers=sure)

        shape = change_shape(self._plan.shape, change)
        first = tuple(
            FirstChoices(
                draw=self._parameters[place].draw,
                path=self._parameters[place].path,
                elements=self._parameters[place].elements,
                choices=(self._parameters[place].values[number].choice,) * SAMPLES,
            )
            for place, number in told
        )
        return compile_program(replace(self._plan, shape=shape, first=first))

    def _grouped(self) -> list[_Condition]:
        """Return conditions that read the same drawn fields as one, where there are few values."""
        groups: list[_Condition] = []
        for condition in self._conditions:
            group = condition
            rest: list[_Condition] = []
            for other in groups:
                wider = group.joined(other)
                is_near = not group.drawn.isdisjoint(other.drawn)
                if is_near and self._size(wider.scope) <= MOST_OPTIONS:
                    group = wider
                else:
                    rest.append(other)
            groups = [*rest, group]
        return groups

    def _size(self, scope: Sequence[int]) -> int:
        return math.prod(len(self._parameters[place].values) for place in scope)

    def _tried(self, condition: _Condition, samples: int) -> Constraint:
        def allows(numbers: Row) -> bool:
            chosen = zip(condition.scope, numbers, strict=True)
            return self._has_fit(chosen, condition.requirements, samples)

        return Constraint(scope=condition.scope, allows=allows)

    def _guarded(self, guard: int, place: int) -> Constraint:
        """Return that a parameter has its own values exactly where the object around is there."""
        around, own = self._parameters[guard].values, self._parameters[place].values
        return Constraint(
            scope=(guard, place),
            allows=lambda row: (around[row[0]].state == PRESENT) is not own[row[1]].is_hidden,
        )

    def _condition(self, requirement: Requirement) -> _Condition:
        """Return which parameters ``requirement`` reads, and what else, which is drawn."""
        parameters = self._parameters
        if requirement.paths is None:
            every = tuple(range(len(parameters)))
            return _Condition(requirements=(requirement,), scope=every, drawn=frozenset())
        seen = self._fields_read(requirement.paths)
        scope = tuple(
            place
            for place, parameter in enumerate(parameters)
            if any(path[: len(own)] == own for own in parameter.paths for path in seen)
        )
        decided = {path for place in scope for path in parameters[place].paths}
        loose = {
            path
            for place in scope
            for value in parameters[place].values
            for path, written in zip(parameters[place].paths, value.written, strict=False)
            if isinstance(written, Free)
        }
        drawn = frozenset(
            path
            for path, leaf, is_sure in seen.values()
            if not isinstance(leaf.generator, Constant | Template | FieldValue | Computed)
            and (path not in decided or path in loose or not is_sure)
        )
        return _Condition(requirements=(requirement,), scope=scope, drawn=drawn)

    def _fields_read(self, paths: Iterable[Path]) -> dict[Path, Field]:
        """Return the fields below ``paths``, and those that they are made of."""
        fields = fields_below(self._plan.shape, paths)
        seen: dict[Path, Field] = {}
        while fields:
            field = fields.pop()
            seen[field.path] = field
            fields += [
                named._replace(is_sure=named.is_sure and field.is_sure)
                for named in fields_below(self._plan.shape, names_of(field.leaf.generator))
                if named.path not in seen
            ]
        return seen


def _error(coverage: CoverageSpec, message: str, hint: str, code: str = "MG407") -> Diagnostic:
    message = f"$coverage: {message}"
    return Diagnostic(code=code, message=message, location=coverage.location, hint=hint)
