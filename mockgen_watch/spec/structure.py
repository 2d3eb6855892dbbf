"""Takes a Document and a JSON Schema; gives what does not fit, each at its node: the second net.

The builders say what is wrong in better words; what they have reported is not said again here.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from mockgen_watch.diagnostics import Diagnostic, did_you_mean
from mockgen_watch.spec.build.reader import kind_of
from mockgen_watch.spec.document import MappingNode, SequenceNode, plain_data, pointer_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any, Final

    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.spec.document import Document, Json, Mark, Node

    Schema = Mapping[str, Any]  # JSON, which a validator takes untyped

SCHEMA_CODE: Final = "MG220"


def load_schema(data: bytes) -> Schema:
    """Return the schema in ``data``, the bytes of one of the files that the package ships."""
    schema: dict[str, Any] = json.loads(data)
    return schema


def check_structure(
    document: Document, schema: Schema, reported: Iterable[Diagnostic] = ()
) -> list[Diagnostic]:
    """Return an MG220 for each place of ``document`` that does not fit ``schema``.

    Places at, above or below one that an error of ``reported`` names are left out. Nothing is
    ever fetched: a reference that leads out of the schema is an error.
    """
    if document.root is None:
        return []
    known = [
        item.location.pointer
        for item in reported
        if item.severity == "error" and item.location.path == document.path
    ]
    found: dict[tuple[Location, str], Diagnostic] = {}
    for error in _errors(schema, plain_data(document.root)):
        for segments, message, hint, on_key in _findings(error, document.root):
            pointer = pointer_of(segments)
            if any(_related(pointer, other) for other in known):
                continue
            location = document.locate(_mark(document.root, segments, on_key=on_key), pointer)
            found.setdefault(
                (location, message),
                Diagnostic(code=SCHEMA_CODE, message=message, location=location, hint=hint),
            )
    return sorted(found.values(), key=lambda item: item.sort_key)


def _errors(schema: Schema, data: Json) -> list[ValidationError]:
    """Return the errors of ``data``; of alternatives, the one that was nearest to fit."""
    # These take 100 ms to import, and a run that finds nothing new never needs them.
    from jsonschema.exceptions import best_match  # noqa: PLC0415

    # A Decimal is a number to the validator, but not to its stubs.
    errors = validator_of(schema).iter_errors(cast("Any", data))
    best = (best_match([error]) for error in errors)
    return [error for error in best if error is not None]


def validator_of(schema: Schema) -> Validator:
    """Return a validator of ``schema`` that knows exact numbers and fetches nothing."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415
    from jsonschema.validators import extend  # noqa: PLC0415
    from referencing import Registry  # noqa: PLC0415

    checker = Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_whole)
    kind: type[Validator] = extend(Draft202012Validator, type_checker=checker)  # type: ignore[no-untyped-call]  # the stubs lack it
    return kind(schema, registry=Registry())


def _is_whole(checker: object, value: object) -> bool:
    del checker
    if isinstance(value, Decimal):
        return value == value.to_integral_value()
    return isinstance(value, int) and not isinstance(value, bool)


def _findings(
    error: ValidationError, root: Node
) -> list[tuple[tuple[str | int, ...], str, str, bool]]:
    """Return segments, message, hint and whether the key is meant, for each fault of ``error``."""
    path: tuple[str | int, ...] = tuple(error.absolute_path)
    node = _node(root, path)
    if error.validator == "additionalProperties" and isinstance(node, MappingNode):
        known = tuple(error.schema.get("properties", ())) if isinstance(error.schema, dict) else ()
        return [
            ((*path, key), _no_meaning(key), did_you_mean(key, known), True)
            for key in _unexpected(node, error)
        ]
    if "propertyNames" in error.absolute_schema_path and isinstance(error.instance, str):
        key = error.instance
        return [((*path, key), _no_meaning(key), "", True)]
    return [(path, _message(error, node), "", False)]


def _no_meaning(key: str) -> str:
    return f'"{key}" has no meaning here'


def _unexpected(node: MappingNode, error: ValidationError) -> list[str]:
    schema: Any = error.schema
    patterns = schema.get("patternProperties", {})
    return [
        member.key
        for member in node.members
        if member.key not in schema.get("properties", {})
        and not any(re.search(pattern, member.key) for pattern in patterns)
    ]


def _message(error: ValidationError, node: Node) -> str:
    """Return what is wrong, without the data: a user's values do not belong in a message."""
    wanted: Any = error.validator_value
    what = kind_of(node)
    match error.validator:
        case "type":
            kinds = [wanted] if isinstance(wanted, str) else list(wanted)
            return f"this is {what}, where {' or '.join(kinds)} is meant"
        case "enum":
            return f"this is none of {', '.join(map(str, wanted))}"
        case "const":
            return f"this is not {wanted}"
        case "required":
            missing = _missing(node, wanted)
            return f"this needs {', '.join(missing)}"
        case "minItems" | "minProperties" | "minLength":
            return "this is too short or empty"
        case "minimum" | "exclusiveMinimum" | "maximum" | "exclusiveMaximum":
            return f"this number is beyond the bound {wanted}"
        case "pattern":
            return "this text has not the form that is meant"
        case _:
            return f"this does not fit the schema ({error.validator})"


def _missing(node: Node, wanted: Sequence[str]) -> list[str]:
    keys = {member.key for member in node.members} if isinstance(node, MappingNode) else set()
    return [key for key in wanted if key not in keys]


def _related(pointer: str, other: str) -> bool:
    """Return whether one of two JSON Pointers is the other or lies above it."""
    above, below = sorted((f"{pointer}/", f"{other}/"), key=len)
    return below.startswith(above)


def _node(root: Node, path: Sequence[str | int]) -> Node:
    node = root
    for part in path:
        if isinstance(node, SequenceNode) and isinstance(part, int):
            node = node.items[part]
        elif isinstance(node, MappingNode):
            node = next(item.node for item in node.members if item.key == part)
    return node


def _mark(root: Node, path: Sequence[str | int], *, on_key: bool) -> Mark:
    parent = _node(root, path[:-1])
    if on_key and isinstance(parent, MappingNode):
        return next(item.mark for item in parent.members if item.key == path[-1])
    return _node(root, path).mark
