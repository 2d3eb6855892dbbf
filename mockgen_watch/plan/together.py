"""Fields that are unique together: how many values they have, and which digit each of them is.

The values that each field can have are numbered, and a number below the product of their counts
names one value of each, in mixed radix. A keyed permutation gives every position another number.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.canonical import canonical
from mockgen_watch.diagnostics import Diagnostic
from mockgen_watch.plan.children import is_child
from mockgen_watch.spec import generators
from mockgen_watch.spec import model as spec
from mockgen_watch.spec.moments import format_moment, is_written_apart

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.spec.document import Json

MOST: Final = (1 << 63) - 1
"""The most that the numbers of a group may be."""

_ALWAYS: Final = (
    generators.Uuid,
    generators.SequenceNumber,
    generators.RecordIndex,
    generators.Progression,
)
"""Generators that give every record another value."""

_MADE: Final = (
    generators.Template,
    generators.Computed,
    generators.FieldValue,
    generators.Alternatives,
)
"""Generators whose values other fields or shapes make."""


class Radix(Struct, frozen=True):
    """How the numbers of a group are taken apart.

    Attributes:
        digits: of what is drawn as one, what its digit counts, and how many values it has; what
            is not there is drawn like any field.
        size: of the numbers.
        alone: what is unique by itself, having very many values; empty for nothing.
    """

    digits: Mapping[tuple[str, ...], tuple[int, int]]
    size: int
    alone: tuple[str, ...] = ()


def drawn_as(leaf: spec.Leaf) -> tuple[str, ...]:
    """Return a name of what ``leaf`` is drawn with: itself, a row, or a parent record."""
    generator = leaf.generator
    row = generators.row_of(generator)
    if row is not None:
        return (*row.address, "$rows")
    if isinstance(generator, generators.Reference):
        names = generator.suite, generator.model, generator.scenario
        return (*leaf.address[:-1], "$ref", *names)
    return leaf.address


def mark_together(shape: spec.ObjectShape, groups: Sequence[spec.Together]) -> spec.ObjectShape:
    """Return ``shape`` with the leaves of each group marked, and what is drawn with them."""
    if not groups:
        return shape
    of_address = {address: group.addresses for group in groups for address in group.addresses}
    of_unit = {
        drawn_as(leaf): of_address[leaf.address]
        for _, leaf in spec.walk_leaves(shape)
        if leaf.address in of_address
    }

    def change(leaf: spec.Leaf) -> spec.Leaf:
        group = of_unit.get(drawn_as(leaf))
        if group is None:
            return leaf
        return replace(leaf, modifiers=replace(leaf.modifiers, together=group))

    return spec.change_object(shape, change)


def joint_radix(records: RecordPlan, group: spec.Addresses) -> Radix:
    """Return how the numbers of ``group`` are taken apart."""
    leaves = _leaves_of(records, group)
    if any(_differs_always(leaf) for leaf in leaves):
        return Radix({}, 0)
    sizes = {drawn_as(leaf): _size(leaf, records) or 1 for leaf in leaves}
    largest = max(sizes, key=sizes.__getitem__, default=())
    if sizes.get(largest, 0) > MOST:
        return Radix({}, 0, largest)
    digits: dict[tuple[str, ...], tuple[int, int]] = {}
    total = 1
    for unit, size in sorted(sizes.items(), key=lambda item: -item[1]):
        if 1 < size <= MOST // total:
            digits[unit] = total, size
            total *= size
    return Radix(digits, total)


def check_together(records: RecordPlan) -> Iterator[Diagnostic]:
    """Yield an error for each group that cannot differ in all records, or elements."""
    groups = {
        leaf.modifiers.together: None
        for _, leaf in spec.walk_leaves(records.shape)
        if leaf.modifiers.together
    }
    for group in groups:
        leaves = _leaves_of(records, group)
        if any(_differs_always(leaf) for leaf in leaves):
            continue
        problems = [*_problems(leaves, records)]
        yield from problems
        if not problems:
            yield from _too_few(leaves, group, records)


def _leaves_of(records: RecordPlan, group: spec.Addresses) -> list[spec.Leaf]:
    by_address: dict[tuple[str, ...], spec.Leaf] = {}
    for _, leaf in spec.walk_leaves(records.shape):
        # Alternatives have the address of the whole, and come after it.
        by_address.setdefault(leaf.address, leaf)
    return [by_address[address] for address in group if address in by_address]


def _differs_always(leaf: spec.Leaf) -> bool:
    """Return whether no two values of ``leaf`` are the same anyway."""
    generator = leaf.generator
    if leaf.modifiers.transforms or not generators.stay_apart(generator, leaf.modifiers.check):
        return False
    if isinstance(generator, generators.RecordIndex) and generator.sibling:
        return False
    is_one = isinstance(generator, _ALWAYS) and spec.ELEMENT not in leaf.address
    return is_one or leaf.modifiers.unique or isinstance(generator, generators.Uuid)


def _size(leaf: spec.Leaf, records: RecordPlan) -> int | None:
    """Return how many values the leaf is drawn from; None where they have no end."""
    generator = leaf.generator
    if isinstance(generator, generators.Reference):
        parent = dict(records.parents).get(generator)
        return None if parent is None else parent.count
    if isinstance(generator, generators.RowField):
        return sum(1 for entry in generator.rows.entries if entry.weight)
    return generators.capacity(generator)


def _problems(leaves: Sequence[spec.Leaf], records: RecordPlan) -> Iterator[Diagnostic]:
    """Yield an error for each field whose values cannot be numbered."""
    units: dict[tuple[str, ...], list[spec.Leaf]] = {}
    for leaf in leaves:
        units.setdefault(drawn_as(leaf), []).append(leaf)
    for unit in units.values():
        reason = next((why for why in map(_reason, unit) if why), "")
        if not reason and isinstance(unit[0].generator, generators.Reference):
            reason = _reason_of_parent(unit, records)
        elif not reason and isinstance(unit[0].generator, generators.RowField):
            reason = _reason_of_rows(unit)
        if reason:
            yield Diagnostic(
                code="MG204",
                message=f'"{unit[0].address[-1]}" cannot be unique together with others: {reason}',
                location=unit[0].origin.location,
            )


def _reason(leaf: spec.Leaf) -> str:
    """Return why the values of ``leaf`` cannot be numbered; ``""`` where they can."""
    generator, modifiers = leaf.generator, leaf.modifiers
    reasons = (
        (modifiers.distinct, "it already differs from element to element"),
        (
            modifiers.transforms or not generators.stay_apart(generator, modifiers.check),
            "two different values can be written alike",
        ),
        (
            isinstance(generator, _MADE) or generators.names_of(generator),
            "its value is made from other fields",
        ),
        (is_child(leaf), "each parent has its children in order"),
        (
            isinstance(generator, generators.Reference) and generator.roots,
            "its records refer to earlier ones",
        ),
        (isinstance(generator, _ALWAYS), "all elements of a record have the same value"),
    )
    found = next((reason for holds, reason in reasons if holds), "")
    return found or _reason_of_values(generator)


def _reason_of_values(generator: generators.Generator) -> str:
    """Return why the values that are drawn cannot be numbered."""
    if isinstance(generator, generators.Reference):
        return ""
    if generators.capacity(generator) is None:
        return "its values are unlimited"
    if isinstance(generator, generators.Number) and (
        generator.distribution.kind is not generators.DistributionKind.UNIFORM
    ):
        return "such numbers are spread evenly and cannot have a distribution"
    if isinstance(generator, generators.Pattern) and not generators.is_distinct(generator):
        return "its pattern can produce the same string in two ways"
    if isinstance(generator, generators.Moment) and not is_written_apart(generator):
        return f"two of its values can both be written as {format_moment(generator, 0)}"
    return ""


def _reason_of_parent(unit: Sequence[spec.Leaf], records: RecordPlan) -> str:
    """Return why two parents may look the same in the fields of ``unit``."""
    names = []
    for leaf in unit:
        if isinstance(leaf.generator, generators.Reference):
            parent = dict(records.parents).get(leaf.generator)
            path = leaf.generator.path
            found = None if parent is None else spec.find_shape(parent.shape, path)
            if isinstance(found, spec.Leaf) and _differs_always(found):
                return ""
            names.append(".".join(path))
    return f"{names[0]} of the referenced model is not unique"


def _reason_of_rows(unit: Sequence[spec.Leaf]) -> str:
    """Return why two rows may look the same in the fields of ``unit``."""
    fields = [leaf.generator for leaf in unit if isinstance(leaf.generator, generators.RowField)]
    rows = [entry.value for entry in fields[0].rows.entries if entry.weight]
    shown = {canonical([_cell(row, field.key) for field in fields]) for row in rows}
    return "" if len(shown) == len(rows) else "two of its rows have the same value"


def _cell(row: Json, key: str) -> list[Json]:
    return [row[key]] if isinstance(row, dict) and key in row else []


def _too_few(
    leaves: Sequence[spec.Leaf], group: spec.Addresses, records: RecordPlan
) -> Iterator[Diagnostic]:
    radix = joint_radix(records, group)
    times = max((times for leaf, times in _with_times(records.shape) if leaf in leaves), default=1)
    needed = records.count * times
    if radix.alone or radix.size >= needed:
        return
    names = " and ".join(f'"{address[-1]}"' for address in group)
    units = {drawn_as(leaf): leaf for leaf in leaves}
    sizes = [_size(leaf, records) or 1 for leaf in units.values()]
    what = f"{records.count} records"
    if times > 1:
        what = f"up to {times} elements in each of {what}"
    yield Diagnostic(
        code="MG214",
        message=(
            f"{names} must be unique together, but have only {math.prod(sizes)} values "
            f"({' times '.join(map(str, sizes))}) for {what}"
        ),
        location=leaves[0].origin.location,
        hint="give them more values, or lower $count",
    )


def _with_times(shape: spec.Shape, times: int = 1) -> Iterable[tuple[spec.Leaf, int]]:
    """Yield each leaf with the greatest number of elements that one record has of it."""
    if isinstance(shape, spec.Leaf):
        yield shape, times
    elif isinstance(shape, spec.ObjectShape):
        for member in shape.members:
            yield from _with_times(member.shape, times)
    else:
        most = len(shape.elements) + (shape.maximum if shape.items is not None else 0)
        for element in spec.element_shapes(shape):
            yield from _with_times(element, times * most)
