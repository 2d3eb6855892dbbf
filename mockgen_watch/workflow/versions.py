"""Takes nothing; gives the chain that brings every kind of file to the versions of this release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Diagnostic
from mockgen_watch.formats.builtin import BUILTIN
from mockgen_watch.lock.model import LOCK_VERSION, read_lockfile
from mockgen_watch.migrations.base import STEPS, Chain, FileKind
from mockgen_watch.spec.build.context import BuildContext
from mockgen_watch.spec.build.master import build_master
from mockgen_watch.spec.build.project import build_project
from mockgen_watch.spec.build.user_input import FORMAT_VERSION, build_user_input

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

    from mockgen_watch.spec.document import Document


def problems_of(kind: FileKind, document: Document) -> Sequence[Diagnostic]:
    """Return what the reader of a kind of file finds in ``document``."""
    if kind is FileKind.LOCKFILE:
        data = document.text.encode("utf-8", "surrogateescape")
        found = read_lockfile(data, document.path)
        return (found,) if isinstance(found, Diagnostic) else ()
    if kind is FileKind.PROJECT:
        return build_project(document, BUILTIN)[1]
    context = BuildContext(formats=BUILTIN)
    build = build_master if kind is FileKind.MASTER else build_user_input
    return build(document, context)[1]


CHAIN: Final = Chain(
    steps=STEPS,
    newest={
        FileKind.USER_INPUT: FORMAT_VERSION,
        FileKind.MASTER: FORMAT_VERSION,
        FileKind.PROJECT: FORMAT_VERSION,
        FileKind.LOCKFILE: LOCK_VERSION,
    },
    check=problems_of,
)
"""The chain of this release."""
