"""Format versions: the version that a file states, and the steps from one to the next."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Location, has_errors
from mockgen_watch.spec.build.user_input import FORMAT_VERSION
from mockgen_watch.spec.document import Document, MappingNode, Scalar
from mockgen_watch.spec.parse import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Final


VERSION: Final = "$version"
# The first key of a lockfile, which is always written in the same way.
_LOCK_VERSION: Final = re.compile(r'\A(\{\s*"lock_version":\s*)(\d{1,9})(?=\s*[,}])')


class StatedVersion(Struct, frozen=True, kw_only=True):
    """The version that a file states.

    Attributes:
        version: a whole number from 1 up; None: something else.
        place: of its text.
    """

    version: int | None
    place: Location


def _read_version(document: Document) -> StatedVersion | None:
    """Return the version that a file states; None where it states none."""
    found = _LOCK_VERSION.match(document.text)
    if found is not None:
        line = document.text.count("\n", 0, found.start(2)) + 1
        place = Location(path=document.path, line=line)
        return StatedVersion(version=int(found[2]) or None, place=place)
    root = document.root
    node = root.get(VERSION) if isinstance(root, MappingNode) else None
    if node is None:
        return None
    value = node.value if isinstance(node, Scalar) else None
    return StatedVersion(
        version=value if type(value) is int and value > 0 else None,
        place=document.locate(node.mark, f"/{VERSION}"),
    )


def _with_version(document: Document, version: int) -> str:
    """Return the text of a document with its ``$version`` set, at its place or as the first key."""
    root, text = document.root, document.text
    if not isinstance(root, MappingNode):
        return text
    node = root.get(VERSION)
    if node is not None:
        return text[: node.mark.start] + str(version) + text[node.mark.end :]
    place = root.members[0].mark.start if root.members else root.mark.start
    if text[root.mark.start : root.mark.start + 1] != "{":
        margin = text[text.rfind("\n", 0, place) + 1 : place]
        newline = "\r\n" if "\r\n" in text else "\n"
        return f"{text[:place]}{VERSION}: {version}{newline}{margin}{text[place:]}"
    if not root.members:
        return f'{text[: root.mark.start]}{{"{VERSION}": {version}}}{text[root.mark.end :]}'
    gap = text[root.mark.start + 1 : place]
    return f'{text[:place]}"{VERSION}": {version},{gap or " "}{text[place:]}'


class FileKind(StrEnum):
    """The files that have a format version."""

    USER_INPUT = "user_input"
    MASTER = "master"
    PROJECT = "project"
    LOCKFILE = "lockfile"


class Step(Struct, frozen=True, kw_only=True):
    """A migration from one version to the next.

    Attributes:
        kind: of the files that it is for.
        source: the version that it reads; it writes ``source + 1``.
        apply: returns the new text; it need not change the version. Of a lockfile it gets the
            text alone, without nodes.
    """

    kind: FileKind
    source: int
    apply: Callable[[Document], str]


STEPS: Final[tuple[Step, ...]] = ()
"""Every step that there is; version 1 is the first version."""


def _accept(_kind: FileKind, _document: Document) -> Sequence[Diagnostic]:
    return ()


class Chain(Struct, frozen=True, kw_only=True):
    """What brings files to the newest versions.

    Attributes:
        steps: of all kinds.
        newest: kind → the version that this release writes, where it is not that of specs.
        check: what a reader of the newest version reports for a file that was brought to it.
    """

    steps: Sequence[Step] = STEPS
    newest: Mapping[FileKind, int] = field(default_factory=dict)
    check: Callable[[FileKind, Document], Sequence[Diagnostic]] = _accept

    def newest_of(self, kind: FileKind) -> int:
        """Return the newest version of the files of a kind."""
        return self.newest.get(kind, FORMAT_VERSION)


class Upgrade(Struct, frozen=True, kw_only=True):
    """A file in the newest version.

    Attributes:
        text: the new text; the old one, character by character, where nothing had to change, or
            where the file could not be brought to the newest version.
        versions: those that the file went through, its own first.
        diagnostics: why it could not be upgraded further.
    """

    text: str
    versions: tuple[int, ...]
    diagnostics: tuple[Diagnostic, ...] = ()


def read_document(path: str, data: bytes, kind: FileKind) -> Document:
    """Return the document in ``data``; a lockfile has text alone, for nothing bounds its size."""
    if kind is not FileKind.LOCKFILE:
        return parse(path, data)
    return Document(path=path, text=data.decode("utf-8", "surrogateescape"), root=None)


def upgrade(document: Document, kind: FileKind, chain: Chain) -> Upgrade:
    """Return ``document`` in the newest version.

    A file without a version is of version 1. A kind that a version did not change has no step;
    then only the number changes. What a step makes is read again, and so is the whole.
    """
    newest = chain.newest_of(kind)
    stated = _read_version(document)
    version = 1 if stated is None else stated.version
    if version is None or version > newest:
        place = Location(path=document.path) if stated is None else stated.place
        return Upgrade(text=document.text, versions=(), diagnostics=(_unknown(place, newest),))
    before, versions = document, [version]
    by_source = {step.source: step for step in chain.steps if step.kind is kind}
    while version < newest:
        step = by_source.get(version)
        text = document.text if step is None else step.apply(document)
        version += 1
        versions.append(version)
        document = _numbered(document, text, version, kind)
        if has_errors(document.diagnostics):
            return _failed(before, versions, document.diagnostics)
    problems = tuple(chain.check(kind, document)) if versions[1:] else ()
    if has_errors(problems):
        return _failed(before, versions, problems)
    return Upgrade(text=document.text, versions=tuple(versions))


def _numbered(before: Document, text: str, version: int, kind: FileKind) -> Document:
    """Return the document of ``text``, which states ``version``."""
    if kind is FileKind.LOCKFILE:
        return replace(before, text=_LOCK_VERSION.sub(rf"\g<1>{version}", text, count=1))
    document = parse(before.path, text.encode())
    if document.root is None or has_errors(document.diagnostics):
        return document
    return parse(before.path, _with_version(document, version).encode())


def _failed(before: Document, versions: Sequence[int], problems: Sequence[Diagnostic]) -> Upgrade:
    """Return the result for a file that would be wrong in a newer version; it stays."""
    errors = tuple(
        Diagnostic(
            code="MG702",
            message=f"in version {versions[-1]} it would be wrong: {problem.message}",
            location=Location(path=before.path),
            hint="the file stays as it is",
        )
        for problem in problems
    )
    return Upgrade(text=before.text, versions=tuple(versions), diagnostics=errors)


def _unknown(place: Location, newest: int) -> Diagnostic:
    return Diagnostic(
        code="MG226",
        message=f"this format version is not read by this release, which reads 1 to {newest}",
        location=place,
        hint="a newer release of mockgen-watch may read it",
    )
