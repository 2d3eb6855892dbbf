"""Takes a document; gives the format version that it states, and its text with another one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.diagnostics import Location
from mockgen_watch.spec.document import MappingNode, Scalar

if TYPE_CHECKING:
    from typing import Final

    from mockgen_watch.spec.document import Document

VERSION: Final = "$version"
# The first key of a lockfile, which is always written in the same way.
_LOCK_VERSION: Final = re.compile(r'\A(\{\s*"lock_version":\s*)(\d{1,9})(?=\s*[,}])')


class Stated(Struct, frozen=True, kw_only=True):
    """The version that a file states.

    Attributes:
        version: a whole number from 1 up; None: something else.
        place: of its text.
    """

    version: int | None
    place: Location


def read_stated(document: Document) -> Stated | None:
    """Return the version that a file states; None where it states none."""
    found = _LOCK_VERSION.match(document.text)
    if found is not None:
        line = document.text.count("\n", 0, found.start(2)) + 1
        place = Location(path=document.path, line=line)
        return Stated(version=int(found[2]) or None, place=place)
    root = document.root
    node = root.get(VERSION) if isinstance(root, MappingNode) else None
    if node is None:
        return None
    value = node.value if isinstance(node, Scalar) else None
    return Stated(
        version=value if type(value) is int and value > 0 else None,
        place=document.locate(node.mark, f"/{VERSION}"),
    )


def with_lock_version(text: str, version: int) -> str:
    """Return the text of a lockfile that states ``version``."""
    return _LOCK_VERSION.sub(rf"\g<1>{version}", text, count=1)


def with_version(document: Document, version: int) -> str:
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
