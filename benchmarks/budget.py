"""Start-up budget: what a command costs over bare Python, after an edit and with nothing to do."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks import targets
from benchmarks.commands import OURS, give_bare_python, give_help, give_ours_in, our_program
from benchmarks.rows import Section, make_row
from benchmarks.sections import BARE_PYTHON, run_jobs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.commands import Workload
    from benchmarks.measure import Invocation
    from benchmarks.rows import Row
    from benchmarks.sections import Settings

COUNTS = (200, 1_000, 5_000)
"""Suites of the projects in which there is nothing to do."""

COMMANDS = ("hook", "generate")
EDIT_RECORDS = 10
_SPEC = """\
$seed: {number}
Claim:
  $count: 3
  TYPE: [P, C, D]
  ID: {{$sequence: {{start: {number}}}}}
"""
# A file that was written just now could be written again with the same stamp.
_SETTLE_SECONDS = 0.1


def measure_budget(settings: Settings, workload: Workload) -> Section:
    """Measure ``--help``, generate after an edit, and commands with nothing to do."""
    jobs: list[tuple[str, Invocation]] = [
        (BARE_PYTHON, give_bare_python()),
        ("--help", give_help()),
    ]
    edited = _edited_project(settings.folder, workload)
    edit = give_ours_in(edited, "generate", before=_editor(edited, workload))
    jobs.append(("generate, after an edit", edit))
    for count in COUNTS:
        settings.report(f"budget, {workload.name}: making {count:,} suites")
        project = _idle_project(settings.folder, count)
        jobs += [
            (f"{name}, nothing to do {count}", give_ours_in(project, name)) for name in COMMANDS
        ]
    taken = run_jobs(settings, jobs, f"budget, {workload.name}")
    shutil.rmtree(edited)
    wanted = [("--help", "--help", 0), ("generate, after an edit", "generate, after an edit", 1)]
    wanted += [
        (f"{name}, nothing to do {count}", f"{name}, nothing to do", count)
        for count in COUNTS
        for name in COMMANDS
    ]
    rows = [
        make_row(OURS, f"{OURS} {name}", count, taken.measured[job])
        for job, name, count in wanted
        if job in taken.measured
    ]
    if bare := taken.measured.get(BARE_PYTHON):
        first = make_row(BARE_PYTHON, BARE_PYTHON, 0, bare)
        rows = [first, *(_judge(row, bare.cpu_seconds) for row in rows)]
    return Section(
        name="budget",
        workload=workload.name,
        ratio="CPU over bare Python",
        bound="at most",
        rows=tuple(rows),
        failed=taken.failed,
        remarks=(
            f"the edited suite has {EDIT_RECORDS} records; one value of a pool changes each round",
            "where there is nothing to do, each suite has one output, and Git knows all of it",
        ),
    )


def _judge(row: Row, bare: float) -> Row:
    ratio = row.cpu_seconds / bare
    target = targets.BUDGET.get((row.label.removeprefix(f"{OURS} "), row.count))
    return replace(row, ratio=ratio, target=target, met=None if target is None else ratio <= target)


def _edited_project(folder: Path, workload: Workload) -> Path:
    """Make a project of one suite, the workload's, of ``EDIT_RECORDS`` records."""
    project = folder / "edited"
    suite = project / "specs" / workload.name
    suite.mkdir(parents=True)
    text = workload.spec.read_text("utf-8")
    (suite / "user_input.yaml").write_text(f"{text}  $count: {EDIT_RECORDS}\n", "utf-8")
    subprocess.run(
        (our_program(), "-C", str(project), "generate"), check=True, stdout=subprocess.DEVNULL
    )
    return project


def _editor(project: Path, workload: Workload) -> Callable[[], None]:
    """Return a function that edits the spec: a field added to it gets a new value each time."""
    spec = project / "specs" / workload.name / "user_input.yaml"
    text = spec.read_text("utf-8")
    numbers = itertools.count()

    def edit() -> None:
        spec.write_text(f"{text}  EDITED: [value {next(numbers)}]\n", "utf-8")
        time.sleep(_SETTLE_SECONDS)

    return edit


def _idle_project(folder: Path, count: int) -> Path:
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
    # The first look remembers that there is nothing to do.
    for name in COMMANDS * 2:
        subprocess.run((our_program(), name), cwd=project, check=True, stdout=subprocess.DEVNULL)
    return project
