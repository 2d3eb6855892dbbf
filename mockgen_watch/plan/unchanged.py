"""Unchanged fields: those of a parent whose values are what is drawn, whatever its rules say.

A reference to such a field needs nothing else of its model, so that a model with rules may refer
to its own records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.errors import FindingsError
from mockgen_watch.plan.children import is_child
from mockgen_watch.plan.together import drawn_as
from mockgen_watch.spec import model as spec
from mockgen_watch.spec.generators import (
    Progression,
    RecordIndex,
    SequenceNumber,
    Uuid,
    names_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mockgen_watch.plan.model import RecordPlan


def is_never_changed(records: RecordPlan, path: spec.KeyPath) -> bool:
    """Return whether no rule or coverage could change the field at ``path``, whatever it says."""
    leaf = _leaf_apart(records, path)
    if leaf is None or leaf.modifiers.null or leaf.modifiers.omit or leaf.modifiers.together:
        return False
    is_counted = isinstance(leaf.generator, Uuid | SequenceNumber | RecordIndex | Progression)
    return is_counted or (leaf.modifiers.unique and not names_of(leaf.generator))


def is_untouched(records: RecordPlan, path: spec.KeyPath) -> bool:
    """Return whether no rule or exclusion reads the field at ``path``, or what is drawn with it."""
    leaf = _leaf_apart(records, path)
    if leaf is None or leaf.modifiers.together or records.coverage.is_asked:
        return False
    if records.promise is not spec.Promise.VALID:
        return False
    read = _paths_read(records)
    if read is None:
        return False
    touched = {drawn_as(each) for each in _leaves_behind(records.shape, read)}
    return touched.isdisjoint({drawn_as(each) for each in _leaves_behind(records.shape, [path])})


def _leaf_apart(records: RecordPlan, path: spec.KeyPath) -> spec.Leaf | None:
    """Return the leaf at ``path``; None where more than its own draws may decide what is there."""
    parts = [spec.find_shape(records.shape, path[:end]) for end in range(1, len(path) + 1)]
    leaf = parts[-1]
    if records.is_broken or not isinstance(leaf, spec.Leaf):
        return None
    if any(is_child(other) for _, other in spec.walk_leaves(records.shape)):
        return None
    around = (part.modifiers for part in parts[:-1] if part is not None)
    if None in parts or any(each.null or each.omit for each in around):
        return None
    return leaf


def _paths_read(records: RecordPlan) -> list[spec.KeyPath] | None:
    """Return where the fields are written that rules and exclusions read; None for all of them."""
    # Only models that refer to themselves ask, and most projects have none.
    from mockgen_watch.rules.rule import compile_clause, compile_rule
    from mockgen_watch.rules.values import RecordView, RuleError

    view = RecordView(slot=records.slot, moves=records.moves, moments={})
    found: list[spec.KeyPath] = []
    try:
        for rule in records.rules:
            paths = compile_rule(rule, view, records.rule_types).paths
            if paths is None:
                return None
            found += paths
        for clause in records.exclusions:
            found += [each.path for each in compile_clause(clause, view).conditions]
    except (RuleError, FindingsError):
        return None
    return found


def _leaves_behind(shape: spec.ObjectShape, paths: Iterable[spec.KeyPath]) -> Iterator[spec.Leaf]:
    """Yield the leaves at ``paths``, above and below them, and those that they are made of."""
    waiting, seen = [*paths], set()
    while waiting:
        path = tuple(key for key in waiting.pop() if key != spec.ELEMENT and not key.isdecimal())
        if path in seen:
            continue
        seen.add(path)
        for other, leaf in spec.walk_leaves(shape):
            short = min(len(other), len(path))
            if other[:short] == path[:short]:
                yield leaf
                waiting += names_of(leaf.generator)
