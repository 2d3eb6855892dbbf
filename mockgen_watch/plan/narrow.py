"""Takes the plan of records and a field; gives the plan of the parts that the field's values need.

A parent is planned for the field that is referred to, so that other fields of it neither change
the key of the child nor close a circle: an employee may name its department while the department
names its head.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.masters.trees import find_shape, walk_leaves
from mockgen_watch.spec.generators import Template
from mockgen_watch.spec.model import ObjectShape

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockgen_watch.masters.model import KeyPath
    from mockgen_watch.plan.model import RecordPlan


def can_narrow(records: RecordPlan) -> bool:
    """Tell whether each field's values are its own affair.

    Rules, exclusions and coverage choose whole records: then one field depends on the others.
    """
    return not (records.rules or records.exclusions or records.coverage.is_asked)


def narrow(records: RecordPlan, path: KeyPath) -> RecordPlan:
    """Return ``records`` with the field at ``path`` and the fields that its templates name."""
    needed = _needed(records.shape, path)
    return replace(records, shape=_keep(records.shape, needed))


def _needed(shape: ObjectShape, path: KeyPath) -> set[KeyPath]:
    waiting = [path]
    needed: set[KeyPath] = set()
    while waiting:
        here = waiting.pop()
        target = find_shape(shape, here)
        if target is None or here in needed:
            continue
        needed.add(here)
        for _, leaf in walk_leaves(target):
            if isinstance(leaf.generator, Template):
                waiting += [part.path for part in leaf.generator.parts if part.path]
    return needed


def _keep(shape: ObjectShape, paths: Iterable[KeyPath]) -> ObjectShape:
    below: dict[str, list[KeyPath]] = {}
    for path in paths:
        below.setdefault(path[0], []).append(path[1:])
    members = tuple(
        replace(member, shape=_keep(member.shape, below[member.name]))
        if isinstance(member.shape, ObjectShape) and all(below[member.name])
        else member
        for member in shape.members
        if member.name in below
    )
    return replace(shape, members=members)
