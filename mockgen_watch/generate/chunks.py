"""Takes a program and record indexes; gives the cells of a whole chunk, and of elements in it.

Streams are fastest on chunks of 8,192 to 65,536 records; a chunk holds what its streams have drawn
until it is dropped, so memory depends on the chunk's length and never on the count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.generate.address import fill_words, lanes_of_elements, lanes_of_records
from mockgen_watch.generate.cells import Cell, Cells

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Final

    from mockgen_watch.generate.address import Constants
    from mockgen_watch.generate.cells import IntArray, LaneArray
    from mockgen_watch.generate.column import Program


BLOCK: Final = 32_768
"""Cells that a stream draws at a time, so that its scratch arrays stay in the near caches."""


def cells_of_records(program: Program, xp: ModuleType, indexes: IntArray) -> Cells:
    """Return the cells of the records ``indexes``: int64[n], any order, none negative.

    ``xp`` is the NumPy module.
    """
    return cells_of_key(program.base_key, xp, indexes)


def cells_of_key(key: int, xp: ModuleType, indexes: IntArray) -> Cells:
    """Return the cells of the records ``indexes`` of the model whose base key is ``key``."""
    a, b = lanes_of_records(xp, key, indexes)
    return Cells(xp, indexes, (), a, b, {})


def cells_of_element(cells: Cells, element: int) -> Cells:
    """Return the cells of element ``element`` of an array that is drawn at ``cells``.

    The same object for the same element, so that its streams are drawn once.
    """
    known = cells.below.get(element)
    if known is None:
        a, b = lanes_of_elements(cells.xp, cells.a, cells.b, element)
        path = (*cells.elements, element)
        known = Cells(cells.xp, cells.index, path, a, b, cells.scratch, cells)
        cells.below[element] = known
    return known


def outer_cells(cells: Cells, depth: int) -> Cells:
    """Return the cells around ``cells`` that lie in ``depth`` arrays; themselves when they do."""
    while len(cells.elements) > depth and cells.outer is not None:
        cells = cells.outer
    return cells


def release(cells: Cells) -> None:
    """Let go of what was drawn: cells know those around them, which know them in turn.

    Few objects are made for many bytes, so the collector of such circles would come late.
    """
    for known in (cells.below, cells.related):
        for inner in known.values():
            release(inner)
        known.clear()
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
