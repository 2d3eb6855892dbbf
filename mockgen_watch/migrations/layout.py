"""Layout: data as the text of a spec, and the parts of a YAML text that are copied from a source.

Specs are written in JSON or in YAML: on one line where they are short, else one line a member.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from decimal import Decimal
from itertools import dropwhile
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from mockgen_watch.spec import document as documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


WIDTH: Final = 100


def language_of(path: str) -> str:
    """Return the language of a file: ``json``, or ``yaml`` for every other name."""
    return "json" if path.casefold().endswith(".json") else "yaml"


def with_language(path: str, language: str) -> str:
    """Return ``path`` with the extension of ``language``, where it is not of that already."""
    return path if language_of(path) == language else f"{path.rpartition('.')[0]}.{language}"


def json_text(value: documents.Json, indent: int = 2, depth: int = 0, used: int = 0) -> str:
    """Return ``value`` as JSON, without a line end after it; a Decimal keeps its digits.

    There are ``depth`` levels around it, and ``used`` characters in front of it on its line.
    """
    short = inline_text(value, is_json=True)
    is_flat = not isinstance(value, dict) or depth > 1
    if not isinstance(value, dict | list) or not value:
        return short
    if is_flat and len(short) + used + depth * indent <= WIDTH:
        return short
    inner = "\n" + " " * indent * (depth + 1)
    end = "\n" + " " * indent * depth
    if isinstance(value, list):
        parts = [json_text(item, indent, depth + 1) for item in value]
        return "[" + ",".join(inner + part for part in parts) + end + "]"
    lines = []
    for key, item in value.items():
        start = f"{documents.quote_literal(key)}: "
        lines.append(inner + start + json_text(item, indent, depth + 1, len(start)))
    return "{" + ",".join(lines) + end + "}"


_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_./@+-]*(?: [A-Za-z0-9_./@+-]+)*")
_KEY: Final = re.compile(r"\$?[A-Za-z_][A-Za-z0-9_.-]*")
# What YAML 1.1 or 1.2 takes for something else.
_WORDS: Final = frozenset(
    ("true", "false", "null", "yes", "no", "on", "off", "y", "n", "t", "f", "none", "nan", "inf")
)
_LONGEST_PLAIN: Final = 60


def member_lines(key: str, value: documents.Json, column: int) -> list[str]:
    """Return the lines of ``key: value``, indented by ``column`` blanks, without line ends."""
    start = " " * column + key_text(key) + ":"
    if not isinstance(value, dict | list) or not value:
        return [f"{start} {inline_text(value)}"]
    if _is_short(key, value) and len(short := inline_text(value)) + len(start) < WIDTH:
        return [f"{start} {short}"]
    if isinstance(value, dict):
        return [start, *mapping_lines(value, column + 2)]
    return [start, *_list_lines(value, column + 2)]


def mapping_lines(data: Mapping[str, documents.Json], column: int = 0) -> list[str]:
    """Return the lines of all members of ``data``, without line ends."""
    return [line for key, value in data.items() for line in member_lines(key, value, column)]


def inline_text(value: documents.Json, *, is_json: bool = False) -> str:
    """Return ``value`` on one line, as JSON or YAML; a Decimal is never written as an integer."""
    if isinstance(value, str):
        return documents.quote_literal(value) if is_json else scalar_text(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, list):
        return "[" + ", ".join(inline_text(item, is_json=is_json) for item in value) + "]"
    if isinstance(value, dict):
        write_key = documents.quote_literal if is_json else key_text
        parts = (f"{write_key(k)}: {inline_text(v, is_json=is_json)}" for k, v in value.items())
        return "{" + ", ".join(parts) + "}"
    text = str(value)
    is_plain = not isinstance(value, Decimal) or "." in text or "E" in text
    return text if is_plain else f"{text}.0"


def scalar_text(text: str) -> str:
    """Return ``text`` without quotes where no reader of YAML could take it for something else."""
    is_plain = (
        len(text) <= _LONGEST_PLAIN
        and _PLAIN.fullmatch(text) is not None
        and text.casefold() not in _WORDS
    )
    return text if is_plain else documents.quote_literal(text)


def key_text(key: str) -> str:
    """Return ``key`` as a key of a mapping."""
    is_plain = _KEY.fullmatch(key) is not None and key.casefold() not in _WORDS
    return key if is_plain and len(key) <= _LONGEST_PLAIN else documents.quote_literal(key)


def _is_short(key: str, value: documents.Json) -> bool:
    """Return whether ``value`` is written on one line where there is room."""
    if key in {"$rows", "$scenarios"}:
        return False
    if isinstance(value, dict):
        if value.keys() <= {"$const", "$choice", "$omit"}:
            return True
        return all(not isinstance(item, dict | list) for item in value.values()) and (
            len(value) == 1 or key.startswith("$")
        )
    return isinstance(value, list) and not any(isinstance(item, dict) for item in value)


def _list_lines(items: list[documents.Json], column: int) -> Iterator[str]:
    dash = " " * column + "- "
    for item in items:
        short = inline_text(item)
        if not isinstance(item, dict) or not item or len(short) + len(dash) <= WIDTH:
            yield dash + short
            continue
        first, *others = mapping_lines(item, column + 2)
        yield dash + first[column + 2 :]
        yield from others


_COMMENT: Final = re.compile(r"(?:^|(?<=[ \t]))#[^\r\n]*", re.MULTILINE)
_BLOCK: Final = re.compile(r"(?:[&!][^\s]+[ \t]+)*[|>][^\r\n]*")


class Comment(Struct, frozen=True, kw_only=True):
    """One comment, from its ``#``; one that ``is_alone`` has nothing else on its line."""

    start: int
    text: str
    is_alone: bool


def comments_of(document: documents.Document) -> list[Comment]:
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
            # It is in a value, after which a real one may follow on the same line.
            place = spans[near][1]
        else:
            line = document.text.rfind("\n", 0, match.start()) + 1
            is_alone = not document.text[line : match.start()].strip()
            text = match[0].rstrip()
            found.append(Comment(start=match.start(), text=text, is_alone=is_alone))
        match = _COMMENT.search(document.text, place)
    return found


def _text_spans(node: documents.Node, text: str) -> Iterator[tuple[int, int]]:
    """Yield the stretches in which ``#`` begins no comment."""
    if isinstance(node, documents.MappingNode):
        for member in node.members:
            yield member.mark.start, member.mark.end
            yield from _text_spans(member.node, text)
    elif isinstance(node, documents.SequenceNode):
        for item in node.items:
            yield from _text_spans(item, text)
    elif node.mark.end > node.mark.start:
        # The first line of a block scalar may have a comment; its text begins below.
        head = _BLOCK.match(text, node.mark.start)
        yield (head.end() if head else node.mark.start), node.mark.end


_REST: Final = re.compile(r"[ \t]*(?:#[^\r\n]*)?\Z")
_SIGN: Final = re.compile(r"[&*!][^\s,\[\]{}]*")
_OPENING: Final = re.compile(r"(?:%[^\r\n]*\r?\n)*(?:---[ \t]*(?:#[^\r\n]*)?\r?\n)?")


class YamlSource:
    """A YAML text whose parts are copied, so that each comment gets one place in the new text."""

    def __init__(self, document: documents.Document) -> None:
        self.document = document
        self.text = document.text
        self.source = documents.Source.of(document.path, document.text)
        every = comments_of(document)
        self.comments = {comment.start: comment for comment in every}
        self._starts = [comment.start for comment in every]
        self._alone = {
            self.source.line_number(comment.start): comment for comment in every if comment.is_alone
        }
        # Anchors that are in the new text already, so that aliases of them may follow.
        self._anchored: set[str] = set()

    def opening(self, schema: str) -> list[str]:
        """Return the first lines: YAML's own, and ``$schema``."""
        found = _OPENING.match(self.text)
        lines = (found[0] if found else "").splitlines()
        self._claim(0, found.end() if found else 0)
        return [*lines, *(member_lines("$schema", schema, 0) if schema else ())]

    def joined(self, lines: Iterable[str]) -> str:
        """Return ``lines`` as the file, with the comments that have found no other place."""
        newline = "\r\n" if "\r\n" in self.text else "\n"
        left = [comment.text for _, comment in sorted(self.comments.items())]
        return newline.join([*lines, *left]) + newline

    def _kept(self, member: documents.Member) -> list[str]:
        """Return a model as it is, or its data where an alias in it would be lost."""
        if self._is_whole_lines(member) and self._may_copy(member.node):
            start = self.source.line_start(member.mark.start)
            end = self._line_end(member.node)
            self._claim(start, end)
            return self.text[start:end].splitlines()
        inside = self._left_in(member, 0)
        return [*inside, *member_lines(member.key, documents.plain_data(member.node), 0)]

    def _moved_lines(self, member: documents.Member, column: int) -> list[str]:
        start, end = member.mark.start, self._line_end(member.node)
        self._claim(start, end)
        was = member.mark.column - 1
        return shift_lines(" " * was, self.text[start:end].splitlines(), column - was)

    def _comment_after_key(self, member: documents.Member) -> str:
        """Return the comment on the line of a key, with two blanks before it, or nothing."""
        key_end, line_end = member.mark.end, self.source.line_end(member.mark.start)
        end = min(line_end, max(member.node.mark.start, key_end))
        return "".join(f"  {comment.text}" for comment in self._claim(key_end, end))

    def _left_in(self, member: documents.Member, column: int) -> list[str]:
        found = self._claim(member.mark.start, self._line_end(member.node))
        return [" " * column + comment.text for comment in found]

    def _may_copy(self, node: documents.Node) -> bool:
        """Return whether every alias in ``node`` has its anchor there or in the new text above.

        If so, the anchors in it count as being in the new text from here on.
        """
        signs = self._signs(node)
        own = {sign for sign in signs if sign[0] == "&"}
        wanted = {f"&{sign[1:]}" for sign in signs if sign[0] == "*"}
        if wanted - own - self._anchored:
            return False
        self._anchored |= own
        return True

    def _signs(self, node: documents.Node) -> set[str]:
        """Return the anchors, aliases and tags of ``node`` and what is in it, as ``&a``, ``*a``."""
        found = _SIGN.match(self.text, node.mark.start)
        signs = {found[0]} if found else set()
        if found and found[0][0] == "*":
            # What an alias stands for is in another place.
            return signs
        inner = [member.node for member in documents.members_of(node)]
        inner += node.items if isinstance(node, documents.SequenceNode) else ()
        return signs.union(*map(self._signs, inner))

    def _lead(self, mark: documents.Mark, column: int) -> list[str]:
        """Return the comments and blank lines right above a key, at another indentation."""
        if not self._begins_line(mark):
            return []
        lines: list[str] = []
        number = mark.line - 1
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
        lines.reverse()
        return lines if number > 0 else list(dropwhile(lambda line: not line, lines))

    def _claim(self, start: int, end: int) -> list[Comment]:
        """Take the comments between two offsets; each has one place in the new text."""
        first, last = bisect_left(self._starts, start), bisect_left(self._starts, end)
        found = [at for at in self._starts[first:last] if at in self.comments]
        return [self.comments.pop(at) for at in found]

    def _is_whole_lines(self, member: documents.Member) -> bool:
        return self._begins_line(member.mark) and self._ends_line(member.node)

    def _begins_line(self, mark: documents.Mark) -> bool:
        return not self.text[self.source.line_start(mark.start) : mark.start].strip(" \t")

    def _ends_line(self, node: documents.Node) -> bool:
        end = max(node.mark.end, node.mark.start)
        if self.text[end - 1 : end] in {"\n", "\r"}:
            return True
        return _REST.match(self.text[end : self.source.line_end(end)]) is not None

    def _line_end(self, node: documents.Node) -> int:
        end = node.mark.end
        return end if self.text[end - 1 : end] in {"\n", "\r"} else self.source.line_end(end)


def shift_lines(margin: str, lines: Sequence[str], by: int) -> list[str]:
    """Return ``lines``, the first of which comes after ``margin``, moved ``by`` columns."""
    moved = []
    for line in (margin + lines[0], *lines[1:]):
        blanks = len(line) - len(line.lstrip(" "))
        moved.append(" " * max(0, blanks + by) + line[blanks:] if line.strip() else line)
    return moved
