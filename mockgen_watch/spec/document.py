"""Takes nothing; gives the tree that both parsers make: data whose nodes know their place."""

from __future__ import annotations

import operator
import re
from array import array
from bisect import bisect_right
from itertools import accumulate, count
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.diagnostics import Location

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal
    from typing import Final, TypeAlias

    from mockgen_watch.diagnostics import Diagnostic


ScalarValue: TypeAlias = "None | bool | int | Decimal | str"
Json: TypeAlias = "ScalarValue | list[Json] | dict[str, Json]"


class Mark(Struct, frozen=True, kw_only=True):
    """Where a node begins and ends.

    Attributes:
        line: of the first character, from 1.
        column: of the first character, from 1, in characters.
        start: offset of the first character in the decoded text (a BOM is not part of it).
        end: offset behind the last character; trailing comments and blanks are not part.
    """

    line: int
    column: int
    start: int
    end: int


class Scalar(Struct, frozen=True, kw_only=True):
    """A leaf: null, boolean, integer, Decimal (any other number) or text.

    ``plain`` is true for a YAML scalar without quotes; always false for JSON strings.
    ``raw`` is the source text of a number or plain scalar (``00501``, ``1.50``), else ``""``.
    """

    value: ScalarValue
    mark: Mark
    plain: bool = False
    raw: str = ""


class SequenceNode(Struct, frozen=True, kw_only=True):
    """A list of nodes."""

    items: tuple[Node, ...]
    mark: Mark


class Member(Struct, frozen=True, kw_only=True):
    """One key of a mapping with its node; ``mark`` is the key's."""

    key: str
    mark: Mark
    node: Node


class MappingNode(Struct, frozen=True, kw_only=True):
    """Keys in source order; no key stands twice."""

    members: tuple[Member, ...]
    mark: Mark

    def get(self, key: str) -> Node | None:
        """Return the node under ``key``, or None."""
        return next((member.node for member in self.members if member.key == key), None)


Node: TypeAlias = "Scalar | SequenceNode | MappingNode"


class Document(Struct, frozen=True, kw_only=True):
    """A parsed file.

    Attributes:
        path: as in ``Location.path``.
        text: the decoded text without BOM, line ends as they were.
        root: the top node; None when the text could not be parsed at all.
        diagnostics: what the parser found, in source order.
    """

    path: str
    text: str
    root: Node | None
    diagnostics: tuple[Diagnostic, ...] = ()

    def locate(self, mark: Mark, pointer: str = "") -> Location:
        """Return the location of ``mark``; the length never leaves its first line."""
        # Only as far as the node: a file of one line is searched for each of its nodes.
        line_end = self.text.find("\n", mark.start, mark.end)
        stop = min(mark.end, len(self.text)) if line_end < 0 else line_end
        return Location(
            path=self.path,
            line=mark.line,
            column=mark.column,
            length=max(1, stop - mark.start),
            pointer=pointer,
        )


def plain_data(node: Node) -> Json:
    """Return the node's data without marks: dict, list and scalars."""
    if isinstance(node, MappingNode):
        return {member.key: plain_data(member.node) for member in node.members}
    if isinstance(node, SequenceNode):
        return [plain_data(item) for item in node.items]
    return node.value


def pointer_of(segments: Sequence[str | int]) -> str:
    """Return the JSON Pointer (RFC 6901) of a path of keys and indexes."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in segments)


def walk(node: Node, pointer: str = "") -> Iterator[tuple[str, Node]]:
    """Yield every node below ``node``, itself first, with its JSON Pointer."""
    yield pointer, node
    if isinstance(node, MappingNode):
        for member in node.members:
            yield from walk(member.node, pointer + pointer_of((member.key,)))
    elif isinstance(node, SequenceNode):
        for index, item in enumerate(node.items):
            yield from walk(item, f"{pointer}/{index}")


_INDENT: Final = re.compile(r"[ \t]*")


def line_starts(text: str) -> array[int]:
    r"""Return the offset of each line's first character; ``\n``, ``\r\n``, ``\r`` end a line."""
    # Each replacement keeps the length, so that one split finds all three kinds of line end.
    if "\r" in text:
        text = text.replace("\r\n", " \n").replace("\r", "\n")
    lengths = map(len, text.split("\n")[:-1])
    # A line begins behind all lines above it and as many line ends.
    return array("q", map(operator.add, accumulate(lengths, initial=0), count()))


class Source(Struct, frozen=True, kw_only=True):
    """A decoded file.

    Attributes:
        path: as in ``Location.path``.
        text: the decoded text, without BOM.
        starts: what ``line_starts`` gives for the text.
    """

    path: str
    text: str
    starts: array[int]

    @classmethod
    def of(cls, path: str, text: str) -> Source:
        """Return the source with its lines counted."""
        return cls(path=path, text=text, starts=line_starts(text))

    def position(self, offset: int) -> tuple[int, int]:
        """Return line and column of ``offset``, both from 1."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def mark(self, start: int, end: int) -> Mark:
        """Return the mark of the characters from ``start`` to before ``end``."""
        line = bisect_right(self.starts, start)
        return Mark(line=line, column=start - self.starts[line - 1] + 1, start=start, end=end)

    def location(self, start: int, end: int, pointer: str = "") -> Location:
        """Return the location of that stretch; its length never leaves the first line."""
        line, column = self.position(start)
        stop = min(end, self.line_end(start))
        return Location(
            path=self.path, line=line, column=column, length=max(1, stop - start), pointer=pointer
        )

    def line_start(self, offset: int) -> int:
        """Return the offset of the first character of the line that holds ``offset``."""
        return self.starts[bisect_right(self.starts, offset) - 1]

    def line_end(self, offset: int) -> int:
        """Return the offset behind the last character of the line that holds ``offset``."""
        line = bisect_right(self.starts, offset)
        if line == len(self.starts):
            return len(self.text)
        end = self.starts[line] - 1
        if end > self.starts[line - 1] and self.text.startswith("\r\n", end - 1):
            end -= 1
        return end

    def line(self, number: int) -> str:
        """Return a line, counted from 1, without its end; ``""`` where there is none."""
        if not 1 <= number <= len(self.starts):
            return ""
        start = self.starts[number - 1]
        return self.text[start : self.line_end(start)]

    def indent(self, offset: int) -> int:
        """Return how many blanks begin the line that holds ``offset``."""
        start = self.line_start(offset)
        blanks = _INDENT.match(self.text, start)
        return blanks.end() - start if blanks else 0


_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def join_surrogates(text: str) -> tuple[str, bool]:
    """Return ``text`` with surrogate pairs joined, and whether a lone one was replaced.

    A lone surrogate becomes U+FFFD.
    """
    if not _SURROGATE.search(text):
        return text, False
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    whole = _SURROGATE.sub("\ufffd", joined)
    return whole, whole != joined


MAX_BYTES: Final = 5_000_000
"""Size of a file; a caller may ask for another."""

MAX_DEPTH: Final = 100
"""Mappings and sequences inside each other."""

MAX_NODES: Final = 300_000
"""Keys and values in a file; each takes some 250 bytes when read."""

MAX_ALIASED_NODES: Final = 100_000
"""Values that the aliases of a YAML file stand for, together."""
