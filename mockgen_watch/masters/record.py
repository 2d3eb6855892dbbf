"""Record over master: what is written, each leaf with its origin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Related
from mockgen_watch.masters.merge import Merge, finish_object, key_path
from mockgen_watch.masters.moves import (
    Moves,
    below_slot,
    move_fields,
    resolve_names,
    suggest_moves,
)
from mockgen_watch.spec import model as spec
from mockgen_watch.spec.generators import names_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mockgen_watch.masters.chain import ResolvedMaster


class MergedRecord(Struct, frozen=True, kw_only=True):
    """A record over its master.

    Attributes:
        shape: all that is written.
        slot: where in ``shape`` the record is.
        moves: where each field with ``$to`` was in the record, and where it is below the slot.
        diagnostics: what could not be merged, and what might be meant.
    """

    shape: spec.ObjectShape
    slot: spec.KeyPath
    moves: Moves
    diagnostics: tuple[Diagnostic, ...]


def merge_record(master: ResolvedMaster | None, record: spec.ObjectShape) -> MergedRecord:
    """Return ``record`` over ``master``, or alone where there is none.

    The record's fields go where ``$to`` sends them, then into the slot, then each meets the
    master's by the policy of its path. Keys are in the master's order, then new ones.

    Raises:
        ValueError: the slot of ``master`` is not an object, so ``resolve_chain`` did not make it.
    """
    moved, moves, diagnostics = move_fields(record)
    whole, slot = moved, () if master is None else master.slot
    if master is not None:
        whole, found = _into_slot(master, moved)
        diagnostics += found
    whole, lost = resolve_names(finish_object(whole), slot, moves)
    diagnostics += [*lost, *_check_names(whole, slot), *_check_circles(whole)]
    return MergedRecord(
        shape=whole,
        slot=slot,
        moves=moves,
        diagnostics=tuple(sorted(diagnostics, key=lambda item: item.sort_key)),
    )


def _into_slot(
    master: ResolvedMaster, record: spec.ObjectShape
) -> tuple[spec.ObjectShape, list[Diagnostic]]:
    place = spec.find_shape(master.shape, master.slot)
    if isinstance(place, spec.ObjectShape):
        merge = Merge(master.policies, master.on_conflict)
        merged = _put_object(master.shape, master.slot, merge.objects(place, record))
        return merged, [*merge.diagnostics, *suggest_moves(place, record)]
    raise ValueError(f"the slot of {master.path} is not an object")


def _put_object(
    shape: spec.ObjectShape, path: spec.KeyPath, new: spec.ObjectShape
) -> spec.ObjectShape:
    """Return ``shape`` with the object at ``path`` replaced; every key on the way must exist."""
    if not path:
        return new
    members = tuple(
        replace(member, shape=_put_object(member.shape, path[1:], new))
        if member.name == path[0] and isinstance(member.shape, spec.ObjectShape)
        else member
        for member in shape.members
    )
    return replace(shape, members=members)


def _check_names(
    shape: spec.Shape, slot: spec.KeyPath, path: spec.KeyPath = ()
) -> Iterator[Diagnostic]:
    """Yield each pair of keys of one object that differ in case alone.

    Two keys of one file were compared when that file was read. ``path`` is that of ``shape`` from
    the top or, inside an array, from the element.
    """
    if isinstance(shape, spec.Leaf):
        return
    if isinstance(shape, spec.ArrayShape):
        for element in spec.element_shapes(shape):
            yield from _check_names(element, slot=())
        return
    seen: dict[str, spec.Member] = {}
    for member in shape.members:
        other = seen.setdefault(spec.fold(member.name), member)
        if other is not member and other.location.path != member.location.path:
            yield _same_names(other, member, below_slot(path, slot))
        yield from _check_names(member.shape, slot, (*path, member.name))


def _check_circles(shape: spec.Shape) -> Iterator[Diagnostic]:
    """Yield each circle of leaves that name each other; their paths go from the top.

    A circle within one file was found when that file was read.
    """
    naming = {path: leaf for path, leaf in spec.walk_leaves(shape) if names_of(leaf.generator)}
    done: set[spec.KeyPath] = set()
    for start in naming:
        yield from _circles_from(start, naming, [], done)


def _circles_from(
    here: spec.KeyPath,
    naming: Mapping[spec.KeyPath, spec.Leaf],
    way: list[spec.KeyPath],
    done: set[spec.KeyPath],
) -> Iterator[Diagnostic]:
    if here in way:
        circle = way[way.index(here) :]
        names = " → ".join(".".join(path) for path in (*circle, here))
        yield Diagnostic(
            code="MG215",
            message=f"these fields depend on each other in a circle: {names}",
            location=naming[here].origin.location,
            related=tuple(
                Related(message="through this one", location=naming[path].origin.location)
                for path in circle[1:]
            ),
        )
        return
    if here in done or here not in naming:
        return
    way.append(here)
    for path in names_of(naming[here].generator):
        for below in [path] if path in naming else _below(path, naming):
            yield from _circles_from(key_path(below), naming, way, done)
    way.pop()
    done.add(here)


def _below(path: spec.KeyPath, naming: Iterable[spec.KeyPath]) -> list[spec.KeyPath]:
    """Return the leaves of an object or an array at ``path``."""
    short = key_path(path)
    return [each for each in naming if each[: len(short)] == short]


def _same_names(first: spec.Member, second: spec.Member, path: spec.KeyPath) -> Diagnostic:
    is_masters = first.shape.origin.kind is spec.OriginKind.MASTER
    master, record = (first, second) if is_masters else (second, first)
    to = ".".join((*path, master.name))
    return Diagnostic(
        code="MG209",
        message=f'"{record.name}" and "{master.name}" of the master differ only in case',
        location=record.location,
        hint=f'use the spelling of the master, or map it with $to: "{to}"',
        related=(Related(message="the master's key", location=master.location),),
    )
