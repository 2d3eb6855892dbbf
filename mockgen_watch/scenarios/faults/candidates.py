"""Candidate faults: changes of one place of a record that may break one rule, by kind.

Nothing here is certain: the breaker tries whether a candidate breaks its rule, and no other.
"""

from __future__ import annotations

import itertools
import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.rules import values as json_values
from mockgen_watch.scenarios.promise.facts import bare_path, options_of, seconds_in
from mockgen_watch.spec.generators import Moment, Number
from mockgen_watch.spec.model import Leaf, find_shape
from mockgen_watch.spec.moments import MomentError, format_units

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.rules.cel import Comparison
    from mockgen_watch.rules.rule import Rule
    from mockgen_watch.spec.document import Json

    _T = TypeVar("_T")


ABOVE: Final = "above"
BELOW: Final = "below"
OFF_STEP: Final = "off-step"
ONE_OFF: Final = "one-off"
NOT_IN_POOL: Final = "not-in-pool"
TOO_LONG: Final = "too-long"
TOO_SHORT: Final = "too-short"
TOO_MANY: Final = "too-many"
TOO_FEW: Final = "too-few"
TWICE: Final = "twice"
UNEXPECTED: Final = "unexpected"
OTHER_VALUE: Final = "other-value"
ORDER: Final = "order"
EMPTY: Final = "empty"
NULL: Final = "null"
ABSENT: Final = "missing"
WRONG_TYPE: Final = "wrong-type"
OWN: Final = "own"
"""A value of the negative scenario's own pool."""
COMBINATION: Final = "combination"
"""Other values at two or three places together; only where no single place is enough."""

KINDS: Final = (
    BELOW, ABOVE, ORDER, OFF_STEP, ONE_OFF, NOT_IN_POOL, OTHER_VALUE, TOO_SHORT, TOO_LONG, TOO_FEW,
    TOO_MANY, TWICE, UNEXPECTED, EMPTY, NULL, ABSENT, WRONG_TYPE,
)  # fmt: skip
"""All kinds that are derived, in the order in which they alternate."""

_PLAIN_KINDS: Final = frozenset([EMPTY, NULL, ABSENT, WRONG_TYPE])
"""Kinds that a value's type alone decides, whatever the rule says."""

_BEYOND: Final[Mapping[str, tuple[str, int]]] = {
    "minimum": (BELOW, -1),
    "maximum": (ABOVE, 1),
    "exclusiveMinimum": (BELOW, 0),
    "exclusiveMaximum": (ABOVE, 0),
}
"""Keywords of bounds: the kind of fault beyond them, and how many steps that is away."""

_LONGEST: Final = 4096
"""Text or arrays that a fault makes are no longer than this."""

_MOST_PLACES: Final = 40
"""Places of a record that are tried for a rule which may read any of them."""

_MOST_LEAVES: Final = 4096
"""Places of which is held what leaf they belong to."""

_LONGEST_DIGITS: Final = 15
"""Digits of a text that becomes the number that it writes, where a number is the wrong type."""

ONE_IN: Final = 4
"""At most one fault in so many is of the wrong type."""

_LITERAL: Final = re.compile(r"""'([^'\\]*)'|"([^"\\]*)"|(?<![\w.])(-?\d{1,15}(?:\.\d{1,9})?)""")

_format_date: Final = lru_cache(maxsize=4096)(format_units)
"""Writes dates; the days of a year come again and again."""


class Candidate(Struct, frozen=True):
    """A change that may break a rule: ``value`` at ``place``."""

    operator: str
    place: json_values.Place
    value: Json | json_values.Missing


class RecordFields:
    """The fields of a plan by their places in its records, as rules see them."""

    def __init__(self, plan: RecordPlan, view: json_values.RecordView) -> None:
        self.view = view

        def find_leaf(place: json_values.Place) -> Leaf | None:
            found = find_shape(plan.shape, bare_path(place))
            return found if isinstance(found, Leaf) else None

        self.leaf_at: Callable[[json_values.Place], Leaf | None] = lru_cache(_MOST_LEAVES)(
            find_leaf
        )
        """Returns the leaf that the value at a place stems from, or None."""

    def step_at(self, place: json_values.Place, value: Json | json_values.Missing) -> Decimal:
        """Return the distance between a number at ``place`` and its neighbours."""
        leaf = self.leaf_at(place)
        if leaf is not None and isinstance(leaf.generator, Number):
            return leaf.generator.step
        if isinstance(value, Decimal):
            return Decimal(1).scaleb(min(0, int(value.as_tuple().exponent)))
        return Decimal(1)

    def on_grid(self, place: json_values.Place, number: Decimal, *, is_up: bool) -> Decimal:
        """Return the number of the field's own grid that is ``number``, or the next one beyond."""
        leaf = self.leaf_at(place)
        generator = None if leaf is None else leaf.generator
        if not isinstance(generator, Number) or generator.minimum is None:
            return number
        steps = (number - generator.minimum) / generator.step
        rounding = ROUND_CEILING if is_up else ROUND_FLOOR
        return generator.minimum + steps.to_integral_value(rounding) * generator.step

    def date_at(
        self, place: json_values.Place, value: Json | json_values.Missing
    ) -> tuple[Moment, Decimal] | None:
        """Return the moment of a date field, and its value in seconds; None for other values."""
        path = bare_path(place)
        moment = self.view.moments.get(path)
        if moment is None or isinstance(value, json_values.Missing):
            return None
        seconds = self.view.comparable(path, value)
        return (moment, Decimal(seconds)) if isinstance(seconds, int) else None


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


class Spot(Struct, frozen=True, kw_only=True):
    """A value that may be changed.

    Attributes:
        place: where it is.
        rotation: picks among elements and characters.
        step: the distance between numbers.
        kind: the only kind of candidates that is needed; ``""`` for all.
    """

    place: json_values.Place
    value: Json
    rotation: int
    step: Decimal
    kind: str = ""

    def wants(self, kind: str) -> bool:
        """Return whether candidates of ``kind`` are needed."""
        return self.kind in {"", kind}

    def below(self, key: str | int, value: Json) -> Spot:
        """Return the spot of a member or element."""
        return replace(self, place=(*self.place, key), value=value, kind="")


class FaultKinds(Struct, frozen=True, kw_only=True):
    """How a rule can be broken.

    Attributes:
        single: kinds that break it, and no other rule, at one place; in the order in which they
            alternate.
        impossible: the other kinds, each with the reason.
        rare: kinds that one of the first two twins does not allow; they come first where they can,
            every other time, or few records would show them.
        last: kinds that broke a twin which none of the others broke.
    """

    single: tuple[str, ...]
    impossible: Mapping[str, str]
    rare: tuple[str, ...] = ()
    last: tuple[str, ...] = ()

    @property
    def every(self) -> tuple[str, ...]:
        """All kinds that break the rule."""
        return (*self.single, *self.last)

    def order(self, number: int, rotation: int, own: int) -> tuple[str, ...]:
        """Return the kinds that a record tries, the first choice first.

        Args:
            number: of the rule, so that rules begin at different kinds.
            rotation: of the record.
            own: how many values the scenario itself states.
        """
        if own and rotation < own:
            return (OWN, *self.single)
        orders = _orders(self.single, self.rare, number, is_own=own > 0)
        return orders[(rotation - own) % len(orders)]


@lru_cache(maxsize=1024)
def _orders(
    single: tuple[str, ...], rare: tuple[str, ...], number: int, *, is_own: bool
) -> list[tuple[str, ...]]:
    """Return the order of each rotation after those of stated values, until they repeat."""
    others = [kind for kind in single if kind not in {WRONG_TYPE, OWN}]
    cycle = [*others, OWN] if is_own else list(others)
    if WRONG_TYPE in single:
        size = max(len(cycle) + 1, ONE_IN)
        while cycle and len(cycle) < size - 1:
            cycle.append(cycle[len(cycle) % len(others)] if others else cycle[0])
        cycle.append(WRONG_TYPE)
    if not cycle:
        return [single]
    # Rules begin at different kinds, and none of them with a wrong type.
    first = number % max(len(cycle) - 1, 1)
    found = []
    for step in range(len(cycle) * max(len(rare), 1)):
        usual = rotated(cycle, first + step)
        found.append(tuple(dict.fromkeys(usual)))
        if rare:
            found.append(tuple(dict.fromkeys([*rotated(list(rare), step), *usual])))
    return found


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
        for place, value in rotated(places, rotation)[:_MOST_PLACES]:
            if kind in _PLAIN_KINDS and not isinstance(value, dict | list):
                yield from plain_candidates(place, value)
                continue
            # There is no distance between texts.
            step = Decimal(1) if isinstance(value, str) else target.fields.step_at(place, value)
            spot = Spot(place=place, value=value, rotation=rotation, step=step, kind=kind)
            if rule.faults is not None:
                yield from neighbours(spot)
            yield from schema_candidates(rule.schema, spot)
    else:
        yield from _of_expression(target)
        return
    for place, value in rotated(scalars_of(rule, record), rotation)[:_MOST_PLACES]:
        yield from plain_candidates(place, value)


def rotated(items: list[_T], rotation: int) -> list[_T]:
    """Return ``items`` beginning at another one for each ``rotation``."""
    start = rotation % len(items) if items else 0
    return items[start:] + items[:start]


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


def schema_candidates(schema: Json, spot: Spot) -> Iterator[Candidate]:
    """Yield what may break ``schema`` at a spot."""
    place, value = spot.place, spot.value
    if isinstance(schema, dict):
        for key, operand in schema.items():
            if isinstance(value, str):
                yield from _of_text(key, operand, spot, value)
            elif isinstance(value, list):
                yield from _of_array(key, operand, spot, value)
            elif isinstance(value, dict):
                yield from _of_object(key, operand, spot, value)
            elif json_values.is_number(value):
                yield from _of_number(key, operand, spot, value)
        if "additionalProperties" in schema and isinstance(value, dict):
            yield Candidate(UNEXPECTED, (*place, "unexpected"), "unexpected")
    yield from plain_candidates(place, value)


def plain_candidates(place: json_values.Place, value: Json) -> Iterator[Candidate]:
    """Yield what breaks most rules, whatever they say."""
    if isinstance(value, str | list | dict) and value:
        yield Candidate(EMPTY, place, type(value)())
    if value is not None:
        yield Candidate(NULL, place, None)
    if place and isinstance(place[-1], str):
        yield Candidate(ABSENT, place, json_values.MISSING)
    for other in _values_of_other_type(value):
        yield Candidate(WRONG_TYPE, place, other)


def _values_of_other_type(value: Json) -> tuple[Json, ...]:
    if isinstance(value, str):
        # Text of digits becomes just that number, the mistake that programs make.
        is_number_text = value.isascii() and value.isdigit() and len(value) <= _LONGEST_DIGITS
        return (int(value) if is_number_text else 12345,)
    if isinstance(value, bool):
        return ("yes" if value else "no",)
    if isinstance(value, int | Decimal):
        return (str(value),)
    if isinstance(value, list):
        return {}, "[]"
    return ([], "{}") if isinstance(value, dict) else ()


def _of_text(key: str, operand: Json, spot: Spot, value: str) -> Iterator[Candidate]:
    place = spot.place
    if key in {"enum", "const", "pattern"}:
        if spot.wants(ONE_OFF):
            yield from one_off(place, value, spot.rotation)
        if key == "pattern":
            yield Candidate(TOO_LONG, place, value + (value[-1:] or "x"))
            yield Candidate(TOO_SHORT, place, value[:-1])
        else:
            yield Candidate(NOT_IN_POOL, place, "UNKNOWN")
    elif key == "minLength" and json_values.is_number(operand):
        yield Candidate(TOO_SHORT, place, value[: max(0, int(operand) - 1)])
    elif key == "maxLength" and json_values.is_number(operand) and int(operand) < _LONGEST:
        yield Candidate(TOO_LONG, place, value.ljust(int(operand) + 1, value[-1:] or "x"))


def one_off(place: json_values.Place, value: str, rotation: int) -> Iterator[Candidate]:
    """Yield texts that differ from ``value`` in one character."""
    for distance in range(min(len(value), 8)):
        here = (rotation + distance) % len(value)
        letter = value[here]
        others = "X#" if letter.isdigit() else "0#" if letter.isalpha() else "X0"
        for other in (letter.swapcase(), *others):
            if other != letter:
                yield Candidate(ONE_OFF, place, value[:here] + other + value[here + 1 :])
    if not value:
        yield Candidate(ONE_OFF, place, "X")


def neighbours(spot: Spot) -> Iterator[Candidate]:
    """Yield the neighbours of a value, for a rule of which nothing is known."""
    if isinstance(spot.value, str):
        yield from one_off(spot.place, spot.value, spot.rotation)
    elif json_values.is_number(spot.value):
        yield from _beside(spot.place, spot.value, Decimal(spot.value), spot.step)


def _beside(
    place: json_values.Place, value: Json, number: Decimal, step: Decimal
) -> Iterator[Candidate]:
    yield Candidate(BELOW, place, written_like(number - step, value))
    yield Candidate(ABOVE, place, written_like(number + step, value))


def _of_number(key: str, operand: Json, spot: Spot, value: int | Decimal) -> Iterator[Candidate]:
    place = spot.place
    if key in {"enum", "const"}:
        known = operand if isinstance(operand, list) else [operand]
        numbers = [Decimal(item) for item in known if json_values.is_number(item)]
        if numbers:
            yield Candidate(NOT_IN_POOL, place, written_like(max(numbers) + spot.step, value))
    if not json_values.is_number(operand):
        return
    bound = Decimal(operand)
    if key in _BEYOND:
        kind, distance = _BEYOND[key]
        if spot.wants(kind):
            yield Candidate(kind, place, written_like(bound + distance * spot.step, value))
    elif key == "multipleOf":
        for rest in (Decimal("0.01"), Decimal("0.1"), bound / 2, Decimal(1)):
            if rest % bound:
                yield Candidate(OFF_STEP, place, written_like(Decimal(value) + rest, value))


def written_like(number: Decimal, value: Json | json_values.Missing) -> int | Decimal:
    """Return ``number`` written as ``value`` is: whole, or with as many places at least."""
    if isinstance(value, Decimal):
        places = max(-int(value.as_tuple().exponent), -int(number.normalize().as_tuple().exponent))
        return number.quantize(Decimal(1).scaleb(-max(places, 0)))
    return int(number) if number == number.to_integral_value() else number


def _of_array(key: str, operand: Json, spot: Spot, value: list[Json]) -> Iterator[Candidate]:
    place = spot.place
    if key == "minItems" and json_values.is_number(operand):
        yield Candidate(TOO_FEW, place, value[: max(0, int(operand) - 1)])
    elif key == "maxItems" and json_values.is_number(operand) and value and int(operand) < _LONGEST:
        lacking = int(operand) + 1 - len(value)
        yield Candidate(TOO_MANY, place, [*value, *([value[-1]] * lacking)])
    elif key == "uniqueItems" and value:
        yield Candidate(TWICE, place, [*value, value[0]])
    elif key == "items" and value:
        here = spot.rotation % len(value)
        yield from schema_candidates(operand, spot.below(here, value[here]))


def _of_object(
    key: str, operand: Json, spot: Spot, value: Mapping[str, Json]
) -> Iterator[Candidate]:
    if key == "required" and isinstance(operand, list):
        for name in rotated(operand, spot.rotation):
            yield Candidate(ABSENT, (*spot.place, str(name)), json_values.MISSING)
    elif key == "properties" and isinstance(operand, dict):
        for name in rotated([name for name in operand if name in value], spot.rotation):
            yield from schema_candidates(operand[name], spot.below(name, value[name]))


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
        beyond = other + gap if is_up else other - gap
        kind = ABOVE if is_up else BELOW
        if wanted in {"", kind}:
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
        yield from _beside(place, value, literal, step)


def _swapped_dates(
    places: list[tuple[json_values.Place, Json]], fields: RecordFields
) -> Iterator[Candidate]:
    """Yield each date on the other side of another one, as far from it as it was."""
    dates = [(place, date) for place, value in places if (date := fields.date_at(place, value))]
    for (place, (moment, own)), (_, (_, other)) in itertools.permutations(dates, 2):
        if own != other:
            for text in written_dates(2 * other - own, moment):
                yield Candidate(ORDER, place, text)
