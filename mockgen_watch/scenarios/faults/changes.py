"""Changes of one value that may break the keywords of a schema, by kind.

Nothing here is certain: the breaker tries whether a candidate breaks its rule, and no other.
"""

from __future__ import annotations

import itertools
import json
from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.canonical import canonical
from mockgen_watch.rules import values as json_values
from mockgen_watch.rules.schema import Check, compile_schema
from mockgen_watch.rules.values import RuleError
from mockgen_watch.scenarios.faults.kinds import (
    ABOVE,
    ABSENT,
    BELOW,
    CRUDE_KINDS,
    EMPTY,
    NOT_IN_POOL,
    NULL,
    OFF_STEP,
    ONE_OFF,
    OTHER_VALUE,
    PRESENT,
    TOO_FEW,
    TOO_LONG,
    TOO_MANY,
    TOO_SHORT,
    TWICE,
    UNEXPECTED,
    WRONG_TYPE,
    Magnitude,
    magnitude_of,
)
from mockgen_watch.scenarios.promise.facts import rotated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mockgen_watch.scenarios.faults.record_fields import RecordFields
    from mockgen_watch.spec.document import Json


_BEYOND: Final[Mapping[str, tuple[str, int]]] = {
    "minimum": (BELOW, -1),
    "maximum": (ABOVE, 1),
    "exclusiveMinimum": (BELOW, 0),
    "exclusiveMaximum": (ABOVE, 0),
}
"""Keywords of bounds: the kind of fault beyond them, and how many steps that is away."""

_LONGEST: Final = 4096
"""Text or arrays that a fault makes are no longer than this."""

_LONGEST_DIGITS: Final = 15
"""Digits of a text that becomes the number that it writes, where a number is the wrong type."""

_LARGE: Final = 10
"""How many times as far a large fault is as the bound."""

_HUGE_NUMBER: Final = Decimal(10) ** 12
_LONG_TEXT: Final = 1000


class Candidate(Struct, frozen=True):
    """A change that may break a rule: ``value`` at ``place``."""

    operator: str
    place: json_values.Place
    value: Json | json_values.Missing


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
    def magnitude(self) -> Magnitude:
        """How far outside a fault is."""
        return magnitude_of(self.rotation)

    def below(self, key: str | int, value: Json) -> Spot:
        """Return the spot of a member or element."""
        place = (*self.place, key)
        step = Decimal(1) if isinstance(value, str) else self.fields.step_at(place, value)
        return replace(self, place=place, value=value, step=step, kind="")


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
            if found.operator not in CRUDE_KINDS or found.place != spot.place:
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
        if spot.magnitude == Magnitude.HUGE and most > 1:
            yield Candidate(TOO_SHORT, place, value[:1])
        yield Candidate(TOO_SHORT, place, value[:most])
    elif key == "maxLength" and json_values.is_number(operand) and int(operand) < _LONGEST:
        for length in _lengths(int(operand) + 1, spot.magnitude, _LONG_TEXT):
            yield Candidate(TOO_LONG, place, value.ljust(length, value[-1:] or "x"))


def _lengths(just: int, magnitude: Magnitude, many: int) -> Iterator[int]:
    """Yield lengths that are too long: that of the magnitude, and the one just outside."""
    if magnitude == Magnitude.FAR:
        yield 2 * just
    elif magnitude == Magnitude.HUGE and just + many <= _LONGEST:
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
        yield from beside(spot.place, spot.value, Decimal(spot.value), spot.step)


def beside(
    place: json_values.Place, value: Json, number: Decimal, step: Decimal
) -> Iterator[Candidate]:
    """Yield the two neighbours of ``number``, written as ``value`` is."""
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


def _far_beyond(bound: Decimal, magnitude: Magnitude, *, is_above: bool) -> Iterator[Decimal]:
    """Yield a number that is far beyond ``bound``, where the magnitude asks for one."""
    if magnitude == Magnitude.HUGE:
        yield max(bound, Decimal(1)) * _HUGE_NUMBER if is_above else -_HUGE_NUMBER
    elif magnitude == Magnitude.FAR and is_above:
        yield Decimal(0) if bound < 0 else max(bound, Decimal(1)) * _LARGE
    elif magnitude == Magnitude.FAR:
        yield Decimal(0) if bound > 0 else min(bound, Decimal(-1)) * _LARGE


_WIDE: Final = Context(prec=2000)
"""Room for the greatest number and the smallest step that a spec can state, together."""


def written_like(number: Decimal, value: Json | json_values.Missing) -> int | Decimal:
    """Return ``number`` written as ``value`` is: whole, or with as many places at least."""
    if isinstance(value, Decimal):
        places = max(-int(value.as_tuple().exponent), -int(number.normalize().as_tuple().exponent))
        return number.quantize(Decimal(1).scaleb(-max(places, 0)), context=_WIDE)
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
    """Return whether ``value`` meets a part of a rule's schema, as far as it can be judged."""
    try:
        return not _check_of(canonical(schema))(value)
    except RuleError:
        return False


@lru_cache(maxsize=256)
def _check_of(schema: bytes) -> Check:
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
