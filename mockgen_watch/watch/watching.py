"""Takes what scans and events tell; keeps the observer alive, or replaces it by polling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.storage.project_folder import SPECS
from mockgen_watch.watch.observer import PROBE, probe, watch_limit
from mockgen_watch.watch.stream import EventsMissed, WatchChanged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from mockgen_watch.storage.scan import Scan
    from mockgen_watch.watch.observer import ProjectObserver
    from mockgen_watch.watch.stream import Stream

GRACE = 0.5
"""Seconds that an event may come after the scan that found its change."""
PROBE_PATIENCE = 5.0
"""Seconds that the first event may take on a machine that is busy."""
STRIKES = 3
"""Missed events after which events are trusted no more."""
SPARE_WATCHES = 16
"""The project folder and others are watched too."""


class _Suspicion(Struct):
    """Paths that moved without an event so far, and until when one may come."""

    paths: set[str]
    until: float


class Watching:
    """The observer, and what is known of how far it can be trusted.

    Attributes:
        is_polling: there are no events, or they cannot be trusted.
        missed: changes of which no event told.
        rebuilt: how often the observer was made anew.
        reason: why there is polling.
    """

    def __init__(
        self,
        project: Path,
        make: Callable[[], ProjectObserver],
        stream: Stream,
        *,
        checks_identity: bool = True,
    ) -> None:
        """Prepare to watch ``project`` by what ``make`` makes."""
        self.project = project
        self.is_polling = False
        self.missed = 0
        self.rebuilt = 0
        self.reason = ""
        self._make = make
        self._stream = stream
        self._checks_identity = checks_identity
        self._observer: ProjectObserver | None = None
        self._identity: tuple[int, int] | None = None
        self._suspicion: _Suspicion | None = None
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
            self.give_up("the system refuses", error=str(error), folders=scan.folders)
            return
        self._observer = observer
        watched = observer.watches()
        if watched is not None and watched < scan.folders:
            # Less than all of them, and no error: this is how a limit shows itself.
            self.give_up("watch limit", folders=scan.folders, watched=watched)
            return
        self._probe_until = now + PROBE_PATIENCE if probe(self.project) else None
        self._stream.tell(WatchChanged(mode="events", reason="started"))

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
        self._suspicion = None
        self._probe_until = None
        self._tell("polling", reason, fields)

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
        if self._suspicion is not None:
            self._clear_suspicion(path for path, _ in found)
        return found

    def suspect(self, paths: Iterable[str], now: float) -> None:
        """Take in that an audit found ``paths`` moved, and no event has told of them yet."""
        found = set(paths)
        if not found or self.is_polling:
            return
        if self._suspicion is None:
            self._suspicion = _Suspicion(found, now + GRACE)
        else:
            self._suspicion.paths |= found

    @property
    def due_at(self) -> float | None:
        """When ``check`` has something to decide; None when it has not."""
        times = [self._probe_until, self._suspicion.until if self._suspicion else None]
        return min((at for at in times if at is not None), default=None)

    def check(self, now: float, scan: Scan) -> None:
        """Draw the consequences of a probe or a change that no event told of."""
        if self._probe_until is not None and now >= self._probe_until:
            self.give_up("no events come from this file system")
            return
        if self._suspicion is not None and now >= self._suspicion.until:
            paths, self._suspicion = tuple(sorted(self._suspicion.paths)), None
            self.missed += 1
            self._stream.tell(EventsMissed(paths=paths, count=self.missed))
            if self.missed >= STRIKES:
                self.give_up("events were missed", times=self.missed)
            else:
                self.rebuild(scan, now, "an event was missed")

    def follow(self, scan: Scan, now: float) -> bool:
        """Make the observer anew when ``specs/`` is another folder; return whether it was."""
        if self._identity is None or self.is_polling or not self._checks_identity:
            return False
        if scan.identity == self._identity:
            return False
        self.rebuild(scan, now, "specs/ is another folder")
        return True

    def rebuild(self, scan: Scan, now: float, reason: str) -> None:
        """Replace the observer."""
        self.stop()
        self.rebuilt += 1
        self._suspicion = None
        self._tell("events", reason, {"rebuilt": self.rebuilt})
        self.start(scan, now)

    def _clear_suspicion(self, paths: Iterable[str]) -> None:
        suspicion = self._suspicion
        if suspicion is None:
            return
        for path in paths:
            suspicion.paths = {
                one
                for one in suspicion.paths
                if one != path and not one.startswith(f"{path.rstrip('/')}/")
            }
        if not suspicion.paths:
            self._suspicion = None

    def _tell(self, mode: str, reason: str, fields: Mapping[str, object]) -> None:
        self._stream.tell(WatchChanged(mode=mode, reason=reason, fields=fields))
