"""Takes CEL text; gives the comparison of two fields, or of a field and a literal, that it is."""

from __future__ import annotations

import operator
import re
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Final

    from mockgen_watch.rules.places import Path

_FIELD: Final = r"record(?:\.[A-Za-z_][A-Za-z0-9_]*)+"
_COMPARISON: Final = re.compile(
    rf"\s*({_FIELD})\s*(<=|>=|<|>)\s*(?:({_FIELD})|(-?[0-9]{{1,18}}(?:\.[0-9]{{1,9}})?))\s*"
)

# Both sides are numbers or both are text when these are called.
ORDERS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}


class Comparison(Struct, frozen=True, kw_only=True):
    """``left order right``, where ``right`` is a field's path or a number.

    Paths are the model's, without ``record``.
    """

    left: Path
    order: str
    right: Path | int | Decimal

    def holds(self, left: object, right: object) -> bool:
        """Tell whether two comparable values are in this order."""
        return ORDERS[self.order](left, right)


def read_comparison(text: str) -> Comparison | None:
    """Return the comparison that ``text`` is, and nothing else; None for any other expression."""
    found = _COMPARISON.fullmatch(text)
    if found is None:
        return None
    left, order, other, literal = found.groups()
    right: Path | int | Decimal
    if other is not None:
        right = tuple(other.split(".")[1:])
    else:
        right = Decimal(literal) if "." in literal else int(literal)
    return Comparison(left=tuple(left.split(".")[1:]), order=order, right=right)
