"""Takes a shape and a clause's condition; gives the shape whose records meet it where it can."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from mockgen_watch.dataclass import replace
from mockgen_watch.scenarios.bounds import Bounds, hold_leaf
from mockgen_watch.scenarios.facts import bare_path, change_paths
from mockgen_watch.spec.model import ObjectShape

if TYPE_CHECKING:
    from mockgen_watch.rules.clause import Condition
    from mockgen_watch.rules.places import Path
    from mockgen_watch.spec.model import Shape


def hold_to_bounds(shape: ObjectShape, condition: Condition) -> ObjectShape:
    """Return ``shape`` with the field of ``condition`` within its bounds, as far as it can be."""
    wanted = bare_path(condition.path)
    bounds = Bounds(low=condition.low, high=condition.high)
    return change_paths(
        shape, lambda path, leaf: hold_leaf(leaf, bounds) if path == wanted else leaf
    )


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
