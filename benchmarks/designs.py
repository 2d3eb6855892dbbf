"""Takes models of parameters; gives how many rows their covering designs have, beside PICT's.

``python -m benchmarks.designs [PICT]``: PICT is the program, ``pict`` on the path by default; its
source is at github.com/microsoft/pict. Without it only our own rows are counted.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mockgen_watch.scenarios.coverage.design import cover
from mockgen_watch.scenarios.coverage.problem import Constraint, Problem
from mockgen_watch.splitmix import mix64

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Bad = tuple[tuple[int, int], ...]
"""Choices (parameter, value) that do not go together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Sizes of pools, and what is forbidden."""

    name: str
    sizes: tuple[int, ...]
    bad: tuple[Bad, ...] = ()
    strength: int = 2


_MIXED = (12, 10, 8, 7, 6, 5, 4, 3, 3, 2, 2, 2)
MODELS = (
    Model(name="20 pools of 4", sizes=(4,) * 20),
    Model(
        name="2 to 12 values, 7 rules",
        sizes=_MIXED,
        bad=(
            ((0, 0), (1, 0)),
            ((0, 1), (9, 1)),
            ((2, 3), (3, 4)),
            ((4, 1), (5, 2)),
            ((6, 0), (7, 0)),
            ((0, 5), (10, 0)),
            ((8, 2), (9, 0), (10, 1)),
        ),
    ),
    Model(
        name="14 nested fields, 3 rules",
        sizes=(2, 5, 6, 3, 4, 3, 4, 3, 5, 2, 4, 2, 2, 2),
        bad=(((2, 0), (8, 0)), ((4, 3), (5, 2)), ((11, 1), (10, 3), (12, 1))),
    ),
    Model(name="2 to 12 values, one each", sizes=tuple(range(2, 13))),
    Model(name="13 pools of 3", sizes=(3,) * 13),
    Model(name="30 booleans", sizes=(2,) * 30),
    Model(name="30 pools of 10", sizes=(10,) * 30),
    Model(name="15 pools of 4, triples", sizes=(4,) * 15, strength=3),
    Model(name="15 pools of 6, triples", sizes=(6,) * 15, strength=3),
)


def ours(model: Model) -> int:
    """Return the rows of our design."""
    marks = tuple(
        tuple(mix64(place << 20 | number + 1) for number in range(size))
        for place, size in enumerate(model.sizes)
    )
    constraints = tuple(_forbid(each) for each in model.bad)
    problem = Problem(marks=marks, strength=model.strength, constraints=constraints)
    return len(cover(problem).rows)


def _forbid(bad: Bad) -> Constraint:
    numbers = tuple(number for _, number in bad)
    return Constraint(
        scope=tuple(place for place, _ in bad), allows=lambda chosen: chosen != numbers
    )


def of_pict(model: Model, program: str) -> int:
    """Return the rows of PICT's design."""
    lines = [
        f"P{place}: {', '.join(f'v{number}' for number in range(size))}"
        for place, size in enumerate(model.sizes)
    ]
    for *most, (place, number) in model.bad:
        told = " AND ".join(f'[P{each}]="v{value}"' for each, value in most)
        lines.append(f'IF {told} THEN [P{place}]<>"v{number}";')
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.txt"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        words = [program, str(path), f"/o:{model.strength}"]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
    return len(done.stdout.strip().splitlines()) - 1


def timed(work: Callable[[], int]) -> tuple[int, float]:
    """Return what ``work`` gives, and its CPU time in seconds."""
    start = time.process_time()
    return work(), time.process_time() - start


def main(words: Sequence[str]) -> int:
    """Print a table; return the exit code: 1 when a design of pairs is over 1.1 times PICT's."""
    program = words[0] if words else shutil.which("pict")
    code = 0
    print(f"{'model':30} {'ours':>6} {'seconds':>8} {'PICT':>6} {'ratio':>6}")
    for model in MODELS:
        rows, seconds = timed(lambda model=model: ours(model))  # type: ignore[misc]
        line = f"{model.name:30} {rows:6} {seconds:8.2f}"
        if program:
            others = of_pict(model, program)
            line += f" {others:6} {rows / others:6.2f}"
            code = max(code, int(model.strength == 2 and rows > 1.1 * others))  # noqa: PLR2004
        print(line)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
