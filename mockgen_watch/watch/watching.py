"""Watching: how the daemon notices changes, and how far that can be trusted."""

from __future__ import annotations

import contextlib
import glob
import logging
import os
import sys
import warnings
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Final

import watchdog.events
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer as WatchdogObserver

from mockgen_watch.spec import SPECS
from mockgen_watch.watch.events import EventsMissed, Stream, WatchChanged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from watchdog.observers.api import BaseObserver

    from mockgen_watch.storage.scan import Scan


STORM_FILES: Final = 16
"""Specs that move at once; fewer are what a person or an editor saves."""
STORM_LOOK: Final = 0.15
"""Seconds between two looks whether it is over."""
STORM_REST: Final = 0.5
"""Seconds without a change after which one that was seen to go on is over; who writes may stall."""
LONGEST_STORM: Final = 60.0
"""Seconds after which outputs are made although it goes on."""


def is_storm(before: Scan, scan: Scan, *, is_recent: bool) -> bool:
    """Return whether many specs moved from ``before`` to ``scan``, and go on moving.

    They do when one of them is very young, or when ``before`` itself is: ``is_recent``.
    """
    return (is_recent or scan.is_racy) and len(scan.moved_specs(before)) >= STORM_FILES


PROBE = ".mockgen-probe"
"""Name of a folder that is made and removed in ``specs/`` to see whether events come at all.

A file might be caught by a ``git add`` of that moment; an empty folder is nothing to Git.
"""
JOIN = 2.0
"""Seconds that the threads of an observer get to end; they do not keep the process alive."""
_KEPT = 20_000

# Without a filter watchdog's own reading of folders wakes it, for good at 5,000 of them. Opening
# and closing without a write are therefore left out.
_EVENTS = (
    "FileCreatedEvent",
    "FileModifiedEvent",
    "FileClosedEvent",
    "FileMovedEvent",
    "FileDeletedEvent",
    "FileAttribEvent",
    "DirCreatedEvent",
    "DirMovedEvent",
    "DirDeletedEvent",
    "DirAttribEvent",
)


class EventObserver(FileSystemEventHandler):
    """Watches ``specs/`` and all below it, the project folder alone, and ``also`` alone."""

    def __init__(self, project: Path, also: Path, ring: Callable[[], None]) -> None:
        self.project = project
        self.also = also
        self._ring = ring
        # Older ones are dropped; the scan finds what they named.
        self._seen: deque[tuple[str | bytes, str | bytes, bool]] = deque(maxlen=_KEPT)
        self._observer: BaseObserver | None = None

    def start(self) -> None:
        """Begin.

        Raises:
            OSError: the system refuses, for want of inotify instances or watches say.
        """
        _set_up_watchdog()
        observer = WatchdogObserver()
        known = (getattr(watchdog.events, name, None) for name in _EVENTS)
        wanted = [kind for kind in known if kind is not None]
        observer.start()
        self._observer = observer
        try:
            specs = self.project / SPECS
            if specs.is_dir():
                observer.schedule(self, str(specs), recursive=True, event_filter=wanted)
            for folder in (self.project, self.also):
                observer.schedule(self, str(folder), event_filter=wanted)
        except OSError:
            self.stop()
            raise

    def stop(self) -> None:
        """End its threads, or leave them to the end of the process."""
        observer, self._observer = self._observer, None
        if observer is None:
            return
        # A watch whose folder is gone, or a reader that has died, may complain of its end.
        with contextlib.suppress(OSError, KeyError, RuntimeError):
            observer.unschedule_all()
        observer.stop()
        observer.join(JOIN)

    def dispatch(self, event: FileSystemEvent) -> None:
        """Note the paths of an event. It must not raise: watchdog's thread would end with it."""
        self._seen.append((event.src_path, event.dest_path, event.is_directory))
        self._ring()

    def take(self) -> list[tuple[str, bool]]:
        """Return absolute paths that changed since the last call, and which are folders."""
        found: dict[tuple[str, bool], None] = {}
        while self._seen:
            source, target, is_folder = self._seen.popleft()
            for path in (source, target):
                if path:
                    found[os.fsdecode(path), is_folder] = None
        return list(found)

    def watches(self) -> int | None:
        """Return how many watches this process has; None where the system does not say."""
        if sys.platform != "linux":
            return None
        count = 0
        for path in glob.glob("/proc/self/fdinfo/*"):
            with contextlib.suppress(OSError), open(path, encoding="ascii") as file:
                count += sum(line.startswith("inotify ") for line in file)
        return count


def probe(project: Path) -> bool:
    """Make and remove a folder in ``specs/``; return False where that cannot be."""
    path = project / SPECS / PROBE
    try:
        path.mkdir(exist_ok=True)
        path.rmdir()
    except OSError:
        return False
    return True


def watch_limit() -> int | None:
    """Return how many folders the system lets a user watch; None where it has no such limit."""
    limits = []
    for name in ("user/max_inotify_watches", "fs/inotify/max_user_watches"):
        with contextlib.suppress(OSError, ValueError):
            limits.append(int(Path("/proc/sys", name).read_text(encoding="ascii")))
    return min(limits, default=None)


def _set_up_watchdog() -> None:
    """Take away what holds events back, and what writes to stderr past the project's log."""
    logging.getLogger("watchdog").addHandler(logging.NullHandler())
    logging.getLogger("watchdog").propagate = False
    # Of folders that move while it begins to watch them; the next audit sees what it may miss.
    warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"watchdog\.")
    # The first half of a move waits for the other, and everything behind it: half a second for
    # each file that is moved out of the tree. Each half on its own is enough.
    try:
        from watchdog.observers import inotify_move_event_grouper as grouper  # noqa: PLC0415
    except (ImportError, OSError):
        return  # watchdog 6, or no inotify here
    grouper.InotifyMoveEventGrouper.delay = 0


GRACE = 0.5
"""Seconds that an event may come after the scan that found its change."""
PROBE_PATIENCE = 5.0
"""Seconds that the first event may take on a machine that is busy."""
STRIKES = 3
"""Missed events after which events are trusted no more."""
SPARE_WATCHES = 16
"""The project folder and others are watched too."""


class Watching:
    """The observer, and what is known of how far it can be trusted.

    Attributes:
        is_polling: there are no events, or they cannot be trusted.
        missed: changes without an event.
        rebuilt: how often the observer was replaced.
        reason: why there is polling.
    """

    def __init__(
        self,
        project: Path,
        make: Callable[[], EventObserver],
        stream: Stream,
        *,
        checks_identity: bool = True,
    ) -> None:
        self.project = project
        self.is_polling = False
        self.missed = 0
        self.rebuilt = 0
        self.reason = ""
        self._make = make
        self._stream = stream
        self._checks_identity = checks_identity
        self._observer: EventObserver | None = None
        self._identity: tuple[int, int] | None = None
        self._suspects: set[str] = set()
        self._suspects_until = 0.0
        self._probe_until: float | None = None

    def start(self, scan: Scan, now: float) -> None:
        """Watch the folders that ``scan`` found."""
        self._identity = scan.identity
        limit = watch_limit()
        if limit is not None and scan.folders + SPARE_WATCHES > limit:
            self.give_up("watch limit", folders=scan.folders, limit=limit)
            return
        observer = self._make()
        try:
            observer.start()
        except OSError as error:
            self.give_up("the system does not allow it", error=str(error), folders=scan.folders)
            return
        self._observer = observer
        watched = observer.watches()
        if watched is not None and watched < scan.folders:
            # Less than all of them, and no error: this is how a limit shows itself.
            self.give_up("watch limit", folders=scan.folders, watched=watched)
            return
        self._probe_until = now + PROBE_PATIENCE if probe(self.project) else None
        self._stream.publish(WatchChanged(mode="events", reason="started"))

    def stop(self) -> None:
        """End the observer."""
        observer, self._observer = self._observer, None
        if observer is not None:
            observer.stop()

    def give_up(self, reason: str, **fields: object) -> None:
        """Poll from now on."""
        self.stop()
        self.is_polling = True
        self.reason = reason
        self._suspects = set()
        self._probe_until = None
        self._stream.publish(WatchChanged(mode="polling", reason=reason, fields=fields))

    def take(self) -> list[tuple[str, bool]]:
        """Return paths that events named, relative to the project, and which are folders."""
        if self._observer is None:
            return []
        seen = self._observer.take()
        prefix = f"{self.project}/"
        found = [
            (path.replace("\\", "/").removeprefix(prefix), is_folder) for path, is_folder in seen
        ]
        if self._probe_until is not None and any(
            path.endswith(PROBE) or path.startswith(f"{SPECS}/") for path, _ in found
        ):
            self._probe_until = None
        for path, _ in found if self._suspects else ():
            folder = f"{path.rstrip('/')}/"
            self._suspects = {
                one for one in self._suspects if one != path and not one.startswith(folder)
            }
        return found

    def suspect(self, paths: Iterable[str], now: float) -> None:
        """Note that an audit found ``paths`` moved, of which there was no event yet."""
        if self.is_polling:
            return
        if not self._suspects:
            self._suspects_until = now + GRACE
        self._suspects.update(paths)

    @property
    def due_at(self) -> float | None:
        """When ``check`` has something to decide; None when it has not."""
        times = [self._probe_until, self._suspects_until if self._suspects else None]
        return min((at for at in times if at is not None), default=None)

    def check(self, now: float, scan: Scan) -> None:
        """Act on a probe or a change of which no event has come in time."""
        if self._probe_until is not None and now >= self._probe_until:
            self.give_up("no events come from this file system")
            return
        if self._suspects and now >= self._suspects_until:
            paths, self._suspects = tuple(sorted(self._suspects)), set()
            self.missed += 1
            self._stream.publish(EventsMissed(paths=paths, count=self.missed))
            if self.missed >= STRIKES:
                self.give_up("events were missed", times=self.missed)
            else:
                self.rebuild(scan, now, "an event was missed")

    def follow(self, scan: Scan, now: float) -> bool:
        """Replace the observer when ``specs/`` is another folder; return whether it was."""
        if self._identity is None or self.is_polling or not self._checks_identity:
            return False
        if scan.identity == self._identity:
            return False
        self.rebuild(scan, now, "specs/ was replaced")
        return True

    def rebuild(self, scan: Scan, now: float, reason: str) -> None:
        """Replace the observer."""
        self.stop()
        self.rebuilt += 1
        self._suspects = set()
        fields = {"rebuilt": self.rebuilt}
        self._stream.publish(WatchChanged(mode="events", reason=reason, fields=fields))
        self.start(scan, now)
