"""Takes two pools; gives the pool of both, master's values first."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.digest import canonical
from mockgen_watch.spec.generators import Constant, Pool, PoolEntry

if TYPE_CHECKING:
    from mockgen_watch.spec.model import Leaf


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
