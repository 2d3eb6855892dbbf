"""A project without disks: what a run does to files, lockfiles and journal, in pure data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mockgen_watch.lock.lockfile import JournalEntry
from mockgen_watch.lock.model import Action, FileAction, OutputAction, Reconciliation, Snapshot
from mockgen_watch.lock.paths import offer_path
from mockgen_watch.lock.reconcile import reconcile
from mockgen_watch.lock.settle import Settled, next_journal, next_lockfile, settle
from tests.unit.lock.suites import CONTRACT, content, key_of

if TYPE_CHECKING:
    from mockgen_watch.lock.lockfile import Lockfile
    from mockgen_watch.lock.paths import WantedSuite


@dataclass
class World:
    """Files by digest, lockfiles by suite, and the journal."""

    disk: dict[str, str] = field(default_factory=dict)
    locks: dict[str, Lockfile] = field(default_factory=dict)
    journal: tuple[JournalEntry, ...] = ()

    def snapshot(
        self,
        wanted: tuple[WantedSuite, ...],
        *,
        is_whole_tree: bool = True,
        is_forced: bool = False,
    ) -> Snapshot:
        return Snapshot(
            wanted=wanted,
            contract=CONTRACT,
            locks=dict(self.locks),
            journal=self.journal,
            disk=dict(self.disk),
            is_whole_tree=is_whole_tree,
            is_forced=is_forced,
        )

    def run(self, snapshot: Snapshot, *, steps: int | None = None) -> Reconciliation:
        """Do what follows from ``snapshot``; stop for good after ``steps`` changes of a file."""
        found = reconcile(snapshot)
        _Run(self, found, steps).run()
        return found


class _Run:
    def __init__(self, world: World, found: Reconciliation, steps: int | None) -> None:
        self.world = world
        self.found = found
        self.left = steps
        self.settled: dict[str, Settled] = {}
        self.written: list[JournalEntry] = []

    def run(self) -> None:
        for file in self.found.files():
            if file.action is Action.DELETE and self.step():
                self.world.disk.pop(file.path, None)
                self.settled[file.path] = Settled(action=Action.DELETE, digest=None)
        for suite in self.found.suites:
            for output in suite.outputs:
                for file in output.files:
                    self.file(output, file)
        committed = set()
        for suite in self.found.suites:
            if not self.step():
                return
            lock = next_lockfile(suite, CONTRACT, self.settled)
            self.world.locks.pop(suite.suite, None)
            if lock is not None:
                self.world.locks[suite.suite] = lock
            committed.add(suite.suite)
        if self.step():
            self.world.journal = next_journal(self.found, self.written, self.settled, committed)

    def step(self) -> bool:
        if self.left is None:
            return True
        self.left -= 1
        return self.left >= 0

    def file(self, output: OutputAction, file: FileAction) -> None:
        if not file.must_produce:
            self.settled[file.path] = Settled(action=file.action, digest=file.wanted)
            return
        digest = key_of(content(output.output, file.path).decode())
        is_forced = self.found.snapshot.is_forced
        action = settle(file, digest, is_forced=is_forced)
        path = offer_path(file.path) if action is Action.REFUSE else file.path
        if action in {Action.CREATE, Action.UPDATE, Action.REFUSE}:
            snapshot = self.found.snapshot
            if action is Action.REFUSE and not snapshot.needs_offer(path, digest):
                self.settled[file.path] = Settled(action=action, digest=digest)
                return
            if not self.step():
                return
            entry = JournalEntry(
                suite=output.output.suite, path=path, digest=digest, key=output.output.key
            )
            self.written.append(entry)
            self.world.journal += (entry,)
            if not self.step():
                return
            self.world.disk[path] = digest
        self.settled[file.path] = Settled(action=action, digest=digest)
