"""Takes causes and hints of a batch; brings the project up to date, pass by pass, and tells of it.

A batch ends with a scan that leaves nothing to write. What moved until then is taken in by it.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from mockgen_watch.storage.project_folder import SPECS
from mockgen_watch.storage.scan import Scan
from mockgen_watch.watch.batch import Pass, Tally, run_pass, run_scanned_pass
from mockgen_watch.watch.events import BatchEnded, BatchStarted, OutputWritten
from mockgen_watch.watch.resident import Known
from mockgen_watch.watch.watching import STORM_FILES, STORM_REST, is_storm

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Final

    from mockgen_watch.spec.project import Project
    from mockgen_watch.watch.events import Stream
    from mockgen_watch.watch.resident import Resident

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
