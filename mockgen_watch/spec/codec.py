"""Takes a Document; gives bytes for a cache, and from them the same Document again.

The bytes are JSON in ASCII: ``[CODEC_VERSION, text, root, diagnostics]``, where::

    root        null or a node
    node        [0, value, raw, plain, *mark]          a scalar; raw is 0 where it is that text
                [1, decimal as text, raw, plain, *mark]
                [2, [node, …], *mark]                  a sequence
                [3, [[key, node, *mark], …], *mark]    a mapping
    mark        line, column, start, end
    diagnostic  [code, message, severity, hint, location, [[message, location], …]]
    location    [path, line, column, length, pointer]  path is 0 for the document's own
"""

from __future__ import annotations

import json
from decimal import Decimal

from mockgen_watch.diagnostics import Diagnostic, Location, Related, Severity
from mockgen_watch.spec.document import (
    Document,
    MappingNode,
    Mark,
    Member,
    Node,
    Scalar,
    SequenceNode,
)
from mockgen_watch.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any, Final


CODEC_VERSION: Final = 1

_SCALAR, _DECIMAL, _SEQUENCE, _MAPPING = range(4)
# What taking damaged data apart raises.
_DAMAGE: Final = (ArithmeticError, LookupError, RecursionError, TypeError, ValueError)


def encode_document(document: Document) -> bytes:
    """Return ``document`` without its path; like all parsed text, it holds no surrogates."""
    root = None if document.root is None else _from_node(document.root)
    diagnostics = [_from_diagnostic(found, document.path) for found in document.diagnostics]
    content = [CODEC_VERSION, document.text, root, diagnostics]
    return json.dumps(content, separators=(",", ":"), allow_nan=False).encode("ascii")


def decode_document(path: str, data: bytes) -> Document | None:
    """Return what was encoded, as the document of ``path``; None where ``data`` is something else.

    Something else is a damaged entry, or one of another ``CODEC_VERSION``.
    """
    try:
        version, text, root, diagnostics = json.loads(data)
        if version != CODEC_VERSION or not isinstance(text, str):
            return None
        return Document(
            path=path,
            text=text,
            root=None if root is None else _to_node(root),
            diagnostics=tuple(_to_diagnostic(found, path) for found in diagnostics),
        )
    except _DAMAGE:
        return None


def _from_node(node: Node) -> list[Any]:
    mark = node.mark
    place = (mark.line, mark.column, mark.start, mark.end)
    if isinstance(node, MappingNode):
        return [_MAPPING, [_from_member(member) for member in node.members], *place]
    if isinstance(node, SequenceNode):
        return [_SEQUENCE, [_from_node(item) for item in node.items], *place]
    kind, value = _SCALAR, node.value
    if isinstance(value, Decimal):
        kind, value = _DECIMAL, str(value)
    raw = 0 if node.raw == value else node.raw
    return [kind, value, raw, node.plain, *place]


def _from_member(member: Member) -> list[Any]:
    mark = member.mark
    node = _from_node(member.node)
    return [member.key, node, mark.line, mark.column, mark.start, mark.end]


def _to_node(data: list[Any]) -> Node:
    if data[0] == _MAPPING:
        return MappingNode(members=tuple(map(_to_member, data[1])), mark=_to_mark(data, 2))
    if data[0] == _SEQUENCE:
        return SequenceNode(items=tuple(map(_to_node, data[1])), mark=_to_mark(data, 2))
    value = Decimal(data[1]) if data[0] == _DECIMAL else data[1]
    raw = data[1] if data[2] == 0 else data[2]
    return Scalar(value=value, mark=_to_mark(data, 4), plain=data[3], raw=raw)


def _to_member(data: list[Any]) -> Member:
    return Member(key=data[0], node=_to_node(data[1]), mark=_to_mark(data, 2))


def _to_mark(data: list[Any], at: int) -> Mark:
    line, column, start, end = data[at:]
    return Mark(line=line, column=column, start=start, end=end)


def _from_diagnostic(found: Diagnostic, path: str) -> list[Any]:
    return [
        found.code,
        found.message,
        found.severity,
        found.hint,
        _from_location(found.location, path),
        [[other.message, _from_location(other.location, path)] for other in found.related],
    ]


def _to_diagnostic(data: list[Any], path: str) -> Diagnostic:
    code, message, severity, hint, location, related = data
    return Diagnostic(
        code=code,
        message=message,
        severity=Severity(severity),
        hint=hint,
        location=_to_location(location, path),
        related=tuple(
            Related(message=text, location=_to_location(place, path)) for text, place in related
        ),
    )


def _from_location(location: Location, path: str) -> list[Any]:
    own: str | int = 0 if location.path == path else location.path
    return [own, location.line, location.column, location.length, location.pointer]


def _to_location(data: list[Any], path: str) -> Location:
    own, line, column, length, pointer = data
    if own == 0:
        own = path
    return Location(path=own, line=line, column=column, length=length, pointer=pointer)
