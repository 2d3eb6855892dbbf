"""Earlier shapes: records in the files that the earlier system wrote, beside all that is there.

A section is what the earlier system made records of: ``Model_1``, ``Model_1_Positive``, ``Edit_1``.
"""

from __future__ import annotations

import json
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import did_you_mean
from mockgen_watch.errors import UsageError
from mockgen_watch.lock.model import Action, Reason
from mockgen_watch.plan.model import OutputPlan, Selection
from mockgen_watch.spec.build.scenarios import BASE
from mockgen_watch.spec.build.user_input import (
    earlier_sections,
    file_name_problem,
    split_suffix,
)
from mockgen_watch.spec.document import members_of
from mockgen_watch.spec.model import Labels, Layout, fold
from mockgen_watch.storage.project_folder import OutputRoot, StateFolder
from mockgen_watch.storage.swap import write_new_below
from mockgen_watch.workflow.generate import FileResult
from mockgen_watch.workflow.produce import prepare_production, record_bytes
from mockgen_watch.workflow.targets import Request, select_plans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.spec.document import Json
    from mockgen_watch.storage.containment import StrPath
    from mockgen_watch.workflow.produce import Advance, Production
    from mockgen_watch.workflow.project import OpenProject

    Shaped = Callable[[dict[str, Json]], dict[str, Json]]
    """Makes of a record what is written."""

_WGS: Final = "wgs_"


class Grouping(StrEnum):
    """Which sections share a file."""

    SECTION = "section"
    MODEL = "model"
    SUITE = "suite"


class EarlierRequest(Struct, frozen=True, kw_only=True):
    """What a command of the earlier form asks for.

    Attributes:
        suites: as in ``Request``.
        names: of sections, in any case; with scenarios of models, too. Empty: all.
        scenarios: of these only, in any case; empty: all.
        is_all: every scenario, without the models' own sections where they have scenarios.
        count: records of each section; None: as the spec says.
        layout: SINGLE takes the first record of each section, SPLIT a file for each record.
        grouping: which sections share a file that is not split.
        is_wgs: the models whose names begin with ``WGS_`` where there are any, scenarios in lower
            case, and each value in a list of its own.
    """

    suites: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    is_all: bool = False
    count: int | None = None
    seed: int | None = None
    layout: Layout = Layout.MULTIPLE
    grouping: Grouping = Grouping.SECTION
    is_wgs: bool = False


class Section(Struct, frozen=True, kw_only=True):
    """A section and the output that has its records.

    Attributes:
        name: as written in the file, or as it would be.
        plan: of its records as JSON, each alone.
        count: the number of records that are wanted.
        is_edit: it is of a file in the oldest format.
    """

    name: str
    plan: OutputPlan
    count: int
    is_edit: bool


def with_base_sections(project: OpenProject) -> OpenProject:
    """Return ``project`` with the models' own sections as scenarios where scenarios are sections.

    Only files of the earlier system have such.
    """
    return replace(project, suites=project.suites.with_base_sections())


def select_sections(
    project: OpenProject, request: EarlierRequest
) -> tuple[tuple[Section, ...], tuple[Diagnostic, ...]]:
    """Return the sections that are asked for, suite by suite, and the warnings on the way.

    Raises:
        FindingsError: a suite that is asked for has errors.
        UsageError: the request names what is not there.
    """
    asked = Selection(seed=request.seed)
    plans, _ = select_plans(project, Request(suites=request.suites, selection=asked))
    every = _sections(project, plans, request)
    meant = _meant(every, request)
    selection = Selection(
        models=tuple(dict.fromkeys(section.plan.model for section in meant)),
        scenarios=tuple(dict.fromkeys(section.plan.scenario for section in meant)),
        count=request.count,
        seed=request.seed,
        format="json",
        layout=request.layout,
    )
    plans, found = select_plans(project, Request(suites=request.suites, selection=selection))
    chosen = {_address(section.plan) for section in meant}
    plans = tuple(plan for plan in plans if _address(plan) in chosen)
    return _sections(project, plans, request), found


def _address(plan: OutputPlan) -> tuple[str, str, str]:
    return plan.suite, plan.model, plan.scenario


def _sections(
    project: OpenProject, plans: Iterable[OutputPlan], request: EarlierRequest
) -> tuple[Section, ...]:
    """Return the sections of ``plans``, in the order of the file, suite by suite."""
    found: list[Section] = []
    for suite, group in groupby(plans, key=lambda plan: plan.suite):
        root = project.suites.root_of(suite)
        beside = {fold(split_suffix(member.key)[0]) for member in members_of(root)}
        is_flat = project.suites.files[suite] in project.suites.settings.direct
        edits = [member.key for member in earlier_sections(root)]
        own: list[Section] = []
        for plan in group:
            # The one model of all sections is not in the file; its mix stands for the whole.
            is_edit = bool(edits or is_flat) and fold(plan.model) not in beside
            name = _name_of_edit(plan, edits) if is_edit else _name_of(plan, is_wgs=request.is_wgs)
            count = 1 if request.layout is Layout.SINGLE else plan.count
            if not (is_edit and plan.mix):
                own.append(Section(name=name, plan=_as_json(plan), count=count, is_edit=is_edit))
        found += sorted(own, key=lambda section: section.plan.location)
    return tuple(found)


def _as_json(plan: OutputPlan) -> OutputPlan:
    output = replace(
        plan.output, format="json", options=(), labels=Labels.NONE, layout=Layout.SINGLE
    )
    return replace(plan, output=output)


def _name_of_edit(plan: OutputPlan, sections: Sequence[str]) -> str:
    if plan.scenario != BASE:
        return plan.scenario
    is_usable = bool(sections) and not file_name_problem(sections[0])
    return sections[0] if is_usable else plan.model


def _name_of(plan: OutputPlan, *, is_wgs: bool) -> str:
    if plan.scenario == BASE:
        return plan.model
    if is_wgs:
        return f"{plan.model}_{plan.scenario}"
    key, _, rest = plan.location.pointer.removeprefix("/").partition("/")
    written = key.replace("~1", "/").replace("~0", "~")
    if not rest and fold(written) == fold(f"{plan.model}_{plan.scenario}"):
        return written
    return f"{plan.model}_{plan.scenario[:1].upper()}{plan.scenario[1:]}"


def _meant(sections: Sequence[Section], request: EarlierRequest) -> list[Section]:
    """Return those of ``sections`` that ``request`` means.

    Raises:
        UsageError: it names what is not there.
    """
    names = [_wgs_name(name, sections) if request.is_wgs else name for name in request.names]
    known = {fold(name) for one in sections for name in (one.name, one.plan.model)}
    for given, name in zip(request.names, names, strict=True):
        if fold(name) not in known:
            shown = dict.fromkeys(one.name for one in sections)
            hint = did_you_mean(given, shown) or f"known: {', '.join(shown)}"
            raise UsageError(f'no model is named "{given}" ({hint})')
    found = list(sections)
    if request.is_wgs and not names:
        prefixed = [one for one in found if fold(one.plan.model).startswith(_WGS)]
        found = prefixed or found
    own = {one.plan.model for one in found if one.plan.scenario == BASE}
    has_scenarios = {one.plan.model for one in found if one.plan.scenario != BASE}
    wanted = {fold(name) for name in names}
    scenarios = {fold(name) for name in request.scenarios}
    is_by_scenario = bool(scenarios) or request.is_all

    def is_meant(one: Section) -> bool:
        model = one.plan.model
        is_own = one.plan.scenario == BASE
        by_model = fold(model) in wanted and (is_by_scenario or is_own or model not in own)
        if wanted and fold(one.name) not in wanted and not by_model:
            return False
        if scenarios:
            return fold(one.plan.scenario) in scenarios
        return not (request.is_all and is_own and model in has_scenarios and not one.is_edit)

    meant = [one for one in found if is_meant(one)]
    if not meant:
        there = dict.fromkeys(one.plan.scenario for one in found if one.plan.scenario != BASE)
        hint = f"known: {', '.join(there)}" if there else "the models have no scenarios"
        raise UsageError(f"no section has the scenario {', '.join(request.scenarios)} ({hint})")
    return meant


def _wgs_name(name: str, sections: Iterable[Section]) -> str:
    """Return ``name`` with the prefix of such models, where only that gives a model."""
    known = {fold(each) for one in sections for each in (one.name, one.plan.model)}
    prefixed = f"{_WGS}{name}"
    return prefixed if fold(name) not in known and fold(prefixed) in known else name


# Files to begin with ----------------------------------------------------------------------------

_BEGIN: Final[dict[str, dict[str, dict[str, Json]]]] = {
    "user_input.json": {
        "Model_1": {"name": ["Asha", "Bala"], "city": ["Hyderabad", "Chennai"]},
        "Model_1_Positive": {"name": ["Asha", "Bala"], "city": ["Hyderabad"]},
        "Model_1_Negative": {"name": ["", "123"], "city": ["Atlantis"]},
        "Model_1_Exclusion": {"name": ["Chitra"], "city": ["Kovai"]},
    },
    "master.json": {"user_profile": {"name": "Asha", "city": "Hyderabad", "country": "India"}},
}


def begin_files(start: StrPath) -> tuple[tuple[str, bool], ...]:
    """Write a user_input.json and its master to ``start``; return each, and whether it is new.

    Files that exist stay as they are. Where the user_input exists, no master is written.

    Raises:
        StorageError: a file cannot be written.
    """
    root = OutputRoot.at(Path(start), StateFolder.of(start))
    done: list[tuple[str, bool]] = []
    for name, data in _BEGIN.items():
        text = json.dumps(data, indent=2, ensure_ascii=False)
        is_new = write_new_below(root, name, (f"{text}\n".encode(),))
        done.append((name, is_new))
        if not is_new:
            break
    return tuple(done)


# Files ------------------------------------------------------------------------------------------


class _Document(Struct, frozen=True, kw_only=True):
    """A file to be written.

    Attributes:
        stem: its name before the time.
        number: of the one record of its section that it holds, counted from 0; None: all.
    """

    stem: str
    sections: tuple[Section, ...]
    number: int | None = None


def write_sections(
    sections: Sequence[Section],
    request: EarlierRequest,
    root: OutputRoot,
    stamp: Callable[[], str],
    advance: Advance,
) -> Iterator[FileResult]:
    """Write the records of ``sections`` to new files and yield them as they are there.

    ``Model_1_Positive_20250818T132628.756619Z.json``, ``Model_1_All_Probabilities_….json``,
    ``enhanced_output_….json``; split: ``Model_1_Positive_Record_001_….json``. ``stamp`` gives
    the time in this form, later at each call.

    Raises:
        FindingsError: a record cannot be written.
        StorageError: a file cannot be written.
    """
    shaped = _in_lists if request.is_wgs else dict
    for document in _documents(sections, request):
        ready = [(one, prepare_production(one.plan)) for one in document.sections]
        while True:
            path = f"{document.stem}_{stamp()}.json"
            chunks = _chunks(ready, document.number, shaped, advance)
            if write_new_below(root, path, chunks):
                break
        is_one = document.number is not None
        yield FileResult(
            path=root.named(path),
            action=Action.CREATE,
            reason=Reason.MISSING,
            records=1 if is_one else sum(one.count for one in document.sections),
        )


def _documents(sections: Sequence[Section], request: EarlierRequest) -> Iterator[_Document]:
    if request.layout is Layout.SPLIT:
        for one in sections:
            for number in range(one.count):
                stem = f"{one.name}_Record_{number + 1:03d}"
                yield _Document(stem=stem, sections=(one,), number=number)
    elif request.grouping is Grouping.SECTION:
        for one in sections:
            yield _Document(stem=one.name, sections=(one,))
    elif request.grouping is Grouping.SUITE:
        for _, group in groupby(sections, key=lambda one: one.plan.suite):
            yield _Document(stem="enhanced_output", sections=tuple(group))
    else:
        by_model: dict[tuple[str, str], list[Section]] = {}
        for one in sections:
            by_model.setdefault((one.plan.suite, one.plan.model), []).append(one)
        for (_, model), own in by_model.items():
            yield _Document(stem=f"{model}_All_Probabilities", sections=tuple(own))


def _chunks(
    ready: Iterable[tuple[Section, Production]],
    number: int | None,
    shaped: Shaped,
    advance: Advance,
) -> Iterator[bytes]:
    """Yield the bytes of a document: an object of sections, or of the records of ``Edit_`` ones."""
    separator = "{\n"
    for section, production in ready:
        for name, numbers in _members(section, number):
            yield f"{separator}  {json.dumps(name, ensure_ascii=False)}: ".encode()
            separator = ",\n"
            texts = (_text(production, index, shaped) for index in numbers)
            is_list = len(numbers) != 1
            opening = "[\n" if is_list else ""
            for text in texts:
                indented = f"    {_indented(_indented(text))}" if is_list else _indented(text)
                yield f"{opening}{indented}".encode()
                opening = ",\n"
                advance(section.plan, 1)
            yield b"" if not is_list else b"\n  ]" if numbers else b"[]"
    yield b"\n}\n"


def _members(section: Section, number: int | None) -> Iterator[tuple[str, range]]:
    """Yield the keys of a section in a document, and which of its records each has."""
    numbers = range(section.count) if number is None else range(number, number + 1)
    if not section.is_edit:
        yield section.name, numbers
        return
    for index in numbers:
        yield f"{section.name}_output_{index + 1}", range(index, index + 1)


def _text(production: Production, index: int, shaped: Shaped) -> str:
    """Return a record as text; strings of JSON have no line breaks, so that lines can be moved."""
    return record_bytes(production, index, shaped).decode("utf-8", "surrogatepass").strip("\n")


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")


def _in_lists(record: dict[str, Json]) -> dict[str, Json]:
    """Return a record with each value that is not an object or array in a list of its own."""
    return {key: _in_list(value) for key, value in record.items()}


def _in_list(value: Json) -> Json:
    if isinstance(value, dict):
        return _in_lists(value)
    if isinstance(value, list):
        return [_in_lists(item) if isinstance(item, dict) else item for item in value]
    return [value]
