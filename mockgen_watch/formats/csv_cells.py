"""Takes values and text; gives CSV cells under one quoting rule of our own.

Python's ``csv.writer`` quotes a lone carriage return or not, by patch release; this rule depends on
the text alone. A cell is quoted when it is empty text, when its first or last character is a blank,
or when it holds the delimiter, a quote, or any character that ends a line or controls a device.
Null is an empty cell without quotes, so it differs from empty text.
"""

from __future__ import annotations

import functools
import re
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.formats.base import FormatError
from mockgen_watch.formats.json import JsonStyle
from mockgen_watch.formats.texts import literal_text, utf8
from mockgen_watch.formats.tree import Encoder, Place, Position, TextCoding

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

    from mockgen_watch.spec.document import Json

_BLANKS: Final = (" ", "\u00a0", "\u3000")
_JSON: Final = JsonStyle(indent=0, ascii_only=False, one_line=True)
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a cell for a formula, when it comes first."""


class Formulas(StrEnum):
    """What happens to text that a spreadsheet would run."""

    KEEP = "keep"
    ESCAPE = "escape"
    ERROR = "error"


class CellStyle(Struct, frozen=True, kw_only=True):
    """How cells look.

    Attributes:
        delimiter: one character between cells.
        formulas: what happens to text that begins like a formula; ``ESCAPE`` puts an apostrophe
            before it. Numbers are not text: -5 stays.
    """

    delimiter: str
    formulas: Formulas

    def cell(self, value: Json) -> bytes:
        """Return the cell of one value; objects and arrays are their JSON text.

        Raises:
            FormatError: a formula where that is an error, or a lone surrogate.
        """
        if isinstance(value, str):
            return _text_cell(self, value)
        if value is None:
            return b""
        if isinstance(value, dict | list):
            text = Encoder(_JSON, Place(0, Position.ALONE)).encode(value).decode()
            return self.finish(text).encode()
        return (literal_text(value) or "").encode()

    def text_coding(self, tables: Sequence[Sequence[str]]) -> TextCoding | None:
        """Return how to write texts of one piece from each table; None when only the whole tells.

        Raises:
            FormatError: as for ``cell``.
        """
        pieces = [list(table) for table in tables]
        if self.formulas is not Formulas.KEEP:
            if not all(pieces[0]):
                return None
            pieces[0] = [self.guard(piece) for piece in pieces[0]]
        if self._never_quoted(pieces):
            return TextCoding(b"", _encoded(pieces), b"")
        if not self._always_quoted(pieces):
            return None
        doubled = [[piece.replace('"', '""') for piece in table] for table in pieces]
        return TextCoding(b'"', _encoded(doubled), b'"')

    def guard(self, text: str) -> str:
        """Return ``text`` as the formulas' rule has it."""
        if self.formulas is Formulas.KEEP or not text.startswith(FORMULA_STARTS):
            return text
        if self.formulas is Formulas.ESCAPE:
            return "'" + text
        raise FormatError(f"the text begins with {text[0]!r}, as a spreadsheet's formula does")

    def finish(self, text: str) -> str:
        """Return ``text`` in quotes where it needs them."""
        if self._special(text) or not text or text.startswith(_BLANKS) or text.endswith(_BLANKS):
            return '"' + text.replace('"', '""') + '"'
        return text

    def _special(self, text: str) -> bool:
        return self.delimiter in text or _UNUSUAL.search(text) is not None

    def _never_quoted(self, tables: Sequence[Sequence[str]]) -> bool:
        return (
            not any(self._special(piece) for table in tables for piece in table)
            and all(piece and not piece.startswith(_BLANKS) for piece in tables[0])
            and all(piece and not piece.endswith(_BLANKS) for piece in tables[-1])
        )

    def _always_quoted(self, tables: Sequence[Sequence[str]]) -> bool:
        return (
            any(all(self._special(piece) for piece in table) for table in tables)
            or all(piece.startswith(_BLANKS) for piece in tables[0])
            or all(piece.endswith(_BLANKS) for piece in tables[-1])
        )


_UNUSUAL: Final = re.compile('["\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]')


@functools.lru_cache(maxsize=4096)
def _text_cell(style: CellStyle, text: str) -> bytes:
    """Return the cell of a text; most texts of a small job come more than once."""
    return utf8(style.finish(style.guard(text)))


def _encoded(tables: Sequence[Sequence[str]]) -> tuple[tuple[bytes, ...], ...]:
    return tuple([tuple([utf8(piece) for piece in table]) for table in tables])
