"""Document: the tree that both readers make, data whose nodes know their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.diagnostics import Location

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal
    from typing import TypeAlias

    from mockgen_watch.diagnostics import Diagnostic

ScalarValue: TypeAlias = "None | bool | int | Decimal | str"
Json: TypeAlias = "ScalarValue | list[Json] | dict[str, Json]"


class Mark(Struct, frozen=True, kw_only=True):
    """Where a node begins and ends.

    Attributes:
        line: of the first character, from 1.
        column: of the first character, from 1, in characters.
        start: offset of the first character in the decoded text (a BOM is not part of it).
        end: offset after the last character; trailing comments and blanks are not part.
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
    """Keys in source order; no key appears twice."""

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
