"""Takes names of suites, models and scenarios; gives the plans of the outputs that are meant."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import did_you_mean, has_errors
from mockgen_watch.errors import FindingsError, UsageError
from mockgen_watch.lock.paths import below
from mockgen_watch.plan.selection import Selection
from mockgen_watch.workflow.prepare import Preparer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.workflow.project import OpenProject


def named_plans(project: OpenProject, names: Sequence[str]) -> tuple[OutputPlan, ...]:
    """Return the outputs that ``FOLDER``, ``SUITE[/MODEL[/SCENARIO]]`` mean; no name means all.

    Raises:
        FindingsError: a suite that is meant has errors.
        UsageError: nothing has this name.
    """
    if project.has_failed:
        raise FindingsError(project.diagnostics)
    preparer = Preparer(project.loader, Selection())
    wanted = [name.strip("/").casefold() for name in names]
    plans = list(_plans(preparer, wanted))
    known = [(plan, {name.casefold() for name in _names(plan)}) for plan in plans]
    for given, name in zip(names, wanted, strict=True):
        if not any(name in own for _, own in known):
            every = list(preparer.suites) + [name for plan in plans for name in _names(plan)]
            hint = did_you_mean(given, every) or f"there is {', '.join(preparer.suites)}"
            raise UsageError(f"no suite, model or scenario is named {given} ({hint})")
    return tuple(plan for plan, own in known if not wanted or not own.isdisjoint(wanted))


def _plans(preparer: Preparer, wanted: Iterable[str]) -> Iterator[OutputPlan]:
    names = list(wanted)
    failed = False
    for suite in preparer.suites:
        if names and not any(_touches(suite.casefold(), name) for name in names):
            continue
        plans = preparer.plans(suite)
        failed = failed or plans is None
        yield from plans or ()
    if failed:
        raise FindingsError([item for item in preparer.found() if has_errors((item,))])


def _touches(suite: str, name: str) -> bool:
    """Tell whether a name leads into a suite, or names a folder that it lies in."""
    return not suite or f"{name}/".startswith(f"{suite}/") or suite.startswith(f"{name}/")


def _names(plan: OutputPlan) -> Iterator[str]:
    model = below(plan.suite, plan.model)
    yield from itertools.accumulate(plan.suite.split("/"), "{}/{}".format)
    yield model
    yield f"{model}/{plan.scenario}"
