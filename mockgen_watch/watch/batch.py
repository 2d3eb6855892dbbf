"""Takes a project as it is now; brings its outputs up to date once, whatever goes wrong."""

from __future__ import annotations

import os
import time
import traceback
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Severity
from mockgen_watch.errors import FindingsError, MockgenError, StorageError
from mockgen_watch.lock.model import Action
from mockgen_watch.storage.project_folder import SPECS
from mockgen_watch.storage.scan import Scan
from mockgen_watch.storage.specs import MovedError
from mockgen_watch.watch.events import BatchEnded, BatchStarted, OutputWritten
from mockgen_watch.watch.resident import Known
from mockgen_watch.watch.watching import STORM_FILES, STORM_REST, is_storm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from typing import Final

    from mockgen_watch.spec.project import Project
    from mockgen_watch.watch.events import Stream
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


MOST_PASSES: Final = 50
SHOWN_HINTS: Final = 20


class Worker:
    """Works on one project.

    Attributes:
        project: what is remembered of it.
        known: what is wrong at present.
        known_scan: the project as it was when its outputs were last known to be right.
        must_look: the next batch passes over the project, whether anything moved or not.
        outputs: the output folder, relative to the project; None when it is not known yet.
        settings: what the project file said when it was last read.
        batches: number of batches that began.
        last: how the last one ended.
    """

    def __init__(
        self,
        root: Path,
        project: Resident,
        stream: Stream,
        *,
        look: Callable[[], Scan],
        outlast: Callable[[Scan, float], Scan],
        should_stop: Callable[[], bool],
        has_fixpoint: bool,
    ) -> None:
        """Prepare to work.

        Args:
            root: the project folder.
            project: see above.
            stream: who listens.
            look: scans the project.
            outlast: gives a scan after specs stood still for so many seconds.
            should_stop: asked before each file.
            has_fixpoint: see ``Safeguards``.
        """
        self.project = project
        self.known = Known()
        self.known_scan = Scan()
        self.must_look = True
        self.outputs: str | None = None
        self.settings: Project | None = None
        self.batches = 0
        self.last: BatchEnded | None = None
        self._root = root
        self._stream = stream
        self._look = look
        self._outlast = outlast
        self._should_stop = should_stop
        self._has_fixpoint = has_fixpoint

    def forget(self) -> None:
        """Look at everything anew in the next batch."""
        self.project.forget()
        self.must_look = True

    def run(self, causes: tuple[str, ...], hints: tuple[str, ...]) -> bool:
        """Bring the outputs up to date; return whether that has to be tried again."""
        batch = Tally(id=f"{os.getpid()}-{self.batches + 1}", causes=causes, hints=hints)
        self._run_ahead(batch)
        if self._has_fixpoint or not batch.passes:
            return self._run_passes(batch)
        return self._end(batch, has_failed=False)

    def _begin(self, batch: Tally) -> None:
        """Tell that ``batch`` has something to do."""
        if not batch.is_told:
            batch.is_told = True
            self.batches += 1
            hints = batch.hints[:SHOWN_HINTS]
            self._stream.tell(BatchStarted(batch=batch.id, causes=batch.causes, hints=hints))

    def _run_ahead(self, batch: Tally) -> None:
        """Make what the hinted specs decide before all is scanned, which takes far longer.

        What this sees is no more than a beginning: the scan that follows decides.
        """
        if len(batch.hints) >= STORM_FILES:
            return
        began = time.perf_counter()
        changed = self.project.changed_at(batch.hints)
        batch.time("read", time.perf_counter() - began)
        acting = self.project.affected(changed) if changed else frozenset()
        if acting:
            batch.changed.update(changed)
            self._begin(batch)
            batch.passes += 1
            self._take(batch, run_pass(self.project, acting, self._should_stop))

    def _run_passes(self, batch: Tally) -> bool:
        has_failed = False
        before = self.known_scan
        while batch.passes < MOST_PASSES:
            scan, outputs = self._scan_for(batch, before), self.outputs
            before = scan
            is_still = scan.is_same(self.known_scan) and not scan.is_racy
            if is_still and not batch.passes and not self.must_look:
                return False
            if self.batches:
                batch.changed.update(scan.moved_specs(self.known_scan))
            self._begin(batch)
            batch.passes += 1
            done = self._pass(batch, scan, outputs)
            self.known_scan = scan
            has_failed = done.must_retry
            # A young file may have changed behind its stamp, so that looking once is not enough.
            has_moved = done.has_written or done.has_moved or scan.is_racy
            is_over = not has_moved and outputs == self.outputs
            batch.has_converged = is_over and not has_failed and not done.is_stopped
            if is_over or has_failed or done.is_stopped or not self._has_fixpoint:
                break
        return self._end(batch, has_failed=has_failed)

    def _end(self, batch: Tally, *, has_failed: bool) -> bool:
        self.must_look = not batch.has_converged and self._has_fixpoint
        self._tell_end(batch)
        return has_failed or self.must_look

    def _scan_for(self, batch: Tally, before: Scan) -> Scan:
        """Scan; in a storm, wait for its end: what is made before that is made in vain."""
        began = time.perf_counter()
        scan = self._look()
        if is_storm(before, scan, is_recent=batch.passes > 0):
            scan = self._outlast(scan, STORM_REST if batch.passes else 0.0)
        batch.time("scan", time.perf_counter() - began)
        return scan

    def _pass(self, batch: Tally, scan: Scan, outputs: str | None) -> Pass:
        """Bring up to date what ``scan``, which looked at the folder ``outputs``, shows to move."""
        if scan.has_specs:
            done = run_scanned_pass(self.project, scan, outputs, self._should_stop)
        else:
            # What a parent folder's specs/ says is not ours to make, so nothing is asked.
            self.project.forget()
            done = Pass(error=f"there is no folder {SPECS}/ in {self._root}; outputs stay")
        self._take(batch, done)
        for happening in self.known.update(batch.id, done):
            self._stream.tell(happening)
        return done

    def _take(self, batch: Tally, done: Pass) -> None:
        """Take in what a pass has done, and tell of the files that it came to."""
        for stage, seconds in done.stages.items():
            batch.time(stage, seconds)
        if done.settings is not None:
            self.outputs = done.settings.outputs
            self.settings = done.settings
        for file in batch.count(done):
            self._stream.tell(
                OutputWritten(
                    batch=batch.id,
                    path=file.path,
                    action=file.action,
                    reason=file.reason,
                    records=file.records,
                )
            )

    def _tell_end(self, batch: Tally) -> None:
        self.last = BatchEnded(
            batch=batch.id,
            causes=batch.causes,
            hints=batch.hints[:SHOWN_HINTS],
            changed=tuple(sorted(batch.changed)),
            suites=None if batch.suites is None else tuple(sorted(batch.suites)),
            counts=batch.counts,
            failed_suites=self.known.failed_suites,
            errors=self.known.errors,
            passes=batch.passes,
            has_converged=batch.has_converged,
            stages=batch.stages,
        )
        self._stream.tell(self.last)
