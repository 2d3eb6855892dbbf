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
from mockgen_watch.watch import events

if sys.platform != "win32":
    import resource

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from mockgen_watch.watch.daemon import Daemon


_METRICS: Final = (
    ("batches", "mockgen_batches_total", "Finished batches."),
    ("passes", "mockgen_passes_total", "Passes over the project."),
    ("failures", "mockgen_failures_total", "Failed batches."),
    ("missed_events", "mockgen_missed_events_total", "Changes that arrived without a file event."),
    ("observer_rebuilt", "mockgen_observer_rebuilt_total", "How often the observer was restarted."),
    (
        "git_overruns",
        "mockgen_git_overruns_total",
        "How often Git was busy longer than the daemon waits.",
    ),
    ("cpu_s", "mockgen_cpu_seconds_total", "CPU time."),
    ("queue", "mockgen_queue", "Changed paths waiting for a batch."),
    ("audit_period_s", "mockgen_audit_period_seconds", "Seconds between two audits."),
    ("uptime_s", "mockgen_uptime_seconds", "Seconds since the daemon started."),
    ("memory_bytes", "mockgen_memory_bytes", "Memory in use."),
    ("disk_free_bytes", "mockgen_disk_free_bytes", "Free bytes on the project's disk."),
    ("polling", "mockgen_polling", "1 when the daemon polls because file events do not work."),
    ("errors", "mockgen_errors", "Current errors."),
)
"""What of a status is a metric: its key, the name of the metric, and what that is."""

_LABELLED: Final = (
    ("outputs", "mockgen_outputs_total", "action", 1.0),
    ("total_ms", "mockgen_stage_seconds_total", "stage", 0.001),
)
"""Mappings of a status: their key, the metric, its label, and the factor of its values."""

_ENDS: Final = {
    Action.CREATE: "written",
    Action.UPDATE: "written",
    Action.DELETE: "removed",
    Action.REFUSE: "refused",
}


class Metrics:
    """Counts since the daemon began; a listener to its events.

    Attributes:
        counts: as in a status.
        outputs: files that were written, removed or refused.
        last_ms: stage → milliseconds of the last batch.
        total_ms: stage → milliseconds of all batches.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.began = clock()
        names = (
            "batches",
            "passes",
            "failures",
            "missed_events",
            "observer_rebuilt",
            "git_overruns",
        )
        self.counts = dict.fromkeys(names, 0)
        self.outputs = dict.fromkeys(_ENDS.values(), 0)
        self.last_ms: dict[str, float] = {}
        self.total_ms: dict[str, float] = {}

    def __call__(self, event: events.DaemonEvent) -> None:
        counts = self.counts
        match event:
            case events.BatchEnded():
                counts["batches"] += 1
                counts["passes"] += event.passes
                self.last_ms = {
                    name: round(1000 * spent, 3) for name, spent in event.stages.items()
                }
                for name, spent in self.last_ms.items():
                    self.total_ms[name] = round(self.total_ms.get(name, 0.0) + spent, 3)
            case events.BatchFailed():
                counts["failures"] += 1
            case events.EventsMissed():
                counts["missed_events"] = event.count
            case events.WatchChanged(mode="events", fields={"rebuilt": int(rebuilt)}):
                counts["observer_rebuilt"] = rebuilt
            case events.GitHeld(is_over=True):
                counts["git_overruns"] += 1
            case events.OutputWritten():
                self.outputs[_ENDS[event.file.action]] += 1
            case _:
                return


def describe_status(daemon: Daemon, metrics: Metrics) -> dict[str, object]:
    """Return the state of ``daemon``, as ``status --json`` shows it."""
    watching = daemon.watching
    return {
        "running": True,
        "process": os.getpid(),
        "project": str(daemon.root),
        "uptime_s": round(metrics.clock() - metrics.began, 3),
        "mode": "polling" if watching.is_polling else "events",
        "mode_reason": watching.reason,
        # Specs with errors do not make it ill.
        "is_healthy": not daemon.problems.error,
        "waits_for_git": daemon.gate.held_since is not None,
        **metrics.counts,
        "queue": len(daemon.schedule.hints),
        "audit_period_s": round(daemon.schedule.period, 3),
        "outputs": dict(metrics.outputs),
        "last_ms": dict(metrics.last_ms),
        "total_ms": dict(metrics.total_ms),
        "last": daemon.summary(),
        "memory_bytes": memory_bytes(),
        "cpu_s": round(time.process_time(), 3),
        "disk_free_bytes": disk_free(daemon.root),
    }


def memory_bytes() -> int | None:
    """Return the memory that this process has in use; None where the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        if sys.platform == "win32":
            return None
        # The most that it ever had, in bytes on macOS and in kilobytes elsewhere.
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024


def disk_free(folder: Path) -> int | None:
    """Return how many bytes are free where ``folder`` is; None where it is gone."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


LOOPBACK: Final = "127.0.0.1"


class Endpoint:
    """An HTTP server in a thread of its own; ``with`` starts and stops it."""

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

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def prometheus(status: Mapping[str, object]) -> str:
    """Return ``status`` in the text format of Prometheus, version 0.0.4."""
    values = {
        **status,
        "polling": int(status.get("mode") == "polling"),
        "errors": _inner(status, "last").get("errors"),
    }
    lines = []
    for field, name, text in _METRICS:
        value = values.get(field)
        if isinstance(value, int | float):
            kind = "counter" if name.endswith("_total") else "gauge"
            lines += [f"# HELP {name} {text}", f"# TYPE {name} {kind}", f"{name} {value}"]
    for field, name, label, scale in _LABELLED:
        lines.append(f"# TYPE {name} counter")
        for key, value in sorted(_inner(status, field).items()):
            if isinstance(value, int | float):
                lines.append(f'{name}{{{label}="{key}"}} {value * scale:.6g}')
    return "".join(f"{line}\n" for line in lines)


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
