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
    known = {suite.suite for suite in snapshot.wanted} | set(snapshot.locks)
    wanted = _wanted_paths(reconciliation)
    done = {path for path, end in settled.items() if end.is_done}
    pending = {file.path for file in reconciliation.strays if file.path not in settled}

    def stays(entry: JournalEntry) -> bool:
        if entry.path in pending:
            return True
        if entry.suite not in acted:
            return entry.suite in known or not snapshot.tells_of_all
        base = entry.path.removesuffix(OFFER_SUFFIX)
        if entry.suite not in committed:
            return True
        return base not in done if base in wanted else not snapshot.tells_of_all

    kept = [entry for entry in (*snapshot.journal, *written) if stays(entry)]
    for suite in reconciliation.suites:
        for action in suite.outputs:
            kept += _told(action, settled)
    return tuple(dict.fromkeys(kept))


def _wanted_paths(reconciliation: Reconciliation) -> set[str]:
    return {
        below(suite.suite, path)
        for suite in reconciliation.snapshot.wanted
        for output in suite.outputs
        for path in output_paths(output)
    }


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
