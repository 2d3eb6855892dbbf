"""JSON Schemas of the project's files, and what in a document does not fit its schema.

The builders find everything that the schemas find, in better words, so the program never
validates; the tests hold the two together.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from jsonschema.validators import extend
from referencing import Registry

from mockgen_watch.spec.document import MappingNode, SequenceNode, plain_data

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jsonschema.protocols import Validator

    from mockgen_watch.spec.document import Document, Node

ROOT = Path(__file__).resolve().parents[3]
SCHEMAS: dict[str, dict[str, Any]] = {
    kind: json.loads((ROOT / "schemas" / f"{kind}.schema.json").read_bytes())
    for kind in ("user_input", "master", "project", "lockfile")
}


def validator_of(schema: Mapping[str, Any]) -> Validator:
    """Return a validator of ``schema`` that reads exact numbers and fetches nothing."""
    checker = Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_whole)
    kind: type[Validator] = extend(Draft202012Validator, type_checker=checker)  # type: ignore[no-untyped-call]  # the stubs lack it
    return kind(schema, registry=Registry())


def _is_whole(checker: object, value: object) -> bool:
    del checker
    if isinstance(value, Decimal):
        return value == value.to_integral_value()
    return isinstance(value, int) and not isinstance(value, bool)


def misfits(document: Document, kind: str) -> list[tuple[int, str]]:
    """Return line and reason of everything in ``document`` that does not fit its schema."""
    assert document.root is not None
    found = []
    for error in validator_of(SCHEMAS[kind]).iter_errors(cast("Any", plain_data(document.root))):
        best = best_match([error])
        path = tuple(best.absolute_path)
        keys = list(path)
        if "propertyNames" in best.absolute_schema_path and isinstance(best.instance, str):
            keys.append(best.instance)
        if best.validator == "additionalProperties":
            found += [
                (_line(document.root, (*path, key)), f"unexpected {key}")
                for key in best.instance
                if repr(key) in best.message
            ]
            continue
        found.append((_line(document.root, keys), f"{best.json_path} {best.validator}"))
    return found


def _line(root: Node, path: Sequence[str | int]) -> int:
    """Return the line of the key or item that ``path`` ends in; of the root for no path."""
    node, line = root, root.mark.line
    for step in path:
        if isinstance(node, SequenceNode) and isinstance(step, int):
            node = node.items[step]
            line = node.mark.line
        elif isinstance(node, MappingNode):
            member = next(item for item in node.members if item.key == step)
            node, line = member.node, member.node.mark.line
    return line
