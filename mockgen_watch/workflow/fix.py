"""Fixing of specs: the certain fixes of diagnostics applied to the files that they are for.

The rounds are played through in memory: fixes are applied, and what is then found may carry more.
Only the end is written, after a backup of each file, and only where nobody else changed a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.diagnostics import apply_fixes, choose_fixes
from mockgen_watch.digest import digest
from mockgen_watch.storage.multi import Replaced, Replacement
from mockgen_watch.workflow.project import project_of, replace_files
from mockgen_watch.workflow.targets import select_suites

if TYPE_CHECKING:
    from typing import Final

    from mockgen_watch.diagnostics import Diagnostic, Fix
    from mockgen_watch.workflow.project import OpenProject
    from mockgen_watch.workflow.results import Request

MAX_ROUNDS: Final = 10
"""Rounds of fixes, each for what is found in the texts that the one before has left."""


class FixedFile(Struct, frozen=True, kw_only=True):
    """A spec file before and after all fixes; ``path`` is its own, where it is a link as well."""

    path: str
    old: bytes
    new: bytes


class FixPlan(Struct, frozen=True, kw_only=True):
    """What the fixes make of the specs.

    Attributes:
        fixes: in the order in which they are applied; a later round's places are those in the
            text that the rounds before have left.
    """

    fixes: tuple[Fix, ...]
    files: tuple[FixedFile, ...]


def plan_fixes(project: OpenProject, request: Request) -> FixPlan:
    """Return what the fixes of the diagnostics of specs come to; nothing is written.

    Raises:
        UsageError: the request names what does not exist.
    """
    before = project.snapshot
    applied: list[Fix] = []
    for _ in range(MAX_ROUNDS):
        files = project.snapshot.files
        fixes = choose_fixes(
            item
            for item in _spec_diagnostics(project, request)
            if item.fix and all(fix.location.path in files for fix in item.fix)
        )
        if not fixes:
            break
        applied += fixes
        snapshot = project.snapshot
        texts = {fix.location.path: snapshot.load(fix.location.path) for fix in fixes}
        for path, data in apply_fixes(texts, fixes).items():
            snapshot = snapshot.replaced(path, data)
        project = project_of(project.root, project.state, snapshot, project.profile)
    changed = {
        file.real_path: FixedFile(
            path=file.real_path, old=before.load(path), new=project.snapshot.load(path)
        )
        for path, file in before.files.items()
        if project.snapshot.files[path].digest != file.digest
    }
    return FixPlan(fixes=tuple(applied), files=tuple(changed.values()))


def _spec_diagnostics(project: OpenProject, request: Request) -> tuple[Diagnostic, ...]:
    if project.has_failed:
        return project.diagnostics
    for suite in select_suites(project.suites, request):
        project.suites.plans(suite)
    return (*project.diagnostics, *project.suites.found())


def write_fixes(project: OpenProject, plan: FixPlan) -> Replaced:
    """Write the files of ``plan``, after a backup of each, all of them or none.

    Raises:
        LockedError: another process writes.
        StorageError: a file was changed meanwhile, or cannot be written.
    """
    files = [
        Replacement(path=file.path, old=digest(file.old), data=file.new) for file in plan.files
    ]
    return replace_files(project, files, "check")
