"""Problems: errors in expressions as diagnostics, at their characters in the file."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Fix, Location

if TYPE_CHECKING:
    from mockgen_watch.expressions.syntax import ExpressionError


class TextPlace(Location, frozen=True, kw_only=True):
    """The place of a text that the file has in several pieces: on several lines, or with escapes.

    Attributes:
        pieces: of each the offset of its first character in the text, and its line and column.
    """

    pieces: tuple[tuple[int, int, int], ...]


def place_in(location: Location, text: str, start: int, end: int) -> Location:
    """Return the place of the characters ``start`` to ``end`` of an expression.

    ``location`` is that of its text. Where that is not how the file has it, so that its length
    differs from that of the text, the whole is meant. Of several lines the first is.
    """
    if isinstance(location, TextPlace):
        return _place_in_pieces(location, start, min(end, len(text)))
    if location.length != len(text):
        return location
    return replace(location, column=location.column + start, length=max(1, end - start))


def _place_in_pieces(location: TextPlace, start: int, end: int) -> Location:
    at = bisect_right(location.pieces, start, key=lambda piece: piece[0]) - 1
    offset, line, column = location.pieces[at]
    if at + 1 < len(location.pieces):
        end = min(end, location.pieces[at + 1][0])
    return Location(
        path=location.path,
        line=line,
        column=column + start - offset,
        length=max(1, end - start),
        pointer=location.pointer,
    )


def diagnose(error: ExpressionError, text: str, location: Location, what: str) -> Diagnostic:
    """Return the diagnostic of an error in the expression ``text``, which ``what`` has."""
    place = place_in(location, text, error.start, error.end)
    fix: tuple[Fix, ...] = ()
    wrong = text[error.start : error.end]
    is_exact = isinstance(location, TextPlace) or location.length == len(text)
    if error.replacement is not None and is_exact and place.length == len(wrong):
        title = f'replace "{wrong}" with "{error.replacement}"'
        fix = (Fix(location=place, text=error.replacement, title=title),)
    return Diagnostic(
        code="MG402",
        message=f"{what}: {error}",
        location=place,
        hint=error.hint,
        fix=fix,
    )
