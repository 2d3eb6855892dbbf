"""Events of the daemon: what it publishes to metrics, to a terminal and to its log.

``Problems`` and ``Batch`` add up what passes come to, from which events follow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, field

from mockgen_watch.diagnostics import Diagnostic, Severity
from mockgen_watch.lock.model import Action
from mockgen_watch.observe import Log, bound
from mockgen_watch.workflow.generate import FileResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mockgen_watch.watch.resident import Pass


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


class Checked(Struct, frozen=True, kw_only=True):
    """Specs and outputs are as they were when the last batch ended."""


class BatchStarted(Struct, frozen=True, kw_only=True):
    """Outputs are being brought up to date.

    Attributes:
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
        changed: spec files that moved since the last batch.
        suites: those that were looked at; None: all.
        counts: of output files, by what became of them.
        failed_suites: those that keep their last good outputs.
        errors: diagnostics of severity error that hold now.
        passes: how often it had to look.
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
DaemonEvent: TypeAlias = (
    Started | Stopped | WatchChanged | EventsMissed | GitHeld | Checked | BatchEvent
)


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


class Problems:
    """What is wrong at present.

    Attributes:
        diagnostics: of the last pass over everything that came to its end.
        error: why the last pass did not; ``""`` when it did.
        failed_suites: those that keep their last good outputs.
    """

    def __init__(self) -> None:
        self.diagnostics: dict[Diagnostic, None] = {}
        self.error = ""
        self.failed_suites: tuple[str, ...] = ()

    @property
    def errors(self) -> int:
        """Number of diagnostics of severity error, and of passes that cannot go on."""
        found = sum(one.severity is Severity.ERROR for one in self.diagnostics)
        return found + bool(self.error)

    def update(self, batch: str, done: Pass) -> Iterator[DaemonEvent]:
        """Take over what is wrong after a pass; yield what is new and what is wrong no more."""
        if done.report.has_moved or done.report.is_stopped:
            return
        if done.error:
            if done.error != self.error:
                yield BatchFailed(batch=batch, error=done.error, trace=done.trace)
            self.error = done.error
            return
        self.error = ""
        self.failed_suites = done.report.failed_suites
        before, self.diagnostics = self.diagnostics, dict.fromkeys(done.report.diagnostics)
        for found in before:
            if found not in self.diagnostics:
                yield DiagnosticCleared(batch=batch, diagnostic=found)
        for found in self.diagnostics:
            if found not in before:
                yield DiagnosticRaised(batch=batch, diagnostic=found)


class Batch:
    """One batch while it runs; see ``BatchEnded`` for what it comes to."""

    def __init__(self, name: str, causes: tuple[str, ...], hints: tuple[str, ...]) -> None:
        self.id = name
        self.causes = causes
        self.hints = hints
        self.changed: set[str] = set()
        self.passes = 0
        self.has_converged = False
        self._suites: set[str] | None = set()
        self._counts: dict[str, int] = {}
        self._stages: dict[str, float] = {}
        self._seen: set[str] = set()

    def add(self, done: Pass) -> Iterator[FileResult]:
        """Count a pass; yield the files that it changed or left edited.

        A file that an earlier pass came to and this one keeps is counted once.
        """
        for stage, seconds in done.stages.items():
            self.time(stage, seconds)
        is_whole = self._suites is None or done.suites is None
        self._suites = None if is_whole else {*(self._suites or ()), *(done.suites or ())}
        for file in done.report.files:
            is_new = file.path not in self._seen
            self._seen.add(file.path)
            if is_new or file.action in {Action.CREATE, Action.UPDATE, Action.DELETE}:
                self._counts[file.action.value] = self._counts.get(file.action.value, 0) + 1
                if file.action is not Action.KEEP:
                    yield file

    def time(self, stage: str, seconds: float) -> None:
        """Add to the time that ``stage`` took."""
        self._stages[stage] = self._stages.get(stage, 0.0) + seconds

    def started(self) -> BatchStarted:
        return BatchStarted(batch=self.id, causes=self.causes, hints=self.hints[:_SHOWN])

    def ended(self, problems: Problems) -> BatchEnded:
        """Return how it ended, with these ``problems`` left."""
        return BatchEnded(
            batch=self.id,
            causes=self.causes,
            hints=self.hints[:_SHOWN],
            changed=tuple(sorted(self.changed)),
            suites=None if self._suites is None else tuple(sorted(self._suites)),
            counts=self._counts,
            failed_suites=problems.failed_suites,
            errors=problems.errors,
            passes=self.passes,
            has_converged=self.has_converged,
            stages=self._stages,
        )


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
            case Checked():
                pass  # every other second, and no news
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
            case DiagnosticRaised(diagnostic=found):
                self._log_diagnostic(found)
            case DiagnosticCleared(diagnostic=found):
                place = str(found.location)
                log.info(
                    "diagnostic.cleared", code=found.code, location=place, message=found.message
                )

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
