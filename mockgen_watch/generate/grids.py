"""Grids: the numbers that a spec's bounds, steps and decimals allow, as whole numbers of steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from decimal import Decimal

    from mockgen_watch.spec.generators import Number

FARTHEST: Final = 1 << 61
"""No number lies farther from the origin than so many steps; what would is this."""


class Grid(Struct, frozen=True, kw_only=True):
    """The numbers ``(origin + n * step) / 10**decimals``.

    Attributes:
        origin: the minimum where there is one, else the maximum, else 0; in units.
        step: between two neighbours, in units.
        decimals: places after the point.
        low, high: the least and the greatest n; bounds that the spec does not have are far away.
    """

    origin: int
    step: int
    decimals: int
    low: int
    high: int

    @property
    def count(self) -> int:
        """How many numbers there are."""
        return self.high - self.low + 1


def grid_of(number: Number) -> Grid:
    """Return the grid of ``number``; a bound that does not lie on it is moved inwards."""
    scale = 10**number.decimals
    step = units_below(number.step, scale)
    low, high = number.minimum, number.maximum
    origin, least, most = 0, -FARTHEST, FARTHEST
    if low is not None:
        origin, least = -units_below(-low, scale), 0
        if high is not None:
            most = (units_below(high, scale) - origin) // step
    elif high is not None:
        origin, most = units_below(high, scale), 0
    return Grid(origin=origin, step=step, decimals=number.decimals, low=least, high=most)


def units_below(value: Decimal, scale: int) -> int:
    """Return how many whole units of ``1 / scale`` there are in ``value``, rounded down."""
    above, below = value.as_integer_ratio()
    return above * scale // below
