"""Merge: two layers, the upper over the lower, become one layer, path by path.

A layer is a shape in which a key may still be marked as deleted. The result of a merge is a layer
again: marks stay until ``finish``, so that ``(a + b) + c`` is ``a + (b + c)``.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from msgspec.structs import replace

from mockgen_watch.canonical import canonical
from mockgen_watch.diagnostics import Diagnostic, Location, Related
from mockgen_watch.masters.shapes import Kinds, disagreement, kinds_of, preserve_type, same_values
from mockgen_watch.spec import model as spec
from mockgen_watch.spec.generators import Constant, Pool, PoolEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    MergeElements: TypeAlias = Callable[[spec.Shape, spec.Shape], spec.Shape]
    Outcome: TypeAlias = spec.ArrayShape | str

    """The merged array, or why there is none."""


def key_path(path: tuple[str, ...]) -> tuple[str, ...]:
    """Return ``path`` without the marks of arrays: ``a[].b``, ``a.[].b`` and ``a.b`` are one."""
    return tuple(key.removesuffix(spec.ELEMENT) for key in path if key != spec.ELEMENT)


class Merge:
    """Merges layers by policies, and collects what does not fit in ``diagnostics``."""

    def __init__(
        self,
        policies: Iterable[spec.MergePolicy],
        on_conflict: spec.ConflictPolicy,
        slot: spec.KeyPath = (),
    ) -> None:
        """Merge by ``policies``; of two for one path the first counts.

        ``slot`` is where the slot is in the layers; policies speak of what is below it alone.
        ``on_conflict`` decides where two layers disagree in type.
        """
        self.on_conflict = on_conflict
        self.diagnostics: list[Diagnostic] = []
        self._slot = slot
        self._policies: dict[spec.KeyPath, spec.MergePolicy] = {}
        for policy in policies:
            self._policies.setdefault(key_path(policy.path), policy)

    def objects(
        self, lower: spec.ObjectShape, upper: spec.ObjectShape, path: spec.KeyPath = ()
    ) -> spec.ObjectShape:
        """Return ``upper`` over ``lower``: the lower's keys in its order, then the upper's own."""
        above = {member.name: member for member in upper.members}
        members = [
            self._members(member, above.pop(member.name), (*path, member.name))
            if member.name in above
            else member
            for member in lower.members
        ]
        return replace(
            upper,
            members=(*members, *above.values()),
            modifiers=over_modifiers(lower.modifiers, upper.modifiers),
        )

    def _members(self, lower: spec.Member, upper: spec.Member, path: spec.KeyPath) -> spec.Member:
        policy = self._policy_at(path)
        if policy is not None and policy.kind is spec.MergeKind.KEEP:
            return lower
        replaces = policy is not None and policy.kind is spec.MergeKind.REPLACE
        if upper.shape.modifiers.delete or upper.reset or replaces:
            return upper
        if lower.shape.modifiers.delete:
            return replace(upper, reset=True)
        return self._present(policy, lower, upper, path)

    def _policy_at(self, path: spec.KeyPath) -> spec.MergePolicy | None:
        depth = len(self._slot)
        is_below = len(path) > depth and path[:depth] == self._slot
        return self._policies.get(path[depth:]) if is_below else None

    def _present(
        self,
        policy: spec.MergePolicy | None,
        lower: spec.Member,
        upper: spec.Member,
        path: spec.KeyPath,
    ) -> spec.Member:
        below, above = lower.shape, preserve_type(lower.shape, upper.shape)
        wrong = disagreement(below, above)
        if wrong:
            return self._conflict(lower, replace(upper, shape=above), path, wrong)
        if policy is not None and policy.kind is spec.MergeKind.OVERRIDE:
            policy = None
        if isinstance(below, spec.ObjectShape) and isinstance(above, spec.ObjectShape):
            if policy is not None:
                self._misfit(policy, "objects merge key by key", lower.location, upper.location)
            above = self.objects(below, above, path)
        elif policy is not None:
            above = self._by_policy(policy, below, above, path)
            if isinstance(above, spec.ArrayShape):
                modifiers = over_modifiers(below.modifiers, above.modifiers)
                above = replace(above, modifiers=modifiers)
        return replace(upper, shape=above, reset=lower.reset)

    def _by_policy(
        self, policy: spec.MergePolicy, lower: spec.Shape, upper: spec.Shape, path: spec.KeyPath
    ) -> spec.Shape:
        """Return ``upper`` over ``lower`` by append, by-index, by-key or union.

        Where the policy cannot be followed the upper side is returned, and the reason collected.
        """

        def merge_elements(below: spec.Shape, above: spec.Shape) -> spec.Shape:
            return self._present(None, _unnamed(below), _unnamed(above), path).shape

        below, above = _as_array(lower), _as_array(upper)
        merged: spec.Shape | str
        if below is not None and above is not None:
            merged = _merge_arrays(policy, below, above, merge_elements)
        elif below is None and above is None:
            merged = _merge_leaves(policy, lower, upper)
        elif kinds_of(lower if above is not None else upper) == frozenset():
            # Null against an array: there is nothing to join.
            return upper
        else:
            merged = "one side is not a list"
        if isinstance(merged, str):
            self._misfit(policy, merged, lower.origin.location, upper.origin.location)
            return upper
        return merged

    def _misfit(
        self, policy: spec.MergePolicy, reason: str, lower: Location, upper: Location
    ) -> None:
        path = ".".join(policy.path)
        self.diagnostics.append(
            Diagnostic(
                code="MG305",
                message=f'policy {policy.kind.value} does not fit "{path}": {reason}',
                location=policy.location,
                related=(
                    Related(message="in the master", location=lower),
                    Related(message="merged over it", location=upper),
                ),
            )
        )

    def _conflict(
        self, lower: spec.Member, upper: spec.Member, path: spec.KeyPath, wrong: Kinds
    ) -> spec.Member:
        """Return the member that holds where ``upper`` writes the ``wrong`` kinds."""
        if self.on_conflict is spec.ConflictPolicy.KEEP:
            return lower
        if self.on_conflict is spec.ConflictPolicy.ERROR:
            name, wanted = ".".join(path), _either(kinds_of(lower.shape) or frozenset())
            self.diagnostics.append(
                Diagnostic(
                    code="MG304",
                    message=f'"{name}" can be {_either(wrong)}, but the master has {wanted} there',
                    location=upper.shape.origin.location,
                    hint="give both the same type, or set $on_conflict in the master",
                    related=(
                        Related(message=f"the master says {wanted}", location=lower.location),
                    ),
                )
            )
        return replace(upper, reset=True)


def over_modifiers(lower: spec.Modifiers, upper: spec.Modifiers) -> spec.Modifiers:
    """Return what holds for an object or array that both sides speak of: what the upper says."""
    return replace(
        upper,
        null=upper.null or lower.null,
        omit=upper.omit or lower.omit,
        transforms=upper.transforms or lower.transforms,
    )


def finish(shape: spec.Shape) -> spec.Shape:
    """Return ``shape`` without deleted keys and marks: what is written."""
    if isinstance(shape, spec.ObjectShape):
        return finish_object(shape)
    return spec.change_children(shape, finish) if isinstance(shape, spec.ArrayShape) else shape


def finish_object(shape: spec.ObjectShape) -> spec.ObjectShape:
    """Return the object ``shape`` without deleted keys and marks, all the way down."""
    members = tuple(
        replace(member, shape=finish(member.shape), reset=False)
        for member in shape.members
        if not member.shape.modifiers.delete
    )
    return shape if members == shape.members else replace(shape, members=members)


def _unnamed(shape: spec.Shape) -> spec.Member:
    return spec.Member(name="", shape=shape, location=shape.origin.location)


def _either(kinds: Kinds) -> str:
    return " or ".join(sorted(kind.value for kind in kinds))


def _as_array(shape: spec.Shape) -> spec.ArrayShape | None:
    """Return an array, or a constant list as the array of its values; None for the rest."""
    if isinstance(shape, spec.ArrayShape):
        return shape
    if not isinstance(shape, spec.Leaf) or not isinstance(shape.generator, Constant):
        return None
    value = shape.generator.value
    if not isinstance(value, list):
        return None
    plain = replace(
        shape.modifiers, null=0 * shape.modifiers.null, omit=0 * shape.modifiers.omit, transforms=()
    )
    address = (*shape.address, spec.ELEMENT)
    elements = tuple(
        replace(shape, generator=Constant(value=item), modifiers=plain, address=address)
        for item in value
    )
    return spec.ArrayShape(
        elements=elements,
        items=None,
        minimum=0,
        maximum=0,
        modifiers=shape.modifiers,
        address=shape.address,
        origin=shape.origin,
    )


def _merge_leaves(
    policy: spec.MergePolicy, lower: spec.Shape, upper: spec.Shape
) -> spec.Leaf | str:
    """Return the upper leaf with the values of both pools, or why that cannot be.

    A value that both have counts with the sum of its weights by append, as a value that is
    twice in one pool does; by union with the upper's weight.
    """
    if policy.kind not in {spec.MergeKind.APPEND, spec.MergeKind.UNION}:
        return "only the elements of a list have an index or a key"
    if not isinstance(lower, spec.Leaf) or not isinstance(upper, spec.Leaf):
        return "one side is neither a list nor a pool"
    below, above = _as_pool(lower), _as_pool(upper)
    if below is None or above is None:
        return "one side is neither a list nor a pool"
    entries = {canonical(entry.value): entry for entry in below.entries}
    for entry in above.entries:
        name = canonical(entry.value)
        first = entries.get(name)
        if first is None:
            entries[name] = entry
        else:
            is_added = policy.kind is spec.MergeKind.APPEND
            weight = first.weight + entry.weight if is_added else entry.weight
            entries[name] = replace(first, weight=weight)
    source = below.source if below.source == above.source else ""
    return replace(
        upper,
        generator=Pool(entries=tuple(entries.values()), source=source),
        coerce_number=upper.coerce_number or lower.coerce_number,
    )


def _as_pool(leaf: spec.Leaf) -> Pool | None:
    """Return the leaf's values as a pool: a constant is a pool of one; None for the rest."""
    if isinstance(leaf.generator, Pool):
        return leaf.generator
    if not isinstance(leaf.generator, Constant):
        return None
    value = leaf.generator.value
    location = leaf.origin.location
    entry = PoolEntry(value=value, weight=Decimal(1), identity=canonical(value), location=location)
    return Pool(entries=(entry,))


def _merge_arrays(
    policy: spec.MergePolicy, lower: spec.ArrayShape, upper: spec.ArrayShape, merge: MergeElements
) -> Outcome:
    if policy.kind is spec.MergeKind.APPEND:
        return _append(lower, upper)
    if policy.kind is spec.MergeKind.UNION:
        return _union(lower, upper)
    if policy.kind is spec.MergeKind.BY_INDEX:
        return _by_index(lower, upper, merge)
    return _by_key(policy.key, lower, upper, merge)


def _append(lower: spec.ArrayShape, upper: spec.ArrayShape) -> Outcome:
    if lower.items is None:
        return replace(upper, elements=lower.elements + upper.elements)
    if upper.items is None and not upper.elements:
        return lower
    return "the master's list has a variable length, so nothing can follow it"


def _union(lower: spec.ArrayShape, upper: spec.ArrayShape) -> Outcome:
    if lower.items is not None or upper.items is not None:
        return "a list of variable length has no elements to compare"
    added = tuple(
        element
        for element in upper.elements
        if not any(same_values(element, other) for other in lower.elements)
    )
    return _append(lower, replace(upper, elements=added))


def _by_index(lower: spec.ArrayShape, upper: spec.ArrayShape, merge: MergeElements) -> Outcome:
    if lower.items is None:
        return _over_fixed(lower, upper, merge)
    if upper.items is None or upper.elements or lower.elements:
        return "only one of the lists has a variable length"
    return replace(upper, items=merge(lower.items, upper.items))


def _over_fixed(lower: spec.ArrayShape, upper: spec.ArrayShape, merge: MergeElements) -> Outcome:
    both = min(len(lower.elements), len(upper.elements))
    elements = list(map(merge, lower.elements[:both], upper.elements[:both]))
    left = lower.elements[both:]
    items = upper.items
    if items is None or not left:
        return replace(upper, elements=(*elements, *left, *upper.elements[both:]))
    if len(left) > upper.minimum:
        return f"the record's list can be shorter than the {len(lower.elements)} of the master"
    return replace(
        upper,
        elements=(*elements, *(merge(below, items) for below in left)),
        minimum=upper.minimum - len(left),
        maximum=upper.maximum - len(left),
    )


def _by_key(
    key: str, lower: spec.ArrayShape, upper: spec.ArrayShape, merge: MergeElements
) -> Outcome:
    below, above = _keyed(lower, key), _keyed(upper, key)
    if isinstance(below, str):
        return below
    if isinstance(above, str):
        return above
    elements = [
        merge(element, above[name]) if name in above else element for name, element in below.items()
    ]
    added = [element for name, element in above.items() if name not in below]
    return replace(upper, elements=(*elements, *added))


def _keyed(array: spec.ArrayShape, key: str) -> dict[bytes, spec.Shape] | str:
    if array.items is not None:
        return "a list of variable length has no elements to compare"
    found: dict[bytes, spec.Shape] = {}
    for element in array.elements:
        name = _constant_key(element, key)
        if name is None:
            return f'an element has no constant "{key}"'
        if name in found:
            return f'two elements of one list have the same "{key}"'
        found[name] = element
    return found


def _constant_key(element: spec.Shape, key: str) -> bytes | None:
    child = element.get(key) if isinstance(element, spec.ObjectShape) else None
    if not isinstance(child, spec.Leaf) or child.modifiers.null or child.modifiers.omit:
        return None
    pool = _as_pool(child)
    values = {canonical(entry.value) for entry in pool.entries if entry.weight} if pool else set()
    return values.pop() if len(values) == 1 else None
