"""Takes a folder; gives the project that it is in: its settings, its spec files, its state."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch import plugins
from mockgen_watch.diagnostics import Diagnostic, Location, Severity, did_you_mean, has_errors
from mockgen_watch.errors import UsageError
from mockgen_watch.formats import BUILTIN
from mockgen_watch.plugins import Catalog as Catalog_plugins
from mockgen_watch.spec.build.project import build_project
from mockgen_watch.spec.build.reader import BuildContext
from mockgen_watch.spec.parse import parse
from mockgen_watch.spec.project import Project, apply_profile
from mockgen_watch.storage.containment import OutputRoot, naming
from mockgen_watch.storage.package_data import read_vocabulary, shipped_vocabularies
from mockgen_watch.storage.project_folder import SPECS, StateFolder, find_project
from mockgen_watch.storage.specs import SPECS_CACHE, SpecSnapshot, read_specs
from mockgen_watch.storage.stat_cache import StatCache
from mockgen_watch.storage.trust import read_trust
from mockgen_watch.workflow.suites import (
    PLUGIN,
    PROJECT_NAMES,
    SHIPPED,
    LazyDigests,
    Loader,
    NoPlugins,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockgen_watch.storage.folders import StrPath
    from mockgen_watch.workflow.suites import Catalog


class ProjectSources:
    """The spec files of a snapshot and the vocabularies of the package."""

    def __init__(self, snapshot: SpecSnapshot, plugins: Mapping[str, str]) -> None:
        """Read from ``snapshot``; ``plugins`` that may be used have these digests."""
        self.snapshot = snapshot
        self._plugins = plugins

    @cached_property
    def digests(self) -> Mapping[str, str]:
        """Path → digest; see ``Sources``."""
        shipped = (SHIPPED + name for name in shipped_vocabularies())
        return LazyDigests({**self.snapshot.digests(), **self._plugins}, shipped, self.read)

    def read(self, path: str) -> bytes:
        """Return the bytes of ``path``; see ``Sources``."""
        if path.startswith(SHIPPED):
            return read_vocabulary(path.removeprefix(SHIPPED))
        return self.snapshot.load(path)


class OpenProject(Struct, frozen=True, kw_only=True):
    """A project at one moment.

    Attributes:
        root: its folder.
        settings: of the project file, a profile applied.
        snapshot: the spec files.
        loader: reads suites from them.
        state: where caches, locks and backups are kept.
        diagnostics: of the project file and of files that cannot be read.
    """

    root: str
    settings: Project
    snapshot: SpecSnapshot
    loader: Loader
    state: StateFolder
    diagnostics: tuple[Diagnostic, ...]

    @classmethod
    def without_folder(cls, root: StrPath, loader: Loader, state: StateFolder) -> OpenProject:
        """Return one that has no specs folder and no project file, only what ``loader`` reads."""
        return cls(
            root=os.fspath(root),
            settings=Project(),
            snapshot=SpecSnapshot(project=os.fspath(root), files={}),
            loader=loader,
            state=state,
            diagnostics=(),
        )

    @property
    def has_failed(self) -> bool:
        """Return whether the project file itself is wrong, so that nothing can be built on it."""
        return has_errors(self.diagnostics)

    def output_root(self) -> OutputRoot:
        """Return the project's own output folder."""
        return OutputRoot.in_project(self.root, self.settings.outputs, self.state)


def open_project(start: StrPath, profile: str | None = None) -> OpenProject:
    """Return the project that ``start`` is in.

    Raises:
        UsageError: there is none, or it has no such profile.
        StorageError: its folders cannot be read.
    """
    root = find_project(start)
    state = StateFolder.of(root)
    stamps = StatCache(state, SPECS_CACHE)
    snapshot = read_specs(root, SPECS, stamps)
    stamps.save()
    return project_of(root, state, snapshot, profile)


def project_of(
    root: StrPath, state: StateFolder, snapshot: SpecSnapshot, profile: str | None = None
) -> OpenProject:
    """Return the project whose spec files are those of ``snapshot``, wherever they come from.

    Raises:
        UsageError: it has no such profile.
    """
    settings, inputs, found = read_settings(snapshot, profile)
    context = BuildContext(
        seed=settings.seed,
        count=settings.count,
        output=settings.output,
        formats=BUILTIN,
    )
    plugins = _plugins(root, settings)
    loader = Loader(
        sources=ProjectSources(snapshot, plugins.digests),
        specs=SPECS,
        context=context,
        project_inputs=inputs,
        on_conflict=settings.on_conflict,
        has_profile=profile is not None,
        catalog=plugins.catalog,
        plugin_places={plugin.name: plugin.location for plugin in settings.plugins},
    )
    return OpenProject(
        root=os.fspath(root),
        settings=settings,
        snapshot=snapshot,
        loader=loader,
        state=state,
        diagnostics=(*snapshot.problems, *found, *plugins.diagnostics),
    )


def read_settings(
    snapshot: SpecSnapshot, profile: str | None
) -> tuple[Project, dict[str, str | None], tuple[Diagnostic, ...]]:
    """Return the settings, the project files that were looked for, and what was found."""
    digests = snapshot.digests()
    inputs = {f"{SPECS}/{name}": digests.get(f"{SPECS}/{name}") for name in PROJECT_NAMES}
    there = [path for path, known in inputs.items() if known is not None]
    found: list[Diagnostic] = []
    settings = Project()
    if there:
        document = parse(there[0], snapshot.load(there[0]))
        settings, problems = build_project(document, BUILTIN)
        found += [*document.diagnostics, *problems]
    found += [_second_file(there[0], path) for path in there[1:]]
    if profile is not None:
        chosen = settings.profile(profile)
        if chosen is None:
            names = [known.name for known in settings.profiles]
            hint = did_you_mean(profile, names) or f"there is {', '.join(names) or 'none'}"
            raise UsageError(f'no profile is named "{profile}" ({hint})')
        settings = apply_profile(settings, chosen)
    return settings, inputs, tuple(found)


class _Plugins(Struct, frozen=True, kw_only=True):
    """The plugins of a project, by the names that they have among the inputs of suites."""

    catalog: Catalog
    digests: Mapping[str, str]
    diagnostics: tuple[Diagnostic, ...]


def _plugins(root: StrPath, settings: Project) -> _Plugins:
    if not settings.plugins:
        return _Plugins(catalog=NoPlugins(), digests={}, diagnostics=())
    names = [plugin.name for plugin in settings.plugins]
    catalog = plugins.Catalog(names, read_trust(root).names, root)
    digests = {PLUGIN + name: catalog.digest(name) for name in names}
    # A rule that needs one which is not there fails; this is for those that no rule needs.
    missing = tuple(
        Diagnostic(
            code="MG604",
            severity=Severity.WARNING,
            message=f"plugin {plugin.name} is not installed",
            location=plugin.location,
            hint=f"install the package {plugin.name}, if you trust it",
        )
        for plugin in settings.plugins
        if catalog.plugin(plugin.name) is None
    )
    return _Plugins(
        catalog=catalog,
        digests={name: digest for name, digest in digests.items() if digest is not None},
        diagnostics=missing,
    )


def _second_file(first: str, second: str) -> Diagnostic:
    return Diagnostic(
        code="MG209",
        message=f"this project has {first} and {second}",
        hint="keep one of them",
        location=Location(path=second),
    )


ENDINGS = (".yaml", ".yml", ".json")


class AdhocSources:
    """The files beside the one that was named, and the vocabularies of the package."""

    def __init__(self, start: Path, files: tuple[str, ...]) -> None:
        """Take ``files``, and what lies in their folders; relative paths begin at ``start``."""
        self.start = start
        beside = (
            _posix(start, str(found))
            for file in files
            for found in sorted((start / file).parent.iterdir())
            if found.name.endswith(ENDINGS)
        )
        self.paths = dict.fromkeys((*files, *beside))
        self._data: dict[str, bytes] = {}

    @cached_property
    def digests(self) -> Mapping[str, str]:
        """Path → digest; see ``Sources``."""
        shipped = (SHIPPED + name for name in shipped_vocabularies())
        return LazyDigests({}, (*self.paths, *shipped), self.read)

    def read(self, path: str) -> bytes:
        """Return the bytes of ``path``; see ``Sources``."""
        if path not in self._data:
            if path.startswith(SHIPPED):
                self._data[path] = read_vocabulary(path.removeprefix(SHIPPED))
            else:
                with naming(path):
                    self._data[path] = (self.start / path).read_bytes()
        return self._data[path]


class AdhocLoader(Loader, kw_only=True):
    """Loads the one suite of a file that was named."""

    config: str
    suite: str

    def suites(self) -> dict[str, str]:
        """Return the one suite."""
        return {self.suite: self.config}


def open_adhoc(start: StrPath, config: str, master: str | None) -> OpenProject:
    """Return a project that consists of the user_input file ``config``.

    Args:
        start: the folder that relative paths begin at.
        config: the file.
        master: its master; None: the one that it names, or the one in its folder.

    Raises:
        UsageError: one of the files does not exist.
    """
    start = Path(start)
    files = tuple(_posix(start, file) for file in (config, master) if file is not None)
    for given, path in zip((config, master), files, strict=False):
        if not (start / path).is_file():
            raise UsageError(f"{given} is no file")
    loader = AdhocLoader(
        sources=AdhocSources(start, files),
        specs="",
        context=BuildContext(formats=BUILTIN),
        master=files[1] if master is not None else None,
        config=files[0],
        suite=suite_name(files[0]),
    )
    return OpenProject.without_folder(start, loader, StateFolder.of(start))


def suite_name(path: str) -> str:
    """Return the suite that a file outside of specs/ makes: its name without ``_user_input``."""
    stem = Path(path).stem
    return stem.removesuffix("user_input").rstrip("_-.") or Path(path).absolute().parent.name


def _posix(start: Path, file: str) -> str:
    """Return ``file`` as paths are written: relative to ``start`` where it lies below."""
    absolute = (start / file).absolute()
    base = start.absolute()
    return absolute.relative_to(base).as_posix() if absolute.is_relative_to(base) else str(absolute)


class PluginState(Struct, frozen=True, kw_only=True):
    """A plugin that the project names, or the user trusts.

    Attributes:
        version: ``""`` when it is not installed.
        is_named: by the project.
        is_trusted: by the user.
        rules: what it offers.
    """

    name: str
    version: str
    is_named: bool
    is_trusted: bool
    rules: tuple[str, ...]

    @property
    def is_usable(self) -> bool:
        """Return whether rules of this project may be of it."""
        return bool(self.version) and self.is_named and self.is_trusted


def plugin_states(project: OpenProject) -> tuple[PluginState, ...]:
    """Return the plugins that the project names, then others that the user trusts; none is loaded.

    Raises:
        StorageError: the user's configuration cannot be read.
    """
    named = [plugin.name for plugin in project.settings.plugins]
    trusted = read_trust(project.root).names
    catalog = Catalog_plugins(named, trusted, project.root)
    found = []
    for name in dict.fromkeys([*named, *sorted(trusted)]):
        plugin = catalog.plugin(name)
        found.append(
            PluginState(
                name=name,
                version="" if plugin is None else plugin.version,
                is_named=name in named,
                is_trusted=name in trusted,
                rules=() if plugin is None else plugin.rules,
            )
        )
    return tuple(found)
