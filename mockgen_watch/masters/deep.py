"""Takes two layers, the upper over the lower; gives one layer, merged path by path.

A layer is a shape in which a key may still be marked as deleted. The result of a merge is a layer
again: marks stay until ``finish``, so that ``(a + b) + c`` is ``a + (b + c)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.diagnostics import Related
from mockgen_watch.masters.arrays import merge_by_policy
from mockgen_watch.masters.kinds import kinds_of
from mockgen_watch.masters.preserve import disagreement, preserve_type
from mockgen_watch.spec.model import (
    ArrayShape,
    ConflictPolicy,
    Leaf,
    Member,
    MergeKind,
    ObjectShape,
)

if TYPE_CHECKING:
    from mockgen_watch.masters.kinds import Kinds
    from mockgen_watch.masters.model import KeyPath
    from mockgen_watch.masters.policies import Merge
    from mockgen_watch.spec.model import MergePolicy, Modifiers, Shape


def merge_objects(
    merge: Merge, lower: ObjectShape, upper: ObjectShape, path: KeyPath
) -> ObjectShape:
    """Return ``upper`` over ``lower``: the lower's keys in its order, then the upper's new ones."""
    above = {member.name: member for member in upper.members}
    members = [
        merge_members(merge, member, above.pop(member.name), (*path, member.name))
        if member.name in above
        else member
        for member in lower.members
    ]
    return replace(
        upper,
        members=(*members, *above.values()),
        modifiers=over_modifiers(lower.modifiers, upper.modifiers),
    )


def merge_members(merge: Merge, lower: Member, upper: Member, path: KeyPath) -> Member:
    """Return what stands under one key, by the policy of its path."""
    policy = merge.policy_at(path)
    if policy is not None and policy.kind is MergeKind.KEEP:
        return lower
    replaces = policy is not None and policy.kind is MergeKind.REPLACE
    if upper.shape.modifiers.delete or upper.reset or replaces:
        return upper
    if lower.shape.modifiers.delete:
        return replace(upper, reset=True)
    return _meet(merge, policy, lower, upper, path)


def over_modifiers(lower: Modifiers, upper: Modifiers) -> Modifiers:
    """Return what holds for an object or array that both sides speak of: what the upper says."""
    return replace(
        upper,
        null=upper.null or lower.null,
        omit=upper.omit or lower.omit,
        transforms=upper.transforms or lower.transforms,
    )


def finish(shape: Shape) -> Shape:
    """Return ``shape`` without deleted keys and marks: what is written."""
    if isinstance(shape, Leaf):
        return shape
    if isinstance(shape, ObjectShape):
        return finish_object(shape)
    return finish_array(shape)


def finish_object(shape: ObjectShape) -> ObjectShape:
    """Return the object ``shape`` without deleted keys and marks, all the way down."""
    members = tuple(
        replace(member, shape=finish(member.shape), reset=False)
        for member in shape.members
        if not member.shape.modifiers.delete
    )
    return shape if members == shape.members else replace(shape, members=members)


def finish_array(shape: ArrayShape) -> ArrayShape:
    """Return the array ``shape`` without deleted keys and marks in its elements."""
    elements = tuple(finish(element) for element in shape.elements)
    items = None if shape.items is None else finish(shape.items)
    return replace(shape, elements=elements, items=items)


def _meet(
    merge: Merge, policy: MergePolicy | None, lower: Member, upper: Member, path: KeyPath
) -> Member:
    shape = preserve_type(lower.shape, upper.shape)
    wrong = disagreement(lower.shape, shape)
    if wrong:
        return _settle(merge, lower, replace(upper, shape=shape), path, wrong)
    if isinstance(lower.shape, ObjectShape) and isinstance(shape, ObjectShape):
        if policy is not None and policy.kind is not MergeKind.OVERRIDE:
            merge.misfit(policy, "objects merge key by key", lower.location, upper.location)
        shape = merge_objects(merge, lower.shape, shape, path)
    elif policy is not None and policy.kind is not MergeKind.OVERRIDE:

        def meet_elements(below: Shape, above: Shape) -> Shape:
            return _meet(merge, None, _bare(below), _bare(above), path).shape

        shape = merge_by_policy(merge, policy, lower.shape, shape, meet_elements)
        if isinstance(shape, ArrayShape):
            modifiers = over_modifiers(lower.shape.modifiers, shape.modifiers)
            shape = replace(shape, modifiers=modifiers)
    return replace(upper, shape=shape, reset=lower.reset)


def _bare(shape: Shape) -> Member:
    return Member(name="", shape=shape, location=shape.origin.location)


def _settle(merge: Merge, lower: Member, upper: Member, path: KeyPath, wrong: Kinds) -> Member:
    if merge.on_conflict is ConflictPolicy.KEEP:
        return lower
    if merge.on_conflict is ConflictPolicy.ERROR:
        name = ".".join(path)
        wanted = kinds_of(lower.shape) or frozenset()
        merge.report(
            "MG304",
            f'"{name}" can be {_either(wrong)}, but the master has {_either(wanted)} there',
            upper.shape.origin.location,
            "give both the same type, or say $on_conflict: override or keep in the master",
            Related(message=f"the master says {_either(wanted)}", location=lower.location),
        )
    return replace(upper, reset=True)


def _either(kinds: Kinds) -> str:
    return " or ".join(sorted(kind.value for kind in kinds))
