"""Metrics: counts of what the daemon does, its status as plain data, and an HTTP endpoint."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final, Self

from mockgen_watch.lock.model import Action
from mockgen_watch.watch.events import (
    BatchEnded,
    BatchFailed,
    DaemonEvent,
    EventsMissed,
    GitHeld,
    OutputWritten,
)

if sys.platform != "win32":
    import resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    from mockgen_watch.watch.daemon import Daemon


class Metrics:
    """Counts since the daemon began; a listener to its events.

    Attributes:
        batches: batches that ended.
        failures: batches that could not go on.
        missed_events: changes without an event.
        git_overruns: how often Git was busy for too long to wait.
        written, removed, refused: output files.
        passes: looks at the project.
        last_ms: stage → milliseconds of the last batch.
        total_ms: stage → milliseconds of all batches.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.began = clock()
        self.batches = self.failures = self.passes = 0
        self.missed_events = self.git_overruns = 0
        self.written = self.removed = self.refused = 0
        self.last_ms: dict[str, float] = {}
        self.total_ms: dict[str, float] = {}

    def __call__(self, event: DaemonEvent) -> None:
        match event:
            case BatchEnded():
                self.batches += 1
                self.passes += event.passes
                self.last_ms = {
                    name: round(1000 * spent, 3) for name, spent in event.stages.items()
                }
                for name, spent in self.last_ms.items():
                    self.total_ms[name] = round(self.total_ms.get(name, 0.0) + spent, 3)
            case BatchFailed():
                self.failures += 1
            case EventsMissed():
                self.missed_events = event.count
            case GitHeld(is_over=True):
                self.git_overruns += 1
            case OutputWritten(file=file) if file.action in {Action.CREATE, Action.UPDATE}:
                self.written += 1
            case OutputWritten(file=file) if file.action is Action.DELETE:
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
    """Return whether the daemon can do its work; specs with errors do not make it ill."""
    return not daemon.problems.error


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
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


LOOPBACK: Final = "127.0.0.1"

_COUNTERS: Final = {
    "batches": "Batches that ended.",
    "passes": "Looks at the project.",
    "failures": "Batches that could not go on.",
    "missed_events": "Changes of which no event told.",
    "observer_rebuilt": "How often the observer was made anew.",
    "git_overruns": "How often Git was busy for longer than the daemon waits.",
}
_GAUGES: Final = {
    "queue": "Changed paths that wait for a batch.",
    "audit_period_s": "Seconds between two audits.",
    "uptime_s": "Seconds since the daemon began.",
    "memory_bytes": "Memory in use.",
    "disk_free_bytes": "Bytes free where the project is.",
}


class Endpoint:
    """An HTTP server in a thread of its own; ``with`` starts and stops it.

    Attributes:
        port: where it listens.
    """

    def __init__(self, status: Callable[[], Mapping[str, object]], port: int) -> None:
        """Listen on ``port`` of loopback; 0 takes any that is free.

        Raises:
            OSError: the port is taken.
        """
        self._server = ThreadingHTTPServer((LOOPBACK, port), _handler(status))
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def prometheus(status: Mapping[str, object]) -> str:
    """Return ``status`` in the text format of Prometheus, version 0.0.4."""
    return "".join(f"{line}\n" for line in _lines(status))


def _lines(status: Mapping[str, object]) -> Iterator[str]:
    for name, text in _COUNTERS.items():
        yield from _metric(f"mockgen_{name}_total", "counter", text, status.get(name))
    yield from _metric(
        "mockgen_cpu_seconds_total", "counter", "Processor time.", status.get("cpu_s")
    )
    for name, text in _GAUGES.items():
        shown = name.removesuffix("_s") + "_seconds" if name.endswith("_s") else name
        yield from _metric(f"mockgen_{shown}", "gauge", text, status.get(name))
    yield from _metric(
        "mockgen_polling",
        "gauge",
        "1 when there are no events to go by.",
        int(status.get("mode") == "polling"),
    )
    yield from _metric(
        "mockgen_errors", "gauge", "Errors that hold now.", _inner(status, "last").get("errors")
    )
    yield from _labelled(status, "outputs", "action", "mockgen_outputs_total", 1.0)
    yield from _labelled(status, "total_ms", "stage", "mockgen_stage_seconds_total", 0.001)


def _metric(name: str, kind: str, text: str, value: object) -> Iterator[str]:
    if isinstance(value, int | float):
        yield f"# HELP {name} {text}"
        yield f"# TYPE {name} {kind}"
        yield f"{name} {value}"


def _labelled(
    status: Mapping[str, object], field: str, label: str, name: str, scale: float
) -> Iterator[str]:
    yield f"# TYPE {name} counter"
    for key, value in sorted(_inner(status, field).items()):
        if isinstance(value, int | float):
            yield f'{name}{{{label}="{key}"}} {value * scale:.6g}'


def _inner(status: Mapping[str, object], field: str) -> dict[str, object]:
    found = status.get(field)
    return found if isinstance(found, dict) else {}


def _handler(status: Callable[[], Mapping[str, object]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._send(HTTPStatus.OK, prometheus(status()), "text/plain; version=0.0.4")
            elif self.path == "/healthz":
                is_healthy = bool(status().get("is_healthy"))
                code = HTTPStatus.OK if is_healthy else HTTPStatus.SERVICE_UNAVAILABLE
                self._send(code, "ok\n" if is_healthy else "failing\n", "text/plain")
            else:
                self._send(HTTPStatus.NOT_FOUND, "/metrics and /healthz\n", "text/plain")

        def _send(self, code: HTTPStatus, text: str, kind: str) -> None:
            data = text.encode()
            self.send_response(code)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing: who asks every few seconds is no news."""

    return Handler
