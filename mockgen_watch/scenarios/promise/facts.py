"""Facts about fields: what the leaves of a plan can be, and what that proves of a JSON Schema.

A leaf has either options, every value that it can be, or bounds, the least and the greatest of
them; where neither is known, only single records can be looked at.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.generate.column import transformed
from mockgen_watch.generate.distributions import grid_of
from mockgen_watch.generate.references import most_elements
from mockgen_watch.masters.shapes import Kind, exact_number, kinds_of
from mockgen_watch.rules.cel import ORDERS
from mockgen_watch.rules.schema import REMARKS, compile_schema, is_plain_schema
from mockgen_watch.rules.values import MISSING, Missing, Path, RecordView, is_number
from mockgen_watch.spec import generators
from mockgen_watch.spec import model as spec
from mockgen_watch.spec.check_digits import with_check
from mockgen_watch.spec.moments import DAY, format_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.spec.document import Json


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


def _moment_of(leaf: spec.Leaf) -> generators.Moment | None:
    """Return the dates or times that ``leaf`` has, apart from nulls; None where it has others."""
    generator = leaf.generator
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
    found = [_moment_of(one) if isinstance(one, spec.Leaf) else None for one in shapes]
    if not found or found[0] is None:
        return None
    forms = {(each.kind, each.format) if each is not None else None for each in found}
    return found[0] if len(forms) == 1 else None


def parent_leaf(
    reference: generators.Reference, plan: RecordPlan
) -> tuple[spec.Leaf, RecordPlan] | None:
    """Return the leaf that a reference takes its values from, and the plan that it is in.

    None where the values have faults, so that the leaf says nothing of them.
    """
    parent = dict(plan.parents).get(reference)
    found = (
        None
        if parent is None or parent.is_broken
        else spec.find_shape(parent.shape, reference.path)
    )
    return (found, parent) if isinstance(found, spec.Leaf) and parent is not None else None


def view_of(plan: RecordPlan) -> RecordView:
    """Return how rules see the records of ``plan``; dates and times of parents are theirs too."""
    found: dict[Path, generators.Moment] = {}
    for path, leaf, _ in fields_of(plan.shape):
        home: tuple[spec.Leaf, RecordPlan] | None = (leaf, plan)
        while home is not None and isinstance(home[0].generator, generators.Reference):
            home = parent_leaf(home[0].generator, home[1])
        shown = None if home is None else _moment_of(home[0])
        if shown is not None:
            found[path] = shown
    return RecordView(slot=plan.slot, moves=plan.moves, moments=found)


BOUNDS: Final = {
    "minimum": ">=",
    "maximum": "<=",
    "exclusiveMinimum": ">",
    "exclusiveMaximum": "<",
}
"""Keywords of JSON Schema that are comparisons."""

_DIGITS: Final = r"\^([A-Za-z0-9_ -]*)(?:\[0-9\]|\\d)\{(\d+)\}\$"
_TYPES: Final = {
    Kind.TEXT: "string", Kind.BOOLEAN: "boolean", Kind.OBJECT: "object", Kind.ARRAY: "array",
    Kind.NUMBER: "number",
}  # fmt: skip


def always_meets(schema: Json, shape: spec.Shape, plan: RecordPlan) -> bool:
    """Return whether it is certain that each value of ``shape`` meets ``schema``."""
    if schema is True:
        return True
    if not isinstance(schema, dict) or not is_plain_schema(schema):
        return False
    check = compile_schema(schema)
    if shape.modifiers.null and check(None):
        return False
    if isinstance(shape, spec.Leaf):
        options = options_of(shape)
        if options is not None:
            values = [option.value for option in options]
            return not any(check(value) for value in values if not isinstance(value, Missing))
        if isinstance(shape.generator, generators.Reference):
            parent = parent_leaf(shape.generator, plan)
            if parent is None or shape.modifiers.transforms or shape.coerce_number:
                return False
            is_met_by_roots = not shape.generator.roots or not check(None)
            return is_met_by_roots and always_meets(schema, *parent)
        alternatives = spec.alternatives_of(shape)
        if alternatives:
            is_plain = not shape.modifiers.transforms and not shape.coerce_number
            return is_plain and all(always_meets(schema, one, plan) for one in alternatives)
    return all(
        key in REMARKS or _always_meets_keyword(key, operand, schema, shape, plan)
        for key, operand in schema.items()
    )


def never_meets(schema: Json, leaf: spec.Leaf) -> bool:
    """Return whether it is certain that no value of ``leaf`` meets ``schema``.

    Only bounds and types are looked at; values that can be counted are tried by the caller.
    """
    if not isinstance(schema, dict) or leaf.modifiers.null or leaf.modifiers.omit:
        return False
    if leaf.modifiers.transforms or leaf.coerce_number:
        return False
    kinds = kinds_of(leaf) if "type" in schema else None
    if kinds is not None and not any(_is_of_type(kind, schema["type"]) for kind in kinds):
        return True
    number = leaf.generator
    if (
        not isinstance(number, generators.Number)
        or number.minimum is None
        or number.maximum is None
    ):
        return False
    # The greatest number comes nearest to meeting a lower bound.
    return any(
        key in BOUNDS and _meets_bound(key, operand, number.maximum, number.minimum) is False
        for key, operand in schema.items()
    )


def _is_of_type(kind: Kind, names: Json, *, is_whole: bool = True) -> bool:
    """Return whether values of a kind, whole numbers or not, are of a type that has a name."""
    wanted = names if isinstance(names, list) else [names]
    return _TYPES[kind] in wanted or (kind is Kind.NUMBER and is_whole and "integer" in wanted)


def _meets_bound(key: str, bound: Json, low: Decimal | None, high: Decimal | None) -> bool | None:
    """Return whether ``low`` meets a lower bound, or ``high`` an upper one; None: not known."""
    end = low if "min" in key.lower() else high
    return ORDERS[BOUNDS[key]](end, bound) if end is not None and is_number(bound) else None


def _always_meets_keyword(
    key: str, operand: Json, schema: Mapping[str, Json], shape: spec.Shape, plan: RecordPlan
) -> bool:
    leaf = shape if isinstance(shape, spec.Leaf) else None
    number = leaf.generator if leaf and isinstance(leaf.generator, generators.Number) else None
    if key == "type":
        kinds = None if leaf and leaf.coerce_number else kinds_of(shape)
        is_whole = number is None or number.decimals == 0
        return kinds is not None and all(
            _is_of_type(kind, operand, is_whole=is_whole) for kind in kinds
        )
    if isinstance(shape, spec.ArrayShape):
        return _array_meets(key, operand, shape, plan)
    if isinstance(shape, spec.ObjectShape):
        return _object_meets(key, operand, schema, shape, plan)
    if shape.modifiers.transforms or shape.coerce_number:
        return False
    if number is not None:
        return _number_meets(key, operand, number)
    return key == "pattern" and isinstance(operand, str) and _text_meets(operand, shape, plan)


def _number_meets(key: str, operand: Json, number: generators.Number) -> bool:
    low, high = number.minimum, number.maximum
    if key in {"minLength", "maxLength", "pattern"}:
        return True
    if key in BOUNDS:
        return _meets_bound(key, operand, low, high) is True
    if key == "multipleOf" and is_number(operand) and operand > 0:
        step = Fraction(operand)
        return low is not None and not Fraction(low) % step and not Fraction(number.step) % step
    return False


def _text_meets(pattern: str, leaf: spec.Leaf, plan: RecordPlan) -> bool:
    generator = leaf.generator
    if isinstance(generator, generators.Pattern):
        bare = pattern.removeprefix("^").removesuffix("$")
        return generator.source in {pattern, bare} and "|" not in generator.source
    digits = re.fullmatch(_DIGITS, pattern)
    if isinstance(generator, generators.SequenceNumber) and digits is not None:
        fits = digits[1] == generator.prefix and int(digits[2]) == generator.width
        last = generator.start + generator.step * (plan.count - 1)
        return fits and generator.start >= 0 and generator.step >= 0 and last < 10**generator.width
    return False


def _array_meets(key: str, operand: Json, array: spec.ArrayShape, plan: RecordPlan) -> bool:
    is_short = any(each.modifiers.omit for each in spec.element_shapes(array))
    least = len(array.elements) + (array.minimum if array.items is not None else 0)
    if key == "minItems" and is_number(operand):
        return not is_short and least >= int(operand)
    if key == "maxItems" and is_number(operand):
        return most_elements(array) <= int(operand)
    if key == "items":
        return all(always_meets(operand, each, plan) for each in spec.element_shapes(array))
    return key == "uniqueItems" and most_elements(array) <= 1


def _object_meets(
    key: str, operand: Json, schema: Mapping[str, Json], shape: spec.ObjectShape, plan: RecordPlan
) -> bool:
    members = {item.name: item.shape for item in shape.members if not item.shape.modifiers.delete}
    if key == "required" and isinstance(operand, list):
        return all(name in members and not members[str(name)].modifiers.omit for name in operand)
    if key == "properties" and isinstance(operand, dict):
        return all(
            name not in members or always_meets(below, members[name], plan)
            for name, below in operand.items()
        )
    if key == "additionalProperties":
        known = schema.get("properties")
        names = known if isinstance(known, dict) else {}
        return all(
            name in names or always_meets(operand, below, plan) for name, below in members.items()
        )
    return False
