"""Takes a plan of changes; gives it with all that it relies on, to be kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.errors import FindingsError
from mockgen_watch.generate.address import CONTRACT
from mockgen_watch.lock.paths import lock_path
from mockgen_watch.lock.saved_plan import SavedField, SavedFile, SavedPlan
from mockgen_watch.lock.snapshot import Action

if TYPE_CHECKING:
    from typing import Any

    from mockgen_watch.lock.snapshot import Reconciliation
    from mockgen_watch.workflow.changes.plan import ChangePlan, PlannedFile
    from mockgen_watch.workflow.project import OpenProject
    from mockgen_watch.workflow.request import Request


class Making(Struct, frozen=True, kw_only=True):
    """What makes a plan: the release of the program, and the profile that was asked for."""

    tool: str
    profile: str | None = None


def saved_plan(
    project: OpenProject, request: Request, plan: ChangePlan, making: Making
) -> SavedPlan:
    """Return ``plan`` with all that it relies on.

    Args:
        project: that it is of.
        request: what was asked.
        plan: with the digest of every file that would be written.
        making: what made it.

    Raises:
        FindingsError: a suite has errors, so that the plan is not one of all that was asked for.
    """
    if plan.failed_suites:
        raise FindingsError(plan.diagnostics)
    decision = plan.decision
    reconciliation = decision.reconciliation
    label = project.output_root().label
    inputs: dict[str, str | None] = {}
    for suite in reconciliation.snapshot.wanted:
        inputs.update(suite.inputs)
    return SavedPlan(
        tool=making.tool,
        contract=CONTRACT,
        profile=making.profile,
        request=_request_data(request),
        suites=dict(decision.preparer.suites),
        inputs=inputs,
        found={f"{label}/{path}": known for path, known in _relied_on(reconciliation).items()},
        files=tuple(_saved_file(file, plan) for file in plan.files),
    )


def _request_data(request: Request) -> dict[str, Any]:
    asked = request.selection
    return {
        "suites": list(request.suites),
        "models": list(asked.models),
        "scenarios": list(asked.scenarios),
        "count": asked.count,
        "seed": asked.seed,
        "format": asked.format,
        "layout": None if asked.layout is None else asked.layout.value,
    }


def _relied_on(reconciliation: Reconciliation) -> dict[str, str | None]:
    """Return output or lockfile → digest of what is there."""
    found = {file.path: file.found for file in reconciliation.files()}
    for suite in reconciliation.suites:
        path = lock_path(suite.suite)
        found[path] = reconciliation.snapshot.disk.get(path)
    return found


def _saved_file(file: PlannedFile, plan: ChangePlan) -> SavedFile:
    result = file.file
    return SavedFile(
        path=result.path,
        action=result.action,
        reason=result.reason.value,
        records=result.records,
        records_changed=file.records_changed,
        digest=plan.digests.get(result.path) if _is_written(result.action) else None,
        fields=tuple(
            SavedField(field=one.field, cells=one.cells, location=str(one.location or ""))
            for one in file.fields
        ),
    )


def _is_written(action: Action) -> bool:
    return action in {Action.CREATE, Action.UPDATE}
