"""Transaction: outputs take their places, and lockfiles and journal follow.

The order makes every kill harmless: what a file will hold is written to the journal, then the
file takes its place, then the lockfile records it, then the memory of what was made has it, then
the journal forgets. Each file on its own is wholly old or wholly new. Files are staged first and
placed in groups, which share one write of the journal.
"""

from __future__ import annotations

import os
import stat
from contextlib import closing, suppress
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic
from mockgen_watch.digest import digest
from mockgen_watch.errors import FindingsError, StorageError
from mockgen_watch.lock import model as locked
from mockgen_watch.lock.lockfile import (
    JournalEntry,
    Lockfile,
    encode_entries,
    read_lockfile,
    write_lockfile,
)
from mockgen_watch.lock.paths import LOCK_NAME, folders_above, lock_path, offer_path, spec_folder
from mockgen_watch.lock.settle import (
    Settled,
    newly_made,
    next_journal,
    next_lockfile,
    settle,
)
from mockgen_watch.storage.atomic import (
    Staged,
    digest_in,
    read_in,
    remove_quietly,
    stage,
    write_all,
)
from mockgen_watch.storage.backup import Backup, clear_unfinished, keep_lockfile, save_backup
from mockgen_watch.storage.containment import Folder, naming
from mockgen_watch.storage.made import read_made, remember_made
from mockgen_watch.storage.outputs import LARGEST_LOCK, OutputTree
from mockgen_watch.storage.partial import Partials, Resumable
from mockgen_watch.storage.swap import Place, Placed, Placer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mockgen_watch.storage.project_folder import OutputRoot, StateFolder

    Contents: TypeAlias = Iterable[
        tuple[locked.OutputAction, Iterable[tuple[str, Iterable[bytes]]]]
    ]


GROUP_FILES = 64
GROUP_BYTES = 64 << 20
"""A group of staged files is placed when it has this many files or bytes."""


class Failure(Struct, frozen=True, kw_only=True):
    """What went wrong with the file ``path`` below the output folder; it is unchanged."""

    path: str
    error: StorageError | FindingsError


class Refusal(Struct, frozen=True, kw_only=True):
    """A file that was left as it is; ``has_offer``: the new content is beside it."""

    file: locked.FileAction
    has_offer: bool


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of a run.

    Attributes:
        settled: path → its end, for each file that the run came to.
        backups: what force replaced, and what a kill had left.
        committed: suites whose lockfile is now right.
        has_moved: the output folder changed under the run: take a snapshot and run again.
        has_written: a file or lockfile is another one now.
        resumed: path → records that an earlier run had made, of each file gone on with.
    """

    settled: Mapping[str, Settled]
    refusals: tuple[Refusal, ...]
    failures: tuple[Failure, ...]
    backups: tuple[Backup, ...]
    committed: frozenset[str]
    has_moved: bool
    is_stopped: bool
    has_written: bool = False
    resumed: Mapping[str, int] = field(default_factory=dict)

    def paths(self, action: locked.Action) -> list[str]:
        """Return the files with this end, sorted."""
        return sorted(path for path, end in self.settled.items() if end.action is action)


def apply(
    reconciliation: locked.Reconciliation,
    tree: OutputTree,
    contents: Contents,
    *,
    should_stop: Callable[[], bool] | None = None,
) -> Outcome:
    """Do what ``reconciliation`` says. The caller holds the writer's lock.

    Args:
        reconciliation: follows from ``tree.snapshot``.
        tree: the output folder as it was then.
        contents: for each output of which bytes are needed, in the order of ``reconciliation``,
            path and chunks of each file for which ``must_produce``, in the order of its files.
            It is read as files are staged, and no further than is needed. FindingsError from the
            files of an output means that a record cannot be made: the output stays as it is.
        should_stop: asked before each file; once true, the file in hand is finished, the
            lockfiles record what was done, and the rest waits for the next run.

    What goes wrong with one file or output is reported in ``Outcome.failures`` and stops no other.

    Raises:
        StorageError: when the journal or the output folder cannot be written, or what a kill
            left cannot be cleared. Old files are then unchanged.
    """
    run = _Transaction(reconciliation, tree, should_stop)
    with closing(run.folders):
        run.clear_leftovers()
        run.note_kept()
        run.remove()
        run.write(contents)
        run.commit()
        run.clear_empty_folders()
    return run.outcome()


class JournalFile:
    """The journal of one output folder.

    Attributes:
        written: the entries that this run has added.
        has_failed: entries could not be added; no file may be replaced any more.
    """

    def __init__(self, state: StateFolder, name: str) -> None:
        self.state = state
        self.name = name
        self.written: list[JournalEntry] = []
        self.has_failed = False

    def append(self, entries: Sequence[JournalEntry]) -> None:
        """Add ``entries``; on return they are durable.

        Raises:
            StorageError: when that cannot be; then no file may be replaced.
        """
        if not entries:
            return
        path = self.state.place(self.name)
        self.has_failed = True
        with naming(path), self.state.open() as folder:
            is_new = folder.status(self.name) is None
            with open(path, "ab", buffering=0) as file:
                write_all(file.fileno(), encode_entries(entries))
                os.fsync(file.fileno())
            if is_new:
                folder.sync()
        self.has_failed = False
        self.written += entries

    def finish(self, before: Sequence[JournalEntry], after: Sequence[JournalEntry]) -> None:
        """Leave just the entries ``after``; ``before`` are those that the run began with.

        Raises:
            StorageError: when the file cannot be replaced or removed; it then says too much,
                which is safe.
        """
        if not after:
            if before or self.written:
                self.state.remove(self.name)
        elif self.written or tuple(before) != tuple(after):
            self.state.write(self.name, encode_entries(after))


class _OutputFolder:
    """The output folder, opened and made when it is first needed."""

    def __init__(self, root: OutputRoot) -> None:
        self.root = root
        self._top: Folder | None = None
        self._here: tuple[str, Folder] | None = None

    def close(self) -> None:
        if self._here is not None:
            self._here[1].close()
        if self._top is not None:
            self._top.close()

    def top(self) -> Folder:
        if self._top is None:
            self._top = self.root.open(create=True)
        return self._top

    def folder(self, path: str) -> Folder:
        """Return the folder ``path``, made if needed; it is closed when another is asked for."""
        if self._here is None or self._here[0] != path:
            folder = self.top().walk(path, create=True)
            if self._here is not None:
                self._here[1].close()
            self._here = (path, folder)
        return self._here[1]

    def has_moved(self) -> bool:
        """Return whether the opened folder bears its name no more."""
        if self._top is None:
            return False
        try:
            with self.root.open() as now:
                return now.identity() != self._top.identity()
        except (OSError, StorageError):
            return True


class _Pending(Struct, frozen=True, kw_only=True):
    """A staged file that waits for its place ``path``: the file's own, or its offer's."""

    output: locked.OutputAction
    file: locked.FileAction
    staged: Staged
    path: str
    action: locked.Action

    @property
    def entry(self) -> JournalEntry:
        output = self.output.output
        return JournalEntry(
            suite=output.suite, path=self.path, digest=self.staged.digest, key=output.key
        )


class _Transaction:
    """One run over an output folder; ``apply`` has its steps."""

    def __init__(
        self,
        reconciliation: locked.Reconciliation,
        tree: OutputTree,
        should_stop: Callable[[], bool] | None,
    ) -> None:
        self.reconciliation = reconciliation
        self.snapshot: locked.Snapshot = reconciliation.snapshot
        self.tree = tree
        self.root = tree.root
        self.should_stop = should_stop
        self.folders = _OutputFolder(tree.root)
        self.placer = Placer(tree.root, tree.cache)
        self.journal = JournalFile(tree.root.state, tree.root.journal_name)
        self.partials = Partials(tree.root.state)
        self.pending: list[_Pending] = []
        self.unsynced: set[str] = set()
        self.settled: dict[str, Settled] = {}
        self.refusals: list[Refusal] = []
        self.failures: list[Failure] = []
        self.committed: set[str] = set()
        self.has_moved = False
        self.is_stopped = False
        self.offers: dict[str, set[str]] = {}
        for entry in self.snapshot.journal:
            self.offers.setdefault(entry.path, set()).add(entry.digest)

    def outcome(self) -> Outcome:
        # What was in the way of a file may have been what this run removed.
        was_stopped = any(
            refusal.file.reason is locked.Reason.OBSTACLE for refusal in self.refusals
        )
        has_removed = any(end.action is locked.Action.DELETE for end in self.settled.values())
        return Outcome(
            settled=self.settled,
            refusals=tuple(self.refusals),
            failures=tuple(self.failures),
            backups=tuple(self.placer.backups),
            committed=frozenset(self.committed),
            has_moved=self.has_moved or (was_stopped and has_removed),
            is_stopped=self.is_stopped,
            has_written=self.placer.has_written or bool(self.tree.leftovers),
            resumed=self.partials.resumed,
        )

    # What earlier runs left -------------------------------------------------------------------

    def clear_leftovers(self) -> None:
        """Remove what earlier runs left in the output folder and in the state folder.

        A file that was swapped out holds somebody's edit when neither lockfile nor journal know
        its bytes: it becomes a backup.
        """
        known = _known_digests(self.snapshot) if self.tree.leftovers else set()
        for path in self.tree.leftovers:
            with naming(self.root.named(path)), self.folders.top().holding(path) as (folder, name):
                if name.endswith(".old") and not _is_ours(folder, name, known):
                    self.placer.backups.append(save_backup(self.root, folder, name, path))
                folder.unlink(name)
        self.root.state.clear_temporaries()
        clear_unfinished(self.root.state)
        wanted = {
            (output.output.key, file.path)
            for suite in self.reconciliation.suites
            for output in suite.outputs
            for file in output.files
            if file.must_produce
        }
        self.partials.clear(wanted, is_whole_tree=self.snapshot.is_whole_tree)

    # Ends of files ----------------------------------------------------------------------------

    def note_kept(self) -> None:
        """Settle all files for which no bytes are needed and nothing has to be done."""
        for suite in self.reconciliation.suites:
            for output in suite.outputs:
                for file in output.files:
                    if file.action is locked.Action.KEEP:
                        self._settle(file.path, locked.Action.KEEP, file.found)
                    elif not file.must_produce:
                        self._refuse(file, file.wanted)
            for file in suite.unwanted:
                if file.action is locked.Action.REFUSE:
                    self._refuse(file, None)

    def _settle(self, path: str, action: locked.Action, digest: str | None) -> None:
        self.settled[path] = Settled(action=action, digest=digest)

    def _refuse(
        self, file: locked.FileAction, digest: str | None, *, has_offer: bool = False
    ) -> None:
        """Note that ``file`` stays as it is, though bytes of ``digest`` are wanted there."""
        found = self.snapshot.disk.get(offer_path(file.path))
        was_there = found is not None and found == digest
        self.refusals.append(Refusal(file=file, has_offer=has_offer or was_there))
        self._settle(file.path, locked.Action.REFUSE, digest)

    def _fail(self, path: str, error: StorageError | FindingsError) -> None:
        self.failures.append(Failure(path=path, error=error))

    # Removing ---------------------------------------------------------------------------------

    def remove(self) -> None:
        """Remove what nobody wants; first, because it may be where a folder is needed."""
        for file in self.reconciliation.files():
            if file.action is locked.Action.DELETE:
                self._remove(file.path, file)

    def _remove(self, path: str, file: locked.FileAction | None) -> None:
        """Remove the output ``file`` at ``path``, or without it the offer there."""
        known = file.known if file else frozenset(self.offers.get(path, ()))
        is_forced = self.snapshot.is_forced and file is not None
        try:
            is_removed = self._take_away(path, known, is_forced=is_forced)
        except StorageError as error:
            self._fail(path, error)
            return
        if is_removed:
            self._settle(path, locked.Action.DELETE, None)
        elif file is not None:
            self._refuse(file, None)

    def _take_away(self, path: str, known: frozenset[str], *, is_forced: bool) -> bool:
        """Remove a file and the folders that it leaves empty; return False when it was edited."""
        parent, _, name = path.rpartition("/")
        with naming(self.root.named(path)):
            try:
                folder = self.folders.top().walk(parent)
            except (FileNotFoundError, NotADirectoryError):
                return True
            with folder:
                place = Place(folder=folder, name=name, path=path, known=known, is_forced=is_forced)
                is_removed = self.placer.remove(place) is Placed.REMOVED
                folder.sync()
        if is_removed:
            self.folders.top().remove_empty(parent)
        return is_removed

    def clear_empty_folders(self) -> None:
        """Remove empty folders where this program made files.

        A run that was killed may have removed the last file and left its folder.
        """
        empty = self.tree.empty_folders() if self.snapshot.tells_of_all else ()
        if empty:
            made = (*self.snapshot.journal, *read_made(self.root))
            paths = [*self.tree.leftovers, *(entry.path for entry in made)]
            for suite in self.reconciliation.suites:
                paths += [file.path for file in suite.files()]
            ours = {folder for path in paths for folder in folders_above(path)}
            for folder in ours.intersection(empty):
                self.folders.top().remove_empty(folder)

    # Writing ----------------------------------------------------------------------------------

    def write(self, contents: Contents) -> None:
        """Stage and place what comes, a group at a time."""
        outputs = iter(contents)
        try:
            while not self._is_over() and (output := next(outputs, None)) is not None:
                self._stage_output(*output)
            self._place_all()
        finally:
            # After an error that ends the run; a journal that cannot be written, for one.
            for pending in self.pending:
                self._drop(pending)

    def _is_over(self) -> bool:
        if self.should_stop is not None and not self.is_stopped:
            self.is_stopped = self.should_stop()
        return self.is_stopped

    def _stage_output(
        self, output: locked.OutputAction, files: Iterable[tuple[str, Iterable[bytes]]]
    ) -> None:
        needed = {file.path: file for file in output.files if file.must_produce}
        at = min(needed)
        try:
            for path, chunks in files:
                if path in needed:
                    at = path
                    self._stage_file(output, needed.pop(path), chunks)
                if not needed or self._is_over():
                    break
            else:
                if needed:
                    raise ValueError(f"no bytes were produced for {min(needed)}")
        except (StorageError, FindingsError) as error:
            if self.journal.has_failed:
                raise
            self._fail(at, error)

    def _stage_file(
        self, output: locked.OutputAction, file: locked.FileAction, chunks: Iterable[bytes]
    ) -> None:
        staged = self._stage(output, file, chunks)
        action = settle(file, staged.digest, is_forced=self.snapshot.is_forced)
        path = offer_path(file.path) if action is locked.Action.REFUSE else file.path
        pending = _Pending(output=output, file=file, staged=staged, path=path, action=action)
        if action is locked.Action.KEEP:
            self._settle(file.path, action, staged.digest)
            if offer_path(file.path) in self.offers:
                self._remove(offer_path(file.path), None)
        elif action is locked.Action.REFUSE and not self.snapshot.needs_offer(path, staged.digest):
            self._drop(pending)
            self._refuse(file, staged.digest)
        else:
            self.pending.append(pending)
            size = sum(one.staged.size for one in self.pending)
            if len(self.pending) >= GROUP_FILES or size >= GROUP_BYTES:
                self._place_all()

    def _stage(
        self, output: locked.OutputAction, file: locked.FileAction, chunks: Iterable[bytes]
    ) -> Staged:
        parent, _, name = file.path.rpartition("/")
        with naming(self.root.named(file.path)):
            folder = self.folders.folder(parent)
            status = folder.status(name)
            is_file = status is not None and stat.S_ISREG(status.st_mode)
            mode = stat.S_IMODE(status.st_mode) if status and is_file else None
            if isinstance(chunks, Resumable):
                what = (output.output.key, file.path)
                return self.partials.stage(folder, what, chunks, found=file.found, mode=mode)
            return stage(folder, chunks, found=file.found, mode=mode)

    def _place_all(self) -> None:
        self.journal.append([pending.entry for pending in self.pending])
        for pending in self.pending:
            self._place(pending)
        self.pending.clear()
        for path in sorted(self.unsynced):
            try:
                with naming(self.root.named(path)):
                    self.folders.folder(path).sync()
            except StorageError as error:
                self._fail(path, error)
        self.unsynced.clear()

    def _place(self, pending: _Pending) -> None:
        file, digest = pending.file, pending.staged.digest
        is_offer = pending.path != file.path
        known = frozenset(self.offers.get(pending.path, ())) if is_offer else file.known
        is_forced = self.snapshot.is_forced and not is_offer
        try:
            is_placed = self._put(pending, known, is_forced=is_forced)
        except StorageError as error:
            self._drop(pending)
            self._fail(file.path, error)
            return
        if is_placed and not is_offer:
            self._settle(file.path, pending.action, digest)
            return
        # Not placed: it was saved by somebody after the snapshot.
        has_offer = is_placed or (not is_offer and self._offer_late(pending))
        if not has_offer:
            self._drop(pending)
        self._refuse(file, digest, has_offer=has_offer)

    def _offer_late(self, pending: _Pending) -> bool:
        path = offer_path(pending.file.path)
        if not self.snapshot.needs_offer(path, pending.staged.digest):
            return False
        late = replace(pending, path=path, action=locked.Action.REFUSE)
        try:
            self.journal.append([late.entry])
            return self._put(late, frozenset(self.offers.get(path, ())), is_forced=False)
        except StorageError:
            # The refusal is reported anyway, and the next run tries again.
            return False

    def _put(self, pending: _Pending, known: frozenset[str], *, is_forced: bool) -> bool:
        """Give a staged file its place; return False when other bytes are there."""
        parent, _, name = pending.path.rpartition("/")
        with naming(self.root.named(pending.path)):
            folder = self.folders.folder(parent)
            place = Place(
                folder=folder, name=name, path=pending.path, known=known, is_forced=is_forced
            )
            placed = self.placer.put(place, pending.staged.name, pending.staged.digest)
            if placed is Placed.SAME:
                remove_quietly(folder, pending.staged.name)
            self.unsynced.add(parent)
        return placed is not Placed.REFUSED

    def _drop(self, pending: _Pending) -> None:
        if pending.staged.name:
            with suppress(OSError):
                folder = self.folders.folder(pending.file.path.rpartition("/")[0])
                remove_quietly(folder, pending.staged.name)

    # Lockfiles and journal --------------------------------------------------------------------

    def commit(self) -> None:
        """Write lockfiles and journal, each only if it has to change."""
        for suite in self.reconciliation.suites:
            try:
                if self._commit_suite(suite):
                    self.committed.add(suite.suite)
                else:
                    self.has_moved = True
            except StorageError as error:
                self._fail(lock_path(suite.suite), error)
        self.has_moved = self.has_moved or self.folders.has_moved()
        if self.has_moved:
            # The lockfiles may be in a folder that bears the name no more.
            self.committed.clear()
        written = self.journal.written
        after = next_journal(self.reconciliation, written, self.settled, self.committed)
        # Before the journal forgets: a kill between the two must not leave a file to nobody.
        if made := newly_made(self.reconciliation, written, self.settled, after):
            remember_made(self.root, made)
        try:
            self.journal.finish(self.snapshot.journal, after)
        except StorageError as error:
            self._fail(self.journal.name, error)
        self.tree.cache.save()

    def _commit_suite(self, suite: locked.SuiteAction) -> bool:
        """Bring one lockfile up to date; return False when it is not the one of the snapshot."""
        lock = next_lockfile(suite, self.snapshot.contract, self.settled)
        path = lock_path(suite.suite)
        found = self.snapshot.disk.get(path)
        if lock is None and found is None:
            return True
        data = b"" if lock is None else write_lockfile(lock, spec_folder(suite.suite))
        if found is not None and found == digest(data):
            return True
        known = frozenset({found} if found else ())
        with naming(self.root.named(path)):
            folder = self.folders.folder(suite.suite)
            if lock is not None and isinstance(self.snapshot.locks.get(suite.suite), Diagnostic):
                if found is not None:
                    saved = save_backup(self.root, folder, LOCK_NAME, path)
                    self.placer.backups.append(saved)
            elif found is not None:
                keep_lockfile(self.root, folder, LOCK_NAME, path)
            if lock is None:
                return self._take_away(path, known, is_forced=False)
            place = Place(folder=folder, name=LOCK_NAME, path=path, known=known)
            placed = self.placer.write(place, (data,))
            folder.sync()
        return placed is not Placed.REFUSED


def _known_digests(snapshot: locked.Snapshot) -> set[str]:
    locks = (lock for lock in snapshot.locks.values() if isinstance(lock, Lockfile))
    in_locks = {digest for lock in locks for digest in lock.files().values()}
    return in_locks | {entry.digest for entry in snapshot.journal}


def _is_ours(folder: Folder, name: str, known: set[str]) -> bool:
    if digest_in(folder, name) in known:
        return True
    status = folder.status(name)
    if status is None or status.st_size > LARGEST_LOCK:
        return False
    # A lockfile that was swapped out: what it knew is in the one that took its place.
    return isinstance(read_lockfile(read_in(folder, name), LOCK_NAME, ""), Lockfile)
