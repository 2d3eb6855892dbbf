"""Takes comma-separated text of the oldest format; gives its values, and what was odd about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from typing import Final


BLANKS: Final = " \t\r\n"
"""What may stand around a value without being part of it."""


class SplitText(Struct, frozen=True, kw_only=True):
    """Text taken apart.

    Attributes:
        values: in order, repeated ones as often as they stand there; never empty.
        trimmed: how many had blanks around them, which are no part of them.
        empty: how many are the empty text.
        quoted: how many stood in quotes.
        odd_quotes: how many hold a quote that closes nowhere, or in the middle; it is a
            character like others.
    """

    values: tuple[str, ...]
    trimmed: int = 0
    empty: int = 0
    quoted: int = 0
    odd_quotes: int = 0


def split_text(text: str) -> SplitText:
    """Return the values of ``text``, which commas divide.

    A value in double quotes may hold commas, and a quote as ``""``; blanks in quotes are kept.
    Text without a comma is one value, empty text one empty value.
    """
    values: list[str] = []
    trimmed = quoted = odd = 0
    place = 0
    while place <= len(text):
        found = _quoted(text, place)
        if found is not None:
            value, end = found
            quoted += 1
        else:
            comma = text.find(",", place)
            end = len(text) if comma < 0 else comma
            raw = text[place:end]
            value = raw.strip(BLANKS)
            trimmed += value != raw
            odd += value.startswith('"')
        values.append(value)
        place = end + 1
    return SplitText(
        values=tuple(values),
        trimmed=trimmed,
        empty=values.count(""),
        quoted=quoted,
        odd_quotes=odd,
    )


def _quoted(text: str, start: int) -> tuple[str, int] | None:
    """Return the quoted value that begins at ``start``, and the place behind it."""
    place = _skip_blanks(text, start)
    if not text.startswith('"', place):
        return None
    parts: list[str] = []
    place += 1
    while True:
        close = text.find('"', place)
        if close < 0:
            return None
        parts.append(text[place:close])
        if not text.startswith('""', close):
            break
        parts.append('"')
        place = close + 2
    end = _skip_blanks(text, close + 1)
    if end < len(text) and text[end] != ",":
        return None
    return "".join(parts), end


def _skip_blanks(text: str, place: int) -> int:
    while place < len(text) and text[place] in BLANKS:
        place += 1
    return place
