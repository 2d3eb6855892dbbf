"""Takes the plan of an output and its records; gives observed shares beside the declared ones."""

from __future__ import annotations

import math
from collections import Counter
from decimal import Decimal
from statistics import NormalDist
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.rules.values import MISSING, Missing, places_of
from mockgen_watch.scenarios.coverage.parameters import key_of
from mockgen_watch.scenarios.promise.facts import final_value, walk_paths
from mockgen_watch.spec.generators import Boolean, Pool, RowField
from mockgen_watch.spec.model import ELEMENT, ArrayShape, Leaf, ObjectShape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Final

    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.rules.values import Path
    from mockgen_watch.scenarios.coverage.parameters import Key
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.model import Modifiers, Shape


CONFIDENCE: Final = 0.99
"""How sure an interval is, unless said."""


class Odds(Struct, frozen=True, kw_only=True):
    """One share.

    Attributes:
        field: the path in words; ``""`` for the scenarios of a mix.
        of: what is counted: the name of a scenario, a value, ``"null"`` or ``"absent"``.
        is_word: it is one of these words, and no value.
        declared: as the spec has it, 0 to 1.
        settled: what rules and exclusions leave of it; None where they choose otherwise.
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
    for name, weight in weights:
        hits = counts.get(name, 0)
        low, high = wilson(hits, trials, confidence)
        yield Odds(
            field="", of=name, is_word=True, declared=float(weight / total),
            settled=float(weight / total), trials=trials, hits=hits, low=low, high=high,
        )  # fmt: skip


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
        settled: with what rules leave; None where more than one such plan makes the records.
        redrawn: fields that rules may draw again.
        records: those that nothing but the odds decides.
        confidence: of the intervals, over 0 and under 1.
    """
    left = {} if settled is None else _by_path(settled.shape)
    for path, shape in _by_path(plan.shape).items():
        if shape is None:
            continue
        rest = None if path in redrawn else left.get(path)
        yield from _shares(path, plan, shape, rest, records, confidence)


def _shares(
    path: Path,
    plan: RecordPlan,
    shape: Shape,
    rest: Shape | None,
    records: Sequence[Json],
    confidence: float,
) -> Iterator[Odds]:
    own = path[len(plan.slot) :] if path[: len(plan.slot)] == plan.slot else path
    name = ".".join(own) + ("[]" if _is_element(shape) else "")
    modifiers, after = shape.modifiers, None if rest is None else rest.modifiers
    table = {} if modifiers.unique or not isinstance(shape, Leaf) else declared_shares(shape)
    if not (table or modifiers.null or modifiers.omit):
        return
    counts = Counter(_seen(path, shape, records))
    absent, empty = counts[key_of(MISSING)], counts[key_of(None)]
    trials = counts.total()

    def odds(
        of: Json, declared: Decimal, settled: Decimal | None, hits: int, tries: int, *, word: bool
    ) -> Odds:
        low, high = wilson(hits, tries, confidence)
        return Odds(
            field=name, of=of, is_word=word, declared=float(declared),
            settled=None if settled is None else float(settled),
            trials=tries, hits=hits, low=low, high=high,
        )  # fmt: skip

    if modifiers.omit and not _is_element(shape):
        yield odds("absent", modifiers.omit, _of(after, "omit"), absent, trials, word=True)
    if modifiers.null:
        there = trials - absent
        yield odds("null", modifiers.null, _of(after, "null"), empty, there, word=True)
    has_gaps = bool(modifiers.null or modifiers.omit)
    left = declared_shares(rest, weighted_only=False) if isinstance(rest, Leaf) else None
    for key, (value, share) in table.items():
        given = trials - absent - empty if has_gaps else trials
        settled = None if left is None else left.get(key, (value, Decimal(0)))[1]
        word = isinstance(value, Missing)
        shown = "absent" if isinstance(value, Missing) else value
        yield odds(shown, share, settled, counts[key], given, word=word)


def _of(modifiers: Modifiers | None, name: str) -> Decimal | None:
    if modifiers is None:
        return None
    return modifiers.omit if name == "omit" else modifiers.null


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


def _seen(path: Path, shape: Shape, records: Iterable[Json]) -> Iterator[Key]:
    """Yield what each draw of a field came to."""
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
    for path, leaf, _ in walk_paths(shape):
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
        for element in (*shape.elements, *(() if shape.items is None else (shape.items,))):
            yield from _containers(element, path)
