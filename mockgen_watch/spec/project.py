"""Project: the types of a checked project file, and its profiles."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from mockgen_watch.spec.model import ConflictPolicy, OutputOptions

if TYPE_CHECKING:
    from mockgen_watch.diagnostics import Location


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


def plugin_name(name: str) -> str:
    """Return the name of a package as all its spellings have it: ``Acme_Rules`` is ``acme-rules``.

    https://packaging.python.org/en/latest/specifications/name-normalization/
    """
    return re.sub(r"[-_.]+", "-", name).lower()


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
    contract: int = 1
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
    )
