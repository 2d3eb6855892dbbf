"""Takes the models of one file; gives the records of each scenario, and finds fields in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.spec.build.scenarios import BASE, scenario_name
from mockgen_watch.spec.model import ArrayShape, Leaf, Member, ObjectShape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet
    from typing import TypeAlias

    from mockgen_watch.spec.model import Model, Scenario, Shape

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


class Record(Struct, frozen=True, kw_only=True):
    """What the records of one scenario look like, before any master."""

    model: Model
    scenario: Scenario
    shape: ObjectShape


class Found(Struct, frozen=True, kw_only=True):
    """What a path leads to.

    Attributes:
        shape: where it ends; None when it leads nowhere or that cannot be told.
        way: the way to ``shape``.
        problem: why it leads nowhere; ``""`` otherwise.
        missing: the key that is not there, with ``known`` the keys that are.
    """

    shape: Shape | None = None
    way: Way = ()
    problem: str = ""
    missing: str = ""
    known: tuple[str, ...] = ()


def records_of(model: Model) -> tuple[Record, ...]:
    """Return the records of every scenario that is no mix."""
    return tuple(
        Record(model=model, scenario=scenario, shape=lay_over(model.shape, scenario.overlay))
        for scenario in model.scenarios
        if not scenario.mix
    )


def picked_record(records: Sequence[Record], wanted: str) -> Record | None:
    """Return the records that a reference draws from; None when there is no such scenario."""
    by_name = {record.scenario.name: record for record in records}
    if wanted:
        return by_name.get(scenario_name(wanted))
    first = records[0] if records else None
    return by_name.get(BASE) or by_name.get("positive") or first


def find_field(
    shape: ObjectShape, path: Sequence[str], open_at: AbstractSet[tuple[str, ...]], way: Way = ()
) -> Found:
    """Return what ``path`` leads to, seen from the leaf at ``way`` of the same record.

    An array can be entered only where ``way`` runs through it: the element is then the same.
    Nothing can be told about objects whose address is in ``open_at``; errors stand there already.
    """
    here: Shape = shape
    gone: Way = ()
    for key in path:
        while isinstance(here, ArrayShape):
            index = way[len(gone)] if way[: len(gone)] == gone and len(way) > len(gone) else None
            if not isinstance(index, int):
                name = ".".join(str(part) for part in gone)
                return Found(problem=f'"{name}" is an array, and which element is not told')
            here, gone = element_of(here, index), (*gone, index)
        below = here.get(key) if isinstance(here, ObjectShape) else None
        if below is None:
            return _nowhere(here, key, open_at)
        here, gone = below, (*gone, key)
    if not isinstance(here, Leaf):
        kind = "an object" if isinstance(here, ObjectShape) else "an array"
        return Found(problem=f'"{".".join(path)}" is {kind}, not a single value')
    return Found(shape=here, way=gone)


def _nowhere(here: Shape, key: str, open_at: AbstractSet[tuple[str, ...]]) -> Found:
    if here.address in open_at:
        return Found()
    known = tuple(member.name for member in here.members) if isinstance(here, ObjectShape) else ()
    return Found(problem=f'there is no field "{key}"', missing=key, known=known)
