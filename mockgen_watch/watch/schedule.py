"""Schedule: when the daemon waits, looks and works, and how long Git may keep it from working.

``Schedule`` and ``Gate`` are pure: their methods take ``now``, in seconds since some moment, so
that tests need no clock.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import time
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from mockgen_watch.storage.project_folder import find_work_tree

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SETTLE: Final = 0.020
"""Seconds without an event after which a change counts as done."""
LONGEST_SETTLE: Final = 0.5
"""Seconds after the first event that a change may go on before it is looked at."""
AUDIT_PERIOD: Final = 2.0
LONGEST_AUDIT_PERIOD: Final = 60.0
AUDIT_SHARE: Final = 0.002
"""Share of a processor that audits may take while events can be trusted."""
POLL_PERIOD: Final = 0.5
POLL_SHARE: Final = 0.03
"""The same where there are no events, and audits are all there is."""
FIRST_RETRY: Final = 0.5
LONGEST_RETRY: Final = 30.0
KEPT_HINTS: Final = 1000


class Activity(StrEnum):
    """What the daemon may do next."""

    WAIT = "wait"
    BATCH = "batch"
    AUDIT = "audit"


class Due(Struct, frozen=True, kw_only=True):
    """The next activity, and when it is due; for ``WAIT`` the end of the wait."""

    activity: Activity
    at: float


class Schedule:
    """Decides when to look at the project, and when to look whether events were lost.

    Attributes:
        hints: paths that events named since the last batch, at most ``KEPT_HINTS``.
        causes: why the next batch runs.
        is_polling: there are no events to rely on.
    """

    def __init__(self, now: float, *, has_audits: bool = True) -> None:
        self.hints: dict[str, None] = {}
        self.causes: dict[str, None] = {}
        self.is_polling = False
        self._has_audits = has_audits
        self._first_event: float | None = None
        self._last_event = 0.0
        self._cost = 0.0
        self._audit_at = now + AUDIT_PERIOD
        self._asked_at: float | None = None
        self._held_until = 0.0
        self._retries = 0

    def note_event(self, now: float, hints: Iterable[str] = (), cause: str = "event") -> None:
        """Note that something changed, perhaps at the paths ``hints``."""
        self._first_event = now if self._first_event is None else self._first_event
        self._last_event = max(now, self._last_event)
        self.causes[cause] = None
        for hint in hints:
            if len(self.hints) >= KEPT_HINTS:
                break
            self.hints[hint] = None

    def ask(self, at: float, cause: str) -> None:
        """Want a batch at ``at``, whether anything changed or not."""
        self._asked_at = at if self._asked_at is None else min(at, self._asked_at)
        self.causes[cause] = None

    def hold(self, until: float) -> None:
        """Begin no batch before ``until``."""
        self._held_until = until

    def next(self, now: float) -> Due:
        """Return what to do now, or until when there is nothing to do."""
        activity, at = Activity.BATCH, self._batch_at()
        # A batch scans anyway; an audit shortly before it would find what events have named.
        if at is None:
            if not (self._has_audits or self.is_polling):
                return Due(activity=Activity.WAIT, at=now + LONGEST_AUDIT_PERIOD)
            activity, at = Activity.AUDIT, self._audit_at
        if at <= now:
            return Due(activity=activity, at=now)
        return Due(activity=Activity.WAIT, at=at)

    def begin_batch(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return causes and hints of the batch that begins."""
        taken = (tuple(self.causes), tuple(self.hints))
        self._first_event, self._last_event = None, 0.0
        self.causes.clear()
        self.hints.clear()
        self._asked_at = None
        return taken

    def end_batch(self, now: float, *, has_failed: bool) -> None:
        """Note that a batch ended; what could not be done is retried, after ever longer delays."""
        if not has_failed:
            self._retries = 0
        else:
            delay = min(FIRST_RETRY * 2.0**self._retries, LONGEST_RETRY)
            self._retries = min(self._retries + 1, 16)
            self.ask(now + delay, "retry")
        self._audit_at = max(self._audit_at, now + self.period)

    def end_audit(self, now: float, cost: float) -> None:
        """Note that an audit, or the scan of a batch, took ``cost`` seconds."""
        self._cost = cost if not self._cost else 0.5 * (self._cost + cost)
        self._audit_at = now + self.period

    def postpone_audit(self, now: float) -> None:
        """Note that an audit was called off, because something has happened."""
        self._audit_at = now + AUDIT_PERIOD

    @property
    def period(self) -> float:
        """Seconds between two audits."""
        if self.is_polling:
            return max(POLL_PERIOD, min(self._cost / POLL_SHARE, LONGEST_AUDIT_PERIOD))
        return max(AUDIT_PERIOD, min(self._cost / AUDIT_SHARE, LONGEST_AUDIT_PERIOD))

    def poll(self, now: float) -> None:
        """Rely on audits alone from now on."""
        self.is_polling = True
        self._audit_at = min(self._audit_at, now + self.period)

    def _batch_at(self) -> float | None:
        due = [] if self._asked_at is None else [self._asked_at]
        if self._first_event is not None:
            # After a pause in the changes, or when they have gone on for long.
            due += [self._last_event + SETTLE, self._first_event + LONGEST_SETTLE]
        return max(min(due), self._held_until) if due else None


class Waker:
    """What the daemon waits by; it can be rung from anywhere: other threads, signal handlers."""

    def __init__(self) -> None:
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
        # Before the reading: what rings from here on finds it unrung and writes again.
        self._is_rung = False
        with contextlib.suppress(OSError):
            while self._receive.recv(4096):
                pass

    def is_rung(self) -> bool:
        """Return whether the next wait ends at once."""
        return self._is_rung

    def pause(self, seconds: float) -> None:
        """Return after ``seconds``; what rings meanwhile ends the next wait."""
        time.sleep(seconds)

    def close(self) -> None:
        """Release what it holds; it is not used again."""
        self._receive.close()
        self._send.close()


LONGEST_HOLD: Final = 60.0
"""Seconds after which the daemon goes on, and warns: a lock may have been left by a kill."""
PAUSE: Final = 0.05
"""Seconds between two looks at what Git does."""


class Verdict(StrEnum):
    """What a batch that is due may do."""

    BEGIN = "begin"
    HOLD = "hold"
    OVERRUN = "overrun"


class Gate:
    """Holds batches back while Git rewrites the work tree.

    A hook's stash puts the committed specs back for a while. Whoever answered to that would change
    files under the hook, and it would fail with "files were modified by this hook".
    """

    def __init__(self, longest: float = LONGEST_HOLD) -> None:
        self._longest = longest
        self._since: float | None = None
        self._is_overrun = False

    def decide(self, now: float, blocker: str | None) -> Verdict:
        """Return whether a batch may begin; ``OVERRUN`` once, then ``BEGIN`` until Git is done.

        ``blocker`` is what Git does; see ``find_blocker``.
        """
        if blocker is None:
            self._since = None
            self._is_overrun = False
            return Verdict.BEGIN
        if self._is_overrun:
            return Verdict.BEGIN
        if self._since is None:
            self._since = now
        if now - self._since < self._longest:
            return Verdict.HOLD
        self._is_overrun = True
        return Verdict.OVERRUN

    @property
    def held_since(self) -> float | None:
        """When the present hold began; None when there is none."""
        return None if self._is_overrun else self._since


_MARKS: Final = ("index.lock", "rebase-merge", "rebase-apply")
_PROCESSES: Final = "/proc"
_READ: Final = 4096


def find_blocker(project: Path, processes: str = _PROCESSES) -> str | None:
    """Return what Git does with the work tree of ``project`` just now; None when nothing."""
    found = find_work_tree(project)
    if found is None:
        return None
    work_tree, git = found
    for mark in _MARKS:
        if os.path.lexists(os.path.join(git, mark)):
            return mark
    return _running_commit(work_tree, processes)


def _running_commit(work_tree: str, processes: str) -> str | None:
    """Return the name of a process that makes a commit in ``work_tree``.

    Hooks of a plain ``git commit`` run without ``index.lock``, so that only its process shows it.
    Where the system has no ``/proc`` this is not seen.
    """
    try:
        numbers = [name for name in os.listdir(processes) if name.isdecimal()]
    except OSError:
        return None
    for number in numbers:
        try:
            with open(f"{processes}/{number}/cmdline", "rb") as file:
                words = file.read(_READ).split(b"\0")
            name = _rewriting_command(words)
            folder = os.readlink(f"{processes}/{number}/cwd") if name else ""
            if folder == work_tree or folder.startswith(work_tree.rstrip("/") + "/"):
                return name
        except OSError:
            continue  # it has ended, or is somebody else's
    return None


def _rewriting_command(words: list[bytes]) -> str:
    """Return the name of a command line that may stash the work tree; ``""`` for others."""
    first = words[0].rpartition(b"/")[2]
    if first == b"git" and any(word in {b"commit", b"stash", b"rebase"} for word in words[1:]):
        return "git commit" if b"commit" in words else "git stash or rebase"
    names = {word.rpartition(b"/")[2] for word in words[:3]}
    if names & {b"pre-commit", b"pre_commit"} and b"run" in words:
        return "pre-commit run"
    return ""
