"""Takes a shape and a clause's condition; gives the shape whose records meet it where it can."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.digest import canonical
from mockgen_watch.generate.grid import grid_of
from mockgen_watch.rules.moments import seconds_of
from mockgen_watch.scenarios.bounds import Bounds, hold_leaf
from mockgen_watch.scenarios.facts import bare_path, change_paths, number_of, options_of
from mockgen_watch.spec.generators import Moment, MomentKind, Number, Pool, PoolEntry
from mockgen_watch.spec.model import ObjectShape
from mockgen_watch.spec.moments import DAY

if TYPE_CHECKING:
    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.rules.clause import Condition
    from mockgen_watch.rules.places import Path
    from mockgen_watch.spec.model import Leaf, Shape


def hold_to_bounds(shape: ObjectShape, condition: Condition) -> ObjectShape:
    """Return ``shape`` with the field of ``condition`` within its bounds, as far as it can be."""
    wanted = bare_path(condition.path)
    bounds = Bounds(low=condition.low, high=condition.high)
    return change_paths(
        shape, lambda path, leaf: hold_leaf(leaf, bounds) if path == wanted else leaf
    )


def hold_to_values(plan: RecordPlan, condition: Condition) -> ObjectShape:
    """Return the shape of ``plan`` with the field of ``condition`` among the values that it lists.

    Only a number or date of more values than can be counted: chance would hardly ever meet one.
    """
    wanted = bare_path(condition.path)

    def held(path: Path, leaf: Leaf) -> Leaf:
        if path != wanted or leaf.modifiers.unique or options_of(leaf) is not None:
            return leaf
        if isinstance(leaf.generator, Number):
            return _among(leaf, leaf.generator, condition)
        if isinstance(leaf.generator, Moment):
            return _between(leaf, leaf.generator, condition)
        return leaf

    return change_paths(plan.shape, held)


def _among(leaf: Leaf, number: Number, condition: Condition) -> Leaf:
    grid = grid_of(number)
    entries = {}
    for value in condition.values:
        if not isinstance(value, int | Decimal) or isinstance(value, bool):
            continue
        units = Decimal(value).scaleb(grid.decimals) - grid.origin
        steps = units / grid.step
        if steps == steps.to_integral_value() and grid.low <= steps <= grid.high:
            written = number_of(grid.origin + int(units), grid.decimals)
            entries[written] = PoolEntry(
                value=written,
                weight=Decimal(1),
                identity=canonical(written),
                location=condition.location,
            )
    return replace(leaf, generator=Pool(entries=tuple(entries.values()))) if entries else leaf


def _between(leaf: Leaf, moment: Moment, condition: Condition) -> Leaf:
    size = DAY if moment.kind is MomentKind.DATE else 1
    texts = [value for value in condition.values if isinstance(value, str)]
    known = [seconds_of(text, moment.kind, moment.format) for text in texts]
    dates = [date for date in known if date is not None]
    own = [date for date in dates if moment.first * size <= date <= moment.last * size]
    return hold_leaf(leaf, Bounds(low=min(own), high=max(own))) if own else leaf


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
