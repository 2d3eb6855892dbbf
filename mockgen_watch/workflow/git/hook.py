"""Takes the index of a project; gives what keeps it from being committed, and what to type next.

What is committed is decided from the index alone: staged specs against staged outputs. Outputs
that are wrong there are made right in the work tree, and a person stages them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import has_errors
from mockgen_watch.storage.project_lock import WRITER, ProjectLock
from mockgen_watch.workflow.decide import decide
from mockgen_watch.workflow.generate import LOCK_WAIT
from mockgen_watch.workflow.git.refresh import HookReport, Refresh, stale_suites
from mockgen_watch.workflow.git.staged import open_staged
from mockgen_watch.workflow.git.staged_fresh import remember_index
from mockgen_watch.workflow.git.stored_check import in_order, validate_stored, verify_stored
from mockgen_watch.workflow.request import Request

if TYPE_CHECKING:
    from mockgen_watch.workflow.git.staged_fresh import Look


def refresh(look: Look, profile: str | None = None) -> HookReport:
    """Bring outputs in the work tree up to date with the staged specs. Nothing is staged.

    Raises:
        FindingsError: the project file is wrong, or the index has conflicts.
        LockedError: another process writes.
        StorageError: Git fails, or outputs cannot be read or written.
    """
    stored = open_staged(look, profile)
    decision = decide(stored.project, Request(), stored.outputs)
    stale = stale_suites(decision.reconciliation)
    found = dict.fromkeys((*decision.diagnostics, *decision.preparer.found()))
    if not stale:
        # The index does not tell which release of a plugin is installed.
        is_told = profile is None and not stored.project.settings.plugins
        if not has_errors(found) and is_told:
            remember_index(look, stored.project.settings.outputs)
        return HookReport(project=stored.project, diagnostics=in_order(found))
    project = stored.project
    with ProjectLock(project.state, WRITER, holder="mockgen-watch hook", timeout=LOCK_WAIT):
        run = Refresh(look=look, stored=stored, decision=decision)
        for suite in stale:
            run.sort_in(suite)
        run.write()
        found.update(dict.fromkeys((*run.found, *decision.preparer.found())))
        return run.report(in_order(found))


def validate(look: Look, profile: str | None = None) -> HookReport:
    """Return what is wrong with the staged specs; outputs are not looked at.

    Raises:
        FindingsError: the project file is wrong, or the index has conflicts.
        StorageError: Git fails.
    """
    stored = open_staged(look, profile)
    return HookReport(project=stored.project, diagnostics=validate_stored(stored))


def verify_staged(look: Look, profile: str | None = None) -> HookReport:
    """Return what is wrong with staged specs and outputs. Outputs are made again and compared.

    Raises:
        FindingsError: the project file is wrong, or the index has conflicts.
        StorageError: Git fails.
    """
    stored = open_staged(look, profile)
    return HookReport(project=stored.project, diagnostics=verify_stored(stored))
