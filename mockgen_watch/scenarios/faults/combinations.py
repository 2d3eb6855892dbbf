"""Combined faults: changes of up to three places that may break one rule together.

They are for a record that no change of one place makes break the rule, such as one to which the
condition of an implication does not apply. What the fields can be comes first, so that the record
stays one that might be met.
"""

from __future__ import annotations

import itertools
import operator
import re
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.rules import values as json_values
from mockgen_watch.scenarios.faults import candidates
from mockgen_watch.scenarios.faults.changes import Candidate, written_like
from mockgen_watch.scenarios.faults.kinds import COMBINATION, OTHER_VALUE
from mockgen_watch.scenarios.promise.facts import bare_path, options_of, rotated, seconds_in
from mockgen_watch.spec.generators import Moment, MomentKind, Number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mockgen_watch.spec.document import Json

    Values = list[Json | json_values.Missing]


MOST_PLACES: Final = 12
"""Places of a record that are combined."""

MOST_CHANGES: Final = 3
"""A fault changes no more places than these."""

TRIES: Final[Mapping[int, int]] = {1: 100, 2: 600, 3: 640}
"""How many changes of so many places are tried at most."""

TRIES_OF_GROUP: Final[Mapping[int, int]] = {1: 100, 2: 80, 3: 160}
"""How many of them are at the same places."""

_FEW: Final = 6
"""Values of each sort that are tried at one place."""

_MOST_ODD: Final = 8
"""Values that a field cannot have of those that are tried."""

_SPREAD: Final = 3
"""Values from all over a range that are tried, others for each rotation."""

_WORD: Final = re.compile(r"\w+")


class _Choice(Struct, frozen=True):
    """A place, what its field can be, and what else may be there."""

    rank: int
    place: json_values.Place
    fit: tuple[Json | json_values.Missing, ...]
    odd: tuple[Json | json_values.Missing, ...]


def combinations(
    target: candidates.Target, *, is_odd: bool = False
) -> Iterator[tuple[Candidate, ...]]:
    """Yield changes that may break the rule, of one place, of two and of three.

    With ``is_odd`` one of the values at least is such as its field cannot have.
    """
    choices = _choices(target, is_odd=is_odd)
    for size in (1, 2) if is_odd else (1, 2, MOST_CHANGES):
        yield from itertools.islice(_of_size(choices, size, is_odd=is_odd), TRIES[size])


def with_one_more(
    changes: Sequence[Candidate], other: candidates.Target
) -> Iterator[tuple[Candidate, ...]]:
    """Yield ``changes``, which break ``other`` as well, each with one more that may repair that.

    The record of ``other`` has the changes.
    """
    if len(changes) == MOST_CHANGES:
        return
    done = (tuple(map(str, change.place)) for change in changes)
    choices = _choices(replace(other, own=(), taken=other.taken.union(done)), is_odd=False)
    for (last,) in itertools.islice(_of_size(choices, 1), TRIES[1]):
        yield tuple(
            Candidate(COMBINATION, change.place, change.value) for change in (*changes, last)
        )


def _of_size(
    choices: Sequence[_Choice], size: int, *, is_odd: bool = False
) -> Iterator[tuple[Candidate, ...]]:
    # What stands in one object or element belongs together more often than what does not.
    groups = [
        sorted(group, key=lambda choice: choice.rank)
        for group in sorted(
            itertools.combinations(choices, size),
            key=lambda group: len({choice.place[:-1] for choice in group}),
        )
    ]
    kind = OTHER_VALUE if size == 1 else COMBINATION
    most = TRIES_OF_GROUP[size]
    # The likeliest values at all places come before the others at any.
    for start, stop in ((0, most // 4), (most // 4, most)):
        for group in groups:
            pools = [(*choice.fit, *choice.odd) if is_odd else choice.fit for choice in group]
            fit_sizes = [len(choice.fit) if is_odd else 0 for choice in group]
            picks = (
                numbers
                for numbers in _by_sum(tuple(map(len, pools)))
                if not is_odd or any(map(operator.ge, numbers, fit_sizes))
            )
            for numbers in itertools.islice(picks, start, stop):
                yield tuple(
                    Candidate(kind, choice.place, pool[number])
                    for choice, pool, number in zip(group, pools, numbers, strict=True)
                )


@lru_cache(maxsize=256)
def _by_sum(sizes: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Return all picks out of lists of these sizes: those of first members first."""
    return tuple(sorted(itertools.product(*map(range, sizes)), key=sum))


def _choices(target: candidates.Target, *, is_odd: bool) -> list[_Choice]:
    """Return the places that the rule reads; those that it names before the others."""
    rule, rotation = target.rule, target.rotation
    found: list[tuple[json_values.Place, Json | json_values.Missing]] = [
        *candidates.scalars_of(rule, target.record)
    ]
    literals = [*candidates.literals_of(rule.text), *_literals_of_schema(rule.schema)]
    named = [text for text in literals if isinstance(text, str)]
    found += _wholes(target, named)
    found += _absent(target, named)
    names = {*_WORD.findall(rule.text), *(text for text in literals if isinstance(text, str))}
    ranks = {place: rank for rank, (place, _) in enumerate(found)}
    picked = sorted(rotated(found, rotation), key=lambda item: _name_of(item[0]) not in names)
    picked = picked[:MOST_PLACES]
    context = _RuleContext(target, picked, literals)
    choices = []
    for place, value in picked:
        if tuple(map(str, place)) in target.taken:
            continue
        fit, odd = context.alternatives(place, value, is_odd=is_odd)
        stated = [item.value for item in target.own if item.place == place]
        fit = [*rotated(stated, rotation), *fit]
        choices.append(_Choice(ranks[place], place, tuple(fit), tuple(odd)))
    return choices


def _wholes(
    target: candidates.Target, named: Iterable[str]
) -> Iterator[tuple[json_values.Place, Json]]:
    """Yield the objects and arrays that a schema names, which it may want to be there."""
    for path in target.rule.paths or () if target.rule.schema is not None else ():
        for place, value in json_values.places_of(target.record, path):
            members = value if isinstance(value, dict) else {}
            for name in dict.fromkeys(named):
                if isinstance(members.get(name), dict | list):
                    yield (*place, name), members[name]


def _absent(
    target: candidates.Target, named: Iterable[str]
) -> Iterator[tuple[json_values.Place, json_values.Missing]]:
    """Yield the fields that the rule names and the record might have, and does not."""
    rule, record = target.rule, target.record
    for path in ((), *(rule.paths or ())) if rule.schema is not None else ():
        value = json_values.value_at(record, path)
        if isinstance(value, dict):
            lacking = (name for name in dict.fromkeys(named) if name not in value)
            for name in lacking:
                if target.fields.leaf_at((*path, name)) is not None:
                    yield (*path, name), json_values.MISSING
    for path in rule.paths or ():
        is_there = not path or json_values.value_at(record, path) is not json_values.MISSING
        if not is_there and isinstance(json_values.value_at(record, path[:-1]), dict):
            yield path, json_values.MISSING


def _literals_of_schema(schema: Json) -> Iterator[object]:
    """Yield the names, texts and numbers that a schema is made of."""
    if isinstance(schema, dict):
        for key, item in schema.items():
            yield from _literals_of_schema(item)
            yield key
    elif isinstance(schema, list):
        for item in schema:
            yield from _literals_of_schema(item)
    else:
        yield schema


def _name_of(place: json_values.Place) -> str:
    """Return the name of the field at ``place``."""
    return next((key for key in reversed(place) if isinstance(key, str)), "")


class _RuleContext:
    """What a rule names and reads, from which other values of its fields are taken."""

    def __init__(
        self,
        target: candidates.Target,
        places: Sequence[tuple[json_values.Place, Json | json_values.Missing]],
        literals: Sequence[object],
    ) -> None:
        self._texts = list(dict.fromkeys(item for item in literals if isinstance(item, str)))
        self._numbers = list(
            dict.fromkeys(Decimal(item) for item in literals if json_values.is_number(item))
        )
        days = [
            json_values.seconds_of(text[:10], MomentKind.DATE, "%Y-%m-%d") for text in self._texts
        ]
        self._instants = [Decimal(day) for day in days if day is not None]
        self._text = target.rule.text
        self._fields = target.fields
        self._moments = target.fields.view.moments
        self._rotation = target.rotation
        self._values: list[tuple[json_values.Place, Decimal]] = []
        self._dates: list[tuple[json_values.Place, Decimal]] = []
        for place, value in places:
            if bare_path(place) in self._moments:
                date = self._fields.date_at(place, value)
                self._dates += [(place, date[1])] if date else []
            elif json_values.is_number(value):
                self._values.append((place, Decimal(value)))

    def alternatives(
        self, place: json_values.Place, value: Json | json_values.Missing, *, is_odd: bool
    ) -> tuple[Values, Values]:
        """Return what the field at ``place`` can be instead, and, if ``is_odd``, what it cannot."""
        moment = self._moments.get(bare_path(place))
        leaf = self._fields.leaf_at(place)
        generator = None if leaf is None else leaf.generator
        if moment is not None:
            near, far, odd = self._of_moment(place, moment)
        elif isinstance(generator, Number):
            near, far, odd = self._of_number(place, value, generator)
        else:
            options: Values = [option.value for option in (leaf and options_of(leaf)) or []]
            near = rotated([item for item in options if self._names(item)], self._rotation)
            far = rotated([item for item in options if not self._names(item)], self._rotation)
            odd = list(self._foreign(place, value))
        if leaf is not None and leaf.modifiers.null:
            far.append(None)
        if leaf is not None and leaf.modifiers.omit:
            far.append(json_values.MISSING)
        odd = [*odd[:_MOST_ODD], None]
        if isinstance(place[-1], str):
            odd.append(json_values.MISSING)
        near, far = near[:_FEW], far[:_FEW]
        # Every other record shows a number or date that is not just beside the limit.
        if self._rotation % 2 == 1 and (moment is not None or isinstance(generator, Number)):
            near, far = rotated(far, self._rotation // 2), near
        fit = _without([*near, *far], [value])
        return fit, _without(odd, [value, *fit]) if is_odd else []

    def _names(self, item: Json | json_values.Missing) -> bool:
        if isinstance(item, str):
            return item in self._texts
        return json_values.is_number(item) and item in self._numbers

    def _foreign(
        self, place: json_values.Place, value: Json | json_values.Missing
    ) -> Iterator[Json]:
        """Yield what the rule names although the field cannot be so."""
        if isinstance(value, str):
            for text in self._texts[:_FEW]:
                # A text that only begins with what the rule names is more like the others.
                if 0 < len(text) < len(value):
                    yield text + value[len(text) :]
                yield text
            yield ""
        elif json_values.is_number(value):
            step = self._fields.step_at(place, value)
            for number in self._numbers[:_FEW]:
                for close in (number, number - step, number + step):
                    yield written_like(close, value)

    def _of_number(
        self, place: json_values.Place, value: Json | json_values.Missing, number: Number
    ) -> tuple[Values, Values, Values]:
        model = value if json_values.is_number(value) else Decimal(0).scaleb(-number.decimals)
        others = [other for there, other in self._values if there != place]
        ends = (number.minimum, number.maximum)
        goals = [*self._numbers_by(place), *others]
        return self._of_range(goals, number.step, ends, lambda goal: [written_like(goal, model)])

    def _of_moment(self, place: json_values.Place, moment: Moment) -> tuple[Values, Values, Values]:
        size = Decimal(seconds_in(moment))
        goals = [date for there, date in self._dates if there != place]
        if moment.kind is not MomentKind.TIME:
            goals += self._instants
        ends = (moment.first * size, moment.last * size)
        return self._of_range(
            goals, moment.step * size, ends, lambda goal: candidates.written_dates(goal, moment)
        )

    def _of_range(
        self,
        goals: Iterable[Decimal],
        step: Decimal,
        ends: tuple[Decimal | None, Decimal | None],
        write: Callable[[Decimal], Iterable[Json]],
    ) -> tuple[Values, Values, Values]:
        """Return values at ``goals`` and beside them, all over the range, and outside of it."""
        low, high = ends
        origin = 0 if low is None or high is None else low
        near: Values = []
        odd: Values = []
        for goal in dict.fromkeys(goals):
            for close in rotated([goal - step, goal, goal + step], self._rotation):
                is_inside = low is None or high is None or low <= close <= high
                is_own = is_inside and (close - origin) % step == 0
                (near if is_own else odd).extend(write(close))
        if low is None or high is None:
            return near, [], odd
        count = int((high - low) / step) + 1
        inner = [(self._rotation + part * count // _SPREAD) % count for part in range(_SPREAD)]
        spread = (low + number * step for number in (0, count - 1, *inner))
        return near, [text for goal in spread for text in write(goal)], odd

    def _numbers_by(self, place: json_values.Place) -> list[Decimal]:
        """Return the numbers that the rule names, those beside the field at ``place`` first."""
        here = self._text.find(f".{_name_of(place)}")
        if here < 0:
            return list(self._numbers)
        return sorted(self._numbers, key=lambda number: abs(self._text.find(str(number)) - here))


def _without(
    values: Iterable[Json | json_values.Missing], known: Sequence[Json | json_values.Missing]
) -> Values:
    """Return each of ``values`` once that is not among the ``known``."""
    found: Values = []
    for item in values:
        if not any(json_values.same(item, other) for other in (*known, *found)):
            found.append(item)
    return found
