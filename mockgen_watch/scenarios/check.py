"""Checks of scenarios: promises that cannot be kept, and two that can make the same record."""

from __future__ import annotations

import itertools
import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from mockgen_watch.diagnostics import Diagnostic, Related, Severity
from mockgen_watch.errors import FindingsError
from mockgen_watch.generate.column import record_at
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.generate.distributions import grid_of
from mockgen_watch.masters.shapes import canonical_form
from mockgen_watch.plan.model import NEGATIVE, POSITIVE, OutputPlan, RecordPlan
from mockgen_watch.rules.values import MISSING, Missing, Path, places_of, same, with_value
from mockgen_watch.scenarios.labels import (
    EXCLUSION,
    INSIDE,
    is_promised,
    record_plans,
)
from mockgen_watch.scenarios.promise.facts import (
    fields_of,
    final_value,
    number_of,
    options_of,
    same_or_missing,
)
from mockgen_watch.spec.generators import Number, Pattern, RowField
from mockgen_watch.spec.model import Labels, Leaf, ObjectShape, OriginKind, Shape, element_shapes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mockgen_watch.scenarios.source import RecordSources, Source
    from mockgen_watch.spec.document import Json

    Values = list[tuple[Path, Json | Missing]]


def check_promises(
    plans: Sequence[OutputPlan], sources: RecordSources, *, is_preview: bool = False
) -> list[Diagnostic]:
    """Return why the promises of outputs cannot be kept; each finding once.

    Args:
        plans: of the outputs.
        sources: those of the run; the outputs with promises are in it afterwards.
        is_preview: the counts are not those of the specs, and may be too small for coverage.
    """
    found: dict[Diagnostic, None] = {}
    for plan in plans:
        if _has_work(plan):
            try:
                source = sources.of(plan)
            except FindingsError as error:
                found.update(dict.fromkeys(error.diagnostics))
            else:
                found.update(dict.fromkeys([] if is_preview else _check_count(plan, source)))
        found.update(dict.fromkeys(_check_terms(plan)))
    return list(found)


def _has_work(plan: OutputPlan) -> bool:
    """Return whether records of an output are more than what their own draws make."""
    records = record_plans(plan)
    return (
        is_promised(plan)
        or any(part.stated or part.coverage.is_asked for part in records)
        or any(map(_has_rules_above, records))
    )


def _has_rules_above(plan: RecordPlan) -> bool:
    """Return whether a parent has rules or exclusions, at any distance."""
    return any(
        parent.rules or parent.exclusions or _has_rules_above(parent) for _, parent in plan.parents
    )


def _check_count(plan: OutputPlan, source: Source) -> list[Diagnostic]:
    """Return that a design does not fit into the records of ``plan``, where it does not."""
    needed = 0 if plan.mix else max((each.needed for each in source.parts[0].covered), default=0)
    if needed <= plan.count:
        return []
    coverage = plan.records.coverage
    too_few = Diagnostic(
        code="MG408",
        message=(
            f"$coverage: {coverage.strength} of {plan.model}/{plan.scenario} needs {needed} "
            f"records, and there are {plan.count}"
        ),
        location=coverage.location,
        hint=f"set $count: {needed} or more, or let fewer fields take part (fields, without)",
        related=(Related(message="the scenario", location=plan.location),),
    )
    return [too_few]


def _check_terms(plan: OutputPlan) -> Iterator[Diagnostic]:
    """Yield what the model lacks for the scenario, and the format for labels."""
    rules, faults = plan.records.rules, plan.records.faults
    if plan.scenario == EXCLUSION and rules and not plan.records.exclusions:
        yield Diagnostic(
            code="MG403",
            message=f"no clause says what {plan.scenario} of {plan.model} is to match",
            location=plan.location,
            hint="state $exclude beside $rules, or give the scenario another name",
            related=(Related(message="rules are stated here", location=rules[0].location),),
        )
    if plan.scenario == NEGATIVE and faults > 1 and not rules:
        yield Diagnostic(
            code="MG403",
            message=f"no record of {plan.model} can break {faults} rules: it has none",
            location=plan.location,
            hint="state $rules, or drop $faults",
        )
    if plan.output.labels is Labels.INSIDE and plan.output.format == "csv":
        yield Diagnostic(
            code="MG221",
            message=f"a CSV row has no room for the labels inside ({INSIDE})",
            location=plan.location,
            hint="use labels: file, or another format",
        )


COMPARED: Final = (POSITIVE, NEGATIVE, EXCLUSION)
"""Scenarios that are meant to differ."""

_SHOWN: Final = 300
"""Characters of the example record."""


def check_overlaps(plans: Iterable[OutputPlan]) -> list[Diagnostic]:
    """Return a warning for each two scenarios that can make the same record, with such a record."""
    by_model: dict[str, list[OutputPlan]] = {}
    for plan in plans:
        ruled = plan.records.rules or plan.records.exclusions
        if plan.scenario in COMPARED and not plan.mix and not ruled:
            by_model.setdefault(plan.model, []).append(plan)
    found = []
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
    values = _common_values(_leaves(first), _leaves(second))
    if values is None:
        return None
    record: Json = record_at(compile_program(first), 0)
    for path, value in values:
        for place, _ in list(places_of(record, path)):
            record = with_value(record, place, value)
    return record if isinstance(record, dict) else None


def _common_values(left: dict[Path, Leaf], right: dict[Path, Leaf]) -> Values | None:
    """Return a common value for each leaf that is not the same in both; None where one has none."""
    values: Values = []
    rows: dict[Path, list[tuple[Path, Leaf, Leaf]]] = {}
    if any(not leaf.modifiers.omit for path, leaf in left.items() if path not in right):
        return None
    if any(not leaf.modifiers.omit for path, leaf in right.items() if path not in left):
        return None
    values += [(path, MISSING) for path in left if path not in right]
    for path, mine in left.items():
        other = right.get(path)
        if other is None or _form(mine) == _form(other):
            continue
        if isinstance(mine.generator, RowField) and isinstance(other.generator, RowField):
            rows.setdefault(mine.generator.address, []).append((path, mine, other))
            continue
        common = _common_value(mine, other)
        if isinstance(common, _Nothing):
            return None
        values.append((path, common))
    for row in map(_common_row, rows.values()):
        if row is None:
            return None
        values += row
    return values


class _Nothing:
    """No value is common."""


def _leaves(plan: RecordPlan) -> dict[Path, Leaf]:
    return {field.path: field.leaf for field in fields_of(plan.shape)}


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


def _common_value(left: Leaf, right: Leaf) -> Json | Missing | _Nothing:
    mine, others = options_of(left), options_of(right)
    if mine is not None and others is not None:
        for option in mine:
            if any(same_or_missing(option.value, other.value) for other in others):
                return option.value
        return _Nothing()
    if mine is not None or others is not None:
        options, open_leaf = (mine, right) if mine is not None else (others, left)
        for option in options or ():
            if not isinstance(option.value, Missing) and _can_make(open_leaf, option.value):
                return option.value
    return _Nothing()


def _can_make(leaf: Leaf, value: Json) -> bool:
    """Return whether it is certain that ``leaf`` can make ``value``."""
    generator = leaf.generator
    if value is None:
        return bool(leaf.modifiers.null)
    if isinstance(generator, Pattern) and isinstance(value, str):
        return not leaf.modifiers.transforms and bool(re.fullmatch(generator.source, value))
    if isinstance(generator, Number) and isinstance(value, int | Decimal):
        grid = grid_of(generator)
        units = Decimal(value).scaleb(grid.decimals)
        if generator.minimum is None or generator.maximum is None or units != int(units):
            return False
        steps, rest = divmod(int(units) - grid.origin, grid.step)
        made = final_value(leaf, number_of(int(units), grid.decimals))
        return not rest and 0 <= steps < grid.count and same(made, value)
    return False


def _common_row(
    group: Sequence[tuple[Path, Leaf, Leaf]],
) -> Values | None:
    mine = [[option.value for option in options_of(leaf) or ()] for _, leaf, _ in group]
    others = [[option.value for option in options_of(leaf) or ()] for _, _, leaf in group]
    for row in zip(*mine, strict=False):
        for other in zip(*others, strict=False):
            if all(map(same_or_missing, row, other)):
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
    text = json.dumps(_without_master(first.records, record), ensure_ascii=False, default=float)
    shown = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    return Diagnostic(
        code="MG401",
        severity=Severity.WARNING,
        message=(
            f"{second.scenario} of {second.model} can make the same record as {first.scenario}, "
            f"such as {shown}"
        ),
        location=second.location,
        hint="let the pools of the two differ, or state $rules, from which faults are derived",
        related=(Related(message=f"{first.scenario} is stated here", location=first.location),),
    )


def check_scenarios(plans: Sequence[OutputPlan]) -> list[Diagnostic]:
    """Return warnings of what the scenarios of a suite do not do, though they can be generated."""
    followers = [
        Diagnostic(
            code="MG409",
            severity=Severity.WARNING,
            message=f"$coverage of {plan.model}/{plan.scenario} has no effect",
            location=plan.coverage.location,
            hint="its records are the twins of positive, and follow what positive covers",
        )
        for plan in plans
        if not plan.mix and plan.coverage.is_asked and plan.coverage != plan.records.coverage
    ]
    return [*followers, *check_overlaps(plans)]
