"""Takes how a person names an output or a record; gives its plan."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import did_you_mean, has_errors
from mockgen_watch.errors import FindingsError, UsageError
from mockgen_watch.lock.paths import LABELS_SUFFIX, below
from mockgen_watch.plan.model import Selection
from mockgen_watch.scenarios.labels import wants_labels
from mockgen_watch.workflow.suites import Preparer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.workflow.project import OpenProject
    from mockgen_watch.workflow.results import Request


class Target(Struct, frozen=True, kw_only=True):
    """An output, and which of its files is meant.

    Attributes:
        preparer: of its suite.
        number: of a split file, counted from 1; None for other files.
        is_labels: the file that tells what each record shows is meant.
    """

    plan: OutputPlan
    preparer: Preparer
    number: int | None = None
    is_labels: bool = False


def find_output(project: OpenProject, path: str) -> Target:
    """Return the output that a file is of: its path, from the project or the output folder on.

    Raises:
        FindingsError: its suite has errors.
        UsageError: no output has this path.
    """
    name = path.replace("\\", "/").removeprefix("./")
    name = name.removeprefix(f"{project.settings.outputs}/")
    preparer = _preparer(project, Selection())
    known: list[str] = []
    for suite in preparer.suites:
        if suite and not name.startswith(f"{suite}/"):
            continue
        for plan in _plans(preparer, suite):
            stem = below(plan.suite, f"{plan.model}/{plan.scenario}")
            known.append(stem)
            rest = name.removeprefix(stem)
            if rest == name:
                continue
            if rest == LABELS_SUFFIX and wants_labels(plan):
                return Target(plan=plan, preparer=preparer, is_labels=True)
            if rest == "" or rest.startswith("."):
                return Target(plan=plan, preparer=preparer)
            number = rest.removeprefix("/").partition(".")[0]
            if rest.startswith("/") and number.isdigit():
                return Target(plan=plan, preparer=preparer, number=int(number))
    hint = did_you_mean(name, known) or "mockgen-watch generate lists the outputs with -v"
    raise UsageError(f"no output is named {path} ({hint})")


def find_records(project: OpenProject, name: str, selection: Selection) -> OutputPlan:
    """Return the output that ``SUITE/MODEL[/SCENARIO]`` names; without one, the only or first.

    Raises:
        FindingsError: its suite has errors.
        UsageError: there is none of this name.
    """
    preparer = _preparer(project, selection)
    wanted = name.strip("/").casefold()
    names: list[str] = []
    for suite in preparer.suites:
        # A suite with errors is no reason to be silent on another one.
        if suite and not wanted.startswith(suite.casefold()):
            continue
        for plan in _plans(preparer, suite):
            model = below(plan.suite, plan.model)
            names += [model, f"{model}/{plan.scenario}"]
            if wanted in {model.casefold(), f"{model}/{plan.scenario}".casefold()}:
                return plan
    hint = did_you_mean(name, names or list(preparer.suites))
    raise UsageError(f"no model is named {name}" + (f" ({hint})" if hint else ""))


def reaching(plan: OutputPlan, index: int) -> OutputPlan:
    """Return ``plan`` with at least so many records that there is one at ``index``.

    No value depends on the count, but tables are made for the records that there are.
    """
    if index < plan.count:
        return plan
    records = replace(plan.records, count=index + 1)
    mix = tuple(replace(part, records=replace(part.records, count=index + 1)) for part in plan.mix)
    # It is another plan, and no output has its key.
    return replace(plan, records=records, mix=mix, key="")


def _preparer(project: OpenProject, selection: Selection) -> Preparer:
    if project.has_failed:
        raise FindingsError(project.diagnostics)
    return Preparer(project.loader, selection)


def _plans(preparer: Preparer, suite: str) -> tuple[OutputPlan, ...]:
    plans = preparer.plans(suite)
    if plans is None:
        raise FindingsError([item for item in preparer.found() if has_errors((item,))])
    return plans


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
    plans = list(_named_plans(preparer, wanted))
    known = [(plan, {name.casefold() for name in _names(plan)}) for plan in plans]
    for given, name in zip(names, wanted, strict=True):
        if not any(name in own for _, own in known):
            every = list(preparer.suites) + [name for plan in plans for name in _names(plan)]
            hint = did_you_mean(given, every) or f"there is {', '.join(preparer.suites)}"
            raise UsageError(f"no suite, model or scenario is named {given} ({hint})")
    return tuple(plan for plan, own in known if not wanted or not own.isdisjoint(wanted))


def _named_plans(preparer: Preparer, wanted: Iterable[str]) -> Iterator[OutputPlan]:
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
    """Return whether a name leads into a suite, or names a folder that it lies in."""
    return not suite or f"{name}/".startswith(f"{suite}/") or suite.startswith(f"{name}/")


def _names(plan: OutputPlan) -> Iterator[str]:
    model = below(plan.suite, plan.model)
    yield from itertools.accumulate(plan.suite.split("/"), "{}/{}".format)
    yield model
    yield f"{model}/{plan.scenario}"


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
