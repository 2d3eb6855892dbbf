"""Takes plain values and a style of writing nested data; gives their bytes.

JSON and YAML differ in what stands before, between and behind the members of a container, and in
how scalars look. A ``Style`` says that and no more. ``Encoder`` is the reference; the compiler in
``formats.tree_fragments`` asks the same style and must give the same bytes.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from mockgen_watch.formats.base import FormatError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Final

    from mockgen_watch.formats.base import Framing
    from mockgen_watch.formats.fragments import FragmentPlan
    from mockgen_watch.generate.column import Program
    from mockgen_watch.spec.document import Json, ScalarValue


class Position(StrEnum):
    """What a value is to the container around it."""

    ALONE = "alone"
    MEMBER = "member"
    ITEM = "item"


class Place(Struct, frozen=True):
    """Where a value stands: how many containers are around it, and what it is to the nearest."""

    depth: int
    position: Position


class Frame(Struct, frozen=True):
    """What is written around the members or items of one container.

    Attributes:
        empty: the whole container when it has none.
        opening: before the first.
        between: before each further one.
        closing: behind the last.
    """

    empty: bytes
    opening: bytes
    between: bytes
    closing: bytes


class TextCoding(Struct, frozen=True):
    """How text made of parts is written: ``opening``, an entry of each table, ``closing``."""

    opening: bytes
    tables: tuple[tuple[bytes, ...], ...]
    closing: bytes


def digits_coding(tables: Sequence[Sequence[str]], opening: bytes = b"") -> TextCoding:
    """Return the coding of a number: its digits as they are."""
    return TextCoding(opening, tuple([tuple([p.encode() for p in table]) for table in tables]), b"")


class Style(Protocol):
    """How one format writes nested data. Values of it pickle."""

    def object_frame(self, place: Place) -> Frame:
        """Return the frame of an object at ``place``."""

    def array_frame(self, place: Place) -> Frame:
        """Return the frame of an array at ``place``."""

    def key(self, name: str, depth: int) -> bytes:
        """Return a member's key with all that stands between it and the value.

        ``depth`` is the object's own.

        Raises:
            FormatError: the key cannot be written.
        """

    def scalar(self, value: ScalarValue, position: Position) -> bytes:
        """Return a scalar with the blank that its position asks for.

        Raises:
            FormatError: the scalar cannot be written.
        """

    def text_coding(self, tables: Sequence[Sequence[str]], position: Position) -> TextCoding | None:
        """Return how to write texts of one piece from each table; None when only the whole tells.

        Raises:
            FormatError: a piece cannot be written.
        """

    def number_coding(
        self, tables: Sequence[Sequence[str]], position: Position
    ) -> TextCoding | None:
        """Return the same for the digits of a number."""


_KEPT: Final = 4096
_KEPT_LENGTH: Final = 64


class Encoder:
    """The reference encoder of values at one place; it remembers what it writes often.

    Small jobs spend most of their time here: keys come back in every record and pool values in
    many, so their bytes are kept, and frames and the encoders one level down are made once.
    """

    __slots__ = ("_array", "_item", "_keys", "_member", "_object", "_place", "_style", "_texts")

    def __init__(self, style: Style, place: Place) -> None:
        """Write values at ``place`` in ``style``."""
        self._style = style
        self._place = place
        self._object = style.object_frame(place)
        self._array = style.array_frame(place)
        self._member: Encoder | None = None
        self._item: Encoder | None = None
        self._keys: dict[str, bytes] = {}
        self._texts: dict[str, bytes] = {}

    def encode(self, value: Json) -> bytes:
        """Return the bytes of ``value``.

        Raises:
            FormatError: it holds what cannot be written; the error's path begins here.
        """
        if isinstance(value, str):
            return self._texts.get(value) or self._text(value)
        if isinstance(value, dict):
            return self.encode_object(value)
        if isinstance(value, list):
            return self._encode_array(value)
        return self._style.scalar(value, self._place.position)

    def encode_object(self, members: Mapping[str, Json]) -> bytes:
        """Return the bytes of an object; see ``encode``."""
        if not members:
            return self._object.empty
        if self._member is None:
            self._member = Encoder(self._style, Place(self._place.depth + 1, Position.MEMBER))
        encode, keys = self._member.encode, self._keys
        parts = []
        for name, value in members.items():
            try:
                parts.append((keys.get(name) or self._key(name)) + encode(value))
            except FormatError as error:
                raise error.below(name) from error
        frame = self._object
        return frame.opening + frame.between.join(parts) + frame.closing

    def _encode_array(self, items: Sequence[Json]) -> bytes:
        if not items:
            return self._array.empty
        if self._item is None:
            self._item = Encoder(self._style, Place(self._place.depth + 1, Position.ITEM))
        encode = self._item.encode
        parts = []
        for index, value in enumerate(items):
            try:
                parts.append(encode(value))
            except FormatError as error:
                raise error.below(index) from error
        frame = self._array
        return frame.opening + frame.between.join(parts) + frame.closing

    def _key(self, name: str) -> bytes:
        key = self._style.key(name, self._place.depth)
        if len(self._keys) < _KEPT:
            self._keys[name] = key
        return key

    def _text(self, text: str) -> bytes:
        written = self._style.scalar(text, self._place.position)
        if len(text) <= _KEPT_LENGTH and len(self._texts) < _KEPT:
            self._texts[text] = written
        return written


class TreeWriter:
    """Writes records in one style, each at ``place``."""

    def __init__(self, *, style: Style, place: Place, framing: Framing) -> None:
        """Write records in ``style`` at ``place``, with ``framing`` around them."""
        self.style = style
        self.place = place
        self.framing = framing
        self._encoder = Encoder(style, place)

    def encode(self, record: Mapping[str, Json]) -> bytes:
        """Return one record without its separator."""
        return self._encoder.encode_object(record)

    def compile(self, program: Program) -> FragmentPlan:
        """Return the plan of a program's records, the separator behind each."""
        # Small outputs are encoded record by record.
        from mockgen_watch.formats.tree_fragments import compile_tree  # noqa: PLC0415

        return compile_tree(program, self.style, self.place, self.framing.separator)
