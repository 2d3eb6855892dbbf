"""Takes what happens in the daemon; gives one log line a batch, and one for each failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Severity
from mockgen_watch.lock.snapshot import Action
from mockgen_watch.observe.logs import Level, bound
from mockgen_watch.watch.stream import (
    BatchEnded,
    BatchFailed,
    BatchStarted,
    DiagnosticCleared,
    DiagnosticRaised,
    EventsMissed,
    GitHeld,
    OutputWritten,
    Started,
    Stopped,
    WatchChanged,
)

if TYPE_CHECKING:
    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.observe.logs import Log
    from mockgen_watch.watch.stream import Happening

_SHOWN = 20
"""Paths of a list that a line names; the count tells of the rest."""
_LEVELS = {
    Severity.ERROR: Level.ERROR,
    Severity.WARNING: Level.WARNING,
    Severity.NOTE: Level.INFO,
}


class LogTeller:
    """Listens to the stream and writes to a log."""

    def __init__(self, log: Log) -> None:
        """Write to ``log``."""
        self.log = log

    def __call__(self, happening: Happening) -> None:
        """Write the line that ``happening`` is worth, if it is worth one."""
        log = self.log
        match happening:
            case Started():
                log.info("watch.started", project=happening.project, process=happening.process)
            case Stopped():
                log.info("watch.stopped", reason=happening.reason)
            case WatchChanged(mode="polling"):
                log.warning("watch.polling", reason=happening.reason, **happening.fields)
            case WatchChanged():
                log.info("watch.events", reason=happening.reason, **happening.fields)
            case EventsMissed():
                paths = list(happening.paths[:_SHOWN])
                log.warning("watch.missed_event", times=happening.count, paths=paths)
            case GitHeld(is_over=True):
                log.warning("watch.git_overrun", blocker=happening.blocker)
            case GitHeld():
                log.debug("watch.git_held", blocker=happening.blocker)
            case _:
                with bound(batch=happening.batch):
                    self._of_batch(happening)

    def _of_batch(
        self,
        happening: (
            BatchStarted
            | BatchEnded
            | BatchFailed
            | OutputWritten
            | DiagnosticRaised
            | DiagnosticCleared
        ),
    ) -> None:
        log = self.log
        match happening:
            case BatchStarted():
                log.debug(
                    "batch.started", causes=list(happening.causes), hints=list(happening.hints)
                )
            case BatchEnded():
                log.info("batch", **_batch_fields(happening))
            case BatchFailed():
                log.error("batch.failed", error=happening.error, trace=happening.trace)
            case OutputWritten(action=Action.REFUSE):
                log.warning("output.refuse", path=happening.path, reason=happening.reason.value)
            case OutputWritten():
                log.debug(
                    "output",
                    action=happening.action.value,
                    path=happening.path,
                    records=happening.records,
                    reason=happening.reason.value,
                )
            case DiagnosticRaised():
                self._finding("diagnostic", happening.diagnostic)
            case DiagnosticCleared():
                found = happening.diagnostic
                log.info("diagnostic.cleared", code=found.code, location=str(found.location))

    def _finding(self, event: str, found: Diagnostic) -> None:
        fields = {
            "code": found.code,
            "location": str(found.location),
            "message": found.message,
            "hint": found.hint,
        }
        tell = {
            Level.ERROR: self.log.error,
            Level.WARNING: self.log.warning,
            Level.INFO: self.log.info,
        }
        tell[_LEVELS[found.severity]](event, **fields)


def _batch_fields(ended: BatchEnded) -> dict[str, object]:
    fields: dict[str, object] = {
        "causes": list(ended.causes),
        "hints": list(ended.hints),
        "changed": list(ended.changed[:_SHOWN]),
        "changed_count": len(ended.changed),
        "affected": None if ended.suites is None else list(ended.suites[:_SHOWN]),
    }
    for action in Action:
        fields[action.value] = ended.counts.get(action.value, 0)
    fields |= {
        "failed_suites": list(ended.failed_suites),
        "errors": ended.errors,
        "passes": ended.passes,
        "converged": ended.has_converged,
    }
    for stage, seconds in ended.stages.items():
        fields[f"{stage}_ms"] = round(1000 * seconds, 1)
    return fields
