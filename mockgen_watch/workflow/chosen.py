"""Takes a project and a request; gives the plans that are asked for, without looking at outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import has_errors
from mockgen_watch.errors import FindingsError
from mockgen_watch.workflow.prepare import Preparer

if TYPE_CHECKING:
    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.workflow.project import OpenProject
    from mockgen_watch.workflow.request import Request


def chosen_plans(
    project: OpenProject, request: Request
) -> tuple[tuple[OutputPlan, ...], tuple[Diagnostic, ...]]:
    """Return the selected plans, suite by suite, and the warnings on the way.

    Raises:
        FindingsError: a suite that is asked for has errors.
        UsageError: the request names what is not there.
    """
    if project.has_failed:
        raise FindingsError(project.diagnostics)
    preparer = Preparer(project.loader, request.selection)
    names = preparer.choose(request.suites)
    selection = request.selection
    if selection.models or selection.scenarios:
        preparer.check_names(names)
    plans = [
        plan
        for name in names
        for plan in preparer.plans(name) or ()
        if selection.selects(plan.model, plan.scenario)
    ]
    found = tuple(sorted({*project.diagnostics, *preparer.found()}, key=lambda item: item.sort_key))
    if has_errors(found):
        raise FindingsError(found)
    return tuple(plans), found


def chosen_suites(project: OpenProject, request: Request) -> tuple[str, ...]:
    """Return the suites that are asked for.

    Raises:
        UsageError: the request names what is not there.
    """
    return Preparer(project.loader, request.selection).choose(request.suites)
