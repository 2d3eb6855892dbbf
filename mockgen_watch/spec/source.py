"""Takes a file's text; gives the line and column of any offset in it."""

from __future__ import annotations

import operator
import re
from array import array
from bisect import bisect_right
from itertools import accumulate, count
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.diagnostics import Location
from mockgen_watch.spec.document import Mark

if TYPE_CHECKING:
    from typing import Final


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
