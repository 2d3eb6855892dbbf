"""Takes what needs ask of numbers and dates; gives their bounds, and leaves within them."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.scenarios.facts import bare_path, bounds_of, leaves_below
from mockgen_watch.spec.generators import Moment, MomentKind, Number
from mockgen_watch.spec.moments import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Final

    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.rules.places import Path
    from mockgen_watch.scenarios.needs import Need
    from mockgen_watch.spec.model import Leaf


class Bounds(Struct, frozen=True, kw_only=True):
    """The least and the greatest that a field may be, as ``Sight.comparable`` has it; None: any."""

    low: int | Decimal | None = None
    high: int | Decimal | None = None


_NEAR: Final = Decimal("1e-12")
"""Less than any two numbers of a field differ by."""

_TURNED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_OPPOSITE: Final = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def needed_bounds(needs: Iterable[Need], plan: RecordPlan) -> dict[Path, Bounds]:
    """Return the bounds that comparisons put to fields: with numbers, and with what others can be.

    Of two fields that are compared, the one that is to be less may be as much as the other one's
    most, and that one as little as its least.
    """
    found: dict[Path, Bounds] = {}

    def put(path: Path, order: str, number: int | Decimal) -> None:
        path = bare_path(path)
        found[path] = _with_order(found.get(path, Bounds()), order, Decimal(number))

    for need in needs:
        orders = [order for test in need.tests for order in test.orders]
        if need.is_outside:
            # Beyond one bound is outside; of two, either side would do.
            if len(orders) != 1 or len(need.tests) != 1:
                continue
            orders = [replace(orders[0], order=_OPPOSITE[orders[0].order])]
        for order in orders:
            if not isinstance(order.right, tuple):
                put(order.left, order.order, order.right)
                continue
            left, right = _range_of(order.left, plan), _range_of(order.right, plan)
            end = 1 if order.order in {"<", "<="} else 0
            if right is not None:
                put(order.left, order.order, right[end])
            if left is not None:
                put(order.right, _TURNED[order.order], left[1 - end])
    return found


def _range_of(path: Path, plan: RecordPlan) -> tuple[int | Decimal, int | Decimal] | None:
    found = leaves_below(plan.shape, path)
    return bounds_of(found[0][1], plan) if len(found) == 1 else None


def _with_order(bounds: Bounds, order: str, number: Decimal) -> Bounds:
    if order in {">", ">="}:
        least = number + _NEAR if order == ">" else number
        return replace(bounds, low=least if bounds.low is None else max(bounds.low, least))
    most = number - _NEAR if order == "<" else number
    return replace(bounds, high=most if bounds.high is None else min(bounds.high, most))


def hold_leaf(leaf: Leaf, bounds: Bounds) -> Leaf:
    """Return ``leaf`` with its number or date within ``bounds``, as far as it can be."""
    if leaf.modifiers.unique:
        return leaf
    if isinstance(leaf.generator, Number):
        return replace(leaf, generator=_held_number(leaf.generator, bounds))
    if isinstance(leaf.generator, Moment):
        return replace(leaf, generator=_held_moment(leaf.generator, bounds))
    return leaf


def _held_number(number: Number, bounds: Bounds) -> Number:
    if number.minimum is None or number.maximum is None:
        return number
    low, high = Fraction(number.minimum), Fraction(number.maximum)
    step = Fraction(number.step)
    first, last = 0, (high - low) // step
    if bounds.low is not None:
        first = max(first, math.ceil((Fraction(bounds.low) - low) / step))
    if bounds.high is not None:
        last = min(last, math.floor((Fraction(bounds.high) - low) / step))
    if first > last:
        return number
    return replace(
        number, minimum=_decimal(low + first * step), maximum=_decimal(low + last * step)
    )


def _decimal(value: Fraction) -> Decimal:
    """Return a fraction that is a decimal number as one."""
    return Decimal(value.numerator) / Decimal(value.denominator)


def _held_moment(moment: Moment, bounds: Bounds) -> Moment:
    size = DAY if moment.kind is MomentKind.DATE else 1
    count = (moment.last - moment.first) // moment.step
    first, last = 0, count
    if bounds.low is not None:
        ahead = Fraction(bounds.low) / size - moment.first
        first = max(first, math.ceil(ahead / moment.step))
    if bounds.high is not None:
        ahead = Fraction(bounds.high) / size - moment.first
        last = min(last, math.floor(ahead / moment.step))
    if first > last:
        return moment
    return replace(
        moment, first=moment.first + first * moment.step, last=moment.first + last * moment.step
    )
