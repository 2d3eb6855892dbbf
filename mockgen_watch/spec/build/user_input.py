"""Takes the Document of a user_input file; gives a UserInput, or all that is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from mockgen_watch.diagnostics import Related
from mockgen_watch.spec.build.generators import NO_MODIFIERS, read_id
from mockgen_watch.spec.build.links import check_links
from mockgen_watch.spec.build.names import (
    data_key,
    file_name_problem,
    fold,
    is_directive,
    join_path,
)
from mockgen_watch.spec.build.outputs import apply_output, read_output
from mockgen_watch.spec.build.reader import Job, Scope, Site, kind_of
from mockgen_watch.spec.build.rules import build_exclusions, build_rules
from mockgen_watch.spec.build.scalars import is_empty, read_text, read_whole
from mockgen_watch.spec.build.scenarios import (
    WELL_KNOWN,
    Defaults,
    base_scenario,
    build_scenario,
    build_statements,
    misspelt,
    read_count,
    read_coverage,
    read_faults,
    scenario_name,
)
from mockgen_watch.spec.build.shapes import (
    INPUT_DIRECTIVES,
    MODEL_DIRECTIVES,
    build_members,
    report_unknown,
)
from mockgen_watch.spec.document import Scalar
from mockgen_watch.spec.model import (
    NO_COVERAGE,
    MasterChoice,
    Model,
    ObjectShape,
    Origin,
    OriginKind,
    UserInput,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.spec.build.reader import BuildContext, Report
    from mockgen_watch.spec.document import Document
    from mockgen_watch.spec.model import OutputOptions


class ModelSections(Struct, kw_only=True):
    """What a file says about one model.

    Attributes:
        site: the model's own section; None when only suffix sections name it.
        scenarios: name → site, of ``$scenarios`` and suffix sections, in source order.
    """

    name: str
    first: Site
    site: Site | None = None
    scenarios: dict[str, Site] = field(default_factory=dict)


def read_sections(root: Site, job: Job) -> tuple[ModelSections, ...]:
    """Return the models of a file in the order in which they are first named."""
    sites = [site for site in root.members() if not is_directive(site.key)]
    if not _has_models(root, sites, job):
        return ()
    prefixes = _prefixes(sites)
    models: dict[str, ModelSections] = {}
    suffixed: list[tuple[Site, ModelSections, str]] = []
    for site in sites:
        name, scenario = split_suffix(data_key(site.key))
        if scenario and not site.is_mapping:
            continue
        if not scenario:
            scenario = _slip_of_suffix(site, prefixes, job.report)
            name = name.rpartition("_")[0] if scenario else name
        model = models.setdefault(fold(name), ModelSections(name=name, first=site))
        if scenario:
            suffixed.append((site, model, scenario))
        else:
            _own_section(site, name, model, job.report)
    for model in models.values():
        _check_name(model.name, "model", model.first, job.report)
        _listed_scenarios(model, job.report)
    for site, model, scenario in suffixed:
        _add_scenario(model, scenario, site, job.report)
    return tuple(models.values())


def split_suffix(key: str) -> tuple[str, str]:
    """Return model and scenario of a suffix section; the key and ``""`` for any other."""
    name, _, suffix = key.rpartition("_")
    scenario = scenario_name(suffix)
    return (name, scenario) if name and scenario in WELL_KNOWN else (key, "")


def _has_models(root: Site, sites: list[Site], job: Job) -> bool:
    """Return whether there are models; what stands at the top and is none has been reported."""
    report = job.report
    if not sites:
        hint = "such as Model_1: {name: [Asha, Bala]}"
        report.error("MG205", root, "the file has no model", hint)
        return False
    if not any(site.is_mapping for site in sites):
        hint = (
            "put the fields under a model's name; "
            f"`mockgen-watch migrate {root.document.path}` does it for a file of the earlier system"
        )
        report.error("MG202", sites[0].key_location, "fields stand at the top, in no model", hint)
        return False
    for site in sites:
        if not site.is_mapping:
            message = (
                f'"{site.key}" is {kind_of(site.node)}; at the top stand models, which are mappings'
            )
            report.error("MG202", site, message)
            job.open.add(())
    return True


def _prefixes(sites: list[Site]) -> frozenset[str]:
    return frozenset(fold(split_suffix(data_key(site.key))[0]) for site in sites)


def _slip_of_suffix(site: Site, prefixes: frozenset[str], report: Report) -> str:
    """Return the scenario whose suffix is misspelt in ``site``'s key, having reported it."""
    name, _, suffix = data_key(site.key).rpartition("_")
    meant = misspelt(suffix) if fold(name) in prefixes else ""
    if meant:
        hint = f'did you mean "{name}_{meant}"?'
        report.error("MG216", site.key_location, f'"{suffix}" is no scenario of {name}', hint)
    return meant


def _own_section(site: Site, name: str, model: ModelSections, report: Report) -> None:
    if model.site is None:
        model.site, model.name = site, name
        return
    related = (Related(message="the first one", location=model.site.key_location),)
    message = f'the models "{name}" and "{model.name}" differ in case at most'
    report.error("MG209", site.key_location, message, "", related)


def _listed_scenarios(model: ModelSections, report: Report) -> None:
    listed = None if model.site is None else model.site.get("$scenarios")
    if listed is None:
        return
    if not listed.is_mapping or not listed.members():
        message = f"$scenarios takes a mapping of names to overlays, not {kind_of(listed.node)}"
        report.error("MG202", listed, message)
    for site in listed.members():
        if is_directive(site.key):
            hint = "under $scenarios stand the names of scenarios"
            report.error("MG204", site.key_location, f"{site.key} has no meaning here", hint)
            continue
        name = scenario_name(data_key(site.key))
        meant = "" if name in WELL_KNOWN else misspelt(name)
        if meant and listed.get(meant) is None:
            hint = f'did you mean "{meant}"?'
            report.error("MG216", site.key_location, f'there is no scenario "{name}"', hint)
            name = meant
        _check_name(name, "scenario", site, report)
        _add_scenario(model, name, site, report)


def _add_scenario(model: ModelSections, name: str, site: Site, report: Report) -> None:
    twin = next((other for other in model.scenarios if fold(other) == fold(name)), None)
    if twin is None:
        model.scenarios[name] = site
        return
    related = (Related(message="the first one", location=model.scenarios[twin].key_location),)
    message = f'scenario "{name}" of {model.name} is stated twice'
    report.error("MG209", site.key_location, message, "", related)


def _check_name(name: str, what: str, site: Site, report: Report) -> None:
    problem = file_name_problem(name)
    if problem:
        hint = f"outputs are named by the {what}"
        report.error("MG210", site.key_location, f'the {what} name "{name}" {problem}', hint)


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


FORMAT_VERSION = 1
"""The version of the spec format that this release reads."""
_NEWER = "a newer release of mockgen-watch may read it"


def build_user_input(
    document: Document, context: BuildContext
) -> tuple[UserInput | None, list[Diagnostic]]:
    """Return the checked spec, None when it has errors, and everything that was found.

    What the parser found is not repeated; a document without a root gives nothing more.
    """
    if document.root is None:
        return None, []
    root = Site(document=document, node=document.root)
    stated = root.get("$master")
    job = Job(
        document=document, context=context, may_have_master=stated is None or not is_empty(stated)
    )
    spec = _build(root, job)
    return (None if job.report.failed else spec), job.report.diagnostics()


def read_version(site: Site | None, report: Report, newest: int = FORMAT_VERSION) -> int:
    """Return the format version that a file states; only the newest is read."""
    version = None if site is None else read_whole(site, report)
    if site is not None and version is not None and version != newest:
        message = f"format version {version} is not read by this release, which reads {newest}"
        is_older = 0 < version < newest
        hint = f"mockgen-watch migrate brings it to version {newest}"
        report.error("MG226", site, message, hint if is_older else _NEWER)
    return newest


def top_directives(root: Site, legal: Sequence[str], report: Report) -> dict[str, Site]:
    """Return the directives at the top of a file; those that are not legal there are reported."""
    directives = {member.key: member for member in root.members() if is_directive(member.key)}
    for key, member in directives.items():
        if key not in legal:
            report_unknown(member, legal, report)
    if "$schema" in directives:
        read_text(directives["$schema"], report, "the path or address of a JSON Schema")
    return directives


def _build(root: Site, job: Job) -> UserInput | None:
    report = job.report
    if not root.is_mapping:
        message = f"a user_input file is a mapping of models, not {kind_of(root.node)}"
        report.error("MG202", root, message)
        return None
    directives = top_directives(root, INPUT_DIRECTIVES, report)
    version = read_version(directives.get("$version"), report)
    formats, project = job.context.formats, job.context.output
    edit = read_output(directives.get("$output"), formats, project.format, report)
    defaults = FileDefaults(
        count=read_count(directives.get("$count"), job.context.count, job),
        output=apply_output(project, edit, formats),
    )
    models = tuple(build_model(item, defaults, job) for item in read_sections(root, job))
    _check_ids(models, report)
    check_links(models, job)
    stated = directives.get("$seed")
    seed = None if stated is None else read_whole(stated, report)
    choice, path = _master(directives.get("$master"), report)
    return UserInput(
        path=job.document.path,
        version=version,
        seed=job.context.seed if seed is None else seed,
        master=choice,
        master_path=path,
        master_location=(directives.get("$master") or root).location,
        models=models,
    )


def _master(site: Site | None, report: Report) -> tuple[MasterChoice, str]:
    if site is None:
        return MasterChoice.NEAREST, ""
    if isinstance(site.node, Scalar) and is_empty(site):
        return MasterChoice.NONE, ""
    text = read_text(site, report, "the path of a master file, or null for none")
    path = None if text is None else join_path(site.document.path, text)
    if text is not None and not (text and path):
        report.error("MG218", site, f'"{text}" is no file of this project')
    return MasterChoice.NAMED, path or ""


def _check_ids(models: Sequence[Model], report: Report) -> None:
    seen: dict[str, Model] = {}
    for model in models:
        first = seen.setdefault(model.id, model)
        if first is not model:
            related = (Related(message="the other model", location=first.location),)
            message = f'"{model.name}" has the $id of "{first.name}"'
            report.error("MG222", model.location, message, "", related)
