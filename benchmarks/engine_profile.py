"""Takes a workload; prints what drawing each of its fields costs, a chunk at once and alone.

``python -m benchmarks.engine_profile claims`` from the top folder. CPU time of this process; the
best of some rounds, because other programs can only add to it. A field's cost is that of its own
streams, with the lanes of its records or elements already there; ``lanes`` tells what those cost.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mockgen_watch.generate.address import cells_of_element, record_cells
from mockgen_watch.generate.column import ArrayNode, Column, ObjectNode, record_at
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.plan.model import Selection
from mockgen_watch.workflow.project import open_file
from mockgen_watch.workflow.targets import Request, select_plans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from mockgen_watch.generate.address import Cells, Stream
    from mockgen_watch.generate.column import Node, Program
    from mockgen_watch.plan.model import RecordPlan

WORKLOADS = Path(__file__).resolve().parent / "workloads"


def main() -> None:
    """Measure what the options say."""
    options = _read_options()
    # A second thread of a library that is not used would be counted too.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    plan = _plan(options.workload)
    rounds: int = options.rounds
    compiled = _best(lambda: compile_program(plan), rounds)
    program = compile_program(plan)
    read = _best(lambda: [record_at(program, n) for n in range(options.alone)], rounds)
    import numpy as np  # noqa: PLC0415 - its import is no part of what is measured

    print(f"compile {compiled * 1e3:.2f} ms")
    print(f"alone   {read / options.alone * 1e6:.1f} microseconds a record")
    _print_chunks(program, np, options.chunk, rounds)


def _print_chunks(program: Program, xp: ModuleType, chunk: int, rounds: int) -> None:
    """Print what a record's draws cost in a chunk, field by field."""
    indexes = xp.arange(chunk, dtype=xp.int64)
    lanes = _best(lambda: record_cells(program.base_key, xp, indexes), rounds)
    print(f"{'lanes':32}{lanes / chunk * 1e9:9.2f} ns")
    total = lanes
    for name, streams in _fields(program.root, record_cells(program.base_key, xp, indexes)):
        seconds = _best(lambda streams=streams: _draw(streams), rounds)  # type: ignore[misc]
        sizes = " ".join(str(stream.size) for stream, _ in streams)
        print(f"{name[:31]:32}{seconds / chunk * 1e9:9.2f} ns   {sizes}")
        total += seconds
    print(f"{'all':32}{total / chunk * 1e9:9.2f} ns")


def _draw(streams: list[tuple[Stream, Cells]]) -> None:
    for _, cells in streams:
        cells.drawn.clear()
    for stream, cells in streams:
        stream.over(cells)


def _fields(
    node: Node, cells: Cells, path: str = ""
) -> Iterator[tuple[str, list[tuple[Stream, Cells]]]]:
    """Yield each field below ``node`` with its streams and the cells they are drawn at."""
    own = [] if node.presence is None else [(node.presence, cells)]
    if isinstance(node, Column):
        own += [(part.stream, cells) for part in node.parts if part.stream is not None]
    elif isinstance(node, ObjectNode):
        for name, child in node.members:
            yield from _fields(child, cells, f"{path}.{name}" if path else name)
    elif isinstance(node, ArrayNode):
        own += [] if node.length is None else [(node.length, cells)]
        for element, child in enumerate(node.elements):
            yield from _fields(child, cells_of_element(cells, element), f"{path}[{element}]")
    if own:
        yield path, own


def _best(action: Callable[[], object], rounds: int) -> float:
    """Return the least CPU seconds of some calls."""
    least = float("inf")
    for _ in range(rounds):
        began = time.process_time()
        action()
        least = min(least, time.process_time() - began)
    return least


def _plan(workload: str) -> RecordPlan:
    project = open_file(WORKLOADS, f"{workload}.yaml", None)
    (output, *_), _ = select_plans(project, Request(selection=Selection(count=1_000_000)))
    return output.records


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(path.stem for path in WORKLOADS.glob("*.yaml")))
    parser.add_argument("--chunk", type=int, default=16_384, help="records in a chunk")
    parser.add_argument("--alone", type=int, default=1000, help="records read one at a time")
    parser.add_argument("--rounds", type=int, default=15)
    return parser.parse_args()


if __name__ == "__main__":
    main()
