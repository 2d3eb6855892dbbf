"""Model of the lock: what decides a run, and what becomes of each file.

A ``Snapshot`` holds all that decides; a ``Reconciliation`` is what follows from it. Where it is
known that only some suites moved, a ``Scope`` limits both to these and to suites in folders of
each other, which may own files in one place.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Self

from msgspec import Struct, field

from mockgen_watch.diagnostics import Diagnostic
from mockgen_watch.lock.paths import below, fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mockgen_watch.lock.lockfile import JournalEntry, Lockfile
    from mockgen_watch.lock.paths import WantedOutput, WantedSuite


class Snapshot(Struct, frozen=True, kw_only=True):
    """All that decides a run. Paths are relative to the output folder, with forward slashes.

    Attributes:
        contract: the seed contract that the keys were made for.
        locks: suite → its lockfile, or why that cannot be read; suites without one are absent.
        journal: what earlier runs meant to write and no lockfile records yet.
        made: what earlier runs wrote where something is now that neither lockfile nor journal
            knows. Git may have put an earlier lockfile back, or taken it away.
        disk: path → digest of the files that are there: at least the wanted ones, those that
            lockfiles, journal or ``made`` name, their offers, and the lockfiles themselves.
        obstacles: path → what is there and is not a file (``a folder``, ``a symbolic link`` …).
        is_whole_tree: ``wanted`` has every suite there is; only then is anything removed.
        is_forced: replace what was edited by hand, too.
        kept: paths that the project makes under another profile, which are never removed.
        acting: the suites to decide on, where it is known that the others are as they should be;
            all others only say which paths are theirs. None: every suite.
    """

    wanted: tuple[WantedSuite, ...]
    contract: int
    locks: Mapping[str, Lockfile | Diagnostic] = field(default_factory=dict)
    journal: tuple[JournalEntry, ...] = ()
    made: tuple[JournalEntry, ...] = ()
    disk: Mapping[str, str] = field(default_factory=dict)
    obstacles: Mapping[str, str] = field(default_factory=dict)
    is_whole_tree: bool = True
    is_forced: bool = False
    kept: frozenset[str] = frozenset()
    acting: frozenset[str] | None = None

    @property
    def tells_of_all(self) -> bool:
        """Return whether every suite is decided on, so that what none of them owns is nobody's."""
        return self.is_whole_tree and self.acting is None

    def needs_offer(self, path: str, digest: str) -> bool:
        """Return whether bytes of ``digest`` have to be put at the offer ``path``.

        Not when they are there already, nor when something is there that is not ours.
        """
        found = self.disk.get(path)
        if found is None:
            return path not in self.obstacles
        ours = {entry.digest for entry in self.journal if entry.path == path}
        return found != digest and found in ours


def relevant_paths(
    wanted: Iterable[WantedSuite],
    locks: Mapping[str, Lockfile | Diagnostic],
    journal: Iterable[JournalEntry],
) -> Iterator[str]:
    """Give each path that ``Snapshot.disk`` must know, except offers and lockfiles."""
    for suite in wanted:
        for output in suite.outputs:
            yield from output.paths
    for name, lock in locks.items():
        if not isinstance(lock, Diagnostic):
            for path in lock.files():
                yield below(name, path)
    for entry in journal:
        yield entry.path


class Action(StrEnum):
    """What becomes of a file."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    KEEP = "keep"
    REFUSE = "refuse"


class Reason(StrEnum):
    """Why that becomes of it."""

    MISSING = "it is missing"
    CHANGED = "its inputs changed"
    FRESH = "it is up to date"
    EDITED = "it was edited by hand"
    UNOWNED = "not recorded in a lockfile"
    OBSTACLE = "not a regular file"
    UNWANTED = "no spec produces it any more"
    EDITED_UNWANTED = "no spec produces it any more, but it was edited by hand"
    KEPT = "another profile makes it"
    FORCED = "it was edited by hand, and --force replaces it"
    SPENT = "no longer needed"


class FileAction(Struct, frozen=True, kw_only=True):
    """What should become of one file, as far as it is known before generating.

    An update may turn out to be a keep, and so may a refusal, when the new bytes are the ones
    that are there: ``settle`` decides once their digest is known.

    Attributes:
        found: digest of what is there; None when nothing is.
        known: digests that lockfiles and journal own at this path: what may be replaced.
        wanted: digest of the bytes that should be there, where an earlier run recorded it.
        must_produce: the bytes are needed, to write them or to learn their digest.
        obstacle: what is in the way and is not a file.
    """

    path: str
    action: Action
    reason: Reason
    found: str | None
    known: frozenset[str]
    wanted: str | None = None
    must_produce: bool = False
    obstacle: str = ""


class OutputAction(Struct, frozen=True, kw_only=True):
    """One selected output and its files, in the order of their records."""

    output: WantedOutput
    files: tuple[FileAction, ...]

    @property
    def must_produce(self) -> bool:
        """Return whether any file's bytes are needed."""
        return any(file.must_produce for file in self.files)


class SuiteAction(Struct, frozen=True, kw_only=True):
    """One suite: what becomes of its outputs, and of the files that it owns and nobody wants.

    Attributes:
        lock: the lockfile as it was; None when there is none (or a broken one and force).
        wanted: None for a suite that is no more.
        unwanted: files of the lockfile that no output of any suite wants.
    """

    suite: str
    lock: Lockfile | None
    wanted: WantedSuite | None
    outputs: tuple[OutputAction, ...]
    unwanted: tuple[FileAction, ...]

    def files(self) -> list[FileAction]:
        """Return every file action of this suite."""
        return [*(file for output in self.outputs for file in output.files), *self.unwanted]


class Reconciliation(Struct, frozen=True, kw_only=True):
    """What follows from a snapshot.

    Attributes:
        suites: those that are acted on; failed and blocked ones are not among them.
        strays: files that only the journal owns: left by a run that was cut short.
        blocked: why a suite's lockfile stops it.
    """

    suites: tuple[SuiteAction, ...]
    strays: tuple[FileAction, ...]
    blocked: tuple[Diagnostic, ...]
    snapshot: Snapshot

    def files(self) -> list[FileAction]:
        """Return every file action, suite by suite."""
        return [*(file for suite in self.suites for file in suite.files()), *self.strays]


class Scope(Struct, frozen=True, kw_only=True):
    """A part of the suites of a project.

    Attributes:
        acting: those to decide on; they need not be there any more.
        near: these, and all whose folder is in one of theirs, or has one of theirs in it.
    """

    acting: frozenset[str]
    near: frozenset[str]

    @classmethod
    def around(cls, acting: Iterable[str], suites: Iterable[str]) -> Self:
        """Return the scope of ``acting`` among ``suites``."""
        members = frozenset(acting)
        folded = {fold(suite) for suite in members}
        above = {folder for suite in folded for folder in _folders(suite)}
        near = {
            suite
            for suite in suites
            if (name := fold(suite)) in above or not folded.isdisjoint(_folders(name))
        }
        return cls(acting=members, near=members | near)


def _folders(suite: str) -> Iterator[str]:
    """Give ``suite`` and all folders that it is in; the last is ``""``."""
    while suite:
        yield suite
        suite = suite.rpartition("/")[0]
    yield ""
