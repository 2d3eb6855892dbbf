"""Takes the nodes of a program; gives what any compiler of fragments asks of them."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mockgen_watch.formats.fragments import MadeSlot, SlowField
from mockgen_watch.formats.slots import Constant, Pick
from mockgen_watch.generate.column import ArrayNode, Column, ColumnKind, State
from mockgen_watch.generate.records import finished

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mockgen_watch.formats.slots import Builder, Piece
    from mockgen_watch.formats.tree import TextCoding
    from mockgen_watch.generate.cells import Stream
    from mockgen_watch.generate.column import Node, Part
    from mockgen_watch.spec.document import Json


@dataclass(frozen=True, slots=True)
class _SpeltOut:
    """All values of a column, in the order of an index with one digit for each stream."""

    streams: tuple[Stream, ...]
    values: tuple[Json, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coder:
    """How a format writes one column.

    Attributes:
        encode: a whole value, as the reference encoder does.
        text, number: texts and numbers of one piece from each table; they give None when the
            bytes of a piece depend on the others.
    """

    encode: Callable[[Json], bytes]
    text: Callable[[Sequence[Sequence[str]]], TextCoding | None]
    number: Callable[[Sequence[Sequence[str]]], TextCoding | None]


def column_pieces(
    builder: Builder, column: Column, path: tuple[int, ...], field: str, coder: Coder
) -> list[Piece]:
    """Return the pieces of a column that is there and not null.

    Whole values are a table as they are. The parts of a text or number are a table each, when the
    format can write them apart; if not, their combinations are one table; if those are too many,
    the column is slow.

    Raises:
        FormatError: an entry of a table cannot be written.
    """
    reason = column.slow
    if column.kind is not ColumnKind.VALUE and not column.slow and not column.read:
        tables = [[str(piece) for piece in drawn(part)] for part in column.parts]
        coding = (coder.text if column.kind is ColumnKind.TEXT else coder.number)(tables)
        if coding is not None:
            return _parts(builder, column, path, coding)
        reason = "how it is quoted depends on the whole text"
    whole = None if column.read else _spelt_out(column, builder.limits.combinations)
    if whole is not None:
        return [_table(builder, whole, path, coder)]
    builder.slow.add(SlowField(field=field, reason=reason or "its text is read record by record"))
    return [MadeSlot(node=column, path=path, encode=coder.encode, absent=None)]


def drawn(part: Part) -> tuple[Json, ...]:
    """Return the entries of a part's table that its stream can draw."""
    return tuple(part.table[: 1 if part.stream is None else part.stream.size])


def may_be_absent(node: Node) -> bool:
    """Tell whether some records lack ``node``."""
    return node.presence is not None and node.presence.size > State.ABSENT


def _spelt_out(column: Column, limit: int) -> _SpeltOut | None:
    """Return every value of ``column``; None when there are more than ``limit`` combinations.

    Values of a pool are never too many: they are a table already.
    """
    if column.kind is ColumnKind.VALUE:
        part = column.parts[0]
        return _SpeltOut(() if part.stream is None else (part.stream,), drawn(part))
    streams = {id(part.stream): part.stream for part in column.parts if part.stream is not None}
    if math.prod(stream.size for stream in streams.values()) > limit:
        return None
    order = {key: digit for digit, key in enumerate(streams)}
    values = []
    for digits in itertools.product(*[range(stream.size) for stream in streams.values()]):
        pieces = [
            str(part.table[0 if part.stream is None else digits[order[id(part.stream)]]])
            for part in column.parts
        ]
        values.append(finished(column, "".join(pieces)))
    return _SpeltOut(tuple(streams.values()), tuple(values))


def unrolled_slots(node: Node) -> int:
    """Return about how many slots ``node`` takes before neighbours are put together."""
    if isinstance(node, Column):
        return len(node.parts)
    if isinstance(node, ArrayNode):
        return sum(_per_element(node))
    return sum(unrolled_slots(child) for _, child in node.members)


def _per_element(node: ArrayNode) -> list[int]:
    # Elements of a variable array are one object, so each is counted once.
    known: dict[int, int] = {}
    for element in node.elements:
        if id(element) not in known:
            known[id(element)] = unrolled_slots(element)
    return [known[id(element)] for element in node.elements]


def _table(
    builder: Builder, whole: _SpeltOut, path: tuple[int, ...], coder: Coder
) -> Constant | Pick:
    table = tuple([coder.encode(value) for value in whole.values])
    if not whole.streams:
        return Constant(table[0])
    return Pick(tuple([builder.draw(stream, path) for stream in whole.streams]), table)


def _parts(
    builder: Builder, column: Column, path: tuple[int, ...], coding: TextCoding
) -> list[Piece]:
    pieces: list[Piece] = [Constant(coding.opening)]
    for part, table in zip(column.parts, coding.tables, strict=True):
        if part.stream is None:
            pieces.append(Constant(table[0]))
        else:
            pieces.append(Pick((builder.draw(part.stream, path),), table))
    return [*pieces, Constant(coding.closing)]
