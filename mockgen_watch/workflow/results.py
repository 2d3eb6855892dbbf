"""Requests and results of runs: what is asked, what became of each file, what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from mockgen_watch.diagnostics import Diagnostic, has_errors
from mockgen_watch.lock.model import Action, Reason
from mockgen_watch.plan.model import Selection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockgen_watch.storage.backup import Backup


class FileResult(Struct, frozen=True, kw_only=True):
    """What became of one file.

    Attributes:
        path: relative to the project folder where the output folder is in it.
        action: the end of it.
        reason: why.
        records: in it; 0 for a deleted file.
        resumed: those of them that an earlier run had made before it was stopped.
    """

    path: str
    action: Action
    reason: Reason
    records: int
    resumed: int = 0


class Report(Struct, frozen=True, kw_only=True):
    """The result of a run.

    Attributes:
        files: every file that the run came to, in the order of their paths.
        diagnostics: of loading, planning and writing, in the order of report.
        failed_suites: those that kept their last good outputs.
        backups: of what force replaced.
        is_stopped: the run was asked to end early.
        settled: suites that were decided on and are as they should be now, lockfile and all.
        has_written: a file or lockfile is another one now.
        has_moved: somebody else wrote at the same time; a further run makes it right.
        read: suites that were read → the files that they depend on. The others are known from
            their lockfiles, and their warnings are not among the diagnostics.
    """

    files: tuple[FileResult, ...]
    diagnostics: tuple[Diagnostic, ...]
    failed_suites: tuple[str, ...] = ()
    backups: tuple[Backup, ...] = ()
    is_stopped: bool = False
    settled: frozenset[str] = frozenset()
    has_written: bool = False
    has_moved: bool = False
    read: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def has_findings(self) -> bool:
        """Return whether the exit code is 1."""
        return has_errors(self.diagnostics)

    @property
    def is_idle(self) -> bool:
        """Return whether there was nothing to do and nothing to report."""
        is_cut_short = self.is_stopped or self.has_moved
        has_kept_all = all(file.action is Action.KEEP for file in self.files)
        return has_kept_all and not (self.diagnostics or self.has_written or is_cut_short)

    def count(self, *actions: Action) -> int:
        """Return how many files ended in one of ``actions``."""
        return sum(file.action in actions for file in self.files)


class Request(Struct, frozen=True, kw_only=True):
    """What ``generate`` is to do.

    Attributes:
        suites: names or folders of suites; empty: all.
        selection: models, scenarios and what is to differ from the specs.
        force: replace what was edited by hand, after a backup.
        trust_locks: suites whose inputs have not moved are not read again.
        renew_locks: suites whose lockfiles have digests of another algorithm are read again.
        acting: the suites to look at, where the caller knows that nothing of the others moved
            since all was right. Other than with ``suites``, the run is still one over the whole
            tree: what is no longer wanted is removed. None: all.
    """

    suites: tuple[str, ...] = ()
    selection: Selection = field(default_factory=Selection)
    force: bool = False
    trust_locks: bool = True
    renew_locks: bool = False
    acting: frozenset[str] | None = None
