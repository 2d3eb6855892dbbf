"""Takes text from users' files; gives what a terminal shows of it, and how wide that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.observe.escaping import escape_character, escape_for_terminal

if TYPE_CHECKING:
    from typing import Final


__all__ = ["escape_character", "escape_for_terminal", "width_of"]

_ZERO_WIDTH: Final = frozenset({"Mn", "Me"})
_WIDE: Final = frozenset({"W", "F"})


def width_of(shown: str) -> int:
    """Return how many cells of a terminal ``shown``, which is escaped, takes."""
    if shown.isascii():
        return len(shown)
    from unicodedata import category, east_asian_width  # noqa: PLC0415 - few texts need the tables

    return sum(
        0 if category(one) in _ZERO_WIDTH else 2 if east_asian_width(one) in _WIDE else 1
        for one in shown
    )
