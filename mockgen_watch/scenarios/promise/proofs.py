"""Proofs: what the fields of a plan prove of a JSON Schema, before any record is made."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from mockgen_watch.generate.references import most_elements
from mockgen_watch.masters.shapes import Kind, kinds_of
from mockgen_watch.rules.cel import ORDERS
from mockgen_watch.rules.schema import REMARKS, compile_schema, is_plain_schema
from mockgen_watch.rules.values import Missing, is_number
from mockgen_watch.scenarios.promise.facts import options_of, parent_leaf
from mockgen_watch.spec import generators
from mockgen_watch.spec import model as spec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.spec.document import Json

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


def always_checks(check: str, shape: spec.Shape) -> bool:
    """Return whether it is certain that each text of ``shape`` has the digits of ``check``."""
    if isinstance(shape, spec.ArrayShape):
        return all(always_checks(check, each) for each in spec.element_shapes(shape))
    if not isinstance(shape, spec.Leaf) or shape.coerce_number or shape.modifiers.transforms:
        return False
    is_none = shape.generator == generators.Constant(value=None)
    return is_none or shape.modifiers.check == check


def refuses_objects(schema: Json) -> bool:
    """Return whether it is certain that no object meets ``schema``, and so no record does."""
    if not isinstance(schema, dict):
        return schema is False
    parts = schema.get("allOf")
    kinds, values = schema.get("type", "object"), schema.get("enum", [schema.get("const", {})])
    return (
        "object" not in (kinds if isinstance(kinds, list) else [kinds])
        or (isinstance(values, list) and not any(isinstance(value, dict) for value in values))
        or (isinstance(parts, list) and any(map(refuses_objects, parts)))
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
