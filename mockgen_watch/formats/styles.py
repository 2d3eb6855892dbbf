"""Styles of nested data: JSON (RFC 8259), NDJSON and YAML.

``multiple`` is one list or array, ``single`` and ``split`` are the object alone. Keys are in the
record's order, a number has all its digits, and a line feed ends the file.

JSON has no NaN and no infinity, and is UTF-8 unless ``ascii`` is set. Compact JSON (``indent`` 0 or
null) has no blanks, and one record on each line.

NDJSON is compact, with one record on each line. It escapes U+0085, U+2028 and U+2029, which JSON
may hold as they are, because readers that split text into lines take those for line ends.

YAML is written so that readers of 1.1 and of 1.2 understand it in the same way: block style, two
blanks a level, list items indented below their key, one line a scalar whatever its length.

Its text is written plain when it is words: letters of the scripts listed below, with blanks and a
few harmless signs between them, and no word that a reader takes for null, a boolean or a number.
Anything else is double-quoted; so is every text with a digit in it, so that codes, dates and ids
look the same in each record and nothing can read them as numbers, times or dates. What is not
printable, or changes how its neighbours look, is escaped.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from mockgen_watch.formats.format import (
    Format,
    Framing,
    Option,
    literal_text,
    utf8,
    utf8_tables,
)
from mockgen_watch.formats.fragments import TextCoding, digits_coding
from mockgen_watch.formats.tree import Frame, Place, Position, TreeWriter
from mockgen_watch.spec.model import Layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockgen_watch.formats.format import Options
    from mockgen_watch.formats.tree import Style
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


@lru_cache(maxsize=256)
def _frame(left: bytes, right: bytes, indent: int, depth: int) -> Frame:
    if not indent:
        return Frame(left + right, left, b",", right)
    line = b"\n" + b" " * (indent * depth)
    inner = line + b" " * indent
    return Frame(left + right, left + inner, b"," + inner, line + right)


def _alone(style: Style) -> TreeWriter:
    framing = Framing(head=b"", separator=b"\n", tail=b"\n", empty=b"")
    return TreeWriter(style=style, place=Place(0, Position.ALONE), framing=framing)


def _json_writer(_programs: Sequence[Program], options: Options, layout: Layout) -> TreeWriter:
    width = options["indent"]
    indent = width if isinstance(width, int) else 0
    style = JsonStyle(indent=indent, ascii_only=options["ascii"] is True, one_line=False)
    if layout is not Layout.MULTIPLE:
        return _alone(style)
    inner = b"\n" + b" " * indent
    framing = Framing(head=b"[" + inner, separator=b"," + inner, tail=b"\n]\n", empty=b"[]\n")
    return TreeWriter(style=style, place=Place(1, Position.ITEM), framing=framing)


def _ndjson_writer(_programs: Sequence[Program], options: Options, _layout: Layout) -> TreeWriter:
    return _alone(JsonStyle(indent=0, ascii_only=options["ascii"] is True, one_line=True))


_INDENT: Final = Option(
    name="indent",
    default=2,
    allowed=(None,),
    integers=range(17),
    summary="Spaces per level; 0 or null writes one record per line, without spaces.",
)
_ASCII: Final = Option(
    name="ascii",
    default=False,
    allowed=(True, False),
    summary="Escape every character outside ASCII.",
)

JSON: Final = Format(name="json", suffix=".json", options=(_INDENT, _ASCII), writer=_json_writer)
NDJSON: Final = Format(
    name="ndjson", suffix=".ndjson", options=(_ASCII,), writer=_ndjson_writer, is_lines=True
)


# Fixed ranges: what Python calls a letter changes with its Unicode tables. Latin, Greek and
# Cyrillic, the Indic scripts, kana, CJK ideographs, Hangul.
_LETTER: Final = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u0370-\u0373\u0386-\u03ff\u0400-\u0481"
    "\u048a-\u052f\u0900-\u0dff\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3"
)
_SIGN: Final = r" ._/@'()&+,\-"
_FIRST: Final = f"[{_LETTER}]"
_INNER: Final = f"[{_LETTER}{_SIGN}]*"
_WORDS: Final = f"[{_LETTER}](?:[{_LETTER}{_SIGN}]*[{_LETTER}._/@'()&+,\\-])?"
_LETTERS: Final = "[A-Za-z]*"
_KEY: Final = r"[A-Za-z_][A-Za-z0-9_.-]*"
_RESERVED: Final = frozenset(
    ("y", "n", "yes", "no", "true", "false", "on", "off", "null", "nan", "inf", "infinity")
)
_LONGEST_RESERVED: Final = max(map(len, _RESERVED))
# A reader may give up on a plain `key: value` beyond 1024 characters of key.
_LONGEST_KEY: Final = 1000
_ESCAPED: Final = re.compile(
    "[\u007f-\u00a0\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202f\u205f-\u206f\u3000"
    "\ufdd0-\ufdef\ufeff\ufff0-\uffff\U000e0000-\U000e0fff]"
)

_LAST_OF_PLANE_0: Final = 0xFFFF


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Return a pattern of letters: these are large, and only runs that write YAML need them."""
    return re.compile(pattern)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\u{code:04x}" if code <= _LAST_OF_PLANE_0 else f"\\U{code:08x}"


def quote(text: str) -> str:
    """Return ``text`` in double quotes; each character is escaped or kept by itself."""
    return _ESCAPED.sub(_escape, encode_basestring(text))


def is_plain(text: str) -> bool:
    """Return whether ``text`` is written without quotes."""
    return _compiled(_WORDS).fullmatch(text) is not None and text.lower() not in _RESERVED


class YamlStyle(Struct, frozen=True):
    """How YAML looks; there is nothing to choose."""

    def object_frame(self, place: Place) -> Frame:
        line = b"\n" + b"  " * place.depth
        if place.position is Position.MEMBER:
            return Frame(b" {}", line, line, b"")
        return Frame(b"{}", b"", line, b"")

    def array_frame(self, place: Place) -> Frame:
        line = b"\n" + b"  " * place.depth + b"- "
        if place.position is Position.MEMBER:
            return Frame(b" []", line, line, b"")
        return Frame(b"[]", b"- ", line, b"")

    def key(self, name: str, depth: int) -> bytes:
        plain = is_plain(name) or (re.fullmatch(_KEY, name) and name.lower() not in _RESERVED)
        text = name if plain else quote(name)
        if len(text) <= _LONGEST_KEY:
            return utf8(text) + b":"
        return b"? " + utf8(text) + b"\n" + b"  " * depth + b":"

    def scalar(self, value: ScalarValue, position: Position) -> bytes:
        text = _literal(value)
        if text is None:
            word = str(value)
            text = word if is_plain(word) else quote(word)
        return (b" " if position is Position.MEMBER else b"") + utf8(text)

    def text_coding(self, tables: Sequence[Sequence[str]], position: Position) -> TextCoding | None:
        blank = b" " if position is Position.MEMBER else b""
        if _always_plain(tables):
            return TextCoding(blank, utf8_tables(tables), b"")
        if not _always_quoted(tables):
            return None
        quoted = [[quote(piece)[1:-1] for piece in table] for table in tables]
        return TextCoding(blank + b'"', utf8_tables(quoted), b'"')

    def number_coding(
        self, tables: Sequence[Sequence[str]], position: Position
    ) -> TextCoding | None:
        # An exponent may have to be rewritten as ``_literal`` does.
        if any("E" in piece.upper() for table in tables for piece in table):
            return None
        return digits_coding(tables, b" " if position is Position.MEMBER else b"")


def _literal(value: ScalarValue) -> str | None:
    """Return what is not text; YAML 1.1 wants a point before an exponent."""
    text = literal_text(value)
    if text is None or "E" not in text or "." in text:
        return text
    return text.replace("E", ".0E")


def _always_plain(tables: Sequence[Sequence[str]]) -> bool:
    """Return whether every text of these pieces is surely plain."""
    first, last = tables[0], tables[-1]
    return (
        all(_compiled(_FIRST).match(piece) for piece in first)
        and all(_compiled(_INNER).fullmatch(piece) for table in tables for piece in table)
        and all(piece and not piece.endswith(" ") for piece in last)
        and _is_never_reserved(tables)
    )


def _is_never_reserved(tables: Sequence[Sequence[str]]) -> bool:
    """Return whether all texts are too long for a reserved word, or hold what is no letter."""
    if sum(min(map(len, table)) for table in tables) > _LONGEST_RESERVED:
        return True
    return any(not any(re.fullmatch(_LETTERS, piece) for piece in table) for table in tables)


def _always_quoted(tables: Sequence[Sequence[str]]) -> bool:
    """Return whether every text of these pieces surely needs quotes."""
    if all(piece and not _compiled(_FIRST).match(piece) for piece in tables[0]):
        return True
    if all(piece.endswith(" ") for piece in tables[-1]):
        return True
    return any(all(not _compiled(_INNER).fullmatch(piece) for piece in table) for table in tables)


def _yaml_writer(_programs: Sequence[Program], _options: Options, layout: Layout) -> TreeWriter:
    if layout is not Layout.MULTIPLE:
        return _alone(YamlStyle())
    framing = Framing(head=b"- ", separator=b"\n- ", tail=b"\n", empty=b"[]\n")
    return TreeWriter(style=YamlStyle(), place=Place(1, Position.ITEM), framing=framing)


YAML: Final = Format(name="yaml", suffix=".yaml", writer=_yaml_writer)
