"""Facts about fields: what the leaves of a plan can be.

A leaf has either options, every value that it can be, or bounds, the least and the greatest of
them; where neither is known, only single records can be looked at.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.generate.grids import grid_of
from mockgen_watch.masters.shapes import exact_number
from mockgen_watch.plan.dependents import FieldFacts
from mockgen_watch.rules.values import MISSING, Missing, Path, RecordView, is_number
from mockgen_watch.spec import generators
from mockgen_watch.spec import model as spec
from mockgen_watch.spec.check_digits import with_check
from mockgen_watch.spec.moments import DAY, format_moment
from mockgen_watch.spec.transforms import transformed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.spec.document import Json

_T = TypeVar("_T")


MOST_OPTIONS: Final = 4096
"""Values of a field, or combinations of them, that are tried one by one."""

Unit: TypeAlias = "tuple[str | tuple[str, ...], ...]"
"""Identifies what is drawn together: a leaf, the fields of one ``$rows`` or of one parent."""


class Field(NamedTuple):
    """A leaf of a plan, its path, and whether every record has it exactly once."""

    path: Path
    leaf: spec.Leaf
    is_sure: bool


class Option(Struct, frozen=True):
    """A value that a leaf can have, and the identity of its pool entry."""

    value: Json | Missing
    identity: bytes = b""


NULL: Final = b"null"
ABSENT: Final = b"absent"
"""Identities of options that are no pool entry; those of entries are canonical JSON with a tag."""


def unit_of(leaf: spec.Leaf) -> Unit:
    """Return what is drawn together with ``leaf``."""
    generator = leaf.generator
    row = generators.row_of(generator)
    if row is not None:
        return ("rows", row.address)
    if isinstance(generator, generators.Reference):
        home = leaf.address[:-1]
        return ("parent", home, generator.suite, generator.model, generator.scenario)
    return ("leaf", leaf.address)


def _parts_of(
    shape: spec.Shape, path: Path, *, is_sure: bool
) -> Iterator[tuple[Path, spec.Shape, bool]]:
    """Yield each part of ``shape`` with its path, and whether every record has it exactly once."""
    yield path, shape, is_sure
    if isinstance(shape, spec.Leaf):
        # An alternative that is a value is the leaf itself.
        for each in spec.alternatives_of(shape):
            if not isinstance(each, spec.Leaf):
                yield from _parts_of(each, path, is_sure=False)
        return
    is_sure = is_sure and not (shape.modifiers.null or shape.modifiers.omit)
    if isinstance(shape, spec.ObjectShape):
        for member in shape.members:
            if not member.shape.modifiers.delete:
                yield from _parts_of(member.shape, (*path, member.name), is_sure=is_sure)
    else:
        for element in spec.element_shapes(shape):
            yield from _parts_of(element, path, is_sure=False)


def fields_of(shape: spec.Shape) -> Iterator[Field]:
    """Yield each leaf of ``shape``."""
    for path, part, is_sure in _parts_of(shape, (), is_sure=True):
        if isinstance(part, spec.Leaf):
            yield Field(path, part, is_sure)


def fields_below(shape: spec.Shape, paths: Iterable[Path] | None) -> list[Field]:
    """Return the leaves at or below ``paths``; None means the whole record.

    An index on the way is left out.
    """
    every = list(fields_of(shape))
    wanted = [()] if paths is None else map(bare_path, paths)
    return [field for path in wanted for field in every if field.path[: len(path)] == path]


def fields_above(shape: spec.Shape, paths: Iterable[Path] | None) -> list[Field]:
    """Return the leaves that choose between the shapes that ``paths`` lead into."""
    wanted = [] if paths is None else list(map(bare_path, paths))
    return [
        field
        for field in fields_of(shape)
        if any(len(field.path) < len(path) and path[: len(field.path)] == field.path
               for path in wanted)
    ]  # fmt: skip


def only_field(plan: RecordPlan, path: Path) -> Field | None:
    """Return the leaf at ``path`` when it is one, and in every record."""
    found = fields_below(plan.shape, [path])
    is_single = len(found) == 1 and found[0].path == path and found[0].is_sure
    return found[0] if is_single else None


def arrays_below(shape: spec.Shape, path: Path) -> Iterator[spec.ArrayShape]:
    """Yield the arrays at ``path`` and below whose length or presence is drawn."""
    wanted = bare_path(path)
    for here, part, _ in _parts_of(shape, (), is_sure=True):
        if isinstance(part, spec.ArrayShape) and here[: len(wanted)] == wanted:
            is_open = part.items is not None and part.maximum > part.minimum
            if is_open or part.modifiers.null or part.modifiers.omit:
                yield part


def bare_path(path: Iterable[str | int]) -> Path:
    """Return the path of a field without the indexes and marks of elements."""
    keys = map(str, path)
    return tuple([key for key in keys if key != spec.ELEMENT and not key.isdecimal()])


def change_shape(
    shape: spec.ObjectShape, change: Callable[[Path, spec.Shape], spec.Shape]
) -> spec.ObjectShape:
    """Return ``shape`` with ``change`` applied to each part and its path, inner parts first.

    Elements have the path of their array, and alternatives that of their leaf.
    """

    def changed(part: spec.Shape, path: Path) -> spec.Shape:
        if isinstance(part, spec.ObjectShape):
            members = tuple(
                replace(member, shape=changed(member.shape, (*path, member.name)))
                for member in part.members
            )
            part = replace(part, members=members)
        elif isinstance(part, spec.ArrayShape):
            part = spec.change_children(part, lambda child: changed(child, path))
        else:
            part = spec.change_alternatives(part, lambda child: changed(child, path))
        return change(path, part)

    whole = changed(shape, ())
    return whole if isinstance(whole, spec.ObjectShape) else shape


def final_value(leaf: spec.Leaf, value: Json) -> Json:
    """Return what is written for a value that the generator chose."""
    if isinstance(value, str):
        text = transformed(value, leaf.modifiers.transforms)
        if leaf.modifiers.check:
            text = with_check(leaf.modifiers.check, text)
        number = exact_number(text) if leaf.coerce_number else None
        return text if number is None else number
    return value


def options_of(leaf: spec.Leaf, few: int = MOST_OPTIONS) -> list[Option] | None:
    """Return every value that ``leaf`` can have; None when they are too many or not known.

    Of numbers and dates no more than the first ``few`` are made.
    """
    found = _generated(leaf, few)
    if found is None:
        return None
    options = [
        Option(value if isinstance(value, Missing) else final_value(leaf, value), identity)
        for value, identity in found
    ]
    if leaf.modifiers.null:
        options.append(Option(None, NULL))
    if leaf.modifiers.omit:
        options.append(Option(MISSING, ABSENT))
    return options


def _generated(leaf: spec.Leaf, few: int) -> list[tuple[Json | Missing, bytes]] | None:
    """Return each value of the leaf's generator with its identity; None as in ``options_of``."""
    generator = leaf.generator
    if isinstance(generator, generators.Constant):
        return [(generator.value, b"constant")]
    if isinstance(generator, generators.Pool):
        return [(entry.value, entry.identity) for entry in generator.entries if entry.weight]
    if isinstance(generator, generators.RowField):
        return [
            (entry.value.get(generator.key, MISSING), entry.identity)
            for entry in generator.rows.entries
            if entry.weight and isinstance(entry.value, dict)
        ]
    if isinstance(generator, generators.Alternatives):
        return _of_alternatives(leaf, generator, few)
    if isinstance(generator, generators.Boolean):
        odds = ((True, generator.true, b"true"), (False, 1 - generator.true, b"false"))
        return [(value, identity) for value, odd, identity in odds if odd]
    if isinstance(generator, generators.Moment):
        count = (generator.last - generator.first) // generator.step + 1
        if count <= MOST_OPTIONS:
            return [(format_moment(generator, n), b"") for n in range(min(count, few))]
    elif isinstance(generator, generators.Number) and None not in (
        generator.minimum,
        generator.maximum,
    ):
        grid = grid_of(generator)
        if grid.count <= MOST_OPTIONS:
            units = range(grid.origin, grid.origin + grid.count * grid.step, grid.step)[:few]
            return [(number_of(unit, grid.decimals), b"") for unit in units]
    return None


def _of_alternatives(
    leaf: spec.Leaf, generator: generators.Alternatives, few: int
) -> list[tuple[Json | Missing, bytes]] | None:
    """Return what the alternatives of ``leaf`` can be, if they are all values that are known."""
    found: list[tuple[Json | Missing, bytes]] = []
    for each, shape in zip(generator.alternatives, spec.alternatives_of(leaf), strict=True):
        if not each.weight:
            continue
        options = options_of(shape, few) if isinstance(shape, spec.Leaf) else None
        if options is None or len(found) + len(options) > MOST_OPTIONS:
            return None
        found += [(option.value, option.identity) for option in options]
    if has_gap(generator):
        found.append((MISSING, ABSENT))
    return found


def has_gap(generator: generators.Generator) -> bool:
    """Return whether ``generator`` gives no value where no case of its alternatives holds."""
    return (
        isinstance(generator, generators.Alternatives)
        and bool(generator.given)
        and all(each.case is not None for each in generator.alternatives)
    )


def number_of(units: int, decimals: int) -> int | Decimal:
    """Return ``units / 10**decimals`` as it is written."""
    return Decimal(units).scaleb(-decimals) if decimals else units


def on_grid(number: generators.Number, value: int | Decimal) -> int | Decimal | None:
    """Return ``value`` as ``number`` writes it; None where it is none of its values."""
    grid = grid_of(number)
    units = Decimal(value).scaleb(grid.decimals)
    steps, rest = divmod(int(units) - grid.origin, grid.step)
    is_there = units == int(units) and not rest and grid.low <= steps <= grid.high
    return number_of(int(units), grid.decimals) if is_there else None


def seconds_in(moment: generators.Moment) -> int:
    """Return the seconds in one unit of a moment: a day for dates, else one."""
    return DAY if moment.kind is generators.MomentKind.DATE else 1


def bounds_of(leaf: spec.Leaf, plan: RecordPlan) -> tuple[int | Decimal, int | Decimal] | None:
    """Return the least and the greatest of what ``leaf`` is compared by; None: not known.

    Dates count as seconds, as ``RecordView.comparable`` has them.
    """
    generator = leaf.generator
    if leaf.modifiers.null or leaf.modifiers.omit or leaf.modifiers.transforms:
        return None
    if isinstance(generator, generators.Reference):
        parent = None if generator.roots else parent_leaf(generator, plan)
        return None if parent is None else bounds_of(*parent)
    if isinstance(generator, generators.Moment):
        size = seconds_in(generator)
        return generator.first * size, generator.last * size
    if isinstance(generator, generators.Number):
        low, high = generator.minimum, generator.maximum
        return None if low is None or high is None else (low, high)
    if isinstance(generator, generators.Alternatives):
        shapes = [None] if has_gap(generator) else spec.alternatives_of(leaf)
        ends = [bounds_of(one, plan) if isinstance(one, spec.Leaf) else None for one in shapes]
        known = [each for each in ends if each is not None]
        if len(known) < len(ends) or not _is_of_one_kind(leaf):
            return None
        return min(low for low, _ in known), max(high for _, high in known)
    options = options_of(leaf)
    numbers = [option.value for option in options or () if is_number(option.value)]
    if options is None or len(numbers) < len(options):
        return None
    return min(numbers), max(numbers)


def _is_of_one_kind(leaf: spec.Leaf) -> bool:
    """Return whether the alternatives of ``leaf`` are all numbers, or dates of one form."""
    moments = [_moment_of(one) for one in spec.alternatives_of(leaf) if isinstance(one, spec.Leaf)]
    return not any(moments) or (_moment_of(leaf) is not None and all(moments))


def _moment_of(leaf: spec.Leaf, plan: RecordPlan | None = None) -> generators.Moment | None:
    """Return the dates or times that ``leaf`` has, apart from nulls; None where it has others.

    With its ``plan`` those that are computed, or another field's, count as well.
    """
    generator = leaf.generator
    if isinstance(generator, generators.Computed | generators.FieldValue):
        return None if plan is None else FieldFacts(plan).moment_of(leaf)
    if isinstance(generator, generators.Moment):
        return generator
    if isinstance(generator, generators.Progression):
        return generator.shown()
    null = generators.Constant(value=None)
    shapes = [
        one
        for one in spec.alternatives_of(leaf)
        if not isinstance(one, spec.Leaf) or one.generator != null
    ]
    found = [_moment_of(one, plan) if isinstance(one, spec.Leaf) else None for one in shapes]
    if not found or found[0] is None:
        return None
    forms = {(each.kind, each.format) if each is not None else None for each in found}
    return found[0] if len(forms) == 1 else None


def parent_leaf(
    reference: generators.Reference, plan: RecordPlan
) -> tuple[spec.Leaf, RecordPlan] | None:
    """Return the leaf that a reference takes its values from, and the plan that it is in.

    None where the values have faults or are stated, so that the leaf says nothing of them.
    """
    parent = dict(plan.parents).get(reference)
    if parent is None or parent.is_broken or parent.stated:
        return None
    found = spec.find_shape(parent.shape, reference.path)
    return (found, parent) if isinstance(found, spec.Leaf) else None


def view_of(plan: RecordPlan) -> RecordView:
    """Return how rules see the records of ``plan``; dates and times of parents are theirs too."""
    found: dict[Path, generators.Moment] = {}
    for path, leaf, _ in fields_of(plan.shape):
        home: tuple[spec.Leaf, RecordPlan] | None = (leaf, plan)
        while home is not None and isinstance(home[0].generator, generators.Reference):
            home = parent_leaf(home[0].generator, home[1])
        shown = None if home is None else _moment_of(*home)
        if shown is not None:
            found[path] = shown
    return RecordView(slot=plan.slot, moves=plan.moves, moments=found)


def rotated(items: Sequence[_T], by: int) -> list[_T]:
    """Return ``items`` beginning at another one for each ``by``."""
    start = by % len(items) if items else 0
    return [*items[start:], *items[:start]]
