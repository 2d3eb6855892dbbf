"""Takes a project; keeps its outputs right until it is told to stop.

Events wake, scans decide, digests prove: an event only says that it is worth looking; what moved
is what two scans tell; what has to be written follows from the bytes alone.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final

from mockgen_watch.dataclass import dataclass
from mockgen_watch.storage.git import SPECS
from mockgen_watch.storage.project_lock import DAEMON, ProjectLock
from mockgen_watch.storage.scan import ENDINGS, Scan, scan_project
from mockgen_watch.storage.state import StateFolder
from mockgen_watch.watch.batch import Pass, run_pass, run_scanned_pass
from mockgen_watch.watch.gate import PAUSE, Gate, Verdict, find_blocker
from mockgen_watch.watch.known import Known
from mockgen_watch.watch.observer import EventObserver
from mockgen_watch.watch.requests import RELOAD, STATUS, STOP, SYNC, Desk, Question
from mockgen_watch.watch.resident import Resident
from mockgen_watch.watch.schedule import Schedule, What
from mockgen_watch.watch.storm import (
    LONGEST_STORM,
    QUIET_LOOKS,
    STORM_FILES,
    STORM_LOOK,
    is_storm,
)
from mockgen_watch.watch.stream import (
    BatchEnded,
    BatchStarted,
    GitHeld,
    OutputWritten,
    Started,
    Stopped,
    Stream,
)
from mockgen_watch.watch.tally import Tally
from mockgen_watch.watch.waker import Waker
from mockgen_watch.watch.watching import Watching

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from mockgen_watch.spec.project import Project
    from mockgen_watch.watch.observer import ProjectObserver
    from mockgen_watch.watch.waker import Bell

MOST_PASSES: Final = 50
LOCK_WAIT: Final = 1.0
"""Seconds to wait for the daemon's lock: a client that only asks holds it for a moment."""
SHOWN_HINTS: Final = 20
REQUEST_PERIOD: Final = 2.0
"""Seconds after which requests are looked for though no event told of one."""
POLLED_REQUEST_PERIOD: Final = 0.25
STOP_LOOKS: Final = 0.1
"""Seconds between two looks for a request to stop while files are made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Safeguards:
    """What makes the outputs right although events get lost. Only tests switch one off.

    Attributes:
        audits: scans without an event.
        identity: whether ``specs/`` is still the folder that is watched.
        fixpoint: after each pass, look whether anything moved meanwhile.
    """

    audits: bool = True
    identity: bool = True
    fixpoint: bool = True


class Daemon:
    """Watches one project.

    Attributes:
        root: the project folder.
        state: its state folder.
        project: what is remembered of it.
        stream: tells what happens.
        watching: how changes are noticed.
        known_scan: the project as it was when its outputs were last known to be right.
    """

    def __init__(
        self,
        root: Path,
        *,
        profile: str | None = None,
        stream: Stream | None = None,
        observer: Callable[[], ProjectObserver] | None = None,
        safeguards: Safeguards | None = None,
        clock: Callable[[], float] = time.monotonic,
        waker: Bell | None = None,
    ) -> None:
        """Prepare; ``run`` begins.

        Args:
            root: the project folder.
            profile: of the project file.
            stream: who listens.
            observer: makes what notices changes.
            safeguards: see ``Safeguards``.
            clock: seconds since some moment.
            waker: ends waits; a test's own lets ``clock`` jump.
        """
        self.root = root.resolve()
        self.state = StateFolder.of(self.root)
        self.project = Resident(root=self.root, state=self.state, profile=profile)
        self.stream = stream or Stream()
        self.waker: Bell = waker or Waker()
        self.safeguards = safeguards or Safeguards()
        self.is_stopping = ""
        self._clock = clock
        self.watching = Watching(
            self.root,
            observer or self._event_observer,
            self.stream,
            checks_identity=self.safeguards.identity,
        )
        self.known = Known()
        self.schedule = Schedule(clock(), has_audits=self.safeguards.audits)
        self.gate = Gate()
        self._desk: Desk | None = None
        self._syncs: list[Question] = []
        self.known_scan = Scan()
        self._outputs: str | None = None
        self._next_look = 0.0
        self._next_stop_look = 0.0
        self._needs_pass = True
        self._must_forget = False
        self.batches = 0
        self.last: BatchEnded | None = None
        self.settings: Project | None = None
        self.on_status: Callable[[], Mapping[str, object]] = self.summary
        self.on_reload: Callable[[Mapping[str, object]], object] = bool

    def run(self, *, once: bool = False) -> None:
        """Watch until ``stop`` is called; with ``once`` until the outputs are right.

        Raises:
            LockedError: another daemon watches this project.
            StorageError: the state folder cannot be written.
        """
        with ProjectLock(self.state, DAEMON, holder="mockgen-watch watch", timeout=LOCK_WAIT):
            self._desk = Desk(self.state)
            self.stream.tell(Started(project=str(self.root), process=os.getpid()))
            try:
                self.begin(with_events=not once)
                while not self.is_stopping and not (once and self.batches):
                    self.step()
            finally:
                self.watching.stop()
                self.waker.close()
                self.project.save()
                self.stream.tell(Stopped(reason=self.is_stopping or "done"))

    def begin(self, *, with_events: bool = True) -> None:
        """Start to watch, and want a first batch; ``run`` does this."""
        now = self._clock()
        self.known_scan = scan_project(self.root, None)
        if with_events:
            self.watching.start(self.known_scan, now)
            self._follow_mode(now)
        self.schedule.ask(now, "start")

    def stop(self, reason: str) -> None:
        """End after the file in hand. May be called from a signal handler."""
        self.is_stopping = reason
        self.waker.ring()

    def reload(self) -> None:
        """Read everything again, as after a change. May be called from a signal handler."""
        self._needs_pass = self._must_forget = True
        self.schedule.ask(self._clock(), "signal")
        self.waker.ring()

    def step(self) -> None:
        """Do the next thing, or wait for it."""
        now = self._clock()
        self._take_events(now)
        self._take_requests(now)
        due_at = self.watching.due_at
        if due_at is not None and due_at <= now:
            self.watching.check(now, self.known_scan)
            self._follow_mode(now)
        due = self.schedule.next(now)
        if due.what is What.WAIT:
            ends = [due.at, self._next_look, *([due_at] if due_at is not None else [])]
            self.waker.wait(min(ends) - self._clock())
        elif due.what is What.AUDIT:
            self._audit(now)
        else:
            self._begin_batch(now)

    # Waking ---------------------------------------------------------------------------------

    def _event_observer(self) -> ProjectObserver:
        also = [self._desk.folder] if self._desk is not None else []
        return EventObserver(self.root, also, self.waker.ring)

    def _follow_mode(self, now: float) -> None:
        if self.watching.is_polling and not self.schedule.is_polling:
            self.schedule.poll(now)

    def _take_events(self, now: float) -> None:
        hints = []
        is_relevant = False
        for path, is_folder in self.watching.take():
            told = self._is_relevant(path, is_folder=is_folder)
            is_relevant = is_relevant or told
            if told:
                hints.append(path)
        if is_relevant:
            self.schedule.note_event(now, hints)

    def _is_relevant(self, path: str, *, is_folder: bool) -> bool:
        """Tell whether a path that an event named can matter to the outputs."""
        if path == SPECS:
            return is_folder
        if path.startswith(f"{SPECS}/"):
            inner = path.removeprefix(f"{SPECS}/")
            is_hidden = inner.startswith(".") or "/." in inner
            return not is_hidden and (is_folder or inner.endswith(ENDINGS))
        # The output folder itself is not watched; that it has gone is seen from above it.
        return path == self._outputs and not os.path.isdir(self.root / path)

    def _take_requests(self, now: float) -> None:
        period = POLLED_REQUEST_PERIOD if self.watching.is_polling else REQUEST_PERIOD
        self._next_look = now + period
        if self._desk is None:
            return
        for question in self._desk.take():
            if question.kind == SYNC:
                self._syncs.append(question)
                self.schedule.ask(now, "sync")
            elif question.kind == RELOAD:
                self.on_reload(question.details)
                self._needs_pass = self._must_forget = True
                self._syncs.append(question)
                self.schedule.ask(now, "reload")
            elif question.kind == STATUS:
                self._answer(question, self.on_status())
            elif question.kind == STOP:
                self._answer(question, {"stopping": True})
                self.stop("request")

    # Looking --------------------------------------------------------------------------------

    def _look(self, now: float) -> Scan:
        """Scan; watch another folder where ``specs/`` has become one."""
        began = time.perf_counter()
        scan = scan_project(self.root, self._outputs)
        self.schedule.end_audit(self._clock(), time.perf_counter() - began)
        if self.watching.follow(scan, now):
            self._follow_mode(now)
            # What changed between the scan and the first watch is seen only now.
            scan = scan_project(self.root, self._outputs)
        return scan

    def _audit(self, now: float) -> None:
        scan = self._look(now)
        if scan.is_same(self.known_scan):
            self.project.save()
            return
        self._take_events(now)
        silent = set(scan.told_by_events(self.known_scan)) - set(self.schedule.hints)
        self.watching.suspect(silent, now)
        self.schedule.note_event(now, cause="audit")

    # Working --------------------------------------------------------------------------------

    def _begin_batch(self, now: float) -> None:
        blocker = find_blocker(self.root)
        verdict = self.gate.decide(now, blocker)
        if verdict is Verdict.HOLD:
            if self.gate.held_since == now:
                self.stream.tell(GitHeld(blocker=blocker or "", is_over=False))
            self.schedule.hold(now + PAUSE)
            return
        if verdict is Verdict.OVERRUN:
            self.stream.tell(GitHeld(blocker=blocker or "", is_over=True))
        self._batch(now)

    def _batch(self, now: float) -> None:
        causes, hints, _ = self.schedule.begin_batch()
        syncs, self._syncs = self._syncs, []
        if self._must_forget:
            self._must_forget = False
            self.project.forget()
        batch = Tally(id=f"{os.getpid()}-{self.batches + 1}", causes=causes, hints=hints)
        self._run_ahead(batch)
        if self.safeguards.fixpoint or not batch.passes:
            self._run_passes(batch, now)
        else:
            self._end(batch, has_failed=False)
        for question in syncs:
            self._answer(question, self.summary())

    def _begin(self, batch: Tally) -> None:
        """Tell that ``batch`` has something to do."""
        if not batch.is_told:
            batch.is_told = True
            self.batches += 1
            hints = batch.hints[:SHOWN_HINTS]
            self.stream.tell(BatchStarted(batch=batch.id, causes=batch.causes, hints=hints))

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

    def _run_passes(self, batch: Tally, now: float) -> None:
        has_failed = False
        before = self.known_scan
        while batch.passes < MOST_PASSES:
            scan, outputs = self._scan_for(batch, now, before), self._outputs
            before = scan
            is_still = scan.is_same(self.known_scan) and not scan.is_racy
            if is_still and not batch.passes and not self._needs_pass:
                self.schedule.end_batch(self._clock(), has_failed=False)
                return
            if self.batches:
                batch.changed.update(scan.moved_specs(self.known_scan))
            self._begin(batch)
            batch.passes += 1
            done = self._pass(batch, scan, outputs)
            self.known_scan = scan
            has_failed = done.must_retry
            # A young file may have changed behind its stamp, so that looking once is not enough.
            has_moved = done.has_written or done.has_moved or scan.is_racy
            is_over = not has_moved and outputs == self._outputs
            batch.has_converged = is_over and not has_failed and not done.is_stopped
            if is_over or has_failed or done.is_stopped or not self.safeguards.fixpoint:
                break
        self._end(batch, has_failed=has_failed)

    def _end(self, batch: Tally, *, has_failed: bool) -> None:
        self._needs_pass = not batch.has_converged and self.safeguards.fixpoint
        self.schedule.end_batch(
            self._clock(), has_failed=has_failed or (self._needs_pass and not self.is_stopping)
        )
        self._tell_end(batch)

    def _scan_for(self, batch: Tally, now: float, before: Scan) -> Scan:
        """Scan; in a storm, wait for its end: what is made before that is made in vain."""
        began = time.perf_counter()
        scan = self._look(now)
        if is_storm(before, scan, is_recent=batch.passes > 0):
            scan = self._outlast_storm(scan, 1 if not batch.passes else QUIET_LOOKS)
        batch.time("scan", time.perf_counter() - began)
        return scan

    def _outlast_storm(self, scan: Scan, looks: int) -> Scan:
        """Return the scan after which specs stood still for ``looks`` looks, or time is up."""
        end, quiet = self._clock() + LONGEST_STORM, 0
        while quiet < looks and self._clock() < end and not self.is_stopping:
            self.waker.pause(STORM_LOOK)
            self._take_events(self._clock())
            self._take_requests(self._clock())
            before, scan = scan, self._look(self._clock())
            has_moved = bool(scan.moved_specs(before))
            quiet, looks = (0, QUIET_LOOKS) if has_moved else (quiet + 1, looks)
        return scan

    def _pass(self, batch: Tally, scan: Scan, outputs: str | None) -> Pass:
        """Bring up to date what ``scan``, which looked at the folder ``outputs``, shows to move."""
        if scan.has_specs:
            done = run_scanned_pass(self.project, scan, outputs, self._should_stop)
        else:
            # What a parent folder's specs/ says is not ours to make, so nothing is asked.
            self.project.forget()
            done = Pass(error=f"there is no folder {SPECS}/ in {self.root}; outputs stay")
        self._take(batch, done)
        for happening in self.known.update(batch.id, done):
            self.stream.tell(happening)
        return done

    def _take(self, batch: Tally, done: Pass) -> None:
        """Take in what a pass has done, and tell of the files that it came to."""
        for stage, seconds in done.stages.items():
            batch.time(stage, seconds)
        if done.settings is not None:
            self._outputs = done.settings.outputs
            self.settings = done.settings
        for file in batch.count(done):
            self.stream.tell(
                OutputWritten(
                    batch=batch.id,
                    path=file.path,
                    action=file.action,
                    reason=file.reason,
                    records=file.records,
                )
            )

    def _should_stop(self) -> bool:
        now = self._clock()
        if not self.is_stopping and self._desk is not None and now >= self._next_stop_look:
            self._next_stop_look = now + STOP_LOOKS
            self._take_requests(now)
        return bool(self.is_stopping)

    # Telling --------------------------------------------------------------------------------

    def summary(self) -> dict[str, object]:
        """Return how the last batch ended, for who waits for it."""
        last = self.last
        return {
            "batch": last.batch if last else "",
            "converged": last is not None and last.has_converged,
            "errors": self.known.errors,
            "error": self.known.error,
            "failed_suites": list(self.known.failed_suites),
            "diagnostics": [str(found) for found in self.known.diagnostics],
        }

    def _answer(self, question: Question, answer: Mapping[str, object]) -> None:
        if self._desk is not None:
            self._desk.answer(question, answer)

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
        self.stream.tell(self.last)
