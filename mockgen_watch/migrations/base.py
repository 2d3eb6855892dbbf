"""Takes a file of any format version; gives it in the newest one, by a chain of steps.

A step turns the text of one version into that of the next; the chain is what ``STEPS`` holds from
the file's own ``$version`` on. A step edits text at the places of the document's nodes, so that
what need not change stays as it stands.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

from mockgen_watch.dataclass import dataclass
from mockgen_watch.diagnostics import Diagnostic, Location, has_errors
from mockgen_watch.spec.build.user_input import FORMAT_VERSION
from mockgen_watch.spec.document import MappingNode, Scalar
from mockgen_watch.spec.parse import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mockgen_watch.spec.document import Document


class FileKind(enum.StrEnum):
    """The files that have a format version."""

    USER_INPUT = "user_input"
    MASTER = "master"
    PROJECT = "project"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A migration from one version to the next.

    Attributes:
        kind: of the files that it is for.
        source: the version that it reads; it writes ``source + 1``.
        apply: gives the new text; it need not care for ``$version``.
    """

    kind: FileKind
    source: int
    apply: Callable[[Document], str]


STEPS: Final[tuple[Step, ...]] = ()
"""Every step that there is. Version 1 is the first one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade:
    """A file in the newest version.

    Attributes:
        text: the new text; the old one, character by character, where nothing had to change.
        versions: those that the file went through, its own first.
        diagnostics: why it could not be brought further.
    """

    text: str
    versions: tuple[int, ...]
    diagnostics: tuple[Diagnostic, ...] = ()


def upgrade(
    document: Document,
    kind: FileKind,
    steps: Sequence[Step] = STEPS,
    newest: int = FORMAT_VERSION,
) -> Upgrade:
    """Return ``document`` in the version ``newest``.

    A file without ``$version`` is of version 1. A kind that a version did not change has no step;
    then only the number changes.
    """
    version = version_of(document)
    if version is None or version > newest:
        return Upgrade(text=document.text, versions=(), diagnostics=(_unknown(document, newest),))
    versions = [version]
    by_source = {step.source: step for step in steps if step.kind is kind}
    while version < newest:
        step = by_source.get(version)
        text = document.text if step is None else step.apply(document)
        version += 1
        versions.append(version)
        document = parse(document.path, _with_version(document, text, version).encode())
        if document.root is None or has_errors(document.diagnostics):
            return Upgrade(
                text=document.text, versions=tuple(versions), diagnostics=document.diagnostics
            )
    return Upgrade(text=document.text, versions=tuple(versions))


def version_of(document: Document) -> int | None:
    """Return the format version that a file states, 1 where it states none; None: no number."""
    root = document.root
    node = root.get("$version") if isinstance(root, MappingNode) else None
    if node is None:
        return 1
    is_number = isinstance(node, Scalar) and type(node.value) is int and node.value > 0
    return node.value if is_number and isinstance(node, Scalar) else None  # type: ignore[return-value]


def _with_version(before: Document, text: str, version: int) -> str:
    """Return ``text`` with its ``$version`` set, at its place or as the first key."""
    document = parse(before.path, text.encode())
    root = document.root
    if not isinstance(root, MappingNode):
        return text
    node = root.get("$version")
    if node is not None:
        return text[: node.mark.start] + str(version) + text[node.mark.end :]
    place = root.members[0].mark.start if root.members else root.mark.start
    if text[root.mark.start : root.mark.start + 1] != "{":
        margin = text[text.rfind("\n", 0, place) + 1 : place]
        return f"{text[:place]}$version: {version}\n{margin}{text[place:]}"
    if not root.members:
        return f'{text[: root.mark.start]}{{"$version": {version}}}{text[root.mark.end :]}'
    gap = text[root.mark.start + 1 : place]
    return f'{text[:place]}"$version": {version},{gap or " "}{text[place:]}'


def _unknown(document: Document, newest: int) -> Diagnostic:
    root = document.root
    node = root.get("$version") if isinstance(root, MappingNode) else None
    place = (
        Location(path=document.path) if node is None else document.locate(node.mark, "/$version")
    )
    return Diagnostic(
        code="MG226",
        message=f"this format version is not read by this release, which reads 1 to {newest}",
        location=place,
        hint="a newer release of mockgen-watch may read it",
    )
