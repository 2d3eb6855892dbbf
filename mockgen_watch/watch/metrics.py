"""Takes what happens in the daemon; gives its counts, and how it fares, as plain data."""

from __future__ import annotations

import os
import shutil
import sys
import time
from typing import TYPE_CHECKING

from msgspec import Struct, field

from mockgen_watch.lock.snapshot import Action
from mockgen_watch.watch.stream import (
    BatchEnded,
    BatchFailed,
    EventsMissed,
    GitHeld,
    OutputWritten,
    WatchChanged,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mockgen_watch.watch.daemon import Daemon
    from mockgen_watch.watch.stream import Happening


class Metrics(Struct):
    """Counts since the daemon began; listens to its stream.

    Attributes:
        batches: batches that ended.
        failures: batches that could not go on.
        missed_events: changes of which no event told.
        observer_changes: how often the way of noticing changes changed.
        git_overruns: how often Git was busy for too long to wait.
        written, removed, refused: output files.
        passes: looks at the project.
        last_ms: stage → milliseconds of the last batch.
        total_ms: stage → milliseconds of all batches.
    """

    clock: Callable[[], float] = time.monotonic
    batches: int = 0
    failures: int = 0
    missed_events: int = 0
    observer_changes: int = 0
    git_overruns: int = 0
    written: int = 0
    removed: int = 0
    refused: int = 0
    passes: int = 0
    last_ms: dict[str, float] = field(default_factory=dict)
    total_ms: dict[str, float] = field(default_factory=dict)
    began: float = 0.0

    def __post_init__(self) -> None:
        """Begin to count."""
        self.began = self.clock()

    def __call__(self, happening: Happening) -> None:
        """Count ``happening``."""
        match happening:
            case BatchEnded():
                self.batches += 1
                self.passes += happening.passes
                self.last_ms = {
                    name: round(1000 * spent, 3) for name, spent in happening.stages.items()
                }
                for name, spent in self.last_ms.items():
                    self.total_ms[name] = round(self.total_ms.get(name, 0.0) + spent, 3)
            case BatchFailed():
                self.failures += 1
            case EventsMissed():
                self.missed_events = happening.count
            case WatchChanged():
                self.observer_changes += 1
            case GitHeld(is_over=True):
                self.git_overruns += 1
            case OutputWritten(action=Action.CREATE | Action.UPDATE):
                self.written += 1
            case OutputWritten(action=Action.DELETE):
                self.removed += 1
            case OutputWritten():
                self.refused += 1
            case _:
                return


def describe_status(daemon: Daemon, metrics: Metrics) -> dict[str, object]:
    """Return how ``daemon`` fares, as ``status --json`` shows it."""
    watching = daemon.watching
    return {
        "running": True,
        "process": os.getpid(),
        "project": str(daemon.root),
        "uptime_s": round(metrics.clock() - metrics.began, 3),
        "mode": "polling" if watching.is_polling else "events",
        "mode_reason": watching.reason,
        "is_healthy": is_healthy(daemon),
        "waits_for_git": daemon.gate.held_since is not None,
        "batches": metrics.batches,
        "passes": metrics.passes,
        "failures": metrics.failures,
        "missed_events": metrics.missed_events,
        "observer_rebuilt": watching.rebuilt,
        "git_overruns": metrics.git_overruns,
        "queue": len(daemon.schedule.hints),
        "audit_period_s": round(daemon.schedule.period, 3),
        "outputs": {
            "written": metrics.written,
            "removed": metrics.removed,
            "refused": metrics.refused,
        },
        "last_ms": dict(metrics.last_ms),
        "total_ms": dict(metrics.total_ms),
        "last": daemon.summary(),
        "memory_bytes": memory_bytes(),
        "cpu_s": round(time.process_time(), 3),
        "disk_free_bytes": disk_free(daemon.root),
    }


def is_healthy(daemon: Daemon) -> bool:
    """Tell whether the daemon can do its work; specs with errors do not make it ill."""
    return not daemon.known.error


def memory_bytes() -> int | None:
    """Return the memory that this process has in use; None where the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return _peak_memory()


def disk_free(folder: Path) -> int | None:
    """Return how many bytes are free where ``folder`` is; None where it is gone."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def _peak_memory() -> int | None:
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 - not on every system

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
