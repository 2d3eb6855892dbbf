"""Takes a record's shape; gives what its leaves can be: every value, or the bounds of them all."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.generate.column import transformed
from mockgen_watch.generate.distributions import grid_of
from mockgen_watch.masters.shapes import exact_number
from mockgen_watch.rules.values import MISSING, Sight, is_number
from mockgen_watch.spec.generators import (
    Boolean,
    Constant,
    Moment,
    MomentKind,
    Number,
    Pool,
    Reference,
    RowField,
)
from mockgen_watch.spec.model import ELEMENT, ArrayShape, Leaf, ObjectShape, find_shape
from mockgen_watch.spec.moments import DAY, format_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Final, TypeAlias

    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.rules.values import Missing, Path
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.model import Shape


MOST: Final = 4096
"""Values of a field that are checked one by one."""

Unit: TypeAlias = "tuple[str | tuple[str, ...], ...]"
"""Names what is drawn together: a leaf, the fields of one ``$rows``, or those of one parent."""


class Option(Struct, frozen=True):
    """A value that a leaf can have, and the identity of the pool's entry that it stems from."""

    value: Json | Missing
    identity: bytes = b""


NULL: Final = b"null"
ABSENT: Final = b"absent"
"""Identities of options that are no entry; those of entries are canonical JSON with a tag."""


def unit_of(leaf: Leaf) -> Unit:
    """Return what is drawn together with ``leaf``."""
    generator = leaf.generator
    if isinstance(generator, RowField):
        return ("rows", generator.address)
    if isinstance(generator, Reference):
        home = leaf.address[:-1]
        return ("parent", home, generator.suite, generator.model, generator.scenario)
    return ("leaf", leaf.address)


def walk_paths(shape: Shape, path: Path = ()) -> Iterator[tuple[Path, Leaf, bool]]:
    """Yield each leaf with its path and whether it is there in every record, once."""
    yield from _walk(shape, path, is_sure=True)


def _walk(shape: Shape, path: Path, *, is_sure: bool) -> Iterator[tuple[Path, Leaf, bool]]:
    if isinstance(shape, Leaf):
        yield path, shape, is_sure
        return
    is_sure = is_sure and not (shape.modifiers.null or shape.modifiers.omit)
    if isinstance(shape, ObjectShape):
        for member in shape.members:
            if not member.shape.modifiers.delete:
                yield from _walk(member.shape, (*path, member.name), is_sure=is_sure)
        return
    for element in elements_of(shape):
        yield from _walk(element, path, is_sure=False)


def elements_of(array: ArrayShape) -> tuple[Shape, ...]:
    """Return the shapes that its elements can have."""
    return array.elements if array.items is None else (*array.elements, array.items)


def leaves_below(shape: ObjectShape, path: Path) -> list[tuple[Path, Leaf, bool]]:
    """Return the leaves that a rule on ``path`` depends on; an index on the way is left out."""
    wanted = bare_path(path)
    return [found for found in walk_paths(shape) if found[0][: len(wanted)] == wanted]


def arrays_below(shape: Shape, path: Path, here: Path = ()) -> Iterator[ArrayShape]:
    """Yield the arrays at ``path`` and below whose length or presence is drawn."""
    wanted = bare_path(path)
    if isinstance(shape, ObjectShape):
        for member in shape.members:
            if not member.shape.modifiers.delete:
                yield from arrays_below(member.shape, path, (*here, member.name))
    elif isinstance(shape, ArrayShape):
        is_open = shape.items is not None and shape.maximum > shape.minimum
        is_drawn = is_open or bool(shape.modifiers.null or shape.modifiers.omit)
        if is_drawn and here[: len(wanted)] == wanted:
            yield shape
        for element in elements_of(shape):
            yield from arrays_below(element, path, here)


def bare_path(path: Path) -> Path:
    """Return ``path`` without the indexes and marks of elements."""
    return tuple(key for key in path if key != ELEMENT and not key.isdecimal())


def _same_array(array: ArrayShape) -> ArrayShape:
    return array


def change_paths(
    shape: ObjectShape,
    change: Callable[[Path, Leaf], Leaf],
    change_array: Callable[[ArrayShape], ArrayShape] = _same_array,
) -> ObjectShape:
    """Return ``shape`` with ``change`` applied to every leaf, ``change_array`` to every array."""
    changed = _change(shape, (), change, change_array)
    return changed if isinstance(changed, ObjectShape) else shape


def _change(
    shape: Shape,
    path: Path,
    change: Callable[[Path, Leaf], Leaf],
    change_array: Callable[[ArrayShape], ArrayShape],
) -> Shape:
    if isinstance(shape, Leaf):
        return change(path, shape)
    if isinstance(shape, ObjectShape):
        members = tuple(
            replace(member, shape=_change(member.shape, (*path, member.name), change, change_array))
            for member in shape.members
        )
        return replace(shape, members=members)
    items = None if shape.items is None else _change(shape.items, path, change, change_array)
    elements = tuple(_change(element, path, change, change_array) for element in shape.elements)
    return change_array(replace(shape, items=items, elements=elements))


def final_value(leaf: Leaf, value: Json) -> Json:
    """Return what is written of a value that the generator chose."""
    if isinstance(value, str):
        text = transformed(value, leaf.modifiers.transforms)
        number = exact_number(text) if leaf.coerce_number else None
        return text if number is None else number
    return value


def options_of(leaf: Leaf, few: int = MOST) -> list[Option] | None:
    """Return every value that ``leaf`` can have; None when they are too many or not known.

    Of numbers and dates no more than the first ``few`` are made.
    """
    generator = leaf.generator
    found: list[Option]
    if isinstance(generator, Constant):
        found = [Option(generator.value, b"constant")]
    elif isinstance(generator, Pool):
        found = [Option(item.value, item.identity) for item in generator.entries if item.weight]
    elif isinstance(generator, RowField):
        found = [
            Option(item.value.get(generator.key, MISSING), item.identity)
            for item in generator.rows.entries
            if item.weight and isinstance(item.value, dict)
        ]
    elif isinstance(generator, Boolean):
        odds = ((True, generator.true), (False, 1 - generator.true))
        found = [Option(value, b"true" if value else b"false") for value, odd in odds if odd]
    else:
        values = _counted_values(leaf, few)
        if values is None:
            return None
        found = [Option(value) for value in values]
    found = [Option(_final(leaf, option.value), option.identity) for option in found]
    if leaf.modifiers.null:
        found.append(Option(None, NULL))
    if leaf.modifiers.omit:
        found.append(Option(MISSING, ABSENT))
    return found


def _final(leaf: Leaf, value: Json | Missing) -> Json | Missing:
    return value if value is MISSING else final_value(leaf, value)  # type: ignore[arg-type]


def _counted_values(leaf: Leaf, few: int) -> list[Json] | None:
    generator = leaf.generator
    if isinstance(generator, Moment):
        count = (generator.last - generator.first) // generator.step + 1
        if count > MOST:
            return None
        return [format_moment(generator, n) for n in range(min(count, few))]
    if isinstance(generator, Number) and None not in (generator.minimum, generator.maximum):
        grid = grid_of(generator)
        if grid.count <= MOST:
            units = range(grid.origin, grid.origin + grid.count * grid.step, grid.step)[:few]
            return [number_of(unit, grid.decimals) for unit in units]
    return None


def number_of(units: int, decimals: int) -> int | Decimal:
    """Return ``units / 10**decimals`` as it is written."""
    return Decimal(units).scaleb(-decimals) if decimals else units


def is_restrictable(leaf: Leaf) -> bool:
    """Return whether some of the values of ``leaf`` can be left out and the others stay in place."""
    return isinstance(leaf.generator, Pool | RowField | Boolean) and not leaf.modifiers.unique


def bounds_of(leaf: Leaf, plan: RecordPlan) -> tuple[int | Decimal, int | Decimal] | None:
    """Return the least and the greatest of what ``leaf`` is compared by; None: not known.

    Dates count as seconds, as ``Sight.comparable`` has them.
    """
    generator = leaf.generator
    if leaf.modifiers.null or leaf.modifiers.omit or leaf.modifiers.transforms:
        return None
    if isinstance(generator, Reference):
        parent = parent_leaf(generator, plan)
        return None if parent is None else bounds_of(*parent)
    if isinstance(generator, Moment):
        size = DAY if generator.kind is MomentKind.DATE else 1
        return generator.first * size, generator.last * size
    if isinstance(generator, Number):
        low, high = generator.minimum, generator.maximum
        if low is None or high is None:
            return None
        return low, high
    options = options_of(leaf)
    if options is None or not all(is_number(option.value) for option in options):  # type: ignore[arg-type]
        return None
    numbers: list[int | Decimal] = [option.value for option in options]  # type: ignore[misc]
    return min(numbers), max(numbers)


def parent_leaf(reference: Reference, plan: RecordPlan) -> tuple[Leaf, RecordPlan] | None:
    """Return the leaf that a reference takes its values from, and the plan that it is in."""
    parent = dict(plan.parents).get(reference)
    found = None if parent is None else find_shape(parent.shape, reference.path)
    return (found, parent) if isinstance(found, Leaf) and parent is not None else None


def sight_of(plan: RecordPlan) -> Sight:
    """Return how rules see the records of ``plan``."""
    return Sight(slot=plan.slot, moves=plan.moves, moments=moments_of(plan))


def moments_of(plan: RecordPlan) -> Mapping[Path, Moment]:
    """Return the dates and times of a record by path, those of parents included."""
    found: dict[Path, Moment] = {}
    for path, leaf, _ in walk_paths(plan.shape):
        home: tuple[Leaf, RecordPlan] | None = (leaf, plan)
        while home is not None and isinstance(home[0].generator, Reference):
            home = parent_leaf(home[0].generator, home[1])
        if home is not None and isinstance(home[0].generator, Moment):
            found[path] = home[0].generator
    return found
