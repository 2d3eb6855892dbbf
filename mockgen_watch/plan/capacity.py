"""Takes the plan of records; gives how many values a leaf can have, and what asks for more."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Diagnostic
from mockgen_watch.masters.trees import find_shape, walk_leaves
from mockgen_watch.spec.generators import Pool, Reference, RowField, SequenceNumber, Template
from mockgen_watch.spec.model import Leaf

if TYPE_CHECKING:
    from mockgen_watch.masters.model import KeyPath
    from mockgen_watch.plan.model import RecordPlan


def leaf_capacity(leaf: Leaf, records: RecordPlan) -> int | None:
    """Return at most how many different values ``leaf`` of ``records`` can have; None: no end.

    A template has no more than the fields in it have together, a reference no more than its
    parent has records. Transforms, which can make two values one, are not looked into.
    """
    generator = leaf.generator
    if isinstance(generator, Template):
        return _template_capacity(generator, records)
    if isinstance(generator, Reference):
        parent = dict(records.parents).get(generator)
        target = None if parent is None else find_shape(parent.shape, generator.path)
        if parent is None or not isinstance(target, Leaf):
            return None
        own = leaf_capacity(target, parent)
        return parent.count if own is None else min(own, parent.count)
    if isinstance(generator, SequenceNumber) and generator.step == 0:
        return 1
    # Counting a pattern's strings needs its compiler, which is slow to import and seldom used.
    from mockgen_watch.spec.capacity import capacity  # noqa: PLC0415

    return capacity(generator)


def check_unique(records: RecordPlan) -> list[Diagnostic]:
    """Return an error for each ``$unique`` field that has fewer values than there are records."""
    found = []
    for path, leaf in walk_leaves(records.shape):
        if not leaf.modifiers.unique:
            continue
        values = leaf_capacity(leaf, records)
        if values is not None and values < records.count:
            found.append(_too_few(path, leaf, values, records.count))
    return found


def _template_capacity(template: Template, records: RecordPlan) -> int | None:
    sizes = []
    for path in {part.path for part in template.parts if part.path}:
        target = find_shape(records.shape, path)
        size = leaf_capacity(target, records) if isinstance(target, Leaf) else None
        if size is None:
            return None
        sizes.append(size)
    return math.prod(sizes)


def _too_few(path: KeyPath, leaf: Leaf, values: int, count: int) -> Diagnostic:
    is_pool = isinstance(leaf.generator, Pool | RowField)
    remedy = "add values" if is_pool else "let it have more values"
    return Diagnostic(
        code="MG214",
        message=(
            f'"{".".join(path)}" is unique and has {values} value{"s"[: values != 1]} '
            f"for {count} records"
        ),
        location=leaf.origin.location,
        hint=f"{remedy}, ask for {values} records at most, or drop $unique",
    )
