"""Takes a path that a template or reference names; gives the leaf there and what is on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.spec.model import ArrayShape, Leaf, ObjectShape

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final, TypeAlias

    from mockgen_watch.spec.generators import RowField
    from mockgen_watch.spec.model import Shape

Way: TypeAlias = tuple[str | int, ...]
"""The way to a shape: names of members, and places of elements (see ``element_at``)."""


AGAIN: Final = "$again"
"""The segment of an address behind which attempts are counted; no field has a name below a leaf."""


class Found(Struct, frozen=True, kw_only=True):
    """A leaf that a path led to.

    Attributes:
        leaf: where the path ends.
        way: the way to it.
        strides: the greatest number of elements of each array on the way, outermost first.
        objects: the objects on the way that the asker is not part of, outermost first, each with
            the way to it and the number of arrays around it.
    """

    leaf: Leaf
    way: Way
    strides: tuple[int, ...]
    objects: tuple[tuple[ObjectShape, Way, int], ...]


def find_leaf(root: ObjectShape, path: Sequence[str], asker: Way = ()) -> Found:
    """Return the leaf at ``path``, keys from the top, as seen from the leaf at ``asker``.

    An array is entered only where the asker is in it, and then at the asker's own element.

    Raises:
        LookupError: the path leads nowhere; specs with such a path are refused before.
    """
    here: Shape = root
    way: Way = ()
    strides: tuple[int, ...] = ()
    objects: list[tuple[ObjectShape, Way, int]] = []
    for key in path:
        while isinstance(here, ArrayShape):
            if asker[: len(way)] != way:
                raise LookupError(f"{'.'.join(path)} enters an array, and no element is named")
            place = int(asker[len(way)])
            strides = (*strides, most_elements(here))
            here, way = element_at(here, place), (*way, place)
        if isinstance(here, ObjectShape) and asker[: len(way)] != way:
            objects.append((here, way, len(strides)))
        below = here.get(key) if isinstance(here, ObjectShape) else None
        if below is None:
            raise LookupError(f"{'.'.join(path)} leads nowhere")
        here, way = below, (*way, key)
    if not isinstance(here, Leaf):
        raise LookupError(f"{'.'.join(path)} is no single value")  # noqa: TRY004  # as above
    return Found(leaf=here, way=way, strides=strides, objects=tuple(objects))


def keys_of(way: Way) -> tuple[str, ...]:
    """Return the names of members on ``way``, without elements."""
    return tuple([step for step in way if isinstance(step, str)])


def shared_path(field: RowField) -> tuple[str, ...]:
    """Return the address path of the draw that ``field`` shares, whichever attempt it is."""
    address = field.address
    return address[: address.index(AGAIN)] if AGAIN in address else address


def most_elements(array: ArrayShape) -> int:
    """Return the greatest number of elements that ``array`` has."""
    return len(array.elements) + (array.maximum if array.items is not None else 0)


def element_at(array: ArrayShape, place: int) -> Shape:
    """Return the shape of an element; all ``items`` have the place behind the fixed elements."""
    if place < len(array.elements) or array.items is None:
        return array.elements[place]
    return array.items
