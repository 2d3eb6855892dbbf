"""Takes what has to happen and a producer of bytes; gives outputs, lockfiles, and an account.

The order makes every kill harmless: what a file will hold is written to the journal, then the
file takes its place, then the lockfile tells of it, then the journal forgets. Each file on its
own is wholly old or wholly new. Small files share one write of the journal.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from mockgen_watch.errors import FindingsError, StorageError
from mockgen_watch.lock.journal import JournalEntry
from mockgen_watch.lock.paths import offer_path
from mockgen_watch.lock.settle import settle
from mockgen_watch.lock.snapshot import Action
from mockgen_watch.storage.account import Account
from mockgen_watch.storage.atomic import stage
from mockgen_watch.storage.commit import Committer
from mockgen_watch.storage.containment import naming
from mockgen_watch.storage.leftovers import clear_leftovers
from mockgen_watch.storage.outcome import Outcome
from mockgen_watch.storage.partial import Partials, Resumable
from mockgen_watch.storage.workbench import Pending, Workbench

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mockgen_watch.lock.snapshot import FileAction, OutputAction, Reconciliation
    from mockgen_watch.storage.account import Observer
    from mockgen_watch.storage.outputs import OutputTree

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
