"""Daemon: keeps the outputs of a project right until it is stopped.

Events wake, scans decide, digests prove: an event only says that it is worth looking; two scans
show what moved; what has to be written follows from the bytes alone. A batch ends with a scan that
leaves nothing to write, and includes whatever moved until then.
"""

from __future__ import annotations

import gc
import os
import threading
import time
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from mockgen_watch.errors import StorageError
from mockgen_watch.spec import SPECS
from mockgen_watch.storage.project_folder import DAEMON, ProjectLock, StateFolder
from mockgen_watch.storage.scan import ENDINGS, CalledOffError, Scan, never, scan_project
from mockgen_watch.watch import events, schedule, watching
from mockgen_watch.watch.requests import RELOAD, STATUS, STOP, SYNC, Inbox, Question
from mockgen_watch.watch.resident import Pass, Resident, run_pass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from mockgen_watch.spec.build.project import Project


LOCK_WAIT: Final = 1.0
"""Seconds to wait for the daemon's lock: a client that only asks holds it for a moment."""
REQUEST_PERIOD: Final = 2.0
"""Seconds after which requests are looked for without an event."""
POLLED_REQUEST_PERIOD: Final = 0.25
SAVE_PERIOD: Final = 300.0
"""Seconds between two times that stamps are written for later processes."""
MOST_CALLED_OFF: Final = 5
"""Audits in a row that an event may call off."""
MOST_PASSES: Final = 50
"""Passes of one batch, however long the project goes on moving."""
STOP_LOOKS: Final = 0.1
"""Seconds between two looks for a request to stop while files are made."""


class InterruptedDaemonError(BaseException):
    """The daemon is to end at once; no handler of usual errors takes it for one."""


class Safeguards(Struct, frozen=True, kw_only=True):
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
        last_scan: the project as it was when its outputs were last known to be right.
        batches: number of batches that began.
        last: how the last batch ended.
        on_status: makes the answer to a request for the status.
        on_reload: called with the details of a request to reload, before everything is read again.
    """

    def __init__(
        self,
        root: Path,
        *,
        profile: str | None = None,
        stream: events.Stream | None = None,
        observer: Callable[[], watching.EventObserver] | None = None,
        safeguards: Safeguards | None = None,
        clock: Callable[[], float] = time.monotonic,
        waker: schedule.Waker | None = None,
    ) -> None:
        """Prepare; ``run`` begins.

        ``clock`` gives seconds since some moment; a test's own ``waker`` lets it jump.
        """
        self.root = root.resolve()
        self.state = StateFolder.of(self.root)
        self.project = Resident(root=self.root, state=self.state, profile=profile)
        self.stream = stream or events.Stream()
        self.waker = waker or schedule.Waker()
        self.safeguards = safeguards or Safeguards()
        self.watching = watching.Watching(
            self.root,
            observer
            or (lambda: watching.EventObserver(self.root, self._inbox.folder, self.waker.ring)),
            self.stream,
            checks_identity=self.safeguards.identity,
        )
        self.schedule = schedule.Schedule(clock(), has_audits=self.safeguards.audits)
        self.gate = schedule.Gate()
        self.problems = events.Problems()
        self.last_scan = Scan()
        self.batches = 0
        self.last: events.BatchEnded | None = None
        self.on_status: Callable[[], Mapping[str, object]] = self.summary
        self.on_reload: Callable[[Mapping[str, object]], object] = bool
        self.on_stop: Callable[[], object] = bool
        self.is_at_work = False
        self.batch_runs = threading.Event()
        self._clock = clock
        self._inbox = Inbox(self.state)
        self._waiting: list[Question] = []
        self._stop_reason = ""
        self._lock: ProjectLock | None = None
        self._must_forget = False
        self._must_pass = True
        self._next_look = 0.0
        self._next_stop_look = 0.0
        self._next_save = 0.0
        self._called_off = 0

    def run(self, *, once: bool = False) -> None:
        """Watch until ``stop`` is called; with ``once`` until the outputs are right.

        Raises:
            LockedError: another daemon watches this project.
            StorageError: the state folder cannot be written, or the project was replaced.
        """
        lock = ProjectLock(self.state, DAEMON, holder="mockgen-watch watch", timeout=LOCK_WAIT)
        with lock:
            self._lock = lock
            self._inbox.open()
            self.stream.publish(events.Started(project=str(self.root), process=os.getpid()))
            try:
                self.is_at_work = True
                self.begin(with_events=not once)
                while not self._stop_reason and not (once and self.batches):
                    is_first = not self.batches
                    self.step()
                    if is_first and self.batches:
                        # What is remembered stays; looking through it for garbage takes long.
                        gc.freeze()
            except InterruptedDaemonError:
                pass  # as was asked for
            finally:
                self.is_at_work = False
                self.watching.stop()
                self.waker.close()
                is_orphan, self._lock = self.is_orphan, None
                if not is_orphan:
                    self.project.save()
                    self.stream.publish(events.Stopped(reason=self._stop_reason or "done"))
        if is_orphan:
            raise StorageError(
                str(self.root), "the project was removed or replaced; the daemon stops"
            )

    def begin(self, *, with_events: bool = True) -> None:
        """Start to watch, and want a first batch; ``run`` does this."""
        now = self._clock()
        self.last_scan = scan_project(self.root, None)
        if with_events:
            self.watching.start(self.last_scan, now)
        self.schedule.ask(now, "start")

    def stop(self, reason: str) -> None:
        """End after the file in hand. May be called from a signal handler, or a thread."""
        self._stop_reason = reason
        self.waker.ring()
        self.on_stop()

    def take_stop(self) -> None:
        """Stop if that is asked for; other requests are left. May be called from a thread."""
        for question in self._inbox.take(STOP):
            self._answer_stop(question)

    def _answer_stop(self, question: Question) -> None:
        self._inbox.answer(question, {"stopping": True})
        self.stop("request")

    def reload(self) -> None:
        """Read everything again, as after a change. May be called from a signal handler."""
        self._must_forget = True
        self.schedule.ask(self._clock(), "signal")
        self.waker.ring()

    def step(self) -> None:
        """Do the next thing, or wait for it."""
        if self.is_orphan:
            self.stop("project replaced")
            return
        now = self._clock()
        self._take_events(now)
        self._take_requests(now)
        due_at = self.watching.due_at
        if due_at is not None and due_at <= now:
            self.watching.check(now, self.last_scan)
        if self.watching.is_polling and not self.schedule.is_polling:
            self.schedule.poll(now)
        due = self.schedule.next(now)
        if due.activity is schedule.Activity.WAIT:
            ends = (
                [due.at, self._next_look] if due_at is None else [due.at, self._next_look, due_at]
            )
            self.waker.wait(min(ends) - self._clock())
        elif due.activity is schedule.Activity.AUDIT:
            self._audit(now)
        elif self._may_begin(now):
            self.batch_runs.set()
            try:
                self._run_batch()
            finally:
                self.batch_runs.clear()

    @property
    def is_orphan(self) -> bool:
        """Return whether its project was removed, so that it may write there no more.

        A project that was cloned again has a lock of its own, and gets a daemon of its own.
        """
        return self._lock is not None and not self._lock.is_in_place()

    @property
    def settings(self) -> Project | None:
        """What the project file said when it was last read."""
        return self.project.settings

    def summary(self) -> dict[str, object]:
        """Return how the last batch ended, for a client that waits for it."""
        last, problems = self.last, self.problems
        return {
            "batch": last.batch if last else "",
            "converged": last is not None and last.has_converged,
            "errors": problems.errors,
            "error": problems.error,
            "failed_suites": list(problems.failed_suites),
            "diagnostics": [str(found) for found in problems.diagnostics],
        }

    # Events and requests ----------------------------------------------------------------------

    def _take_events(self, now: float) -> None:
        seen = self.watching.take()
        hints = [path for path, is_folder in seen if self._is_relevant(path, is_folder=is_folder)]
        if hints:
            self.schedule.note_event(now, hints)

    def _is_relevant(self, path: str, *, is_folder: bool) -> bool:
        """Return whether a path that an event named can matter to the outputs."""
        if path == SPECS:
            return is_folder
        if path.startswith(f"{SPECS}/"):
            inner = path.removeprefix(f"{SPECS}/")
            is_hidden = inner.startswith(".") or "/." in inner
            return not is_hidden and (is_folder or inner.endswith(ENDINGS))
        # The output folder itself is not watched; that it has gone is seen from above it.
        return path == self.project.outputs and not os.path.isdir(self.root / path)

    def _take_requests(self, now: float) -> None:
        period = POLLED_REQUEST_PERIOD if self.watching.is_polling else REQUEST_PERIOD
        self._next_look = now + period
        for question in self._inbox.take():
            if question.kind == SYNC:
                self._waiting.append(question)
                self.schedule.ask(now, "sync")
            elif question.kind == RELOAD:
                self.on_reload(question.details)
                self._must_forget = True
                self._waiting.append(question)
                self.schedule.ask(now, "reload")
            elif question.kind == STATUS:
                self._inbox.answer(question, self.on_status())
            elif question.kind == STOP:
                self._answer_stop(question)

    def _should_stop(self) -> bool:
        now = self._clock()
        if not self._stop_reason and now >= self._next_stop_look:
            self._next_stop_look = now + STOP_LOOKS
            self._take_requests(now)
        return bool(self._stop_reason)

    # Looking ----------------------------------------------------------------------------------

    def _scan(self, is_off: Callable[[], bool] = never) -> Scan:
        """Scan; watch another folder where ``specs/`` has become one.

        Raises:
            CalledOffError: ``is_off`` returned true.
        """
        now, began = self._clock(), time.perf_counter()
        scan = scan_project(self.root, self.project.outputs, is_off=is_off)
        self.schedule.end_audit(self._clock(), time.perf_counter() - began)
        if self.watching.follow(scan, now):
            # What changed between the scan and the first watch is seen only now.
            scan = scan_project(self.root, self.project.outputs)
        return scan

    def _audit(self, now: float) -> None:
        # A save of this moment must not wait for an audit, but a process that touches files all
        # the time must not prevent audits either.
        can_wait = self._called_off < MOST_CALLED_OFF
        try:
            scan = self._scan(self.waker.is_rung if can_wait else never)
        except CalledOffError:
            self._called_off += 1
            self.schedule.postpone_audit(self._clock())
            return
        self._called_off = 0
        if scan.is_same(self.last_scan):
            self.stream.publish(events.Checked())
            if now >= self._next_save:
                self._next_save = now + SAVE_PERIOD
                self.project.save()
            return
        self._take_events(now)
        silent = set(scan.seen_by_events(self.last_scan)) - set(self.schedule.hints)
        self.watching.suspect(silent, now)
        self.schedule.note_event(now, cause="audit")

    def _scan_after_storm(self, scan: Scan, rest: float) -> Scan:
        """Return a scan after specs stood still for ``rest`` seconds, or time is up."""
        since = self._clock()
        end = since + watching.LONGEST_STORM
        while self._clock() < end and not self._stop_reason:
            self.waker.pause(watching.STORM_LOOK)
            self._take_events(self._clock())
            self._take_requests(self._clock())
            began = self._clock()
            before, scan = scan, scan_project(self.root, None)
            if scan.moved_specs(before):
                since, rest = began, watching.STORM_REST
            elif began - since >= rest:
                break
        return self._scan()

    # Batches ----------------------------------------------------------------------------------

    def _may_begin(self, now: float) -> bool:
        """Return whether a batch may begin, as far as Git is concerned; else put it off."""
        blocker = schedule.find_blocker(self.root)
        verdict = self.gate.decide(now, blocker)
        if verdict is schedule.Verdict.HOLD:
            if self.gate.held_since == now:
                self.stream.publish(events.GitHeld(blocker=blocker or "", is_over=False))
            self.schedule.hold(now + schedule.PAUSE)
            return False
        if verdict is schedule.Verdict.OVERRUN:
            self.stream.publish(events.GitHeld(blocker=blocker or "", is_over=True))
        return True

    def _run_batch(self) -> None:
        causes, hints = self.schedule.begin_batch()
        waiting, self._waiting = self._waiting, []
        if self._must_forget:
            self._must_forget = False
            self.project.forget()
            self._must_pass = True
        batch = events.Batch(f"{os.getpid()}-{self.batches + 1}", causes, hints)
        self._run_ahead(batch)
        has_failed = self._run_passes(batch)
        if batch.passes:
            self._must_pass = not batch.has_converged and self.safeguards.fixpoint
            self.last = batch.ended(self.problems)
            self.stream.publish(self.last)
        must_retry = has_failed or (bool(batch.passes) and self._must_pass)
        self.schedule.end_batch(self._clock(), has_failed=must_retry and not self._stop_reason)
        for question in waiting:
            self._inbox.answer(question, self.summary())

    def _run_ahead(self, batch: events.Batch) -> None:
        """Make what the hinted specs decide before all is scanned, which takes far longer.

        This is a head start: the scan that follows decides.
        """
        if len(batch.hints) >= watching.STORM_FILES:
            return
        began = time.perf_counter()
        changed = self.project.changed_at(batch.hints)
        batch.time("read", time.perf_counter() - began)
        acting = self.project.affected(changed) if changed else frozenset()
        if acting:
            batch.changed.update(changed)
            self._begin_pass(batch)
            self._add(batch, run_pass(self.project, self._should_stop, acting=acting))

    def _run_passes(self, batch: events.Batch) -> bool:
        """Pass over the project until nothing moves; return whether the last pass failed."""
        has_fixpoint = self.safeguards.fixpoint
        if batch.passes and not has_fixpoint:
            return False
        has_failed = False
        before = self.last_scan
        while batch.passes < MOST_PASSES:
            began = time.perf_counter()
            scan = self._scan()
            if watching.is_storm(before, scan, is_recent=batch.passes > 0):
                # What is made before its end is made in vain.
                scan = self._scan_after_storm(scan, watching.STORM_REST if batch.passes else 0.0)
            batch.time("scan", time.perf_counter() - began)
            before, outputs = scan, self.project.outputs
            is_still = scan.is_same(self.last_scan) and not scan.is_racy
            if is_still and not batch.passes and not self._must_pass:
                return False
            if self.batches:
                batch.changed.update(scan.moved_specs(self.last_scan))
            self._begin_pass(batch)
            done = self._pass(batch, scan)
            self.last_scan = scan
            # The stamp of a young file may not show its last change: look once more.
            has_moved = done.report.has_written or done.report.has_moved or scan.is_racy
            is_over = not has_moved and outputs == self.project.outputs
            has_failed, is_stopped = done.must_retry, done.report.is_stopped
            batch.has_converged = is_over and not has_failed and not is_stopped
            if is_over or has_failed or is_stopped or not has_fixpoint:
                break
        return has_failed

    def _begin_pass(self, batch: events.Batch) -> None:
        if not batch.passes:
            self.batches += 1
            self.stream.publish(batch.started())
        batch.passes += 1

    def _pass(self, batch: events.Batch, scan: Scan) -> Pass:
        """Bring up to date what ``scan`` shows to have moved."""
        if scan.has_specs:
            done = run_pass(self.project, self._should_stop, scan=scan)
        else:
            # Outputs that the specs of a parent folder describe are not ours to make.
            self.project.forget()
            done = Pass(error=f"no folder {SPECS}/ in {self.root}; outputs are left as they are")
        self._add(batch, done)
        for event in self.problems.update(batch.id, done):
            self.stream.publish(event)
        return done

    def _add(self, batch: events.Batch, done: Pass) -> None:
        for file in batch.add(done):
            self.stream.publish(events.OutputWritten(batch=batch.id, file=file))
