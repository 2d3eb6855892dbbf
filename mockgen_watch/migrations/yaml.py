"""Takes the Document of a YAML file; gives pieces of its text, each comment in one of them."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.migrations.layout import member_lines
from mockgen_watch.spec.document import MappingNode, SequenceNode, plain_data
from mockgen_watch.spec.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Final

    from mockgen_watch.spec.document import Document, Mark, Member, Node


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


_REST: Final = re.compile(r"[ \t]*(?:#[^\r\n]*)?\Z")
_NAME: Final = re.compile(r"[^\s,\[\]{}]+")
_OPENING: Final = re.compile(r"(?:%[^\r\n]*\r?\n)*(?:---[ \t]*(?:#[^\r\n]*)?\r?\n)?")


class YamlSource:
    """A YAML text whose parts are copied; what is left over in the end are comments."""

    def __init__(self, document: Document) -> None:
        """Take ``document`` apart."""
        self.document = document
        self.text = document.text
        self.source = Source.of(document.path, document.text)
        every = comments_of(document)
        self.comments = {comment.start: comment for comment in every}
        self._starts = [comment.start for comment in every]
        self._alone = {
            self.source.position(comment.start)[0]: comment for comment in every if comment.is_alone
        }
        # Anchors that stand in the new text already, so that aliases of them may follow.
        self._anchored: set[str] = set()

    def opening(self, schema: str) -> list[str]:
        """Return what comes before all else: YAML's own lines, and ``$schema``."""
        found = _OPENING.match(self.text)
        lines = (found[0] if found else "").splitlines()
        self._claim(0, found.end() if found else 0)
        return [*lines, *(member_lines("$schema", schema, 0) if schema else ())]

    def joined(self, lines: Iterable[str]) -> str:
        """Return ``lines`` as the file, with the comments that have found no other place."""
        newline = "\r\n" if "\r\n" in self.text else "\n"
        left = [comment.text for _, comment in sorted(self.comments.items())]
        return newline.join([*lines, *left]) + newline

    def _kept(self, member: Member) -> list[str]:
        """Return a model as it stands, or its data where an alias in it would be lost."""
        start = self.source.line_start(member.mark.start)
        is_whole = self._begins_line(member.mark) and self._ends_line(member.node)
        if is_whole and self._may_copy(member.node):
            end = self._line_end(member.node)
            self._claim(start, end)
            return self.text[start:end].splitlines()
        inside = self._claim(member.mark.start, self._line_end(member.node))
        lines = member_lines(member.key, plain_data(member.node), 0)
        return [*(comment.text for comment in inside), *lines]

    def _may_copy(self, node: Node) -> bool:
        """Return whether every alias in ``node`` has its anchor there or in the new text above.

        If so, the anchors in it count as standing in the new text from here on.
        """
        own = self._names(node, "&")
        if self._names(node, "*") - own - self._anchored:
            return False
        self._anchored |= own
        return True

    def _names(self, node: Node, sign: str) -> set[str]:
        """Return the names behind ``&`` or ``*`` in the text of ``node``."""
        start = node.mark.start
        found: set[str] = set()
        match = _NAME.match(self.text, start + 1) if self.text.startswith(sign, start) else None
        if match is not None:
            found.add(match[0])
        if self.text.startswith("*", start):
            # What an alias stands for has its place elsewhere.
            return found
        inner = [member.node for member in node.members] if isinstance(node, MappingNode) else []
        inner += node.items if isinstance(node, SequenceNode) else ()
        return found.union(*(self._names(one, sign) for one in inner))

    def _has_anchor(self, node: Node) -> bool:
        """Return whether ``node`` is, or holds, an anchor, an alias or a tag."""
        if self.text[node.mark.start : node.mark.start + 1] in {"&", "*", "!"}:
            return True
        if isinstance(node, MappingNode):
            return any(self._has_anchor(member.node) for member in node.members)
        return isinstance(node, SequenceNode) and any(map(self._has_anchor, node.items))

    def _lead(self, mark: Mark, column: int) -> list[str]:
        """Return the comments and blank lines right above a key, at another indentation."""
        if not self._begins_line(mark):
            return []
        lines: list[str] = []
        number = self.source.position(mark.start)[0] - 1
        while number > 0:
            comment = self._alone.get(number)
            if comment is not None and comment.start in self.comments:
                del self.comments[comment.start]
                lines.append(" " * column + comment.text)
            elif not self.source.line(number).strip():
                lines.append("")
            else:
                break
            number -= 1
        return lines[::-1] if number > 0 else _without_blank_start(lines[::-1])

    def _claim(self, start: int, end: int) -> list[Comment]:
        """Take the comments between two offsets; each has one place in the new text."""
        first, last = bisect_left(self._starts, start), bisect_left(self._starts, end)
        found = [at for at in self._starts[first:last] if at in self.comments]
        return [self.comments.pop(at) for at in found]

    def _begins_line(self, mark: Mark) -> bool:
        return not self.text[self.source.line_start(mark.start) : mark.start].strip(" \t")

    def _ends_line(self, node: Node) -> bool:
        end = max(node.mark.end, node.mark.start)
        if self.text[end - 1 : end] in {"\n", "\r"}:
            return True
        return _REST.match(self.text[end : self.source.line_end(end)]) is not None

    def _line_end(self, node: Node) -> int:
        end = node.mark.end
        return end if self.text[end - 1 : end] in {"\n", "\r"} else self.source.line_end(end)


def shifted(margin: str, lines: Sequence[str], by: int) -> list[str]:
    """Return ``lines``, the first of which stands behind ``margin``, moved ``by`` columns."""
    moved = []
    for line in (margin + lines[0], *lines[1:]):
        blanks = len(line) - len(line.lstrip(" "))
        moved.append(" " * max(0, blanks + by) + line[blanks:] if line.strip() else line)
    return moved


def _without_blank_start(lines: list[str]) -> list[str]:
    while lines and not lines[0]:
        lines = lines[1:]
    return lines
