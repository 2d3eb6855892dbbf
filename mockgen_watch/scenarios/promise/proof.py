"""Takes a JSON Schema and a shape; tells whether every value of that shape meets it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from mockgen_watch.generate.references import most_elements
from mockgen_watch.masters.shapes import Kind, kinds_of
from mockgen_watch.rules.schema import REMARKS, compile_schema, is_plain_schema
from mockgen_watch.rules.values import Missing, is_number
from mockgen_watch.scenarios.promise.facts import elements_of, options_of, parent_leaf
from mockgen_watch.spec.generators import Number, Pattern, Reference, SequenceNumber
from mockgen_watch.spec.model import ArrayShape, Leaf, ObjectShape

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.model import Shape


_DIGITS: Final = re.compile(r"\^([A-Za-z0-9_ -]*)(?:\[0-9\]|\\d)\{(\d+)\}\$")
_TYPES: Final = {
    Kind.TEXT: "string", Kind.BOOLEAN: "boolean", Kind.OBJECT: "object", Kind.ARRAY: "array",
    Kind.NUMBER: "number",
}  # fmt: skip


def always_meets(schema: Json, shape: Shape, plan: RecordPlan) -> bool:
    """Return whether it is certain that each value of ``shape`` meets ``schema``."""
    if schema is True:
        return True
    if not isinstance(schema, dict) or not is_plain_schema(schema):
        return False
    check = compile_schema(schema)
    if shape.modifiers.null and check(None):
        return False
    if isinstance(shape, Leaf):
        options = options_of(shape)
        if options is not None:
            return not any(
                check(option.value) for option in options if not isinstance(option.value, Missing)
            )
        if isinstance(shape.generator, Reference):
            parent = parent_leaf(shape.generator, plan)
            if parent is None or shape.modifiers.transforms or shape.coerce_number:
                return False
            return always_meets(schema, *parent)
    return all(
        key in REMARKS or _keeps(key, operand, schema, shape, plan)
        for key, operand in schema.items()
    )


def never_meets(schema: Json, leaf: Leaf) -> bool:
    """Return whether it is certain that no value of ``leaf`` meets ``schema``.

    Only of bounds and types; whoever asks has counted the values where they can be counted.
    """
    if not isinstance(schema, dict) or leaf.modifiers.null or leaf.modifiers.omit:
        return False
    if leaf.modifiers.transforms or leaf.coerce_number:
        return False
    if "type" in schema and _is_of_no_type(schema["type"], leaf):
        return True
    generator = leaf.generator
    if not isinstance(generator, Number):
        return False
    return any(_is_beyond(key, operand, generator) for key, operand in schema.items())


def _is_of_no_type(operand: Json, leaf: Leaf) -> bool:
    kinds = kinds_of(leaf)
    wanted = operand if isinstance(operand, list) else [operand]
    if kinds is None:
        return False
    return not any(
        _TYPES[kind] in wanted or (kind is Kind.NUMBER and "integer" in wanted) for kind in kinds
    )


def _is_beyond(key: str, operand: Json, number: Number) -> bool:
    """Return whether all of a number's range is on the wrong side of a bound."""
    low, high = number.minimum, number.maximum
    if low is None or high is None or not isinstance(operand, int | Decimal):
        return False
    return (
        (key == "minimum" and high < operand)
        or (key == "exclusiveMinimum" and high <= operand)
        or (key == "maximum" and low > operand)
        or (key == "exclusiveMaximum" and low >= operand)
    )


def _keeps(
    key: str, operand: Json, schema: Mapping[str, Json], shape: Shape, plan: RecordPlan
) -> bool:
    """Return whether one keyword is certain to be met."""
    if key == "type":
        return _is_of_type(operand, shape)
    if isinstance(shape, Leaf):
        return _leaf_keeps(key, operand, shape, plan)
    if isinstance(shape, ArrayShape):
        return _array_keeps(key, operand, shape, plan)
    return _object_keeps(key, operand, schema, shape, plan)


def _is_of_type(operand: Json, shape: Shape) -> bool:
    kinds = kinds_of(shape)
    if kinds is None or (isinstance(shape, Leaf) and shape.coerce_number):
        return False
    wanted = operand if isinstance(operand, list) else [operand]
    is_whole = isinstance(shape, Leaf) and _is_whole(shape)
    return all(
        _TYPES[kind] in wanted or (kind is Kind.NUMBER and is_whole and "integer" in wanted)
        for kind in kinds
    )


def _is_whole(leaf: Leaf) -> bool:
    generator = leaf.generator
    return not isinstance(generator, Number) or generator.decimals == 0


def _leaf_keeps(key: str, operand: Json, leaf: Leaf, plan: RecordPlan) -> bool:
    generator = leaf.generator
    if leaf.modifiers.transforms or leaf.coerce_number:
        return False
    if isinstance(generator, Number):
        return _number_keeps(key, operand, generator)
    if key == "pattern" and isinstance(operand, str):
        return _text_keeps(operand, leaf, plan)
    return False


def _number_keeps(key: str, operand: Json, number: Number) -> bool:
    low, high = number.minimum, number.maximum
    if key in {"minLength", "maxLength", "pattern"}:
        return True
    if not isinstance(operand, int | Decimal) or not is_number(operand):
        return False
    if key == "minimum":
        return low is not None and low >= operand
    if key == "maximum":
        return high is not None and high <= operand
    if key == "exclusiveMinimum":
        return low is not None and low > operand
    if key == "exclusiveMaximum":
        return high is not None and high < operand
    if key == "multipleOf" and operand > 0:
        return low is not None and low % operand == 0 and number.step % operand == 0
    return False


def _text_keeps(pattern: str, leaf: Leaf, plan: RecordPlan) -> bool:
    generator = leaf.generator
    if isinstance(generator, Pattern):
        bare = pattern.removeprefix("^").removesuffix("$")
        return generator.source in {pattern, bare} and "|" not in generator.source
    digits = _DIGITS.fullmatch(pattern)
    if isinstance(generator, SequenceNumber) and digits is not None:
        fits = digits[1] == generator.prefix and int(digits[2]) == generator.width
        last = generator.start + generator.step * (plan.count - 1)
        return fits and generator.start >= 0 and generator.step >= 0 and last < 10**generator.width
    return False


def _array_keeps(key: str, operand: Json, array: ArrayShape, plan: RecordPlan) -> bool:
    is_short = any(each.modifiers.omit for each in elements_of(array))
    least = len(array.elements) + (array.minimum if array.items is not None else 0)
    if key == "minItems" and is_number(operand):
        return not is_short and least >= int(operand)  # type: ignore[arg-type]
    if key == "maxItems" and is_number(operand):
        return most_elements(array) <= int(operand)  # type: ignore[arg-type]
    if key == "items":
        return all(always_meets(operand, each, plan) for each in elements_of(array))
    return key == "uniqueItems" and most_elements(array) <= 1


def _object_keeps(
    key: str, operand: Json, schema: Mapping[str, Json], shape: ObjectShape, plan: RecordPlan
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
