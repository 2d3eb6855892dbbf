"""Addresses: the keys and lanes behind a value, and the 32-bit words that are drawn there.

This is seed contract 2. A *record* or array *element* has a pair of 32-bit lanes ``(a, b)``, ``b``
odd; a *draw* (field, purpose, pool value) has a pair of 32-bit constants. Lanes and constants meet
in ``score``. As ``b`` is odd, the multiplication is a bijection of ``a``, so scores and words are
exactly uniform. Everything is unsigned arithmetic modulo 2**32 or 2**64: plain Python and NumPy,
here and on any machine, agree in every bit.

All draws of a cell multiply by the same two numbers, so that plain Python can compute them side by
side in one long integer (``streams.Bank``).

Sources: BLAKE2b, RFC 7693; lanes are outputs of SplitMix64; the multipliers of ``score`` and
``word`` are those of Wellons' "lowbias32".
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, TypeVar

from msgspec import Struct, field

from mockgen_watch.splitmix import GOLDEN, MASK64, mixed_over, output

if TYPE_CHECKING:
    from types import ModuleType

    import numpy as np
    from numpy.typing import NDArray

    IntArray = NDArray[np.int64]
    LaneArray = NDArray[np.uint32]


Constants: TypeAlias = tuple[int, int]
"""The two 32-bit constants of a draw."""

MASK32 = 0xFFFFFFFF
BELOW = 0xD6E8FEB86659FD93
SCORE = 0x7FEB352D
WORD = 0x846CA68B


def encode_parts(*parts: str | bytes | int) -> bytes:
    """Return an encoding of ``parts`` that no other parts have: tag, length, bytes of each."""
    pieces: list[bytes] = []
    for part in parts:
        if isinstance(part, str):
            tag, data = b"s", part.encode("utf-8", "surrogatepass")
        elif isinstance(part, bytes):
            tag, data = b"b", part
        else:
            tag, data = b"i", str(part).encode("ascii")
        pieces += (tag, len(data).to_bytes(4, "little"), data)
    return b"".join(pieces)


def key_of(encoded: bytes) -> int:
    """Return the 64-bit key of encoded parts: BLAKE2b of 8 bytes, little-endian."""
    return int.from_bytes(
        hashlib.blake2b(encoded, digest_size=8, person=b"mockgen-1").digest(), "little"
    )


def key64(*parts: str | bytes | int) -> int:
    """Return the 64-bit key of ``parts``."""
    return key_of(encode_parts(*parts))


def split_key(key: int) -> Constants:
    """Return the constants of a 64-bit key: its low half and its high half."""
    return key & MASK32, key >> 32


def base_key(seed: int, model_id: str) -> int:
    """Return the key that all records of one model share."""
    return key64("record", seed, model_id)


class Address(Struct, frozen=True):
    """The seed, model and field of a draw, encoded once."""

    prefix: bytes

    @classmethod
    def of(cls, seed: int, model_id: str, path: tuple[str, ...]) -> Address:
        """Return the address of the field at ``path``."""
        return cls(encode_parts("draw", seed, model_id, len(path), *path))

    def key(self, draw: str, identity: bytes = b"") -> int:
        """Return the 64-bit key of one draw of this field."""
        return key_of(self.prefix + encode_parts(draw, identity))

    def constants(self, draw: str, identity: bytes = b"") -> Constants:
        """Return the constants of one draw: ``draw`` names it, ``identity`` a pool's value."""
        return split_key(self.key(draw, identity))


ATTEMPT: Final = "$again"
"""The segment of an address after which attempts are counted; no field has a name below a leaf."""


def path_of_draw(path: tuple[str, ...]) -> tuple[str, ...]:
    """Return the address path of a draw, whichever attempt it is."""
    return path[: path.index(ATTEMPT)] if ATTEMPT in path else path


def lanes_of_record(key: int, index: int) -> tuple[int, int]:
    """Return the lanes of record ``index`` (0 to 2**63-1) of the model with ``base_key`` key."""
    z = output(key, index + 1)
    return z & MASK32, (z >> 32) | 1


def lanes_of_element(a: int, b: int, element: int) -> tuple[int, int]:
    """Return the lanes of an element of an array whose own cell has the lanes ``a`` and ``b``."""
    z = output(((b << 32) | a) ^ BELOW, element + 1)
    return z & MASK32, (z >> 32) | 1


def score(a: int, b: int, constants: Constants) -> int:
    """Return the score of a pool's value, 0 to 2**32-1; its upper bits are the better ones."""
    t = (a ^ constants[0]) * b & MASK32
    return (t ^ (t >> 16) ^ constants[1]) * SCORE & MASK32


def word(a: int, b: int, constants: Constants) -> int:
    """Return 32 bits, all of them good."""
    t = score(a, b, constants)
    t = (t ^ (t >> 15)) * WORD & MASK32
    return t ^ (t >> 16)


def lanes_of_records(
    xp: ModuleType, key: int, index: NDArray[np.int64]
) -> tuple[LaneArray, LaneArray]:
    """Return what ``lanes_of_record`` does, for each of ``index`` (int64[n])."""
    z = index.astype(xp.uint64)
    z *= xp.uint64(GOLDEN)
    z += xp.uint64((GOLDEN + key) & MASK64)
    return _split_mixed(xp, z)


def lanes_of_elements(
    xp: ModuleType, a: LaneArray, b: LaneArray, element: int
) -> tuple[LaneArray, LaneArray]:
    """Return what ``lanes_of_element`` does, for each pair of lanes (uint32[n] both)."""
    z = b.astype(xp.uint64)
    z <<= xp.uint64(32)
    z |= a
    z ^= xp.uint64(BELOW)
    z += xp.uint64((element + 1) * GOLDEN & MASK64)
    return _split_mixed(xp, z)


def _split_mixed(xp: ModuleType, z: NDArray[np.uint64]) -> tuple[LaneArray, LaneArray]:
    """Mix ``z`` in place and return its halves, the upper one made odd."""
    mixed_over(xp, z)
    a = z.astype(xp.uint32)
    z >>= xp.uint64(32)
    b = z.astype(xp.uint32)
    b |= xp.uint32(1)
    return a, b


def fill_scores(
    xp: ModuleType,
    lanes: tuple[LaneArray, LaneArray],
    constants: Constants,
    out: LaneArray,
    spare: LaneArray,
) -> None:
    """Write the scores of a block of lanes to ``out``; ``spare`` (as long) is overwritten."""
    xp.bitwise_xor(lanes[0], constants[0], out=out)
    xp.multiply(out, lanes[1], out=out)
    xp.right_shift(out, 16, out=spare)
    xp.bitwise_xor(out, spare, out=out)
    xp.bitwise_xor(out, constants[1], out=out)
    xp.multiply(out, SCORE, out=out)


def fill_words(
    xp: ModuleType,
    lanes: tuple[LaneArray, LaneArray],
    constants: Constants,
    out: LaneArray,
    spare: LaneArray,
) -> None:
    """Write the words of a block of lanes to ``out``; ``spare`` (as long) is overwritten."""
    fill_scores(xp, lanes, constants, out, spare)
    xp.right_shift(out, 15, out=spare)
    xp.bitwise_xor(out, spare, out=out)
    xp.multiply(out, WORD, out=out)
    xp.right_shift(out, 16, out=spare)
    xp.bitwise_xor(out, spare, out=out)


class Cell(Struct, eq=False):
    """One address: the record, the elements on the way to it, and its lanes (each 0 to 2**32-1).

    Attributes:
        index: of the record.
        elements: the element indexes, outermost first.
        a, b: the lanes.
        outer: the cell of the array that this is an element of; None for a record.
        drawn: what streams that several parts share already drew for this cell, by ``id``.
        scores: the scores and words that banks already computed for this cell, by ``id``.
        related: the cells of parent records that references already found, by ``id``.
    """

    index: int
    elements: tuple[int, ...]
    a: int
    b: int
    outer: Cell | None = None
    drawn: dict[int, int] = field(default_factory=dict)
    scores: dict[int, tuple[int, ...]] = field(default_factory=dict)
    related: dict[int, Cell] = field(default_factory=dict)


class Cells(Struct, eq=False):
    """A chunk of addresses, one for each of ``n`` record indexes (any integers, any order).

    Attributes:
        xp: the NumPy module.
        index: int64[n], the record indexes.
        elements: the element indexes, the same for the whole chunk, outermost first.
        a, b: uint32[n], the lanes.
        scratch: arrays that streams may reuse, by name; shared by all cells of a chunk.
        outer: the cells of the array that these are elements of; None for records.
        below: the cells of elements that were asked for already, by element index.
        related: the cells of parent records that references already found, by ``id``.
        drawn: what streams already drew for these cells, by ``id`` of the stream.
    """

    xp: ModuleType
    index: IntArray
    elements: tuple[int, ...]
    a: LaneArray
    b: LaneArray
    scratch: dict[str, LaneArray]
    outer: Cells | None = None
    below: dict[int, Cells] = field(default_factory=dict)
    related: dict[int, Cells] = field(default_factory=dict)
    drawn: dict[int, IntArray] = field(default_factory=dict)


class Stream(Protocol):
    """Integers by address. ``over`` may return a view that lives until the next chunk."""

    @property
    def size(self) -> int:
        """Every number drawn is at least 0 and less than this."""

    def at(self, cell: Cell) -> int:
        """Return the number of one cell, in plain Python integers."""

    def over(self, cells: Cells) -> IntArray:
        """Return the numbers of a chunk, int64[n], not to be written to."""


def record_cell(key: int, index: int) -> Cell:
    """Return the cell of record ``index`` of the model whose base key is ``key``."""
    a, b = lanes_of_record(key, index)
    return Cell(index, (), a, b)


def cell_of_element(cell: Cell, element: int) -> Cell:
    """Return the cell of an element of an array that is drawn at ``cell``."""
    a, b = lanes_of_element(cell.a, cell.b, element)
    return Cell(cell.index, (*cell.elements, element), a, b, cell)


CellOrCells = TypeVar("CellOrCells", Cell, Cells)


def outer_cell(cell: CellOrCells, depth: int) -> CellOrCells:
    """Return the cell, or cells, around ``cell`` in ``depth`` arrays; itself when it is there."""
    while len(cell.elements) > depth and cell.outer is not None:
        cell = cell.outer
    return cell


BLOCK: Final = 32_768
"""Cells that a stream draws at a time, so that its scratch arrays stay in the near caches."""


def record_cells(key: int, xp: ModuleType, indexes: IntArray) -> Cells:
    """Return the cells of many records of the model whose base key is ``key``.

    ``indexes`` is int64[n], in any order, none negative; ``xp`` is the NumPy module.
    """
    a, b = lanes_of_records(xp, key, indexes)
    return Cells(xp, indexes, (), a, b, {})


def cells_of_element(cells: Cells, element: int) -> Cells:
    """Return the cells of element ``element`` of an array that is drawn at ``cells``.

    The same object for the same element, so that its streams are drawn once.
    """
    below = cells.below.get(element)
    if below is None:
        a, b = lanes_of_elements(cells.xp, cells.a, cells.b, element)
        path = (*cells.elements, element)
        below = Cells(cells.xp, cells.index, path, a, b, cells.scratch, cells)
        cells.below[element] = below
    return below


def release(cells: Cells) -> None:
    """Drop what was drawn for ``cells``.

    Cells and those around them refer to each other, and the collector of such cycles would come
    late: few objects hold many bytes.
    """
    for others in (cells.below, cells.related):
        for inner in others.values():
            release(inner)
        others.clear()
    cells.drawn.clear()


def cell_at(cells: Cells, row: int) -> Cell:
    """Return one cell of a chunk: that of the record at place ``row`` of its indexes."""
    outer = None if cells.outer is None else cell_at(cells.outer, row)
    index, a, b = int(cells.index[row]), int(cells.a[row]), int(cells.b[row])
    return Cell(index, cells.elements, a, b, outer)


def block_scratch(cells: Cells, *names: str) -> tuple[LaneArray, ...]:
    """Return uint32 arrays of a block's length by name, for one stream to use while it draws."""
    for name in names:
        if name not in cells.scratch:
            cells.scratch[name] = cells.xp.empty(min(BLOCK, len(cells.a)), cells.xp.uint32)
    return tuple(cells.scratch[name] for name in names)


def words_over(cells: Cells, constants: Constants) -> LaneArray:
    """Return the words of a chunk, uint32[n], for the caller to keep."""
    out: LaneArray = cells.xp.empty(len(cells.a), cells.xp.uint32)
    (spare,) = block_scratch(cells, "spare")
    for start in range(0, len(out), BLOCK):
        part = slice(start, start + BLOCK)
        block = out[part]
        fill_words(cells.xp, (cells.a[part], cells.b[part]), constants, block, spare[: len(block)])
    return out
