"""Takes a shape and an overlay; gives the names that records have, and the ways to their leaves.

This is for looking names up. The shape that records are made from is merged when the plan is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.spec.model import ArrayShape, Leaf, Member, ObjectShape

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from mockgen_watch.spec.model import Shape

    Way: TypeAlias = tuple[str | int, ...]
    """Names of members, and for each array on the way an element: its index, or 0 for ``items``."""


def lay_over(under: ObjectShape, over: ObjectShape | None) -> ObjectShape:
    """Return ``under`` with the members of ``over`` laid over it.

    Objects are merged member by member; any other shape of ``over`` takes the place of what it
    covers; members that ``under`` lacks come last. A deleted leaf stays, as the leaf that it is.
    """
    if over is None:
        return under
    covers = {member.name: member for member in over.members}
    members = [_cover(member, covers.pop(member.name, None)) for member in under.members]
    return replace(under, members=(*members, *covers.values()))


def walk_leaves(shape: Shape, way: Way = ()) -> Iterator[tuple[Way, Leaf]]:
    """Yield each leaf of ``shape`` with the way to it, in the order of writing."""
    if isinstance(shape, Leaf):
        yield way, shape
    elif isinstance(shape, ObjectShape):
        for member in shape.members:
            yield from walk_leaves(member.shape, (*way, member.name))
    else:
        elements = shape.elements if shape.items is None else (shape.items,)
        for index, element in enumerate(elements):
            yield from walk_leaves(element, (*way, index))


def _cover(member: Member, cover: Member | None) -> Member:
    if cover is None:
        return member
    if isinstance(member.shape, ObjectShape) and isinstance(cover.shape, ObjectShape):
        return replace(cover, shape=lay_over(member.shape, cover.shape))
    return cover


def element_of(shape: ArrayShape, index: int) -> Shape:
    """Return the shape of element ``index``."""
    return shape.elements[index] if shape.items is None else shape.items
