"""Takes commands; gives the CPU time, wall time and peak memory of whole processes."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

# ru_maxrss is in kilobytes, but in bytes on macOS.
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024
_TAIL_CHARACTERS = 400
_CONTROL_PROGRAM = "total = 0\nfor number in range(4_000_000): total += number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """A process to run.

    Attributes:
        argv: the program and its arguments.
        out: the file that the process writes; removed after it was measured. None for a process
            that writes none, or to a device.
        stdout: what standard output goes to, None for /dev/null.
        before: called before each run, outside of what is measured.
    """

    argv: tuple[str, ...]
    out: Path | None = None
    stdout: Path | None = None
    before: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What one process took, its child processes included (but for the peak: the largest one)."""

    cpu_seconds: float
    wall_seconds: float
    peak_bytes: int
    output_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Medians:
    """The medians of several measurements, and the spread of the CPU seconds."""

    rounds: int
    cpu_seconds: float
    cpu_low: float
    cpu_high: float
    wall_seconds: float
    peak_bytes: float
    output_bytes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """What all rounds gave: measurements, or the reason why there are none, by the job's key."""

    measured: dict[str, Medians] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


class ProcessFailedError(Exception):
    """A measured process could not be started, or ended with another exit code than 0."""


def run(invocation: Invocation, folder: Path) -> Measurement:
    """Run a process in ``folder`` and measure it.

    Raises:
        ProcessFailedError: with the end of what it wrote to stderr.
    """
    if invocation.before is not None:
        invocation.before()
    target = os.fspath(invocation.stdout) if invocation.stdout else os.devnull
    with open(target, "wb") as stdout, tempfile.TemporaryFile() as stderr:  # noqa: PTH123 - may be a device
        began = time.perf_counter()
        try:
            process = subprocess.Popen(invocation.argv, cwd=folder, stdout=stdout, stderr=stderr)
        except OSError as error:
            raise ProcessFailedError(str(error)) from error
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        # It was waited for already; told so, Popen does not wait again.
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            stderr.seek(0)
            tail = stderr.read().decode("utf-8", "replace").strip()[-_TAIL_CHARACTERS:]
            raise ProcessFailedError(f"exit code {process.returncode}: {tail}")
    size = invocation.out.stat().st_size if invocation.out else 0
    return Measurement(
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        wall_seconds=wall,
        peak_bytes=usage.ru_maxrss * _RSS_UNIT,
        output_bytes=size,
    )


def run_rounds(
    jobs: Sequence[tuple[str, Invocation]],
    *,
    rounds: int,
    folder: Path,
    report: Callable[[str], None],
) -> Rounds:
    """Run every job once a round, in an order that moves on by one, after a warm-up round.

    So all jobs see the same disturbances, and none has always the same one before it. A job that
    fails is left out of the later rounds.

    Args:
        jobs: key and process; keys are unique.
        rounds: at least 1.
        folder: where the processes run.
        report: told of every round.
    """
    measured: dict[str, list[Measurement]] = {key: [] for key, _ in jobs}
    failed: dict[str, str] = {}
    for number in range(rounds + 1):
        report(f"round {number} of {rounds}" if number else "warm-up")
        turn = number % len(jobs) if jobs else 0
        for key, invocation in [*jobs[turn:], *jobs[:turn]]:
            if key in failed:
                continue
            try:
                measurement = run(invocation, folder)
            except ProcessFailedError as error:
                failed[key] = str(error)
                continue
            finally:
                if invocation.out:
                    invocation.out.unlink(missing_ok=True)
            if number:
                measured[key].append(measurement)
    return Rounds(
        measured={key: summarise(taken) for key, taken in measured.items() if key not in failed},
        failed=failed,
    )


def summarise(taken: Iterable[Measurement]) -> Medians:
    """Give the medians of at least one measurement."""
    measurements = list(taken)
    cpu = [measurement.cpu_seconds for measurement in measurements]
    return Medians(
        rounds=len(measurements),
        cpu_seconds=statistics.median(cpu),
        cpu_low=min(cpu),
        cpu_high=max(cpu),
        wall_seconds=statistics.median(item.wall_seconds for item in measurements),
        peak_bytes=statistics.median(item.peak_bytes for item in measurements),
        output_bytes=statistics.median(item.output_bytes for item in measurements),
    )


def measure_floor(folder: Path) -> int:
    """Give the least peak that can be seen, in bytes.

    A process starts with the peak of the one that starts it: this program's own.
    """
    return run(Invocation(argv=("true",)), folder).peak_bytes


def measure_contention() -> float:
    """Give how much longer two busy processes take side by side than one alone.

    1.0 says that two cores are free; 2.0 that there is one.
    """
    argv = [sys.executable, "-c", _CONTROL_PROGRAM]
    began = time.perf_counter()
    subprocess.run(argv, check=True)
    alone = time.perf_counter() - began
    began = time.perf_counter()
    for process in [subprocess.Popen(argv) for _ in range(2)]:
        process.wait()
    return (time.perf_counter() - began) / alone
