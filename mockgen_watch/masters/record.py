"""Takes a master and a record; gives the record that is written, each leaf with its origin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Diagnostic, Related
from mockgen_watch.masters.merge import (
    Merge,
    finish_object,
    key_path,
    merge_objects,
    policies_by_path,
)
from mockgen_watch.masters.model import MergedRecord
from mockgen_watch.masters.moves import lead_templates, move_fields, suggest_moves
from mockgen_watch.masters.shapes import put_object
from mockgen_watch.spec.build.names import fold
from mockgen_watch.spec.generators import Template
from mockgen_watch.spec.model import (
    ArrayShape,
    Leaf,
    ObjectShape,
    OriginKind,
    element_shapes,
    find_shape,
    walk_leaves,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mockgen_watch.masters.model import ResolvedMaster
    from mockgen_watch.spec.model import KeyPath, Member, Shape


def check_names(shape: Shape, slot: KeyPath, path: KeyPath = ()) -> Iterator[Diagnostic]:
    """Yield each pair of keys of one object that differ in case alone.

    Two keys of one file were compared when that file was read. ``path`` is that of ``shape`` from
    the top or, inside an array, from the element.
    """
    if isinstance(shape, Leaf):
        return
    if isinstance(shape, ArrayShape):
        for element in element_shapes(shape):
            yield from check_names(element, slot=())
        return
    seen: dict[str, Member] = {}
    for member in shape.members:
        other = seen.setdefault(fold(member.name), member)
        if other is not member and other.location.path != member.location.path:
            below = path[len(slot) :] if path[: len(slot)] == slot else path
            yield _same_names(other, member, below)
        yield from check_names(member.shape, slot, (*path, member.name))


def check_circles(shape: Shape) -> Iterator[Diagnostic]:
    """Yield each circle of templates that name each other; their paths go from the top.

    A circle within one file was found when that file was read.
    """
    templates = {
        path: leaf for path, leaf in walk_leaves(shape) if isinstance(leaf.generator, Template)
    }
    done: set[KeyPath] = set()
    for start in templates:
        yield from _circles_from(start, templates, [], done)


def _circles_from(
    here: KeyPath, templates: Mapping[KeyPath, Leaf], way: list[KeyPath], done: set[KeyPath]
) -> Iterator[Diagnostic]:
    if here in way:
        circle = way[way.index(here) :]
        names = " → ".join(".".join(path) for path in (*circle, here))
        yield Diagnostic(
            code="MG215",
            message=f"templates go round in a circle: {names}",
            location=templates[here].origin.location,
            related=tuple(
                Related(message="by way of this one", location=templates[path].origin.location)
                for path in circle[1:]
            ),
        )
        return
    if here in done or here not in templates:
        return
    way.append(here)
    generator = templates[here].generator
    if isinstance(generator, Template):
        for part in generator.parts:
            yield from _circles_from(key_path(part.path), templates, way, done)
    way.pop()
    done.add(here)


def _same_names(first: Member, second: Member, path: KeyPath) -> Diagnostic:
    is_masters = first.shape.origin.kind is OriginKind.MASTER
    master, record = (first, second) if is_masters else (second, first)
    to = ".".join((*path, master.name))
    return Diagnostic(
        code="MG209",
        message=f'"{record.name}" and "{master.name}" of the master differ in case alone',
        location=record.location,
        hint=f'write it as the master does, or map it with $to: "{to}"',
        related=(Related(message="the master's key", location=master.location),),
    )


def merge_record(master: ResolvedMaster | None, record: ObjectShape) -> MergedRecord:
    """Return ``record`` over ``master``, or alone where there is none.

    The record's fields go where ``$to`` sends them, then into the slot, then each meets the
    master's by the policy of its path. Keys stand in the master's order, new ones behind them.

    Raises:
        ValueError: the slot of ``master`` is no object, so ``resolve_chain`` did not make it.
    """
    moved, moves, diagnostics = move_fields(record)
    slot = () if master is None else master.slot
    if master is None:
        whole = moved
    else:
        whole, found = _into_slot(master, moved)
        diagnostics += found
    whole, lost = lead_templates(finish_object(whole), slot, moves)
    diagnostics += lost
    diagnostics += check_names(whole, slot)
    diagnostics += check_circles(whole)
    return MergedRecord(
        shape=whole,
        slot=slot,
        moves=moves,
        diagnostics=tuple(sorted(diagnostics, key=lambda item: item.sort_key)),
    )


def _into_slot(master: ResolvedMaster, record: ObjectShape) -> tuple[ObjectShape, list[Diagnostic]]:
    place = find_shape(master.shape, master.slot)
    if not isinstance(place, ObjectShape):
        raise ValueError(f"the slot of {master.path} is no object")  # noqa: TRY004  # a path's fault
    merge = Merge(policies=policies_by_path(master.policies), on_conflict=master.on_conflict)
    merged = merge_objects(merge, place, record, ())
    found = [*merge.diagnostics, *suggest_moves(place, record)]
    return put_object(master.shape, master.slot, merged), found
