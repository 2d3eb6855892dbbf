"""JSON Schemas of random rules, in terms of z3; jsonschema judges the records themselves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import z3

from tests.properties.random_rules.domain import UNIT, Group, Json, Leaf, Node, Row, units

if TYPE_CHECKING:
    from collections.abc import Callable


def schema_term(schema: Json, node: Node, words: tuple[str, ...]) -> Any:  # noqa: ANN401 - z3
    """Return whether a value that is there meets a schema.

    Raises:
        NotImplementedError: a keyword is none of those that the maker uses.
    """
    if isinstance(schema, bool):
        return z3.BoolVal(schema)
    return z3.And([_keyword(key, schema, node, words) for key in schema if key not in _BESIDES])


_BESIDES = {"then", "else", "minContains"}


def _keyword(key: str, schema: dict[str, Json], node: Node, words: tuple[str, ...]) -> Any:  # noqa: ANN401
    operand = schema[key]
    if key in {"allOf", "anyOf", "oneOf", "not", "if"}:
        return _applied(key, schema, node, words)
    part = node.part
    if key == "type":
        return _type(operand, node)
    if key in {"enum", "const"}:
        values = operand if key == "enum" else [operand]
        return z3.Or([_equals(node, value, words) for value in values])
    if isinstance(part, Leaf):
        return _leaf(key, operand, node, words)
    if isinstance(part, Row):
        return _array(key, schema, node, words)
    return _object(key, operand, node, words)


def _applied(key: str, schema: dict[str, Json], node: Node, words: tuple[str, ...]) -> Any:  # noqa: ANN401
    operand = schema[key]
    if key == "not":
        return z3.Not(schema_term(operand, node, words))
    if key == "if":
        then, other = (
            schema_term(schema.get(name, True), node, words) for name in ("then", "else")
        )
        return z3.If(schema_term(operand, node, words), then, other)
    every = [schema_term(each, node, words) for each in operand]
    if key == "oneOf":
        return z3.Sum([z3.If(each, 1, 0) for each in every]) == 1
    return z3.And(every) if key == "allOf" else z3.Or(every)


def _type(operand: Json, node: Node) -> Any:  # noqa: ANN401 - z3 has no types
    names = operand if isinstance(operand, list) else [operand]
    part = node.part
    if isinstance(part, Group | Row):
        return z3.BoolVal(("object" if isinstance(part, Group) else "array") in names)
    kinds = {"int": ["integer", "number"], "decimal": ["number"], "boolean": ["boolean"]}
    fit: Any = z3.BoolVal(any(name in names for name in kinds.get(part.kind, ["string"])))
    if part.kind == "decimal" and "integer" in names:
        fit = z3.Or(fit, node.value % UNIT == 0)
    return z3.If(node.null, z3.BoolVal("null" in names), fit)


def _equals(node: Node, value: Json, words: tuple[str, ...]) -> Any:  # noqa: ANN401 - z3 has no types
    part = node.part
    if value is None:
        return node.null
    if not isinstance(part, Leaf) or part.kind == "date":
        raise NotImplementedError(part)
    if part.kind == "boolean" or isinstance(value, bool):
        known = int(value) if part.kind == "boolean" and isinstance(value, bool) else None
    elif part.kind == "text":
        known = words.index(value) if value in words else None
    else:
        known = units(value)
    fit = z3.BoolVal(False) if known is None else node.value == known
    return z3.And(z3.Not(node.null), fit)


def _leaf(key: str, operand: Json, node: Node, words: tuple[str, ...]) -> Any:  # noqa: ANN401 - z3
    leaf, value = node.part, node.value
    assert isinstance(leaf, Leaf)
    numbers: dict[str, Callable[[Any], Any]] = {
        "minimum": lambda bound: value >= bound,
        "maximum": lambda bound: value <= bound,
        "exclusiveMinimum": lambda bound: value > bound,
        "exclusiveMaximum": lambda bound: value < bound,
        "multipleOf": lambda bound: value % bound == 0,
    }
    texts: dict[str, Callable[[str], bool]] = {
        "minLength": lambda word: len(word) >= operand,
        "maxLength": lambda word: len(word) <= operand,
        "pattern": lambda word: re.search(operand, word) is not None,
    }
    if key in numbers:
        if leaf.kind not in {"int", "decimal"}:
            return z3.BoolVal(True)
        return z3.Or(node.null, numbers[key](units(operand)))
    if key in texts:
        if leaf.kind != "text":
            return z3.BoolVal(True)
        fit = [value == number for number, word in enumerate(words) if texts[key](word)]
        return z3.Or(node.null, *fit)
    raise NotImplementedError(key)


def _array(key: str, schema: dict[str, Json], node: Node, words: tuple[str, ...]) -> Any:  # noqa: ANN401
    operand, length = schema[key], node.value
    if key in {"minItems", "maxItems"}:
        return length >= operand if key == "minItems" else length <= operand
    inside = [place < length for place in range(len(node.elements))]
    if key == "uniqueItems":
        every = list(zip(inside, node.elements, strict=True))
        return z3.And(
            [
                z3.Or(z3.Not(is_in), one.value != other.value)
                for place, (is_in, one) in enumerate(every)
                for _, other in every[:place]
            ]
        )
    below = [schema_term(operand, each, words) for each in node.elements]
    pairs = list(zip(inside, below, strict=True))
    if key == "items":
        return z3.And([z3.Implies(is_in, each) for is_in, each in pairs])
    if key == "contains":
        met = z3.Sum([z3.If(z3.And(is_in, each), 1, 0) for is_in, each in pairs] or [z3.IntVal(0)])
        return met >= schema.get("minContains", 1)
    raise NotImplementedError(key)


def _object(key: str, operand: Json, node: Node, words: tuple[str, ...]) -> Any:  # noqa: ANN401 - z3
    def is_there(name: str) -> Any:  # noqa: ANN401 - z3 has no types
        return node.members[name].present

    if key == "required":
        return z3.And([is_there(name) for name in operand])
    if key == "dependentRequired":
        return z3.And(
            [
                z3.Implies(is_there(name), z3.And([is_there(other) for other in others]))
                for name, others in operand.items()
            ]
        )
    if key == "properties":
        return z3.And(
            [
                z3.Implies(is_there(name), schema_term(each, node.members[name], words))
                for name, each in operand.items()
            ]
        )
    raise NotImplementedError(key)
