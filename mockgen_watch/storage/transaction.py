"""Takes what has to happen and a producer of bytes; gives outputs, lockfiles, and an account.

The order makes every kill harmless: what a file will hold is written to the journal, then the
file takes its place, then the lockfile tells of it, then the journal forgets. Each file on its
own is wholly old or wholly new. Small files share one write of the journal.
"""

from __future__ import annotations

import os
import stat
from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic
from mockgen_watch.digest import digest
from mockgen_watch.errors import FindingsError, StorageError
from mockgen_watch.lock.lockfile import Lockfile, encode_entries, read_lockfile, write_lockfile
from mockgen_watch.lock.model import Action, JournalEntry, Reason
from mockgen_watch.lock.paths import LOCK_NAME, lock_path, offer_path
from mockgen_watch.lock.settle import Settled, next_journal, next_lockfile, settle
from mockgen_watch.storage.atomic import digest_file, read_blocks, remove_quietly, stage, write_all
from mockgen_watch.storage.backup import clear_unfinished, save_backup
from mockgen_watch.storage.containment import Folder, naming
from mockgen_watch.storage.former import keep_former
from mockgen_watch.storage.outputs import LARGEST_LOCK
from mockgen_watch.storage.partial import Partials, Resumable
from mockgen_watch.storage.project_folder import BACKUPS
from mockgen_watch.storage.swap import Place, Placed, Placer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from mockgen_watch.lock.model import (
        FileAction,
        OutputAction,
        Reconciliation,
        Snapshot,
        SuiteAction,
    )
    from mockgen_watch.storage.atomic import Staged
    from mockgen_watch.storage.backup import Backup
    from mockgen_watch.storage.containment import OutputRoot
    from mockgen_watch.storage.outputs import OutputTree
    from mockgen_watch.storage.project_folder import StateFolder
    from mockgen_watch.storage.stat_cache import StatCache


class Failure(Struct, frozen=True, kw_only=True):
    """What went wrong with the file ``path`` below the output folder; it stands as before."""

    path: str
    error: StorageError | FindingsError


class Refusal(Struct, frozen=True, kw_only=True):
    """A file that was left as it is; ``has_offer``: the new content stands beside it."""

    file: FileAction
    has_offer: bool


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of a run.

    Attributes:
        settled: path → its end, for each file that the run came to.
        refusals: files edited by hand, or in the way.
        failures: files and outputs that stand as before because something went wrong.
        backups: what force replaced, and what a kill had left.
        committed: suites whose lockfile is now right.
        has_moved: the output folder changed under the run: take a snapshot and run again.
        is_stopped: the run ended early, as it was asked to.
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

    def paths(self, action: Action) -> list[str]:
        """Return the files with this end, sorted."""
        return sorted(path for path, end in self.settled.items() if end.action is action)


class Observer(Protocol):
    """Is told of each file once its end is settled."""

    def __call__(self, path: str, action: Action, size: int, /) -> None:
        """Take the path below the output folder, what became of it, and the bytes written."""
        ...


class Account:
    """What a run has done so far.

    Attributes:
        settled: path → its end.
        refusals, failures: see ``Outcome``.
    """

    def __init__(self, snapshot: Snapshot, on_file: Observer | None) -> None:
        """Begin an empty account of a run over ``snapshot``."""
        self.snapshot = snapshot
        self.on_file = on_file
        self.settled: dict[str, Settled] = {}
        self.refusals: list[Refusal] = []
        self.failures: list[Failure] = []

    def keep(self, reconciliation: Reconciliation) -> None:
        """Settle all for which no bytes are needed and nothing has to be done."""
        for suite in reconciliation.suites:
            for output in suite.outputs:
                for file in output.files:
                    if file.action is Action.KEEP:
                        self.settle(file.path, Action.KEEP, file.found)
                    elif not file.must_produce:
                        self.refuse(file, file.wanted)
            for file in suite.unwanted:
                if file.action is Action.REFUSE:
                    self.refuse(file, None)

    def settle(self, path: str, action: Action, digest: str | None, size: int = 0) -> None:
        """Note the end of ``path``; ``size`` is how many bytes were written."""
        self.settled[path] = Settled(action=action, digest=digest)
        if self.on_file is not None:
            self.on_file(path, action, size)

    def refuse(self, file: FileAction, digest: str | None, *, has_offer: bool = False) -> None:
        """Note that ``file`` stays as it is, though bytes of ``digest`` are wanted there."""
        found = self.snapshot.disk.get(offer_path(file.path))
        was_there = found is not None and found == digest
        self.refusals.append(Refusal(file=file, has_offer=has_offer or was_there))
        self.settle(file.path, Action.REFUSE, digest)

    def fail(self, path: str, error: StorageError | FindingsError) -> None:
        """Note that ``path`` stays as it is because of ``error``."""
        self.failures.append(Failure(path=path, error=error))

    def has_cleared_a_way(self) -> bool:
        """Return whether what was in the way of a file may have been what the run removed."""
        was_stopped = any(refusal.file.reason is Reason.OBSTACLE for refusal in self.refusals)
        return was_stopped and any(end.action is Action.DELETE for end in self.settled.values())


class JournalFile:
    """The journal of one output folder.

    Attributes:
        written: the entries that this run has added.
        has_failed: entries could not be added; no file may be replaced any more.
    """

    def __init__(self, state: StateFolder, name: str) -> None:
        """Use the file ``name`` of ``state``."""
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
        path = os.path.join(self.state.folder, self.name)
        self.has_failed = True
        with naming(path), self.state.open() as folder:
            is_new = folder.status(self.name) is None
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
            try:
                write_all(fd, encode_entries(entries))
                os.fsync(fd)
            finally:
                os.close(fd)
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


class Pending(Struct, frozen=True, kw_only=True):
    """A staged file that waits for its place.

    Attributes:
        path: where it goes: the file's own, or its offer's.
    """

    output: OutputAction
    file: FileAction
    staged: Staged
    path: str
    action: Action


class Workbench:
    """The output folder, opened (and made) when it is first needed.

    Attributes:
        root: what it opens.
        placer: puts files in place.
        journal: of this folder.
    """

    def __init__(self, root: OutputRoot, cache: StatCache) -> None:
        """Work in ``root``."""
        self.root = root
        self.cache = cache
        self.placer = Placer(root, cache)
        self.journal = JournalFile(root.state, root.journal_name)
        self._top: Folder | None = None
        self._here: tuple[str, Folder] | None = None
        self._unsynced: set[str] = set()

    def __enter__(self) -> Self:
        """Return self."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close all folders."""
        if self._here is not None:
            self._here[1].close()
        if self._top is not None:
            self._top.close()

    def top(self) -> Folder:
        """Return the output folder, made if it was not there.

        Raises:
            StorageError: when that cannot be.
        """
        if self._top is None:
            self._top = self.root.open(create=True)
        return self._top

    def folder(self, path: str) -> Folder:
        """Return the folder ``path``, made if needed; it is closed when another is asked for.

        Raises:
            OSError, StorageError: when that cannot be.
        """
        if self._here is None or self._here[0] != path:
            folder = self.top().walk(path, create=True)
            if self._here is not None:
                self._here[1].close()
            self._here = (path, folder)
        return self._here[1]

    def mode(self, folder: Folder, name: str) -> int | None:
        """Return the permissions of a file that is there; None when it is not."""
        status = folder.status(name)
        if status is None or not stat.S_ISREG(status.st_mode):
            return None
        return stat.S_IMODE(status.st_mode)

    def place(self, pending: Pending, known: frozenset[str], *, is_forced: bool) -> bool:
        """Give a staged file its place; return False when other bytes stand there.

        Raises:
            StorageError: the old file then stands as before.
        """
        parent, _, name = pending.path.rpartition("/")
        with naming(self.root.named(pending.path)):
            folder = self.folder(parent)
            place = Place(
                folder=folder, name=name, path=pending.path, known=known, is_forced=is_forced
            )
            placed = self.placer.put(place, pending.staged.name, pending.staged.digest)
            if placed is Placed.SAME:
                remove_quietly(folder, pending.staged.name)
            self._unsynced.add(parent)
        return placed is not Placed.REFUSED

    def remove(self, path: str, known: frozenset[str], *, is_forced: bool) -> bool:
        """Remove a file and the folders that it leaves empty; return False when it was edited.

        Raises:
            StorageError: the file then stands as before.
        """
        parent, _, name = path.rpartition("/")
        with naming(self.root.named(path)):
            try:
                folder = self.top().walk(parent)
            except (FileNotFoundError, NotADirectoryError):
                return True
            with folder:
                place = Place(folder=folder, name=name, path=path, known=known, is_forced=is_forced)
                is_removed = self.placer.remove(place) is Placed.REMOVED
                folder.sync()
        if is_removed:
            self._prune(parent)
        return is_removed

    def drop(self, pending: Pending) -> None:
        """Remove the temporary file of ``pending``, if there is one."""
        parent = pending.file.path.rpartition("/")[0]
        if not pending.staged.name:
            return
        try:
            folder = self.folder(parent)
        except OSError:
            return
        remove_quietly(folder, pending.staged.name)

    def has_moved(self) -> bool:
        """Return whether the opened output folder bears its name no more."""
        if self._top is None:
            return False
        try:
            now = self.root.open_if_there()
            if now is None:
                return True
            with now:
                return now.identity() != self._top.identity()
        except (OSError, StorageError):
            return True

    def sync(self) -> list[tuple[str, StorageError]]:
        """Make the names of all placed files durable; return the folders that failed, and why."""
        failed: list[tuple[str, StorageError]] = []
        for path in sorted(self._unsynced):
            try:
                with naming(self.root.named(path)):
                    self.folder(path).sync()
            except StorageError as error:
                failed.append((path, error))
        self._unsynced.clear()
        return failed

    def _prune(self, path: str) -> None:
        while path:
            parent, _, name = path.rpartition("/")
            try:
                with self.top().walk(parent) as folder:
                    folder.remove_folder(name)
            except OSError:
                return
            path = parent


class Committer:
    """The end of a run.

    Attributes:
        committed: suites whose lockfile is right.
        failures: lockfiles that could not be written.
        has_moved: something else wrote a lockfile, or replaced the output folder.
    """

    def __init__(
        self,
        bench: Workbench,
        tree: OutputTree,
        reconciliation: Reconciliation,
        settled: Mapping[str, Settled],
    ) -> None:
        """Tell of ``settled``."""
        self.bench = bench
        self.tree = tree
        self.reconciliation = reconciliation
        self.settled = settled
        self.committed: set[str] = set()
        self.failures: list[Failure] = []
        self.has_moved = False

    def commit(self) -> None:
        """Write lockfiles, journal and stat cache, each only if it has to change."""
        for suite in self.reconciliation.suites:
            try:
                if self._suite(suite):
                    self.committed.add(suite.suite)
                else:
                    self.has_moved = True
            except StorageError as error:
                self.failures.append(Failure(path=lock_path(suite.suite), error=error))
        self.has_moved = self.has_moved or self.bench.has_moved()
        if self.has_moved:
            # The lockfiles may be in a folder that bears the name no more.
            self.committed.clear()
        self._journal()
        self.tree.cache.save()

    def _suite(self, suite: SuiteAction) -> bool:
        """Bring one lockfile up to date; return False when it is not the one of the snapshot."""
        snapshot = self.reconciliation.snapshot
        lock = next_lockfile(suite, snapshot.contract, self.settled)
        path = lock_path(suite.suite)
        found = snapshot.disk.get(path)
        if lock is None:
            return found is None or self._remove(suite.suite, path, found)
        data = write_lockfile(lock)
        if found == digest(data):
            return True
        with naming(self.tree.root.named(path)):
            folder = self.bench.folder(suite.suite)
            if isinstance(snapshot.locks.get(suite.suite), Diagnostic) and found is not None:
                saved = save_backup(self.tree.root, folder, LOCK_NAME, path)
                self.bench.placer.backups.append(saved)
            elif found is not None:
                keep_former(self.tree.root, folder, LOCK_NAME, path)
            staged = stage(folder, (data,))
            place = Place(
                folder=folder,
                name=LOCK_NAME,
                path=path,
                known=frozenset({found}) if found else frozenset(),
            )
            try:
                placed = self.bench.placer.put(place, staged.name, staged.digest)
            finally:
                remove_quietly(folder, staged.name)
            folder.sync()
        return placed is not Placed.REFUSED

    def _remove(self, suite: str, path: str, found: str) -> bool:
        with naming(self.tree.root.named(path)):
            keep_former(self.tree.root, self.bench.folder(suite), LOCK_NAME, path)
        return self.bench.remove(path, frozenset({found}), is_forced=False)

    def _journal(self) -> None:
        journal = self.bench.journal
        before = self.reconciliation.snapshot.journal
        after = next_journal(self.reconciliation, journal.written, self.settled, self.committed)
        try:
            journal.finish(before, after)
        except StorageError as error:
            self.failures.append(Failure(path=journal.name, error=error))


def clear_leftovers(bench: Workbench, tree: OutputTree, snapshot: Snapshot) -> None:
    """Remove what earlier runs left in the output folder and in the state folder.

    A file that was swapped out holds somebody's edit when neither lockfile nor journal know its
    bytes: it becomes a backup, which ``bench.placer.backups`` tells of.

    Raises:
        StorageError: when a file cannot be read, saved or removed.
    """
    known = _known(snapshot) if tree.leftovers else set()
    for path in tree.leftovers:
        parent, _, name = path.rpartition("/")
        with naming(tree.root.named(path)), bench.top().walk(parent) as folder:
            if name.endswith(".old") and not _is_ours(folder, name, known):
                bench.placer.backups.append(save_backup(tree.root, folder, name, path))
            folder.unlink(name)
    bench.root.state.clear_temporaries()
    state = bench.root.state
    if os.path.isdir(os.path.join(state.folder, BACKUPS)):
        clear_unfinished(state)


def _known(snapshot: Snapshot) -> set[str]:
    known = {entry.digest for entry in snapshot.journal}
    for lock in snapshot.locks.values():
        if isinstance(lock, Lockfile):
            known.update(lock.files().values())
    return known


def _is_ours(folder: Folder, name: str, known: set[str]) -> bool:
    fd = folder.read(name)
    try:
        if digest_file(fd) in known:
            return True
        if os.fstat(fd).st_size > LARGEST_LOCK:
            return False
        os.lseek(fd, 0, os.SEEK_SET)
        # A lockfile that was swapped out: what it knew is in the one that took its place.
        return isinstance(read_lockfile(b"".join(read_blocks(fd)), LOCK_NAME), Lockfile)
    finally:
        os.close(fd)


GROUP_FILES = 64
GROUP_BYTES = 64 << 20
"""A group of staged files is placed when it has this many files or bytes."""


class Producer(Protocol):
    """Makes the bytes of an output."""

    def __call__(self, action: OutputAction, /) -> Iterable[tuple[str, Iterable[bytes]]]:
        """Give the path and the bytes of each file of ``action`` for which ``must_produce``.

        In the order of ``action.files``; what is given of other files is passed over. Raises
        FindingsError when a record cannot be made: the output then stays as it is.
        """
        ...


def apply(
    reconciliation: Reconciliation,
    tree: OutputTree,
    produce: Producer,
    *,
    on_file: Observer | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Outcome:
    """Do what ``reconciliation`` says. The caller holds the writer's lock.

    Args:
        reconciliation: follows from ``tree.snapshot``.
        tree: the output folder as it was then.
        produce: see ``Producer``; not called for outputs whose files are all right.
        on_file: see ``Observer``.
        should_stop: asked before each file; once true, the file in hand is finished, the
            lockfiles tell of what was done, and the rest waits for the next run.

    What goes wrong with one file or output is told in ``Outcome.failures`` and stops no other.

    Raises:
        StorageError: when the journal or the output folder cannot be written, or what a kill
            left cannot be cleared. Old files then stand as before.
    """
    run = _Run(reconciliation, tree, produce, on_file, should_stop)
    with run.stack:
        run.clear()
        run.account.keep(reconciliation)
        run.remove()
        run.write()
        return run.commit()


class _Run:
    """One transaction."""

    def __init__(
        self,
        reconciliation: Reconciliation,
        tree: OutputTree,
        produce: Producer,
        on_file: Observer | None,
        should_stop: Callable[[], bool] | None,
    ) -> None:
        self.reconciliation = reconciliation
        self.snapshot = reconciliation.snapshot
        self.tree = tree
        self.produce = produce
        self.should_stop = should_stop
        self.account = Account(self.snapshot, on_file)
        self.stack = ExitStack()
        self.bench = self.stack.enter_context(Workbench(tree.root, tree.cache))
        self.partials = Partials(tree.root.state)
        self.pending: list[Pending] = []
        self.is_stopped = False
        self.offers: dict[str, set[str]] = {}
        for entry in self.snapshot.journal:
            self.offers.setdefault(entry.path, set()).add(entry.digest)

    def clear(self) -> None:
        clear_leftovers(self.bench, self.tree, self.snapshot)
        wanted = {
            (output.output.key, file.path)
            for suite in self.reconciliation.suites
            for output in suite.outputs
            for file in output.files
            if file.must_produce
        }
        self.partials.clear(wanted, is_whole_tree=self.snapshot.is_whole_tree)

    def remove(self) -> None:
        """Remove what nobody wants; first, because it may stand where a folder is needed."""
        for file in self.reconciliation.files():
            if file.action is Action.DELETE:
                self._remove(file.path, file)

    def write(self) -> None:
        """Produce, stage and place, a group at a time."""
        try:
            for suite in self.reconciliation.suites:
                for output in suite.outputs:
                    if output.must_produce and not self._is_over():
                        self._output(output)
            self._place_all()
        finally:
            # After an error that ends the run; a journal that cannot be written, for one.
            for pending in self.pending:
                self.bench.drop(pending)

    def commit(self) -> Outcome:
        account = self.account
        committer = Committer(self.bench, self.tree, self.reconciliation, account.settled)
        committer.commit()
        return Outcome(
            settled=account.settled,
            refusals=tuple(account.refusals),
            failures=(*account.failures, *committer.failures),
            backups=tuple(self.bench.placer.backups),
            committed=frozenset(committer.committed),
            has_moved=committer.has_moved or account.has_cleared_a_way(),
            is_stopped=self.is_stopped,
            has_written=self.bench.placer.has_written or bool(self.tree.leftovers),
            resumed=self.partials.resumed,
        )

    def _is_over(self) -> bool:
        if self.should_stop is not None and not self.is_stopped:
            self.is_stopped = self.should_stop()
        return self.is_stopped

    def _output(self, output: OutputAction) -> None:
        needed = {file.path: file for file in output.files if file.must_produce}
        at = min(needed)
        try:
            for path, chunks in self.produce(output):
                if path in needed:
                    at = path
                    self._stage(output, needed.pop(path), chunks)
                if not needed or self._is_over():
                    break
            else:
                if needed:
                    raise ValueError(f"no bytes were produced for {min(needed)}")
        except (StorageError, FindingsError) as error:
            if self.bench.journal.has_failed:
                raise
            self.account.fail(at, error)

    def _stage(self, output: OutputAction, file: FileAction, chunks: Iterable[bytes]) -> None:
        parent, _, name = file.path.rpartition("/")
        with naming(self.tree.root.named(file.path)):
            folder = self.bench.folder(parent)
            mode = self.bench.mode(folder, name)
            if isinstance(chunks, Resumable):
                what = (output.output.key, file.path)
                staged = self.partials.stage(folder, what, chunks, found=file.found, mode=mode)
            else:
                staged = stage(folder, chunks, found=file.found, mode=mode)
        action = settle(file, staged.digest, is_forced=self.snapshot.is_forced)
        path = offer_path(file.path) if action is Action.REFUSE else file.path
        pending = Pending(output=output, file=file, staged=staged, path=path, action=action)
        if action is Action.KEEP:
            self.account.settle(file.path, action, staged.digest)
            if offer_path(file.path) in self.offers:
                self._remove(offer_path(file.path), None)
        elif action is Action.REFUSE and not self.snapshot.needs_offer(path, staged.digest):
            self.bench.drop(pending)
            self.account.refuse(file, staged.digest)
        else:
            self.pending.append(pending)
            size = sum(one.staged.size for one in self.pending)
            if len(self.pending) >= GROUP_FILES or size >= GROUP_BYTES:
                self._place_all()

    def _place_all(self) -> None:
        self.bench.journal.append([_entry(pending) for pending in self.pending])
        for pending in self.pending:
            self._place(pending)
        self.pending.clear()
        for path, error in self.bench.sync():
            self.account.fail(path, error)

    def _place(self, pending: Pending) -> None:
        file, digest = pending.file, pending.staged.digest
        is_offer = pending.path != file.path
        known = frozenset(self.offers.get(pending.path, ())) if is_offer else file.known
        is_forced = self.snapshot.is_forced and not is_offer
        try:
            is_placed = self.bench.place(pending, known, is_forced=is_forced)
        except StorageError as error:
            self.bench.drop(pending)
            self.account.fail(file.path, error)
            return
        if is_placed and not is_offer:
            self.account.settle(file.path, pending.action, digest, pending.staged.size)
            return
        # Not placed: it was saved by somebody after the snapshot.
        has_offer = is_placed or (not is_offer and self._offer_late(pending))
        if not has_offer:
            self.bench.drop(pending)
        self.account.refuse(file, digest, has_offer=has_offer)

    def _offer_late(self, pending: Pending) -> bool:
        path = offer_path(pending.file.path)
        if not self.snapshot.needs_offer(path, pending.staged.digest):
            return False
        late = replace(pending, path=path, action=Action.REFUSE)
        try:
            self.bench.journal.append([_entry(late)])
            return self.bench.place(late, frozenset(self.offers.get(path, ())), is_forced=False)
        except StorageError:
            # The refusal is told anyway, and the next run tries again.
            return False

    def _remove(self, path: str, file: FileAction | None) -> None:
        known = file.known if file else frozenset(self.offers.get(path, ()))
        is_forced = self.snapshot.is_forced and file is not None
        try:
            is_removed = self.bench.remove(path, known, is_forced=is_forced)
        except StorageError as error:
            self.account.fail(path, error)
            return
        if is_removed:
            self.account.settle(path, Action.DELETE, None)
        elif file is not None:
            self.account.refuse(file, None)


def _entry(pending: Pending) -> JournalEntry:
    output = pending.output.output
    return JournalEntry(
        suite=output.suite, path=pending.path, digest=pending.staged.digest, key=output.key
    )
