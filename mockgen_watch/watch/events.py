"""Takes what happens in the daemon; gives one log line a batch, and one for each failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from mockgen_watch.diagnostics import Severity
from mockgen_watch.lock.model import Action
from mockgen_watch.observe.log import Level, bound

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.lock.model import Reason
    from mockgen_watch.observe.log import Log


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
    """A change was found of which no event told."""

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
    path: str
    action: Action
    reason: Reason
    records: int


class DiagnosticRaised(Struct, frozen=True, kw_only=True):
    """Something is wrong that was not wrong, or not known, before."""

    batch: str
    diagnostic: Diagnostic


class DiagnosticCleared(Struct, frozen=True, kw_only=True):
    """What was wrong is so no more."""

    batch: str
    diagnostic: Diagnostic


class BatchFailed(Struct, frozen=True, kw_only=True):
    """A batch could not go on; it is tried again. ``trace`` is there for a defect of ours."""

    batch: str
    error: str
    trace: str = ""


class BatchEnded(Struct, frozen=True, kw_only=True):
    """Outputs are as the specs say, as far as the specs are valid.

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


Happening: TypeAlias = (
    Started
    | Stopped
    | WatchChanged
    | EventsMissed
    | GitHeld
    | BatchStarted
    | OutputWritten
    | DiagnosticRaised
    | DiagnosticCleared
    | BatchFailed
    | BatchEnded
)


class Stream:
    """Passes what happens on to its listeners."""

    def __init__(self) -> None:
        """Begin without listeners."""
        self._listeners: list[Callable[[Happening], None]] = []

    def subscribe(self, listener: Callable[[Happening], None]) -> None:
        """Call ``listener`` with everything that happens from now on."""
        self._listeners.append(listener)

    def tell(self, happening: Happening) -> None:
        """Tell all listeners."""
        for listener in self._listeners:
            listener(happening)


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
