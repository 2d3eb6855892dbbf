"""Coverage and odds of records: which combinations they have, and how often each value came out.

Coverage is counted against what can be: the values that rules and exclusions leave, and the
combinations of them that go together. Observed shares are set beside the declared ones, each with
the interval in which it lies with a given confidence.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from decimal import Decimal
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.canonical import canonical
from mockgen_watch.rules.values import MISSING, Missing, Path, places_of
from mockgen_watch.scenarios.coverage.covered import MOST_VALUES, Covered, find_compatibility
from mockgen_watch.scenarios.coverage.parameters import (
    Key,
    Parameter,
    RowReader,
    Value,
    hidden_values,
    key_of,
    parameters_of,
)
from mockgen_watch.scenarios.coverage.problem import (
    Constraint,
    Feasible,
    Possible,
    Problem,
    bits_of,
    count_combinations,
    members,
)
from mockgen_watch.scenarios.promise.facts import fields_of, final_value
from mockgen_watch.spec.generators import Boolean, Pool, RowField
from mockgen_watch.spec.model import (
    ELEMENT,
    ArrayShape,
    Coverage,
    Leaf,
    ObjectShape,
    Shape,
    element_shapes,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.scenarios.labels import Records
    from mockgen_watch.scenarios.promise.requirements import Requirement
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


def measure(plan: RecordPlan, part: Records, records: Iterable[Json]) -> Measured | None:
    """Return what ``records`` cover; None where there is nothing to choose, or too much."""
    parameters, _ = parameters_of(plan)
    if not parameters or sum(len(each.values) for each in parameters) > MOST_VALUES:
        return None
    space = _Space(parameters)
    designs = dict(enumerate(part.covered))
    for number, (constrained, still_open) in enumerate(part.settings):
        space.add(constrained, still_open, designs.get(number))
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
        is_bound=len(part.settings) > 1,
        all_cases=math.prod(
            sum(not value.is_hidden for value in each.values) for each in parameters
        ),
    )


class _Space:
    """The combinations that can be in any of the constrained plans behind the records."""

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        self.parameters = parameters
        self.offsets = [0, *itertools.accumulate(len(each.values) for each in parameters)]
        self.size = self.offsets[-1]
        self.singles = 0
        self.partners = [0] * self.size
        self.thirds: list[list[int]] | None = [[0] * self.size for _ in range(self.size)]
        self.cases: int | None = 0
        shown = [len(each.values) for each in parameters]
        self.hidden = hidden_values(parameters)
        if count_combinations(shown, self.hidden, 3) > MOST_TRIPLES:
            self.thirds = None

    def add(
        self, plan: RecordPlan, requirements: Sequence[Requirement], covered: Covered | None
    ) -> None:
        """Add what can be in a constrained plan, without what its design found to be impossible."""
        own = self._own(plan)
        compatibility = find_compatibility(plan, own, requirements)
        problem = Problem(
            marks=tuple(tuple(range(len(each.values))) for each in own),
            strength=2,
            constraints=(*compatibility.constraints, *_learnt(covered, own)),
            hidden=hidden_values(own),
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
        """Return the parameters with the values that are left in a constrained plan."""
        left = {_identity(each): each for each in parameters_of(plan, least=1)[0]}
        own = []
        for parameter in self.parameters:
            there = left.get(_identity(parameter))
            names = None if there is None else {_value_name(value) for value in there.values}
            values = [
                value
                for value in parameter.values
                if value.is_hidden
                or (names is None and value.name == "$present")
                or (names is not None and _value_name(value) in names)
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
        self._reader = RowReader(space.parameters)
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
        if len(space.parameters) >= Coverage.THREE_WISE.size and space.thirds is not None:
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
            combinations=count_combinations(sizes, self._space.hidden, strength.size),
            possible=possible,
            covered=covered,
            missing=tuple(
                tuple(self._named_value(value) for value in values)
                for values in itertools.islice(missing, EXAMPLES)
            ),
        )

    def _named_value(self, value: int) -> tuple[str, Json]:
        for place, parameter in enumerate(self._space.parameters):
            start, stop = self._space.offsets[place : place + 2]
            if start <= value < stop:
                return parameter.label, parameter.values[value - start].name
        raise IndexError(value)


EXAMPLES: Final = 20
"""Missing combinations that are named."""


def _identity(parameter: Parameter) -> tuple[object, ...]:
    return parameter.draw, parameter.path, parameter.elements


def _value_name(value: Value) -> tuple[bytes | None, bytes]:
    return value.choice, canonical(value.name)


def _learnt(covered: Covered | None, own: Sequence[Parameter]) -> Iterator[Constraint]:
    """Yield what a design learnt from records that could not be, for the parameters ``own``."""
    if covered is None:
        return
    places = {_identity(parameter): place for place, parameter in enumerate(own)}
    for constraint in covered.problem.constraints[len(covered.compatibility.constraints) :]:
        theirs = [covered.parameters[place] for place in constraint.scope]
        scope = [places.get(_identity(parameter), -1) for parameter in theirs]
        if -1 not in scope:
            mine = [own[place] for place in scope]
            yield Constraint(scope=tuple(scope), allows=_translated(constraint, theirs, mine))


def _translated(
    constraint: Constraint, theirs: Sequence[Parameter], own: Sequence[Parameter]
) -> Callable[[tuple[int, ...]], bool]:
    """Return ``constraint.allows`` for the numbers that the same values have in ``own``."""
    their_numbers = [
        {_value_name(value): number for number, value in enumerate(parameter.values)}
        for parameter in theirs
    ]

    def allows(numbers: tuple[int, ...]) -> bool:
        translated = [
            known.get(_value_name(parameter.values[number]))
            for known, parameter, number in zip(their_numbers, own, numbers, strict=True)
        ]
        found = tuple(number for number in translated if number is not None)
        return len(found) < len(translated) or constraint.allows(found)

    return allows


def _moved(bits: int, numbers: Sequence[int]) -> int:
    return bits_of([numbers[value] for value in members(bits)])


CONFIDENCE: Final = 0.99
"""How sure an interval is by default."""


class Odds(Struct, frozen=True, kw_only=True):
    """One share.

    Attributes:
        field: the path in words; ``""`` for the scenarios of a mix.
        of: what is counted: the name of a scenario, a value, ``"null"`` or ``"absent"``.
        is_word: it is one of these words, and no value.
        declared: as the spec has it, 0 to 1.
        settled: what rules and exclusions leave of it; None where records are redrawn.
        trials, hits: of how many draws it came out in how many.
        low, high: the interval in which the share lies with the given confidence.
    """

    field: str
    of: Json
    is_word: bool
    declared: float
    settled: float | None
    trials: int
    hits: int
    low: float
    high: float

    @property
    def observed(self) -> float:
        """The share that was observed."""
        return self.hits / self.trials if self.trials else 0.0

    @property
    def is_outside(self) -> bool:
        """Return whether the declared share lies outside of the interval."""
        return self.trials > 0 and not self.low <= self.declared <= self.high

    @property
    def is_ruled(self) -> bool:
        """Return whether what rules and exclusions leave explains that."""
        if not self.is_outside:
            return False
        return self.settled is None or (
            self.settled != self.declared and self.low <= self.settled <= self.high
        )


def wilson(hits: int, trials: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the score interval of a share.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22(158), 1927; unlike the normal one it holds
    for shares near 0 and 1 as well.
    """
    if not trials:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, square = hits / trials, z * z
    centre = share + square / (2 * trials)
    half = z * math.sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    whole = 1 + square / trials
    low, high = (centre - half) / whole, (centre + half) / whole
    # At the ends the interval reaches them, but for the last bits of the arithmetic.
    return (0.0 if not hits else max(low, 0.0)), (1.0 if hits == trials else min(high, 1.0))


def scenario_odds(
    weights: Sequence[tuple[str, Decimal]], counts: Mapping[str, int], confidence: float
) -> Iterator[Odds]:
    """Yield the share of each scenario of a mix."""
    total, trials = sum(weight for _, weight in weights), sum(counts.values())
    counted = _Counted(field="", confidence=confidence)
    for name, weight in weights:
        share = weight / total
        yield counted.odds(name, (share, share), counts.get(name, 0), trials, is_word=True)


class _Counted(Struct, frozen=True, kw_only=True):
    """What the odds of one field have in common."""

    field: str
    confidence: float

    def odds(
        self,
        of: Json,
        shares: tuple[Decimal, Decimal | None],
        hits: int,
        trials: int,
        *,
        is_word: bool,
    ) -> Odds:
        """Return the odds of one value; ``shares`` are the declared and the settled one."""
        low, high = wilson(hits, trials, self.confidence)
        declared, settled = shares
        return Odds(
            field=self.field,
            of=of,
            is_word=is_word,
            declared=float(declared),
            settled=None if settled is None else float(settled),
            trials=trials,
            hits=hits,
            low=low,
            high=high,
        )


def field_odds(
    plan: RecordPlan,
    settled: RecordPlan | None,
    redrawn: frozenset[Path],
    records: Sequence[Json],
    confidence: float,
) -> Iterator[Odds]:
    """Yield the shares of weighted values, of null and of absence, field by field.

    Args:
        plan: as it is stated.
        settled: the constrained plan; None where more than one such plan makes the records.
        redrawn: fields that may be drawn again to meet rules.
        records: those that the odds alone decide.
        confidence: of the intervals, over 0 and under 1.
    """
    left = {} if settled is None else _by_path(settled.shape)
    for path, shape in _by_path(plan.shape).items():
        if shape is None:
            continue
        rest = None if path in redrawn else left.get(path)
        yield from _field_odds(path, plan, shape, rest, records, confidence)


def _field_odds(
    path: Path,
    plan: RecordPlan,
    shape: Shape,
    rest: Shape | None,
    records: Sequence[Json],
    confidence: float,
) -> Iterator[Odds]:
    """Yield the shares of one field; ``rest`` is its shape in the constrained plan."""
    own = path[len(plan.slot) :] if path[: len(plan.slot)] == plan.slot else path
    modifiers, after = shape.modifiers, None if rest is None else rest.modifiers
    table = {} if modifiers.unique or not isinstance(shape, Leaf) else declared_shares(shape)
    if not (table or modifiers.null or modifiers.omit):
        return
    name = ".".join(own) + ("[]" if _is_element(shape) else "")
    counted = _Counted(field=name, confidence=confidence)
    counts = Counter(_drawn_keys(path, shape, records))
    absent, empty = counts[key_of(MISSING)], counts[key_of(None)]
    trials = counts.total()
    if modifiers.omit and not _is_element(shape):
        shares = (modifiers.omit, None if after is None else after.omit)
        yield counted.odds("absent", shares, absent, trials, is_word=True)
    if modifiers.null:
        shares = (modifiers.null, None if after is None else after.null)
        yield counted.odds("null", shares, empty, trials - absent, is_word=True)
    has_gaps = bool(modifiers.null or modifiers.omit)
    given = trials - absent - empty if has_gaps else trials
    left = declared_shares(rest, weighted_only=False) if isinstance(rest, Leaf) else None
    for key, (value, share) in table.items():
        settled = None if left is None else left.get(key, (value, Decimal(0)))[1]
        is_word = isinstance(value, Missing)
        shown = "absent" if isinstance(value, Missing) else value
        yield counted.odds(shown, (share, settled), counts[key], given, is_word=is_word)


def declared_shares(
    leaf: Leaf, *, weighted_only: bool = True
) -> dict[Key, tuple[Json | Missing, Decimal]]:
    """Return the share of each value of a leaf whose values have odds; nothing for the others."""
    generator = leaf.generator
    weights: list[tuple[Json | Missing, Decimal]]
    if isinstance(generator, Boolean):
        weights = [(True, generator.true), (False, 1 - generator.true)]
    elif isinstance(generator, Pool):
        weights = [(final_value(leaf, each.value), each.weight) for each in generator.entries]
    elif isinstance(generator, RowField) and not (leaf.modifiers.null or leaf.modifiers.omit):
        weights = [
            (
                final_value(leaf, each.value[generator.key])
                if generator.key in each.value
                else MISSING,
                each.weight,
            )
            for each in generator.rows.entries
            if isinstance(each.value, dict)
        ]
    else:
        return {}
    is_even = not isinstance(generator, Boolean) and len({weight for _, weight in weights}) == 1
    has_null = leaf.modifiers.null and any(value is None for value, _ in weights)
    if (is_even and weighted_only) or has_null:
        return {}
    total = sum((weight for _, weight in weights), Decimal(0))
    found: dict[Key, tuple[Json | Missing, Decimal]] = {}
    for value, weight in weights:
        key = key_of(value)
        found[key] = (value, found.get(key, (value, Decimal(0)))[1] + weight / total)
    return found


def _drawn_keys(path: Path, shape: Shape, records: Iterable[Json]) -> Iterator[Key]:
    """Yield the key of each value that was drawn for a field."""
    for record in records:
        if _is_element(shape):
            for _, value in places_of(record, path):
                yield from map(key_of, value if isinstance(value, list) else ())
            continue
        for _, around in places_of(record, path[:-1]):
            for each in around if isinstance(around, list) else [around]:
                if isinstance(each, dict):
                    yield key_of(each.get(path[-1], MISSING))


def _is_element(shape: Shape) -> bool:
    return shape.address[-1:] == (ELEMENT,)


def _by_path(shape: ObjectShape) -> dict[Path, Shape | None]:
    """Return what is drawn at each path; None where several shapes have one path."""
    found: dict[Path, Shape | None] = {}
    for path, leaf, _ in fields_of(shape):
        found[path] = None if path in found else leaf
    for path, around in _containers(shape, ()):
        if path and (around.modifiers.null or around.modifiers.omit):
            found[path] = None if path in found else around
    return found


def _containers(shape: Shape, path: Path) -> Iterator[tuple[Path, Shape]]:
    if isinstance(shape, ObjectShape):
        if not _is_element(shape):
            yield path, shape
        for member in shape.members:
            if not member.shape.modifiers.delete:
                yield from _containers(member.shape, (*path, member.name))
    elif isinstance(shape, ArrayShape):
        if not _is_element(shape):
            yield path, shape
        for element in element_shapes(shape):
            yield from _containers(element, path)
