"""Takes a model's shape and a scenario's overlay; gives the shape of that scenario's records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.masters.merge import over_modifiers
from mockgen_watch.spec.generators import RowField
from mockgen_watch.spec.model import ELEMENT, ArrayShape, Leaf, ObjectShape, Origin, OriginKind

if TYPE_CHECKING:
    from mockgen_watch.spec.model import Member, Model, Modifiers, Scenario, Shape


Address = tuple[str, ...]


def apply_overlay(model: ObjectShape, overlay: ObjectShape | None, scenario: str) -> ObjectShape:
    """Return ``model`` with ``overlay`` laid over it.

    Objects meet key by key; a leaf or an array takes the place of what it covers, with its own
    modifiers, but goes where ``$to`` sent the covered one. Keys that the model lacks come last.
    What covers a field has that field's address, so a value that both allow is the same in both.
    """
    if overlay is None:
        return model
    return _Overlay(scenario).object_over(model, overlay)


class _Overlay:
    """One overlay on its way; ``scenario`` is the origin of all that it states."""

    def __init__(self, scenario: str) -> None:
        self.scenario = scenario

    def object_over(self, under: ObjectShape, over: ObjectShape) -> ObjectShape:
        """Return ``over`` on ``under``, key by key."""
        covers = {member.name: member for member in over.members}
        kept = [
            self._member_over(member, covers.pop(member.name), under.address, over.address)
            if member.name in covers
            else member
            for member in under.members
        ]
        new = [self._new_member(member, under, over) for member in covers.values()]
        modifiers = _with_target(over_modifiers(under.modifiers, over.modifiers), under)
        return replace(under, members=(*kept, *new), modifiers=modifiers)

    def _member_over(self, under: Member, over: Member, home: Address, was: Address) -> Member:
        below, above = under.shape, over.shape
        if isinstance(below, ObjectShape) and isinstance(above, ObjectShape):
            return replace(under, shape=self.object_over(below, above))
        return replace(over, shape=self._adopt(above, below, below.address, home, was))

    def _new_member(self, member: Member, under: ObjectShape, over: ObjectShape) -> Member:
        address = (*under.address, *member.shape.address[-1:])
        shape = self._adopt(member.shape, None, address, under.address, over.address)
        return replace(member, shape=shape)

    def _adopt(
        self, shape: Shape, under: Shape | None, address: Address, home: Address, was: Address
    ) -> Shape:
        """Return ``shape`` as the scenario's, at ``address``, which the object ``home`` holds.

        ``under`` is what it covers, as far as that has a counterpart; ``was`` is the address that
        the overlay knew for ``home``.
        """
        origin = Origin(
            kind=OriginKind.SCENARIO, name=self.scenario, location=shape.origin.location
        )
        modifiers = _with_target(shape.modifiers, under)
        if isinstance(shape, Leaf):
            generator = shape.generator
            if isinstance(generator, RowField):
                moved = (*home, *generator.address[len(was) :])
                generator = replace(generator, address=moved)
            return replace(
                shape, generator=generator, modifiers=modifiers, address=address, origin=origin
            )
        if isinstance(shape, ObjectShape):
            members = tuple(
                self._adopt_member(member, under, address, shape.address)
                for member in shape.members
            )
            return replace(
                shape, members=members, modifiers=modifiers, address=address, origin=origin
            )
        adopted = self._adopt_elements(shape, under, (*address, ELEMENT))
        return replace(adopted, modifiers=modifiers, address=address, origin=origin)

    def _adopt_member(
        self, member: Member, under: Shape | None, home: Address, was: Address
    ) -> Member:
        below = under.get(member.name) if isinstance(under, ObjectShape) else None
        address = (*home, *member.shape.address[-1:]) if below is None else below.address
        return replace(member, shape=self._adopt(member.shape, below, address, home, was))

    def _adopt_elements(
        self, array: ArrayShape, under: Shape | None, address: Address
    ) -> ArrayShape:
        elements = tuple(
            self._adopt(element, _element(under, index), address, address, element.address)
            for index, element in enumerate(array.elements)
        )
        items = array.items
        if items is not None:
            items = self._adopt(items, _element(under, 0), address, address, items.address)
        return replace(array, elements=elements, items=items)


def _element(array: Shape | None, index: int) -> Shape | None:
    """Return the element that one at ``index`` of an overlay is likened to."""
    if not isinstance(array, ArrayShape):
        return None
    if index < len(array.elements):
        return array.elements[index]
    return array.items or next(iter(array.elements), None)


def _with_target(modifiers: Modifiers, under: Shape | None) -> Modifiers:
    if modifiers.to or under is None or not under.modifiers.to:
        return modifiers
    return replace(modifiers, to=under.modifiers.to)


POSITIVE = "positive"
NEGATIVE = "negative"


def twin_of(model: Model, scenario: Scenario) -> Scenario:
    """Return the scenario that says what the records of ``scenario`` are like but for faults.

    Itself, unless it is ``negative`` and the model has rules: then it is ``positive``, or the
    model alone where there is no such scenario.
    """
    if scenario.name != NEGATIVE or not model.rules:
        return scenario
    for known in model.scenarios:
        if known.name == POSITIVE and not known.mix:
            return known
    return replace(scenario, name=POSITIVE, overlay=None, stated=())
