"""JSON (RFC 8259) and NDJSON.

JSON is strict: no NaN, no infinity, keys in the record's order, a number with all its digits, UTF-8
unless ``ascii`` is set, a line feed at the end. ``multiple`` is one array, ``single`` and ``split``
are the object alone. Compact JSON (``indent`` 0 or null) has no blanks, and a record a line.

NDJSON is compact, with a record a line. It escapes U+0085, U+2028 and U+2029, which JSON may hold
as they are, because readers that split text into lines take those for line ends.
"""

from __future__ import annotations

import functools
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.formats.format import Format, Framing, Option, literal_text, utf8
from mockgen_watch.formats.fragments import TextCoding, digits_coding
from mockgen_watch.formats.tree import Frame, Place, Position, TreeWriter
from mockgen_watch.spec.model import Layout

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

    from mockgen_watch.formats.format import Options
    from mockgen_watch.generate.column import Program
    from mockgen_watch.spec.document import ScalarValue

_LINE_ENDS: Final = str.maketrans({0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"})


class JsonStyle(Struct, frozen=True, kw_only=True):
    """How JSON looks.

    Attributes:
        indent: blanks a level; 0 for none and no line ends.
        ascii_only: escape everything beyond ASCII, lone surrogates included.
        one_line: escape what some readers take for a line end.
    """

    indent: int
    ascii_only: bool
    one_line: bool

    def object_frame(self, place: Place) -> Frame:
        return _frame(b"{", b"}", self.indent, place.depth)

    def array_frame(self, place: Place) -> Frame:
        return _frame(b"[", b"]", self.indent, place.depth)

    def key(self, name: str, depth: int) -> bytes:
        return self._quoted(name) + (b": " if self.indent else b":")

    def scalar(self, value: ScalarValue, position: Position) -> bytes:
        if isinstance(value, str):
            return self._quoted(value)
        return (literal_text(value) or "").encode()

    def text_coding(self, tables: Sequence[Sequence[str]], position: Position) -> TextCoding:
        # JSON escapes each character by itself, so each piece can be escaped alone.
        escaped = tuple([tuple([self._quoted(p)[1:-1] for p in table]) for table in tables])
        return TextCoding(b'"', escaped, b'"')

    def number_coding(self, tables: Sequence[Sequence[str]], position: Position) -> TextCoding:
        return digits_coding(tables)

    def _quoted(self, text: str) -> bytes:
        if self.ascii_only:
            return encode_basestring_ascii(text).encode()
        quoted = encode_basestring(text)
        if self.one_line and not quoted.isascii():
            quoted = quoted.translate(_LINE_ENDS)
        return utf8(quoted)


@functools.lru_cache(maxsize=256)
def _frame(left: bytes, right: bytes, indent: int, depth: int) -> Frame:
    if not indent:
        return Frame(left + right, left, b",", right)
    line = b"\n" + b" " * (indent * depth)
    inner = line + b" " * indent
    return Frame(left + right, left + inner, b"," + inner, line + right)


_ALONE: Final = Place(0, Position.ALONE)
_ALONE_FRAMING: Final = Framing(head=b"", separator=b"\n", tail=b"\n", empty=b"")


def _json_writer(_programs: Sequence[Program], options: Options, layout: Layout) -> TreeWriter:
    width = options["indent"]
    indent = width if isinstance(width, int) else 0
    style = JsonStyle(indent=indent, ascii_only=options["ascii"] is True, one_line=False)
    if layout is not Layout.MULTIPLE:
        return TreeWriter(style=style, place=_ALONE, framing=_ALONE_FRAMING)
    inner = b"\n" + b" " * indent
    framing = Framing(head=b"[" + inner, separator=b"," + inner, tail=b"\n]\n", empty=b"[]\n")
    return TreeWriter(style=style, place=Place(1, Position.ITEM), framing=framing)


def _ndjson_writer(_programs: Sequence[Program], options: Options, _layout: Layout) -> TreeWriter:
    style = JsonStyle(indent=0, ascii_only=options["ascii"] is True, one_line=True)
    return TreeWriter(style=style, place=_ALONE, framing=_ALONE_FRAMING)


_INDENT: Final = Option(
    name="indent",
    default=2,
    allowed=(None,),
    integers=range(17),
    summary="Blanks a level; 0 or null writes a record a line, without blanks.",
)
_ASCII: Final = Option(
    name="ascii",
    default=False,
    allowed=(True, False),
    summary="Escape every character beyond ASCII.",
)

JSON: Final = Format(name="json", suffix=".json", options=(_INDENT, _ASCII), writer=_json_writer)
NDJSON: Final = Format(
    name="ndjson", suffix=".ndjson", options=(_ASCII,), writer=_ndjson_writer, is_lines=True
)
