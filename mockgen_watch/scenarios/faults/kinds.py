"""Kinds of faults: how a rule can be broken, in what order that is tried, and how far outside."""

from __future__ import annotations

import math
import re
from enum import Enum, auto
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from mockgen_watch.scenarios.promise.facts import rotated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mockgen_watch.rules.rule import Rule
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

CRUDE_KINDS: Final = frozenset([EMPTY, NULL, ABSENT, WRONG_TYPE])
"""Kinds that a value's type alone decides; they say little about a rule that is not about them."""

ONE_IN: Final = 4
"""At most one fault in so many is of a crude kind, where a rule has others."""

_SPREADING: Final = 2654435761
_PART_KEYS: Final = frozenset(["allOf", "anyOf", "oneOf", "not", "if", "then", "else"])
_HAS: Final = re.compile(r"\bhas\s*\(")
_SIZE: Final = re.compile(r"""\bsize\s*\(|''|\"\"""")

_NULL: Final = re.compile(r"\bnull\b")


class Magnitude(Enum):
    """How far outside a fault is."""

    JUST = auto()
    FAR = auto()
    """On the other side of zero, or a multiple of the bound away."""
    HUGE = auto()
    """As programs do not expect it."""


_MAGNITUDES: Final = (Magnitude.JUST, Magnitude.FAR, Magnitude.JUST, Magnitude.HUGE)


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
    return tuple(kind for kind in kinds if kind in CRUDE_KINDS and kind not in about)


def has_parts(schema: Json) -> bool:
    """Return whether keywords of a schema hold further schemas for the same value."""
    return not _PART_KEYS.isdisjoint(_words_of(schema))


def magnitude_of(rotation: int) -> Magnitude:
    """Return how far outside the fault of a rotation is; every other one is just outside.

    A multiplicative hash (Knuth, TAOCP 3, 6.4), so that a kind has all of them, whatever its turns.
    """
    return _MAGNITUDES[(rotation * _SPREADING >> 13) % len(_MAGNITUDES)]


def _words_of(schema: Json) -> Iterator[str]:
    """Yield the keys of a schema, at any depth."""
    if isinstance(schema, dict):
        for key, value in schema.items():
            yield key
            yield from _words_of(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from _words_of(item)
