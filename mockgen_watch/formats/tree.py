"""Nested data as text: one style of writing, its reference encoder and its compiler.

JSON and YAML differ in what separates the members of a container, and in how scalars look. A
``Style`` says that and no more. ``Encoder`` is the reference; ``TreeWriter.compile`` asks the same
style and must give the same bytes.

Members that may be absent make the separators a question. It is answered when compiling, wherever
that can be: if some member is always there, those before it bring the separator after them and
those after it bring theirs before them, so every absence is independent of the others. The elements
of an array of varying length follow one another, so each but the first brings its separator. Only
an object whose members may all be absent needs a register that says whether one has been written.

An array is unrolled to its maximum length. One that would make more slots than ``Limits.slots`` is
made record by record, as is text whose transforms or quotes depend on the whole of it and whose
combinations are too many for a table; the plan names them as slow.
"""

from __future__ import annotations

import functools
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.formats import fragments
from mockgen_watch.formats.format import FormatError, Framing
from mockgen_watch.generate.column import (
    ArrayNode,
    Column,
    Node,
    ObjectNode,
    Program,
    State,
    VariantNode,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockgen_watch.spec.document import Json, ScalarValue


class Position(StrEnum):
    """What a value is to the container around it."""

    ALONE = "alone"
    MEMBER = "member"
    ITEM = "item"


class Place(Struct, frozen=True):
    """Where a value is: how many containers are around it, and what it is to the nearest."""

    depth: int
    position: Position


class Frame(Struct, frozen=True):
    """What is written around and between the members or items of one container."""

    empty: bytes
    opening: bytes
    between: bytes
    closing: bytes


class Style(Protocol):
    """How one format writes nested data. Values of it pickle."""

    def object_frame(self, place: Place) -> Frame: ...

    def array_frame(self, place: Place) -> Frame: ...

    def key(self, name: str, depth: int) -> bytes:
        """Return a member's key with everything between it and the value.

        ``depth`` is the object's own.

        Raises:
            FormatError: the key cannot be written.
        """

    def scalar(self, value: ScalarValue, position: Position) -> bytes:
        """Return a scalar with the blank that its position asks for.

        Raises:
            FormatError: the scalar cannot be written.
        """

    def text_coding(
        self, tables: Sequence[Sequence[str]], position: Position
    ) -> fragments.TextCoding | None:
        """Return how to write texts of one piece from each table; None if the whole decides.

        Raises:
            FormatError: a piece cannot be written.
        """

    def number_coding(
        self, tables: Sequence[Sequence[str]], position: Position
    ) -> fragments.TextCoding | None:
        """Return the same for the digits of a number."""


_CACHED: Final = 4096
_CACHED_LENGTH: Final = 64


class Encoder:
    """The reference encoder of values at one place.

    Keys come back in every record and pool values in many, so their bytes are kept, and frames and
    the encoders one level down are made once.
    """

    __slots__ = ("_array", "_item", "_keys", "_member", "_object", "_place", "_style", "_texts")

    def __init__(self, style: Style, place: Place) -> None:
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
        if len(self._keys) < _CACHED:
            self._keys[name] = key
        return key

    def _text(self, text: str) -> bytes:
        written = self._style.scalar(text, self._place.position)
        if len(text) <= _CACHED_LENGTH and len(self._texts) < _CACHED:
            self._texts[text] = written
        return written


class TreeWriter:
    """Writes records in one style, each at ``place``."""

    def __init__(self, *, style: Style, place: Place, framing: Framing) -> None:
        self.style = style
        self.place = place
        self.framing = framing
        self._encoder = Encoder(style, place)

    def encode(self, record: Mapping[str, Json]) -> bytes:
        return self._encoder.encode_object(record)

    def compile(
        self, program: Program, limits: fragments.Limits = fragments.DEFAULT_LIMITS
    ) -> fragments.FragmentPlan:
        compiler = _Compiler(self.style, fragments.Builder(limits))
        record = _Item(node=program.root, place=self.place, path=(), segment="", field="")
        pieces = compiler.value(record)
        return compiler.builder.build([*pieces, fragments.constant(self.framing.separator)])


class _Item(Struct, frozen=True, kw_only=True):
    """A record, or a member or an element on its way into its container.

    ``guard`` is a register that is not 0 where the array ends before the element.
    """

    node: Node
    place: Place
    path: tuple[int, ...]
    segment: str | int
    field: str
    prefix: bytes = b""
    guard: int | None = None


class _Compiler:
    """Turns nodes into pieces; the builder collects their registers."""

    def __init__(self, style: Style, builder: fragments.Builder) -> None:
        self._style = style
        self.builder = builder

    def value(self, item: _Item) -> list[fragments.Piece]:
        """Return the pieces of an item that is there and not null."""
        node = item.node
        if isinstance(node, Column):
            return self._column(node, item)
        if isinstance(node, ObjectNode):
            return self._object(node, item)
        if isinstance(node, VariantNode):
            return self._variant(node, item)
        if fragments.unrolled_slots(node) > self.builder.limits.slots:
            reason = f"unrolled it would take more than {self.builder.limits.slots} slots"
            slow = fragments.SlowField(field=item.field, reason=reason)
            encode = Encoder(self._style, item.place).encode
            return [self.builder.made(node, item.path, encode, slow)]
        return self._array(node, item)

    def _object(self, node: ObjectNode, item: _Item) -> list[fragments.Piece]:
        inner = Place(item.place.depth + 1, Position.MEMBER)
        items = [
            _Item(
                node=child,
                prefix=self._key(name, item.place.depth),
                place=inner,
                path=item.path,
                segment=name,
                field=f"{item.field}.{name}" if item.field else name,
            )
            for name, child in node.members
        ]
        return self._contained(self._style.object_frame(item.place), items, in_turn=False)

    def _variant(self, node: VariantNode, item: _Item) -> list[fragments.Piece]:
        """Return the pieces of all alternatives, each empty where it is not the one."""
        selected = self.builder.draw(node.selector, item.path)
        pieces: list[fragments.Piece] = []
        for number, each in enumerate(node.alternatives):
            present = self.value(replace(item, node=each))
            other = self.builder.differs(selected, number)
            pieces.append(fragments.Switch(other, tuple(present), (b"",)))
        return pieces

    def _key(self, name: str, depth: int) -> bytes:
        try:
            return self._style.key(name, depth)
        except FormatError as error:
            raise error.below(name) from error

    def _array(self, node: ArrayNode, item: _Item) -> list[fragments.Piece]:
        length = None if node.length is None else self.builder.draw(node.length, item.path)
        inner = Place(item.place.depth + 1, Position.ITEM)
        items = [
            _Item(
                node=element,
                place=inner,
                path=(*item.path, index),
                segment=index,
                field=f"{item.field}[]",
                guard=None
                if length is None or index < node.minimum
                else self.builder.below(length, index + 1),
            )
            for index, element in enumerate(node.elements)
        ]
        in_turn = not any(fragments.may_be_absent(element) for element in node.elements)
        return self._contained(self._style.array_frame(item.place), items, in_turn=in_turn)

    def _contained(
        self, frame: Frame, items: Sequence[_Item], *, in_turn: bool
    ) -> list[fragments.Piece]:
        """Return a container's pieces; ``in_turn``: none is there unless all before it are."""
        if not items:
            return [fragments.constant(frame.empty)]
        absences = []
        for pivot, item in enumerate(items):
            absence = self._absence(item)
            if absence is None:
                return self._around(frame, items, pivot)
            absences.append(absence)
        return self._in_doubt(frame, items, absences, in_turn=in_turn)

    def _around(self, frame: Frame, items: Sequence[_Item], pivot: int) -> list[fragments.Piece]:
        pieces: list[fragments.Piece] = [fragments.constant(frame.opening)]
        for item in items[:pivot]:
            pieces += self._item(item, b"", frame.between)
        pieces += self._item(items[pivot], b"", b"")
        for item in items[pivot + 1 :]:
            pieces += self._item(item, frame.between, b"")
        return [*pieces, fragments.constant(frame.closing)]

    def _in_doubt(
        self, frame: Frame, items: Sequence[_Item], absences: Sequence[int], *, in_turn: bool
    ) -> list[fragments.Piece]:
        """Write items each of which may be absent; ``in_turn`` only with all those before it."""
        none = absences[0] if in_turn else self.builder.every(absences)
        pieces: list[fragments.Piece] = [
            fragments.Switch(none, (fragments.constant(frame.opening),), (frame.empty,))
        ]
        for position, item in enumerate(items):
            if position and not in_turn:
                first = self.builder.every(absences[:position])
                separator = fragments.Pick((first,), (frame.between, b""))
                pieces.append(fragments.Switch(absences[position], (separator,), (b"",)))
            pieces += self._item(item, frame.between if position and in_turn else b"", b"")
        return [*pieces, fragments.Switch(none, (fragments.constant(frame.closing),), (b"",))]

    def _absence(self, item: _Item) -> int | None:
        """Return the register that is not 0 where the item is absent; None when it never is."""
        flags = [] if item.guard is None else [item.guard]
        if fragments.may_be_absent(item.node) and item.node.presence is not None:
            state = self.builder.draw(item.node.presence, item.path)
            flags.append(self.builder.at_least(state, State.ABSENT))
        return self.builder.some(flags) if flags else None

    def _item(self, item: _Item, before: bytes, after: bytes) -> list[fragments.Piece]:
        """Return an item's pieces, its separator included, or nothing where it is absent."""
        try:
            present = self.value(item)
        except FormatError as error:
            raise error.below(item.segment) from error
        head = before + item.prefix
        pieces: list[fragments.Piece] = [
            fragments.constant(head),
            *present,
            fragments.constant(after),
        ]
        if item.node.presence is not None:
            state = self.builder.draw(item.node.presence, item.path)
            null = head + self._style.scalar(None, item.place.position) + after
            pieces = [fragments.Switch(state, tuple(pieces), (null, b""))]
        if item.guard is not None:
            pieces = [fragments.Switch(item.guard, tuple(pieces), (b"",))]
        return pieces

    def _column(self, column: Column, item: _Item) -> list[fragments.Piece]:
        position = item.place.position
        coder = fragments.Coder(
            encode=Encoder(self._style, item.place).encode,
            text=functools.partial(self._style.text_coding, position=position),
            number=functools.partial(self._style.number_coding, position=position),
        )
        return self.builder.column(column, coder, item.place, item.path, item.field)
