"""Checks of compiled records: what shows only once master, model and scenario are put together."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import (
    Diagnostic,
    Location,
    Severity,
    SlipFinder,
    Suggestion,
    suggest,
)
from mockgen_watch.plan.together import check_together
from mockgen_watch.spec import model as spec
from mockgen_watch.spec.generators import (
    LAST_MOMENTS,
    FieldValue,
    MomentKind,
    Pool,
    Progression,
    Reference,
    RowField,
    SequenceNumber,
    Template,
    capacity,
    names_of,
)
from mockgen_watch.spec.moments import DAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockgen_watch.masters.chain import ResolvedMaster
    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.spec.generators import Generator


def leaf_capacity(leaf: spec.Leaf, records: RecordPlan) -> int | None:
    """Return at most how many different values ``leaf`` of ``records`` can have; None: no end.

    A template has no more than the fields in it have together, a reference no more than its
    parent has records. Transforms, which can make two values one, are not looked into.
    """
    generator = leaf.generator
    if isinstance(generator, Template | FieldValue):
        return _made_capacity(generator, records)
    if isinstance(generator, Reference):
        parent = dict(records.parents).get(generator)
        target = None if parent is None else spec.find_shape(parent.shape, generator.path)
        if parent is None or not isinstance(target, spec.Leaf):
            return None
        own = leaf_capacity(target, parent)
        return parent.count if own is None else min(own, parent.count)
    if isinstance(generator, SequenceNumber) and generator.step == 0:
        return 1
    return capacity(generator)


def check_unique(records: RecordPlan) -> list[Diagnostic]:
    """Return errors of ``$unique`` fields with too few values, and of sequences that end."""
    found = [*_check_ends(records), *check_together(records)]
    for path, leaf in spec.walk_leaves(records.shape):
        if not leaf.modifiers.unique:
            continue
        values = leaf_capacity(leaf, records)
        if values is not None and values < records.count:
            found.append(_too_few(path, leaf, values, records.count))
    return found


def _check_ends(records: RecordPlan) -> Iterator[Diagnostic]:
    """Yield an error for each sequence of dates or times that leaves the calendar or the day."""
    for path, leaf in spec.walk_leaves(records.shape):
        sequence = leaf.generator
        if not isinstance(sequence, Progression) or sequence.moment is None or sequence.element:
            continue
        size = 28 if sequence.moment is MomentKind.DATE else 28 * DAY
        step = sequence.step + sequence.months * size
        end = sequence.start + (records.count - 1) * step + sequence.jitter
        if not 0 <= end <= LAST_MOMENTS[sequence.moment]:
            where = "midnight" if sequence.moment is MomentKind.TIME else "the years 1 to 9999"
            yield Diagnostic(
                code="MG208",
                message=f'"{".".join(path)}" leaves {where} within {records.count} records',
                location=leaf.origin.location,
                hint="use a smaller step, or lower $count",
            )


def _made_capacity(generator: Generator, records: RecordPlan) -> int | None:
    sizes = []
    for path in set(names_of(generator)):
        target = spec.find_shape(records.shape, path)
        size = leaf_capacity(target, records) if isinstance(target, spec.Leaf) else None
        if size is None:
            return None
        sizes.append(size)
    return math.prod(sizes)


def _too_few(path: spec.KeyPath, leaf: spec.Leaf, values: int, count: int) -> Diagnostic:
    is_pool = isinstance(leaf.generator, Pool | RowField)
    remedy = "add values" if is_pool else "give it more values"
    return Diagnostic(
        code="MG214",
        message=(
            f'"{".".join(path)}" is unique and has {values} value{"s"[: values != 1]} '
            f"for {count} records"
        ),
        location=leaf.origin.location,
        hint=f"{remedy}, lower $count to {values}, or remove $unique",
    )


def check_statements(plan: RecordPlan, count: int | None) -> Iterator[Diagnostic]:
    """Yield an error for each slip of a key, and a warning for each record beyond ``count``."""
    for statement in plan.stated:
        if count is not None and statement.record >= count:
            yield _beyond(statement, plan, count)
        slip = _slip(statement, plan.shape)
        if slip is not None:
            yield slip


def _beyond(statement: spec.Statement, plan: RecordPlan, count: int) -> Diagnostic:
    return Diagnostic(
        code="MG406",
        severity=Severity.WARNING,
        message=(
            f"record {statement.record} of {plan.model_id}/{plan.scenario} is stated, "
            f"but the last record is {count - 1}"
        ),
        location=statement.location,
        hint="the first record is 0",
    )


def _slip(statement: spec.Statement, shape: spec.Shape) -> Diagnostic | None:
    """Return an error where a key is a typing slip away from a field that there is."""
    for key in statement.path:
        if isinstance(shape, spec.ArrayShape):
            inner = _element(shape, key)
        elif isinstance(shape, spec.ObjectShape):
            inner = shape.get(key)
            meant = "" if inner else SlipFinder(item.name for item in shape.members).meant(key)
            if meant:
                near = Suggestion(word=key, meant=meant)
                return Diagnostic(
                    code="MG224",
                    message=f'unknown field "{key}"',
                    location=statement.location,
                    hint=near.hint(),
                    suggestion=near,
                )
        else:
            return None
        if inner is None:
            return None
        shape = inner
    return None


def _element(array: spec.ArrayShape, key: str) -> spec.Shape | None:
    if key.isdigit() and int(key) < len(array.elements):
        return array.elements[int(key)]
    return array.items


def check_deletes(
    master: ResolvedMaster | None, model: spec.ObjectShape, record: spec.ObjectShape
) -> list[Diagnostic]:
    """Return an error for each ``$delete`` in ``record`` that drops nothing.

    A model drops keys of the master; a scenario, keys of the model as well.
    """
    place = None if master is None else spec.find_shape(master.shape, master.slot)
    found = []
    for path, member in spec.walk_members(record):
        if not member.shape.modifiers.delete:
            continue
        if place is not None and spec.find_shape(place, path) is not None:
            continue
        stated = spec.find_shape(model, path)
        if stated is None or stated.modifiers.delete:
            found.append(_drops_nothing(place, path, member.location))
    return found


def _drops_nothing(place: spec.Shape | None, path: spec.KeyPath, location: Location) -> Diagnostic:
    missing, siblings = ("", []) if place is None else spec.missing_key(place, path)
    why = f'the master has no key "{missing}"' if place is not None else "there is no master"
    near = suggest(missing, siblings)
    return Diagnostic(
        code="MG218",
        message=f'$delete removes nothing at "{".".join(path)}": {why}',
        location=location,
        hint=near.hint(),
        suggestion=near,
    )
