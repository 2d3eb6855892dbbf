"""Takes a JSON Schema and a value that meets it; gives values that may not, by kind of fault.

Nothing here is certain: whether a candidate breaks its rule, and no other, is tried by the caller.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.rules.values import MISSING, is_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Final

    from mockgen_watch.rules.values import Missing, Place
    from mockgen_watch.spec.document import Json


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
"""Other values at two or three places together; only where no single place will do."""

KINDS: Final = (
    BELOW, ABOVE, ORDER, OFF_STEP, ONE_OFF, NOT_IN_POOL, OTHER_VALUE, TOO_SHORT, TOO_LONG, TOO_FEW,
    TOO_MANY, TWICE, UNEXPECTED, EMPTY, NULL, ABSENT, WRONG_TYPE,
)  # fmt: skip
"""All kinds that are derived, in the order in which they take turns."""

PLAIN_KINDS: Final = frozenset([EMPTY, NULL, ABSENT, WRONG_TYPE])
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


class Candidate(Struct, frozen=True):
    """A change that may break a rule: ``value`` at ``place``."""

    operator: str
    place: Place
    value: Json | Missing


def schema_candidates(
    schema: Json, place: Place, value: Json, turn: int, step: Decimal, kind: str = ""
) -> Iterator[Candidate]:
    """Yield what may break ``schema`` at ``place``, where ``value`` stands.

    ``turn`` picks among elements and characters; ``step`` is the distance of numbers. Where a
    ``kind`` is given, all of that kind come, and others need not.
    """
    if isinstance(schema, dict):
        for key, operand in schema.items():
            yield from _by_keyword(key, operand, place, value, turn, step, kind)
        if "additionalProperties" in schema and isinstance(value, dict):
            yield Candidate(UNEXPECTED, (*place, "unexpected"), "unexpected")
    yield from plain_candidates(place, value)


def plain_candidates(place: Place, value: Json) -> Iterator[Candidate]:
    """Yield what breaks most rules, whatever they say."""
    if isinstance(value, str) and value:
        yield Candidate(EMPTY, place, "")
    elif isinstance(value, list) and value:
        yield Candidate(EMPTY, place, [])
    elif isinstance(value, dict) and value:
        yield Candidate(EMPTY, place, {})
    if value is not None:
        yield Candidate(NULL, place, None)
    if place and isinstance(place[-1], str):
        yield Candidate(ABSENT, place, MISSING)
    yield from wrong_types(place, value)


def wrong_types(place: Place, value: Json) -> Iterator[Candidate]:
    """Yield values of other types."""
    if isinstance(value, str):
        # Text of digits becomes just that number, the mistake that programs make.
        number = int(value) if value.isascii() and value.isdigit() and len(value) < 16 else 12345  # noqa: PLR2004
        yield Candidate(WRONG_TYPE, place, number)
    elif isinstance(value, bool):
        yield Candidate(WRONG_TYPE, place, "yes" if value else "no")
    elif isinstance(value, int | Decimal):
        yield Candidate(WRONG_TYPE, place, str(value))
    elif isinstance(value, list):
        yield Candidate(WRONG_TYPE, place, {})
        yield Candidate(WRONG_TYPE, place, "[]")
    elif isinstance(value, dict):
        yield Candidate(WRONG_TYPE, place, [])
        yield Candidate(WRONG_TYPE, place, "{}")


def _by_keyword(
    key: str, operand: Json, place: Place, value: Json, turn: int, step: Decimal, kind: str
) -> Iterator[Candidate]:
    if isinstance(value, str):
        yield from _of_text(key, operand, place, value, turn, kind)
    elif isinstance(value, list):
        yield from _of_array(key, operand, place, value, turn, step)
    elif isinstance(value, dict):
        yield from _of_object(key, operand, place, value, turn, step)
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        yield from _of_number(key, operand, place, value, step, kind)


def _of_text(
    key: str, operand: Json, place: Place, value: str, turn: int, kind: str
) -> Iterator[Candidate]:
    if key in {"enum", "const", "pattern"}:
        if kind in {"", ONE_OFF}:
            yield from one_off(place, value, turn)
        if key == "pattern":
            yield Candidate(TOO_LONG, place, value + (value[-1:] or "x"))
            yield Candidate(TOO_SHORT, place, value[:-1])
        else:
            yield Candidate(NOT_IN_POOL, place, "UNKNOWN")
    elif key == "minLength" and is_number(operand):
        yield Candidate(TOO_SHORT, place, value[: max(0, int(operand) - 1)])  # type: ignore[arg-type]
    elif key == "maxLength" and is_number(operand) and int(operand) < _LONGEST:  # type: ignore[arg-type]
        yield Candidate(TOO_LONG, place, value.ljust(int(operand) + 1, value[-1:] or "x"))  # type: ignore[arg-type]


def one_off(place: Place, value: str, turn: int) -> Iterator[Candidate]:
    """Yield texts that differ from ``value`` in one character."""
    for distance in range(min(len(value), 8)):
        here = (turn + distance) % len(value)
        letter = value[here]
        others = "X#" if letter.isdigit() else "0#" if letter.isalpha() else "X0"
        for other in (letter.swapcase(), *others):
            if other != letter:
                text = value[:here] + other + value[here + 1 :]
                yield Candidate(ONE_OFF, place, text)
    if not value:
        yield Candidate(ONE_OFF, place, "X")


def near_by(place: Place, value: Json, turn: int, step: Decimal) -> Iterator[Candidate]:
    """Yield the neighbours of ``value``, for a rule of which nothing is known."""
    if isinstance(value, str):
        yield from one_off(place, value, turn)
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        yield Candidate(BELOW, place, like(value - step, value))
        yield Candidate(ABOVE, place, like(value + step, value))


def _of_number(
    key: str, operand: Json, place: Place, value: int | Decimal, step: Decimal, wanted: str
) -> Iterator[Candidate]:
    if key in {"enum", "const"}:
        known = operand if isinstance(operand, list) else [operand]
        numbers = [Decimal(item) for item in known if is_number(item)]  # type: ignore[arg-type]
        if numbers:
            yield Candidate(NOT_IN_POOL, place, like(max(numbers) + step, value))
    if not isinstance(operand, int | Decimal) or isinstance(operand, bool):
        return
    bound = Decimal(operand)
    if key in _BEYOND:
        kind, distance = _BEYOND[key]
        if wanted in {"", kind}:
            yield Candidate(kind, place, like(bound + distance * step, value))
    elif key == "multipleOf":
        for part in (Decimal("0.01"), Decimal("0.1"), bound / 2, Decimal(1)):
            if part % bound:
                yield Candidate(OFF_STEP, place, like(Decimal(value) + part, value))


def like(number: Decimal, value: Json) -> int | Decimal:
    """Return ``number`` written as ``value`` is: whole, or with as many places at least."""
    if isinstance(value, Decimal):
        places = max(-int(value.as_tuple().exponent), -int(number.normalize().as_tuple().exponent))
        return number.quantize(Decimal(1).scaleb(-max(places, 0)))
    return int(number) if number == number.to_integral_value() else number


def _of_array(
    key: str, operand: Json, place: Place, value: list[Json], turn: int, step: Decimal
) -> Iterator[Candidate]:
    if key == "minItems" and is_number(operand):
        yield Candidate(TOO_FEW, place, value[: max(0, int(operand) - 1)])  # type: ignore[arg-type]
    elif key == "maxItems" and is_number(operand) and value and int(operand) < _LONGEST:  # type: ignore[arg-type]
        lacking = int(operand) + 1 - len(value)  # type: ignore[arg-type]
        yield Candidate(TOO_MANY, place, [*value, *([value[-1]] * lacking)])
    elif key == "uniqueItems" and value:
        yield Candidate(TWICE, place, [*value, value[0]])
    elif key == "items" and value:
        here = turn % len(value)
        yield from schema_candidates(operand, (*place, here), value[here], turn, step)


def _of_object(
    key: str, operand: Json, place: Place, value: Mapping[str, Json], turn: int, step: Decimal
) -> Iterator[Candidate]:
    if key == "required" and isinstance(operand, list) and operand:
        for distance in range(len(operand)):
            name = str(operand[(turn + distance) % len(operand)])
            yield Candidate(ABSENT, (*place, name), MISSING)
    elif key == "properties" and isinstance(operand, dict):
        names = [name for name in operand if name in value]
        for distance in range(len(names)):
            name = names[(turn + distance) % len(names)]
            yield from schema_candidates(operand[name], (*place, name), value[name], turn, step)
