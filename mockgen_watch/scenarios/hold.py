"""Takes a shape and a clause's condition; gives the shape whose records meet it where it can."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from mockgen_watch.dataclass import replace
from mockgen_watch.scenarios.facts import bare_path, change_paths
from mockgen_watch.spec.generators import Moment, MomentKind, Number
from mockgen_watch.spec.model import ObjectShape
from mockgen_watch.spec.moments import DAY

if TYPE_CHECKING:
    from mockgen_watch.rules.clause import Condition
    from mockgen_watch.rules.places import Path
    from mockgen_watch.spec.model import Leaf, Shape


def hold_to_bounds(shape: ObjectShape, condition: Condition) -> ObjectShape:
    """Return ``shape`` with the field of ``condition`` within its bounds, as far as it can be."""
    wanted = bare_path(condition.path)

    def change(path: Path, leaf: Leaf) -> Leaf:
        if path != wanted or leaf.modifiers.unique:
            return leaf
        if isinstance(leaf.generator, Number):
            return replace(leaf, generator=_held_number(leaf.generator, condition))
        if isinstance(leaf.generator, Moment):
            return replace(leaf, generator=_held_moment(leaf.generator, condition))
        return leaf

    return change_paths(shape, change)


def hold_there(shape: ObjectShape, path: Path) -> ObjectShape:
    """Return ``shape`` with the objects on the way to ``path`` in every record.

    Nothing that is in an absent object matches a clause, and no draw of a field brings it back.
    """
    key, *rest = path
    if not rest:
        return shape

    def held(inner: Shape) -> Shape:
        if not isinstance(inner, ObjectShape):
            return inner
        if inner.modifiers.null or inner.modifiers.omit:
            sure = replace(inner.modifiers, null=Decimal(0), omit=Decimal(0))
            inner = replace(inner, modifiers=sure)
        return hold_there(inner, tuple(rest))

    members = tuple(
        replace(member, shape=held(member.shape)) if member.name == key else member
        for member in shape.members
    )
    return replace(shape, members=members)


def _held_number(number: Number, condition: Condition) -> Number:
    if number.minimum is None or number.maximum is None:
        return number
    low, high = Fraction(number.minimum), Fraction(number.maximum)
    step = Fraction(number.step)
    first, last = 0, (high - low) // step
    if condition.low is not None:
        first = max(first, math.ceil((Fraction(condition.low) - low) / step))
    if condition.high is not None:
        last = min(last, math.floor((Fraction(condition.high) - low) / step))
    if first > last:
        return number
    return replace(
        number, minimum=_decimal(low + first * step), maximum=_decimal(low + last * step)
    )


def _decimal(value: Fraction) -> Decimal:
    """Return a fraction that is a decimal number as one."""
    return Decimal(value.numerator) / Decimal(value.denominator)


def _held_moment(moment: Moment, condition: Condition) -> Moment:
    size = DAY if moment.kind is MomentKind.DATE else 1
    count = (moment.last - moment.first) // moment.step
    first, last = 0, count
    if condition.low is not None:
        ahead = Fraction(condition.low) / size - moment.first
        first = max(first, math.ceil(ahead / moment.step))
    if condition.high is not None:
        ahead = Fraction(condition.high) / size - moment.first
        last = min(last, math.floor(ahead / moment.step))
    if first > last:
        return moment
    return replace(
        moment, first=moment.first + first * moment.step, last=moment.first + last * moment.step
    )
