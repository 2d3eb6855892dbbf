"""Source: the text of a file, the place of each character, and what its reader finds wrong."""

from __future__ import annotations

import operator
import re
from array import array
from bisect import bisect_right
from itertools import accumulate, count
from typing import Final, TypeAlias

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
from mockgen_watch.spec.document import Document, Mark, Member, Node, pointer_of, quote_excerpt

# Offsets of the first character and after the last one.
Span: TypeAlias = "tuple[int, int]"
# The text of a fix, and its title.
Replacement: TypeAlias = "tuple[str, str]"

MAX_DEPTH: Final = 100
"""Mappings and sequences inside each other."""

MAX_NODES: Final = 300_000
"""Keys and values in a file; each takes some 250 bytes when read."""

MAX_ERRORS: Final = 100
"""Reading stops at this many errors."""

MAX_WARNINGS: Final = 100
"""This many warnings of one code are reported; one more diagnostic counts the rest."""

_INDENT: Final = r"[ \t]*"
_SURROGATE: Final = "[\ud800-\udfff]"


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
        """Return the number, from 1, of the line that ``offset`` is on."""
        return bisect_right(self.starts, offset)

    def mark(self, start: int, end: int) -> Mark:
        """Return the mark of the characters from ``start`` to before ``end``."""
        line = bisect_right(self.starts, start)
        return Mark(line=line, column=start - self.starts[line - 1] + 1, start=start, end=end)

    def location(self, start: int, end: int, pointer: str = "") -> Location:
        """Return the location of that stretch; its length never leaves the first line."""
        line = self.line_number(start)
        return Location(
            path=self.path,
            line=line,
            column=start - self.starts[line - 1] + 1,
            length=max(1, min(end, self.line_end(start)) - start),
            pointer=pointer,
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
        """Return how many blanks begin the line that ``offset`` is on."""
        start = self.line_start(offset)
        blanks = re.compile(_INDENT).match(self.text, start)
        return blanks.end() - start if blanks else 0


class ReadingStoppedError(Exception):
    """The rest of the text cannot be read; why has been reported."""


class SourceReader:
    """Base of the readers of JSON and YAML: limits, shared checks and diagnostics by offset.

    Attributes:
        source: what is read.
        text: the text of ``source``.
        path: keys and indexes that lead to the node being read.
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
        """JSON Pointer of the node being read."""
        return pointer_of(self.path)

    def document(self, root: Node | None) -> Document:
        """Return the document with ``root`` and all that was reported."""
        for code, location in self._first_unshown.items():
            unshown = self._warnings[code] - MAX_WARNINGS
            meaning = CODES[code][0].lower() + CODES[code][1:]
            self._diagnostics.warn(code, location, f"{unshown} more like this: {meaning}")
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
                f"the key {quote_excerpt(member.key)} stands twice in one mapping",
                member.mark.span,
                "remove one, or give it another name",
                pointer=self.pointer,
                related=self.related("it stands first here", first.mark.span),
            )

    def join_surrogates(self, text: str, span: Span, pointer: str = "") -> str:
        """Return ``text`` with surrogate pairs joined; a lone one is reported, and is U+FFFD."""
        if not re.search(_SURROGATE, text):
            return text
        joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        whole = re.sub(_SURROGATE, "\ufffd", joined)
        if whole != joined:
            message = "the text has half of a surrogate pair, which UTF-8 cannot write"
            hint = "write both halves, or the character itself"
            self.error("MG109", message, span, hint, pointer=pointer)
        return whole
