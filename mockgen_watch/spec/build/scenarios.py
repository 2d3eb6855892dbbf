"""Takes the site of one scenario; gives the Scenario with everything that it inherits filled in."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import Related, SlipFinder, is_slip
from mockgen_watch.spec.build.generators import NO_MODIFIERS
from mockgen_watch.spec.build.names import data_key, fold, is_directive, join_path
from mockgen_watch.spec.build.outputs import apply_output, read_output
from mockgen_watch.spec.build.pools import read_weight
from mockgen_watch.spec.build.reader import Scope
from mockgen_watch.spec.build.scalars import (
    is_empty,
    read_field,
    read_flag,
    read_params,
    read_text,
    read_whole,
    read_word,
    report_type,
)
from mockgen_watch.spec.build.shapes import SCENARIO_DIRECTIVES, build_members, report_unknown
from mockgen_watch.spec.document import MappingNode, SequenceNode, plain_data
from mockgen_watch.spec.model import (
    NO_COVERAGE,
    Coverage,
    CoverageSpec,
    MixPart,
    ObjectShape,
    Origin,
    OriginKind,
    OutputOptions,
    Scenario,
    Statement,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Final

    from mockgen_watch.spec.build.reader import Job, Report, Site
    from mockgen_watch.spec.document import Json, Node


_PARAMETERS: Final = ("strength", "boundaries", "fields", "without", "keep")


def read_coverage(site: Site | None, default: CoverageSpec, report: Report) -> CoverageSpec:
    """Return what ``site`` asks for, a word or a mapping; the default where it says nothing."""
    if site is None:
        return default
    if not site.is_mapping:
        word = read_word(site, report, tuple(Coverage), "MG217")
        return default if word is None else _spec(site, word)
    given = read_params(site, report, _PARAMETERS)
    if "strength" not in given:
        hint = "strength: pairwise, for example"
        report.error("MG205", site, "$coverage needs a strength", hint)
        return default
    word = read_word(given["strength"], report, tuple(Coverage), "MG217")
    spec = _spec(site, word or Coverage.NONE)
    flag = read_flag(given["boundaries"], report) if "boundaries" in given else False
    return replace(
        spec,
        boundaries=bool(flag),
        fields=_fields(given.get("fields"), report),
        without=_fields(given.get("without"), report),
        keep=_file(given.get("keep"), report),
    )


def _spec(site: Site, word: str) -> CoverageSpec:
    return CoverageSpec(strength=Coverage(word), location=site.key_location)


def _fields(site: Site | None, report: Report) -> tuple[tuple[str, ...], ...]:
    if site is None:
        return ()
    if not site.is_list or not site.items():
        report_type(site, report, "a list of fields")
        return ()
    found = [read_field(item, report) for item in site.items()]
    return tuple(path for path in found if path is not None)


def _file(site: Site | None, report: Report) -> str:
    if site is None:
        return ""
    text = read_text(site, report, "the path of a file of cases")
    if text is None:
        return ""
    path = join_path(site.document.path, text)
    if not text or path is None:
        report.error("MG218", site, f'"{text}" is no file of this project')
        return ""
    if not path.endswith(".json"):
        report.error("MG218", site, f"{text}: cases are kept in a .json file")
        return ""
    return path


_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,17}")
_WHOLE: Final = ("$const", "$delete")
"""What may stand in place of a value, alone."""


def build_statements(site: Site | None, report: Report) -> tuple[Statement, ...]:
    """Return what ``site`` states; what is wrong with it is reported and left out."""
    if site is None:
        return ()
    if not site.is_mapping or not site.members():
        report_type(site, report, "a mapping of indexes to what these records hold")
        return ()
    found: list[Statement] = []
    for member in site.members():
        if not _INDEX.fullmatch(member.key):
            message = f'"{member.key}" is no index of a record'
            report.error("MG202", member.key_location, message, "the first record is 0")
        elif not member.is_mapping or not member.members():
            report_type(member, report, "a mapping of fields to values")
        else:
            found += _below(member, int(member.key), (), report)
    return tuple(found)


def _below(site: Site, record: int, path: tuple[str, ...], report: Report) -> Iterator[Statement]:
    """Yield what the mapping at ``site`` states below ``path``."""
    seen: dict[str, Site] = {}
    for member in site.members():
        if is_directive(member.key):
            report_unknown(member, _WHOLE, report)
            continue
        name = data_key(member.key)
        if fold(name) in seen:
            message = f'"{member.key}" and "{seen[fold(name)].key}" differ in case at most'
            report.error("MG209", member.key_location, message)
            continue
        seen[fold(name)] = member
        yield from _value(member, record, (*path, name), report)


def _value(site: Site, record: int, path: tuple[str, ...], report: Report) -> Iterator[Statement]:
    members = {member.key: member for member in site.members()}
    whole = next((key for key in _WHOLE if key in members), None)
    if whole is None and members:
        yield from _below(site, record, path, report)
        return
    place = site.key_location
    if whole is None:
        if site.is_mapping:
            hint = "the empty object as a value is {$const: {}}"
            report.error("MG202", site, f"{site.key} states nothing", hint)
            return
        yield Statement(record=record, path=path, value=_data(site.node), location=place)
        return
    if len(members) > 1:
        other = next(member for key, member in members.items() if key != whole)
        message = f'"{other.key}" cannot stand beside {whole}'
        report.error("MG204", other.key_location, message)
    elif whole == "$const":
        value = plain_data(members[whole].node)
        yield Statement(record=record, path=path, value=value, location=place)
    elif read_flag(members[whole], report):
        yield Statement(record=record, path=path, value=None, location=place, is_gone=True)


def _data(node: Node) -> Json:
    """Return the data of ``node``; in its mappings, two ``$`` stand for one."""
    if isinstance(node, MappingNode):
        return {data_key(member.key): _data(member.node) for member in node.members}
    if isinstance(node, SequenceNode):
        return [_data(item) for item in node.items]
    return node.value


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
