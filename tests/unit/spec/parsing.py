"""Takes the text of a file; gives its document and findings in a form that tables can hold."""

from __future__ import annotations

from mockgen_watch.diagnostics import Severity
from mockgen_watch.spec.document import Document, Json, Node, Scalar, plain_data, walk
from mockgen_watch.spec.parse import parse


def read(text: str, ending: str) -> Document:
    return parse(f"spec.{ending}", text.encode())


def data_of(text: str, ending: str) -> Json:
    document = read(text, ending)
    assert document.diagnostics == ()
    assert document.root is not None
    return plain_data(document.root)


def errors_of(text: str, ending: str) -> list[str]:
    """Return ``CODE line:column`` of every error."""
    return _found(text, ending, Severity.ERROR)


def warnings_of(text: str, ending: str) -> list[str]:
    """Return ``CODE line:column`` of every warning."""
    return _found(text, ending, Severity.WARNING)


def _found(text: str, ending: str, severity: Severity) -> list[str]:
    return [
        f"{found.code} {found.location.line}:{found.location.column}"
        for found in read(text, ending).diagnostics
        if found.severity is severity
    ]


def node_at(document: Document, pointer: str) -> Node:
    assert document.root is not None
    return dict(walk(document.root))[pointer]


def scalar_at(document: Document, pointer: str) -> Scalar:
    node = node_at(document, pointer)
    assert isinstance(node, Scalar)
    return node


def written(document: Document, node: Node) -> str:
    """Return the stretch of the text that the node's mark covers."""
    return document.text[node.mark.start : node.mark.end]
