"""Takes JSON text whose brackets do not match; gives the one that the indentation convicts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final

    from mockgen_watch.spec.document import Source

_PIECE: Final = re.compile(r'"[^"\\\r\n]*(?:\\.[^"\\\r\n]*)*"?|[\[\]{}]|[\r\n][ \t]*(?=\S)')
_LINE_REST: Final = re.compile(r"[ \t\[{]*(?=[\r\n]|\Z)")
_CLOSER: Final = {"[": "]", "{": "}"}


def find_missing_closer(source: Source) -> tuple[int, int] | None:
    """Return the offset of an unclosed bracket, and of the line before which its partner belongs.

    In a file that is indented by its nesting, a line that begins left of (or level with) the line
    of an open bracket must close that bracket. None when every line does.
    """
    text = source.text
    indent = 0
    # Each open bracket with the indentation of its line, or -1 where more than brackets follow.
    opened: list[tuple[int, int]] = []
    for piece in _PIECE.finditer(text):
        first, end = piece[0][0], piece.end()
        if first in "\r\n":
            indent = end - piece.start() - 1
            if opened and _leaves_open(text[end], indent, text[opened[-1][0]], opened[-1][1]):
                return opened[-1][0], end
        elif first in _CLOSER:
            opened.append((piece.start(), indent if _LINE_REST.match(text, end) else -1))
        elif first != '"' and opened:
            opened.pop()
    return None


def _leaves_open(first: str, indent: int, opener: str, opener_indent: int) -> bool:
    """Return whether a line that begins with ``first`` should have closed ``opener``."""
    return indent < opener_indent or (indent == opener_indent and first != _CLOSER[opener])
