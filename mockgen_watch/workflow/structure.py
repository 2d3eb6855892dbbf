"""Takes the files of a run; gives what in them does not fit the JSON Schema of their kind."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.lock.paths import lock_path
from mockgen_watch.spec.parse import parse
from mockgen_watch.spec.structure import check_structure, load_schema
from mockgen_watch.storage.outputs import read_output
from mockgen_watch.storage.package_data import read_schema
from mockgen_watch.workflow.suites import PROJECT_NAMES, USER_INPUT_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.spec.document import Document
    from mockgen_watch.spec.structure import Schema
    from mockgen_watch.storage.outputs import OutputTree

_MASTER = "master"


@cache
def _schema(kind: str) -> Schema:
    return load_schema(read_schema(f"{kind}.schema.json"))


def check_documents(
    documents: Iterable[Document], masters: Iterable[str], reported: tuple[Diagnostic, ...]
) -> Iterator[Diagnostic]:
    """Yield what does not fit its schema, where ``reported`` has not said so in better words.

    ``masters`` are the paths of those documents that are masters; a vocabulary has no schema.
    """
    known = frozenset(masters)
    for document in documents:
        name = document.path.rpartition("/")[2]
        kind = _MASTER if document.path in known else ""
        if not kind and name in USER_INPUT_NAMES:
            kind = "user_input"
        if not kind and name in PROJECT_NAMES:
            kind = "project"
        if kind:
            yield from check_structure(document, _schema(kind), reported)


def check_lockfiles(tree: OutputTree, suites: Iterable[str]) -> Iterator[Diagnostic]:
    """Yield what in the lockfiles of ``suites`` does not fit the schema of lockfiles."""
    for suite in suites:
        path = lock_path(suite)
        if path in tree.stamps:
            # A lockfile is JSON, whatever its name ends with.
            document = parse("lockfile.json", read_output(tree, path))
            document = replace(document, path=tree.root.named(path))
            yield from check_structure(document, _schema("lockfile"))
