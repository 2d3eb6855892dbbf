"""Takes numbers and text; gives what all text formats share: digits, and UTF-8 or an error."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from mockgen_watch.formats.base import FormatError
from mockgen_watch.generate.text import number_text as decimal_text

if TYPE_CHECKING:
    from mockgen_watch.spec.document import ScalarValue


def number_text(value: int | Decimal) -> str:
    """Return a number's digits, exact and valid in JSON.

    An integer has all its digits. A Decimal keeps its own (251.50), without an exponent unless
    that is positive: 1E+5 written out would be an integer.

    Raises:
        FormatError: NaN or an infinity.
    """
    if isinstance(value, int):
        return int.__repr__(value)
    if not value.is_finite():
        raise FormatError(f"{value} is not a number that can be written")
    return decimal_text(value)


def literal_text(value: ScalarValue) -> str | None:
    """Return ``null``, ``true``, ``false`` or a number's digits; None for text.

    Raises:
        FormatError: a value that JSON has no type for.
    """
    if isinstance(value, str):
        return None
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return number_text(value)
    raise FormatError(f"a value of type {type(value).__name__} cannot be written")


def utf8(text: str) -> bytes:
    """Return ``text`` in UTF-8.

    Raises:
        FormatError: it holds a lone surrogate.
    """
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        code = ord(text[error.start])
        raise FormatError(
            f"the text holds the lone surrogate U+{code:04X}, which UTF-8 cannot write"
        ) from error
