"""Document: the tree that the readers of JSON and YAML make, data whose nodes know their place.

Also what both readers share: the source with the place of each character, its limits, and the text
of scalars, the number that digits stand for, and how numbers and text are written.
"""

from __future__ import annotations

import math
import operator
import re
from array import array
from bisect import bisect_right
from decimal import Decimal
from itertools import accumulate, count
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct

from mockgen_watch.diagnostics import (
    CODES,
    Diagnostic,
    Diagnostics,
    Fix,
    Location,
    Related,
    Severity,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


# Offsets of the first character and after the last one.
Span: TypeAlias = "tuple[int, int]"
# The text of a fix, and its title.
Replacement: TypeAlias = "tuple[str, str]"

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

    @property
    def span(self) -> tuple[int, int]:
        """Both offsets."""
        return self.start, self.end


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


class Source(Struct, frozen=True, kw_only=True):
    """A decoded file.

    Attributes:
        path: as in ``Location.path``.
        text: the decoded text, without BOM.
        starts: offset of each line's first character.
    """

    path: str
    text: str
    starts: array[int]

    @classmethod
    def of(cls, path: str, text: str) -> Source:
        r"""Return the source with its lines found; ``\n``, ``\r\n`` and ``\r`` end a line."""
        # Each replacement keeps the length, so that one split finds all three kinds of line end.
        unified = text.replace("\r\n", " \n").replace("\r", "\n") if "\r" in text else text
        lengths = map(len, unified.split("\n")[:-1])
        # A line begins after all lines above it and as many line ends.
        starts = array("q", map(operator.add, accumulate(lengths, initial=0), count()))
        return cls(path=path, text=text, starts=starts)

    def line_number(self, offset: int) -> int:
        return bisect_right(self.starts, offset)

    def mark(self, start: int, end: int) -> Mark:
        """Return the mark of the characters from ``start`` to before ``end``."""
        line = bisect_right(self.starts, start)
        return Mark(line=line, column=start - self.starts[line - 1] + 1, start=start, end=end)

    def location(self, start: int, end: int, pointer: str = "") -> Location:
        """Return the location of that stretch; its length never leaves the first line."""
        mark = self.mark(start, end)
        length = max(1, min(end, self.line_end(start)) - start)
        return Location(
            path=self.path, line=mark.line, column=mark.column, length=length, pointer=pointer
        )

    def line_start(self, offset: int) -> int:
        """Return the offset of the first character of the line that ``offset`` is on."""
        return self.starts[self.line_number(offset) - 1]

    def line_end(self, offset: int) -> int:
        """Return the offset after the last character of the line that ``offset`` is on."""
        line = self.line_number(offset)
        if line == len(self.starts):
            return len(self.text)
        end = self.starts[line] - 1
        return end - 1 if self.text.startswith("\r\n", end - 1) else end

    def line(self, number: int) -> str:
        """Return a line, counted from 1, without its end; ``""`` where there is none."""
        if not 1 <= number <= len(self.starts):
            return ""
        start = self.starts[number - 1]
        return self.text[start : self.line_end(start)]

    def indent(self, offset: int) -> int:
        """Return how many blanks begin the line that ``offset`` is on."""
        line = self.line(self.line_number(offset))
        return len(line) - len(line.lstrip(" \t"))


def plain_data(node: Node) -> Json:
    """Return the node's data without marks: dict, list and scalars."""
    if isinstance(node, MappingNode):
        return {member.key: plain_data(member.node) for member in node.members}
    if isinstance(node, SequenceNode):
        return [plain_data(item) for item in node.items]
    return node.value


def kind_of(node: Node) -> str:
    """Return what ``node`` is, in the words of a message."""
    if isinstance(node, MappingNode):
        return "a mapping"
    if isinstance(node, SequenceNode):
        return "a list"
    if node.value is None:
        return "null"
    if isinstance(node.value, bool):
        return "true" if node.value else "false"
    return "text" if isinstance(node.value, str) else "a number"


def members_of(node: Node | None) -> tuple[Member, ...]:
    """Return the members of a mapping, and nothing for other nodes."""
    return node.members if isinstance(node, MappingNode) else ()


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


MAX_DIGITS: Final = 4300
"""Python's own limit for turning digits into an int, which is quadratic work."""

_BOUND: Final = 10**MAX_DIGITS
_DECIMAL: Final = r"([-+]?)([0-9]*)\.?([0-9]*)(?:[eE]([-+]?[0-9]+))?"


class UnreadableNumberError(ValueError):
    """A number that is not finite or has too many digits; the message says which."""


def read_integer(digits: str, base: int = 10) -> int:
    """Return the integer that ``digits`` (with an optional sign, without prefix) stands for.

    Raises:
        UnreadableNumberError: it has more than ``MAX_DIGITS`` decimal digits.
    """
    if len(digits.lstrip("+-")) <= MAX_DIGITS:
        value = int(digits, base)
        # A hexadecimal digit holds more than a decimal one.
        if -_BOUND < value < _BOUND:
            return value
    raise UnreadableNumberError(f"the number has more than {MAX_DIGITS} digits")


def read_decimal(text: str) -> Decimal:
    """Return the exact value of ``text``: digits with a point, an exponent, or both.

    Raises:
        UnreadableNumberError: as a float it would be infinite, or its digits are too many.
    """
    match = re.fullmatch(_DECIMAL, text)
    if match is None or not match[2] + match[3]:
        raise UnreadableNumberError("the text is not a number")
    digits = len(match[2]) + len(match[3])
    exponent = (match[4] or "0").lstrip("+-").lstrip("0")
    # An exponent of millions would be a few characters here and gigabytes when written out.
    if len(exponent) > len(str(MAX_DIGITS)) or math.isinf(float(text)):
        raise UnreadableNumberError("the number is too large for a double")
    if digits + int(exponent or "0") > MAX_DIGITS:
        raise UnreadableNumberError(f"the number has more than {MAX_DIGITS} digits")
    return Decimal(text)


def number_text(value: Decimal) -> str:
    """Return the digits of ``value``, without an exponent unless that is positive.

    1E+5 written out would be an integer.
    """
    exponent = value.as_tuple().exponent
    return str(value) if isinstance(exponent, int) and exponent > 0 else format(value, "f")


_UNPRINTABLE: Final = "[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]"


def quote_literal(text: str) -> str:
    r"""Return ``text`` in double quotes, as JSON and YAML both read it.

    What YAML does not print is escaped, as ``\u0085``.
    """
    return re.sub(_UNPRINTABLE, lambda found: f"\\u{ord(found[0]):04x}", encode_basestring(text))


_SHOWN: Final = 60


def quote_excerpt(text: str) -> str:
    """Return ``text`` in double quotes for a message, its middle left out when it is long."""
    if len(text) > _SHOWN:
        text = f"{text[: _SHOWN - 20]} … {text[-15:]}"
    return f'"{text}"'


MAX_DEPTH: Final = 100
"""Mappings and sequences inside each other."""

MAX_NODES: Final = 100_000
"""Keys and values in a file; each takes some 250 bytes when read."""

MAX_ERRORS: Final = 100
"""Reading stops at this many errors."""

MAX_WARNINGS: Final = 100
"""This many warnings of one code are reported; one more diagnostic counts the rest."""

_SURROGATE: Final = "[\ud800-\udfff]"


class ReadingStoppedError(Exception):
    """The rest of the text cannot be read; why has been reported."""


class SourceReader:
    """Base of the readers of JSON and YAML: limits, shared checks and diagnostics by offset.

    ``path`` has the keys and indexes that lead to the node being read.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.path: list[str | int] = []
        self._nodes = 0
        self._diagnostics = Diagnostics()
        self._warnings: dict[str, int] = {}
        self._first_unshown: dict[str, Location] = {}

    @property
    def pointer(self) -> str:
        return pointer_of(self.path)

    def document(self, root: Node | None) -> Document:
        """Return the document with ``root`` and all that was reported."""
        for code, location in self._first_unshown.items():
            unshown = self._warnings[code] - MAX_WARNINGS
            meaning = CODES[code][0].lower() + CODES[code][1:]
            self._diagnostics.warn(code, location, f"{unshown} more of this kind: {meaning}")
        return Document(
            path=self.source.path,
            text=self.text,
            root=root,
            diagnostics=tuple(self._diagnostics.sorted()),
        )

    def error(
        self,
        code: str,
        message: str,
        span: Span,
        hint: str = "",
        *,
        pointer: str = "",
        related: tuple[Related, ...] = (),
        fix: Replacement | None = None,
    ) -> ReadingStoppedError:
        """Report an error, and return what to raise where the rest of the text cannot be read.

        ``fix`` is what certainly belongs in the place of ``span``, and the title of that change.

        Raises:
            ReadingStoppedError: it is error number ``MAX_ERRORS``.
        """
        location = self.source.location(*span, pointer)
        fixes = self._fixes(span, fix)
        self._diagnostics.error(code, location, message, hint, related=related, fix=fixes)
        if self._diagnostics.errors >= MAX_ERRORS:
            note = f"the rest of the file was not read after {MAX_ERRORS} errors"
            self._diagnostics.add(
                Diagnostic(code=code, message=note, location=location, severity=Severity.NOTE)
            )
            raise ReadingStoppedError
        return ReadingStoppedError()

    def warn(
        self, code: str, message: str, span: Span, hint: str, fix: Replacement | None = None
    ) -> None:
        """Report a warning about the node being read, unless there are ``MAX_WARNINGS`` like it."""
        number = self._warnings[code] = self._warnings.get(code, 0) + 1
        location = self.source.location(*span, self.pointer)
        if number <= MAX_WARNINGS:
            fixes = self._fixes(span, fix)
            self._diagnostics.warn(code, location, message, hint, fix=fixes)
        else:
            self._first_unshown.setdefault(code, location)

    def _fixes(self, span: Span, fix: Replacement | None) -> tuple[Fix, ...]:
        if fix is None:
            return ()
        start, end = span
        text, title = fix
        if start == end:
            # A location is never empty, so what is inserted goes with the character before it.
            start, text = start - 1, self.text[start - 1] + text
        return (Fix(location=self.source.location(start, end), text=text, title=title),)

    def related(self, message: str, span: Span) -> tuple[Related]:
        """Return a second place for a diagnostic."""
        return (Related(message=message, location=self.source.location(*span)),)

    def count_node(self, span: Span) -> None:
        """Count the node that begins at ``span``.

        Raises:
            ReadingStoppedError: the file has more than ``MAX_NODES``.
        """
        self._nodes += 1
        if self._nodes > MAX_NODES:
            message = f"the file holds more than {MAX_NODES:,} keys and values"
            raise self.error("MG105", message, span, pointer=self.pointer)

    def too_deep(self, place: int, pointer: str = "") -> ReadingStoppedError:
        """Report that the text at ``place`` nests deeper than ``MAX_DEPTH``; the caller raises."""
        message = f"the file nests deeper than {MAX_DEPTH} levels"
        return self.error("MG106", message, (place, place + 1), pointer=pointer)

    def add_member(self, members: dict[str, Member], member: Member) -> None:
        """Count ``member`` and add it to those of its mapping, or report that its key repeats."""
        self._nodes += 1
        first = members.setdefault(member.key, member)
        if first is not member:
            self.error(
                "MG104",
                f"the key {quote_excerpt(member.key)} appears twice in one mapping",
                member.mark.span,
                "remove one, or give it another name",
                pointer=self.pointer,
                related=self.related("first defined here", first.mark.span),
            )

    def join_surrogates(self, text: str, span: Span, pointer: str = "") -> str:
        """Return ``text`` with surrogate pairs joined; a lone one is reported, and is U+FFFD."""
        if not re.search(_SURROGATE, text):
            return text
        joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        whole = re.sub(_SURROGATE, "\ufffd", joined)
        if whole != joined:
            message = "the text has half a surrogate pair, which UTF-8 cannot encode"
            hint = "write both halves, or the character itself"
            self.error("MG109", message, span, hint, pointer=pointer)
        return whole
