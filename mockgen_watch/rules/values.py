"""Takes JSON values; tells whether they are equal, of a type, and how people read them."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final

    from mockgen_watch.rules.places import Missing
    from mockgen_watch.spec.document import Json

_NUMBERS: Final = (int, Decimal)
"""Kept, since it is asked for every value, and ``int | Decimal`` is made anew each time."""

LONGEST: Final = 60
"""Characters of a value that a message shows."""


def is_number(value: Json) -> bool:
    """Tell whether ``value`` is a number; true and false are none."""
    return isinstance(value, _NUMBERS) and value is not True and value is not False


def same(left: Json, right: Json) -> bool:
    """Tell whether two values are equal as JSON: 1 and 1.0 are, 1 and true are not."""
    if isinstance(left, str):
        return type(left) is type(right) and left == right
    if is_number(left) and is_number(right):
        return left == right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return type(left) is type(right) and left == right


def is_type(value: Json, name: str) -> bool:
    """Tell whether ``value`` is of the JSON Schema type ``name``."""
    if name == "integer":
        return is_number(value) and value == int(value)  # type: ignore[arg-type]  # a number
    if name == "number":
        return is_number(value)
    if name == "null":
        return value is None
    return isinstance(value, _TYPES[name])


_TYPES: Final[dict[str, type]] = {"string": str, "boolean": bool, "array": list, "object": dict}
TYPES: Final = frozenset((*_TYPES, "integer", "number", "null"))


def _plain(value: object) -> float | str:
    return float(value) if isinstance(value, Decimal) else str(value)


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, default=_plain)
"""Kept, since to make one takes as long as to write a value."""


def shown(value: Json | Missing) -> str:
    """Return ``value`` as JSON, cut where it is long."""
    text = _ENCODER.encode(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
