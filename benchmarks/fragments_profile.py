"""Takes a workload and a count; prints what each step of the vector engine costs a record.

``python -m benchmarks.fragments_profile pools`` from the top folder. CPU time of this process; the
best of some rounds, because other programs can only add to it. Each line includes those above it.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mockgen_watch.formats import BUILTIN
from mockgen_watch.formats.format import complete_options
from mockgen_watch.formats.fragments import Draw, FragmentPlan, MadeSlot
from mockgen_watch.formats.rendering import document, records_of
from mockgen_watch.formats.vector import BLOCK, VectorRun
from mockgen_watch.generate.address import cells_of_element, record_cells
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.plan.model import Selection
from mockgen_watch.spec.model import Layout
from mockgen_watch.workflow.project import open_file
from mockgen_watch.workflow.targets import Request, select_plans

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from mockgen_watch.formats.format import Writer
    from mockgen_watch.generate.address import Cells
    from mockgen_watch.generate.column import Program

WORKLOADS = Path(__file__).resolve().parent / "workloads"


def main() -> None:
    """Measure what the options say."""
    options = _read_options()
    # A second thread of a library that is not used would be counted too.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    program, writer = _compile(options.workload, options.format, options.count)
    began = time.process_time()
    plan = writer.compile(program)
    compiled = time.process_time() - began
    if plan is None:
        raise SystemExit("the format has no fragments")
    print(f"{options.workload} as {options.format}: compiled in {1000 * compiled:.1f} ms")
    _describe(plan)
    import numpy as np  # noqa: PLC0415 - its import is no part of what is measured

    steps: dict[str, Callable[[], None]] = {
        "draws": lambda: _draw(plan, program, options.count, np),
        "registers and matrix": lambda: _fill(plan, program, options.count, np),
        "bytes": lambda: _run(plan, program, options.count, np),
        "bytes to /dev/null": lambda: _write(writer, program, options.count),
    }
    for name, step in steps.items():
        best = min(_seconds(step) for _ in range(options.rounds))
        each = best / options.count
        print(f"{name:24}{each * 1e9:8.0f} ns a record{1 / each:14,.0f} records a second")


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(path.stem for path in WORKLOADS.glob("*.yaml")))
    parser.add_argument("--format", default="ndjson", choices=sorted(BUILTIN))
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


def _compile(workload: str, form_name: str, count: int) -> tuple[Program, Writer]:
    project = open_file(WORKLOADS, f"{workload}.yaml", None)
    (output, *_), _ = select_plans(project, Request(selection=Selection(count=count)))
    program = compile_program(output.records)
    form = BUILTIN[form_name]
    return program, form.writer((program,), complete_options(form, ()), Layout.MULTIPLE)


def _describe(plan: FragmentPlan) -> None:
    widths = ["made" if isinstance(slot, MadeSlot) else str(len(slot.table)) for slot in plan.slots]
    print(f"{len(plan.registers)} registers, {len(plan.slots)} slots: {' '.join(widths)}")
    for slow in plan.slow:
        print(f"slow: {slow.field}: {slow.reason}")


def _draw(plan: FragmentPlan, program: Program, count: int, xp: ModuleType) -> None:
    for start in range(0, count, BLOCK):
        cells: dict[tuple[int, ...], Cells] = {
            (): record_cells(program.base_key, xp, xp.arange(start, start + BLOCK))
        }
        for register in plan.registers:
            if isinstance(register, Draw):
                for depth in range(1, len(register.path) + 1):
                    path = register.path[:depth]
                    cells[path] = cells_of_element(cells[path[:-1]], path[-1])
                register.stream.over(cells[register.path])


def _fill(plan: FragmentPlan, program: Program, count: int, xp: ModuleType) -> None:
    run = VectorRun(plan, program, xp)
    for start in range(0, count, BLOCK):
        run.fill(start, min(start + BLOCK, count))


def _run(plan: FragmentPlan, program: Program, count: int, xp: ModuleType) -> None:
    for _ in VectorRun(plan, program, xp).bytes_of(0, count):
        pass


def _write(writer: Writer, program: Program, count: int) -> None:
    records = records_of(writer, program, count, vector_from=0)
    with Path(os.devnull).open("wb", buffering=0) as device:
        device.writelines(document(writer.framing, records.pieces(0, count)))


def _seconds(step: Callable[[], None]) -> float:
    began = time.process_time()
    step()
    return time.process_time() - began


if __name__ == "__main__":
    main()
