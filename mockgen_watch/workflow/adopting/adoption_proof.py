"""Takes a project and a new text for one of its specs; gives what the outputs would be then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.diagnostics import has_errors
from mockgen_watch.digest import canonical
from mockgen_watch.errors import FindingsError
from mockgen_watch.lock.paths import below
from mockgen_watch.plan.selection import Selection
from mockgen_watch.workflow.adopting.edited import CannotAdoptError
from mockgen_watch.workflow.prepare import Preparer
from mockgen_watch.workflow.produce import prepare_production
from mockgen_watch.workflow.project import project_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.spec.document import Json
    from mockgen_watch.workflow.load import Loader
    from mockgen_watch.workflow.project import OpenProject


def with_spec(project: OpenProject, path: str, data: bytes) -> OpenProject:
    """Return ``project`` as it would be with ``data`` in the spec file ``path``."""
    snapshot = project.snapshot.replaced(path, data)
    after = project_of(project.root, project.state, snapshot)
    return replace(after, settings=project.settings, loader=_as_before(project, after))


def _as_before(before: OpenProject, after: OpenProject) -> Loader:
    """Return the loader of ``after`` with the settings of ``before``, whatever chose them."""
    loader = before.loader
    return replace(
        after.loader,
        context=loader.context,
        on_conflict=loader.on_conflict,
        master=loader.master,
    )


def same_output(project: OpenProject, plan: OutputPlan) -> OutputPlan:
    """Return the plan that ``project`` has of the same output.

    Raises:
        CannotAdoptError: it has none, or the suite has errors; the message says which.
    """
    preparer = Preparer(project.loader, Selection())
    for other in preparer.plans(plan.suite) or ():
        if (other.model, other.scenario) == (plan.model, plan.scenario):
            return other
    found = [item for item in preparer.found() if has_errors((item,))]
    raise CannotAdoptError(found[0].message if found else "the output would be gone")


def difference(project: OpenProject, plan: OutputPlan, meant: Sequence[Json]) -> str:
    """Return why the spec of ``project`` does not make the records that are ``meant``, or ""."""
    try:
        production = prepare_production(same_output(project, plan))
    except CannotAdoptError as error:
        return str(error)
    except FindingsError as error:
        return error.diagnostics[0].message
    if production.plan.count != plan.count:
        return "there would be more or fewer records"
    for index, record in enumerate(meant):
        if canonical(production.record_at(index)) != canonical(record):
            return f"record {index} would be another one than is meant"
    return ""


def other_changes(before: OpenProject, after: OpenProject, plan: OutputPlan) -> Iterator[str]:
    """Yield the other outputs that are another one afterwards."""
    old, new = (Preparer(project.loader, Selection()) for project in (before, after))
    for suite in old.suites:
        keys = {(one.model, one.scenario): one.key for one in new.plans(suite) or ()}
        for one in old.plans(suite) or ():
            name = (one.model, one.scenario)
            if keys.get(name) != one.key and (suite, *name) != (
                plan.suite,
                plan.model,
                plan.scenario,
            ):
                yield below(suite, "/".join(name))
