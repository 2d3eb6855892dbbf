"""Takes nothing; gives the types of a transaction's account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockgen_watch.errors import FindingsError, StorageError
    from mockgen_watch.lock.settle import Settled
    from mockgen_watch.lock.snapshot import Action, FileAction
    from mockgen_watch.storage.backup import Backup


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
