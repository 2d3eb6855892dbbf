"""Types of fields: what an expression may expect of the shapes of a spec."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from mockgen_watch.expressions import types
from mockgen_watch.expressions.types import Kind, Type
from mockgen_watch.spec import generators
from mockgen_watch.spec import model as spec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mockgen_watch.spec.document import Json


def type_of_shape(shape: spec.Shape, of_leaf: Callable[[spec.Leaf], Type]) -> Type:
    """Return the type of what ``shape`` writes; ``of_leaf`` gives that of a leaf."""
    modifiers = shape.modifiers
    if isinstance(shape, spec.Leaf):
        found = of_leaf(shape)
    elif isinstance(shape, spec.ObjectShape):
        fields = {
            member.name: type_of_shape(member.shape, of_leaf)
            for member in shape.members
            if not member.shape.modifiers.delete
        }
        found = Type(kind=Kind.OBJECT, fields=fields)
    else:
        items = [type_of_shape(element, of_leaf) for element in spec.element_shapes(shape)]
        found = types.list_of(replace(common(items), is_optional=False))
    return replace(
        found,
        is_nullable=found.is_nullable or modifiers.null > 0,
        is_optional=found.is_optional or modifiers.omit > 0,
    )


def common(found: Iterable[Type]) -> Type:
    """Return the type that values of all types have; ``ANY`` for none."""
    total: Type | None = None
    for each in found:
        total = each if total is None else types.either(total, each)
    return types.ANY if total is None else total


def type_of_value(value: Json) -> Type:
    """Return the type of one JSON value."""
    if value is None:
        return types.NULL
    if isinstance(value, bool):
        return types.BOOLEAN
    if isinstance(value, int):
        return types.INTEGER
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        places = max(0, -exponent) if isinstance(exponent, int) else None
        # 5.0 is written as a decimal, so a division by it is exact.
        return Type(kind=Kind.DECIMAL, decimals=places)
    if isinstance(value, str):
        return types.TEXT
    if isinstance(value, list):
        return types.list_of(common(map(type_of_value, value)))
    return Type(
        kind=Kind.OBJECT, fields={name: type_of_value(item) for name, item in value.items()}
    )


_MOMENTS: Final[Mapping[generators.MomentKind, Type]] = {
    generators.MomentKind.DATE: types.DATE,
    generators.MomentKind.DATETIME: types.DATETIME,
    generators.MomentKind.TIME: types.TIME,
}


def type_of_generator(generator: generators.Generator) -> Type | None:
    """Return the type of a generator's values; None where other fields decide it."""
    if isinstance(generator, generators.Constant):
        return type_of_value(generator.value)
    if isinstance(generator, generators.Pool):
        return common(type_of_value(entry.value) for entry in generator.entries if entry.weight)
    if isinstance(generator, generators.RowField):
        return _type_of_rows(generator)
    if isinstance(generator, generators.Moment):
        return _MOMENTS[generator.kind]
    if isinstance(generator, generators.Progression):
        moment = generator.moment
        return types.number(generator.decimals) if moment is None else _MOMENTS[moment]
    if isinstance(generator, generators.SequenceNumber):
        return types.TEXT if generator.width or generator.prefix else types.INTEGER
    if isinstance(generator, generators.Number):
        return types.number(generator.decimals)
    return _TYPES.get(type(generator))


_TYPES: Final[Mapping[type, Type]] = {
    generators.Boolean: types.BOOLEAN,
    generators.Pattern: types.TEXT,
    generators.CheckedPattern: types.TEXT,
    generators.RecordIndex: types.INTEGER,
    generators.Template: types.TEXT,
    generators.Uuid: types.TEXT,
}


def _type_of_rows(field: generators.RowField) -> Type:
    rows = [entry.value for entry in field.rows.entries if entry.weight]
    values = [row for row in rows if isinstance(row, dict)]
    found = common(type_of_value(row[field.key]) for row in values if field.key in row)
    if all(field.key in row for row in values):
        return found
    return replace(found, is_optional=True)
