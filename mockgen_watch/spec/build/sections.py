"""Takes the top of a user_input file; gives its models, each with the sections of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from mockgen_watch.diagnostics import Related
from mockgen_watch.spec.build.names import data_key, file_name_problem, fold, is_directive
from mockgen_watch.spec.build.scenarios import WELL_KNOWN, misspelt, scenario_name
from mockgen_watch.spec.build.site import kind_of

if TYPE_CHECKING:
    from mockgen_watch.spec.build.job import Job
    from mockgen_watch.spec.build.site import Report, Site


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
    """Tell whether there are models; what stands at the top and is none has been reported."""
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
