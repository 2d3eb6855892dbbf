"""Coverage and odds of records: which combinations they have, and how often each value came out.

Coverage is counted against what can be: the values that rules and exclusions leave, and the
combinations of them that go together. Observed shares are set beside the declared ones, each with
the interval in which it lies with a given confidence.
"""

from __future__ import annotations

import bisect
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
from mockgen_watch.scenarios.coverage.covered import MOST_VALUES, Compatibility, Covered
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
    forbid,
    members,
)
from mockgen_watch.scenarios.promise.facts import final_value
from mockgen_watch.spec import model as spec
from mockgen_watch.spec.generators import Boolean, Pool, RowField

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.scenarios.labels import Records
    from mockgen_watch.scenarios.promise.requirements import Requirement
    from mockgen_watch.spec.document import Json


MOST_TRIPLES: Final = 400_000
"""Triples are counted only where there are no more of them."""

MOST_CASES: Final = 200_000
"""Rows of fields that rules join are counted up to here."""


class StrengthCount(Struct, frozen=True, kw_only=True):
    """How many combinations of one strength there are, those that cannot be among them.

    Attributes:
        possible: those that can be.
        covered: those of them that some record has.
        missing: the first of the others, each as (label, name of the value).
    """

    strength: spec.Coverage
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
        counts: for each value, counted through all parameters, the records that have it.
        possible, seen: for each value the set of those that can be, or are, in a record with it;
            the value itself is one of them.
        strengths: what is counted.
        cases: how many rows can be in all; None where they are too many to be counted.
        is_bound: some of them may have been counted more than once.
        all_cases: the same if everything could go together.
    """

    parameters: tuple[Parameter, ...]
    counts: tuple[int, ...]
    possible: tuple[int, ...]
    seen: tuple[int, ...]
    strengths: tuple[StrengthCount, ...]
    cases: int | None
    is_bound: bool
    all_cases: int

    def of(self, strength: spec.Coverage) -> StrengthCount | None:
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
    reader = RowReader(parameters)
    rows = Counter(space.values_of(reader.row(record)) for record in records)
    counts = [0] * space.size
    seen = [0] * space.size
    for values, times in rows.items():
        bits = bits_of(values)
        for value in values:
            counts[value] += times
            seen[value] |= bits
    return Measured(
        parameters=parameters,
        counts=tuple(counts),
        possible=tuple(
            partners | space.singles & 1 << value for value, partners in enumerate(space.partners)
        ),
        seen=tuple(seen),
        strengths=tuple(_strengths(space, list(rows), seen)),
        cases=space.cases,
        is_bound=len(part.settings) > 1,
        all_cases=math.prod(
            sum(not value.is_hidden for value in each.values) for each in parameters
        ),
    )


class _Space:
    """The combinations that can be in any of the constrained plans behind the records.

    Attributes:
        singles: the set of values that can be.
        partners: for each value the set of those that make a pair with it.
        thirds: for each two values the set of those that make a triple with them; None where there
            would be too many.
        cases: how many rows can be; None where they are too many.
    """

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        self.parameters = parameters
        sizes = [len(each.values) for each in parameters]
        self._offsets = [0, *itertools.accumulate(sizes)]
        self.size = self._offsets[-1]
        self.singles = 0
        self.partners = [0] * self.size
        self.thirds: list[list[int]] | None = None
        if self.combinations(3) <= MOST_TRIPLES:
            self.thirds = [[0] * self.size for _ in range(self.size)]
        self.cases: int | None = 0

    def values_of(self, row: Sequence[int | None]) -> tuple[int, ...]:
        """Return the values of a row, None where it has none of a parameter."""
        choices = zip(self._offsets, row, strict=False)
        return tuple([offset + number for offset, number in choices if number is not None])

    def combinations(self, strength: int) -> int:
        """Return how many combinations there are, with those that cannot be."""
        sizes = [len(each.values) for each in self.parameters]
        return count_combinations(sizes, hidden_values(self.parameters), strength)

    def name_of(self, value: int) -> tuple[str, Json]:
        """Return the label of a value's parameter, and its name."""
        place = bisect.bisect(self._offsets, value) - 1
        parameter = self.parameters[place]
        return parameter.label, parameter.values[value - self._offsets[place]].name

    def add(
        self, plan: RecordPlan, requirements: Sequence[Requirement], covered: Covered | None
    ) -> None:
        """Add what can be in a constrained plan, without what its design found to be impossible."""
        own, numbers = self._own(plan)
        compatibility = Compatibility(plan, own, requirements)
        learnt = () if covered is None else _learnt(covered, own)
        problem = Problem(
            marks=tuple(tuple(range(len(each.values))) for each in own),
            strength=2,
            constraints=(*compatibility.constraints, *learnt),
            hidden=hidden_values(own),
        )
        feasible = Feasible(problem.sizes, problem.constraints)
        possible = Possible(problem, feasible)

        def numbered(bits: int) -> int:
            return bits_of(numbers[value] for value in members(bits))

        self.singles |= bits_of(numbers[value] for value in possible.singles)
        partners = possible.partners()
        for value, bits in zip(numbers, partners, strict=True):
            self.partners[value] |= numbered(bits)
        if self.thirds is not None:
            for value, row in zip(numbers, possible.thirds(partners), strict=True):
                for other, bits in zip(numbers, row, strict=True):
                    self.thirds[value][other] |= numbered(bits)
        cases = feasible.count(MOST_CASES)
        self.cases = None if cases is None or self.cases is None else self.cases + cases

    def _own(self, plan: RecordPlan) -> tuple[tuple[Parameter, ...], list[int]]:
        """Return the parameters with the values that a plan leaves, and the numbers of those here.

        What has no choice left is there.
        """
        left = {_identity(each): each for each in parameters_of(plan, least=1)[0]}
        own: list[Parameter] = []
        numbers: list[int] = []
        for offset, parameter in zip(self._offsets, self.parameters, strict=False):
            there = left.get(_identity(parameter))
            names = {_PRESENT} if there is None else {_value_name(each) for each in there.values}
            kept = [
                number
                for number, value in enumerate(parameter.values)
                if value.is_hidden or _value_name(value) in names
            ] or range(len(parameter.values))
            values = tuple(parameter.values[number] for number in kept)
            own.append(replace(parameter, values=values))
            numbers += [offset + number for number in kept]
        return tuple(own), numbers


def _strengths(
    space: _Space, rows: Sequence[tuple[int, ...]], seen: Sequence[int]
) -> Iterator[StrengthCount]:
    """Yield the counts of all strengths that there are; ``rows`` are the values of records."""
    every = bits_of(itertools.chain.from_iterable(rows))
    yield _count(space, spec.Coverage.EACH, [((), space.singles, every)])
    if len(space.parameters) >= spec.Coverage.PAIRWISE.size:
        pairs = enumerate(zip(space.partners, seen, strict=True))
        yield _count(space, spec.Coverage.PAIRWISE, [((value,), *sets) for value, sets in pairs])
    if len(space.parameters) >= spec.Coverage.THREE_WISE.size and space.thirds is not None:
        seen_thirds: dict[tuple[int, int], int] = {}
        for values in rows:
            bits = bits_of(values)
            for two in itertools.permutations(values, 2):
                seen_thirds[two] = seen_thirds.get(two, 0) | bits
        triples = [
            ((first, second), can_be, seen_thirds.get((first, second), 0))
            for first, row in enumerate(space.thirds)
            for second, can_be in enumerate(row)
        ]
        yield _count(space, spec.Coverage.THREE_WISE, triples)


def _count(
    space: _Space, strength: spec.Coverage, cells: Sequence[tuple[tuple[int, ...], int, int]]
) -> StrengthCount:
    """Return the count of one strength.

    Args:
        space: what can be.
        strength: of the combinations.
        cells: some values, the set of those that can complete them to a combination, and of those
            that do in a record. Each combination is there once for each order of its values.
    """
    orders = math.factorial(strength.size)
    missing = (
        (*some, last)
        for some, can_be, seen in cells
        for last in members(can_be & ~seen)
        if list(some) == sorted(some) and (not some or some[-1] < last)
    )
    return StrengthCount(
        strength=strength,
        combinations=space.combinations(strength.size),
        possible=sum(can_be.bit_count() for _, can_be, _ in cells) // orders,
        covered=sum((can_be & seen).bit_count() for _, can_be, seen in cells) // orders,
        missing=tuple(
            tuple(map(space.name_of, values)) for values in itertools.islice(missing, EXAMPLES)
        ),
    )


EXAMPLES: Final = 20
"""Missing combinations that are named."""

_PRESENT: Final = (None, canonical("$present"))


def _identity(parameter: Parameter) -> tuple[object, ...]:
    return parameter.draw, parameter.path, parameter.elements


def _value_name(value: Value) -> tuple[bytes | None, bytes]:
    return value.choice, canonical(value.name)


def _learnt(covered: Covered, own: Sequence[Parameter]) -> Iterator[Constraint]:
    """Yield what a design learnt from records that could not be, for the parameters ``own``."""
    numbers = {
        (_identity(parameter), _value_name(value)): (place, number)
        for place, parameter in enumerate(own)
        for number, value in enumerate(parameter.values)
    }
    for choices in covered.impossible:
        parameters = [(covered.parameters[place], number) for place, number in choices]
        found = [
            numbers.get((_identity(parameter), _value_name(parameter.values[number])))
            for parameter, number in parameters
        ]
        here = [choice for choice in found if choice is not None]
        if len(here) == len(found):
            yield forbid(here)


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
        rules: the rules and exclusions for which records are redrawn, and that read the field.
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
    rules: tuple[str, ...] = ()

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


def wilson(hits: int, trials: int, confidence: float) -> tuple[float, float]:
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
    for name, weight in weights:
        shares = (weight / total, weight / total)
        yield _odds("", name, shares, (counts.get(name, 0), trials), confidence, is_word=True)


def _odds(
    field: str,
    of: Json,
    shares: tuple[Decimal, Decimal | None],
    counted: tuple[int, int],
    confidence: float,
    *,
    is_word: bool,
) -> Odds:
    """Return one share; ``shares`` are declared and settled, ``counted`` are hits and trials."""
    (declared, settled), (hits, trials) = shares, counted
    low, high = wilson(hits, trials, confidence)
    return Odds(
        field=field,
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
    redrawn: Mapping[Path, tuple[str, ...]],
    records: Sequence[Json],
    confidence: float,
) -> Iterator[Odds]:
    """Yield the shares of weighted values, of null and of absence, field by field.

    Args:
        plan: as it is stated.
        settled: the constrained plan; None where more than one such plan makes the records.
        redrawn: fields that may be drawn again to meet rules, with the names of these.
        records: those that the odds alone decide.
        confidence: of the intervals, over 0 and under 1.
    """
    left = {} if settled is None else _by_path(settled.shape)
    for path, shape in _by_path(plan.shape).items():
        if shape is None:
            continue
        rest = None if path in redrawn else left.get(path)
        for odds in _field_odds(path, plan, shape, rest, records, confidence):
            yield replace(odds, rules=redrawn.get(path, ()))


def _field_odds(
    path: Path,
    plan: RecordPlan,
    shape: spec.Shape,
    rest: spec.Shape | None,
    records: Sequence[Json],
    confidence: float,
) -> Iterator[Odds]:
    """Yield the shares of one field; ``rest`` is its shape in the constrained plan."""
    own = path[len(plan.slot) :] if path[: len(plan.slot)] == plan.slot else path
    modifiers, after = shape.modifiers, None if rest is None else rest.modifiers
    table = {} if modifiers.is_fixed or not isinstance(shape, spec.Leaf) else declared_shares(shape)
    if not (table or modifiers.null or modifiers.omit):
        return
    name = ".".join(own) + ("[]" if _is_element(shape) else "")
    counts = Counter(_drawn_keys(path, shape, records))
    absent, empty, trials = counts[key_of(MISSING)], counts[key_of(None)], counts.total()
    if modifiers.omit and not _is_element(shape):
        shares = (modifiers.omit, None if after is None else after.omit)
        yield _odds(name, "absent", shares, (absent, trials), confidence, is_word=True)
    if modifiers.null:
        shares = (modifiers.null, None if after is None else after.null)
        yield _odds(name, "null", shares, (empty, trials - absent), confidence, is_word=True)
    given = trials - absent - empty if modifiers.null or modifiers.omit else trials
    left = declared_shares(rest, weighted_only=False) if isinstance(rest, spec.Leaf) else None
    for key, (value, share) in table.items():
        settled = None if left is None else left.get(key, (value, Decimal(0)))[1]
        is_word = isinstance(value, Missing)
        shown = "absent" if isinstance(value, Missing) else value
        counted = (counts[key], given)
        yield _odds(name, shown, (share, settled), counted, confidence, is_word=is_word)


def declared_shares(
    leaf: spec.Leaf, *, weighted_only: bool = True
) -> dict[Key, tuple[Json | Missing, Decimal]]:
    """Return the share of each value of a leaf whose values have odds; nothing for the others."""
    generator = leaf.generator
    weights: list[tuple[Json | Missing, Decimal]]
    if isinstance(generator, Boolean):
        weights = [(True, generator.true), (False, 1 - generator.true)]
    elif isinstance(generator, Pool):
        weights = [(final_value(leaf, each.value), each.weight) for each in generator.entries]
    elif isinstance(generator, RowField) and not (leaf.modifiers.null or leaf.modifiers.omit):
        key = generator.key
        rows = [(each.value, each.weight) for each in generator.rows.entries]
        weights = [
            (final_value(leaf, row[key]) if key in row else MISSING, weight)
            for row, weight in rows
            if isinstance(row, dict)
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
        _, before = found.get(key_of(value), (value, Decimal(0)))
        found[key_of(value)] = (value, before + weight / total)
    return found


def _drawn_keys(path: Path, shape: spec.Shape, records: Iterable[Json]) -> Iterator[Key]:
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


def _is_element(shape: spec.Shape) -> bool:
    return shape.address[-1:] == (spec.ELEMENT,)


def _by_path(shape: spec.ObjectShape) -> dict[Path, spec.Shape | None]:
    """Return what is drawn at each path, leaves first; None where several shapes have one path."""
    found: dict[Path, spec.Shape | None] = {}
    for path, part in sorted(
        _drawn(shape, ()), key=lambda item: not isinstance(item[1], spec.Leaf)
    ):
        found[path] = None if path in found else part
    return found


def _drawn(shape: spec.Shape, path: Path) -> Iterator[tuple[Path, spec.Shape]]:
    """Yield the leaves, and the objects and arrays below the top that may be null or absent."""
    has_states = shape.modifiers.null or shape.modifiers.omit
    if isinstance(shape, spec.Leaf) or (path and has_states and not _is_element(shape)):
        yield path, shape
    if isinstance(shape, spec.ObjectShape):
        for member in shape.members:
            if not member.shape.modifiers.delete:
                yield from _drawn(member.shape, (*path, member.name))
    elif isinstance(shape, spec.ArrayShape):
        for element in spec.element_shapes(shape):
            yield from _drawn(element, path)
