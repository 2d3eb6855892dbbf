"""Takes the sections of one model; gives the Model with its shape, rules and scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.spec.build.coverage import read_coverage
from mockgen_watch.spec.build.directives import MODEL_DIRECTIVES, report_unknown
from mockgen_watch.spec.build.job import Scope
from mockgen_watch.spec.build.modifiers import NO_MODIFIERS, read_id
from mockgen_watch.spec.build.names import is_directive
from mockgen_watch.spec.build.outputs import apply_output, read_output
from mockgen_watch.spec.build.rules import build_exclusions, build_rules
from mockgen_watch.spec.build.scenarios import (
    Defaults,
    base_scenario,
    build_scenario,
    read_count,
    read_faults,
)
from mockgen_watch.spec.build.shapes import build_members
from mockgen_watch.spec.build.statements import build_statements
from mockgen_watch.spec.coverage import NO_COVERAGE
from mockgen_watch.spec.model import Model, ObjectShape, Origin, OriginKind

if TYPE_CHECKING:
    from mockgen_watch.spec.build.job import Job
    from mockgen_watch.spec.build.sections import ModelSections
    from mockgen_watch.spec.build.site import Site
    from mockgen_watch.spec.model import OutputOptions


class FileDefaults(Struct, frozen=True, kw_only=True):
    """What the top of a file says for all of its models."""

    count: int
    output: OutputOptions


def build_model(sections: ModelSections, inherited: FileDefaults, job: Job) -> Model:
    """Return the model; what is wrong is reported and left out."""
    top = sections.site
    directives = {} if top is None else _directives(top, job)
    fields = () if top is None else _fields(top)
    place = sections.first if top is None else top
    shape = ObjectShape(
        members=build_members(fields, Scope(kind=OriginKind.MODEL, owner=sections.name), None, job),
        modifiers=NO_MODIFIERS,
        address=(),
        origin=Origin(kind=OriginKind.MODEL, name=sections.name, location=place.location),
    )
    defaults = _defaults(directives, inherited, job)
    scenarios = tuple(
        build_scenario(site, name, shape, defaults, job)
        for name, site in sections.scenarios.items()
    )
    stated = directives.get("$id")
    rules = build_rules(directives.get("$rules"), directives.get("$conforms"), job.report)
    _check_records(sections, directives.get("$records"), job, is_ruled=bool(rules))
    base = base_scenario(defaults, place, build_statements(directives.get("$records"), job.report))
    return Model(
        name=sections.name,
        id=(read_id(stated, job.report) if stated is not None else None) or sections.name,
        shape=shape,
        rules=rules,
        exclusions=build_exclusions(directives.get("$exclude"), job.report),
        scenarios=scenarios or (base,),
        location=place.key_location,
    )


def _check_records(
    sections: ModelSections, stated: Site | None, job: Job, *, is_ruled: bool
) -> None:
    """Report ``$records`` where it does not tell whose records, or would undo a promise."""
    if stated is not None and sections.scenarios:
        names = ", ".join(sections.scenarios)
        hint = f"move it into the scenario whose records are meant: {names}"
        message = "$records in a model with scenarios does not tell whose records are meant"
        job.report.error("MG204", stated.key_location, message, hint)
    negative = sections.scenarios.get("negative")
    own = None if negative is None else negative.get("$records")
    if own is not None and is_ruled:
        message = "a record of negative is the twin of one of positive, but for its fault"
        hint = "state it in positive, or leave it to be drawn"
        job.report.error("MG204", own.key_location, message, hint)


def _directives(top: Site, job: Job) -> dict[str, Site]:
    directives = {member.key: member for member in top.members() if is_directive(member.key)}
    for key, member in directives.items():
        if key not in MODEL_DIRECTIVES:
            report_unknown(member, MODEL_DIRECTIVES, job.report)
            job.open.add(())
    return directives


def _fields(top: Site) -> tuple[Site, ...]:
    return tuple(
        item for item in top.members() if item.key == "$rows" or not is_directive(item.key)
    )


def _defaults(directives: dict[str, Site], inherited: FileDefaults, job: Job) -> Defaults:
    formats = job.context.formats
    edit = read_output(directives.get("$output"), formats, inherited.output.format, job.report)
    return Defaults(
        count=read_count(directives.get("$count"), inherited.count, job),
        faults=read_faults(directives.get("$faults"), 1, job),
        coverage=read_coverage(directives.get("$coverage"), NO_COVERAGE, job.report),
        output=apply_output(inherited.output, edit, formats),
    )
