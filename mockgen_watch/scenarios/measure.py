"""Takes the plan of an output and its records; gives what they cover of what they could."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.canonical import canonical
from mockgen_watch.scenarios.coverage.combinations import (
    Possible,
    bits_of,
    combinations_of,
    members,
)
from mockgen_watch.scenarios.coverage.combining import combine
from mockgen_watch.scenarios.coverage.covered import MOST_VALUES
from mockgen_watch.scenarios.coverage.parameters import HIDDEN, Reader, parameters_of
from mockgen_watch.scenarios.coverage.problem import Constraint, Feasible, Problem
from mockgen_watch.scenarios.promise.keep import Broken, Excluded, Valid
from mockgen_watch.scenarios.source import Free
from mockgen_watch.spec.model import Coverage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Final

    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.scenarios.coverage.covered import Covered
    from mockgen_watch.scenarios.coverage.parameters import Parameter, Value
    from mockgen_watch.scenarios.promise.needs import Need
    from mockgen_watch.scenarios.source import Part
    from mockgen_watch.spec.document import Json


MOST_TRIPLES: Final = 400_000
"""Triples are counted only where there are no more of them."""

MOST_CASES: Final = 200_000
"""Rows of fields that rules join are counted up to here."""


class StrengthCount(Struct, frozen=True, kw_only=True):
    """How many combinations of one strength there are.

    Attributes:
        combinations: with those that cannot be.
        possible: those that can be.
        covered: those of them that some record has.
        missing: the first of the others, each as (label, name of the value).
    """

    strength: Coverage
    combinations: int
    possible: int
    covered: int
    missing: tuple[tuple[tuple[str, Json], ...], ...]

    @property
    def share(self) -> float:
        """What is covered of what can be, 0 to 1."""
        return self.covered / self.possible if self.possible else 1.0


class Measured(Struct, frozen=True, kw_only=True):
    """What records cover.

    Attributes:
        parameters: of the plan as it is stated.
        counts: for each value of each parameter, the records that have it.
        singles: the values that can be; all numbers count through all parameters.
        possible, seen: for each value the set of those that make a pair with it.
        strengths: what is counted.
        cases: how many rows can be in all; None where they are too many to be counted.
        is_bound: some of them may have been counted more than once.
        all_cases: the same if everything could go together.
    """

    parameters: tuple[Parameter, ...]
    counts: tuple[tuple[int, ...], ...]
    singles: frozenset[int]
    possible: tuple[int, ...]
    seen: tuple[int, ...]
    strengths: tuple[StrengthCount, ...]
    cases: int | None
    is_bound: bool
    all_cases: int

    @property
    def seen_values(self) -> int:
        """The set of values that some record has."""
        every = itertools.chain.from_iterable(self.counts)
        return bits_of([value for value, count in enumerate(every) if count])

    def of(self, strength: Coverage) -> StrengthCount | None:
        """Return the count of one strength, if it was counted."""
        return next((each for each in self.strengths if each.strength is strength), None)


def settings_of(part: Part) -> list[tuple[RecordPlan, Sequence[Need]]]:
    """Return each settled plan behind the records of ``part``, with the needs that are open."""
    if isinstance(part, Free):
        return [(part.plan, ())]
    if isinstance(part, Valid):
        return [(part.drawer.plan, part.drawer.needs)]
    if isinstance(part, Excluded):
        return [(drawer.plan, drawer.needs) for drawer in part.drawers]
    if isinstance(part, Broken):
        return [(part.breaker.twins.plan, part.breaker.twins.needs)]
    return []


def measure(plan: RecordPlan, part: Part, records: Iterable[Json]) -> Measured | None:
    """Return what ``records`` cover; None where there is nothing to choose, or too much."""
    parameters, _ = parameters_of(plan)
    if not parameters or sum(len(each.values) for each in parameters) > MOST_VALUES:
        return None
    space = _Space(parameters)
    designs = dict(enumerate(part.covered))
    for number, (settled, needs) in enumerate(settings_of(part)):
        space.add(settled, needs, designs.get(number))
    tally = _Tally(space)
    for record in records:
        tally.add(record)
    return Measured(
        parameters=parameters,
        counts=tally.value_counts(),
        singles=frozenset(members(space.singles)),
        possible=tuple(space.partners),
        seen=tuple(tally.seen),
        strengths=tuple(tally.strengths()),
        cases=space.cases,
        is_bound=len(settings_of(part)) > 1,
        all_cases=math.prod(
            sum(not value.is_hidden for value in each.values) for each in parameters
        ),
    )


class _Space:
    """The combinations of a plan that can be, in any of the settled plans behind its records."""

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        self.parameters = parameters
        self.offsets = [0, *itertools.accumulate(len(each.values) for each in parameters)]
        self.size = self.offsets[-1]
        self.singles = 0
        self.partners = [0] * self.size
        self.thirds: list[list[int]] | None = [[0] * self.size for _ in range(self.size)]
        self.cases: int | None = 0
        shown = [len(each.values) for each in parameters]
        if combinations_of(shown, self.hidden, 3) > MOST_TRIPLES:
            self.thirds = None

    @property
    def hidden(self) -> frozenset[tuple[int, int]]:
        """The values that hide."""
        return _hidden(self.parameters)

    def add(self, plan: RecordPlan, needs: Sequence[Need], covered: Covered | None) -> None:
        """Add what can be in a settled plan, as far as its design knows no better."""
        own = self._own(plan)
        combining = combine(plan, own, needs)
        problem = Problem(
            marks=tuple(tuple(range(len(each.values))) for each in own),
            strength=2,
            constraints=(*combining.constraints, *_learnt(covered, own)),
            hidden=_hidden(own),
        )
        feasible = Feasible(problem.sizes, problem.constraints)
        possible = Possible(problem, feasible)
        numbers = self._numbers(own)
        self.singles |= bits_of([numbers[value] for value in possible.singles])
        partners = possible.partners()
        for value, bits in enumerate(partners):
            self.partners[numbers[value]] |= _moved(bits, numbers)
        if self.thirds is not None:
            for value, row in enumerate(possible.thirds(partners)):
                for other, bits in enumerate(row):
                    if bits:
                        self.thirds[numbers[value]][numbers[other]] |= _moved(bits, numbers)
        cases = feasible.count(MOST_CASES)
        self.cases = None if cases is None or self.cases is None else self.cases + cases

    def _own(self, plan: RecordPlan) -> tuple[Parameter, ...]:
        """Return the parameters with the values that are left in a settled plan."""
        left = {_name(each): each for each in parameters_of(plan, least=1)[0]}
        own = []
        for parameter in self.parameters:
            there = left.get(_name(parameter))
            known = None if there is None else {_value_name(value) for value in there.values}
            values = [
                value
                for value in parameter.values
                if value.is_hidden
                or (known is None and value.name == "$present")
                or (known is not None and _value_name(value) in known)
            ]
            own.append(replace(parameter, values=tuple(values) or parameter.values))
        return tuple(own)

    def _numbers(self, own: Sequence[Parameter]) -> list[int]:
        """Return for each value of ``own`` its number here."""
        found = []
        for offset, mine, parameter in zip(self.offsets, self.parameters, own, strict=False):
            places = {id(value): place for place, value in enumerate(mine.values)}
            found += [offset + places[id(value)] for value in parameter.values]
        return found


class _Tally:
    """Counts what records show."""

    def __init__(self, space: _Space) -> None:
        self._space = space
        self._reader = Reader(space.parameters)
        self._rows: dict[tuple[int, ...], int] = {}
        self.seen = [0] * space.size

    def add(self, record: Json) -> None:
        """Count one record."""
        row = self._reader.row(record)
        values = tuple(
            [
                offset + number
                for offset, number in zip(self._space.offsets, row, strict=False)
                if number is not None
            ]
        )
        if values not in self._rows:
            bits = bits_of(values)
            for value in values:
                self.seen[value] |= bits & ~(1 << value)
        self._rows[values] = self._rows.get(values, 0) + 1

    def value_counts(self) -> tuple[tuple[int, ...], ...]:
        """Return how many records have each value of each parameter."""
        counts = [0] * self._space.size
        for values, times in self._rows.items():
            for value in values:
                counts[value] += times
        ends = itertools.pairwise(self._space.offsets)
        return tuple(tuple(counts[start:stop]) for start, stop in ends)

    def strengths(self) -> Iterable[StrengthCount]:
        """Yield the counts of all strengths that there are."""
        space = self._space
        every = bits_of([value for values in self._rows for value in values])
        singles = list(members(space.singles & ~every))
        yield self._count(
            Coverage.EACH,
            space.singles.bit_count(),
            (space.singles & every).bit_count(),
            ((value,) for value in singles),
        )
        if len(space.parameters) > 1:
            pairs = list(zip(space.partners, self.seen, strict=True))
            yield self._count(
                Coverage.PAIRWISE,
                sum(can_be.bit_count() for can_be, _ in pairs) // 2,
                sum((can_be & seen).bit_count() for can_be, seen in pairs) // 2,
                (
                    (value, other)
                    for value, (can_be, seen) in enumerate(pairs)
                    for other in members(can_be & ~seen)
                    if value < other
                ),
            )
        if len(space.parameters) > 2 and space.thirds is not None:  # noqa: PLR2004 - of triples
            yield self._triples(space.thirds)

    def _triples(self, thirds: Sequence[Sequence[int]]) -> StrengthCount:
        seen = [[0] * self._space.size for _ in range(self._space.size)]
        for values in self._rows:
            bits = bits_of(values)
            for first, second in itertools.permutations(values, 2):
                seen[first][second] |= bits
        cells = [
            (first, second, can_be, seen[first][second])
            for first, row in enumerate(thirds)
            for second, can_be in enumerate(row)
            if can_be
        ]
        return self._count(
            Coverage.THREE_WISE,
            sum(can_be.bit_count() for _, _, can_be, _ in cells) // 6,
            sum((can_be & there).bit_count() for _, _, can_be, there in cells) // 6,
            (
                (first, second, third)
                for first, second, can_be, there in cells
                if first < second
                for third in members(can_be & ~there)
                if second < third
            ),
        )

    def _count(
        self, strength: Coverage, possible: int, covered: int, missing: Iterable[tuple[int, ...]]
    ) -> StrengthCount:
        sizes = [len(each.values) for each in self._space.parameters]
        return StrengthCount(
            strength=strength,
            combinations=combinations_of(sizes, self._space.hidden, strength.size),
            possible=possible,
            covered=covered,
            missing=tuple(
                tuple(self._named(value) for value in values)
                for values in itertools.islice(missing, EXAMPLES)
            ),
        )

    def _named(self, value: int) -> tuple[str, Json]:
        for place, parameter in enumerate(self._space.parameters):
            start, stop = self._space.offsets[place : place + 2]
            if start <= value < stop:
                return parameter.label, parameter.values[value - start].name
        raise IndexError(value)


EXAMPLES: Final = 20
"""Combinations that are missing, of which so many are told."""


def _hidden(parameters: Sequence[Parameter]) -> frozenset[tuple[int, int]]:
    return frozenset(
        (place, number)
        for place, parameter in enumerate(parameters)
        for number, value in enumerate(parameter.values)
        if value is HIDDEN
    )


def _name(parameter: Parameter) -> tuple[object, ...]:
    return parameter.draw, parameter.path, parameter.elements


def _value_name(value: Value) -> tuple[bytes | None, bytes]:
    return value.choice, canonical(value.name)


def _learnt(covered: Covered | None, own: Sequence[Parameter]) -> Iterator[Constraint]:
    """Yield what a design learnt from records that could not be, of the parameters ``own``."""
    if covered is None:
        return
    places = {_name(parameter): place for place, parameter in enumerate(own)}
    for constraint in covered.problem.constraints[len(covered.combining.constraints) :]:
        theirs = [covered.parameters[place] for place in constraint.scope]
        if all(_name(parameter) in places for parameter in theirs):
            scope = tuple(places[_name(parameter)] for parameter in theirs)
            yield Constraint(scope=scope, allows=_translated(constraint, theirs, own, scope))


def _translated(
    constraint: Constraint,
    theirs: Sequence[Parameter],
    own: Sequence[Parameter],
    scope: Sequence[int],
) -> Callable[[tuple[int, ...]], bool]:
    known = [
        {_value_name(value): number for number, value in enumerate(parameter.values)}
        for parameter in theirs
    ]

    def allows(numbers: tuple[int, ...]) -> bool:
        names = [
            _value_name(own[place].values[number])
            for place, number in zip(scope, numbers, strict=True)
        ]
        if any(name not in each for name, each in zip(names, known, strict=True)):
            return True
        return constraint.allows(tuple(each[name] for name, each in zip(names, known, strict=True)))

    return allows


def _moved(bits: int, numbers: Sequence[int]) -> int:
    return bits_of([numbers[value] for value in members(bits)])
