"""Takes a master's shape and its slot; gives it with the addresses that its leaves draw from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.masters.model import OUTSIDE
from mockgen_watch.spec.generators import RowField
from mockgen_watch.spec.model import ArrayShape, Leaf, ObjectShape

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockgen_watch.masters.model import KeyPath
    from mockgen_watch.spec.model import Member, Shape

    Readdress = Callable[[tuple[str, ...]], tuple[str, ...]]


def address_master(shape: ObjectShape, slot: KeyPath) -> ObjectShape:
    """Return ``shape`` with addresses relative to the slot below it, and outside elsewhere.

    A leaf of the slot so has the address that a field of a model has at the same path, and keeps
    its values when the field moves from one file to the other.
    """
    if not slot:
        return shape
    members = tuple(_address_member(member, slot) for member in shape.members)
    return replace(shape, members=members, address=_outside(shape.address))


def _address_member(member: Member, slot: KeyPath) -> Member:
    if member.name != slot[0]:
        return replace(member, shape=readdress(member.shape, _outside))
    shape = member.shape
    if len(slot) > 1 and isinstance(shape, ObjectShape):
        inner = tuple(_address_member(child, slot[1:]) for child in shape.members)
        return replace(member, shape=replace(shape, members=inner, address=_outside(shape.address)))
    depth = len(shape.address)
    return replace(member, shape=readdress(shape, lambda address: address[depth:]))


def readdress(shape: Shape, change: Readdress) -> Shape:
    """Return ``shape`` with ``change`` applied to every address in it."""
    address = change(shape.address)
    if isinstance(shape, Leaf):
        generator = shape.generator
        if isinstance(generator, RowField):
            generator = replace(generator, address=change(generator.address))
        return replace(shape, address=address, generator=generator)
    if isinstance(shape, ObjectShape):
        members = tuple(
            replace(member, shape=readdress(member.shape, change)) for member in shape.members
        )
        return replace(shape, members=members, address=address)
    return _readdress_array(shape, address, change)


def _readdress_array(shape: ArrayShape, address: tuple[str, ...], change: Readdress) -> ArrayShape:
    elements = tuple(readdress(element, change) for element in shape.elements)
    items = None if shape.items is None else readdress(shape.items, change)
    return replace(shape, elements=elements, items=items, address=address)


def _outside(address: tuple[str, ...]) -> tuple[str, ...]:
    return (OUTSIDE, *address)
