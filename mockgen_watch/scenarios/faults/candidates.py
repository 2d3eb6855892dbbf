"""Candidate faults: changes of one place of a record that may break one rule, by kind.

Nothing here is certain: the breaker tries whether a candidate breaks its rule, and no other.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.generate.column import Program, record_at
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.rules import values as json_values
from mockgen_watch.rules.schema import Check, compile_schema
from mockgen_watch.rules.values import RuleError
from mockgen_watch.scenarios.promise.facts import bare_path, options_of, seconds_in
from mockgen_watch.spec.generators import Moment, Number
from mockgen_watch.spec.model import Leaf, ObjectShape, find_shape
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
PRESENT: Final = "present"
"""A field of the model that the twin happens not to have."""
WRONG_TYPE: Final = "wrong-type"
OWN: Final = "own"
"""A value of the negative scenario's own pool."""
COMBINATION: Final = "combination"
"""Other values at two or three places together; only where no single place is enough."""

KINDS: Final = (
    BELOW, ABOVE, ORDER, OFF_STEP, ONE_OFF, NOT_IN_POOL, OTHER_VALUE, TOO_SHORT, TOO_LONG, TOO_FEW,
    TOO_MANY, TWICE, UNEXPECTED, PRESENT, EMPTY, NULL, ABSENT, WRONG_TYPE,
)  # fmt: skip
"""All kinds that are derived, in the order in which they alternate."""

_PLAIN_KINDS: Final = frozenset([EMPTY, NULL, ABSENT, WRONG_TYPE])
"""Kinds that a value's type alone decides, whatever the rule says."""

_CRUDE_KINDS: Final = frozenset([EMPTY, NULL, ABSENT, WRONG_TYPE])
"""Kinds that say little about a rule, unless it is about them."""

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

_MOST_WHOLE: Final = 4
"""Records in which nothing is absent, for the values of fields that a twin does not have."""

_MOST_LEAVES: Final = 4096
"""Places of which is held what leaf they belong to."""

_LONGEST_DIGITS: Final = 15
"""Digits of a text that becomes the number that it writes, where a number is the wrong type."""

ONE_IN: Final = 4
"""At most one fault in so many is of a crude kind, where a rule has others."""

MAGNITUDES: Final = 4
"""Magnitudes of faults: every other one is just outside."""

_ZERO, _HUGE = 1, 3
"""The magnitudes that are not just outside."""

_SPREADING: Final = 2654435761
_LARGE: Final = 10
"""How many times as far a large fault is as the bound."""

_HUGE_NUMBER: Final = Decimal(10) ** 12
_MANY_UNITS: Final = {_ZERO: 30, _HUGE: 3650}
"""How many steps dates and numbers of an order are apart where they are not just outside."""

_LONG_TEXT: Final = 1000

_PART_KEYS: Final = frozenset(["allOf", "anyOf", "oneOf", "not", "if", "then", "else"])
_HAS: Final = re.compile(r"\bhas\s*\(")
_SIZE: Final = re.compile(r"""\bsize\s*\(|''|\"\"""")
_NULL: Final = re.compile(r"\bnull\b")
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
        self._shape = plan.shape

        def find_leaf(place: json_values.Place) -> Leaf | None:
            found = find_shape(plan.shape, bare_path(place))
            return found if isinstance(found, Leaf) else None

        self.leaf_at: Callable[[json_values.Place], Leaf | None] = lru_cache(_MOST_LEAVES)(
            find_leaf
        )
        """Returns the leaf that the value at a place stems from, or None."""

        self._find_whole = lru_cache(_MOST_WHOLE)(_whole_records(plan))

    def names_at(self, place: json_values.Place) -> list[str]:
        """Return the names of the members that an object at a place may have."""
        found = find_shape(self._shape, bare_path(place))
        members = found.members if isinstance(found, ObjectShape) else ()
        return [member.name for member in members if not member.shape.modifiers.delete]

    def values_at(self, place: json_values.Place, rotation: int) -> Iterator[Json]:
        """Yield values that other records may have at a place where this one has none."""
        path = bare_path(place)
        for step in range(_MOST_WHOLE):
            whole = self._find_whole((rotation + step) % _MOST_WHOLE)
            found = next(iter(json_values.places_of(whole, path)), None)
            if found is not None:
                yield found[1]

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


def _whole_records(plan: RecordPlan) -> Callable[[int], Json]:
    """Return what makes records of ``plan`` in which no member is absent or null."""

    @lru_cache(maxsize=1)
    def program() -> Program:
        return compile_program(replace(plan, shape=_whole(plan.shape)))

    return lambda index: record_at(program(), index)


def _whole(shape: ObjectShape) -> ObjectShape:
    """Return ``shape`` with all that may be absent or null in it."""
    members = []
    for member in shape.members:
        part = member.shape
        if isinstance(part, ObjectShape):
            part = _whole(part)
        sure = replace(part.modifiers, omit=Decimal(0), null=Decimal(0))
        members.append(replace(member, shape=replace(part, modifiers=sure)))
    return replace(shape, members=tuple(members))


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
        fields: of the record.
    """

    place: json_values.Place
    value: Json
    rotation: int
    step: Decimal
    fields: RecordFields
    kind: str = ""

    def wants(self, kind: str) -> bool:
        """Return whether candidates of ``kind`` are needed."""
        return self.kind in {"", kind}

    @property
    def magnitude(self) -> int:
        """How far outside a fault is, below ``MAGNITUDES``."""
        return magnitude_of(self.rotation)

    def below(self, key: str | int, value: Json) -> Spot:
        """Return the spot of a member or element."""
        place = (*self.place, key)
        step = Decimal(1) if isinstance(value, str) else self.fields.step_at(place, value)
        return replace(self, place=place, value=value, step=step, kind="")


class FaultKinds(Struct, frozen=True, kw_only=True):
    """How a rule can be broken.

    Attributes:
        single: kinds that break it, and no other rule, at one place; in the order in which they
            alternate.
        crude: those of them that the rule is not about, and that say little.
        impossible: the other kinds, each with the reason.
        rare: kinds that one of the first two twins does not allow; they come first where they can,
            every other time, or few records would show them.
        last: kinds that broke a twin which none of the others broke.
    """

    single: tuple[str, ...]
    impossible: Mapping[str, str]
    rare: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    crude: tuple[str, ...] = ()

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
        orders = _orders(self.single, self.rare, self.crude, number, is_own=own > 0)
        return orders[(rotation - own) % len(orders)]


@lru_cache(maxsize=1024)
def _orders(
    single: tuple[str, ...],
    rare: tuple[str, ...],
    crude: tuple[str, ...],
    number: int,
    *,
    is_own: bool,
) -> list[tuple[str, ...]]:
    """Return the order of each rotation after those of stated values, until they repeat."""
    telling = [kind for kind in single if kind != OWN and kind not in crude]
    telling += [OWN] if is_own else []
    if not telling or not crude:
        usual = telling or list(crude)
        orders = [rotated(usual, number + step) for step in range(len(usual))]
    else:
        turns = math.lcm(len(telling) * (ONE_IN - 1), len(crude) * (ONE_IN - 1)) // (ONE_IN - 1)
        orders = []
        for turn in range(turns):
            first = number + turn * (ONE_IN - 1)
            rest = rotated(list(crude), turn)
            for step in range(ONE_IN - 1):
                orders.append([*rotated(telling, first + step), *rest])
            orders.append([*rest[:1], *rotated(telling, first), *rest[1:]])
    found = []
    seldom = [kind for kind in rare if kind not in crude]
    for step in range(max(len(seldom), 1)):
        for usual in orders:
            found.append(tuple(usual))
            if seldom and (usual[0] not in crude):
                found[-1:] = [
                    tuple(usual),
                    tuple(dict.fromkeys([*rotated(seldom, step), *usual])),
                ]
    return found or [single]


def crude_kinds(rule: Rule, kinds: Iterable[str]) -> tuple[str, ...]:
    """Return those of ``kinds`` that a rule is not about."""
    about = set()
    words = set(_words_of(rule.schema))
    if words & {"required", "dependentRequired", "minProperties"} or _HAS.search(rule.text):
        about.add(ABSENT)
    if words & {"minLength", "minItems"} or _SIZE.search(rule.text):
        about.add(EMPTY)
    if _NULL.search(rule.text):
        about.add(NULL)
    return tuple(kind for kind in kinds if kind in _CRUDE_KINDS and kind not in about)


def has_parts(schema: Json) -> bool:
    """Return whether keywords of a schema hold further schemas for the same value."""
    return not _PART_KEYS.isdisjoint(_words_of(schema))


def magnitude_of(rotation: int) -> int:
    """Return how far outside the fault of a rotation is, below ``MAGNITUDES``.

    A multiplicative hash (Knuth, TAOCP 3, 6.4), so that a kind has all of them, whatever its turns.
    """
    return (rotation * _SPREADING >> 13) % MAGNITUDES


def _words_of(schema: Json) -> Iterator[str]:
    """Yield the keys of a schema, at any depth."""
    if isinstance(schema, dict):
        for key, value in schema.items():
            yield key
            yield from _words_of(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from _words_of(item)


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
            if kind in _PLAIN_KINDS and not isinstance(value, dict | list):
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
            yield from _of_part(key, operand, spot)
        if isinstance(value, dict) and _NAMES.intersection(schema):
            for name in ("unexpected", "Unexpected name"):
                yield Candidate(UNEXPECTED, (*place, name), "unexpected")
    yield from plain_candidates(place, value)


def _of_part(key: str, operand: Json, spot: Spot) -> Iterator[Candidate]:
    """Yield what may break the schemas that a keyword holds for the same value."""
    if key in {"allOf", "anyOf", "oneOf"} and isinstance(operand, list):
        parts = rotated(operand, spot.rotation)
    elif key in {"then", "else"}:
        parts = [operand]
    elif key in {"if", "not"}:
        yield from _of_forbidden(operand, spot)
        return
    else:
        return
    for part in parts:
        for found in itertools.chain(schema_candidates(part, spot), _of_forbidden(part, spot)):
            if found.operator not in _PLAIN_KINDS or found.place != spot.place:
                yield found


def _of_forbidden(schema: Json, spot: Spot) -> Iterator[Candidate]:
    """Yield what may make a value meet ``schema``: it then is what it must not be."""
    if not isinstance(schema, dict):
        return
    place, value = spot.place, spot.value
    known = [schema["const"]] if "const" in schema else schema.get("enum", [])
    if isinstance(known, list) and not isinstance(value, dict | list):
        for item in rotated(known, spot.rotation):
            yield Candidate(OTHER_VALUE, place, item)
    if not isinstance(value, dict):
        return
    required = schema.get("required", [])
    for name in required if isinstance(required, list) else ():
        if isinstance(name, str) and name not in value:
            yield from _added(spot, name)
    properties = schema.get("properties")
    for name, part in properties.items() if isinstance(properties, dict) else ():
        if name in value:
            yield from _of_forbidden(part, spot.below(name, value[name]))
        else:
            yield from _added(spot, name)


def _added(spot: Spot, name: str) -> Iterator[Candidate]:
    """Yield the record with a member that it lacks."""
    place = (*spot.place, name)
    for value in spot.fields.values_at(place, spot.rotation):
        yield Candidate(PRESENT, place, value)


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
        most = max(0, int(operand) - 1)
        if spot.magnitude == _HUGE and most > 1:
            yield Candidate(TOO_SHORT, place, value[:1])
        yield Candidate(TOO_SHORT, place, value[:most])
    elif key == "maxLength" and json_values.is_number(operand) and int(operand) < _LONGEST:
        for length in _lengths(int(operand) + 1, spot.magnitude, _LONG_TEXT):
            yield Candidate(TOO_LONG, place, value.ljust(length, value[-1:] or "x"))


def _lengths(just: int, magnitude: int, many: int) -> Iterator[int]:
    """Yield lengths that are too long: that of the magnitude, and the one just outside."""
    if magnitude == _ZERO:
        yield 2 * just
    elif magnitude == _HUGE and just + many <= _LONGEST:
        yield just + many
    yield just


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
            for number in _far_beyond(bound, spot.magnitude, is_above=kind == ABOVE):
                yield Candidate(kind, place, written_like(number, value))
            yield Candidate(kind, place, written_like(bound + distance * spot.step, value))
    elif key == "multipleOf":
        for rest in (Decimal("0.01"), Decimal("0.1"), bound / 2, Decimal(1)):
            if Fraction(rest) % Fraction(bound):
                yield Candidate(OFF_STEP, place, written_like(Decimal(value) + rest, value))


def _far_beyond(bound: Decimal, magnitude: int, *, is_above: bool) -> Iterator[Decimal]:
    """Yield a number that is far beyond ``bound``, where the magnitude asks for one."""
    if magnitude == _HUGE:
        yield max(bound, Decimal(1)) * _HUGE_NUMBER if is_above else -_HUGE_NUMBER
    elif magnitude == _ZERO and is_above:
        yield Decimal(0) if bound < 0 else max(bound, Decimal(1)) * _LARGE
    elif magnitude == _ZERO:
        yield Decimal(0) if bound > 0 else min(bound, Decimal(-1)) * _LARGE


def written_like(number: Decimal, value: Json | json_values.Missing) -> int | Decimal:
    """Return ``number`` written as ``value`` is: whole, or with as many places at least."""
    if isinstance(value, Decimal):
        places = max(-int(value.as_tuple().exponent), -int(number.normalize().as_tuple().exponent))
        return number.quantize(Decimal(1).scaleb(-max(places, 0)))
    return int(number) if number == number.to_integral_value() else number


_NAMES: Final = frozenset(
    ["additionalProperties", "unevaluatedProperties", "propertyNames", "maxProperties"]
)
"""Keywords by which a member that no schema names can be one too many."""


def _of_array(key: str, operand: Json, spot: Spot, value: list[Json]) -> Iterator[Candidate]:
    place = spot.place
    if key == "minItems" and json_values.is_number(operand):
        yield Candidate(TOO_FEW, place, value[: max(0, int(operand) - 1)])
    elif key == "maxItems" and json_values.is_number(operand) and int(operand) < _LONGEST:
        for length in _lengths(int(operand) + 1, spot.magnitude, len(value)):
            yield from _lengthened(spot, value, length)
    elif key == "uniqueItems":
        for element in value[:1] or _other_elements(spot):
            yield Candidate(TWICE, place, [*value, *([element] * (1 if value else 2))])
    elif key == "contains":
        checked = [(each, _fits(operand, each)) for each in value]
        yield Candidate(TOO_FEW, place, [each for each, is_fit in checked if not is_fit])
        rest = [_unlike(operand, each) if is_fit else each for each, is_fit in checked]
        yield Candidate(OTHER_VALUE, place, rest)
    elif key == "maxContains" and value and isinstance(operand, int):
        yield Candidate(TOO_MANY, place, [*value, *([value[0]] * (operand + 1))])
    elif key == "items" and value:
        here = spot.rotation % len(value)
        yield from schema_candidates(operand, spot.below(here, value[here]))


def _lengthened(spot: Spot, value: list[Json], length: int) -> Iterator[Candidate]:
    """Yield an array with more elements: those that other records have, then the last one."""
    lacking = length - len(value)
    more = [element for element in _other_elements(spot) if element not in value][:lacking]
    last = (value or more)[-1:]
    if last and lacking > 0:
        filled = [*value, *more, *(last * (lacking - len(more)))]
        yield Candidate(TOO_MANY, spot.place, filled)
        yield Candidate(TOO_MANY, spot.place, [*value, *(last * lacking)])


def _other_elements(spot: Spot) -> Iterator[Json]:
    """Yield elements that the arrays of other records have."""
    for other in spot.fields.values_at(spot.place, spot.rotation):
        if isinstance(other, list):
            yield from other


def _with_more_members(spot: Spot, value: Mapping[str, Json], lacking: int) -> Iterator[Candidate]:
    """Yield an object with so many members more: those of the model that it has not, and others."""
    added: dict[str, Json] = {}
    for name in spot.fields.names_at(spot.place):
        other = next(spot.fields.values_at((*spot.place, name), spot.rotation), None)
        if name not in value and other is not None and len(added) < lacking:
            added[name] = other
    for number in range(1, lacking + 1 - len(added)):
        added[f"unexpected_{number}"] = "unexpected"
    if lacking > 1:
        yield Candidate(UNEXPECTED, spot.place, {**value, **added})


def _of_dependents(dependents: Json, spot: Spot) -> Iterator[Candidate]:
    """Yield what may break what the presence of a member asks for: others, or a schema."""
    if not isinstance(dependents, list):
        yield from schema_candidates(dependents, spot)
        return
    for name in rotated(dependents, spot.rotation):
        yield Candidate(ABSENT, (*spot.place, str(name)), json_values.MISSING)


def _fits(schema: Json, value: Json) -> bool:
    """Return whether ``value`` meets a part of a rule's schema, as far as that stands alone."""
    try:
        return not _check_of(json.dumps(schema, default=str))(value)
    except RuleError:
        return False


@lru_cache(maxsize=256)
def _check_of(schema: str) -> Check:
    return compile_schema(json.loads(schema, parse_float=Decimal))


def _unlike(schema: Json, value: Json) -> Json:
    """Return a value of the type of ``value`` that does not meet ``schema``, if one is near."""
    if isinstance(value, str):
        return "UNKNOWN"
    if json_values.is_number(value):
        return written_like(Decimal(value) + 1, value)
    if isinstance(value, dict) and isinstance(schema, dict):
        properties = schema.get("properties")
        for name, part in properties.items() if isinstance(properties, dict) else ():
            if name in value:
                return {**value, name: _unlike(part, value[name])}
    return value


def _of_object(
    key: str, operand: Json, spot: Spot, value: Mapping[str, Json]
) -> Iterator[Candidate]:
    if key in {"required", "minProperties"}:
        needed: list[Json] = operand if isinstance(operand, list) else [*value]
        if isinstance(operand, int) and len(value) > operand:
            kept = rotated([*value.items()], spot.rotation)[: max(0, operand - 1)]
            yield Candidate(TOO_FEW, spot.place, dict(kept))
        for name in rotated(needed, spot.rotation):
            yield Candidate(ABSENT, (*spot.place, str(name)), json_values.MISSING)
    elif key in {"dependentRequired", "dependentSchemas"} and isinstance(operand, dict):
        for name in rotated(list(operand), spot.rotation):
            if name in value:
                yield from _of_dependents(operand[name], spot)
            else:
                yield from _added(spot, name)
    elif key == "maxProperties" and isinstance(operand, int):
        yield from _with_more_members(spot, value, operand + 1 - len(value))
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
            yield from _beside(place, value, Decimal(value), step)
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
