"""Takes a settled plan and the needs that are open; gives the plan whose first records cover all.

The rows of a covering design are laid into the plan as what its first records choose. So a record
of the design differs from what its address would give in the parameters alone; every other field,
and every record behind the design, is what it is without ``$coverage``.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.canonical import canonical
from mockgen_watch.diagnostics import Diagnostic
from mockgen_watch.plan.model import Draw, FirstChoices
from mockgen_watch.scenarios.coverage.combinations import combinations_of
from mockgen_watch.scenarios.coverage.combining import Combining, combine
from mockgen_watch.scenarios.coverage.design import cover
from mockgen_watch.scenarios.coverage.parameters import parameters_of
from mockgen_watch.scenarios.coverage.problem import Constraint, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Final

    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.scenarios.coverage.parameters import Parameter
    from mockgen_watch.scenarios.coverage.problem import Design, Partial, Row
    from mockgen_watch.scenarios.promise.needs import Need
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.model import CoverageSpec


_GONE: Final = -1


def cases_data(rows: Iterable[Row], parameters: Sequence[Parameter]) -> list[Json]:
    """Return rows as a file of cases holds them: the name of each parameter's value."""
    return [
        {
            parameter.label: parameter.values[number].name
            for parameter, number in zip(parameters, row, strict=True)
            if not parameter.values[number].is_hidden
        }
        for row in rows
    ]


def kept_rows(
    coverage: CoverageSpec, name: str, parameters: Sequence[Parameter]
) -> tuple[tuple[Partial, ...], list[Diagnostic]]:
    """Return the rows that the file of cases has under ``name``, and what is wrong with it.

    A case with a value that is no more cannot be, and is left out. A parameter that the file does
    not know is free.
    """
    if coverage.cases is None:
        return (), []
    cases = coverage.cases
    rows = cases.get(name, []) if isinstance(cases, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return (), [_unreadable(coverage)]
    numbers = [
        {canonical(value.name): number for number, value in enumerate(parameter.values)}
        for parameter in parameters
    ]
    kept: dict[Partial, None] = {}
    for row in rows:
        given = row if isinstance(row, dict) else {}
        found = [
            known.get(canonical(given[parameter.label]), _GONE)
            if parameter.label in given
            else None
            for known, parameter in zip(numbers, parameters, strict=True)
        ]
        # A case of which nothing is left says nothing.
        if _GONE not in found and any(number is not None for number in found):
            kept[tuple(found)] = None
    return tuple(kept), []


def _unreadable(coverage: CoverageSpec) -> Diagnostic:
    return Diagnostic(
        code="MG217",
        message=f"$coverage: {coverage.keep} holds no cases: a mapping of scenarios to lists",
        location=coverage.location,
        hint="let mockgen-watch coverage --keep write it",
    )


MOST_VALUES: Final = 4000
"""Values of all parameters together that a design is made for."""

MOST_COMBINATIONS: Final = 1_000_000
"""Combinations that a design is made for: 350 pools of 4 in pairs, 46 of them in triples."""


class Covered(Struct, frozen=True, kw_only=True, eq=False):
    """A plan whose first records cover what can be covered.

    Attributes:
        name: of the design in a file of cases: ``MODEL/SCENARIO``, with the clause behind it.
        plan: with the design laid in.
        parameters: what a row of the design has a value of.
        problem: what the design was made for.
        design: the rows; row r is record ``start + r * stride``.
        combining: what goes together.
    """

    name: str
    plan: RecordPlan
    parameters: tuple[Parameter, ...]
    problem: Problem
    design: Design
    combining: Combining
    start: int = 0
    stride: int = 1

    @property
    def needed(self) -> int:
        """How many records an output needs so that every row is in it."""
        rows = len(self.design.rows)
        return self.start + (rows - 1) * self.stride + 1 if rows else 0

    def record_of(self, row: int) -> int:
        """Return the index of the record that ``row`` is."""
        return self.start + row * self.stride

    def without(self, bad: Iterable[tuple[int, Sequence[Need]]]) -> Covered | None:
        """Return the design made anew where rows turned out not to be: each with what it broke.

        None when nothing is learnt from them.
        """
        learnt = list(self.problem.constraints)
        for number, needs in bad:
            row = self.design.rows[number]
            places = {place for need in needs for place in self._scope(need)}
            scope = tuple(sorted(places))
            if scope:
                learnt.append(_forbidding(scope, tuple(row[place] for place in scope)))
        if len(learnt) == len(self.problem.constraints):
            return None
        problem = replace(self.problem, constraints=tuple(learnt))
        return lay(replace(self, problem=problem, design=cover(problem)))

    def _scope(self, need: Need) -> tuple[int, ...]:
        return next((scope for known, scope in self.combining.scopes if known is need), ())


def cover_plan(
    plan: RecordPlan, needs: Sequence[Need], *, name: str, start: int = 0, stride: int = 1
) -> tuple[Covered | None, list[Diagnostic]]:
    """Return the design of ``plan``, or None where there is nothing to cover, and what is wrong."""
    parameters, unused = parameters_of(plan)
    found = [_no_parameter(plan, field) for field in unused]
    sizes = [len(parameter.values) for parameter in parameters]
    count = combinations_of(sizes, frozenset(), min(plan.coverage.strength.size, len(sizes)))
    if sum(sizes) > MOST_VALUES or count > MOST_COMBINATIONS:
        found.append(_too_many(plan, sum(sizes), count))
    if found or not parameters:
        return None, found or [_nothing(plan)]
    combining = combine(plan, parameters, needs)
    kept, problems = kept_rows(plan.coverage, name, parameters)
    problem = Problem(
        marks=tuple(parameter.marks(plan.seed, plan.model_id) for parameter in parameters),
        strength=plan.coverage.strength.size,
        constraints=combining.constraints,
        hidden=frozenset(
            (place, number)
            for place, parameter in enumerate(parameters)
            for number, value in enumerate(parameter.values)
            if value.is_hidden
        ),
        kept=kept,
        accepts=combining.accepts if combining.whole else None,
    )
    covered = Covered(
        name=name,
        plan=plan,
        parameters=parameters,
        problem=problem,
        design=cover(problem),
        combining=combining,
        start=start,
        stride=stride,
    )
    return lay(covered), problems


def lay(covered: Covered) -> Covered:
    """Return ``covered`` with its design laid into its plan."""
    first: list[FirstChoices] = []
    for place, parameter in enumerate(covered.parameters):
        values = [parameter.values[row[place]] for row in covered.design.rows]
        if parameter.draw is not Draw.PRESENCE:
            choices = covered_records(covered, [value.choice for value in values])
            first.append(_choices(parameter, parameter.draw, choices))
        if parameter.has_states:
            states = covered_records(covered, [value.state for value in values])
            first.append(_choices(parameter, Draw.PRESENCE, states))
    return replace(covered, plan=replace(covered.plan, first=tuple(first)))


def covered_records(covered: Covered, rows: Sequence[bytes | None]) -> tuple[bytes | None, ...]:
    """Return what rows choose, record by record; other records are drawn."""
    gap = (None,) * (covered.stride - 1)
    records = itertools.chain.from_iterable((choice, *gap) for choice in rows)
    return ((None,) * covered.start + tuple(records))[: covered.needed]


def _choices(parameter: Parameter, draw: Draw, choices: tuple[bytes | None, ...]) -> FirstChoices:
    return FirstChoices(
        draw=draw, path=parameter.path, elements=parameter.elements, choices=choices
    )


def _forbidding(scope: tuple[int, ...], numbers: Row) -> Constraint:
    return Constraint(scope=scope, allows=lambda chosen: chosen != numbers)


def _no_parameter(plan: RecordPlan, field: tuple[str, ...]) -> Diagnostic:
    return Diagnostic(
        code="MG407",
        message=f'$coverage: "{".".join(field)}" of {plan.scenario} has no values to be covered',
        location=plan.coverage.location,
        hint=(
            "pools, rows, booleans and what may be null or absent have; numbers and dates with "
            "boundaries: true"
        ),
    )


def _nothing(plan: RecordPlan) -> Diagnostic:
    return Diagnostic(
        code="MG407",
        message=f"$coverage: no field of {plan.scenario} has values to be covered",
        location=plan.coverage.location,
        hint="pools, rows and booleans have; set $coverage: none where there is nothing to choose",
    )


def _too_many(plan: RecordPlan, values: int, count: int) -> Diagnostic:
    return Diagnostic(
        code="MG407",
        message=(
            f"$coverage: the fields of {plan.scenario} have {values:,} values in {count:,} "
            f"combinations; {MOST_VALUES:,} in {MOST_COMBINATIONS:,} at most are covered"
        ),
        location=plan.coverage.location,
        hint="name the fields that matter under fields, or others under without",
    )
