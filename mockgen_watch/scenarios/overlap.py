"""Overlap: scenarios of one model that are meant to differ, and can make the same record."""

from __future__ import annotations

import itertools
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from mockgen_watch.diagnostics import Diagnostic, Related, Severity
from mockgen_watch.generate.column import record_at
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.masters.shapes import canonical_form
from mockgen_watch.plan.model import EXCLUSION, NEGATIVE, POSITIVE, OutputPlan, RecordPlan
from mockgen_watch.rules.values import MISSING, Missing, Path, places_of, same, shown, with_value
from mockgen_watch.scenarios.promise.facts import fields_of, final_value, on_grid, options_of
from mockgen_watch.spec.generators import Number, Pattern, RowField
from mockgen_watch.spec.model import Leaf, ObjectShape, OriginKind, Shape, element_shapes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mockgen_watch.spec.document import Json

    Values = list[tuple[Path, Json | Missing]]


COMPARED: Final = (POSITIVE, NEGATIVE, EXCLUSION)
"""Scenarios that are meant to differ."""

_SHOWN: Final = 300
"""Characters of the example record."""


def check_scenarios(plans: Sequence[OutputPlan]) -> list[Diagnostic]:
    """Return warnings of what the scenarios of a suite do not do, though they can be generated.

    Each two that can make the same record are among them, with such a record.
    """
    found = [
        Diagnostic(
            code="MG409",
            severity=Severity.WARNING,
            message=f"$coverage of {plan.model}/{plan.scenario} has no effect",
            location=plan.coverage.location,
            hint=f"its records are twins of {twin}, and cover what {twin} covers",
        )
        for plan in plans
        for twin in (plan.records.twin,)
        if not plan.mix and plan.coverage.is_asked and plan.coverage != plan.records.coverage
    ]
    by_model: dict[str, list[OutputPlan]] = {}
    for plan in plans:
        ruled = plan.records.rules or plan.records.exclusions
        if plan.scenario in COMPARED and not plan.mix and not ruled:
            by_model.setdefault(plan.model, []).append(plan)
    for group in by_model.values():
        for first, second in itertools.combinations(group, 2):
            record = common_record(first.records, second.records)
            if record is not None:
                found.append(_overlap(first, second, record))
    return found


def common_record(first: RecordPlan, second: RecordPlan) -> dict[str, Json] | None:
    """Return a record that both plans can make; None when there is none or it is not certain."""
    if dict(_frames(first.shape)) != dict(_frames(second.shape)):
        # Arrays of other lengths, objects that may be absent: too much to be certain.
        return None
    left, right = (
        {path: leaf for path, leaf, _ in fields_of(plan.shape)} for plan in (first, second)
    )
    values = _common_values(left, right)
    if values is None:
        return None
    record: Json = record_at(compile_program(first), 0)
    for path, value in values:
        for place, _ in list(places_of(record, path)):
            record = with_value(record, place, value)
    return record if isinstance(record, dict) else None


def _common_values(left: dict[Path, Leaf], right: dict[Path, Leaf]) -> Values | None:
    """Return a common value for each leaf that is not the same in both; None where one has none."""
    alone = [leaf for path, leaf in left.items() if path not in right]
    alone += [leaf for path, leaf in right.items() if path not in left]
    if not all(leaf.modifiers.omit for leaf in alone):
        return None
    values: Values = [(path, MISSING) for path in left if path not in right]
    rows: dict[Path, list[tuple[Path, Leaf, Leaf]]] = {}
    for path, mine in left.items():
        other = right.get(path)
        if other is None or _form(mine) == _form(other):
            continue
        if isinstance(mine.generator, RowField) and isinstance(other.generator, RowField):
            rows.setdefault(mine.generator.address, []).append((path, mine, other))
            continue
        found = next(((path, value) for value in _common(mine, other)), None)
        if found is None:
            return None
        values.append(found)
    for group in rows.values():
        row = _common_row(group)
        if row is None:
            return None
        values += row
    return values


def _frames(shape: Shape, path: Path = ()) -> Iterator[tuple[Path, object]]:
    """Yield what there is of objects and arrays beside the leaves in them, by path."""
    if isinstance(shape, Leaf):
        return
    if isinstance(shape, ObjectShape):
        if shape.modifiers.null or shape.modifiers.omit:
            yield path, canonical_form(shape.modifiers)
        for member in shape.members:
            if not member.shape.modifiers.delete:
                yield from _frames(member.shape, (*path, member.name))
        return
    size = (shape.minimum, shape.maximum, len(shape.elements), canonical_form(shape.modifiers))
    yield path, size
    for number, element in enumerate(element_shapes(shape)):
        yield from _frames(element, (*path, str(number)))


def _form(leaf: Leaf) -> object:
    return canonical_form(leaf.generator), canonical_form(leaf.modifiers)


def _common(left: Leaf, right: Leaf) -> Iterator[Json | Missing]:
    """Yield the values that both leaves can have, as far as that is certain."""
    mine, others = options_of(left), options_of(right)
    if mine is None:
        mine, others, right = others, None, left
    for value in [option.value for option in mine or ()]:
        if others is not None:
            is_common = any(same(value, other.value) for other in others)
        else:
            is_common = not isinstance(value, Missing) and _can_make(right, value)
        if is_common:
            yield value


def _can_make(leaf: Leaf, value: Json) -> bool:
    """Return whether it is certain that ``leaf`` can make ``value``."""
    generator = leaf.generator
    if value is None:
        return bool(leaf.modifiers.null)
    if isinstance(generator, Pattern) and isinstance(value, str):
        return not leaf.modifiers.transforms and bool(re.fullmatch(generator.source, value))
    if isinstance(generator, Number) and isinstance(value, int | Decimal):
        made = on_grid(generator, value)
        is_bounded = generator.minimum is not None and generator.maximum is not None
        return is_bounded and made is not None and same(final_value(leaf, made), value)
    return False


def _common_row(group: Sequence[tuple[Path, Leaf, Leaf]]) -> Values | None:
    """Return the values of the first row that both have, for the fields of one ``$rows``."""
    mine = [[option.value for option in options_of(leaf) or ()] for _, leaf, _ in group]
    others = [[option.value for option in options_of(leaf) or ()] for _, _, leaf in group]
    for row, other in itertools.product(zip(*mine, strict=False), zip(*others, strict=False)):
        if all(map(same, row, other)):
            return [(path, value) for (path, _, _), value in zip(group, row, strict=True)]
    return None


def _without_master(plan: RecordPlan, record: Json) -> Json:
    """Return ``record`` without what a master alone says, which is the same in all records."""
    for path, leaf, _ in fields_of(plan.shape):
        options = options_of(leaf)
        if leaf.origin.kind is OriginKind.MASTER and options is not None and len(options) == 1:
            for place, _ in reversed(list(places_of(record, path))):
                record = with_value(record, place, MISSING)
    return record


def _overlap(first: OutputPlan, second: OutputPlan, record: dict[str, Json]) -> Diagnostic:
    example = shown(_without_master(first.records, record), _SHOWN)
    return Diagnostic(
        code="MG401",
        severity=Severity.WARNING,
        message=(
            f"{second.scenario} of {second.model} can produce the same record "
            f"as {first.scenario}: {example}"
        ),
        location=second.location,
        hint="use different pools in the two, or add $rules, from which faults are derived",
        related=(Related(message=f"{first.scenario} is defined here", location=first.location),),
    )
