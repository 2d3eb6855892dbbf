"""Constraining: a plan whose own draws meet what its records have to be, as far as they can.

Where the values of a field, or of fields that are drawn together, can be counted, each is tried
once, here. Values that can never be part of a fit record leave their pool; the others keep their
identities, so that a record which had one of them keeps it. What cannot be decided so stays open,
and is checked on each record.
"""

from __future__ import annotations

import itertools
import math
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.canonical import canonical
from mockgen_watch.diagnostics import Diagnostic, Related
from mockgen_watch.generate.column import record_at
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.plan.checks import check_unique
from mockgen_watch.rules.values import Path, is_number, seconds_of, with_field
from mockgen_watch.scenarios.promise import facts
from mockgen_watch.scenarios.promise.requirements import Bounds, Requirement
from mockgen_watch.spec.generators import (
    Boolean,
    Moment,
    Number,
    Pool,
    PoolEntry,
    RowField,
    row_of,
    with_rows,
)
from mockgen_watch.spec.model import Leaf, ObjectShape, Shape, find_shapes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.rules.rule import Condition
    from mockgen_watch.spec.document import Json


class Constrained(Struct, frozen=True, kw_only=True):
    """A plan that meets all requirements but those that are ``open``.

    Attributes:
        problems: why no record can be what is required; the plan is of no use then.
    """

    plan: RecordPlan
    open: tuple[Requirement, ...]
    problems: tuple[Diagnostic, ...]


def constrain(plan: RecordPlan, requirements: Sequence[Requirement]) -> Constrained:
    """Return ``plan`` with pools that hold only what can be part of a fit record."""
    problems: list[Diagnostic] = []
    left = list(requirements)
    # The first pass may leave fewer values, which proves in the second what was open in the first.
    for _ in range(2):
        still_open = []
        for requirement in left:
            plan, verdict = _constrain_one(plan, requirement)
            if verdict is False:
                problems.append(_cannot_be_met(requirement, plan))
            elif verdict is None:
                still_open.append(requirement)
        left = still_open
    problems = (
        problems
        or [_with_causes(found, plan, requirements) for found in check_unique(plan)]
        or [found for requirement in left for found in _too_few_fit(plan, requirement)]
    )
    return Constrained(plan=plan, open=tuple(left), problems=tuple(problems))


def _constrain_one(plan: RecordPlan, requirement: Requirement) -> tuple[RecordPlan, bool | None]:
    """Return the plan with a requirement met as far as it can be, and whether it is certain now."""
    condition, paths = requirement.condition, requirement.paths
    if condition is not None:
        plan = replace(plan, shape=_narrow_to(plan.shape, condition))
    verdict = requirement.proved(plan)
    if verdict is not None or paths is None:
        return plan, verdict
    found = facts.fields_below(plan.shape, paths)
    if not found:
        return plan, requirement.holds({})
    # A requirement on an array or an object is on no leaf in it.
    # A clause on an array of plain values is about each of them.
    is_leaf = len(found) == 1 and found[0].path == facts.bare_path(paths[0])
    if is_leaf and not requirement.is_of_elements:
        is_leaf = all(isinstance(part, Leaf) for part in find_shapes(plan.shape, paths[0]))
    if requirement.fits is not None and is_leaf and not found[0].is_sure:
        return _constrain_elements(plan, requirement, found[0])
    variables = _variables(found)
    if variables is None:
        return plan, None
    return _constrain_counted(plan, requirement, variables)


def narrow_leaf(leaf: Leaf, bounds: Bounds) -> Leaf:
    """Return ``leaf`` with its number or date within ``bounds``, as far as it can be."""
    generator = leaf.generator
    low: int | Decimal | None
    high: int | Decimal | None
    if isinstance(generator, Number):
        size, low, high = 1, generator.minimum, generator.maximum
    elif isinstance(generator, Moment):
        size, low, high = facts.seconds_in(generator), generator.first, generator.last
    else:
        return leaf
    if low is None or high is None or leaf.modifiers.is_fixed:
        return leaf
    start, step = Fraction(low), Fraction(generator.step)
    first, last = 0, (Fraction(high) - start) // step
    if bounds.low is not None:
        first = max(first, math.ceil((Fraction(bounds.low) / size - start) / step))
    if bounds.high is not None:
        last = min(last, math.floor((Fraction(bounds.high) / size - start) / step))
    if first > last:
        return leaf
    ends = [start + number * step for number in (first, last)]
    if isinstance(generator, Number):
        least, most = (Decimal(end.numerator) / Decimal(end.denominator) for end in ends)
        return replace(leaf, generator=replace(generator, minimum=least, maximum=most))
    return replace(leaf, generator=replace(generator, first=int(ends[0]), last=int(ends[1])))


def _narrow_to(shape: ObjectShape, condition: Condition) -> ObjectShape:
    """Return ``shape`` with the field of ``condition`` matching it as far as that can be drawn.

    The objects on the way to the field are in every record then: nothing that is in an absent
    object matches a clause, and no draw of a field brings it back.
    """
    wanted = facts.bare_path(condition.path)
    bounds = Bounds(low=condition.low, high=condition.high)

    def change(path: Path, part: Shape) -> Shape:
        if path != wanted or not isinstance(part, Leaf):
            return part
        if condition.values:
            part = _narrow_to_values(part, condition)
        return narrow_leaf(part, bounds) if condition.is_range else part

    return facts.change_shape(_always_there(shape, wanted), change)


def _narrow_to_values(leaf: Leaf, condition: Condition) -> Leaf:
    """Return ``leaf`` with the values that ``condition`` lists.

    Only a number or date of more values than can be counted: chance would hardly ever find one.
    """
    generator = leaf.generator
    if leaf.modifiers.is_fixed or facts.options_of(leaf) is not None:
        return leaf
    if isinstance(generator, Number):
        entries = tuple(_listed_numbers(generator, condition))
        return replace(leaf, generator=Pool(entries=entries)) if entries else leaf
    if isinstance(generator, Moment):
        size = facts.seconds_in(generator)
        texts = [value for value in condition.values if isinstance(value, str)]
        dates = [seconds_of(text, generator.kind, generator.format) for text in texts]
        first, last = generator.first * size, generator.last * size
        own = [date for date in dates if date is not None and first <= date <= last]
        return narrow_leaf(leaf, Bounds(low=min(own), high=max(own))) if own else leaf
    return leaf


def _listed_numbers(number: Number, condition: Condition) -> Iterable[PoolEntry]:
    entries = {}
    for value in condition.values:
        written = facts.on_grid(number, value) if is_number(value) else None
        if written is not None:
            entries[written] = PoolEntry(
                value=written,
                weight=Decimal(1),
                identity=canonical(written),
                location=condition.location,
            )
    return entries.values()


def _always_there(shape: ObjectShape, path: Path) -> ObjectShape:
    """Return ``shape`` with the objects on the way to ``path`` in every record."""
    key, *rest = path
    if not rest:
        return shape

    def changed(inner: Shape) -> Shape:
        if not isinstance(inner, ObjectShape):
            return inner
        sure = replace(inner.modifiers, null=Decimal(0), omit=Decimal(0))
        return _always_there(replace(inner, modifiers=sure), tuple(rest))

    members = tuple(
        replace(member, shape=changed(member.shape)) if member.name == key else member
        for member in shape.members
    )
    return replace(shape, members=members)


def _may_restrict(leaf: Leaf, *, is_for_all: bool = False) -> bool:
    """Return whether some values of ``leaf`` can be left out while the others keep their places."""
    if is_for_all and isinstance(leaf.generator, Pool):
        return True
    return isinstance(leaf.generator, Pool | RowField | Boolean) and not leaf.modifiers.is_fixed


def _constrain_elements(
    plan: RecordPlan, requirement: Requirement, field: facts.Field
) -> tuple[RecordPlan, bool | None]:
    """Constrain a field that is in elements, or not in every record."""
    options, fits = facts.options_of(field.leaf), requirement.fits
    if options is None or fits is None:
        return plan, None
    good = [option for option in options if fits(option.value)]
    is_match = requirement.condition is not None
    if not good:
        return plan, False if is_match else None
    if len(good) < len(options):
        if not _may_restrict(field.leaf, is_for_all=requirement.is_for_all):
            return plan, None
        kept = frozenset(option.identity for option in good)
        plan = _restrict(plan, facts.unit_of(field.leaf), kept, {field.path})
    # A clause matches only where an element is there at all.
    return plan, None if is_match else True


class _Variable(Struct, frozen=True, kw_only=True):
    """What is drawn together: its leaves, and each choice with the leaves' values."""

    unit: facts.Unit
    leaves: tuple[tuple[Path, Leaf], ...]
    choices: tuple[tuple[facts.Option, ...], ...]


def _variables(found: Sequence[facts.Field]) -> list[_Variable] | None:
    """Return the variables of the ``found`` leaves, or None when they cannot be counted."""
    units: dict[facts.Unit, dict[Path, Leaf]] = {}
    for path, leaf, is_sure in found:
        if not is_sure:
            return None
        units.setdefault(facts.unit_of(leaf), {})[path] = leaf
    variables = []
    for unit, leaves in units.items():
        known = map(facts.options_of, leaves.values())
        columns = [options for options in known if options is not None]
        if len(columns) < len(leaves):
            return None
        has_gaps = any(leaf.modifiers.null or leaf.modifiers.omit for leaf in leaves.values())
        if len(leaves) > 1 and (has_gaps or len({len(column) for column in columns}) > 1):
            return None
        choices = tuple(zip(*columns, strict=True))
        variables.append(_Variable(unit=unit, leaves=tuple(leaves.items()), choices=choices))
    count = math.prod(len(variable.choices) for variable in variables)
    return variables if count <= facts.MOST_OPTIONS else None


def _constrain_counted(
    plan: RecordPlan, requirement: Requirement, variables: Sequence[_Variable]
) -> tuple[RecordPlan, bool | None]:
    """Constrain fields by trying every combination of what they can be."""
    every = itertools.product(*(range(len(variable.choices)) for variable in variables))
    good = [each for each in every if requirement.holds(_record_with(variables, each))]
    if not good or len(good) == math.prod(len(variable.choices) for variable in variables):
        return plan, bool(good)
    used = [set(numbers) for numbers in zip(*good, strict=True)]
    is_whole = True
    for variable, numbers_used in zip(variables, used, strict=True):
        if len(numbers_used) == len(variable.choices):
            continue
        is_alone = len(variables) == 1 and len(variable.leaves) == 1
        is_for_all = is_alone and requirement.is_for_all
        if not all(_may_restrict(leaf, is_for_all=is_for_all) for _, leaf in variable.leaves):
            is_whole = False
            continue
        kept = frozenset(variable.choices[number][0].identity for number in numbers_used)
        plan = _restrict(plan, variable.unit, kept, {path for path, _ in variable.leaves})
    # When all combinations of the values that are left are fit, nothing is open any more.
    is_sure = is_whole and len(good) == math.prod(map(len, used))
    return plan, True if is_sure else None


def _record_with(variables: Sequence[_Variable], numbers: Sequence[int]) -> Json:
    """Return a record that has the given choice of each variable, and no other field."""
    record: Json = {}
    for variable, number in zip(variables, numbers, strict=True):
        for (path, _), option in zip(variable.leaves, variable.choices[number], strict=True):
            record = with_field(record, path, option.value)
    return record


def _restrict(
    plan: RecordPlan, unit: facts.Unit, kept: frozenset[bytes], paths: set[Path]
) -> RecordPlan:
    """Return ``plan`` with the pools of ``unit`` cut down to the entries in ``kept``."""

    def change(path: Path, part: Shape) -> Shape:
        if not isinstance(part, Leaf) or facts.unit_of(part) != unit:
            return part
        return _restrict_leaf(part, kept) if unit[0] == "rows" or path in paths else part

    return replace(plan, shape=facts.change_shape(plan.shape, change))


def _restrict_leaf(leaf: Leaf, kept: frozenset[bytes]) -> Leaf:
    generator, modifiers = leaf.generator, leaf.modifiers
    row = row_of(generator)
    if row is not None:
        fewer = replace(row, rows=_smaller(row.rows, kept))
        return replace(leaf, generator=with_rows(generator, fewer))
    null = modifiers.null if facts.NULL in kept else Decimal(0)
    omit = modifiers.omit if facts.ABSENT in kept else Decimal(0)
    if kept <= {facts.NULL, facts.ABSENT}:
        # No entry is left. Absence is drawn before null, so an absent field stays absent.
        null, omit = (Decimal(1), omit) if facts.NULL in kept else (null, Decimal(1))
    modifiers = replace(modifiers, null=null, omit=omit)
    if isinstance(generator, Pool):
        generator = _smaller(generator, kept)
    elif isinstance(generator, Boolean) and (b"true" in kept) is not (b"false" in kept):
        generator = Boolean(true=Decimal(b"true" in kept))
    return replace(leaf, generator=generator, modifiers=modifiers)


def _smaller(pool: Pool, kept: frozenset[bytes]) -> Pool:
    entries = tuple(entry for entry in pool.entries if entry.identity in kept)
    return replace(pool, entries=entries) if entries else pool


def _cannot_be_met(requirement: Requirement, plan: RecordPlan) -> Diagnostic:
    name = requirement.name
    if requirement.condition is not None:
        message = f"no record of {plan.scenario} can match {name}"
        hint = f"state matching values in {plan.scenario}, or remove the clause"
    elif requirement.is_outside:
        message = f"every record of {plan.scenario} would match {name}"
        hint = "give the field a value that does not match"
    else:
        message = f"no record of {plan.scenario} can satisfy {name}"
        because = requirement.unevaluated(record_at(compile_program(plan), 0))
        if because:
            message += f": for the first record it cannot be evaluated: {because}"
        hint = "give the field a value that the rule allows"
    return Diagnostic(
        code="MG403",
        message=message,
        location=requirement.location,
        hint=hint,
        related=requirement.fields_in(plan, "these are all values of the field"),
    )


def _with_causes(
    problem: Diagnostic, plan: RecordPlan, requirements: Iterable[Requirement]
) -> Diagnostic:
    """Return ``problem`` of a ``$unique`` field with the rules that leave it so few values."""
    related = tuple(
        Related(message=f"{requirement.name} reduces them", location=requirement.location)
        for requirement in requirements
        for path in requirement.paths or ()
        if any(
            field.leaf.origin.location == problem.location
            for field in facts.fields_below(plan.shape, [path])
        )
    )
    return replace(problem, related=(*problem.related, *related))


def _too_few_fit(plan: RecordPlan, requirement: Requirement) -> Iterator[Diagnostic]:
    """Yield an error for a ``$unique`` field that has fewer fit values than there are records."""
    fits = requirement.fits
    found = facts.fields_below(plan.shape, requirement.paths[:1]) if requirement.paths else []
    if fits is None or len(found) != 1 or requirement.condition is not None:
        return
    path, leaf, is_sure = found[0]
    options = facts.options_of(leaf) if leaf.modifiers.unique else None
    if options is None or not is_sure:
        return
    fit = sum(fits(option.value) for option in options)
    if fit < plan.count:
        name = requirement.name
        yield Diagnostic(
            code="MG214",
            message=(
                f'"{".".join(path)}" is unique, and {name} leaves {fit} '
                f"value{'s'[: fit != 1]} for {plan.count} records"
            ),
            location=leaf.origin.location,
            hint=f"add values, lower $count to {fit}, or remove $unique",
            related=(Related(message=f"{name} is defined here", location=requirement.location),),
        )
