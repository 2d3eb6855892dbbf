"""Targets: the suites, outputs and records that a person names, found among the plans."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, did_you_mean, has_errors
from mockgen_watch.errors import FindingsError, UsageError
from mockgen_watch.lock.paths import LABELS_SUFFIX, below
from mockgen_watch.plan.model import Selection, section_name
from mockgen_watch.scenarios.labels import wants_labels
from mockgen_watch.spec.model import fold
from mockgen_watch.workflow.sources import oddly_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.workflow.project import OpenProject
    from mockgen_watch.workflow.suites import Suites


class Request(Struct, frozen=True, kw_only=True):
    """What a run is to do, and with which suites.

    Attributes:
        suites: names or folders of suites; empty: all.
        selection: models, scenarios and what is to differ from the specs.
        force: replace what was edited by hand, after a backup.
        trust_locks: suites whose inputs have not moved are not read again.
        renew_locks: suites whose lockfiles have digests of another algorithm are read again.
        acting: the suites to look at, where the caller knows that nothing of the others moved
            since all was right. Other than with ``suites``, the run is still one over the whole
            tree: what no spec produces any more is removed. None: all.
    """

    suites: tuple[str, ...] = ()
    selection: Selection = field(default_factory=Selection)
    force: bool = False
    trust_locks: bool = True
    renew_locks: bool = False
    acting: frozenset[str] | None = None


class Target(Struct, frozen=True, kw_only=True):
    """An output among ``suites``, and which of its files is meant.

    Attributes:
        number: of a split file, counted from 1; None for other files.
        is_labels: the file of labels is meant.
    """

    plan: OutputPlan
    suites: Suites
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
    suites = project.valid_suites()
    known: list[str] = []
    for suite in suites.files:
        if suite and not name.startswith(f"{suite}/"):
            continue
        for plan in suites.valid_plans(suite):
            known.append(plan_name(plan))
            target = _target(suites, plan, name)
            if target is not None:
                return target
    hint = did_you_mean(name, known) or "mockgen-watch generate lists the outputs with -v"
    raise UsageError(f"no output is named {path} ({hint})")


def _target(suites: Suites, plan: OutputPlan, name: str) -> Target | None:
    """Return the file ``name`` of an output; None when it is not one of its files."""
    stem = plan_name(plan)
    rest = name.removeprefix(stem)
    if rest == name:
        return None
    if rest == "" or rest.startswith("."):
        is_labels = rest == LABELS_SUFFIX and wants_labels(plan)
        return Target(plan=plan, suites=suites, is_labels=is_labels)
    number = rest.removeprefix("/").partition(".")[0]
    if rest.startswith("/") and number.isdigit():
        return Target(plan=plan, suites=suites, number=int(number))
    return None


def find_plan(
    project: OpenProject, name: str, selection: Selection, *, scenario: str = ""
) -> OutputPlan:
    """Return the output that ``SUITE/MODEL[/SCENARIO]`` names.

    Where the name has no scenario, it is ``scenario``, or without that the only or first one.

    Raises:
        FindingsError: its suite has errors.
        UsageError: there is none of this name, or the name has another scenario.
    """
    suites = project.valid_suites()
    wanted, asked = name.strip("/").casefold(), scenario.casefold()
    names: list[str] = []
    scenarios: list[str] = []
    for suite in suites.files:
        # Errors of a suite that is not meant are no reason to fail.
        if suite and not wanted.startswith(suite.casefold()):
            continue
        for plan in suites.valid_plans(suite, selection):
            model = below(plan.suite, plan.model)
            names += [model, plan_name(plan)]
            is_model = wanted == model.casefold()
            if not is_model and wanted != plan_name(plan).casefold():
                continue
            if asked in {"", plan.scenario.casefold()}:
                return plan
            if not is_model:
                raise UsageError(f"{name} and --scenario {scenario} name different scenarios")
            scenarios.append(plan.scenario)
    if scenarios:
        hint = did_you_mean(scenario, scenarios) or f"known: {', '.join(sorted(scenarios))}"
        raise UsageError(f'{name} has no scenario "{scenario}" ({hint})')
    hint = did_you_mean(name, names or list(suites.files))
    raise UsageError(f"no model is named {name}" + (f" ({hint})" if hint else ""))


def with_record(plan: OutputPlan, index: int) -> OutputPlan:
    """Return ``plan`` with at least so many records that there is one at ``index``.

    No value depends on the count, but tables are made for the records that there are.
    """
    if index < plan.count:
        return plan
    records = replace(plan.records, count=index + 1)
    mix = tuple(replace(part, records=replace(part.records, count=index + 1)) for part in plan.mix)
    # It is another plan, and no output has its key.
    return replace(plan, records=records, mix=mix, key="")


def plan_name(plan: OutputPlan) -> str:
    """Return ``SUITE/MODEL/SCENARIO``: the path of its file, without the suffix."""
    return below(plan.suite, f"{plan.model}/{plan.scenario}")


def plans_by_name(project: OpenProject, names: Sequence[str]) -> tuple[OutputPlan, ...]:
    """Return the outputs that ``FOLDER``, ``SUITE[/MODEL[/SCENARIO]]`` mean; no name means all.

    Raises:
        FindingsError: a suite that is meant has errors.
        UsageError: nothing has this name.
    """
    suites = project.valid_suites()
    wanted = [name.strip("/").casefold() for name in names]
    plans = _plans_below(suites, wanted)
    known = [(plan, {name.casefold() for name in _names(plan)}) for plan in plans]
    for given, name in zip(names, wanted, strict=True):
        if not any(name in own for _, own in known):
            every = list(suites.files) + [name for plan in plans for name in _names(plan)]
            hint = did_you_mean(given, every) or f"known: {', '.join(suites.files)}"
            raise UsageError(f"no suite, model or scenario is named {given} ({hint})")
    return tuple(plan for plan, own in known if not wanted or not own.isdisjoint(wanted))


def _plans_below(suites: Suites, wanted: Sequence[str]) -> list[OutputPlan]:
    """Return the plans of all suites that one of the names can be about."""
    found: list[OutputPlan] = []
    failed = ""
    for suite in suites.files:
        if not wanted or any(_touches(suite.casefold(), name) for name in wanted):
            plans = suites.plans(suite)
            failed = suite if plans is None else failed
            found += plans or ()
    if failed:
        suites.valid_plans(failed)
    return found


def _touches(suite: str, name: str) -> bool:
    """Return whether a name leads into a suite, or names a folder that contains it."""
    return not suite or f"{name}/".startswith(f"{suite}/") or suite.startswith(f"{name}/")


def _names(plan: OutputPlan) -> Iterator[str]:
    yield from itertools.accumulate(plan.suite.split("/"), "{}/{}".format)
    yield below(plan.suite, plan.model)
    yield plan_name(plan)


def select_plans(
    project: OpenProject, request: Request
) -> tuple[tuple[OutputPlan, ...], tuple[Diagnostic, ...]]:
    """Return the selected plans, suite by suite, and the warnings on the way.

    Raises:
        FindingsError: a suite that is asked for has errors.
        UsageError: the request names what is not there.
    """
    selection = request.selection
    suites = project.valid_suites()
    plans = [
        plan
        for name in select_suites(suites, request)
        for plan in suites.plans(name, selection) or ()
        if selection.selects(plan.model, plan.scenario)
    ]
    every = {*project.diagnostics, *suites.found(selection)}
    found = tuple(sorted(every, key=lambda item: item.sort_key))
    if has_errors(found):
        raise FindingsError(found)
    return tuple(plans), found


def select_suites(suites: Suites, request: Request) -> tuple[str, ...]:
    """Return the suites that are asked for; a name means a suite, or all suites in a folder.

    Raises:
        UsageError: there is no such suite or format, or none of the suites has a model or scenario
            that is selected.
    """
    form, formats = request.selection.format, suites.settings.context.formats
    if form is not None and form not in formats:
        hint = did_you_mean(form, formats) or f"known: {', '.join(sorted(formats))}"
        raise UsageError(f'unknown format "{form}" ({hint})')
    names = tuple(dict.fromkeys(_suites_named(suites, request.suites)))
    if request.selection.models or request.selection.scenarios:
        _check_names(suites, names, request.selection)
    return names


def _suites_named(suites: Suites, names: Sequence[str]) -> Iterator[str]:
    if not names:
        yield from suites.files
    by_file = {path: suite for suite, path in suites.files.items()}
    for given in names:
        # A path, too, so that the shell may complete it.
        name = given.replace("\\", "/").removeprefix("./").rstrip("/")
        name = by_file.get(name, name.removeprefix(f"{suites.settings.specs}/"))
        found = [suite for suite in suites.files if f"{suite}/".startswith(f"{name}/")]
        if not found:
            known = f"known: {', '.join(suites.files) or 'none'}"
            hint = _unread_below(suites, name) or did_you_mean(name, suites.files) or known
            raise UsageError(f'no suite is named "{given}" ({hint})')
        yield from found


def _unread_below(suites: Suites, name: str) -> str:
    """Return what is in the folder ``name`` that may have been meant as a suite; "" if nothing."""
    folder = f"{suites.settings.specs}/{name}"
    for path in oddly_named(frozenset(suites.sources), suites.settings.specs):
        if path.startswith(f"{folder}/"):
            return f"{path} is not read; a suite is a folder with a file user_input.yaml"
    return ""


def _check_names(suites: Suites, names: Iterable[str], selection: Selection) -> None:
    models: set[str] = set()
    scenarios: set[str] = set()
    sections: set[str] = set()
    for name in names:
        user_input = suites.read(name).user_input
        for model in user_input.models if user_input else ():
            models.add(model.name)
            scenarios.update(scenario.name for scenario in model.scenarios)
            sections.update(section_name(model.name, each.name) for each in model.scenarios)
    if models:
        asked = [name for name in selection.models if fold(name) not in set(map(fold, sections))]
        _check_known("model", asked, models)
        _check_known("scenario", selection.scenarios, scenarios)


def _check_known(kind: str, asked: Iterable[str], known: set[str]) -> None:
    folded = {name.casefold() for name in known}
    for name in asked:
        if name.casefold() not in folded:
            hint = did_you_mean(name, known) or f"known: {', '.join(sorted(known))}"
            raise UsageError(f'no {kind} is named "{name}" ({hint})')
