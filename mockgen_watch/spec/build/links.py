"""Takes the models of one file; gives a report on what they name: fields, models, scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import did_you_mean
from mockgen_watch.spec.build.cycles import check_cycles
from mockgen_watch.spec.build.names import is_slip
from mockgen_watch.spec.build.overlay import walk_leaves
from mockgen_watch.spec.build.records import find_field, picked_record, records_of
from mockgen_watch.spec.build.unique import check_unique
from mockgen_watch.spec.generators import Reference, Template

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.spec.build.job import Job
    from mockgen_watch.spec.build.overlay import Way
    from mockgen_watch.spec.build.records import Found, Record
    from mockgen_watch.spec.model import Leaf, Model

    Records = Mapping[str, tuple[Record, ...]]


def check_links(models: Sequence[Model], job: Job) -> None:
    """Report names that lead nowhere, circles, and unique fields with too few values.

    Where a master may add fields, an unknown one is reported only when it is a typing slip; the
    plan, which knows the master, reports the others.
    """
    records = {model.name: records_of(model) for model in models}
    for model in models:
        _check_mixes(model, job)
        for record in records[model.name]:
            for way, leaf in walk_leaves(record.shape):
                if isinstance(leaf.generator, Template):
                    _check_template(leaf.generator, way, leaf, record, job)
                elif isinstance(leaf.generator, Reference):
                    _check_reference(leaf.generator, leaf, records, job)
    check_unique(models, records, job)
    check_cycles(records, job)


def _check_mixes(model: Model, job: Job) -> None:
    plain = {scenario.name for scenario in model.scenarios if not scenario.mix}
    mixes = {scenario.name for scenario in model.scenarios if scenario.mix}
    for scenario in model.scenarios:
        for part in scenario.mix:
            if part.scenario in plain:
                continue
            if part.scenario in mixes:
                message, hint = f'"{part.scenario}" is a mix itself', "a mix takes plain scenarios"
            else:
                message = f'{model.name} has no scenario "{part.scenario}"'
                hint = did_you_mean(part.scenario, plain) or _list("it has", sorted(plain))
            job.report.error("MG216", part.location, message, hint)


def _check_template(template: Template, way: Way, leaf: Leaf, record: Record, job: Job) -> None:
    for part in template.parts:
        if part.path:
            found = find_field(record.shape, part.path, job.open, way)
            _report(found, f"{{{'.'.join(part.path)}}}", leaf, job)


def _check_reference(reference: Reference, leaf: Leaf, records: Records, job: Job) -> None:
    if reference.suite:
        return
    target = records.get(reference.model)
    place = place_of(leaf, job, "model")
    if target is None:
        hint = did_you_mean(reference.model, records) or _list("the file has", list(records))
        message = f'$ref names no model "{reference.model}"'
        job.report.error("MG203", place, message, hint)
        return
    record = picked_record(target, reference.scenario)
    if record is None:
        names = [item.scenario.name for item in target]
        hint = did_you_mean(reference.scenario, names) or _list("it has", names)
        message = f'$ref: {reference.model} has no plain scenario "{reference.scenario}"'
        job.report.error("MG216", place_of(leaf, job, "scenario"), message, hint)
        return
    found = find_field(record.shape, reference.path, job.open)
    _report(found, f"$ref {reference.model}.{'.'.join(reference.path)}", leaf, job)


def _report(found: Found, what: str, leaf: Leaf, job: Job) -> None:
    slip = any(is_slip(found.missing, name) for name in found.known)
    if not found.problem or (found.missing and job.may_have_master and not slip):
        return
    hint = did_you_mean(found.missing, found.known) if found.missing else ""
    code = "MG203" if found.missing else "MG218"
    job.report.error(code, place_of(leaf, job, "field"), f"{what}: {found.problem}", hint)


def place_of(leaf: Leaf, job: Job, param: str = "") -> Location:
    """Return the place of the directive of ``leaf``, or of its parameter ``param`` if it has it."""
    site = job.sites.get(leaf.origin.location)
    if site is None:
        return leaf.origin.location
    return (site.get(param) or site).location


def _list(start: str, names: Sequence[str]) -> str:
    return f"{start} {', '.join(names)}" if names else ""
