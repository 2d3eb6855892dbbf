"""Takes an address; gives a column of UUIDs of version 8 (RFC 9562, 5.8) made of that address.

The 122 bits that are free come from five words of the cell. Pieces of 12 bits are three hexadecimal
digits each, from tables of 4,096 texts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.generate.column import Column, ColumnKind, Part
from mockgen_watch.generate.drawn import Drawn
from mockgen_watch.generate.tables import LazyTable

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

    from mockgen_watch.generate.bank import Word
    from mockgen_watch.generate.cells import Cell, Cells, IntArray
    from mockgen_watch.generate.site import Site
    from mockgen_watch.spec.generators import Uuid

PIECES: Final[tuple[tuple[int, int, Callable[[int], str]], ...]] = (
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


class Bits(Drawn):
    """Some bits of the word at a cell."""

    __slots__ = ("shift", "word")

    def __init__(self, bits: int, shift: int, word: Word) -> None:
        """Draw ``bits`` bits, the lowest at ``shift``."""
        super().__init__(1 << bits)
        self.shift = shift
        self.word = word

    def at(self, cell: Cell) -> int:
        """Return the number of one cell."""
        return self.word.at(cell) >> self.shift & (self.size - 1)

    def draw(self, cells: Cells) -> IntArray:
        """Return the numbers of a chunk."""
        words = self.word.over(cells)
        words >>= cells.xp.uint32(self.shift)
        words &= cells.xp.uint32(self.size - 1)
        numbers: IntArray = words.astype(cells.xp.int64)
        return numbers


def uuid_column(_uuid: Uuid, site: Site) -> Column:
    """Return the column of UUIDs, in lower case."""
    words = [site.word(f"value/{n}") for n in range(5)]
    parts = []
    for place, (bits, shift, text) in enumerate(PIECES):
        stream = Bits(bits, shift, words[min(place // 2, len(words) - 1)])
        parts.append(Part(table=LazyTable(1 << bits, text), stream=stream))
    return Column(kind=ColumnKind.TEXT, parts=tuple(parts))
