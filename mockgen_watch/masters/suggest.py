"""Takes a master's slot and a record; gives the mappings that were probably meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Diagnostic, Related, Severity
from mockgen_watch.masters.similarity import is_near
from mockgen_watch.masters.trees import element_shapes
from mockgen_watch.spec.build.names import fold
from mockgen_watch.spec.model import ArrayShape, Leaf, ObjectShape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockgen_watch.masters.model import KeyPath
    from mockgen_watch.spec.model import Member, Shape


def suggest_moves(
    master: Shape, record: Shape, path: KeyPath = (), *, in_array: bool = False
) -> Iterator[Diagnostic]:
    """Yield a note for each field of ``record`` whose master calls it by a near name.

    Keys that both sides have need none. A key of the master that the record fills under its own
    name is nobody else's counterpart. ``path`` is that of the two, as ``$to`` takes it: from the
    slot, or from the array's element.
    """
    if isinstance(master, ArrayShape) and isinstance(record, ArrayShape):
        below = next(iter(element_shapes(master)), None)
        for element in element_shapes(record):
            if below is not None:
                yield from suggest_moves(below, element, in_array=True)
    if not isinstance(master, ObjectShape) or not isinstance(record, ObjectShape):
        return
    taken = {member.name for member in record.members}
    free = [member for member in master.members if member.name not in taken]
    for member in record.members:
        counterpart = master.get(member.name)
        if counterpart is not None:
            below_path = (*path, member.name)
            yield from suggest_moves(counterpart, member.shape, below_path, in_array=in_array)
        else:
            yield from _nearest(member, free, path, in_array=in_array)


def _nearest(
    member: Member, free: list[Member], path: KeyPath, *, in_array: bool
) -> Iterator[Diagnostic]:
    for other in free:
        # Two such keys of one object are an error of their own; an array's element is replaced.
        is_error = not in_array and fold(member.name) == fold(other.name)
        same_sort = isinstance(member.shape, Leaf) == isinstance(other.shape, Leaf)
        if same_sort and not is_error and is_near(member.name, other.name):
            to = _to((*path, other.name))
            yield Diagnostic(
                code="MG307",
                message=f'"{member.name}" is new beside "{other.name}" of the master',
                location=member.location,
                severity=Severity.NOTE,
                hint=f"if it is the same field, map it with $to: {to}",
                related=(Related(message="the master's field", location=other.location),),
            )
            return


def _to(path: KeyPath) -> str:
    dotted = all(name and "." not in name for name in path) and not path[0].startswith("/")
    if dotted:
        return ".".join(path)
    return "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in path)
