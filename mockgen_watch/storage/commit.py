"""Takes a run's settled files; gives the lockfiles that tell of them, and a journal that need not.

A lockfile is replaced only if it still is the one that the run began with. Git may have put
another there, with outputs that only that one knows: then the run is to be done again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Diagnostic
from mockgen_watch.digest import digest
from mockgen_watch.errors import StorageError
from mockgen_watch.lock.carry import next_journal
from mockgen_watch.lock.model import write_lockfile
from mockgen_watch.lock.paths import LOCK_NAME, lock_path
from mockgen_watch.lock.settle import next_lockfile
from mockgen_watch.storage.atomic import remove_quietly, stage
from mockgen_watch.storage.containment import naming
from mockgen_watch.storage.outcome import Failure
from mockgen_watch.storage.placement import Place, Placed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockgen_watch.lock.settle import Settled
    from mockgen_watch.lock.snapshot import Reconciliation, SuiteAction
    from mockgen_watch.storage.outputs import OutputTree
    from mockgen_watch.storage.workbench import Workbench


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
                # Most runs leave lockfiles as they are, or write new ones.
                from mockgen_watch.storage.backup import save_backup  # noqa: PLC0415

                saved = save_backup(self.tree.root, folder, LOCK_NAME, path)
                self.bench.placer.backups.append(saved)
            elif found is not None:
                from mockgen_watch.storage.former import keep_former  # noqa: PLC0415 - as above

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
        from mockgen_watch.storage.former import keep_former  # noqa: PLC0415 - as above

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
