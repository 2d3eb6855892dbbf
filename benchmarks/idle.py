"""Takes numbers of specs; gives how long the hook and generate take when nothing is to do."""

from __future__ import annotations

import subprocess
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks import targets
from benchmarks.commands import OURS, give_bare_python, give_ours_in, our_program
from benchmarks.rows import Section, make_row
from benchmarks.sections import BARE_PYTHON, run_jobs

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.commands import Workload
    from benchmarks.rows import Row
    from benchmarks.sections import Settings

COUNTS = (200, 1_000, 5_000)
COMMANDS = ("hook", "generate")
_SPEC = """\
$seed: {number}
Claim:
  $count: 3
  TYPE: [P, C, D]
  ID: {{$sequence: {{start: {number}}}}}
"""
# Files that were written just now could be written again without anybody seeing it.
_SETTLE_SECONDS = 0.1


def measure_idle(settings: Settings, workload: Workload) -> Section:
    """Measure both commands in projects that are up to date and committed, beside bare Python."""
    jobs = [(BARE_PYTHON, give_bare_python())]
    for count in COUNTS:
        settings.report(f"idle, {workload.name}: {count:,} specs are made")
        project = _project(settings.folder, count)
        jobs += [(f"{name} {count}", give_ours_in(project, name)) for name in COMMANDS]
    taken = run_jobs(settings, jobs, f"idle, {workload.name}")
    wanted = [(f"{name} {count}", name, count) for count in COUNTS for name in COMMANDS]
    rows = [
        make_row(OURS, f"{OURS} {name}", count, taken.measured[job])
        for job, name, count in wanted
        if job in taken.measured
    ]
    if bare := taken.measured.get(BARE_PYTHON):
        first = make_row(BARE_PYTHON, BARE_PYTHON, 0, bare)
        rows = [first, *(_compare(row, bare.wall_seconds) for row in rows)]
    return Section(
        name="idle",
        workload=workload.name,
        ratio="wall over bare Python",
        bound="at most",
        rows=tuple(rows),
        failed=taken.failed,
        remarks=("each spec is a suite with one output, and Git knows all of it",),
    )


def _compare(row: Row, bare: float) -> Row:
    ratio = row.wall_seconds / bare
    target = targets.IDLE_OVER_BARE_PYTHON.get(row.count)
    return replace(row, ratio=ratio, target=target, met=None if target is None else ratio <= target)


def _project(folder: Path, count: int) -> Path:
    """Make a project of ``count`` suites, whose outputs are made and committed; or find it."""
    project = folder / f"idle-{count}"
    if project.exists():
        return project
    for number in range(count):
        suite = project / "specs" / f"suite_{number:05}"
        suite.mkdir(parents=True)
        (suite / "user_input.yaml").write_text(_SPEC.format(number=number), "utf-8")
    who = ("-c", "user.name=bench", "-c", "user.email=bench@example.com")
    for argv in (
        ("git", "init", "--quiet"),
        (our_program(), "generate"),
        ("git", "add", "--all"),
        ("git", *who, "commit", "--quiet", "--message", "begin"),
    ):
        subprocess.run(argv, cwd=project, check=True, stdout=subprocess.DEVNULL)
    time.sleep(_SETTLE_SECONDS)
    for name in COMMANDS:
        # What a first look finds out, the next one knows.
        subprocess.run((our_program(), name), cwd=project, check=True, stdout=subprocess.DEVNULL)
    return project
