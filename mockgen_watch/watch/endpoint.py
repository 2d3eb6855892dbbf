"""Takes a daemon's status; gives ``/metrics`` for Prometheus and ``/healthz``, on loopback."""

from __future__ import annotations

import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType
    from typing import Final, Self

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
        """Begin to serve."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End."""
        self._server.shutdown()
        self._server.server_close()


def prometheus(status: Mapping[str, object]) -> str:
    """Return ``status`` in the text format of Prometheus, version 0.0.4."""
    return "".join(f"{line}\n" for line in _lines(status))


def _lines(status: Mapping[str, object]) -> Iterator[str]:
    for name, told in _COUNTERS.items():
        yield from _metric(f"mockgen_{name}_total", "counter", told, status.get(name))
    yield from _metric(
        "mockgen_cpu_seconds_total", "counter", "Processor time.", status.get("cpu_s")
    )
    for name, told in _GAUGES.items():
        shown = name.removesuffix("_s") + "_seconds" if name.endswith("_s") else name
        yield from _metric(f"mockgen_{shown}", "gauge", told, status.get(name))
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


def _metric(name: str, kind: str, told: str, value: object) -> Iterator[str]:
    if isinstance(value, int | float):
        yield f"# HELP {name} {told}"
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
