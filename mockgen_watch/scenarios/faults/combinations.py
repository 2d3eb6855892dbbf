"""Takes a rule and a record that meets it; gives changes of up to three places that may break it.

They are for a record that no change of one place makes break the rule, such as one to which the
condition of an implication does not apply. What the fields can be comes first, so that the record
stays one that might be met.
"""

from __future__ import annotations

import itertools
import operator
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.rules.values import MISSING, value_at
from mockgen_watch.scenarios.faults.candidates import (
    Around,
    alternatives,
    leaf_at,
    leaf_places,
    literals_of,
    name_of,
    rotated,
)
from mockgen_watch.scenarios.faults.mutations import COMBINATION, OTHER_VALUE, Candidate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Final

    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.rules.rule import Rule
    from mockgen_watch.rules.values import Missing, Path, Place, Sight
    from mockgen_watch.spec.document import Json


MOST_PLACES: Final = 12
"""Places of a record that are combined."""

MOST_CHANGES: Final = 3
"""A fault changes no more places than these."""

TRIES: Final[Mapping[int, int]] = {1: 100, 2: 600, 3: 640}
"""How many changes of so many places are tried at most."""

TRIES_OF_GROUP: Final[Mapping[int, int]] = {1: 100, 2: 80, 3: 160}
"""How many of them are at the same places."""

_WORD: Final = re.compile(r"\w+")


class _Spot(Struct, frozen=True):
    """A place, what its field can be, and what else may stand there."""

    rank: int
    place: Place
    fit: tuple[Json | Missing, ...]
    odd: tuple[Json | Missing, ...]


class Sought(Struct, frozen=True, kw_only=True):
    """What is sought for one record.

    Attributes:
        plan, sight: of the record.
        turn: picks the place to begin with, and values.
        own: values that the scenario states itself; they come first at their places.
        taken: places that are left as they are.
    """

    plan: RecordPlan
    sight: Sight
    turn: int
    own: Sequence[Candidate] = ()
    taken: frozenset[Path] = frozenset()


def combinations(
    rule: Rule, record: Json, sought: Sought, *, is_odd: bool = False
) -> Iterator[tuple[Candidate, ...]]:
    """Yield changes that may break ``rule``, of one place, of two and of three.

    With ``is_odd`` one of the values at least is such as its field cannot have.
    """
    spots = _spots(rule, record, sought, is_odd=is_odd)
    for size in (1, 2) if is_odd else (1, 2, MOST_CHANGES):
        yield from itertools.islice(_of_size(spots, size, is_odd=is_odd), TRIES[size])


def further(
    changes: Sequence[Candidate], other: Rule, changed: Json, sought: Sought
) -> Iterator[tuple[Candidate, ...]]:
    """Yield ``changes``, which break the rule ``other`` as well, with one more that may mend that.

    ``changed`` is the record with the changes.
    """
    if len(changes) == MOST_CHANGES:
        return
    done = (tuple(map(str, change.place)) for change in changes)
    spots = _spots(other, changed, replace(sought, own=(), taken=sought.taken.union(done)))
    for (last,) in itertools.islice(_of_size(spots, 1), TRIES[1]):
        yield tuple(
            Candidate(COMBINATION, change.place, change.value) for change in (*changes, last)
        )


def _of_size(
    spots: Sequence[_Spot], size: int, *, is_odd: bool = False
) -> Iterator[tuple[Candidate, ...]]:
    # What stands in one object or element belongs together more often than what does not.
    groups = [
        sorted(group, key=lambda spot: spot.rank)
        for group in sorted(
            itertools.combinations(spots, size),
            key=lambda group: len({spot.place[:-1] for spot in group}),
        )
    ]
    kind = OTHER_VALUE if size == 1 else COMBINATION
    most = TRIES_OF_GROUP[size]
    # The likeliest choices at all places come before the others at any.
    for start, stop in ((0, most // 4), (most // 4, most)):
        for group in groups:
            pools = [(*spot.fit, *spot.odd) if is_odd else spot.fit for spot in group]
            known = [len(spot.fit) if is_odd else 0 for spot in group]
            choices = (
                chosen
                for chosen in _by_sum(tuple(map(len, pools)))
                if not is_odd or any(map(operator.ge, chosen, known))
            )
            for chosen in itertools.islice(choices, start, stop):
                yield tuple(
                    Candidate(kind, spot.place, pool[number])
                    for spot, pool, number in zip(group, pools, chosen, strict=True)
                )


@lru_cache(maxsize=256)
def _by_sum(sizes: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Return all choices out of lists of these sizes: those of first members first."""
    return tuple(sorted(itertools.product(*map(range, sizes)), key=sum))


def _spots(rule: Rule, record: Json, sought: Sought, *, is_odd: bool = False) -> list[_Spot]:
    """Return the places that the rule reads; those that it names before the others."""
    found: list[tuple[Place, Json | Missing]] = [
        *leaf_places(rule, record),
        *_absent(rule, record),
    ]
    literals = [*literals_of(rule.text), *_of_schema(rule.schema)]
    named = set(_WORD.findall(rule.text)) | {text for text in literals if isinstance(text, str)}
    ranks = {place: rank for rank, (place, _) in enumerate(found)}
    chosen = sorted(rotated(found, sought.turn), key=lambda item: name_of(item[0]) not in named)
    chosen = chosen[:MOST_PLACES]
    around = Around.of(chosen, literals, rule.text, sought.sight, sought.plan)
    spots = []
    for place, value in chosen:
        if tuple(map(str, place)) in sought.taken:
            continue
        leaf = leaf_at(sought.plan, place)
        fit, odd = alternatives(place, value, leaf, around, sought.turn, is_odd=is_odd)
        stated = [item.value for item in sought.own if item.place == place]
        spots.append(_Spot(ranks[place], place, (*rotated(stated, sought.turn), *fit), odd))
    return spots


def _absent(rule: Rule, record: Json) -> Iterator[tuple[Place, Missing]]:
    """Yield the fields that the rule names and the record might have, and does not."""
    for path in rule.paths or ():
        is_there = not path or value_at(record, path) is not MISSING
        if not is_there and isinstance(value_at(record, path[:-1]), dict):
            yield path, MISSING


def _of_schema(schema: Json) -> Iterator[object]:
    """Yield the names, texts and numbers that a schema is made of."""
    if isinstance(schema, dict):
        for key, item in schema.items():
            yield from _of_schema(item)
            yield key
    elif isinstance(schema, list):
        for item in schema:
            yield from _of_schema(item)
    else:
        yield schema
