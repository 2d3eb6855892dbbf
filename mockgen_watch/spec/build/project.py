"""Takes the Document of a project file; gives a Project, and all that is wrong with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.diagnostics import did_you_mean
from mockgen_watch.spec.build.master import read_conflict
from mockgen_watch.spec.build.names import join_path
from mockgen_watch.spec.build.outputs import apply_output, read_output
from mockgen_watch.spec.build.reader import BuildContext, Job, Site, kind_of
from mockgen_watch.spec.build.scalars import (
    is_empty,
    read_params,
    read_text,
    read_whole,
    read_word,
    report_type,
)
from mockgen_watch.spec.build.scenarios import read_count
from mockgen_watch.spec.build.user_input import read_version
from mockgen_watch.spec.project import (
    SPECS,
    LogFormat,
    LogLevel,
    LogSettings,
    PluginName,
    Profile,
    Project,
    plugin_name,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.spec.build.outputs import KnownFormat
    from mockgen_watch.spec.document import Document

CONTRACTS: Final = (1,)
"""The seed contracts that this release can make outputs by."""

_PLUGIN: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_DEFAULT_KEYS: Final = ("seed", "count", "output", "on_conflict")
PROJECT_KEYS: Final = (
    "$schema",
    "$version",
    *_DEFAULT_KEYS,
    "outputs",
    "contract",
    "log",
    "plugins",
    "profiles",
)
"""What may stand at the top of a project file."""


def build_project(
    document: Document, formats: Mapping[str, KnownFormat] | None = None
) -> tuple[Project, list[Diagnostic]]:
    """Return the project, with defaults in the place of what is wrong, and all that was found.

    What the parser found is not repeated; a document without a root gives the defaults.
    """
    if document.root is None:
        return Project(path=document.path), []
    job = Job(document=document, context=BuildContext(formats=formats or {}))
    root = Site(document=document, node=document.root)
    if not root.is_mapping:
        message = f"a project file is a mapping, not {kind_of(root.node)}"
        job.report.error("MG601", root, message)
        return Project(path=document.path), job.report.diagnostics()
    return _build(root, job), job.report.diagnostics()


def _build(root: Site, job: Job) -> Project:
    report = job.report
    keys: dict[str, Site] = {}
    for member in root.members():
        if member.key in PROJECT_KEYS:
            keys[member.key] = member
            continue
        hint = did_you_mean(member.key, PROJECT_KEYS) or f"one of {', '.join(PROJECT_KEYS)}"
        message = f'a project file has no key "{member.key}"'
        report.error("MG601", member.key_location, message, hint)
    if "$schema" in keys:
        read_text(keys["$schema"], report, "the path or address of a JSON Schema")
    standard = Project(path=job.document.path)
    contract = _whole(keys.get("contract"), standard.contract, job)
    if contract not in CONTRACTS:
        message = f"this release knows no seed contract {contract}"
        report.error("MG601", keys["contract"], message, f"it knows {CONTRACTS[-1]}")
    base = Project(
        path=job.document.path,
        version=read_version(keys.get("$version"), report),
        seed=_whole(keys.get("seed"), standard.seed, job),
        count=read_count(keys.get("count"), standard.count, job),
        output=apply_output(
            standard.output,
            read_output(keys.get("output"), job.context.formats, standard.output.format, report),
            job.context.formats,
        ),
        on_conflict=read_conflict(keys.get("on_conflict"), report) or standard.on_conflict,
        outputs=_folder(keys.get("outputs"), standard.outputs, job),
        contract=contract,
        log=_log(keys.get("log"), job),
        plugins=_plugins(keys.get("plugins"), job),
    )
    if base.outputs == SPECS and "outputs" in keys:
        report.error("MG601", keys["outputs"], "outputs cannot be the folder of the specs")
    return _with_profiles(base, keys.get("profiles"), job)


def _whole(site: Site | None, default: int, job: Job) -> int:
    value = None if site is None else read_whole(site, job.report)
    return default if value is None else value


def _folder(site: Site | None, default: str, job: Job) -> str:
    text = None if site is None else read_text(site, job.report, "the name of a folder")
    if site is None or text is None:
        return default
    path = None if text.startswith("/") or "\\" in text else join_path("", text)
    if not path:
        hint = "a folder below the project's, with forward slashes"
        job.report.error("MG601", site, f'{site.key}: "{text}" is no folder of this project', hint)
        return default
    return path


def _log(site: Site | None, job: Job) -> LogSettings:
    standard = LogSettings()
    if site is None or is_empty(site):
        return standard
    if not site.is_mapping:
        report_type(site, job.report, "a mapping of level, format and file")
        return standard
    params = read_params(site, job.report, ("level", "format", "file"))
    words = {
        name: read_word(params[name], job.report, tuple(known), "MG601")
        for name, known in (("level", LogLevel), ("format", LogFormat))
        if name in params
    }
    return LogSettings(
        level=LogLevel(words.get("level") or standard.level),
        format=LogFormat(words.get("format") or standard.format),
        file=_folder(params.get("file"), standard.file, job),
    )


def _plugins(site: Site | None, job: Job) -> tuple[PluginName, ...]:
    if site is None:
        return ()
    if not site.is_list:
        report_type(site, job.report, "a list of names")
    found: dict[str, PluginName] = {}
    for item in site.items():
        text = read_text(item, job.report, "the name of a plugin")
        if text is None:
            continue
        if not _PLUGIN.fullmatch(text):
            job.report.error("MG601", item, f'plugins: "{text}" is no name of a package')
            continue
        name = plugin_name(text)
        found.setdefault(name, PluginName(name=name, location=item.location))
    return tuple(found.values())


def _with_profiles(base: Project, site: Site | None, job: Job) -> Project:
    if site is None or is_empty(site):
        return base
    if not site.is_mapping:
        report_type(site, job.report, "a mapping of names to overrides")
    return replace(base, profiles=tuple(_profile(item, base, job) for item in site.members()))


def _profile(site: Site, base: Project, job: Job) -> Profile:
    report, formats = job.report, job.context.formats
    if not site.is_mapping:
        report_type(site, report, "a mapping of what it overrides")
    keys = read_params(site, report, _DEFAULT_KEYS)
    edit = read_output(keys.get("output"), formats, base.output.format, report)
    return Profile(
        name=site.key,
        location=site.key_location,
        seed=_whole(keys["seed"], base.seed, job) if "seed" in keys else None,
        count=read_count(keys["count"], base.count, job) if "count" in keys else None,
        output=apply_output(base.output, edit, formats) if "output" in keys else None,
        on_conflict=read_conflict(keys.get("on_conflict"), report),
    )
