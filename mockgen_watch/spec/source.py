"""Source text of a spec: the place of each character, and what a reader finds wrong."""

from __future__ import annotations

import operator
import re
from array import array
from bisect import bisect_right
from collections import Counter
from itertools import accumulate, count
from typing import TYPE_CHECKING

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
from mockgen_watch.spec.document import Mark

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final, NoReturn

MAX_DEPTH: Final = 100
"""Mappings and sequences inside each other."""

MAX_NODES: Final = 300_000
"""Keys and values in a file; each takes some 250 bytes when read."""

MAX_ALIASED_NODES: Final = 100_000
"""Values that the aliases of a YAML file stand for, together."""

MAX_ERRORS: Final = 100
"""Reading stops at this many errors."""

MAX_WARNINGS: Final = 100
"""This many warnings of one code are reported; one more diagnostic counts the rest."""

_INDENT: Final = re.compile(r"[ \t]*")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def line_starts(text: str) -> array[int]:
    r"""Return the offset of each line's first character; ``\n``, ``\r\n``, ``\r`` end a line."""
    # Each replacement keeps the length, so that one split finds all three kinds of line end.
    if "\r" in text:
        text = text.replace("\r\n", " \n").replace("\r", "\n")
    lengths = map(len, text.split("\n")[:-1])
    # A line begins after all lines above it and as many line ends.
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
        """Return the offset after the last character of the line that holds ``offset``."""
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


class ReadingStoppedError(Exception):
    """What follows in the text cannot be read; why has been reported."""


class Findings:
    """Diagnostics of one source, reported at stretches of its text; there are limits to them."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._found = Diagnostics()
        self._warnings: Counter[str] = Counter()
        self._unshown: dict[str, Location] = {}

    def error(  # noqa: PLR0913 - one parameter for each part of a diagnostic
        self,
        code: str,
        message: str,
        start: int,
        end: int,
        *,
        hint: str = "",
        pointer: str = "",
        related: Sequence[Related] = (),
        fix: Sequence[Fix] = (),
    ) -> None:
        """Report an error at ``start`` to before ``end``.

        Raises:
            ReadingStoppedError: this was one error more than a reader of reports can use.
        """
        location = self._source.location(start, end, pointer)
        self._found.error(code, location, message, hint, related=related, fix=fix)
        if self._found.errors >= MAX_ERRORS:
            note = f"the rest of the file was not read after {MAX_ERRORS} errors"
            self._found.add(
                Diagnostic(code=code, message=note, location=location, severity=Severity.NOTE)
            )
            raise ReadingStoppedError

    def stop(
        self,
        code: str,
        message: str,
        start: int,
        end: int,
        *,
        hint: str = "",
        pointer: str = "",
        related: Sequence[Related] = (),
    ) -> NoReturn:
        """Report an error after which the text cannot be read.

        Raises:
            ReadingStoppedError: always.
        """
        self.error(code, message, start, end, hint=hint, pointer=pointer, related=related)
        raise ReadingStoppedError

    def warning(
        self,
        code: str,
        message: str,
        start: int,
        end: int,
        *,
        hint: str = "",
        pointer: str = "",
        fix: Sequence[Fix] = (),
    ) -> None:
        """Report a warning; the hundred-and-first of a code and more are only counted."""
        self._warnings[code] += 1
        location = self._source.location(start, end, pointer)
        if self._warnings[code] <= MAX_WARNINGS:
            self._found.warn(code, location, message, hint, fix=fix)
        else:
            self._unshown.setdefault(code, location)

    def adopt(self, others: Findings) -> None:
        """Take over what was found elsewhere in the same source, when nothing was found here."""
        self._found = others._found
        self._warnings = others._warnings
        self._unshown = others._unshown

    def place(self, message: str, start: int, end: int) -> Related:
        """Return a second place for a diagnostic."""
        return Related(message=message, location=self._source.location(start, end))

    def fix(self, start: int, end: int, text: str, title: str) -> Fix:
        """Return the change of a stretch of one line to ``text``."""
        return Fix(location=self._source.location(start, end), text=text, title=title)

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Return what was found, in the order of report."""
        found = Diagnostics(self._found.sorted())
        for code, location in self._unshown.items():
            more = self._warnings[code] - MAX_WARNINGS
            message = f"{more} more like this: {CODES[code][0].lower()}{CODES[code][1:]}"
            found.warn(code, location, message)
        return tuple(found.sorted())


def join_surrogates(text: str) -> tuple[str, bool]:
    """Return ``text`` with surrogate pairs joined, and whether a lone one was replaced.

    A lone surrogate becomes U+FFFD.
    """
    if not _SURROGATE.search(text):
        return text, False
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    whole = _SURROGATE.sub("\ufffd", joined)
    return whole, whole != joined
