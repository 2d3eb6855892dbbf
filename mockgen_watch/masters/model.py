"""Takes nothing; gives the types of the merge: the resolved master, and the merged record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.spec.generators import RowField
from mockgen_watch.spec.model import ArrayShape, Leaf, ObjectShape

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.spec.model import ConflictPolicy, KeyPath, Member, MergePolicy, Shape

    Readdress = Callable[[tuple[str, ...]], tuple[str, ...]]


class ResolvedMaster(Struct, frozen=True, kw_only=True):
    """A master whose ``$extends`` chain has been merged.

    Attributes:
        path: the master file that was asked for.
        files: the chain, that file first and the one that extends nothing last.
        shape: the whole master. Below the slot the addresses are relative to the slot, as those
            of a model are; elsewhere they begin with ``OUTSIDE``. Paths in templates go from the
            top of the whole.
        slot: where the record goes; ``()``: it meets the whole master.
        policies: of the whole chain, the nearer file's where two speak of one path.
        on_conflict: what the nearest file that says so wants.
    """

    path: str
    files: tuple[str, ...]
    shape: ObjectShape
    slot: KeyPath
    policies: tuple[MergePolicy, ...]
    on_conflict: ConflictPolicy


class MergedRecord(Struct, frozen=True, kw_only=True):
    """A record over its master.

    Attributes:
        shape: all that is written.
        slot: where in ``shape`` the record stands.
        moves: where each field with ``$to`` stood in the record, and where it is below the slot.
        diagnostics: what could not be merged, and what might be meant.
    """

    shape: ObjectShape
    slot: KeyPath
    moves: tuple[tuple[KeyPath, KeyPath], ...]
    diagnostics: tuple[Diagnostic, ...]


OUTSIDE = "$master"
"""The first segment of the address of a leaf outside the slot; no field has this name."""


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
