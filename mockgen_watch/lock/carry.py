"""Takes a finished run; gives what the journal must go on saying, because no lockfile can."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.lock.journal import JournalEntry
from mockgen_watch.lock.paths import OFFER_SUFFIX, below, offer_path, output_paths
from mockgen_watch.lock.snapshot import Action

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from mockgen_watch.lock.settle import Settled
    from mockgen_watch.lock.snapshot import OutputAction, Reconciliation


def next_journal(
    reconciliation: Reconciliation,
    written: Iterable[JournalEntry],
    settled: Mapping[str, Settled],
    committed: AbstractSet[str],
) -> tuple[JournalEntry, ...]:
    """Return the entries that outlive a run.

    Args:
        reconciliation: what the run went by.
        written: what it added to the journal.
        settled: what became of the files that it came to.
        committed: the suites whose lockfile on disk is now right.

    An entry goes when its file is as the lockfile tells, or gone. Of an output with a refused
    file the journal keeps all digests, so that the next run knows them without generating.
    """
    snapshot = reconciliation.snapshot
    acted = {suite.suite for suite in reconciliation.suites}
    unsettled = _unsettled(reconciliation, settled)
    pending = {file.path for file in reconciliation.strays if file.path not in settled}
    known = {suite.suite for suite in snapshot.wanted} | set(snapshot.locks)

    def stays(entry: JournalEntry) -> bool:
        if entry.path in pending:
            return True
        if entry.suite in acted:
            base = entry.path.removesuffix(OFFER_SUFFIX)
            return entry.suite not in committed or base in unsettled
        return entry.suite in known or not snapshot.is_whole_tree

    kept = [entry for entry in (*snapshot.journal, *written) if stays(entry)]
    for suite in reconciliation.suites:
        for action in suite.outputs:
            kept += _told(action, settled)
    return tuple(dict.fromkeys(kept))


def _unsettled(reconciliation: Reconciliation, settled: Mapping[str, Settled]) -> set[str]:
    """Return the wanted files that do not hold the wanted bytes, as far as the run can tell."""
    wanted = {
        below(suite.suite, path)
        for suite in reconciliation.snapshot.wanted
        for output in suite.outputs
        for path in output_paths(output)
    }
    return wanted - {path for path, done in settled.items() if done.is_done}


def _told(action: OutputAction, settled: Mapping[str, Settled]) -> Iterator[JournalEntry]:
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
