"""Takes a record whose fields say ``$to``; gives it with each field where it is to be.

The address of a field stays what it was, so a field keeps its values wherever it goes.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Related
from mockgen_watch.spec.model import ArrayShape, Member, Modifiers, ObjectShape

if TYPE_CHECKING:
    from typing import TypeAlias

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.masters.model import KeyPath
    from mockgen_watch.spec.model import Shape

Moves: TypeAlias = "tuple[tuple[KeyPath, KeyPath], ...]"

PLAIN = Modifiers(null=Decimal(0), omit=Decimal(0))
"""The modifiers of a shape beside which none stand."""


class _Place(Struct):
    """An object that is being filled; ``source`` is None while only ``$to`` needs it."""

    source: ObjectShape | None
    location: Location
    children: dict[str, Member | _Place] = field(default_factory=dict)


def move_fields(record: ObjectShape) -> tuple[ObjectShape, Moves, list[Diagnostic]]:
    """Return ``record`` with every move done, the moves, and what cannot be moved.

    ``$to`` is a path from the top of ``record``; inside an array, from the top of the element.
    An object that all fields have left is not written.
    """
    mover = _Mover(record)
    mover.fill(mover.top, record, source=(), target=())
    if not mover.moves:
        return record, (), []
    return _rebuild(mover.top, record, ()), tuple(mover.moves), mover.diagnostics


class _Mover:
    """Places the fields of one record, or of one element."""

    def __init__(self, record: ObjectShape) -> None:
        self.top = _Place(source=record, location=record.origin.location)
        self.moves: list[tuple[KeyPath, KeyPath]] = []
        self.diagnostics: list[Diagnostic] = []

    def fill(self, place: _Place, shape: ObjectShape, *, source: KeyPath, target: KeyPath) -> None:
        """Put the members of ``shape``, stated at ``source``, into ``place`` or where they go."""
        for member in shape.members:
            path = (*source, member.name)
            own = (*target, member.name)
            to = member.shape.modifiers.to
            if to and to != own:
                self.moves.append((path, to))
                self._put(to, member, path)
            else:
                self._put_into(place, member.name, member, path, own)

    def _put(self, target: KeyPath, member: Member, source: KeyPath) -> None:
        place = self.top
        for name in target[:-1]:
            child = place.children.setdefault(name, _Place(source=None, location=member.location))
            if isinstance(child, Member):
                self._clash(target, member, child, "a field that is no object stands on the way")
                return
            place = child
        self._put_into(place, target[-1], member, source, target)

    def _put_into(
        self, place: _Place, name: str, member: Member, source: KeyPath, target: KeyPath
    ) -> None:
        present = place.children.get(name)
        shape = _without_to(member.shape)
        if isinstance(shape, ObjectShape):
            if present is None:
                present = place.children[name] = _Place(source=None, location=member.location)
            if isinstance(present, Member) or present.source is not None:
                self._clash(target, member, present, "another field stands there")
                return
            present.source = shape
            self.fill(present, shape, source=source, target=target)
        elif present is not None:
            self._clash(target, member, present, "another field stands there")
        else:
            moved = self._in_elements(shape, source)
            place.children[name] = replace(member, name=name, shape=moved)

    def _in_elements(self, shape: Shape, source: KeyPath) -> Shape:
        if not isinstance(shape, ArrayShape):
            return shape
        elements = tuple(self._in_element(element, source) for element in shape.elements)
        items = None if shape.items is None else self._in_element(shape.items, source)
        return replace(shape, elements=elements, items=items)

    def _in_element(self, element: Shape, source: KeyPath) -> Shape:
        if not isinstance(element, ObjectShape):
            return self._in_elements(element, source)
        moved, moves, found = move_fields(element)
        self.diagnostics += found
        self.moves += [((*source, *path), (*source, *to)) for path, to in moves]
        return moved

    def _clash(self, target: KeyPath, member: Member, other: Member | _Place, why: str) -> None:
        self.diagnostics.append(
            Diagnostic(
                code="MG309",
                message=f'"{member.name}" cannot go to "{".".join(target)}": {why}',
                location=member.location,
                hint="give one of the two another path with $to",
                related=(Related(message="the other field", location=other.location),),
            )
        )


def _without_to(shape: Shape) -> Shape:
    if not shape.modifiers.to:
        return shape
    return replace(shape, modifiers=replace(shape.modifiers, to=()))


def _rebuild(place: _Place, source: ObjectShape, path: KeyPath) -> ObjectShape:
    members: list[Member] = []
    for name, child in place.children.items():
        if isinstance(child, Member):
            members.append(child)
            continue
        inner = child.source
        made = inner or ObjectShape(
            members=(), modifiers=PLAIN, address=(*path, name), origin=source.origin
        )
        shape = _rebuild(child, made, (*path, name))
        if inner is not None and inner.members and not shape.members:
            continue  # every field has left
        members.append(Member(name=name, shape=shape, location=child.location))
    return replace(source, members=tuple(members))
