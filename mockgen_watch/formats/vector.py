"""Vector engine: the bytes of a fragment plan's records, computed a chunk at a time.

Registers are NumPy arrays of one number a record. Each slot turns its own into indexes of one long
table of fragments, a column of a matrix with a row for each record; the text is that matrix looked
up and joined. This module knows nothing but the plan: a compiled kernel could take its place.

Sizes matter. Registers are computed for ``BLOCK`` records at a time, which keeps NumPy's cost for
each call small. A join makes about ``JOINED`` bytes: that stays in the cache and below the size
from which the C library asks the system for fresh pages, each of which costs more than its bytes.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from mockgen_watch.formats import fragments
from mockgen_watch.generate.address import cells_of_element, record_cells, release
from mockgen_watch.generate.column import Program, values_over
from mockgen_watch.generate.pools import SmallPool

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType

    import numpy as np
    from numpy.typing import NDArray

    from mockgen_watch.generate.address import Cells, IntArray
    from mockgen_watch.generate.pools import ByteArray

    ObjectArray = NDArray[np.object_]

BLOCK: Final = 16_384
"""Records whose registers are computed at a time."""

JOINED: Final = 96 * 1024
"""Bytes of one join, about."""

NUMBERS: Final = 1 << 21
"""Numbers held for a block, registers and indexes, at most; wide records make smaller blocks."""

BYTE: Final = 256
"""Numbers that a byte can hold."""

MADE: Final = 1 << 23
"""Bytes of fragments made for a block, at most, about."""


class VectorRun:
    """A plan made ready to run: its tables in one array, and the arrays that blocks share.

    ``xp`` is the NumPy module, and a block has at most ``block`` records.
    """

    def __init__(
        self, plan: fragments.FragmentPlan, program: Program, xp: ModuleType, block: int = BLOCK
    ) -> None:
        self._plan = plan
        self._program = program
        self._xp = xp
        width = max(1, len(plan.slots))
        numbers = width + len(plan.registers)
        room = min(block, NUMBERS // numbers, MADE // max(1, plan.made_length))
        self._block = max(1, room)
        self._rows = max(1, JOINED // plan.typical_length)
        self._offsets, self._table = _layout(plan, self._block, xp)
        self._lengths: IntArray | None = None
        self._matrix: IntArray = xp.zeros((self._block, width), xp.int64)
        for column, slot in enumerate(plan.slots):
            if not isinstance(slot, fragments.MadeSlot) and not slot.terms:
                self._matrix[:, column] = self._offsets[column]

    @property
    def table_length(self) -> int:
        """How many fragments the tables of all slots have together."""
        return len(self._table)

    def bytes_of(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes of records ``start`` to ``stop - 1``, a join at a time."""
        for first in range(start, stop, self._block):
            last = min(first + self._block, stop)
            self.fill(first, last)
            yield from self._joined(self._matrix[: last - first])

    def measured(self, start: int, stop: int) -> tuple[int, Iterator[bytes]] | None:
        """Return how many bytes records ``start`` to ``stop - 1`` have, and the bytes.

        None where these are more than a block, or some fragments have no length beforehand. The
        bytes have to be taken before anything else is asked.
        """
        if stop - start > self._block or self._plan.made_length:
            return None
        self.fill(start, stop)
        matrix = self._matrix[: stop - start]
        if self._lengths is None:
            self._lengths = self._xp.array([len(entry) for entry in self._table], self._xp.int64)
        length = sum(int(self._lengths.take(column).sum()) for column in matrix.T)
        return length, self._joined(matrix)

    def texts_of(self, indexes: IntArray) -> Iterator[bytes]:
        """Yield the bytes of each of the records ``indexes``, one by one."""
        for first in range(0, len(indexes), self._block):
            block = indexes[first : first + self._block]
            self._fill(block)
            for row in range(0, len(block), self._rows):
                matrix = self._matrix[row : min(row + self._rows, len(block))]
                yield from map(b"".join, self._table.take(matrix).tolist())

    def _joined(self, matrix: IntArray) -> Iterator[bytes]:
        row = 0
        while row < len(matrix):
            indexes = matrix[row : row + self._rows].ravel()
            piece = b"".join(self._table.take(indexes).tolist())
            yield piece
            row += self._rows
            if len(piece) > 2 * JOINED:
                # Fragments are longer than they seemed; how many rows there are is no promise.
                self._rows = max(1, self._rows // 2)

    def fill(self, first: int, last: int) -> None:
        """Compute the matrix of one block."""
        self._fill(self._xp.arange(first, last, dtype=self._xp.int64))

    def _fill(self, indexes: IntArray) -> None:
        block = _Block(self._plan, self._program, self._xp, indexes)
        matrix = self._matrix[: len(indexes)]
        for column, slot in enumerate(self._plan.slots):
            if isinstance(slot, fragments.MadeSlot):
                block.make(slot, self._table, self._offsets[column], matrix[:, column])
            elif slot.terms:
                block.index(slot.terms, self._offsets[column], matrix[:, column])
        block.release()


def _layout(
    plan: fragments.FragmentPlan, block: int, xp: ModuleType
) -> tuple[list[int], ObjectArray]:
    """Return where each slot's table begins in one array of all, and that array.

    Equal tables, as of an array's elements, are in it once. A made slot has room for one
    empty fragment and those of a block.
    """
    offsets: list[int] = []
    entries: list[bytes] = []
    starts: dict[tuple[bytes, ...], int] = {}
    for slot in plan.slots:
        if isinstance(slot, fragments.MadeSlot):
            offsets.append(len(entries))
            entries.extend([b""] * (block + 1))
            continue
        if slot.table not in starts:
            starts[slot.table] = len(entries)
            entries.extend(slot.table)
        offsets.append(starts[slot.table])
    array: ObjectArray = xp.empty(len(entries), object)
    array[:] = entries
    return offsets, array


class _Block:
    """The registers of one block of records; each is computed when it is first asked for.

    So the numbers that a slot needs are made just before it, and are still in the near cache.
    """

    def __init__(
        self, plan: fragments.FragmentPlan, program: Program, xp: ModuleType, indexes: IntArray
    ) -> None:
        self._xp = xp
        self._registers = plan.registers
        self._arrays: list[IntArray | None] = [None] * len(plan.registers)
        self._ranks: dict[int, ByteArray] = {}
        self._cells: dict[tuple[int, ...], Cells] = {
            (): record_cells(program.base_key, xp, indexes)
        }
        self._spare: IntArray = xp.empty(len(indexes), xp.int64)

    def release(self) -> None:
        release(self._cells[()])

    def index(self, terms: Sequence[fragments.Term], offset: int, column: IntArray) -> None:
        """Write the sum of ``terms``, and ``offset``, to a column."""
        # Bytes of all pools of a slot stay in the nearest cache; whole numbers do not.
        total = self._byte_sum(terms)
        if total is None:
            self._xp.add(self._sum(terms, self._spare), offset, out=column)
        else:
            self._xp.add(total, offset, out=column, dtype=self._xp.int64)

    def make(
        self, slot: fragments.MadeSlot, table: ObjectArray, offset: int, column: IntArray
    ) -> None:
        """Make the fragments of a slot where they are needed, and point to them."""
        xp = self._xp
        if slot.absent is None:
            rows = xp.arange(len(column))
        else:
            rows = xp.flatnonzero(self._numbers(slot.absent) == 0)
        column[:] = offset
        column[rows] = rows + (offset + 1)
        values = values_over(slot.node, self._at(slot.path), rows)
        for row, value in zip(rows.tolist(), values, strict=True):
            table[offset + 1 + row] = slot.encode(value)

    def _at(self, path: tuple[int, ...]) -> Cells:
        if path not in self._cells:
            self._cells[path] = cells_of_element(self._at(path[:-1]), path[-1])
        return self._cells[path]

    def _sum(self, terms: Sequence[fragments.Term], out: IntArray) -> IntArray:
        """Return the sum of ``terms``, in ``out`` or as a register, which is not to be changed.

        Each stride is a multiple of the next, so this is Horner's rule.
        """
        # All first: one that is computed may need ``out`` itself.
        total, *others = [self._numbers(term.register) for term in terms]
        for (term, following), numbers in zip(itertools.pairwise(terms), others, strict=True):
            self._xp.multiply(total, term.stride // following.stride, out=out)
            total = self._xp.add(out, numbers, out=out)
        return total

    def _byte_sum(self, terms: Sequence[fragments.Term]) -> ByteArray | None:
        """Return the sum of ``terms`` in bytes; None where one is no pool or the sum too large."""
        draws: list[tuple[int, tuple[int, ...], SmallPool]] = []
        for term in terms:
            register = self._registers[term.register]
            if not isinstance(register, fragments.Draw) or not isinstance(
                register.stream, SmallPool
            ):
                return None
            draws.append((term.register, register.path, register.stream))
        if terms[0].stride * draws[0][2].size > BYTE or terms[0].stride >= BYTE:
            return None
        for number, path, pool in draws:
            if number not in self._ranks:
                self._ranks[number] = pool.ranks(self._at(path))
        total, *others = [self._ranks[number] for number, _, _ in draws]
        for (term, following), ranks in zip(itertools.pairwise(terms), others, strict=True):
            total = self._xp.multiply(total, self._xp.uint8(term.stride // following.stride))
            total += ranks
        return total

    def _numbers(self, register: int) -> IntArray:
        """Return the numbers of a register; they are not to be changed."""
        numbers = self._arrays[register]
        if numbers is None and register in self._ranks:
            numbers = self._ranks[register].astype(self._xp.int64)
        elif numbers is None:
            numbers = self._compute(self._registers[register])
        self._arrays[register] = numbers
        return numbers

    def _compute(self, register: fragments.Register) -> IntArray:
        xp = self._xp
        if isinstance(register, fragments.Draw):
            return register.stream.over(self._at(register.path))
        if isinstance(register, fragments.Choice):
            selector = self._numbers(register.selector)
            total = self._sum(register.terms, self._spare)
            numbers = selector + (register.size - 1)
            xp.copyto(numbers, total, where=selector == 0)
            return numbers
        flag: NDArray[np.bool_]
        if isinstance(register, fragments.Comparison):
            compare = xp.less if register.is_less else xp.greater_equal
            flag = compare(self._numbers(register.source), register.bound)
        else:
            flags = [self._numbers(source) != 0 for source in register.sources]
            combine = xp.logical_and if register.is_every else xp.logical_or
            flag = combine.reduce(flags)
        return flag.astype(xp.int64)
