"""Takes a program and a style; gives the fragment plan that writes the program's records.

Members that may be absent make the separators a question. It is answered when compiling, wherever
that can be: if some member is always there, those before it bring the separator behind them and
those behind it bring theirs before them, so every absence stands for itself. The elements of an
array of varying length come one after the other, so each but the first brings its separator. Only
an object whose members may all be absent needs a register that tells whether one has been written.

An array is unrolled to its maximum length. One that would make more slots than
``Limits.slots`` is made record by record, as is text whose transforms or quotes depend on the
whole of it and whose combinations are too many for a table; the plan names them as slow.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.formats.base import FormatError
from mockgen_watch.formats.fragments import (
    DEFAULT_LIMITS,
    Builder,
    Coder,
    Constant,
    Pick,
    SlowField,
    Switch,
    column_form,
    made_slot,
    may_be_absent,
    pieces_of,
    unrolled_slots,
)
from mockgen_watch.formats.tree import Encoder, Place, Position
from mockgen_watch.generate.column import Column, ObjectNode, State

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mockgen_watch.formats.fragments import Form, FragmentPlan, Limits, Piece
    from mockgen_watch.formats.tree import Frame, Style
    from mockgen_watch.generate.column import ArrayNode, Node, Program


class _Item(Struct, frozen=True, kw_only=True):
    """A member or an element on its way into its container.

    ``guard`` is a register that is not 0 where the array ends before the element.
    """

    node: Node
    prefix: bytes
    place: Place
    path: tuple[int, ...]
    segment: str | int
    field: str
    guard: int | None


def compile_tree(
    program: Program, style: Style, place: Place, ending: bytes, limits: Limits = DEFAULT_LIMITS
) -> FragmentPlan:
    """Return the plan of ``program``'s records at ``place``, ``ending`` behind each.

    Raises:
        FormatError: a value that the style cannot write is in one of the tables.
    """
    compiler = _Compiler(style, Builder(limits))
    pieces = compiler.value(program.root, place, (), "")
    return compiler.builder.build([*pieces, Constant(ending)])


class _Compiler:
    """Turns nodes into pieces; the builder collects their registers."""

    def __init__(self, style: Style, builder: Builder) -> None:
        self._style = style
        self._forms: dict[tuple[int, Place], Form] = {}
        self.builder = builder

    def value(self, node: Node, place: Place, path: tuple[int, ...], field: str) -> list[Piece]:
        """Return the pieces of a node that is there and not null."""
        if isinstance(node, Column):
            return self._column(node, place, path, field)
        if isinstance(node, ObjectNode):
            return self._object(node, place, path, field)
        if unrolled_slots(node) > self.builder.limits.slots:
            reason = f"unrolled it would take more than {self.builder.limits.slots} slots"
            slow = SlowField(field=field, reason=reason)
            encode = Encoder(self._style, place).encode
            return [made_slot(self.builder, node, path, slow, encode)]
        return self._array(node, place, path, field)

    def _object(
        self, node: ObjectNode, place: Place, path: tuple[int, ...], field: str
    ) -> list[Piece]:
        inner = Place(place.depth + 1, Position.MEMBER)
        items = [
            _Item(
                node=child,
                prefix=_below(name, functools.partial(self._style.key, name, place.depth)),
                place=inner,
                path=path,
                segment=name,
                field=f"{field}.{name}" if field else name,
                guard=None,
            )
            for name, child in node.members
        ]
        return self._contained(self._style.object_frame(place), items, in_turn=False)

    def _array(
        self, node: ArrayNode, place: Place, path: tuple[int, ...], field: str
    ) -> list[Piece]:
        length = None if node.length is None else self.builder.draw(node.length, path)
        inner = Place(place.depth + 1, Position.ITEM)
        items = [
            _Item(
                node=element,
                prefix=b"",
                place=inner,
                path=(*path, index),
                segment=index,
                field=f"{field}[]",
                guard=None
                if length is None or index < node.minimum
                else self.builder.below(length, index + 1),
            )
            for index, element in enumerate(node.elements)
        ]
        in_turn = not any(may_be_absent(element) for element in node.elements)
        return self._contained(self._style.array_frame(place), items, in_turn=in_turn)

    def _contained(self, frame: Frame, items: Sequence[_Item], *, in_turn: bool) -> list[Piece]:
        """Return a container's pieces; ``in_turn``: none is there unless all before it are."""
        if not items:
            return [Constant(frame.empty)]
        sure = [self._absence(item) is None for item in items]
        if any(sure):
            return self._around(frame, items, sure.index(True))
        if in_turn:
            return self._in_turn(frame, items)
        return self._in_doubt(frame, items)

    def _around(self, frame: Frame, items: Sequence[_Item], pivot: int) -> list[Piece]:
        """Write items around one that is always there."""
        pieces: list[Piece] = [Constant(frame.opening)]
        for item in items[:pivot]:
            pieces += self._item(item, b"", frame.between)
        pieces += self._item(items[pivot], b"", b"")
        for item in items[pivot + 1 :]:
            pieces += self._item(item, frame.between, b"")
        return [*pieces, Constant(frame.closing)]

    def _in_turn(self, frame: Frame, items: Sequence[_Item]) -> list[Piece]:
        """Write the elements of an array that may be empty."""
        none = self._absence(items[0])
        assert none is not None  # noqa: S101 - _contained asked
        pieces: list[Piece] = [Switch(none, (Constant(frame.opening),), (frame.empty,))]
        pieces += self._item(items[0], b"", b"")
        for item in items[1:]:
            pieces += self._item(item, frame.between, b"")
        return [*pieces, Switch(none, (Constant(frame.closing),), (b"",))]

    def _in_doubt(self, frame: Frame, items: Sequence[_Item]) -> list[Piece]:
        """Write items of which none is sure to be there."""
        absences = [absence for item in items if (absence := self._absence(item)) is not None]
        none = self.builder.every(absences)
        pieces: list[Piece] = [Switch(none, (Constant(frame.opening),), (frame.empty,))]
        for position, item in enumerate(items):
            if position:
                first = self.builder.every(absences[:position])
                separator = Pick((first,), (frame.between, b""))
                pieces.append(Switch(absences[position], (separator,), (b"",)))
            pieces += self._item(item, b"", b"")
        return [*pieces, Switch(none, (Constant(frame.closing),), (b"",))]

    def _absence(self, item: _Item) -> int | None:
        """Return the register that is not 0 where the item is absent; None when it never is."""
        flags = [] if item.guard is None else [item.guard]
        if may_be_absent(item.node) and item.node.presence is not None:
            state = self.builder.draw(item.node.presence, item.path)
            flags.append(self.builder.at_least(state, State.ABSENT))
        return self.builder.some(flags) if flags else None

    def _item(self, item: _Item, before: bytes, after: bytes) -> list[Piece]:
        """Return an item's pieces, its separator included, or nothing where it is absent."""
        try:
            present = self.value(item.node, item.place, item.path, item.field)
        except FormatError as error:
            raise error.below(item.segment) from error
        head = before + item.prefix
        pieces: list[Piece] = [Constant(head), *present, Constant(after)]
        if item.node.presence is not None:
            state = self.builder.draw(item.node.presence, item.path)
            null = head + self._style.scalar(None, item.place.position) + after
            pieces = [Switch(state, tuple(pieces), (null, b""))]
        if item.guard is not None:
            pieces = [Switch(item.guard, tuple(pieces), (b"",))]
        return pieces

    def _column(
        self, column: Column, place: Place, path: tuple[int, ...], field: str
    ) -> list[Piece]:
        # All elements of an array have one column; its tables are encoded once.
        key = (id(column), place)
        if key not in self._forms:
            coder = Coder(
                encode=Encoder(self._style, place).encode,
                text=functools.partial(self._style.text_coding, position=place.position),
                number=functools.partial(self._style.number_coding, position=place.position),
            )
            limit = self.builder.limits.combinations
            self._forms[key] = column_form(column, coder, limit)
        return pieces_of(self.builder, column, self._forms[key], path, field)


def _below(segment: str, encode: Callable[[], bytes]) -> bytes:
    try:
        return encode()
    except FormatError as error:
        raise error.below(segment) from error
