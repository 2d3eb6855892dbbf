"""Takes a shape; gives its parts by path, and the same shape with some parts changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.spec.model import ELEMENT, ArrayShape, Leaf, ObjectShape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from mockgen_watch.masters.model import KeyPath
    from mockgen_watch.spec.model import Member, Shape

LeafChange: TypeAlias = "Callable[[Leaf], Leaf]"


def element_shapes(array: ArrayShape) -> tuple[Shape, ...]:
    """Return the shapes that elements of ``array`` can have: the fixed ones, then the items'."""
    return array.elements if array.items is None else (*array.elements, array.items)


def find_all(shape: Shape, path: KeyPath) -> tuple[Shape, ...]:
    """Return what ``path`` leads to.

    Arrays on the way are entered, so there may be several; ``ELEMENT`` or an index may stand for
    that, and tells nothing.
    """
    if not path:
        return (shape,)
    if isinstance(shape, ArrayShape):
        rest = path[1:] if path[0] == ELEMENT or path[0].isdecimal() else path
        found: dict[int, Shape] = {}
        for element in element_shapes(shape):
            found.update({id(item): item for item in find_all(element, rest)})
        return tuple(found.values())
    if isinstance(shape, Leaf):
        return ()
    child = shape.get(path[0])
    return () if child is None else find_all(child, path[1:])


def find_shape(shape: Shape, path: KeyPath) -> Shape | None:
    """Return the first of what ``path`` leads to, or None."""
    return next(iter(find_all(shape, path)), None)


def missing_key(shape: Shape, path: KeyPath) -> tuple[str, list[str]]:
    """Return the first key of ``path`` that is not there, and the keys that are beside it.

    ``("", [])`` when ``path`` leads to something.
    """
    for depth, key in enumerate(path):
        if find_shape(shape, path[: depth + 1]) is None:
            homes = [
                item for item in find_all(shape, path[:depth]) if isinstance(item, ObjectShape)
            ]
            return key, [member.name for home in homes for member in home.members]
    return "", []


def walk_leaves(shape: Shape, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Leaf]]:
    """Yield every leaf with its key path, in the order of writing."""
    if isinstance(shape, Leaf):
        yield path, shape
    elif isinstance(shape, ObjectShape):
        for member in shape.members:
            yield from walk_leaves(member.shape, (*path, member.name))
    else:
        for element in element_shapes(shape):
            yield from walk_leaves(element, path)


def walk_members(shape: Shape, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Member]]:
    """Yield every member with its key path, an object's own before what is below them."""
    if isinstance(shape, ObjectShape):
        for member in shape.members:
            yield (*path, member.name), member
        for member in shape.members:
            yield from walk_members(member.shape, (*path, member.name))
    elif isinstance(shape, ArrayShape):
        for element in element_shapes(shape):
            yield from walk_members(element, path)


def change_leaves(shape: Shape, change: LeafChange) -> Shape:
    """Return ``shape`` with ``change`` applied to every leaf; parts that stay are shared."""
    if isinstance(shape, Leaf):
        return change(shape)
    if isinstance(shape, ObjectShape):
        return change_object(shape, change)
    elements = tuple(change_leaves(element, change) for element in shape.elements)
    items = None if shape.items is None else change_leaves(shape.items, change)
    if items is shape.items and all(map(_same, elements, shape.elements)):
        return shape
    return replace(shape, elements=elements, items=items)


def change_object(shape: ObjectShape, change: LeafChange) -> ObjectShape:
    """Return the object ``shape`` with ``change`` applied to every leaf."""
    shapes = [change_leaves(member.shape, change) for member in shape.members]
    if all(new is member.shape for new, member in zip(shapes, shape.members, strict=True)):
        return shape
    members = tuple(
        replace(member, shape=new) for new, member in zip(shapes, shape.members, strict=True)
    )
    return replace(shape, members=members)


def put_object(shape: ObjectShape, path: KeyPath, new: ObjectShape) -> ObjectShape:
    """Return ``shape`` with the object at ``path`` replaced; every key on the way must exist."""
    if not path:
        return new
    members = tuple(
        replace(member, shape=put_object(member.shape, path[1:], new))
        if member.name == path[0] and isinstance(member.shape, ObjectShape)
        else member
        for member in shape.members
    )
    return replace(shape, members=members)


def _same(left: Shape, right: Shape) -> bool:
    return left is right
