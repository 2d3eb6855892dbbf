"""Takes the peers that are here; gives the figures of each section."""

from __future__ import annotations

import shutil
import statistics
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from benchmarks import targets
from benchmarks.commands import (
    OURS,
    give_bare_python,
    give_our_record,
    give_ours,
    give_peer,
)
from benchmarks.measure import (
    Invocation,
    Rounds,
    measure_contention,
    run_rounds,
)
from benchmarks.rows import START_COUNT, Row, Section, compare_cpu, make_row, scale_row

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.commands import Peer, Workload

BARE_PYTHON = "bare Python"
_SMALL_COUNTS = (10, 1_000)
_LEAST_COUNT = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a run was asked for.

    Attributes:
        count: records of the throughput section; the others are multiples of it.
        rounds: how often each process is run, beside a warm-up.
        peers: whom to compare with.
        exact: whether slow peers make all records too.
        folder: an empty folder where the processes run and write.
        report: told how far it is.
    """

    count: int
    rounds: int
    peers: tuple[Peer, ...]
    exact: bool
    folder: Path
    report: Callable[[str], None]


def measure_throughput(settings: Settings, workload: Workload) -> Section:
    """Measure all at ``settings.count`` records; slow peers at less, and scaled.

    The start of a peer that is scaled is measured in the same rounds, and counts once.
    """
    out = settings.folder / "records"
    made = {peer.key: _count_for(settings, peer) for peer in settings.peers}
    jobs = [(OURS, give_ours(workload, settings.count, out))]
    for peer in settings.peers:
        jobs.append((peer.key, give_peer(peer, workload, made[peer.key], out)))
        if made[peer.key] < settings.count:
            jobs.append((_start(peer.key), give_peer(peer, workload, START_COUNT, out)))
    taken = run_jobs(settings, jobs, f"throughput, {workload.name}")
    judged = settings.count >= targets.JUDGED_COUNT
    return Section(
        name="throughput",
        workload=workload.name,
        ratio="CPU over ours",
        bound="at least",
        rows=compare_cpu(
            _gather_throughput(settings, made, taken),
            targets.RATIOS[workload.name],
            judged=judged,
        ),
        failed=taken.failed,
        remarks=()
        if judged
        else (f"the targets are for {targets.JUDGED_COUNT:,} records, so none is judged",),
    )


def measure_small(settings: Settings, workload: Workload) -> Section:
    """Measure small jobs: bare Python, and 10 and 1,000 records of all."""
    out = settings.folder / "records"
    labels = {OURS: OURS} | {peer.key: peer.label for peer in settings.peers}
    jobs = [(BARE_PYTHON, give_bare_python())]
    for count in _SMALL_COUNTS:
        jobs.append((f"{OURS} {count}", give_ours(workload, count, out)))
        jobs += [
            (f"{peer.key} {count}", give_peer(peer, workload, count, out))
            for peer in settings.peers
        ]
    taken = run_jobs(settings, jobs, f"small jobs, {workload.name}")
    wanted = [(BARE_PYTHON, BARE_PYTHON, BARE_PYTHON, 0)]
    wanted += [
        (f"{key} {count}", key, label, count)
        for count in _SMALL_COUNTS
        for key, label in labels.items()
    ]
    rows = [
        make_row(key, label, count, taken.measured[job])
        for job, key, label, count in wanted
        if job in taken.measured
    ]
    rows.sort(key=lambda row: (row.count, row.wall_seconds))
    if bare := taken.measured.get(BARE_PYTHON):
        rows = [replace(row, ratio=row.wall_seconds / bare.wall_seconds) for row in rows]
    return Section(
        name="small",
        workload=workload.name,
        ratio="wall over bare Python",
        bound="at most",
        rows=tuple(rows),
        failed=taken.failed,
    )


def measure_memory(settings: Settings, workload: Workload) -> Section:
    """Measure our peak at a tenth of the count and at ten times the count, to /dev/null."""
    counts = (settings.count // 10, settings.count * 10)
    jobs = [(str(count), give_ours(workload, count)) for count in counts]
    taken = run_jobs(settings, jobs, f"memory, {workload.name}")
    rows = [
        make_row(OURS, f"{OURS}, {count:,} records", count, taken.measured[str(count)])
        for count in counts
        if str(count) in taken.measured
    ]
    judged = settings.count >= targets.JUDGED_COUNT
    compared = []
    for row in rows:
        ratio = row.peak_bytes / rows[0].peak_bytes
        met = ratio <= targets.PEAK_GROWTH and row.peak_bytes <= targets.PEAK_BYTES
        compared.append(
            replace(row, ratio=ratio, target=targets.PEAK_GROWTH, met=met if judged else None)
        )
    return Section(
        name="memory",
        workload=workload.name,
        ratio="peak over the first",
        bound="at most",
        rows=tuple(compared),
        failed=taken.failed,
        remarks=(f"met also means a peak of at most {targets.PEAK_BYTES / 1e6:.0f} MB",),
    )


def measure_jobs(settings: Settings, workload: Workload) -> Section:
    """Measure how much faster two processes of ours are than one, to /dev/null."""
    count = settings.count * 10
    jobs = [(str(number), give_ours(workload, count, jobs=number)) for number in (1, 2)]
    before = measure_contention()
    taken = run_jobs(settings, jobs, f"--jobs, {workload.name}")
    contention = statistics.mean((before, measure_contention()))
    judged = contention <= targets.MOST_CONTENTION and settings.count >= targets.JUDGED_COUNT
    rows = [
        make_row(OURS, f"{OURS} --jobs {number}", count, taken.measured[number])
        for number in ("1", "2")
        if number in taken.measured
    ]
    if len(rows) > 1:
        ratio = rows[0].wall_seconds / rows[1].wall_seconds
        target = targets.SCALING[workload.name]
        met = ratio >= target if judged else None
        rows[1] = replace(rows[1], ratio=ratio, target=target, met=met)
    return Section(
        name="jobs",
        workload=workload.name,
        ratio="speed over one",
        bound="at least",
        rows=tuple(rows),
        failed=taken.failed,
        remarks=(
            f"two busy processes took {contention:.2f} times as long side by side as one alone",
            f"above {targets.MOST_CONTENTION} the cores were not free and nothing is judged",
        ),
    )


def measure_far(settings: Settings, workload: Workload) -> Section:
    """Measure what one record costs, the first and one far out, made alone."""
    project = _make_project(settings.folder, workload)
    indexes = (0, targets.FAR_INDEX)
    jobs = [(str(index), give_our_record(project, workload, index)) for index in indexes]
    taken = run_jobs(settings, jobs, f"one record, {workload.name}")
    shutil.rmtree(project)
    rows = [
        make_row(OURS, f"{OURS}, record {index:,}", 1, taken.measured[str(index)])
        for index in indexes
        if str(index) in taken.measured
    ]
    if len(rows) > 1:
        ratio = rows[1].cpu_seconds / rows[0].cpu_seconds
        target = targets.FAR_GROWTH
        rows[1] = replace(rows[1], ratio=ratio, target=target, met=ratio <= target)
    return Section(
        name="far",
        workload=workload.name,
        ratio="CPU over the first",
        bound="at most",
        rows=tuple(rows),
        failed=taken.failed,
    )


SECTIONS: dict[str, Callable[[Settings, Workload], Section]] = {
    "throughput": measure_throughput,
    "small": measure_small,
    "memory": measure_memory,
    "jobs": measure_jobs,
    "far": measure_far,
}


def _count_for(settings: Settings, peer: Peer) -> int:
    """Give how many records a peer makes."""
    if settings.exact:
        return settings.count
    return min(settings.count, max(_LEAST_COUNT, int(settings.count * peer.share)))


def _start(key: str) -> str:
    return f"{key}, start"


def run_jobs(settings: Settings, jobs: list[tuple[str, Invocation]], title: str) -> Rounds:
    """Run the processes of a section, interleaved."""
    return run_rounds(
        jobs,
        rounds=settings.rounds,
        folder=settings.folder,
        report=lambda text: settings.report(f"{title}: {text}"),
    )


def _gather_throughput(settings: Settings, made: dict[str, int], taken: Rounds) -> list[Row]:
    """Give a row for each that was measured, scaled where it made fewer records."""
    labels = {OURS: OURS} | {peer.key: peer.label for peer in settings.peers}
    rows = []
    for key, label in labels.items():
        count = made.get(key, settings.count)
        start = taken.measured.get(_start(key))
        if key not in taken.measured or (count < settings.count and start is None):
            continue
        row = make_row(key, label, count, taken.measured[key])
        rows.append(scale_row(row, settings.count, start) if start else row)
    return rows


def _make_project(folder: Path, workload: Workload) -> Path:
    """Make a project of one suite."""
    project = folder / "project"
    suite = project / "specs" / workload.name
    suite.mkdir(parents=True)
    shutil.copyfile(workload.spec, suite / "user_input.yaml")
    return project
