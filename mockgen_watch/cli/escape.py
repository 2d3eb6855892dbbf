"""Takes text from users' files; gives what a terminal shows of it, and how wide that is."""

from __future__ import annotations

import unicodedata

from mockgen_watch.observe.escaping import escape_character, escape_for_terminal
from mockgen_watch.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final


__all__ = ["escape_character", "escape_for_terminal", "width_of"]

_ZERO_WIDTH: Final = frozenset({"Mn", "Me"})
_WIDE: Final = frozenset({"W", "F"})


def width_of(shown: str) -> int:
    """Return how many cells of a terminal ``shown``, which is escaped, takes."""
    if shown.isascii():
        return len(shown)
    return sum(map(_cells, shown))


def _cells(character: str) -> int:
    if unicodedata.category(character) in _ZERO_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1
