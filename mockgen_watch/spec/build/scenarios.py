"""Takes the site of one scenario; gives the Scenario with everything that it inherits filled in."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.diagnostics import Related
from mockgen_watch.spec.build.coverage import read_coverage
from mockgen_watch.spec.build.directives import SCENARIO_DIRECTIVES, report_unknown
from mockgen_watch.spec.build.job import Scope
from mockgen_watch.spec.build.modifiers import NO_MODIFIERS
from mockgen_watch.spec.build.names import SlipFinder, data_key, fold, is_directive, is_slip
from mockgen_watch.spec.build.outputs import apply_output, read_output
from mockgen_watch.spec.build.pools import read_weight
from mockgen_watch.spec.build.scalars import is_empty, read_whole, report_type
from mockgen_watch.spec.build.shapes import build_members
from mockgen_watch.spec.build.statements import build_statements
from mockgen_watch.spec.coverage import NO_COVERAGE
from mockgen_watch.spec.model import (
    MixPart,
    ObjectShape,
    Origin,
    OriginKind,
    OutputOptions,
    Scenario,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

    from mockgen_watch.spec.build.job import Job
    from mockgen_watch.spec.build.site import Site
    from mockgen_watch.spec.coverage import CoverageSpec
    from mockgen_watch.spec.statements import Statement

WELL_KNOWN: Final = ("positive", "negative", "exclusion", "mixed")
"""The scenarios whose meaning the format fixes; written in any case."""

BASE: Final = "base"
"""The scenario of a model that names none."""

_NOT_OF_A_MIX: Final = ("$records", "$coverage")

MAX_COUNT: Final = 10**12


class Defaults(Struct, frozen=True, kw_only=True):
    """What a scenario inherits: from its model, else its file, else the project."""

    count: int
    faults: int
    coverage: CoverageSpec
    output: OutputOptions


def scenario_name(written: str) -> str:
    """Return the name of a scenario as outputs know it: the well-known ones in lower case."""
    lowered = written.casefold()
    return lowered if lowered in WELL_KNOWN else written


def build_scenario(
    site: Site, name: str, shape: ObjectShape, defaults: Defaults, job: Job
) -> Scenario:
    """Return the scenario ``name``, as the mapping at ``site`` states it, over a model's shape."""
    report = job.report
    if not site.is_mapping and not is_empty(site):
        report_type(site, report, "a mapping: what differs from the model")
    directives = {member.key: member for member in site.members() if is_directive(member.key)}
    for key, member in directives.items():
        if key not in SCENARIO_DIRECTIVES:
            report_unknown(member, SCENARIO_DIRECTIVES, report)
            job.open.add(())
    mix = _mix(directives.get("$mix"), job)
    own = [item for item in site.members() if item.key == "$rows" or not is_directive(item.key)]
    taken = [*own, *(directives[key] for key in directives if key in _NOT_OF_A_MIX)]
    if "$mix" in directives and taken:
        first = taken[0]
        message = f'"{first.key}" cannot stand beside $mix: a mix takes records of other scenarios'
        report.error("MG204", first.key_location, message)
    elif name == "mixed" and "$mix" not in directives:
        hint = "such as $mix: {positive: 70, negative: 30}"
        report.error("MG205", site.key_location, "a mixed scenario needs $mix", hint)
    return Scenario(
        name=name,
        count=read_count(directives.get("$count"), defaults.count, job),
        overlay=_overlay(site, own, name, shape, job),
        mix=mix,
        faults=_faults(directives.get("$faults"), name, defaults.faults, job),
        coverage=NO_COVERAGE
        if mix
        else read_coverage(directives.get("$coverage"), defaults.coverage, report),
        output=_output(directives.get("$output"), defaults.output, job),
        location=site.key_location,
        stated=build_statements(directives.get("$records"), report),
    )


def base_scenario(defaults: Defaults, place: Site, stated: tuple[Statement, ...] = ()) -> Scenario:
    """Return the one scenario of a model that names none."""
    return Scenario(
        name=BASE,
        count=defaults.count,
        overlay=None,
        mix=(),
        faults=defaults.faults,
        coverage=defaults.coverage,
        output=defaults.output,
        location=place.key_location,
        stated=stated,
    )


def read_count(site: Site | None, default: int, job: Job) -> int:
    """Return the number of records that ``site`` states, else the default."""
    if site is None:
        return default
    count = read_whole(site, job.report, 1)
    if count is not None and count > MAX_COUNT:
        job.report.error("MG208", site, f"{site.key} is {MAX_COUNT} at most")
    return default if count is None else count


def read_faults(site: Site | None, default: int, job: Job) -> int:
    """Return how many rules a negative record breaks."""
    faults = None if site is None else read_whole(site, job.report, 1)
    return default if faults is None else faults


def _faults(site: Site | None, name: str, default: int, job: Job) -> int:
    if site is not None and name != "negative":
        message = f"$faults is for the negative scenario, not for {name}"
        job.report.error("MG204", site.key_location, message)
    return read_faults(site, default, job)


def _output(site: Site | None, default: OutputOptions, job: Job) -> OutputOptions:
    formats = job.context.formats
    return apply_output(default, read_output(site, formats, default.format, job.report), formats)


def _mix(site: Site | None, job: Job) -> tuple[MixPart, ...]:
    if site is None:
        return ()
    if not site.is_mapping or not site.members():
        report_type(site, job.report, "a mapping of scenarios to weights")
        return ()
    before = job.report.errors
    parts = []
    for member in site.members():
        weight = read_weight(member, job.report)
        name = scenario_name(data_key(member.key))
        parts.append(
            MixPart(scenario=name, weight=weight or Decimal(0), location=member.key_location)
        )
    if job.report.errors == before and not any(part.weight for part in parts):
        job.report.error("MG207", site, "all weights of the mix are zero")
    return tuple(parts)


def _overlay(
    site: Site, own: Sequence[Site], name: str, shape: ObjectShape, job: Job
) -> ObjectShape | None:
    if not own:
        return None
    _check_slips(own, shape, job)
    scope = Scope(kind=OriginKind.SCENARIO, owner=name)
    return ObjectShape(
        members=build_members(own, scope, shape, job),
        modifiers=NO_MODIFIERS,
        address=(),
        origin=Origin(kind=OriginKind.SCENARIO, name=name, location=site.location),
    )


def _check_slips(sites: Sequence[Site], shape: ObjectShape, job: Job) -> None:
    """Report keys that the model lacks but for one typing slip, at any depth of objects."""
    stated = {data_key(site.key): site for site in sites if site.key != "$rows"}
    known = {member.name: member for member in shape.members}
    finder = SlipFinder(name for name in known if name not in stated)
    for name, site in stated.items():
        under = known.get(name)
        if under is not None:
            fields = [item for item in site.members() if not is_directive(item.key)]
            if isinstance(under.shape, ObjectShape) and fields:
                _check_slips(fields, under.shape, job)
            continue
        meant = finder.meant(name)
        if meant:
            related = (Related(message="the model's field", location=known[meant].location),)
            hint = f'did you mean "{meant}"? If both are meant, state "{meant}" here as well'
            message = f'the model has no field "{name}"'
            job.report.error("MG224", site.key_location, message, hint, related)


def misspelt(name: str) -> str:
    """Return the well-known scenario that ``name`` is one typing slip away from, or ``""``."""
    folded = fold(name)
    return next((known for known in WELL_KNOWN if is_slip(folded, known)), "")
