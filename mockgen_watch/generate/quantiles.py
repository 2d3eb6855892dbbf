"""Takes a curve and a grid; gives a stream of grid numbers that are distributed by the curve.

The curve is asked at knots and joined by straight lines, in whole numbers. Knots halve their
distance from 0 and from 1: 64 in each octave of the share on the nearer side, from 1/2 down to
2**-33, where the word's last bit is; so tails keep their shape. A knot is asked for when a cell
needs it; a chunk needs all 4,098.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mockgen_watch.generate.drawn import Drawn
from mockgen_watch.generate.series import clamp

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Final

    from mockgen_watch.generate.bank import Word
    from mockgen_watch.generate.cells import Cell, Cells, IntArray
    from mockgen_watch.generate.curves import Curve
    from mockgen_watch.generate.derived import Whole
    from mockgen_watch.generate.grid import Grid
    from mockgen_watch.generate.series import Real

OCTAVE_BITS: Final = 6
KNOTS: Final = 32 << OCTAVE_BITS
"""Knots on each side, without the one at 1/2."""

PLACE_BITS: Final = 20
_PLACE_MASK: Final = (1 << PLACE_BITS) - 1
_MANTISSA_BITS: Final = 52
_BIAS: Final = 1023
_SMOOTH_BITS: Final = 10
_QUICK_BITS: Final = 42


class QuantileStream(Drawn):
    """Numbers of a grid, counted from ``first``, by a curve."""

    __slots__ = ("_known", "_tables", "bits", "curve", "first", "grid", "word")

    def __init__(self, curve: Curve, grid: Grid, word: Word) -> None:
        """Draw numbers of ``grid`` by ``word``; only those that ``curve`` can reach count."""
        self.curve = curve
        self.grid = grid
        self.word = word
        ends = self._places(2.0**-33, is_upper=False), self._places(2.0**-33, is_upper=True)
        self.first = math.floor(ends[0] + 0.5)
        last = max(self.first, math.floor(ends[1] + 0.5))
        super().__init__(last - self.first + 1)
        # Between two numbers of the grid there is room for so many bits of the line; with any, the
        # product of a length and a place has 63 bits at most.
        farthest = max(abs(self.first), abs(last)).bit_length()
        self.bits = max(0, min(_SMOOTH_BITS, _QUICK_BITS - farthest))
        self._known: dict[int, int] = {}
        self._tables: tuple[IntArray, IntArray] | None = None

    def at(self, cell: Cell) -> int:
        """Return the number of one cell."""
        drawn = self.word.at(cell)
        side = drawn >> 31
        odd = 2 * (drawn ^ 0xFFFFFFFF if side else drawn) + 1
        octave = odd.bit_length() - 1
        knot = (octave << OCTAVE_BITS) + ((odd << OCTAVE_BITS) >> octave) - (1 << OCTAVE_BITS)
        place = (odd << (OCTAVE_BITS + PLACE_BITS)) >> octave & _PLACE_MASK
        start = self._knot(side, knot)
        line = start + ((self._knot(side, knot + 1) - start) * place >> PLACE_BITS)
        return self._number(line)

    def draw(self, cells: Cells) -> IntArray:
        """Return the numbers of a chunk."""
        xp = cells.xp
        if self._tables is None:
            self._tables = self._make_tables(xp)
        starts, lengths = self._tables
        words = self.word.over(cells)
        # All ones on the upper side, which mirrors the word; it is counted from its own end then.
        side = words.view(xp.int32) >> 31
        words ^= side.view(xp.uint32)
        words <<= xp.uint32(1)
        words |= xp.uint32(1)
        # The exponent and first bits of a float64 are the octave and the knot in it.
        pattern = words.astype(xp.float64).view(xp.uint64)
        knot = (pattern >> xp.uint64(_MANTISSA_BITS - OCTAVE_BITS)).view(xp.int64)
        side &= KNOTS
        side -= _BIAS << OCTAVE_BITS
        knot += side
        pattern >>= xp.uint64(_MANTISSA_BITS - OCTAVE_BITS - PLACE_BITS)
        place = pattern.view(xp.int64)
        place &= _PLACE_MASK
        line = lengths.take(knot)
        if self.bits:
            line *= place
            line >>= PLACE_BITS
        else:
            # In two halves, as the product may be longer than 64 bits.
            high = (line >> PLACE_BITS) * place
            line &= _PLACE_MASK
            line *= place
            line >>= PLACE_BITS
            line += high
        line += starts.take(knot)
        return self._number(line)

    def _number(self, line: Whole) -> Whole:
        """Return the number of the grid that is nearest to a place on the line."""
        return line >> self.bits if self.bits else line

    def _knot(self, side: int, knot: int) -> int:
        known = self._known.get(knot * 2 + side)
        if known is None:
            steps = 1 << OCTAVE_BITS
            octave, part = divmod(knot, steps)
            share = math.ldexp(float(steps + part), octave - OCTAVE_BITS - 33)
            known = math.floor(self._line(share, is_upper=side == 1))
            self._known[knot * 2 + side] = known
        return known

    def _make_tables(self, xp: ModuleType) -> tuple[IntArray, IntArray]:
        """Return where the line starts at each knot, and how far it goes to the next one."""
        octave, part = xp.divmod(xp.arange(KNOTS + 1, dtype=xp.int64), 1 << OCTAVE_BITS)
        mantissa = (part + (1 << OCTAVE_BITS)).astype(xp.float64)
        share = xp.ldexp(mantissa, octave - OCTAVE_BITS - 33)
        sides = [
            xp.floor(self._line(share, is_upper=is_upper)).astype(xp.int64)
            for is_upper in (False, True)
        ]
        return (
            xp.concatenate([side[:-1] for side in sides]),
            xp.concatenate([side[1:] - side[:-1] for side in sides]),
        )

    def _line(self, share: Real, *, is_upper: bool) -> Real:
        """Return the place of a knot on the line, which begins at the first number."""
        place = clamp(
            self._places(share, is_upper=is_upper) - self.first, 0.0, float(self.size - 1)
        )
        # Half a number more, so that cutting off what is behind the number rounds.
        return place * float(1 << self.bits) + max(0.5, float(1 << self.bits) / 2)

    def _places(self, share: Real, *, is_upper: bool) -> Real:
        """Return the curve at ``share`` from its lower or upper end, in steps of the grid."""
        other = 1.0 - share
        value = self.curve(other, share) if is_upper else self.curve(share, other)
        scale = float(10**self.grid.decimals)
        place = (value * scale - float(self.grid.origin)) / float(self.grid.step)
        return clamp(place, float(self.grid.low), float(self.grid.high))
