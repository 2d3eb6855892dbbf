"""Takes exact numbers; gives their decimals and whole steps; reads bounds."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import TYPE_CHECKING

from mockgen_watch.spec.build.scalars import read_decimal, read_whole

if TYPE_CHECKING:
    from typing import Final

    from mockgen_watch.spec.build.site import Report, Site

MAX_DIGITS: Final = 18
"""Before the decimal point, in bounds and parameters; more are no measurement."""

MAX_DECIMALS: Final = 15
# Bounds have at most MAX_DIGITS and MAX_DECIMALS, so that nothing is ever rounded.
_EXACT: Final = Context(prec=2 * (MAX_DIGITS + MAX_DECIMALS))


def decimal_places(value: Decimal) -> int:
    """Return how many decimals ``value`` shows, trailing zeros left out."""
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return 0
    trailing = next((n for n, digit in enumerate(reversed(digits)) if digit), 0)
    return max(0, -exponent - trailing)


def read_bound(site: Site, report: Report, *, integer: bool) -> Decimal | None:
    """Return the number at ``site``; None when it was reported."""
    if integer:
        whole = read_whole(site, report)
        value = None if whole is None else Decimal(whole)
    else:
        value = read_decimal(site, report)
    return _not_too_large(value, site, report)


def _not_too_large(value: Decimal | None, site: Site, report: Report) -> Decimal | None:
    if value is None or value.adjusted() < MAX_DIGITS:
        return value
    report.error("MG208", site, f"{site.key} has more than {MAX_DIGITS} digits before the point")
    return None


def whole_steps(low: Decimal, high: Decimal, step: Decimal) -> Decimal:
    """Return how often ``step`` fits between ``low`` and ``high``."""
    return _EXACT.divide_int(_EXACT.subtract(high, low), step)


def last_step(low: Decimal, high: Decimal, step: Decimal) -> Decimal:
    """Return the greatest ``low + n * step`` that is not above ``high``."""
    return _EXACT.add(low, _EXACT.multiply(whole_steps(low, high, step), step))
