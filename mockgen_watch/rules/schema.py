"""JSON Schema: the check of a value against a schema, and why it fails.

The keywords that rules mostly use are checked here, so that promises can be proven by them and
faults be made. A schema with any other keyword is left to jsonschema, whole.
"""

from __future__ import annotations

import itertools
import operator
from contextvars import ContextVar
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from mockgen_watch.expressions.regex import (
    PatternFormError,
    PatternTooSlowError,
    compile_regex,
)
from mockgen_watch.rules.values import (
    TYPES,
    RuleError,
    is_number,
    is_type,
    key_of,
    one_of,
    same,
    shown,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sized

    from jsonschema.exceptions import ValidationError

    from mockgen_watch.spec.document import Json


Check: TypeAlias = "Callable[[Json], str]"
"""Returns why a value fails, or ``""``."""

REMARKS: Final = frozenset(
    ["$schema", "$id", "$comment", "title", "description", "default", "examples"]
)
"""Keywords that check nothing."""


def checks_nothing(schema: Json) -> bool:
    """Return whether each value meets ``schema``, as it has nothing but remarks."""
    return schema is True or (isinstance(schema, dict) and schema.keys() <= REMARKS)


def compile_schema(schema: Json) -> Check:
    """Return the check of a value against ``schema``.

    Raises:
        RuleError: the schema is not valid, or asks for what lies outside of it.
    """
    if isinstance(schema, bool):
        return lambda value: "" if schema else f"{shown(value)} is not allowed"
    if not isinstance(schema, dict):
        raise RuleError("a JSON Schema must be a mapping, true or false")
    if not is_plain_schema(schema):
        return _check_by_jsonschema(schema)
    checks = [_KEYWORDS[key](operand) for key, operand in schema.items() if key in _KEYWORDS]
    if _ADDITIONAL in schema:
        checks.append(_additional(schema[_ADDITIONAL], schema.get("properties")))
    if len(checks) == 1:
        return checks[0]
    return lambda value: first_of(check(value) for check in checks)


def first_of(messages: Iterable[str]) -> str:
    """Return the first message that says something; ``""`` where none does."""
    return next(filter(None, messages), "")


def is_plain_schema(schema: Json) -> bool:
    """Return whether all keywords of ``schema``, at any depth, are known here."""
    if not isinstance(schema, dict):
        return isinstance(schema, bool)
    below = [schema[key] for key in ("items", _ADDITIONAL) if key in schema]
    properties = schema.get("properties")
    if isinstance(properties, dict):
        below += properties.values()
    is_known = schema.keys() <= {*_KEYWORDS, *REMARKS, _ADDITIONAL}
    return is_known and all(map(is_plain_schema, below))


def _check_by_jsonschema(schema: dict[str, Json]) -> Check:
    from jsonschema.exceptions import SchemaError
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    validator_type = _validator_type()
    try:
        validator_type.check_schema(schema)
    except SchemaError as error:
        raise RuleError(f"the JSON Schema is not valid: {error.message}") from error
    _check_references(schema)
    # An empty registry: jsonschema would follow http: and file: references otherwise.
    validator = validator_type(_without_draft(schema), registry=Registry())
    work = _Work()

    def check(value: Json) -> str:
        work.references = 0
        before = _WORK.set(work)
        try:
            errors = [
                str(error.message) for error in itertools.islice(validator.iter_errors(value), 1)
            ]
        except Unresolvable as lost:
            raise RuleError(f"the JSON Schema refers to something outside it: {lost}") from lost
        except RecursionError as error:
            raise RuleError("the JSON Schema refers to itself endlessly") from error
        finally:
            _WORK.reset(before)
        return first_of(errors)

    # A schema that refers to itself at once does so for every value.
    samples: tuple[Json, ...] = (None, "", [], {})
    for value in samples:
        check(value)
    return check


class _Work:
    """What the check of one value by one schema has done, and what it has made once.

    Attributes:
        references: how many were followed for this value.
        listed: by the ``id`` of an ``enum``: it, and the test whether a value is in it.
    """

    def __init__(self) -> None:
        self.references = 0
        self.listed: dict[int, tuple[Json, Callable[[Json], bool]]] = {}

    def test_of(self, values: list[Json]) -> Callable[[Json], bool]:
        if id(values) not in self.listed:
            self.listed[id(values)] = (values, one_of(values))
        return self.listed[id(values)][1]


_WORK: Final[ContextVar[_Work]] = ContextVar("_WORK")

MOST_REFERENCES: Final = 5000
"""References of a schema that are followed to check one value; each may hold several others."""


def _without_draft(schema: Json) -> Json:
    """Return ``schema`` without ``$schema``, by which jsonschema would choose its own validator."""
    if isinstance(schema, list):
        return [_without_draft(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: item if key in {"enum", "const"} else _without_draft(item)
        for key, item in schema.items()
        if key != "$schema" or not isinstance(item, str)
    }


def _check_references(schema: dict[str, Json]) -> None:
    """Refuse a ``$ref`` that leads out of the schema, or nowhere in it."""
    from referencing import Registry
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012

    resource = DRAFT202012.create_resource(schema)
    registry = Registry().with_resource("", resource)
    waiting = [(resource, registry.resolver_with_root(resource))]
    while waiting:
        here, resolver = waiting.pop()
        contents: Json = here.contents
        parts = contents if isinstance(contents, dict) else {}
        for reference in [parts[name] for name in ("$ref", "$dynamicRef") if name in parts]:
            try:
                resolver.lookup(str(reference))
            except (Unresolvable, ValueError) as lost:
                message = f"$ref {reference!r} leads to nothing in this schema"
                raise RuleError(message) from lost
        waiting += [(below, resolver.in_subresource(below)) for below in here.subresources()]


@cache
def _validator_type() -> Any:  # noqa: ANN401 - jsonschema makes the type
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    def is_integer(_checker: object, value: object) -> bool:
        return isinstance(value, int | Decimal) and is_type(value, "integer")

    types = Draft202012Validator.TYPE_CHECKER.redefine("integer", is_integer)
    keywords = {
        "pattern": _pattern_keyword,
        "patternProperties": _names_keyword,
        "enum": _enum_keyword,
        "multipleOf": _multiple_keyword,
        "uniqueItems": _unique_keyword,
        "$ref": _reference_keyword,
        "$dynamicRef": _reference_keyword,
    }
    return extend(  # type: ignore[no-untyped-call]
        Draft202012Validator, validators=keywords, type_checker=types
    )


def _pattern_keyword(
    _validator: object, source: str, value: object, _schema: object
) -> Iterator[ValidationError]:
    """Check ``pattern`` for jsonschema, in bounded time."""
    from jsonschema.exceptions import ValidationError

    if isinstance(value, str) and not regex_of(source)(value):
        yield ValidationError(f"{value!r} does not match {source!r}")


def _reference_keyword(
    validator: object, reference: str, value: object, schema: object
) -> Iterator[ValidationError]:
    """Follow ``$ref`` for jsonschema, a bounded number of times."""
    from jsonschema import Draft202012Validator

    work = _WORK.get()
    work.references += 1
    if work.references > MOST_REFERENCES:
        raise RuleError(f"the JSON Schema follows more than {MOST_REFERENCES} $refs for one value")
    yield from Draft202012Validator.VALIDATORS["$ref"](validator, reference, value, schema)


def _enum_keyword(
    _validator: object, values: list[Json], value: Json, _schema: object
) -> Iterator[ValidationError]:
    """Check ``enum`` for jsonschema, in a time that does not grow with it."""
    from jsonschema.exceptions import ValidationError

    if not _WORK.get().test_of(values)(value):
        yield ValidationError(f"{value!r} is not one of {values!r}")


def _multiple_keyword(
    _validator: object, step: int | Decimal, value: Json, _schema: object
) -> Iterator[ValidationError]:
    """Check ``multipleOf`` for jsonschema, exactly."""
    from jsonschema.exceptions import ValidationError

    if is_number(value) and Fraction(value) % Fraction(step) != 0:
        yield ValidationError(f"{value!r} is not a multiple of {step}")


def _unique_keyword(
    _validator: object, operand: object, value: Json, _schema: object
) -> Iterator[ValidationError]:
    """Check ``uniqueItems`` for jsonschema, in a time that grows with the array alone."""
    from jsonschema.exceptions import ValidationError

    if operand and isinstance(value, list) and _has_twins(value):
        yield ValidationError(f"{value!r} has non-unique elements")


def _names_keyword(
    validator: Any,  # noqa: ANN401 - what jsonschema gives
    patterns: Mapping[str, Json],
    value: object,
    _schema: object,
) -> Iterator[ValidationError]:
    """Check ``patternProperties`` for jsonschema, in bounded time."""
    if not isinstance(value, dict):
        return
    for source, below in patterns.items():
        find = regex_of(source)
        for name, item in value.items():
            if find(name):
                yield from validator.descend(item, below, path=name, schema_path=source)


def regex_of(source: str) -> Callable[[str], bool]:
    """Return whether a pattern is found in a text.

    Raises:
        RuleError: it is no regular expression; or, from what is returned, it takes too long.
    """
    try:
        find = compile_regex(source)
    except PatternFormError as error:
        raise RuleError(str(error)) from error

    def is_found(text: str) -> bool:
        try:
            return find(text)
        except PatternTooSlowError as error:
            raise RuleError(str(error)) from error

    return is_found


def _failing(fails: Callable[[Any], bool], words: str) -> Check:
    return lambda value: f"{shown(value)} {words}" if fails(value) else ""


def _type(operand: Json) -> Check:
    names = operand if isinstance(operand, list) else [operand]
    for name in names:
        if name not in TYPES:
            raise RuleError(f"{shown(name)} is not a type of JSON Schema")
    words = [str(name) for name in names]
    return _failing(
        lambda value: not any(is_type(value, word) for word in words),
        f"is not of type {' or '.join(words)}",
    )


def _enum(operand: Json) -> Check:
    if not isinstance(operand, list):
        raise RuleError("enum takes a list of values")
    is_known = one_of(operand)
    return _failing(lambda value: not is_known(value), f"is not one of {shown(operand)}")


def _const(operand: Json) -> Check:
    return _failing(lambda value: not same(value, operand), f"is not {shown(operand)}")


def _pattern(operand: Json) -> Check:
    if not isinstance(operand, str):
        raise RuleError("pattern takes a regular expression")
    find = regex_of(operand)
    return _failing(
        lambda value: isinstance(value, str) and not find(value), f"does not match {operand!r}"
    )


def _number(operand: Json, key: str) -> int | Decimal:
    if not isinstance(operand, int | Decimal) or isinstance(operand, bool):
        raise RuleError(f"{key} takes a number")
    return operand


def _bound(
    key: str, holds: Callable[[Any, Any], bool], words: str, sized: type[Sized] | None = None
) -> Callable[[Json], Check]:
    """Return what makes the check of a bound of numbers, or of the length of what is ``sized``."""

    def make(operand: Json) -> Check:
        bound = _number(operand, key)

        def fails(value: object) -> bool:
            if sized is None:
                return is_number(value) and not holds(value, bound)
            return isinstance(value, sized) and not holds(len(value), bound)

        return _failing(fails, f"is {words}" if sized else f"is {words} {bound}")

    return make


def _multiple(operand: Json) -> Check:
    step = _number(operand, "multipleOf")
    if step <= 0:
        raise RuleError("multipleOf takes a number above 0")
    return _failing(
        lambda value: is_number(value) and Fraction(value) % Fraction(step) != 0,
        f"is no multiple of {step}",
    )


def _unique(operand: Json) -> Check:
    def fails(value: Json) -> bool:
        if not operand or not isinstance(value, list):
            return False
        return _has_twins(value)

    return _failing(fails, "has an element twice")


def _has_twins(items: list[Json]) -> bool:
    return len({key_of(item) for item in items}) < len(items)


def _items(operand: Json) -> Check:
    check = compile_schema(operand)
    return lambda value: first_of(map(check, value)) if isinstance(value, list) else ""


def _properties(operand: Json) -> Check:
    if not isinstance(operand, dict):
        raise RuleError("properties takes a mapping")
    checks = {name: compile_schema(schema) for name, schema in operand.items()}

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
        missing = [name for name in names if isinstance(value, dict) and name not in value]
        return f'"{missing[0]}" is missing' if missing else ""

    return check


def _additional(operand: Json, properties: Json) -> Check:
    each = compile_schema(operand)
    known = properties if isinstance(properties, dict) else {}

    def check(value: Json) -> str:
        others = value.items() if isinstance(value, dict) else ()
        return first_of(
            f'"{name}" is unexpected' for name, item in others if name not in known and each(item)
        )

    return check


_ADDITIONAL: Final = "additionalProperties"
"""Checked last, since it speaks of what ``properties`` does not name."""

_KEYWORDS: Final[Mapping[str, Callable[[Json], Check]]] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "pattern": _pattern,
    "minimum": _bound("minimum", operator.ge, "less than"),
    "maximum": _bound("maximum", operator.le, "more than"),
    "exclusiveMinimum": _bound("exclusiveMinimum", operator.gt, "not more than"),
    "exclusiveMaximum": _bound("exclusiveMaximum", operator.lt, "not less than"),
    "multipleOf": _multiple,
    "minLength": _bound("minLength", operator.ge, "too short", str),
    "maxLength": _bound("maxLength", operator.le, "too long", str),
    "minItems": _bound("minItems", operator.ge, "too short", list),
    "maxItems": _bound("maxItems", operator.le, "too long", list),
    "minProperties": _bound("minProperties", operator.ge, "too small", dict),
    "maxProperties": _bound("maxProperties", operator.le, "too large", dict),
    "uniqueItems": _unique,
    "items": _items,
    "properties": _properties,
    "required": _required,
}
