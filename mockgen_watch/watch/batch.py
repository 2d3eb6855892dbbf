"""Takes a project as it is now; brings its outputs up to date once, whatever goes wrong."""

from __future__ import annotations

import time
import traceback
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from mockgen_watch.diagnostics import (
    Diagnostic,
    FindingsError,
    MockgenError,
    Severity,
    StorageError,
)
from mockgen_watch.lock.model import Action
from mockgen_watch.storage.specs import MovedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mockgen_watch.spec.project import Project
    from mockgen_watch.storage.scan import Scan
    from mockgen_watch.watch.resident import Resident
    from mockgen_watch.workflow.results import FileResult


class Tally(Struct):
    """One batch while it runs; see ``BatchEnded`` for what it comes to.

    Attributes:
        suites: those that were decided on; None: all.
        is_told: listeners know that it began.
        seen: output files that an earlier pass came to.
    """

    id: str
    causes: tuple[str, ...]
    hints: tuple[str, ...]
    changed: set[str] = field(default_factory=set)
    suites: set[str] | None = field(default_factory=set)
    stages: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    passes: int = 0
    is_told: bool = False
    has_converged: bool = False
    seen: set[str] = field(default_factory=set)

    def count(self, done: Pass) -> Iterator[FileResult]:
        """Count files and give those to tell of; what one pass did, a later one only keeps."""
        whole = self.suites is None or done.suites is None
        self.suites = None if whole else {*(self.suites or ()), *(done.suites or ())}
        for file in done.files:
            is_new = file.path not in self.seen
            self.seen.add(file.path)
            if is_new or file.action in {Action.CREATE, Action.UPDATE, Action.DELETE}:
                self.counts[file.action.value] = self.counts.get(file.action.value, 0) + 1
                if file.action is not Action.KEEP:
                    yield file

    def time(self, stage: str, seconds: float) -> None:
        """Add to the time that ``stage`` took."""
        self.stages[stage] = self.stages.get(stage, 0.0) + seconds


WRITE_FAILED = "MG510"
"""The code of an output that could not be written, which is tried again."""


class Pass(Struct, frozen=True, kw_only=True):
    """What one look at the project came to.

    Attributes:
        files: every output file that it came to.
        suites: those that it decided on; None: all.
        diagnostics: all that is wrong.
        failed_suites: those that keep their last good outputs.
        settings: of the project file; None when it could not be read.
        error: why the pass ended early; ``""`` when it did not.
        trace: of a defect of ours.
        has_moved: specs or outputs changed while it looked: look again at once.
        has_written: outputs or lockfiles are others now.
        must_retry: something could not be read or written; a while later it may be.
        is_stopped: the daemon was asked to end.
        stages: name → seconds.
    """

    files: tuple[FileResult, ...] = ()
    suites: frozenset[str] | None = frozenset()
    diagnostics: tuple[Diagnostic, ...] = ()
    failed_suites: tuple[str, ...] = ()
    settings: Project | None = None
    error: str = ""
    trace: str = ""
    has_moved: bool = False
    has_written: bool = False
    must_retry: bool = False
    is_stopped: bool = False
    stages: Mapping[str, float] = field(default_factory=dict)

    @property
    def errors(self) -> int:
        """Number of diagnostics of severity error."""
        return sum(found.severity is Severity.ERROR for found in self.diagnostics)


def run_scanned_pass(
    project: Resident, scan: Scan, outputs: str | None, should_stop: Callable[[], bool]
) -> Pass:
    """Bring the outputs up to date with ``scan``, which looked at the output folder ``outputs``."""
    began = time.perf_counter()
    try:
        project.note_scan(scan, outputs)
    except MovedError:
        return Pass(settings=project.settings, has_moved=True)
    except StorageError as error:
        project.forget()
        return Pass(settings=project.settings, error=str(error), must_retry=True)
    stages = {"read": time.perf_counter() - began}
    if project.unsettled is not None and not project.unsettled:
        found = project.lasting.with_others(())
        return Pass(settings=project.settings, diagnostics=found, stages=stages)
    done = run_pass(project, None, should_stop)
    return replace(done, stages={**stages, **done.stages})


def run_pass(
    project: Resident, acting: frozenset[str] | None, should_stop: Callable[[], bool]
) -> Pass:
    """Bring the outputs of the suites ``acting`` up to date; None: all that may not be.

    Whatever is raised becomes part of what is returned: the daemon goes on, and tries again.
    """
    stages: dict[str, float] = {}
    began = time.perf_counter()
    try:
        report = project.run(acting, should_stop)
        stages["generate"] = time.perf_counter() - began
    except MovedError:
        return Pass(settings=project.settings, has_moved=True, stages=stages)
    except FindingsError as error:
        return Pass(settings=project.settings, diagnostics=error.diagnostics, stages=stages)
    except MockgenError as error:
        return Pass(settings=project.settings, error=str(error), must_retry=True, stages=stages)
    except Exception as error:  # noqa: BLE001 - a defect must not end the daemon; it is told in full
        return Pass(
            settings=project.settings,
            error=f"unexpected {type(error).__name__}: {error}",
            trace=traceback.format_exc(),
            must_retry=True,
            stages=stages,
        )
    return Pass(
        files=report.files,
        suites=project.acted,
        diagnostics=project.lasting.with_others(report.diagnostics),
        failed_suites=report.failed_suites,
        settings=project.settings,
        has_moved=report.has_moved,
        has_written=report.has_written,
        must_retry=any(found.code == WRITE_FAILED for found in report.diagnostics),
        is_stopped=report.is_stopped,
        stages=stages,
    )
