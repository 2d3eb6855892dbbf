"""Takes a plan and what its records have to be; gives the plan whose records are, where it can.

Where the values of a field, or of fields that are drawn together, can be counted, each is tried
once, here. Values that can never be part of a fit record leave their pool; the others keep their
identities, so that a record which had one of them keeps it. What cannot be decided so stays open.
"""

from __future__ import annotations

import itertools
import math
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.canonical import canonical
from mockgen_watch.generate.distributions import grid_of
from mockgen_watch.rules.values import Missing, seconds_of
from mockgen_watch.scenarios.promise.facts import (
    ABSENT,
    MOST,
    NULL,
    Option,
    bare_path,
    change_paths,
    is_restrictable,
    leaves_below,
    number_of,
    options_of,
    unit_of,
    walk_paths,
)
from mockgen_watch.scenarios.promise.needs import Bounds, hold_leaf
from mockgen_watch.spec.generators import (
    Boolean,
    Moment,
    MomentKind,
    Number,
    Pool,
    PoolEntry,
    RowField,
)
from mockgen_watch.spec.model import ObjectShape
from mockgen_watch.spec.moments import DAY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.rules.clause import Condition
    from mockgen_watch.rules.values import Path
    from mockgen_watch.scenarios.promise.facts import Unit
    from mockgen_watch.scenarios.promise.needs import Need
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.model import Leaf, Shape


def hold_to_bounds(shape: ObjectShape, condition: Condition) -> ObjectShape:
    """Return ``shape`` with the field of ``condition`` within its bounds, as far as it can be."""
    wanted = bare_path(condition.path)
    bounds = Bounds(low=condition.low, high=condition.high)
    return change_paths(
        shape, lambda path, leaf: hold_leaf(leaf, bounds) if path == wanted else leaf
    )


def hold_to_values(plan: RecordPlan, condition: Condition) -> ObjectShape:
    """Return the shape of ``plan`` with the field of ``condition`` among the values that it lists.

    Only a number or date of more values than can be counted: chance would hardly ever meet one.
    """
    wanted = bare_path(condition.path)

    def held(path: Path, leaf: Leaf) -> Leaf:
        if path != wanted or leaf.modifiers.unique or options_of(leaf) is not None:
            return leaf
        if isinstance(leaf.generator, Number):
            return _among(leaf, leaf.generator, condition)
        if isinstance(leaf.generator, Moment):
            return _between(leaf, leaf.generator, condition)
        return leaf

    return change_paths(plan.shape, held)


def _among(leaf: Leaf, number: Number, condition: Condition) -> Leaf:
    grid = grid_of(number)
    entries = {}
    for value in condition.values:
        if not isinstance(value, int | Decimal) or isinstance(value, bool):
            continue
        units = Decimal(value).scaleb(grid.decimals) - grid.origin
        steps = units / grid.step
        if steps == steps.to_integral_value() and grid.low <= steps <= grid.high:
            written = number_of(grid.origin + int(units), grid.decimals)
            entries[written] = PoolEntry(
                value=written,
                weight=Decimal(1),
                identity=canonical(written),
                location=condition.location,
            )
    return replace(leaf, generator=Pool(entries=tuple(entries.values()))) if entries else leaf


def _between(leaf: Leaf, moment: Moment, condition: Condition) -> Leaf:
    size = DAY if moment.kind is MomentKind.DATE else 1
    texts = [value for value in condition.values if isinstance(value, str)]
    known = [seconds_of(text, moment.kind, moment.format) for text in texts]
    dates = [date for date in known if date is not None]
    own = [date for date in dates if moment.first * size <= date <= moment.last * size]
    return hold_leaf(leaf, Bounds(low=min(own), high=max(own))) if own else leaf


def hold_there(shape: ObjectShape, path: Path) -> ObjectShape:
    """Return ``shape`` with the objects on the way to ``path`` in every record.

    Nothing that is in an absent object matches a clause, and no draw of a field brings it back.
    """
    key, *rest = path
    if not rest:
        return shape

    def held(inner: Shape) -> Shape:
        if not isinstance(inner, ObjectShape):
            return inner
        if inner.modifiers.null or inner.modifiers.omit:
            sure = replace(inner.modifiers, null=Decimal(0), omit=Decimal(0))
            inner = replace(inner, modifiers=sure)
        return hold_there(inner, tuple(rest))

    members = tuple(
        replace(member, shape=held(member.shape)) if member.name == key else member
        for member in shape.members
    )
    return replace(shape, members=members)


class Conflict(Struct, frozen=True, kw_only=True):
    """A need that no record can meet, and the leaves that stand against it."""

    need: Need
    leaves: tuple[Leaf, ...]


class Settled(Struct, frozen=True, kw_only=True):
    """A plan that meets all needs but those that are ``open``."""

    plan: RecordPlan
    open: tuple[Need, ...]
    conflicts: tuple[Conflict, ...]


class Variable(Struct, frozen=True, kw_only=True):
    """What is drawn together: its leaves, and each choice with the leaves' values."""

    unit: Unit
    leaves: tuple[tuple[Path, Leaf], ...]
    choices: tuple[tuple[Option, ...], ...]


def settle(plan: RecordPlan, needs: Sequence[Need]) -> Settled:
    """Return ``plan`` with pools that hold only what can be part of a fit record."""
    conflicts: list[Conflict] = []
    waiting = list(needs)
    # The first pass may leave fewer values, which proves in the second what was open in the first.
    for _ in range(2):
        unsettled = []
        for need in waiting:
            plan, verdict = _settle_one(plan, need)
            if verdict is False:
                conflicts.append(Conflict(need=need, leaves=_against(plan, need)))
            elif verdict is None:
                unsettled.append(need)
        waiting = unsettled
    return Settled(plan=plan, open=tuple(waiting), conflicts=tuple(conflicts))


def _against(plan: RecordPlan, need: Need) -> tuple[Leaf, ...]:
    found = [leaf for path in need.paths or () for _, leaf, _ in leaves_below(plan.shape, path)]
    return tuple(found)


def _settle_one(plan: RecordPlan, need: Need) -> tuple[RecordPlan, bool | None]:
    """Return the plan with the need met as far as it can be, and whether it is certain now."""
    if need.condition is not None:
        plan = replace(plan, shape=hold_there(plan.shape, bare_path(need.condition.path)))
        if need.condition.values:
            plan = replace(plan, shape=hold_to_values(plan, need.condition))
        if need.condition.is_range:
            plan = replace(plan, shape=hold_to_bounds(plan.shape, need.condition))
    verdict = need.proved(plan)
    if verdict is not None or need.paths is None:
        return plan, verdict
    found = [item for path in need.paths for item in leaves_below(plan.shape, path)]
    if not found:
        return plan, need.holds({})
    # What is said of an array or an object is said of no leaf in it.
    is_leaf = len(found) == 1 and found[0][0] == bare_path(need.paths[0])
    if need.fits is not None and is_leaf and not found[0][2]:
        return _settle_elements(plan, need, found[0][0], found[0][1])
    variables = _variables(plan, found)
    if variables is None:
        return plan, None
    return _settle_counted(plan, need, variables)


def _is_restrictable(leaf: Leaf, need: Need) -> bool:
    """Return whether ``need``, which reads ``leaf`` alone, may leave out some of its values."""
    return is_restrictable(leaf) or (need.is_for_all and isinstance(leaf.generator, Pool))


def _settle_elements(
    plan: RecordPlan, need: Need, path: Path, leaf: Leaf
) -> tuple[RecordPlan, bool | None]:
    """Settle a need on a field that stands in elements, or not in every record."""
    options = options_of(leaf)
    fits = need.fits
    if options is None or fits is None:
        return plan, None
    good = [option for option in options if fits(option.value)]
    is_match = need.condition is not None
    if not good:
        return plan, None if not is_match else False
    if len(good) < len(options):
        if not _is_restrictable(leaf, need):
            return plan, None
        kept = frozenset(option.identity for option in good)
        plan = _restrict(plan, unit_of(leaf), kept, {path})
    # A clause matches only where an element is there at all.
    return plan, None if is_match else True


def _variables(plan: RecordPlan, found: Sequence[tuple[Path, Leaf, bool]]) -> list[Variable] | None:
    """Return the variables that ``found`` leaves are, or None when they cannot be counted."""
    units: dict[Unit, dict[Path, Leaf]] = {}
    for path, leaf, is_sure in found:
        if not is_sure:
            return None
        units.setdefault(unit_of(leaf), {})[path] = leaf
    variables = []
    for unit, leaves in units.items():
        columns = [options_of(leaf) for leaf in leaves.values()]
        if any(column is None for column in columns):
            return None
        lengths = {len(column or ()) for column in columns}
        has_gaps = any(leaf.modifiers.null or leaf.modifiers.omit for leaf in leaves.values())
        if len(leaves) > 1 and (len(lengths) > 1 or has_gaps):
            return None
        choices = tuple(zip(*[column or () for column in columns], strict=True))
        variables.append(Variable(unit=unit, leaves=tuple(leaves.items()), choices=choices))
    del plan
    if math.prod(len(variable.choices) for variable in variables) > MOST:
        return None
    return variables


def _settle_counted(
    plan: RecordPlan, need: Need, variables: Sequence[Variable]
) -> tuple[RecordPlan, bool | None]:
    """Settle a need by trying every combination of what its fields can be."""
    used: list[set[int]] = [set() for _ in variables]
    total, good = 0, 0
    ranges = [range(len(variable.choices)) for variable in variables]
    for numbers in itertools.product(*ranges):
        total += 1
        if need.holds(record_with(variables, numbers)):
            good += 1
            for place, number in enumerate(numbers):
                used[place].add(number)
    if not good:
        return plan, False
    if good == total:
        return plan, True
    whole = True
    for variable, numbers_used in zip(variables, used, strict=True):
        if len(numbers_used) == len(variable.choices):
            continue
        is_alone = len(variables) == 1 and len(variable.leaves) == 1
        if not all(
            is_restrictable(leaf) or (is_alone and _is_restrictable(leaf, need))
            for _, leaf in variable.leaves
        ):
            whole = False
            continue
        kept = frozenset(variable.choices[number][0].identity for number in numbers_used)
        paths = {path for path, _ in variable.leaves}
        plan = _restrict(plan, variable.unit, kept, paths)
    # When all combinations of the values that are left are fit, nothing is open any more.
    sure = whole and good == math.prod(len(numbers) for numbers in used)
    return plan, True if sure else None


def record_with(variables: Sequence[Variable], numbers: Sequence[int]) -> Json:
    """Return a record that has the given choice of each variable, and no other field."""
    record: Json = {}
    for variable, number in zip(variables, numbers, strict=True):
        for (path, _), option in zip(variable.leaves, variable.choices[number], strict=True):
            record = _put(record, path, option.value)
    return record


def _put(record: Json, path: Path, value: Json | Missing) -> Json:
    inner = record if isinstance(record, dict) else {}
    if len(path) == 1:
        return inner if isinstance(value, Missing) else {**inner, path[0]: value}
    return {**inner, path[0]: _put(inner.get(path[0], {}), path[1:], value)}


def _restrict(plan: RecordPlan, unit: Unit, kept: frozenset[bytes], paths: set[Path]) -> RecordPlan:
    """Return ``plan`` with the pools of ``unit`` cut down to the entries in ``kept``."""

    def change(path: Path, leaf: Leaf) -> Leaf:
        if unit_of(leaf) != unit or (unit[0] != "rows" and path not in paths):
            return leaf
        return restrict_leaf(leaf, kept)

    return replace(plan, shape=change_paths(plan.shape, change))


def restrict_leaf(leaf: Leaf, kept: frozenset[bytes]) -> Leaf:
    """Return ``leaf`` with the options in ``kept`` alone."""
    modifiers = leaf.modifiers
    is_rows = isinstance(leaf.generator, RowField)
    if not is_rows and modifiers.null and NULL not in kept:
        modifiers = replace(modifiers, null=Decimal(0))
    if not is_rows and modifiers.omit and ABSENT not in kept:
        modifiers = replace(modifiers, omit=Decimal(0))
    if not is_rows and kept <= {NULL, ABSENT}:
        # No entry is left. An absent field is told before a null one, so it stays absent.
        sure = Decimal(1)
        is_null = NULL in kept
        modifiers = replace(modifiers, null=sure) if is_null else replace(modifiers, omit=sure)
    generator = leaf.generator
    if isinstance(generator, Pool):
        generator = _smaller(generator, kept)
    elif isinstance(generator, RowField):
        generator = replace(generator, rows=_smaller(generator.rows, kept))
    elif isinstance(generator, Boolean) and (b"true" in kept) is not (b"false" in kept):
        generator = Boolean(true=Decimal(b"true" in kept))
    return replace(leaf, generator=generator, modifiers=modifiers)


def _smaller(pool: Pool, kept: frozenset[bytes]) -> Pool:
    entries = tuple(entry for entry in pool.entries if entry.identity in kept)
    return replace(pool, entries=entries) if entries else pool


def shape_paths(shape: ObjectShape) -> Iterator[tuple[Path, Leaf]]:
    """Yield each leaf of ``shape`` with its path."""
    for path, leaf, _ in walk_paths(shape):
        yield path, leaf
