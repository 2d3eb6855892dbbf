"""Takes two layers, the upper over the lower; gives one layer, merged path by path.

A layer is a shape in which a key may still be marked as deleted. The result of a merge is a layer
again: marks stay until ``finish``, so that ``(a + b) + c`` is ``a + (b + c)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Related
from mockgen_watch.masters.arrays import merge_by_policy
from mockgen_watch.masters.shapes import Kind, kinds_of, may_be_number, number_or_same, values_of
from mockgen_watch.spec.generators import Constant, Pool, RowField
from mockgen_watch.spec.model import (
    ELEMENT,
    ArrayShape,
    ConflictPolicy,
    Leaf,
    Member,
    MergeKind,
    ObjectShape,
    OriginKind,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.masters.shapes import Kinds
    from mockgen_watch.spec.generators import Generator
    from mockgen_watch.spec.model import KeyPath, MergePolicy, Modifiers, Origin, Shape


Policies = Mapping[tuple[str, ...], "MergePolicy"]


class Merge(Struct, frozen=True, kw_only=True):
    """One merge on its way.

    Attributes:
        policies: by key path from the slot; arrays on the way are left out.
        slot: where in the layers the slot is; policies speak of what is below it alone.
        on_conflict: what follows when the two disagree in type.
        diagnostics: what was found so far.
    """

    policies: Policies
    on_conflict: ConflictPolicy
    slot: KeyPath = ()
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def policy_at(self, path: KeyPath) -> MergePolicy | None:
        """Return the policy that was stated for ``path`` (from the top of the layers), or None."""
        depth = len(self.slot)
        below = len(path) > depth and path[:depth] == self.slot
        return self.policies.get(path[depth:]) if below else None

    def report(
        self, code: str, message: str, place: Location, hint: str = "", *related: Related
    ) -> None:
        """Collect an error."""
        self.diagnostics.append(
            Diagnostic(code=code, message=message, location=place, hint=hint, related=related)
        )

    def misfit(self, policy: MergePolicy, reason: str, lower: Location, upper: Location) -> None:
        """Collect that ``policy`` cannot be followed at its path."""
        path = ".".join(policy.path)
        self.report(
            "MG305",
            f'policy {policy.kind.value} does not fit "{path}": {reason}',
            policy.location,
            "",
            Related(message="in the master", location=lower),
            Related(message="laid over it", location=upper),
        )


def policies_by_path(policies: Iterable[MergePolicy]) -> Policies:
    """Return ``policies`` by their key path; of two for one path the first counts."""
    found: dict[tuple[str, ...], MergePolicy] = {}
    for policy in policies:
        found.setdefault(key_path(policy.path), policy)
    return found


def key_path(path: tuple[str, ...]) -> tuple[str, ...]:
    """Return ``path`` without the marks of arrays: ``a[].b``, ``a.[].b`` and ``a.b`` are one."""
    return tuple(part.removesuffix(ELEMENT) for part in path if part != ELEMENT)


NEGATIVE = "negative"
"""The scenario in whose overlay a wrong type is on purpose."""


def preserve_type(master: Shape, record: Shape) -> Shape:
    """Return ``record`` with text that is exactly a number turned into it, where it should be.

    That is where the master writes numbers and no text. A pool's entries keep their identity, so
    that the choice among them stays as it was.
    """
    wanted = kinds_of(master)
    if wanted is None or Kind.NUMBER not in wanted or Kind.TEXT in wanted:
        return record
    if not isinstance(record, Leaf):
        return record
    given = kinds_of(record)
    if given is not None and Kind.TEXT not in given:
        return record
    if values_of(record.generator) is None or record.modifiers.transforms:
        if not may_be_number(record.generator) and not record.modifiers.transforms:
            return record
        return replace(record, coerce_number=True)
    generator = _with_numbers(record.generator)
    return record if generator == record.generator else replace(record, generator=generator)


def disagreement(master: Shape, record: Shape) -> Kinds:
    """Return the kinds that ``record`` (types preserved already) writes and ``master`` does not.

    Nothing where one of the two is not known or writes only null, and nothing for what the
    overlay of a negative scenario says: there a wrong type is on purpose.
    """
    wanted = kinds_of(master)
    given = kinds_of(record)
    if not wanted or given is None or is_on_purpose(record.origin):
        return frozenset()
    if isinstance(record, Leaf) and record.coerce_number:
        given = given - {Kind.TEXT}
    return given - wanted


def is_on_purpose(origin: Origin) -> bool:
    """Return whether ``origin`` is the overlay of a negative scenario."""
    return origin.kind is OriginKind.SCENARIO and origin.name.casefold() == NEGATIVE


def _with_numbers(generator: Generator) -> Generator:
    if isinstance(generator, Constant):
        return Constant(value=number_or_same(generator.value))
    if isinstance(generator, Pool):
        entries = tuple(
            replace(entry, value=number_or_same(entry.value)) for entry in generator.entries
        )
        return replace(generator, entries=entries)
    if isinstance(generator, RowField):
        return replace(generator, rows=_rows_with_numbers(generator.rows, generator.key))
    return generator


def _rows_with_numbers(rows: Pool, key: str) -> Pool:
    entries = tuple(
        replace(entry, value={**entry.value, key: number_or_same(entry.value[key])})
        if isinstance(entry.value, dict) and key in entry.value
        else entry
        for entry in rows.entries
    )
    return replace(rows, entries=entries)


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
