"""Takes a project; rings the daemon's bell when the system tells of a change. The watchdog edge.

What watchdog tells is a hint and no more: it loses events when a queue overflows, without a word,
and its threads may die while it says that they live. ``daemon`` therefore proves it by scans.
"""

from __future__ import annotations

import contextlib
import glob
import logging
import os
import sys
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import watchdog.events
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer as WatchdogObserver

from mockgen_watch.storage.project_folder import SPECS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from watchdog.observers.api import BaseObserver

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


class ProjectObserver(Protocol):
    """Notices changes, as far as the system tells of them."""

    def start(self) -> None:
        """Begin; raise OSError when the system refuses."""
        ...

    def stop(self) -> None:
        """End; the object is not used again."""
        ...

    def take(self) -> list[tuple[str, bool]]:
        """Return absolute paths that changed since the last call, and which are folders."""
        ...

    def watches(self) -> int | None:
        """Return how many folders the system watches for this process; None if it cannot say."""
        ...


class EventObserver:
    """Watches ``specs/`` and all below it, the project folder alone, and ``also`` alone."""

    def __init__(self, project: Path, also: Iterable[Path], ring: Callable[[], None]) -> None:
        """Prepare to call ``ring`` from another thread."""
        self.project = project
        self.also = tuple(also)
        self._handler = _Handler(ring)
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
                observer.schedule(self._handler, str(specs), recursive=True, event_filter=wanted)
            for folder in (self.project, *self.also):
                observer.schedule(self._handler, str(folder), event_filter=wanted)
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

    def take(self) -> list[tuple[str, bool]]:
        """Return paths that changed since the last call, and which of them are folders."""
        return self._handler.take()

    def watches(self) -> int | None:
        """Return how many watches this process has; None where the system does not say."""
        if sys.platform != "linux":
            return None
        count = 0
        for path in glob.glob("/proc/self/fdinfo/*"):
            with contextlib.suppress(OSError), open(path, encoding="ascii") as file:
                count += sum(line.startswith("inotify ") for line in file)
        return count


class _Handler(FileSystemEventHandler):
    """Notes paths. It must not raise: watchdog's thread would end with it."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        # Older ones fall out; ``daemon`` then goes by its scan.
        self._seen: deque[tuple[str | bytes, str | bytes, bool]] = deque(maxlen=_KEPT)

    def dispatch(self, event: FileSystemEvent) -> None:
        self._seen.append((event.src_path, event.dest_path, event.is_directory))
        self._ring()

    def take(self) -> list[tuple[str, bool]]:
        found: dict[tuple[str, bool], None] = {}
        while self._seen:
            source, target, is_folder = self._seen.popleft()
            for path in (source, target):
                if path:
                    found[os.fsdecode(path), is_folder] = None
        return list(found)


def probe(project: Path) -> bool:
    """Make and remove a folder in ``specs/``; return False where that cannot be."""
    path = project / SPECS / PROBE
    try:
        path.mkdir(exist_ok=True)
        path.rmdir()
    except OSError:
        return False
    return True


def watch_limit(paths: Iterable[str] = ()) -> int | None:
    """Return how many folders the system lets a user watch; None where it has no such limit."""
    limits = []
    for path in paths or (
        "/proc/sys/user/max_inotify_watches",
        "/proc/sys/fs/inotify/max_user_watches",
    ):
        with contextlib.suppress(OSError, ValueError):
            limits.append(int(Path(path).read_text(encoding="ascii")))
    return min(limits, default=None)


def _set_up_watchdog() -> None:
    """Take away what holds events back, and what writes to stderr past the project's log."""
    logging.getLogger("watchdog").addHandler(logging.NullHandler())
    logging.getLogger("watchdog").propagate = False
    # The first half of a move waits for the other, and everything behind it: half a second for
    # each file that is moved out of the tree. Both halves on their own tell enough.
    try:
        from watchdog.observers import inotify_move_event_grouper as grouper  # noqa: PLC0415
    except (ImportError, OSError):
        return  # watchdog 6, or no inotify here
    grouper.InotifyMoveEventGrouper.delay = 0
