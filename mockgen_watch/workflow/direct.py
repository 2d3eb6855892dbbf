"""Direct: projects of files in the oldest format (``Edit_1``, ``Edit_2``, …), read as they are.

The specs that they mean are made in memory, of the pieces that a migration writes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.diagnostics import has_errors
from mockgen_watch.errors import UsageError
from mockgen_watch.masters.shapes import Kind, kinds_of
from mockgen_watch.migrations.direct import models_beside, named_sections, scenario_of_file
from mockgen_watch.migrations.forms import Form, form_of
from mockgen_watch.spec.build.user_input import split_suffix
from mockgen_watch.spec.model import ObjectShape, fold
from mockgen_watch.spec.parse import parse
from mockgen_watch.storage.containment import naming
from mockgen_watch.workflow.project import OpenProject, open_file, open_project
from mockgen_watch.workflow.sources import USER_INPUT_NAMES
from mockgen_watch.workflow.suites import Suites, SuiteSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mockgen_watch.masters.chain import ResolvedMaster
    from mockgen_watch.migrations.direct import DirectReading
    from mockgen_watch.plan.model import Selection
    from mockgen_watch.spec.document import Document
    from mockgen_watch.spec.model import Shape
    from mockgen_watch.storage.containment import StrPath


def form_of_file(start: StrPath, config: str) -> Form:
    """Return the form of the file ``config``; one that does not exist is broken.

    A file of ``Edit_`` sections is read as such, whether somebody asks for it or not.

    Raises:
        StorageError: it cannot be read.
    """
    path = Path(start, config)
    if not path.is_file():
        return Form.BROKEN
    with naming(config):
        return form_of(parse(config, path.read_bytes()))


def open_legacy(
    start: StrPath,
    selection: Selection,
    reading: DirectReading,
    *,
    profile: str | None = None,
    config: str | None = None,
    master: str | None = None,
) -> tuple[OpenProject, Selection]:
    """Return a project of the files in the oldest format, and what is selected of its scenarios.

    ``config`` is the one file that is meant, with its ``master``; None: those of the project that
    ``start`` is in. Where ``selection`` names sections, as models or as scenarios, it is these
    alone, and the n-th values of their fields are one record, each n once. Where it names no
    scenario, it is the whole of the sections, and every scenario of the models beside them.

    Raises:
        UsageError: there is no such file.
    """
    if config is not None:
        project = open_file(start, config, master)
    else:
        project = open_project(start, profile)
    old = project.suites
    documents = dict(_legacy_documents(old, is_given=config is not None))
    if not documents:
        raise UsageError(
            f"no {' or '.join(USER_INPUT_NAMES)} below specs/ has the oldest format "
            "(Edit_1, Edit_2, …); --config FILE names one elsewhere"
        )
    names = (*selection.models, *selection.scenarios)
    named = {suite: named_sections(one, names) for suite, one in documents.items()}
    if any(named.values()):
        documents = {suite: one for suite, one in documents.items() if named[suite]}
        sections = dict.fromkeys(name for found in named.values() for name in found)
        selection = replace(selection, models=(), scenarios=tuple(sections))
        project = replace(
            project, suites=_read_as(old, documents, dict.fromkeys(documents, reading))
        )
        listed = {
            suite: _in_master(
                replace(reading, sections=named[suite], count=selection.count),
                project.suites.read(suite).master,
            )
            for suite in documents
        }
        return replace(project, suites=_read_as(old, documents, listed)), selection
    suites = _read_as(old, documents, dict.fromkeys(documents, reading))
    if not selection.scenarios:
        scenarios = dict.fromkeys(map(scenario_of_file, documents.values()))
        scenarios |= dict.fromkeys(_scenarios_beside(suites, documents))
        selection = replace(selection, scenarios=tuple(scenarios))
    return replace(project, suites=suites), selection


def _scenarios_beside(suites: Suites, documents: Mapping[str, Document]) -> Iterator[str]:
    """Yield the scenarios of the models that are beside sections."""
    for suite, document in documents.items():
        beside = {fold(split_suffix(member.key)[0]) for member in models_beside(document)}
        user_input = suites.read(suite).user_input
        for model in user_input.models if user_input is not None and beside else ():
            if fold(model.name) in beside:
                yield from (scenario.name for scenario in model.scenarios)


def _read_as(
    old: Suites, documents: Mapping[str, Document], readings: Mapping[str, DirectReading]
) -> Suites:
    """Return the suites of ``documents`` alone, by suite like the ``readings``."""
    settings = SuiteSettings(
        specs=old.settings.specs,
        context=old.settings.context,
        master=old.settings.master,
        inputs=old.settings.inputs,
        direct={documents[suite].path: reading for suite, reading in readings.items()},
    )
    files = {suite: document.path for suite, document in documents.items()}
    return Suites(old.sources, settings, files=files)


def _in_master(reading: DirectReading, master: ResolvedMaster | None) -> DirectReading:
    """Return ``reading`` with what the master decides about the records."""
    shape: Shape | None = None if master is None else master.shape
    for key in master.slot if master is not None else ():
        shape = shape.get(key) if isinstance(shape, ObjectShape) else None
    numbers = {
        member.name
        for member in (shape.members if isinstance(shape, ObjectShape) else ())
        if kinds_of(member.shape) == frozenset({Kind.NUMBER})
    }
    slot = () if master is None else tuple(master.slot)
    return replace(reading, slot=slot, numbers=frozenset(numbers))


def _legacy_documents(suites: Suites, *, is_given: bool) -> Iterator[tuple[str, Document]]:
    """Yield suite and file of those in the oldest format.

    Raises:
        UsageError: a file ``is_given``, and is not in this format or cannot be read.
    """
    for suite, path in suites.files.items():
        if path not in suites.sources:
            continue  # it cannot be read, which was reported
        document = parse(path, suites.sources.read(path))
        is_read = document.root is not None and not has_errors(document.diagnostics)
        if is_read and form_of(document).is_edit_format:
            yield suite, document
        elif is_given and is_read:
            raise UsageError(
                f"{path} is not in the oldest format (Edit_1, Edit_2, …, or fields at the top); "
                "leave out --legacy"
            )
        elif is_given:
            raise UsageError(f"{path} cannot be read; run mockgen-watch check to see why")
