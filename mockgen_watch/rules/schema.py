"""Takes a JSON Schema; gives the check of a value against it, and what it says when it fails.

The keywords that rules mostly use are checked here: importing jsonschema takes longer than a small
job takes in all. A schema with any other keyword is left to jsonschema, whole.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from mockgen_watch.rules.values import TYPES, RuleError, is_number, is_type, same, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Final, TypeAlias

    from mockgen_watch.spec.document import Json


Check: TypeAlias = "Callable[[Json], str]"
"""Returns why a value fails, or ``""``."""

REMARKS: Final = frozenset(
    ["$schema", "$id", "$comment", "title", "description", "default", "examples"]
)
"""Keywords that check nothing."""


def compile_schema(schema: Json) -> Check:
    """Return the check of a value against ``schema``.

    Raises:
        RuleError: the schema is not valid, or asks for what lies outside of it.
    """
    if isinstance(schema, bool):
        return _nothing if schema else (lambda value: f"{shown(value)} is not allowed")
    if not isinstance(schema, dict):
        raise RuleError("a JSON Schema is a mapping, true or false")
    if _is_plain(schema):
        return _all(list(_checks(schema)))

    # jsonschema takes longer to import than a small run takes in all.
    from mockgen_watch.rules.foreign import foreign_check  # noqa: PLC0415

    return foreign_check(schema)


def is_plain_schema(schema: Json) -> bool:
    """Return whether all keywords of ``schema``, at any depth, are known here."""
    return isinstance(schema, bool) or (isinstance(schema, dict) and _is_plain(schema))


def _is_plain(schema: Mapping[str, Json]) -> bool:
    below: list[Json] = [schema[key] for key in ("items", "additionalProperties") if key in schema]
    properties = schema.get("properties")
    if isinstance(properties, dict):
        below += properties.values()
    known = all(key in _KEYWORDS or key in REMARKS or key in _LATER for key in schema)
    return known and all(map(is_plain_schema, below))


def _all(checks: Sequence[Check]) -> Check:
    if len(checks) == 1:
        return checks[0]

    def check(value: Json) -> str:
        for each in checks:
            message = each(value)
            if message:
                return message
        return ""

    return check


def _nothing(value: Json) -> str:
    del value
    return ""


def _checks(schema: Mapping[str, Json]) -> Iterator[Check]:
    yield _nothing
    for key, operand in schema.items():
        if key in _KEYWORDS:
            yield _KEYWORDS[key](operand)
    if "additionalProperties" in schema:
        properties = schema.get("properties", {})
        yield _additional(schema["additionalProperties"], set(_object(properties)))


def _type(operand: Json) -> Check:
    names = operand if isinstance(operand, list) else [operand]
    for name in names:
        if name not in TYPES:
            raise RuleError(f"{shown(name)} is no type of JSON Schema")
    words = [str(name) for name in names]
    told = " or ".join(words)

    def check(value: Json) -> str:
        fits = any(is_type(value, word) for word in words)
        return "" if fits else f"{shown(value)} is not of type {told}"

    return check


def _enum(operand: Json) -> Check:
    if not isinstance(operand, list):
        raise RuleError("enum takes a list of values")
    values = list(operand)

    def check(value: Json) -> str:
        if any(same(value, known) for known in values):
            return ""
        return f"{shown(value)} is not one of {shown(values)}"

    return check


def _const(operand: Json) -> Check:
    return lambda value: "" if same(value, operand) else f"{shown(value)} is not {shown(operand)}"


def _pattern(operand: Json) -> Check:
    if not isinstance(operand, str):
        raise RuleError("pattern takes a regular expression")
    found = compile_regex(operand)

    def check(value: Json) -> str:
        if not isinstance(value, str) or found(value):
            return ""
        return f"{shown(value)} does not match {operand!r}"

    return check


def compile_regex(source: str) -> Callable[[str], object]:
    """Return what finds ``source`` in a text.

    Raises:
        RuleError: it is no regular expression.
    """
    try:
        return re.compile(source).search
    except (re.error, RecursionError, OverflowError) as error:
        raise RuleError(f"{source!r} is no regular expression: {error}") from error


def _number(operand: Json, key: str) -> int | Decimal:
    if not isinstance(operand, int | Decimal) or isinstance(operand, bool):
        raise RuleError(f"{key} takes a number")
    return operand


def _bound(key: str, holds: Callable[[object, object], bool], told: str) -> Callable[[Json], Check]:
    def make(operand: Json) -> Check:
        bound = _number(operand, key)

        def check(value: Json) -> str:
            if not is_number(value) or holds(value, bound):
                return ""
            return f"{shown(value)} is {told} {bound}"

        return check

    return make


def _multiple(operand: Json) -> Check:
    step = _number(operand, "multipleOf")
    if step <= 0:
        raise RuleError("multipleOf takes a number above 0")

    def check(value: Json) -> str:
        if not is_number(value) or Decimal(value) % Decimal(step) == 0:  # type: ignore[arg-type]
            return ""
        return f"{shown(value)} is no multiple of {step}"

    return check


def _size(key: str, kind: type, told: str, *, least: bool) -> Callable[[Json], Check]:
    def make(operand: Json) -> Check:
        bound = _number(operand, key)

        def check(value: Json) -> str:
            if not isinstance(value, kind):
                return ""
            size = len(value)  # type: ignore[arg-type]  # text, list or mapping
            fits = size >= bound if least else size <= bound
            return "" if fits else f"{shown(value)} is too {told}"

        return check

    return make


def _unique(operand: Json) -> Check:
    def check(value: Json) -> str:
        if not operand or not isinstance(value, list):
            return ""
        twice = any(same(item, other) for n, item in enumerate(value) for other in value[:n])
        return f"{shown(value)} has an element twice" if twice else ""

    return check


def _items(operand: Json) -> Check:
    each = compile_schema(operand)

    def check(value: Json) -> str:
        if not isinstance(value, list):
            return ""
        return next((message for message in map(each, value) if message), "")

    return check


def _object(operand: Json) -> dict[str, Json]:
    if not isinstance(operand, dict):
        raise RuleError("properties takes a mapping")
    return operand


def _properties(operand: Json) -> Check:
    checks = {name: compile_schema(schema) for name, schema in _object(operand).items()}

    def check(value: Json) -> str:
        if not isinstance(value, dict):
            return ""
        for name, each in checks.items():
            message = each(value[name]) if name in value else ""
            if message:
                return f"{name}: {message}"
        return ""

    return check


def _required(operand: Json) -> Check:
    if not isinstance(operand, list) or not all(isinstance(name, str) for name in operand):
        raise RuleError("required takes a list of names")
    names = [str(name) for name in operand]

    def check(value: Json) -> str:
        lacking = [name for name in names if isinstance(value, dict) and name not in value]
        return f'"{lacking[0]}" is missing' if lacking else ""

    return check


def _additional(operand: Json, known: set[str]) -> Check:
    each = compile_schema(operand)

    def check(value: Json) -> str:
        if not isinstance(value, dict):
            return ""
        for name, item in value.items():
            if name not in known and each(item):
                return f'"{name}" is unexpected'
        return ""

    return check


_LATER: Final = frozenset(["additionalProperties"])
_KEYWORDS: Final[Mapping[str, Callable[[Json], Check]]] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "pattern": _pattern,
    "minimum": _bound("minimum", lambda a, b: a >= b, "less than"),  # type: ignore[operator]
    "maximum": _bound("maximum", lambda a, b: a <= b, "more than"),  # type: ignore[operator]
    "exclusiveMinimum": _bound("exclusiveMinimum", lambda a, b: a > b, "not more than"),  # type: ignore[operator]
    "exclusiveMaximum": _bound("exclusiveMaximum", lambda a, b: a < b, "not less than"),  # type: ignore[operator]
    "multipleOf": _multiple,
    "minLength": _size("minLength", str, "short", least=True),
    "maxLength": _size("maxLength", str, "long", least=False),
    "minItems": _size("minItems", list, "short", least=True),
    "maxItems": _size("maxItems", list, "long", least=False),
    "minProperties": _size("minProperties", dict, "small", least=True),
    "maxProperties": _size("maxProperties", dict, "large", least=False),
    "uniqueItems": _unique,
    "items": _items,
    "properties": _properties,
    "required": _required,
}
