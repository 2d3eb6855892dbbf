"""Takes generators; gives what they draw, one at a time or a chunk at once, for tests."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from mockgen_watch.generate.address import cell_at, cells_of_element, record_cells
from mockgen_watch.generate.column import ArrayNode, Column, ObjectNode, record_at
from mockgen_watch.generate.compile import compile_program
from tests.shapes import leaf, plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from mockgen_watch.generate.address import Cells, Stream
    from mockgen_watch.generate.column import Node, Program
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.generators import Generator, Pool


def column_of(generator: Generator, name: str = "F", *, seed: int = 42) -> tuple[Program, Column]:
    """Return a program of one field, and its column."""
    program = compile_program(plan({name: leaf(generator, name)}, seed=seed))
    column = program.root.members[0][1]
    assert isinstance(column, Column)
    return program, column


def values_of(
    generator: Generator, count: int, name: str = "F", *, seed: int = 42, unique: bool = False
) -> list[Json]:
    """Return the values of records 0 to ``count - 1`` by the reference."""
    program = compile_program(plan({name: leaf(generator, name, unique=unique)}, seed=seed))
    return [record_at(program, index)[name] for index in range(count)]


def chosen(pool: Pool, count: int, name: str = "F", *, seed: int = 42) -> NDArray[np.object_]:
    """Return the values of a pool for records 0 to ``count - 1``, drawn as a chunk."""
    program, column = column_of(pool, name, seed=seed)
    part = column.parts[0]
    table = np.empty(len(part.table), object)
    table[:] = part.table
    if part.stream is None:
        return table.repeat(count)
    return table.take(part.stream.over(chunk(program, count)))


def chunk(program: Program, count: int, start: int = 0) -> Cells:
    """Return the cells of some records."""
    return record_cells(program.base_key, np, np.arange(start, start + count, dtype=np.int64))


def streams_of(node: Node, cells: Cells, path: str = "") -> Iterator[tuple[str, Stream, Cells]]:
    """Yield every stream at or below ``node``, with the cells that it is drawn at."""
    if node.presence is not None:
        yield f"{path} presence", node.presence, cells
    if isinstance(node, Column):
        for place, part in enumerate(node.parts):
            if part.stream is not None:
                yield f"{path} part {place}", part.stream, cells
    elif isinstance(node, ObjectNode):
        for name, child in node.members:
            yield from streams_of(child, cells, f"{path}.{name}")
    elif isinstance(node, ArrayNode):
        if node.length is not None:
            yield f"{path} length", node.length, cells
        for element, child in enumerate(node.elements):
            yield from streams_of(child, cells_of_element(cells, element), f"{path}[{element}]")


def assert_engines_agree(program: Program, indexes: Sequence[int]) -> None:
    """Check each stream of a program: a chunk gives what one cell at a time does, within size."""
    cells = record_cells(program.base_key, np, np.array(indexes, dtype=np.int64))
    for path, stream, own in streams_of(program.root, cells):
        together = stream.over(own)
        alone = [stream.at(cell_at(own, row)) for row in range(len(indexes))]
        assert together.tolist() == alone, path
        assert together.dtype == np.int64, path
        assert min(alone) >= 0, path
        assert max(alone) < stream.size, path


def chi_square_tail(observed: Sequence[float], expected: Sequence[float]) -> float:
    """Return the probability of a fit that is no better, by Wilson and Hilferty's cube root."""
    total = sum((o - e) ** 2 / e for o, e in zip(observed, expected, strict=True))
    freedom = len(observed) - 1
    spread = 2 / (9 * freedom)
    z = ((total / freedom) ** (1 / 3) - (1 - spread)) / math.sqrt(spread)
    return math.erfc(z / math.sqrt(2)) / 2


def most_rejections(tests: int, level: float = 0.01, chance: float = 1e-4) -> int:
    """Return how many of ``tests`` may reject at ``level`` before chance is no explanation."""
    tail = 1.0
    for count in range(tests + 1):
        tail -= math.comb(tests, count) * level**count * (1 - level) ** (tests - count)
        if tail < chance:
            return count
    return tests
