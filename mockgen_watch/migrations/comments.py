"""Takes the Document of a YAML file; gives its comments, with where each belongs."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.spec.document import MappingNode, SequenceNode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

    from mockgen_watch.spec.document import Document, Node

_COMMENT: Final = re.compile(r"(?:^|(?<=[ \t]))#[^\r\n]*", re.MULTILINE)
_BLOCK: Final = re.compile(r"(?:[&!][^\s]+[ \t]+)*[|>][^\r\n]*")


class Comment(Struct, frozen=True, kw_only=True):
    """One comment.

    Attributes:
        start: offset of its ``#``.
        text: with the ``#``, up to the end of the line.
        is_alone: nothing else stands on its line.
    """

    start: int
    text: str
    is_alone: bool


def comments_of(document: Document) -> list[Comment]:
    """Return the comments of ``document`` in source order."""
    if document.root is None:
        return []
    spans = sorted(set(_text_spans(document.root, document.text)))
    starts = [start for start, _ in spans]
    found = []
    match = _COMMENT.search(document.text)
    while match is not None:
        place = match.end()
        near = bisect_right(starts, match.start()) - 1
        if near >= 0 and match.start() < spans[near][1]:
            # It stands in a value, behind which a real one may follow on the same line.
            place = spans[near][1]
        else:
            line = document.text.rfind("\n", 0, match.start()) + 1
            is_alone = not document.text[line : match.start()].strip()
            text = match[0].rstrip()
            found.append(Comment(start=match.start(), text=text, is_alone=is_alone))
        match = _COMMENT.search(document.text, place)
    return found


def _text_spans(node: Node, text: str) -> Iterator[tuple[int, int]]:
    """Yield the stretches in which ``#`` begins no comment."""
    if isinstance(node, MappingNode):
        for member in node.members:
            yield member.mark.start, member.mark.end
            yield from _text_spans(member.node, text)
    elif isinstance(node, SequenceNode):
        for item in node.items:
            yield from _text_spans(item, text)
    elif node.mark.end > node.mark.start:
        # The first line of a block scalar may have a comment; its text begins below.
        head = _BLOCK.match(text, node.mark.start)
        yield (head.end() if head else node.mark.start), node.mark.end
