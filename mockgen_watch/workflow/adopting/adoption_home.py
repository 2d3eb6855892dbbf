"""Takes a spec and the plan of an output; gives where in the spec its scenario stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Location
from mockgen_watch.migrations.adoption import Home
from mockgen_watch.spec.document import MappingNode
from mockgen_watch.workflow.explaining.pointers import split_pointer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.rules.places import Place
    from mockgen_watch.spec.document import Document, Node


def home_of(document: Document, plan: OutputPlan) -> Home:
    """Return where the scenario of ``plan`` stands."""
    keys = split_pointer(plan.location.pointer)
    node: Node | None = document.root
    for key in keys:
        node = node.get(key) if isinstance(node, MappingNode) else None
    records = plan.records

    def field_of(place: Place) -> tuple[str, ...] | None:
        path = tuple(key for key in place if isinstance(key, str))
        size = len(records.slot)
        if len(path) < len(place) or path[:size] != records.slot or len(path) == size:
            return None
        field = path[size:]
        for source, goal in records.moves:
            if field[: len(goal)] == goal:
                field = (*source, *field[len(goal) :])
                break
        return field if records.path_of(field) == path else None

    is_model = len(keys) == 1 and keys[0] == plan.model
    return Home(keys=keys, node=node, is_model=is_model, field_of=field_of)


def location_of(document: Document, keys: Iterable[str]) -> Location:
    """Return where the last of ``keys`` stands that can be found."""
    node: Node | None = document.root
    place = Location(path=document.path)
    for key in keys:
        if not isinstance(node, MappingNode):
            break
        member = next((member for member in node.members if member.key == key), None)
        if member is None:
            break
        place, node = document.locate(member.mark), member.node
    return place
