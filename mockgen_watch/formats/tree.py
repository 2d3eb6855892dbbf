"""Takes one plain value and a style of writing nested data; gives its bytes.

JSON and YAML differ in what stands before, between and behind the members of a container, and in
how scalars look. A ``Style`` says that and no more. ``encode_value`` is the reference encoder; the
compiler in ``formats.tree_fragments`` asks the same style and must give the same bytes.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mockgen_watch.formats.base import FormatError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockgen_watch.spec.document import Json, ScalarValue


class Position(enum.Enum):
    """What a value is to the container around it."""

    ALONE = "alone"
    MEMBER = "member"
    ITEM = "item"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: how many containers are around it, and what it is to the nearest."""

    depth: int
    position: Position


@dataclass(frozen=True, slots=True)
class Frame:
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


@dataclass(frozen=True, slots=True)
class TextCoding:
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


def encode_value(value: Json, style: Style, place: Place) -> bytes:
    """Return the bytes of ``value`` at ``place``.

    Raises:
        FormatError: it holds a value that cannot be written; the error's path begins here.
    """
    if isinstance(value, dict):
        return _encode_object(value, style, place)
    if isinstance(value, list):
        return _encode_array(value, style, place)
    return style.scalar(value, place.position)


def _encode_object(members: Mapping[str, Json], style: Style, place: Place) -> bytes:
    frame = style.object_frame(place)
    if not members:
        return frame.empty
    inner = Place(place.depth + 1, Position.MEMBER)
    parts = []
    for name, value in members.items():
        try:
            parts.append(style.key(name, place.depth) + encode_value(value, style, inner))
        except FormatError as error:
            raise error.below(name) from error
    return frame.opening + frame.between.join(parts) + frame.closing


def _encode_array(items: Sequence[Json], style: Style, place: Place) -> bytes:
    frame = style.array_frame(place)
    if not items:
        return frame.empty
    inner = Place(place.depth + 1, Position.ITEM)
    parts = []
    for index, value in enumerate(items):
        try:
            parts.append(encode_value(value, style, inner))
        except FormatError as error:
            raise error.below(index) from error
    return frame.opening + frame.between.join(parts) + frame.closing
