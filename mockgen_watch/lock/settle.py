"""Settling: what becomes of a file once its new bytes are known, and the next lockfile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.lock.lockfile import (
    JournalEntry,
    LockedOutput,
    Lockfile,
    absent_digest,
    is_same_lock,
)
from mockgen_watch.lock.model import Action, FileAction, OutputAction, Reconciliation, SuiteAction
from mockgen_watch.lock.paths import OFFER_SUFFIX, below, offer_path, spec_folder
from mockgen_watch.spec.model import Layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet


MIXED_KEY = ""
"""Stands in a lockfile for a key where an output's files do not all belong to one."""


class Settled(Struct, frozen=True, kw_only=True):
    """What became of one file.

    Attributes:
        digest: of the bytes that are now there, or of those that were refused; None for a
            deleted file, and where a refusal did not need to know.
    """

    action: Action
    digest: str | None

    @property
    def is_done(self) -> bool:
        """Return whether the file now holds the wanted bytes."""
        return self.action in {Action.CREATE, Action.UPDATE, Action.KEEP}


def settle(file: FileAction, produced: str, *, is_forced: bool) -> Action:
    """Return what becomes of ``file`` now that the digest of its new bytes is known."""
    if file.obstacle:
        return Action.REFUSE
    if file.found is None:
        return Action.CREATE
    if file.found == produced:
        return Action.KEEP
    return Action.UPDATE if is_forced or file.found in file.known else Action.REFUSE


def next_lockfile(
    suite: SuiteAction, contract: int, settled: Mapping[str, Settled]
) -> Lockfile | None:
    """Return the lockfile after a run; None where the suite has nothing left.

    ``settled`` has each file that the run came to, by its path in the output folder. Of a
    file that it does not have, and of one that was refused, the old lockfile stays valid.
    """
    entries = _Entries(suite, settled).all()
    if suite.wanted is not None:
        return Lockfile(
            contract=contract,
            inputs=suite.wanted.inputs,
            absent=absent_digest(suite.wanted.absent, spec_folder(suite.suite)),
            outputs=entries,
            complete=_is_complete(suite, entries),
        )
    if suite.lock is None or not entries:
        return None
    lock = suite.lock
    return replace(lock, outputs=entries, complete=False, is_legacy=False)


def stale_locks(reconciliation: Reconciliation) -> list[str]:
    """Return the suites whose files are all kept, but whose lockfile records other inputs."""
    contract = reconciliation.snapshot.contract
    found = []
    for suite in reconciliation.suites:
        files = suite.files()
        if all(file.action is Action.KEEP for file in files):
            kept = {f.path: Settled(action=Action.KEEP, digest=f.found) for f in files}
            if not is_same_lock(suite.lock, next_lockfile(suite, contract, kept)):
                found.append(suite.suite)
    return found


class _Entries:
    """The entries of one suite's next lockfile."""

    def __init__(self, suite: SuiteAction, settled: Mapping[str, Settled]) -> None:
        self.prefix = below(suite.suite, "")
        self.suite = suite
        self.settled = settled
        self.before = suite.lock.outputs if suite.lock else {}
        self.dropped = {
            self.relative(file)
            for file in suite.unwanted
            if (file.found is None and not file.obstacle) or self.is_deleted(file)
        }
        self.unwanted = {self.relative(file) for file in suite.unwanted}

    def relative(self, file: FileAction) -> str:
        return file.path.removeprefix(self.prefix)

    def is_deleted(self, file: FileAction) -> bool:
        done = self.settled.get(file.path)
        return done is not None and done.action is Action.DELETE

    def is_done(self, path: str) -> bool:
        """Return whether some output, of this suite or another, has made ``path`` its own."""
        done = self.settled.get(self.prefix + path)
        return done is not None and done.is_done

    def all(self) -> dict[str, LockedOutput]:
        entries = {
            action.output.name: entry
            for action in self.suite.outputs
            if (entry := self.made(action)) is not None
        }
        made = {path for entry in entries.values() for path in entry.files}
        for name, before in self.before.items():
            if name not in entries:
                left = {
                    path: digest
                    for path, digest in before.files.items()
                    if path not in self.dropped | made and not self.is_done(path)
                }
                if left:
                    entries[name] = replace(before, files=left)
        return entries

    def made(self, action: OutputAction) -> LockedOutput | None:
        """Return the entry of an output that the run came to; None where it has no file."""
        before = self.before.get(action.output.name)
        old = dict(before.files) if before else {}
        extra = {p: d for p, d in old.items() if p in self.unwanted - self.dropped}
        done: dict[str, str] = {}
        left: dict[str, str] = {}
        for file in action.files:
            path = self.relative(file)
            settled = self.settled.get(file.path)
            if settled is not None and settled.is_done and settled.digest is not None:
                done[path] = settled.digest
            elif path in old:
                left[path] = old[path]
        files = {**done, **left, **extra}
        if before and left and all(old.get(path) == digest for path, digest in done.items()):
            # Nothing moved: the entry goes on to speak for its own key.
            return replace(before, files=files)
        if not files:
            return None
        output = action.output
        return LockedOutput(
            key=MIXED_KEY if left else output.key,
            model=output.model,
            scenario=output.scenario,
            format=output.format,
            layout=output.layout,
            records=output.records,
            files=files,
        )


def _is_complete(suite: SuiteAction, entries: Mapping[str, LockedOutput]) -> bool:
    """Return whether the entries are just the wanted outputs, each with all files and its key."""
    if suite.wanted is None or not suite.wanted.is_plain:
        return False
    expected = {
        output.name: (
            output.key,
            (output.records if output.layout is Layout.SPLIT else 1) + output.has_labels,
        )
        for output in suite.wanted.outputs
    }
    return expected == {name: (entry.key, len(entry.files)) for name, entry in entries.items()}


def next_journal(
    reconciliation: Reconciliation,
    written: Iterable[JournalEntry],
    settled: Mapping[str, Settled],
    committed: AbstractSet[str],
) -> tuple[JournalEntry, ...]:
    """Return the entries that outlive a run, of the journal before it and those ``written`` by it.

    ``settled`` says what became of the files that it came to; ``committed`` are the suites whose
    lockfile on disk is now right.

    An entry goes when its file is as the lockfile records, or gone. Of an output with a refused
    file the journal keeps all digests, so that the next run knows them without generating.
    """
    snapshot = reconciliation.snapshot
    acted = {suite.suite for suite in reconciliation.suites}
    known = {suite.suite for suite in snapshot.wanted} | set(snapshot.locks)
    wanted = {
        path for suite in snapshot.wanted for output in suite.outputs for path in output.paths
    }
    done = {path for path, end in settled.items() if end.is_done}
    pending = {file.path for file in reconciliation.strays if file.path not in settled}

    def stays(entry: JournalEntry) -> bool:
        if entry.path in pending:
            return True
        if entry.suite not in acted:
            return entry.suite in known or not snapshot.tells_of_all
        if entry.suite not in committed:
            return True
        base = entry.path.removesuffix(OFFER_SUFFIX)
        return base not in done if base in wanted else not snapshot.tells_of_all

    kept = [entry for entry in (*snapshot.journal, *written) if stays(entry)]
    for suite in reconciliation.suites:
        for action in suite.outputs:
            kept += _refused_entries(action, settled)
    return tuple(dict.fromkeys(kept))


def newly_made(
    reconciliation: Reconciliation,
    written: Iterable[JournalEntry],
    settled: Mapping[str, Settled],
    journal: Iterable[JournalEntry],
) -> tuple[JournalEntry, ...]:
    """Return what a run made its own: ``written``, and files that were right, but in no lockfile.

    ``journal``: the entries that stay in the journal. Those that leave it are included, because the
    run that wrote them may have been cut short before it recorded them anywhere else.
    """
    before = reconciliation.snapshot.journal
    found = [entry for entry in (*before, *written) if not entry.path.endswith(OFFER_SUFFIX)]
    for suite in reconciliation.suites:
        # A lockfile that names other inputs may have come from elsewhere, with its outputs.
        is_same = (
            suite.lock and suite.wanted and suite.lock.inputs.keys() == suite.wanted.inputs.keys()
        )
        old = suite.lock.files() if suite.lock and is_same else {}
        prefix = below(suite.suite, "")
        for action in suite.outputs:
            for file in action.files:
                end = settled.get(file.path)
                if end is None or not end.is_done or end.digest is None:
                    continue
                if old.get(file.path.removeprefix(prefix)) != end.digest:
                    output = action.output
                    found.append(
                        JournalEntry(
                            suite=output.suite, path=file.path, digest=end.digest, key=output.key
                        )
                    )
    staying = set(before).intersection(journal)
    return tuple(entry for entry in dict.fromkeys(found) if entry not in staying)


def _refused_entries(
    action: OutputAction, settled: Mapping[str, Settled]
) -> Iterator[JournalEntry]:
    ends = {file.path: settled[file.path] for file in action.files if file.path in settled}
    if not any(end.action is Action.REFUSE for end in ends.values()):
        return
    for path, end in ends.items():
        if end.digest is not None:
            yield JournalEntry(
                suite=action.output.suite,
                path=path if end.is_done else offer_path(path),
                digest=end.digest,
                key=action.output.key,
            )
