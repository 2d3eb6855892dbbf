"""Takes two arrays or pools and a policy; gives the one that the policy makes of them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.digest import canonical
from mockgen_watch.masters.shapes import kinds_of, same_values
from mockgen_watch.spec.generators import Constant, Pool, PoolEntry
from mockgen_watch.spec.model import ELEMENT, ArrayShape, Leaf, MergeKind, ObjectShape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Final, TypeAlias

    from mockgen_watch.masters.merge import Merge
    from mockgen_watch.spec.model import MergePolicy, Shape


def pool_of(leaf: Leaf) -> Pool | None:
    """Return the leaf's values as a pool: a constant is a pool of one; None for the rest."""
    if isinstance(leaf.generator, Pool):
        return leaf.generator
    if isinstance(leaf.generator, Constant):
        value = leaf.generator.value
        entry = PoolEntry(
            value=value,
            weight=Decimal(1),
            identity=canonical(value),
            location=leaf.origin.location,
        )
        return Pool(entries=(entry,))
    return None


def merge_pools(lower: Leaf, upper: Leaf, *, add_weights: bool) -> Leaf | None:
    """Return the upper leaf with the values of both; None when one of them is no pool.

    A value that both have counts with the sum of its weights when ``add_weights``, as a value
    that stands twice in one pool does; else with the upper's weight.
    """
    below, above = pool_of(lower), pool_of(upper)
    if below is None or above is None:
        return None
    entries = {canonical(entry.value): entry for entry in below.entries}
    for entry in above.entries:
        name = canonical(entry.value)
        first = entries.get(name)
        if first is None:
            entries[name] = entry
        else:
            weight = first.weight + entry.weight if add_weights else entry.weight
            entries[name] = replace(first, weight=weight)
    source = below.source if below.source == above.source else ""
    return replace(
        upper,
        generator=Pool(entries=tuple(entries.values()), source=source),
        coerce_number=upper.coerce_number or lower.coerce_number,
    )


Meet: TypeAlias = "Callable[[Shape, Shape], Shape]"
Outcome: TypeAlias = "ArrayShape | str"
"""The merged array, or why there is none."""


def merge_by_policy(
    merge: Merge, policy: MergePolicy, lower: Shape, upper: Shape, meet: Meet
) -> Shape:
    """Return ``upper`` over ``lower`` by append, by-index, by-key or union.

    ``meet`` merges two elements. Where the policy cannot be followed the upper side is returned,
    and the reason collected.
    """
    below, above = as_array(lower), as_array(upper)
    merged: Shape | str
    if below is not None and above is not None:
        merged = _WAYS[policy.kind](policy, below, above, meet)
    elif below is None and above is None:
        merged = _merge_leaves(policy, lower, upper)
    elif kinds_of(lower if above is not None else upper) == frozenset():
        # Null stands against an array: there is nothing to join.
        return upper
    else:
        merged = "one side is no list"
    if isinstance(merged, str):
        merge.misfit(policy, merged, lower.origin.location, upper.origin.location)
        return upper
    return merged


def as_array(shape: Shape) -> ArrayShape | None:
    """Return an array, or a constant list as the array of its values; None for the rest."""
    if isinstance(shape, ArrayShape):
        return shape
    if not isinstance(shape, Leaf) or not isinstance(shape.generator, Constant):
        return None
    value = shape.generator.value
    if not isinstance(value, list):
        return None
    plain = replace(
        shape.modifiers, null=0 * shape.modifiers.null, omit=0 * shape.modifiers.omit, transforms=()
    )
    elements = tuple(
        replace(
            shape,
            generator=Constant(value=item),
            modifiers=plain,
            address=(*shape.address, ELEMENT),
        )
        for item in value
    )
    return ArrayShape(
        elements=elements,
        items=None,
        minimum=0,
        maximum=0,
        modifiers=shape.modifiers,
        address=shape.address,
        origin=shape.origin,
    )


def _merge_leaves(policy: MergePolicy, lower: Shape, upper: Shape) -> Leaf | str:
    if policy.kind not in {MergeKind.APPEND, MergeKind.UNION}:
        return "only the elements of a list have an index or a key"
    if not isinstance(lower, Leaf) or not isinstance(upper, Leaf):
        return "one side is no list and no pool"
    merged = merge_pools(lower, upper, add_weights=policy.kind is MergeKind.APPEND)
    return "one side is neither a list nor a pool" if merged is None else merged


def _append(_policy: MergePolicy, lower: ArrayShape, upper: ArrayShape, _meet: Meet) -> Outcome:
    if lower.items is None:
        return replace(upper, elements=lower.elements + upper.elements)
    if upper.items is None and not upper.elements:
        return lower
    return "the master's list has a variable length, so nothing can come behind it"


def _union(policy: MergePolicy, lower: ArrayShape, upper: ArrayShape, meet: Meet) -> Outcome:
    if lower.items is not None or upper.items is not None:
        return "a list of variable length has no elements to compare"
    new = tuple(
        element
        for element in upper.elements
        if not any(same_values(element, known) for known in lower.elements)
    )
    return _append(policy, lower, replace(upper, elements=new), meet)


def _by_index(_policy: MergePolicy, lower: ArrayShape, upper: ArrayShape, meet: Meet) -> Outcome:
    if lower.items is None:
        return _over_fixed(lower, upper, meet)
    if upper.items is None or upper.elements or lower.elements:
        return "one list has a variable length and the other has not"
    return replace(upper, items=meet(lower.items, upper.items))


def _over_fixed(lower: ArrayShape, upper: ArrayShape, meet: Meet) -> Outcome:
    both = min(len(lower.elements), len(upper.elements))
    elements = [
        meet(below, above)
        for below, above in zip(lower.elements[:both], upper.elements[:both], strict=True)
    ]
    left = lower.elements[both:]
    if upper.items is None or not left:
        return replace(upper, elements=(*elements, *left, *upper.elements[both:]))
    if len(left) > upper.minimum:
        return f"the record's list may be shorter than the {len(lower.elements)} of the master"
    items = upper.items
    return replace(
        upper,
        elements=(*elements, *(meet(below, items) for below in left)),
        minimum=upper.minimum - len(left),
        maximum=upper.maximum - len(left),
    )


def _by_key(policy: MergePolicy, lower: ArrayShape, upper: ArrayShape, meet: Meet) -> Outcome:
    below, above = _keyed(lower, policy.key), _keyed(upper, policy.key)
    if isinstance(below, str):
        return below
    if isinstance(above, str):
        return above
    elements = [
        meet(element, above[name]) if name in above else element for name, element in below.items()
    ]
    new = [element for name, element in above.items() if name not in below]
    return replace(upper, elements=(*elements, *new))


def _keyed(array: ArrayShape, key: str) -> dict[bytes, Shape] | str:
    if array.items is not None:
        return "a list of variable length has no elements to compare"
    found: dict[bytes, Shape] = {}
    for element in array.elements:
        name = _constant_key(element, key)
        if name is None:
            return f'an element has no constant "{key}"'
        if name in found:
            return f'two elements of one list have the same "{key}"'
        found[name] = element
    return found


def _constant_key(element: Shape, key: str) -> bytes | None:
    child = element.get(key) if isinstance(element, ObjectShape) else None
    if not isinstance(child, Leaf) or child.modifiers.null or child.modifiers.omit:
        return None
    pool = pool_of(child)
    values = {canonical(entry.value) for entry in pool.entries if entry.weight} if pool else set()
    return values.pop() if len(values) == 1 else None


_WAYS: Final[Mapping[MergeKind, Callable[[MergePolicy, ArrayShape, ArrayShape, Meet], Outcome]]] = {
    MergeKind.APPEND: _append,
    MergeKind.UNION: _union,
    MergeKind.BY_INDEX: _by_index,
    MergeKind.BY_KEY: _by_key,
}
