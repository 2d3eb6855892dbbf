"""Batches: the passes over a project that bring its outputs up to date, and what they come to."""

from __future__ import annotations

import time
import traceback
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Severity
from mockgen_watch.errors import FindingsError, MockgenError
from mockgen_watch.lock.model import Action
from mockgen_watch.storage.specs import MovedError
from mockgen_watch.watch.events import (
    BatchEnded,
    BatchFailed,
    DaemonEvent,
    DiagnosticCleared,
    DiagnosticRaised,
)
from mockgen_watch.workflow.generate import FileResult, Report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mockgen_watch.storage.scan import Scan
    from mockgen_watch.watch.resident import Resident

SHOWN_HINTS: Final = 20
WRITE_FAILED: Final = "MG510"
"""The code of an output that could not be written, which is retried."""

_NOTHING: Final = Report(files=(), diagnostics=())


class Pass(Struct, frozen=True, kw_only=True):
    """What one look at the project came to.

    Attributes:
        report: of the run; its diagnostics are all that is wrong now.
        suites: those that it decided on; None: all.
        error: why it ended early; ``""`` when it did not.
        trace: of a defect of ours.
        must_retry: something could not be read or written; a while later it may be.
        stages: name → seconds.
    """

    report: Report = _NOTHING
    suites: frozenset[str] | None = frozenset()
    error: str = ""
    trace: str = ""
    must_retry: bool = False
    stages: Mapping[str, float] = field(default_factory=dict)


def run_pass(
    project: Resident,
    should_stop: Callable[[], bool],
    *,
    acting: frozenset[str] | None = None,
    scan: Scan | None = None,
) -> Pass:
    """Bring the outputs of the suites ``acting`` up to date; None: all that may not be.

    ``scan`` is looked at first; where it shows that nothing moved, that is all. Whatever is raised
    becomes part of what is returned: the daemon goes on, and retries.
    """
    stages: dict[str, float] = {}
    began = time.perf_counter()
    try:
        if scan is not None:
            project.note_scan(scan)
            stages["read"] = time.perf_counter() - began
            if project.unsettled is not None and not project.unsettled:
                return Pass(report=project.warnings.added_to(_NOTHING), stages=stages)
        began = time.perf_counter()
        report = project.run(acting, should_stop)
        stages["generate"] = time.perf_counter() - began
    except MovedError:
        return Pass(report=replace(_NOTHING, has_moved=True), stages=stages)
    except FindingsError as error:
        return Pass(report=replace(_NOTHING, diagnostics=error.diagnostics), stages=stages)
    except MockgenError as error:
        project.forget()
        return Pass(error=str(error), must_retry=True, stages=stages)
    except Exception as error:  # noqa: BLE001 - a defect must not end the daemon; it is logged
        return Pass(
            error=f"unexpected {type(error).__name__}: {error}",
            trace=traceback.format_exc(),
            must_retry=True,
            stages=stages,
        )
    return Pass(
        report=project.warnings.added_to(report),
        suites=project.acted,
        must_retry=any(found.code == WRITE_FAILED for found in report.diagnostics),
        stages=stages,
    )


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

    def ended(self, problems: Problems) -> BatchEnded:
        """Return how it ended, with these ``problems`` left."""
        return BatchEnded(
            batch=self.id,
            causes=self.causes,
            hints=self.hints[:SHOWN_HINTS],
            changed=tuple(sorted(self.changed)),
            suites=None if self._suites is None else tuple(sorted(self._suites)),
            counts=self._counts,
            failed_suites=problems.failed_suites,
            errors=problems.errors,
            passes=self.passes,
            has_converged=self.has_converged,
            stages=self._stages,
        )
