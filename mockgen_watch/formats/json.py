"""Takes options and programs; gives the writers of JSON (RFC 8259) and NDJSON.

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

from mockgen_watch.formats.base import Framing, Media, Option, literal_text, utf8
from mockgen_watch.formats.tree import Frame, Place, Position, TextCoding, TreeWriter, digits_coding
from mockgen_watch.spec.model import Layout

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Final

    from mockgen_watch.formats.base import Format
    from mockgen_watch.generate.column import Program
    from mockgen_watch.spec.document import Json, ScalarValue

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
        """Return the frame of an object."""
        return _frame(b"{", b"}", self.indent, place.depth)

    def array_frame(self, place: Place) -> Frame:
        """Return the frame of an array."""
        return _frame(b"[", b"]", self.indent, place.depth)

    def key(self, name: str, depth: int) -> bytes:  # noqa: ARG002 - the protocol's
        """Return the quoted key and its colon."""
        return self._quoted(name) + (b": " if self.indent else b":")

    def scalar(self, value: ScalarValue, position: Position) -> bytes:  # noqa: ARG002 - as above
        """Return a literal, or quoted text."""
        if isinstance(value, str):
            return self._quoted(value)
        return (literal_text(value) or "").encode()

    def text_coding(
        self,
        tables: Sequence[Sequence[str]],
        position: Position,  # noqa: ARG002 - as above
    ) -> TextCoding:
        """Return the pieces, escaped; JSON escapes each character by itself."""
        escaped = tuple([tuple([self._quoted(p)[1:-1] for p in table]) for table in tables])
        return TextCoding(b'"', escaped, b'"')

    def number_coding(
        self,
        tables: Sequence[Sequence[str]],
        position: Position,  # noqa: ARG002 - as above
    ) -> TextCoding:
        """Return the pieces as they are."""
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


_JSON_MEDIA: Final = Media(type="application/json")


class JsonFormat(Struct, frozen=True, kw_only=True):
    """One JSON value a file."""

    name: str = "json"
    suffix: str = ".json"
    media: Media = _JSON_MEDIA
    options: tuple[Option, ...] = (
        Option(
            name="indent",
            default=2,
            allowed=(None,),
            integers=range(17),
            summary="Blanks a level; 0 or null writes a record a line, without blanks.",
        ),
        Option(
            name="ascii",
            default=False,
            allowed=(True, False),
            summary="Escape every character beyond ASCII.",
        ),
    )
    layouts: tuple[Layout, ...] = tuple(Layout)

    def writer(
        self,
        programs: Sequence[Program],  # noqa: ARG002 - JSON needs no columns
        options: Mapping[str, Json],
        layout: Layout,
    ) -> TreeWriter:
        """Return a writer of one array, or of an object alone."""
        width = options["indent"]
        indent = width if isinstance(width, int) else 0
        style = JsonStyle(indent=indent, ascii_only=options["ascii"] is True, one_line=False)
        if layout is not Layout.MULTIPLE:
            framing = Framing(head=b"", separator=b"\n", tail=b"\n", empty=b"")
            return TreeWriter(style=style, place=Place(0, Position.ALONE), framing=framing)
        inner = b"\n" + b" " * indent
        framing = Framing(head=b"[" + inner, separator=b"," + inner, tail=b"\n]\n", empty=b"[]\n")
        return TreeWriter(style=style, place=Place(1, Position.ITEM), framing=framing)


_NDJSON_MEDIA: Final = Media(type="application/x-ndjson", lines=True)


class NdjsonFormat(Struct, frozen=True, kw_only=True):
    """One JSON object a line."""

    name: str = "ndjson"
    suffix: str = ".ndjson"
    media: Media = _NDJSON_MEDIA
    options: tuple[Option, ...] = (
        Option(
            name="ascii",
            default=False,
            allowed=(True, False),
            summary="Escape every character beyond ASCII.",
        ),
    )
    layouts: tuple[Layout, ...] = tuple(Layout)

    def writer(
        self,
        programs: Sequence[Program],  # noqa: ARG002 - JSON needs no columns
        options: Mapping[str, Json],
        layout: Layout,  # noqa: ARG002 - a line is the same in every layout
    ) -> TreeWriter:
        """Return a writer of lines."""
        style = JsonStyle(indent=0, ascii_only=options["ascii"] is True, one_line=True)
        framing = Framing(head=b"", separator=b"\n", tail=b"\n", empty=b"")
        return TreeWriter(style=style, place=Place(0, Position.ALONE), framing=framing)


JSON: Final[Format] = JsonFormat()
NDJSON: Final[Format] = NdjsonFormat()
