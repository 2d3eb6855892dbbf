"""Problems: errors in expressions as diagnostics, at their characters in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Fix

if TYPE_CHECKING:
    from mockgen_watch.diagnostics import Location
    from mockgen_watch.expressions.syntax import ExpressionError


def place_in(location: Location, text: str, start: int, end: int) -> Location:
    """Return the place of the characters ``start`` to ``end`` of an expression.

    ``location`` is that of its text. Where the file has it with escapes or on several lines, its
    length differs from that of the text, and the whole is meant.
    """
    if location.length != len(text):
        return location
    return replace(location, column=location.column + start, length=max(1, end - start))


def diagnose(error: ExpressionError, text: str, location: Location, what: str) -> Diagnostic:
    """Return the diagnostic of an error in the expression ``text``, which ``what`` has."""
    place = place_in(location, text, error.start, error.end)
    fix: tuple[Fix, ...] = ()
    if error.replacement is not None and location.length == len(text):
        wrong = text[error.start : error.end]
        title = f'replace "{wrong}" with "{error.replacement}"'
        fix = (Fix(location=place, text=error.replacement, title=title),)
    return Diagnostic(
        code="MG402",
        message=f"{what}: {error}",
        location=place,
        hint=error.hint,
        fix=fix,
    )
