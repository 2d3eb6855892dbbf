"""Text: UUIDs, templates, transforms of text, and text that is turned back into numbers."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from mockgen_watch.generate import column as columns
from mockgen_watch.generate.streams import Drawn, Joined, Lookup, Shared, Word
from mockgen_watch.masters.shapes import number_or_same
from mockgen_watch.spec.document import Json, number_text
from mockgen_watch.spec.transforms import transformed, works_by_piece

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mockgen_watch.generate.address import Cell, Cells, IntArray, Stream
    from mockgen_watch.generate.draws import FieldDraws
    from mockgen_watch.generate.streams import Whole
    from mockgen_watch.spec.generators import Uuid
    from mockgen_watch.spec.model import Transform


_UUID_PIECES: Final[tuple[tuple[int, int, Callable[[int], str]], ...]] = (
    # Bits, the lowest bit of the word that they begin at, and their text.
    (12, 20, lambda n: f"{n:03x}"),
    (12, 8, lambda n: f"{n:03x}"),
    (12, 20, lambda n: f"{n >> 4:02x}-{n & 15:x}"),
    (12, 8, lambda n: f"{n:03x}-8"),
    (12, 20, lambda n: f"{n:03x}-"),
    (10, 10, lambda n: f"{n | 0x800:03x}"),
    (12, 20, lambda n: f"{n >> 8:x}-{n & 255:02x}"),
    (12, 8, lambda n: f"{n:03x}"),
    (12, 20, lambda n: f"{n:03x}"),
    (12, 8, lambda n: f"{n:03x}"),
    (4, 0, lambda n: f"{n:x}"),
)
"""Two pieces of each word; the last piece is what the last word has left."""


def uuid_column(_uuid: Uuid, draws: FieldDraws) -> columns.Column:
    """Return the column of UUIDs, in lower case."""
    words = [draws.word(f"value/{n}") for n in range(5)]
    parts = []
    for place, (bits, shift, text) in enumerate(_UUID_PIECES):
        stream = Bits(bits, shift, words[min(place // 2, len(words) - 1)])
        parts.append(columns.Part(table=columns.LazyTable(1 << bits, text), stream=stream))
    return columns.Column(kind=columns.ColumnKind.TEXT, parts=tuple(parts))


class Bits(Drawn):
    """Some bits of the word at a cell, the lowest at ``shift``."""

    def __init__(self, bits: int, shift: int, word: Word) -> None:
        super().__init__(1 << bits)
        self.shift = shift
        self.word = word

    def at(self, cell: Cell) -> int:
        return self.word.at(cell) >> self.shift & (self.size - 1)

    def draw(self, cells: Cells) -> IntArray:
        words = self.word.over(cells)
        words >>= cells.xp.uint32(self.shift)
        words &= cells.xp.uint32(self.size - 1)
        numbers: IntArray = words.astype(cells.xp.int64)
        return numbers


def text_of(value: Json) -> str:
    """Return what a template writes for a value.

    Raises:
        TypeError: an object or an array, which have no text.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, Decimal):
        return number_text(value)
    raise TypeError("an object or an array has no text")


def template_column(pieces: Sequence[str | columns.Column]) -> columns.Column:
    """Return the text that literal pieces and other columns' texts join to."""
    parts: list[columns.Part] = []
    for piece in pieces:
        if isinstance(piece, str):
            parts.append(columns.Part(table=(piece,), stream=None))
        else:
            parts.extend(_text_parts(piece))
    slow = next(
        (piece.slow for piece in pieces if isinstance(piece, columns.Column) and piece.slow), ""
    )
    if not slow:
        return columns.Column(
            kind=columns.ColumnKind.TEXT,
            parts=tuple(parts) or (columns.Part(table=("",), stream=None),),
        )
    readers = [_text_reader(piece) for piece in pieces]

    def read(cell: Cell) -> str:
        return "".join([reader(cell) for reader in readers])

    return columns.Column(kind=columns.ColumnKind.TEXT, parts=tuple(parts), read=read, slow=slow)


def _text_parts(column: columns.Column) -> tuple[columns.Part, ...]:
    """Return the parts of a column as text; "" where it is null or absent."""
    parts = column.parts
    if column.kind is columns.ColumnKind.VALUE:
        table = column.parts[0].table
        texts = columns.LazyTable(len(table), lambda n: text_of(table[n]))
        parts = (replace(column.parts[0], table=texts),)
    if column.presence is None:
        return parts
    return tuple(_guarded(part, column.presence) for part in parts)


def _guarded(part: columns.Part, presence: Stream) -> columns.Part:
    table, stream = part.table, part.stream
    texts = columns.LazyTable(len(table) + 1, lambda n: table[n - 1] if n else "")
    if stream is None:
        return columns.Part(table=texts, stream=Lookup(presence, _IS_PRESENT[: presence.size], 2))
    one_more = Joined(
        lambda number, state: (number + 1) * (state == 0), stream.size + 1, stream, presence
    )
    return columns.Part(table=texts, stream=one_more)


_IS_PRESENT: Final = tuple(int(state is columns.State.PRESENT) for state in columns.State)


def _text_reader(piece: str | columns.Column) -> Callable[[Cell], str]:
    if isinstance(piece, str):
        return lambda _: piece
    read_value, presence = columns.column_reader(piece), piece.presence

    def read(cell: Cell) -> str:
        if presence is not None and presence.at(cell):
            return ""
        return text_of(read_value(cell))

    return read


def transform_column(column: columns.Column, transforms: tuple[Transform, ...]) -> columns.Column:
    """Return ``column`` with its text transformed; numbers and other values stay as they are."""
    if not transforms or column.kind is columns.ColumnKind.NUMBER:
        return column
    column = replace(column, units=None)
    if column.read is not None:
        return replace(column, finish=column.finish + transforms)
    single = column if column.kind is columns.ColumnKind.VALUE else _as_one_part(column)
    if single is not None:
        return _mapped(single, transforms)
    by_piece = 0
    while by_piece < len(transforms) and _is_by_piece(column, transforms[by_piece]):
        column = _mapped(column, transforms[by_piece : by_piece + 1])
        by_piece += 1
    rest = transforms[by_piece:]
    if not rest:
        return column
    reason = f"$transform {rest[0]} needs the whole text"
    return replace(column, finish=column.finish + rest, slow=column.slow or reason)


def _is_by_piece(column: columns.Column, transform: Transform) -> bool:
    # A finished text is one that only exists whole.
    if column.finish:
        return False
    return works_by_piece(transform, (str(text) for part in column.parts for text in part.table))


def _mapped(column: columns.Column, transforms: tuple[Transform, ...]) -> columns.Column:
    return _changed_entries(
        column,
        lambda value: transformed(value, transforms) if isinstance(value, str) else value,
    )


def _changed_entries(column: columns.Column, change: Callable[[Json], Json]) -> columns.Column:
    parts = [replace(part, table=_changed_table(part.table, change)) for part in column.parts]
    return replace(column, parts=tuple(parts))


def _changed_table(table: Sequence[Json], change: Callable[[Json], Json]) -> Sequence[Json]:
    if isinstance(table, columns.LazyTable):
        return columns.LazyTable(len(table), lambda n: change(table[n]))
    return tuple(map(change, table))


def coerce_column(column: columns.Column) -> columns.Column:
    """Return ``column`` with text that is exactly a JSON number turned into that number."""
    if column.kind is columns.ColumnKind.NUMBER:
        return column
    column = replace(column, units=None, quick=None)
    if column.kind is columns.ColumnKind.VALUE and column.read is None:
        return _changed_entries(column, number_or_same)
    single = None if column.read is not None else _as_one_part(column)
    if single is not None:
        return replace(_changed_entries(single, number_or_same), kind=columns.ColumnKind.VALUE)
    reason = "the master has a number here, and the whole text is needed to recognize one"
    return replace(column, coerce=True, slow=column.slow or reason)


COMBINATIONS: Final = 4096
"""The most texts that a column's parts may join to for them to become one table."""


def _as_one_part(column: columns.Column) -> columns.Column | None:
    """Return a text column as one part; None where its texts are too many, or exist only whole."""
    parts = column.parts
    if column.finish:
        return None
    if len(parts) == 1:
        return column
    streams = columns.streams_of(parts)
    if math.prod(stream.size for stream in streams) > COMBINATIONS:
        return None

    def joint_number(total: Whole, *others: Whole) -> Whole:
        for stream, number in zip(streams[1:], others, strict=True):
            total = total * stream.size + number
        return total

    texts = tuple(columns.combined_texts(parts))
    stream = Shared(Joined(joint_number, len(texts), *streams)) if streams else None
    return replace(column, parts=(columns.Part(table=texts, stream=stream),))
