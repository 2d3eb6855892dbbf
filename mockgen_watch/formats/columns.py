"""Takes the nodes of a program; gives what any compiler of fragments asks of them."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.formats.fragments import MadeSlot, SlowField
from mockgen_watch.formats.slots import Constant, Pick
from mockgen_watch.generate.column import ArrayNode, Column, ColumnKind, State
from mockgen_watch.generate.records import finished, joined_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Final

    from mockgen_watch.formats.slots import Builder, Piece
    from mockgen_watch.formats.tree import TextCoding
    from mockgen_watch.generate.cells import Stream
    from mockgen_watch.generate.column import Node, Part
    from mockgen_watch.spec.document import Json


_ANY_LENGTH: Final = 16


class Coder(Struct, frozen=True, kw_only=True):
    """How a format writes one column.

    Attributes:
        encode: a whole value, as the reference encoder does.
        text, number: texts and numbers of one piece from each table; they give None when the
            bytes of a piece depend on the others.
    """

    encode: Callable[[Json], bytes]
    text: Callable[[Sequence[Sequence[str]]], TextCoding | None]
    number: Callable[[Sequence[Sequence[str]]], TextCoding | None]


class Table(Struct, frozen=True):
    """Fragments, by an index with one digit for each stream; a constant has none."""

    streams: tuple[Stream, ...]
    fragments: tuple[bytes, ...]


class Form(Struct, frozen=True, kw_only=True):
    """A column that is there and not null, encoded, wherever it is drawn.

    Attributes:
        tables: one after the other they are its text; empty for one that is made by record.
        encode: from its value to bytes.
        slow: why there are no tables, else empty.
    """

    tables: tuple[Table, ...]
    encode: Callable[[Json], bytes]
    slow: str = ""


def column_form(column: Column, coder: Coder, limit: int) -> Form:
    """Return the form of ``column``.

    Whole values are a table as they are. The parts of a text or number are a table each, when the
    format can write them apart; if not, up to ``limit`` combinations of them are one table; if
    there are more, the column is slow.

    Raises:
        FormatError: an entry of a table cannot be written.
    """
    reason = column.slow
    if column.kind is not ColumnKind.VALUE and not column.slow and not column.read:
        tables = [[str(piece) for piece in drawn(part)] for part in column.parts]
        coding = (coder.text if column.kind is ColumnKind.TEXT else coder.number)(tables)
        if coding is not None:
            return Form(tables=_of_parts(column, coding), encode=coder.encode)
        reason = "how it is quoted depends on the whole text"
    if not column.read:
        streams = _streams(column)
        # The values of a pool are never too many: they are a table already.
        if column.kind is ColumnKind.VALUE or math.prod(s.size for s in streams) <= limit:
            fragments = tuple([coder.encode(value) for value in _values(column, streams)])
            return Form(tables=(Table(streams, fragments),), encode=coder.encode)
    reason = reason or "its text is read record by record"
    return Form(tables=(), encode=coder.encode, slow=reason)


def pieces_of(
    builder: Builder, column: Column, form: Form, path: tuple[int, ...], field: str
) -> list[Piece]:
    """Return the pieces of a column's form, drawn at the element that ``path`` leads to."""
    if form.slow:
        slow = SlowField(field=field, reason=form.slow)
        return [made_slot(builder, column, path, slow, form.encode)]
    return [
        Pick(tuple([builder.draw(stream, path) for stream in table.streams]), table.fragments)
        if table.streams
        else Constant(table.fragments[0])
        for table in form.tables
    ]


def made_slot(
    builder: Builder,
    node: Node,
    path: tuple[int, ...],
    slow: SlowField,
    encode: Callable[[Json], bytes],
) -> MadeSlot:
    """Return the slot of a node that is made record by record, and note why it is slow."""
    builder.slow.add(slow)
    return MadeSlot(node=node, path=path, encode=encode, length=_typical_length(node))


def drawn(part: Part) -> tuple[Json, ...]:
    """Return the entries of a part's table that its stream can draw."""
    return tuple(part.table[: 1 if part.stream is None else part.stream.size])


def may_be_absent(node: Node) -> bool:
    """Tell whether some records lack ``node``."""
    return node.presence is not None and node.presence.size > State.ABSENT


def _streams(column: Column) -> tuple[Stream, ...]:
    """Return the streams of all parts, each once."""
    found = {id(part.stream): part.stream for part in column.parts if part.stream is not None}
    return tuple(found.values())


def _values(column: Column, streams: Sequence[Stream]) -> Iterator[Json]:
    """Yield every value of a column without ``read``, in the order of an index of ``streams``."""
    if column.kind is ColumnKind.VALUE:
        yield from drawn(column.parts[0])
        return
    digit = {id(stream): place for place, stream in enumerate(streams)}
    places = [None if part.stream is None else digit[id(part.stream)] for part in column.parts]
    tables = [drawn(part) for part in column.parts]
    for numbers in itertools.product(*[range(stream.size) for stream in streams]):
        pieces = [
            table[0 if place is None else numbers[place]]
            for table, place in zip(tables, places, strict=True)
        ]
        yield finished(column, joined_text(pieces))


def _of_parts(column: Column, coding: TextCoding) -> tuple[Table, ...]:
    parts = zip(column.parts, coding.tables, strict=True)
    return (
        Table((), (coding.opening,)),
        *(Table(() if part.stream is None else (part.stream,), table) for part, table in parts),
        Table((), (coding.closing,)),
    )


def unrolled_slots(node: Node) -> int:
    """Return about how many slots ``node`` takes before neighbours are put together."""
    if isinstance(node, Column):
        return max(1, len(node.parts))
    if isinstance(node, ArrayNode):
        return sum(_of_elements(node, unrolled_slots))
    return sum(unrolled_slots(child) for _, child in node.members)


def _typical_length(node: Node) -> int:
    """Return about how many bytes the text of ``node`` has; only a guess is needed."""
    if isinstance(node, Column):
        return _ANY_LENGTH + sum(
            max(len(str(part.table[0])), len(str(part.table[-1]))) for part in node.parts
        )
    if isinstance(node, ArrayNode):
        return sum(_of_elements(node, _typical_length))
    return sum(len(name) + _typical_length(child) for name, child in node.members)


def _of_elements(node: ArrayNode, measure: Callable[[Node], int]) -> list[int]:
    """Return the measure of each element; those of a variable array are one object."""
    known: dict[int, int] = {}
    for element in node.elements:
        if id(element) not in known:
            known[id(element)] = measure(element)
    return [known[id(element)] for element in node.elements]
