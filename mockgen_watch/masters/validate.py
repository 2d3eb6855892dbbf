"""Takes a merged record; gives what only the merge could have broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Diagnostic, Related
from mockgen_watch.masters.trees import element_shapes
from mockgen_watch.spec.build.names import fold
from mockgen_watch.spec.model import ArrayShape, Leaf, OriginKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockgen_watch.masters.model import KeyPath
    from mockgen_watch.spec.model import Member, Shape


def check_names(shape: Shape, path: KeyPath = ()) -> Iterator[Diagnostic]:
    """Yield each pair of keys of one object that differ in case alone.

    Two keys of one file were compared when that file was read.
    """
    if isinstance(shape, Leaf):
        return
    if isinstance(shape, ArrayShape):
        for element in element_shapes(shape):
            yield from check_names(element, path)
        return
    seen: dict[str, Member] = {}
    for member in shape.members:
        other = seen.setdefault(fold(member.name), member)
        if other is not member and other.location.path != member.location.path:
            yield _same_names(other, member, path)
        yield from check_names(member.shape, (*path, member.name))


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
