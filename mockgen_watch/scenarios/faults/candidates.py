"""Candidate faults of a record: changes of one place that may break one rule, by kind.

Nothing here is certain: the breaker tries whether a candidate breaks its rule, and no other.
"""

from __future__ import annotations

import itertools
import re
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from mockgen_watch.rules import values as json_values
from mockgen_watch.scenarios.faults.changes import (
    Candidate,
    Spot,
    beside,
    neighbours,
    one_off,
    plain_candidates,
    schema_candidates,
    written_like,
)
from mockgen_watch.scenarios.faults.kinds import (
    ABOVE,
    BELOW,
    CRUDE_KINDS,
    ORDER,
    OTHER_VALUE,
    OWN,
    PRESENT,
    TOO_LONG,
    TOO_SHORT,
    Magnitude,
    magnitude_of,
)
from mockgen_watch.scenarios.promise.facts import options_of, rotated, seconds_in
from mockgen_watch.spec.moments import DAY, MomentError, format_units

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mockgen_watch.rules.cel import Comparison
    from mockgen_watch.rules.rule import Rule
    from mockgen_watch.scenarios.faults.record_fields import RecordFields
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.generators import Moment


_MOST_PLACES: Final = 40
"""Places of a record that are tried for a rule which may read any of them."""

_MANY_UNITS: Final = {Magnitude.FAR: 30, Magnitude.HUGE: 3650}
"""How many steps dates and numbers of an order are apart where they are not just outside."""

_FACTORS: Final = (2, 10, 1000, 10**6, 0, -1, -1000)
"""By what numbers are multiplied of which what a rule reads is made."""

_DAYS: Final = (30, -30, *[sign * decades * 3652 for decades in range(1, 11) for sign in (1, -1)])
"""By how many days dates are moved of which what a rule reads is made."""

_LITERAL: Final = re.compile(r"""'([^'\\]*)'|"([^"\\]*)"|(?<![\w.])(-?\d{1,15}(?:\.\d{1,9})?)""")

_format_date: Final = lru_cache(maxsize=4096)(format_units)
"""Writes dates; the days of a year come again and again."""


class Target(Struct, frozen=True, kw_only=True):
    """A rule that is to be broken, and a record that meets it.

    Attributes:
        number: of the rule among those of the model.
        fields: of the record.
        rotation: picks the place to begin with, values and characters.
        own: what the scenario's own fields give; it comes first where its turn is.
        broken: the rules that earlier faults of the record break.
        taken: the places of these faults, as text.
    """

    number: int
    rule: Rule
    record: Json
    fields: RecordFields
    rotation: int
    own: Sequence[Candidate] = ()
    broken: frozenset[str] = frozenset()
    taken: frozenset[json_values.Path] = frozenset()


def candidates_in_order(target: Target, kinds: Iterable[str]) -> Iterator[Candidate]:
    """Yield the candidates of each of ``kinds``, no sooner made than their turn is."""
    rule, own = target.rule, list(target.own)
    if rule.faults is None and (rule.value_why is not None or rule.comparison is not None):
        for kind in kinds:
            made = rotated(own, target.rotation) if kind == OWN else candidates(target, kind)
            yield from (found for found in made if found.operator == kind)
        return
    by_kind = {OWN: own}
    rest = candidates(target)
    if rule.faults is not None:
        # Some of a plugin's may be of the kind of those stated.
        for candidate in rest:
            by_kind.setdefault(candidate.operator, []).append(candidate)
    for kind in kinds:
        yield from rotated(by_kind.get(kind, []), target.rotation if kind == OWN else 0)
        for candidate in rest:
            by_kind.setdefault(candidate.operator, []).append(candidate)
            if candidate.operator == kind:
                yield candidate


def candidates(target: Target, kind: str = "") -> Iterator[Candidate]:
    """Yield changes that may break the rule; the rotation picks the place to begin with.

    Where a ``kind`` is given, all of that kind come, and others need not.
    """
    rule, record, rotation = target.rule, target.record, target.rotation
    if rule.faults is not None:
        yield from itertools.starmap(Candidate, rule.faults(record))
    if rule.comparison is not None:
        yield from _of_comparison(rule.comparison, target, kind)
    elif rule.value_why is not None and rule.paths is not None:
        places = list(json_values.places_of(record, rule.paths[0]))
        if not places and isinstance(json_values.value_at(record, rule.paths[0][:-1]), dict):
            # A record without the field can have it, with a value that is wrong.
            others = target.fields.values_at(rule.paths[0], rotation)
            places = [(rule.paths[0], value) for value in itertools.islice(others, 1)]
        for place, value in rotated(places, rotation)[:_MOST_PLACES]:
            if kind in CRUDE_KINDS and not isinstance(value, dict | list):
                yield from plain_candidates(place, value)
                continue
            # There is no distance between texts.
            step = Decimal(1) if isinstance(value, str) else target.fields.step_at(place, value)
            spot = Spot(
                place=place,
                value=value,
                rotation=rotation,
                step=step,
                fields=target.fields,
                kind=kind,
            )
            if rule.faults is not None:
                yield from neighbours(spot)
            yield from schema_candidates(rule.schema, spot)
    else:
        yield from _of_expression(target)
        return
    for place, value in rotated(scalars_of(rule, record), rotation)[:_MOST_PLACES]:
        yield from plain_candidates(place, value)


def scalars_of(rule: Rule, record: Json) -> list[tuple[json_values.Place, Json]]:
    """Return the places of the single values that the rule reads."""
    if rule.paths is None:
        return list(_scalars((), record))
    found = (item for path in rule.paths for item in json_values.places_of(record, path))
    return [scalar for place, value in found for scalar in _scalars(place, value)]


def _scalars(place: json_values.Place, value: Json) -> Iterator[tuple[json_values.Place, Json]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _scalars((*place, key), item)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _scalars((*place, number), item)
    else:
        yield place, value


def _of_comparison(comparison: Comparison, target: Target, wanted: str) -> Iterator[Candidate]:
    if wanted not in {"", ABOVE, BELOW, ORDER}:
        return
    record, fields, view = target.record, target.fields, target.fields.view
    sides = [comparison.left, comparison.right]
    values = [
        json_values.value_at(record, side) if isinstance(side, tuple) else side for side in sides
    ]
    keys = [
        view.comparable(side, value) if isinstance(side, tuple) else value
        for side, value in zip(sides, values, strict=True)
        if not isinstance(value, json_values.Missing)
    ]
    if len(keys) != len(sides) or not all(json_values.is_number(key) for key in keys):
        return
    numbers = [Decimal(key) for key in keys]  # type: ignore[arg-type]  # checked above
    for number in ((0, 1), (1, 0))[target.rotation % 2]:
        side, value = sides[number], values[number]
        if not isinstance(side, tuple) or isinstance(value, json_values.Missing):
            continue
        other, own = numbers[1 - number], numbers[number]
        # The left side of < and <= must go up to break it, the right side down.
        is_up = (comparison.order in {"<", "<="}) is (number == 0)
        moment = view.moments.get(side)
        step = fields.step_at(side, value) if moment is None else Decimal(seconds_in(moment))
        gap = step if comparison.order in {"<=", ">="} else Decimal(0)
        far = step * _MANY_UNITS.get(magnitude_of(target.rotation), 0)
        kind = ABOVE if is_up else BELOW
        for distance in dict.fromkeys([far or gap, gap]) if wanted in {"", kind} else ():
            beyond = other + distance if is_up else other - distance
            if moment is None:
                beyond = fields.on_grid(side, beyond, is_up=is_up)
                yield Candidate(kind, side, written_like(beyond, value))
            else:
                for text in written_dates(beyond, moment):
                    yield Candidate(kind, side, text)
        if moment is not None and own != other and wanted in {"", ORDER}:
            for text in written_dates(2 * other - own, moment):
                yield Candidate(ORDER, side, text)


def written_dates(seconds: Decimal, moment: Moment) -> Iterator[str]:
    """Yield the text of a date of so many seconds; nothing where there is no such day."""
    try:
        yield _format_date(int(seconds) // seconds_in(moment), moment.format, moment.kind)
    except (MomentError, ValueError, OverflowError):
        return


def _of_expression(target: Target) -> Iterator[Candidate]:
    """Yield other values of the fields that an expression, or a foreign schema, reads."""
    rule, record, fields = target.rule, target.record, target.fields
    literals = literals_of(rule.text)
    places = rotated(scalars_of(rule, record), target.rotation)[:_MOST_PLACES]
    for place, value in places:
        leaf = fields.leaf_at(place)
        options = (leaf and options_of(leaf, _MOST_PLACES)) or []
        for option in options[:_MOST_PLACES]:
            if not isinstance(option.value, json_values.Missing) and not json_values.same(
                option.value, value
            ):
                yield Candidate(OTHER_VALUE, place, option.value)
        step = fields.step_at(place, value)
        for literal in literals:
            yield from _around(literal, place, value, step)
        if json_values.is_number(value):
            yield from beside(place, value, Decimal(value), step)
        if isinstance(value, str):
            few = 2 if rule.paths is None else 8
            yield from itertools.islice(one_off(place, value, target.rotation), few)
            yield Candidate(TOO_LONG, place, value + (value[-1:] or "x"))
            yield Candidate(TOO_SHORT, place, value[:-1])
    yield from _swapped_dates(places, fields)
    for place, value in places:
        yield from plain_candidates(place, value)
    for path in rule.paths or ():
        found = json_values.value_at(record, path)
        if isinstance(found, dict | list):
            yield from plain_candidates(path, found)


def additions(target: Target) -> Iterator[Candidate]:
    """Yield the record with one thing more that an expression asks for, as texts in it say."""
    rule, fields = target.rule, target.fields
    if rule.expression is None:
        return
    literals = literals_of(rule.text)
    places = dict.fromkeys(_absent_places(rule, target.record, fields))
    for place in rotated(list(places), target.rotation)[:_MOST_PLACES]:
        for value in fields.full_values_at(place, target.rotation):
            yield Candidate(PRESENT, place, value)
            for inner, scalar in itertools.islice(_scalars((), value), _MOST_PLACES):
                for literal in literals:
                    for other in _around(literal, inner, scalar, fields.step_at(place, scalar)):
                        whole = json_values.with_value(value, inner, other.value)
                        yield Candidate(PRESENT, place, whole)


def source_changes(target: Target, paths: Iterable[json_values.Path]) -> Iterator[Candidate]:
    """Yield other values of the fields at ``paths``, of which what a rule reads is made."""
    record, fields = target.record, target.fields
    found = (item for path in paths for item in json_values.places_of(record, path))
    scalars = dict(scalar for place, value in found for scalar in _scalars(place, value))
    for place, value in rotated(list(scalars.items()), target.rotation)[:_MOST_PLACES]:
        leaf = fields.leaf_at(place)
        for option in ((leaf and options_of(leaf, _MOST_PLACES)) or [])[:_MOST_PLACES]:
            if not isinstance(option.value, json_values.Missing):
                yield Candidate(OTHER_VALUE, place, option.value)
        if json_values.is_number(value):
            number = Decimal(value)
            for other in [number * factor for factor in _FACTORS]:
                kind = ABOVE if other > number else BELOW
                yield Candidate(kind, place, written_like(other, value))
        date = fields.date_at(place, value)
        if date is not None:
            moment, seconds = date
            for days in _DAYS:
                kind = ABOVE if days > 0 else BELOW
                for text in written_dates(seconds + days * DAY, moment):
                    yield Candidate(kind, place, text)


def _absent_places(rule: Rule, record: Json, fields: RecordFields) -> Iterator[json_values.Place]:
    """Yield the places of members that a record does not have, and that the rule reads."""
    for path in rule.paths or [()]:
        for depth in range(len(path)):
            for place, value in json_values.places_of(record, path[:depth]):
                if isinstance(value, dict) and path[depth] not in value:
                    yield (*place, path[depth])
        for place, value in json_values.places_of(record, path):
            yield from _absent_below(place, value, fields)


def _absent_below(
    place: json_values.Place, value: Json, fields: RecordFields
) -> Iterator[json_values.Place]:
    if isinstance(value, dict):
        yield from [(*place, name) for name in fields.names_at(place) if name not in value]
        for name, inner in value.items():
            yield from _absent_below((*place, name), inner, fields)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _absent_below((*place, number), inner, fields)


def literals_of(text: str) -> list[str | Decimal]:
    """Return the texts and numbers that are in an expression."""
    found = _LITERAL.findall(text)
    return [Decimal(number) if number else single or double for single, double, number in found]


def _around(
    literal: str | Decimal, place: json_values.Place, value: Json, step: Decimal
) -> Iterator[Candidate]:
    if isinstance(literal, str) and isinstance(value, str) and literal != value:
        yield Candidate(OTHER_VALUE, place, literal)
    elif isinstance(literal, Decimal) and json_values.is_number(value):
        yield Candidate(OTHER_VALUE, place, written_like(literal, value))
        yield from beside(place, value, literal, step)


def _swapped_dates(
    places: list[tuple[json_values.Place, Json]], fields: RecordFields
) -> Iterator[Candidate]:
    """Yield each date on the other side of another one, as far from it as it was."""
    dates = [(place, date) for place, value in places if (date := fields.date_at(place, value))]
    for (place, (moment, own)), (_, (_, other)) in itertools.permutations(dates, 2):
        if own != other:
            for text in written_dates(2 * other - own, moment):
                yield Candidate(ORDER, place, text)
