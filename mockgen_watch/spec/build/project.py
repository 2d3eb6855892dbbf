"""Project: the project file, whose defaults apply where specs say nothing, and its profiles."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field
from msgspec.structs import replace

from mockgen_watch.spec import CONTRACT
from mockgen_watch.spec.build import reader
from mockgen_watch.spec.build.master import read_conflict
from mockgen_watch.spec.build.scenarios import read_count, read_output
from mockgen_watch.spec.build.user_input import read_version
from mockgen_watch.spec.model import ConflictPolicy, OutputOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockgen_watch.diagnostics import Diagnostic, Location
    from mockgen_watch.spec.document import Document

SPECS = "specs"
"""The folder of the specs, relative to the project folder."""


class LogLevel(StrEnum):
    """The least severity that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How a line looks: for people, or for programs."""

    CONSOLE = "console"
    JSON = "json"


class LogSettings(Struct, frozen=True, kw_only=True):
    """How a command logs.

    Attributes:
        file: where lines go beside the console, relative to the project folder; ``""``: nowhere.
    """

    level: LogLevel = LogLevel.INFO
    format: LogFormat = LogFormat.CONSOLE
    file: str = ""


class PluginName(Struct, frozen=True, kw_only=True):
    """A plugin that the project names: the package that brings it, and where it is named."""

    name: str
    location: Location


class Profile(Struct, frozen=True, kw_only=True):
    """Named overrides of the project's defaults; None where the profile says nothing."""

    name: str
    location: Location
    seed: int | None = None
    count: int | None = None
    output: OutputOptions | None = None
    on_conflict: ConflictPolicy | None = None
    outputs: str | None = None


class Project(Struct, frozen=True, kw_only=True):
    """A checked project file, or the defaults of a project that has none.

    Attributes:
        path: relative to the project folder; ``""`` when there is no file.
        seed, count, output: what applies where a spec says nothing.
        on_conflict: what applies where a master says nothing.
        outputs: a folder relative to the project folder.
        plugins: those that may be loaded, if the user trusts them.
        contract: the seed contract that the project's outputs keep to.
    """

    path: str = ""
    version: int = 1
    seed: int = 0
    count: int = 1
    output: OutputOptions = field(default_factory=OutputOptions)
    on_conflict: ConflictPolicy = ConflictPolicy.ERROR
    outputs: str = "mock_outputs"
    contract: int = CONTRACT
    log: LogSettings = field(default_factory=LogSettings)
    plugins: tuple[PluginName, ...] = ()
    profiles: tuple[Profile, ...] = ()

    def profile(self, name: str) -> Profile | None:
        """Return the profile ``name``, or None."""
        return next((profile for profile in self.profiles if profile.name == name), None)


def apply_profile(project: Project, profile: Profile) -> Project:
    """Return ``project`` with the defaults that ``profile`` overrides."""
    return replace(
        project,
        seed=project.seed if profile.seed is None else profile.seed,
        count=project.count if profile.count is None else profile.count,
        output=profile.output or project.output,
        on_conflict=profile.on_conflict or project.on_conflict,
        outputs=profile.outputs or project.outputs,
    )


_PLUGIN: Final = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_DEFAULT_KEYS: Final = ("seed", "count", "output", "on_conflict")
_PROFILE_KEYS: Final = (*_DEFAULT_KEYS, "format", "outputs")
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
"""What is allowed at the top of a project file."""


def build_project(
    document: Document, formats: Mapping[str, reader.KnownFormat] | None = None
) -> tuple[Project, list[Diagnostic]]:
    """Return the project, with defaults in the place of what is wrong, and all that was found.

    What the parser found is not repeated; a document without a root gives the defaults.
    """
    project = Project(path=document.path)
    if document.root is None:
        return project, []
    build = reader.Build(document, reader.BuildContext(formats=formats or {}))
    root = reader.Entry(build=build, node=document.root)
    if root.is_mapping:
        project = _project(root, project)
    else:
        root.error("MG601", f"a project file must be a mapping, not {root.kind}")
    return project, build.diagnostics.sorted()


def _project(root: reader.Entry, standard: Project) -> Project:
    keys: dict[str, reader.Entry] = {}
    for member in root.members():
        if member.key in PROJECT_KEYS:
            keys[member.key] = member
        else:
            message = f'unknown key "{member.key}" in a project file'
            member.unknown_key("MG601", message, PROJECT_KEYS, f"one of {', '.join(PROJECT_KEYS)}")
    if "$schema" in keys:
        reader.read_text(keys["$schema"], "the path or address of a JSON Schema")
    contract = reader.whole_or(keys.get("contract"), standard.contract)
    if contract != CONTRACT:
        message = f"this release does not know seed contract {contract}"
        keys["contract"].error("MG601", message, f"it knows {CONTRACT}")
    base = Project(
        path=root.file,
        version=read_version(keys.get("$version")),
        seed=reader.whole_or(keys.get("seed"), standard.seed),
        count=read_count(keys.get("count"), standard.count),
        output=read_output(keys.get("output"), standard.output),
        on_conflict=read_conflict(keys.get("on_conflict")) or standard.on_conflict,
        outputs=_folder(keys.get("outputs"), standard.outputs),
        contract=contract,
        log=_log(keys.get("log"), standard.log),
        plugins=_plugins(keys.get("plugins")),
    )
    if _are_nested(base.outputs, SPECS):
        keys["outputs"].error("MG601", "outputs cannot be in the folder of the specs")
    return replace(base, profiles=_profiles(keys.get("profiles"), base))


def _folder(entry: reader.Entry | None, default: str) -> str:
    text = None if entry is None else reader.read_text(entry, "the name of a folder")
    if entry is None or text is None:
        return default
    path = None if text.startswith("/") or "\\" in text else reader.join_path("", text)
    if not path:
        hint = "use a folder inside the project, with forward slashes"
        entry.error("MG601", f'{entry.key}: "{text}" is not a folder inside this project', hint)
        return default
    return path


def _log(entry: reader.Entry | None, standard: LogSettings) -> LogSettings:
    if entry is None or entry.is_empty:
        return standard
    if not entry.is_mapping:
        entry.type_error("a mapping of level, format and file")
        return standard
    params = reader.read_params(entry, ("level", "format", "file"))
    return LogSettings(
        level=reader.read_word(params.get("level"), tuple(LogLevel), "MG601") or standard.level,
        format=reader.read_word(params.get("format"), tuple(LogFormat), "MG601") or standard.format,
        file=_folder(params.get("file"), standard.file),
    )


def _plugins(entry: reader.Entry | None) -> tuple[PluginName, ...]:
    if entry is None:
        return ()
    if not entry.is_list:
        entry.type_error("a list of names")
    found: dict[str, PluginName] = {}
    for item in entry.items():
        text = reader.read_text(item, "the name of a plugin")
        if text is None:
            continue
        if not re.fullmatch(_PLUGIN, text):
            item.error("MG601", f'plugins: "{text}" is not the name of a package')
            continue
        name = reader.plugin_name(text)
        found.setdefault(name, PluginName(name=name, location=item.location))
    return tuple(found.values())


def _profiles(entry: reader.Entry | None, base: Project) -> tuple[Profile, ...]:
    if entry is None or entry.is_empty:
        return ()
    if not entry.is_mapping:
        entry.type_error("a mapping of names to overrides")
    return tuple(_profile(item, base) for item in entry.members())


def _profile(entry: reader.Entry, base: Project) -> Profile:
    if not entry.is_mapping:
        entry.type_error("a mapping of what it overrides")
    before = entry.errors
    keys = reader.read_params(entry, _PROFILE_KEYS)
    output = keys.get("output")
    if "format" in keys:
        if output is not None:
            hint = "put the format into output: {format: …}"
            keys["format"].key_error("MG601", "a profile has output or format, not both", hint)
        elif keys["format"].is_mapping:
            keys["format"].type_error("the name of a format")
        output = keys["format"]
    profile = Profile(
        name=entry.key,
        location=entry.key_location,
        seed=reader.whole_or(keys["seed"], base.seed) if "seed" in keys else None,
        count=read_count(keys["count"], base.count) if "count" in keys else None,
        output=None if output is None else read_output(output, base.output),
        on_conflict=read_conflict(keys.get("on_conflict")),
        outputs=_profile_outputs(keys.get("outputs"), base),
    )
    if entry.errors == before and apply_profile(base, profile) == base:
        hint = f"it can override {', '.join(_PROFILE_KEYS)}"
        entry.key_warn("MG601", f'the profile "{entry.key}" changes nothing', hint)
    return profile


def _profile_outputs(entry: reader.Entry | None, base: Project) -> str | None:
    """Return the output folder of a profile: the project's own one, or one beside it."""
    if entry is None:
        return None
    folder = _folder(entry, base.outputs)
    for other, owner in ((SPECS, "of the specs"), (base.outputs, "of the project's own outputs")):
        if _are_nested(folder, other) and folder != base.outputs:
            message = f"outputs cannot be in the folder {owner}, {other}, nor around it"
            entry.error("MG601", message, f"a folder beside it, such as {base.outputs}_{{profile}}")
    return folder


def _are_nested(folder: str, other: str) -> bool:
    """Return whether the two are the same folder, or one is in the other."""
    return f"{folder}/".startswith(f"{other}/") or f"{other}/".startswith(f"{folder}/")
