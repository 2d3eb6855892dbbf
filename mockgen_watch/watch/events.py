"""Events of the daemon: what it publishes to metrics, to a terminal and to its log."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, field

from mockgen_watch.diagnostics import Diagnostic, Severity
from mockgen_watch.lock.model import Action
from mockgen_watch.observe import Log, bound
from mockgen_watch.workflow.results import FileResult

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Started(Struct, frozen=True, kw_only=True):
    """The daemon has begun; ``project`` is its folder."""

    project: str
    process: int


class Stopped(Struct, frozen=True, kw_only=True):
    """The daemon has ended in good order."""

    reason: str


class WatchChanged(Struct, frozen=True, kw_only=True):
    """How changes are noticed from now on: ``events`` or ``polling``, and why."""

    mode: str
    reason: str
    fields: Mapping[str, object] = field(default_factory=dict)


class EventsMissed(Struct, frozen=True, kw_only=True):
    """Changes were found of which the system sent no event."""

    paths: tuple[str, ...]
    count: int


class GitHeld(Struct, frozen=True, kw_only=True):
    """Git is in the middle of something; ``is_over`` when the daemon goes on nevertheless."""

    blocker: str
    is_over: bool


class BatchStarted(Struct, frozen=True, kw_only=True):
    """Outputs are being brought up to date.

    Attributes:
        batch: its id.
        causes: what led to it: ``event``, ``audit``, ``start``, ``sync``, ``retry``, ``signal``,
            ``reload``.
        hints: paths that events named, a few of them.
    """

    batch: str
    causes: tuple[str, ...]
    hints: tuple[str, ...]


class OutputWritten(Struct, frozen=True, kw_only=True):
    """One output file was created, updated, removed or left alone as it was edited by hand."""

    batch: str
    file: FileResult


class DiagnosticRaised(Struct, frozen=True, kw_only=True):
    """Something is wrong that was not wrong, or not known, before."""

    batch: str
    diagnostic: Diagnostic


class DiagnosticCleared(Struct, frozen=True, kw_only=True):
    """Something that was wrong is not wrong any more."""

    batch: str
    diagnostic: Diagnostic


class BatchFailed(Struct, frozen=True, kw_only=True):
    """A batch could not go on; it is retried. ``trace`` is there for a defect of ours."""

    batch: str
    error: str
    trace: str = ""


class BatchEnded(Struct, frozen=True, kw_only=True):
    """A batch is over: outputs are as the specs say, as far as the specs are valid.

    Attributes:
        batch: its id.
        causes, hints: as when it began.
        changed: spec files that moved since the last batch.
        suites: those that were looked at; None: all.
        counts: of output files, by what became of them.
        failed_suites: those that keep their last good outputs.
        errors: diagnostics of severity error that hold now.
        passes: how often it had to look before nothing moved any more.
        has_converged: nothing moved any more at the end.
        stages: name → seconds.
    """

    batch: str
    causes: tuple[str, ...]
    hints: tuple[str, ...]
    changed: tuple[str, ...]
    suites: tuple[str, ...] | None
    counts: Mapping[str, int]
    failed_suites: tuple[str, ...]
    errors: int
    passes: int
    has_converged: bool
    stages: Mapping[str, float]


BatchEvent: TypeAlias = (
    BatchStarted | OutputWritten | DiagnosticRaised | DiagnosticCleared | BatchFailed | BatchEnded
)
DaemonEvent: TypeAlias = Started | Stopped | WatchChanged | EventsMissed | GitHeld | BatchEvent


class Stream:
    """Passes events on to its listeners."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[DaemonEvent], None]] = []

    def subscribe(self, listener: Callable[[DaemonEvent], None]) -> None:
        """Call ``listener`` with every event from now on."""
        self._listeners.append(listener)

    def publish(self, event: DaemonEvent) -> None:
        """Pass ``event`` on."""
        for listener in self._listeners:
            listener(event)


_SHOWN = 20
"""Paths of a list that a line names, beside their count."""


class EventLogger:
    """A listener that writes a log: one line for each batch, and one for each failure."""

    def __init__(self, log: Log) -> None:
        self.log = log

    def __call__(self, event: DaemonEvent) -> None:
        log = self.log
        match event:
            case Started():
                log.info("watch.started", project=event.project, process=event.process)
            case Stopped():
                log.info("watch.stopped", reason=event.reason)
            case WatchChanged(mode="polling"):
                log.warning("watch.polling", reason=event.reason, **event.fields)
            case WatchChanged():
                log.info("watch.events", reason=event.reason, **event.fields)
            case EventsMissed():
                paths = list(event.paths[:_SHOWN])
                log.warning("watch.missed_event", times=event.count, paths=paths)
            case GitHeld(is_over=True):
                log.warning("watch.git_overrun", blocker=event.blocker)
            case GitHeld():
                log.debug("watch.git_held", blocker=event.blocker)
            case _:
                with bound(batch=event.batch):
                    self._log_batch(event)

    def _log_batch(self, event: BatchEvent) -> None:
        log = self.log
        match event:
            case BatchStarted():
                log.debug("batch.started", causes=list(event.causes), hints=list(event.hints))
            case BatchEnded():
                log.info("batch", **_batch_fields(event))
            case BatchFailed():
                log.error("batch.failed", error=event.error, trace=event.trace)
            case OutputWritten(file=FileResult(action=Action.REFUSE) as file):
                log.warning("output.refuse", path=file.path, reason=file.reason.value)
            case OutputWritten(file=file):
                log.debug(
                    "output",
                    action=file.action.value,
                    path=file.path,
                    records=file.records,
                    reason=file.reason.value,
                )
            case DiagnosticRaised():
                self._log_diagnostic(event.diagnostic)
            case DiagnosticCleared():
                found = event.diagnostic
                log.info("diagnostic.cleared", code=found.code, location=str(found.location))

    def _log_diagnostic(self, found: Diagnostic) -> None:
        log = {
            Severity.ERROR: self.log.error,
            Severity.WARNING: self.log.warning,
            Severity.NOTE: self.log.info,
        }[found.severity]
        log(
            "diagnostic",
            code=found.code,
            location=str(found.location),
            message=found.message,
            hint=found.hint,
        )


def _batch_fields(ended: BatchEnded) -> dict[str, object]:
    counts = {action.value: ended.counts.get(action.value, 0) for action in Action}
    return {
        "causes": list(ended.causes),
        "hints": list(ended.hints),
        "changed": list(ended.changed[:_SHOWN]),
        "changed_count": len(ended.changed),
        "affected": None if ended.suites is None else list(ended.suites[:_SHOWN]),
        **counts,
        "failed_suites": list(ended.failed_suites),
        "errors": ended.errors,
        "passes": ended.passes,
        "converged": ended.has_converged,
        **{f"{stage}_ms": round(1000 * took, 1) for stage, took in ended.stages.items()},
    }
