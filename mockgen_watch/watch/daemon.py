"""Takes a project; keeps its outputs right until it is told to stop.

Events wake, scans decide, digests prove: an event only says that it is worth looking; what moved
is what two scans tell; what has to be written follows from the bytes alone.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import socket
import time
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from mockgen_watch.storage.project_folder import SPECS, StateFolder
from mockgen_watch.storage.project_lock import DAEMON, ProjectLock
from mockgen_watch.storage.scan import ENDINGS, CalledOffError, Scan, never, scan_project
from mockgen_watch.watch.batch import Worker
from mockgen_watch.watch.events import BatchEnded, GitHeld, Started, Stopped, Stream
from mockgen_watch.watch.requests import RELOAD, STATUS, STOP, SYNC, Desk, Question
from mockgen_watch.watch.resident import Resident
from mockgen_watch.watch.schedule import PAUSE, Gate, Schedule, Verdict, What, find_blocker
from mockgen_watch.watch.watching import (
    LONGEST_STORM,
    STORM_LOOK,
    STORM_REST,
    EventObserver,
    Watching,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from types import FrameType
    from typing import Final

    from mockgen_watch.spec.project import Project
    from mockgen_watch.watch.watching import ProjectObserver


class Bell(Protocol):
    """What the daemon waits by."""

    def ring(self) -> None:
        """End the wait."""
        ...

    def wait(self, seconds: float) -> None:
        """Return when it is rung, or after ``seconds``."""
        ...

    def is_rung(self) -> bool:
        """Return whether the next wait ends at once."""
        ...

    def pause(self, seconds: float) -> None:
        """Return after ``seconds``, however often it is rung."""
        ...

    def close(self) -> None:
        """Be used no more."""
        ...


class Waker:
    """A bell that can be rung from anywhere."""

    def __init__(self) -> None:
        """Open both its ends."""
        self._receive, self._send = socket.socketpair()
        self._receive.settimeout(0)
        self._send.settimeout(0)
        self._is_rung = False

    def ring(self) -> None:
        """End the wait, or the next one. Never raises and never blocks."""
        if not self._is_rung:
            self._is_rung = True
            # Full means that it is rung already; closed, that nobody waits any more.
            with contextlib.suppress(OSError):
                self._send.send(b"\0")

    def wait(self, seconds: float) -> None:
        """Return when it is rung, or after ``seconds``."""
        with contextlib.suppress(OSError):
            select.select([self._receive], [], [], max(0.0, seconds))
        # Before the reading: what rings from here on finds it unrung and writes anew.
        self._is_rung = False
        with contextlib.suppress(OSError):
            while self._receive.recv(4096):
                pass

    def is_rung(self) -> bool:
        """Return whether the next wait ends at once."""
        return self._is_rung

    def pause(self, seconds: float) -> None:
        """Return after ``seconds``; what rang meanwhile ends the next wait."""
        time.sleep(seconds)

    def close(self) -> None:
        """Give both ends back."""
        self._receive.close()
        self._send.close()


LOCK_WAIT: Final = 1.0
"""Seconds to wait for the daemon's lock: a client that only asks holds it for a moment."""
REQUEST_PERIOD: Final = 2.0
"""Seconds after which requests are looked for though no event told of one."""
POLLED_REQUEST_PERIOD: Final = 0.25
SAVE_PERIOD: Final = 300.0
"""Seconds between two times that stamps are written for later processes."""
MOST_CALLED_OFF: Final = 5
"""Audits in a row that an event may call off."""
STOP_LOOKS: Final = 0.1
"""Seconds between two looks for a request to stop while files are made."""


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
        root: the project folder.
        state: its state folder.
        project: what is remembered of it.
        stream: tells what happens.
        watching: how changes are noticed.
        worker: brings the outputs up to date.
        known: what is wrong at present.
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
        self.schedule = Schedule(clock(), has_audits=self.safeguards.audits)
        self.gate = Gate()
        self._desk: Desk | None = None
        self._syncs: list[Question] = []
        self.worker = Worker(
            self.root,
            self.project,
            self.stream,
            look=self._look,
            outlast=self._outlast_storm,
            should_stop=self._should_stop,
            has_fixpoint=self.safeguards.fixpoint,
        )
        self.known = self.worker.known
        self._next_look = 0.0
        self._next_stop_look = 0.0
        self._next_save = 0.0
        self._called_off = 0
        self._must_forget = False
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
                    is_first = not self.batches
                    self.step()
                    if is_first and self.batches:
                        # What is remembered stays; looking through it for garbage takes long.
                        gc.freeze()
            finally:
                self.watching.stop()
                self.waker.close()
                self.project.save()
                self.stream.tell(Stopped(reason=self.is_stopping or "done"))

    def begin(self, *, with_events: bool = True) -> None:
        """Start to watch, and want a first batch; ``run`` does this."""
        now = self._clock()
        self.worker.known_scan = scan_project(self.root, None)
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
        self._must_forget = True
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

    @property
    def known_scan(self) -> Scan:
        """The project as it was when its outputs were last known to be right."""
        return self.worker.known_scan

    @property
    def batches(self) -> int:
        """Number of batches that began."""
        return self.worker.batches

    @property
    def last(self) -> BatchEnded | None:
        """How the last batch ended."""
        return self.worker.last

    @property
    def settings(self) -> Project | None:
        """What the project file said when it was last read."""
        return self.worker.settings

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
        """Return whether a path that an event named can matter to the outputs."""
        if path == SPECS:
            return is_folder
        if path.startswith(f"{SPECS}/"):
            inner = path.removeprefix(f"{SPECS}/")
            is_hidden = inner.startswith(".") or "/." in inner
            return not is_hidden and (is_folder or inner.endswith(ENDINGS))
        # The output folder itself is not watched; that it has gone is seen from above it.
        return path == self.worker.outputs and not os.path.isdir(self.root / path)

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
                self._must_forget = True
                self._syncs.append(question)
                self.schedule.ask(now, "reload")
            elif question.kind == STATUS:
                self._answer(question, self.on_status())
            elif question.kind == STOP:
                self._answer(question, {"stopping": True})
                self.stop("request")

    # Looking --------------------------------------------------------------------------------

    def _look(self, is_off: Callable[[], bool] = never) -> Scan:
        """Scan; watch another folder where ``specs/`` has become one.

        Raises:
            CalledOffError: ``is_off`` said so.
        """
        now, began = self._clock(), time.perf_counter()
        scan = scan_project(self.root, self.worker.outputs, is_off=is_off)
        self.schedule.end_audit(self._clock(), time.perf_counter() - began)
        if self.watching.follow(scan, now):
            self._follow_mode(now)
            # What changed between the scan and the first watch is seen only now.
            scan = scan_project(self.root, self.worker.outputs)
        return scan

    def _audit(self, now: float) -> None:
        try:
            # Who saves just now shall not wait; but who touches files all the time shall not win.
            can_wait = self._called_off < MOST_CALLED_OFF
            scan = self._look(self.waker.is_rung if can_wait else never)
        except CalledOffError:
            self._called_off += 1
            self.schedule.put_audit_off(self._clock())
            return
        self._called_off = 0
        if scan.is_same(self.known_scan):
            if now >= self._next_save:
                self._next_save = now + SAVE_PERIOD
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
        self._batch()

    def _batch(self) -> None:
        causes, hints, _ = self.schedule.begin_batch()
        syncs, self._syncs = self._syncs, []
        if self._must_forget:
            self._must_forget = False
            self.worker.forget()
        must_retry = self.worker.run(causes, hints)
        self.schedule.end_batch(self._clock(), has_failed=must_retry and not self.is_stopping)
        for question in syncs:
            self._answer(question, self.summary())

    def _outlast_storm(self, scan: Scan, rest: float) -> Scan:
        """Return a scan after specs stood still for ``rest`` seconds, or time is up."""
        since = self._clock()
        end = since + LONGEST_STORM
        while self._clock() < end and not self.is_stopping:
            self.waker.pause(STORM_LOOK)
            self._take_events(self._clock())
            self._take_requests(self._clock())
            began = self._clock()
            before, scan = scan, scan_project(self.root, None)
            if scan.moved_specs(before):
                since, rest = began, STORM_REST
            elif began - since >= rest:
                break
        return self._look()

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


@contextlib.contextmanager
def handling(daemon: Daemon) -> Iterator[None]:
    """Stop ``daemon`` at SIGTERM and SIGINT, and let it read everything again at SIGHUP.

    A second SIGINT interrupts at once, wherever it is.
    """

    def stop(number: int, _frame: FrameType | None) -> None:
        daemon.stop(signal.Signals(number).name)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def read_again(_number: int, _frame: FrameType | None) -> None:
        daemon.reload()

    handlers: dict[signal.Signals, Callable[[int, FrameType | None], None]]
    handlers = {signal.SIGTERM: stop, signal.SIGINT: stop}
    if hasattr(signal, "SIGHUP"):
        handlers[signal.SIGHUP] = read_again
    former = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
