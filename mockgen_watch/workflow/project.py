"""Project: the settings, suites, plugins and state of the folder that a run works on.

A project is mostly read from a folder with ``specs/``. It can also be made of a single user_input
file, or of spec files that are not on disk, such as those of a commit.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from mockgen_watch.diagnostics import Diagnostic, Severity, did_you_mean, has_errors
from mockgen_watch.errors import FindingsError, UsageError
from mockgen_watch.formats import BUILTIN
from mockgen_watch.plugins import Catalog
from mockgen_watch.spec import SPECS
from mockgen_watch.spec.build.project import Project, apply_profile, build_project
from mockgen_watch.spec.build.reader import BuildContext, plugin_name
from mockgen_watch.spec.parse import parse
from mockgen_watch.storage.atomic import write_file
from mockgen_watch.storage.containment import naming
from mockgen_watch.storage.project_folder import (
    PROJECT_LABEL,
    OutputRoot,
    StateFolder,
    find_project,
)
from mockgen_watch.storage.specs import SPECS_CACHE, SpecSnapshot, read_specs
from mockgen_watch.storage.stat_cache import StatCache
from mockgen_watch.workflow.sources import (
    PLUGIN,
    PROJECT_NAMES,
    USER_INPUT_NAMES,
    Sources,
    is_hidden,
)
from mockgen_watch.workflow.suites import Suites, SuiteSettings, one_too_many

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mockgen_watch.storage.containment import StrPath

_ENDINGS = (".yaml", ".yml", ".json")


class OpenProject(Struct, frozen=True, kw_only=True):
    """A project at one moment.

    Attributes:
        settings: of the project file, a profile applied.
        profile: the name of that profile; None for none.
        snapshot: the spec files, of which ``suites`` are built.
        diagnostics: of the project file, and of what cannot be read where it may be.
    """

    root: str
    settings: Project
    profile: str | None = None
    snapshot: SpecSnapshot
    suites: Suites
    state: StateFolder
    diagnostics: tuple[Diagnostic, ...]

    @classmethod
    def without_folder(cls, root: StrPath, suites: Suites, state: StateFolder) -> OpenProject:
        """Return one that has no specs folder and no project file, but only ``suites``."""
        return cls(
            root=os.fspath(root),
            settings=Project(),
            snapshot=SpecSnapshot(project=os.fspath(root), files={}),
            suites=suites,
            state=state,
            diagnostics=(),
        )

    @property
    def has_failed(self) -> bool:
        """Whether the project file itself is wrong, so that nothing can be built on it."""
        return has_errors(self.diagnostics)

    def valid_suites(self) -> Suites:
        """Return the suites.

        Raises:
            FindingsError: the project file is wrong.
        """
        if self.has_failed:
            raise FindingsError(self.diagnostics)
        return self.suites

    def output_root(self) -> OutputRoot:
        """Return the project's own output folder."""
        return OutputRoot.in_project(self.root, self.settings.outputs, self.state)

    def folder_root(self) -> OutputRoot:
        """Return the project folder itself, as what files are replaced below."""
        return OutputRoot(base=self.root, inner="", label=PROJECT_LABEL, state=self.state)


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
    names = [plugin.name for plugin in settings.plugins]
    catalog = Catalog(names, trusted_plugins(root) if names else (), root)
    digests = {PLUGIN + name: catalog.digest(name) for name in names}
    usable = {name: known for name, known in digests.items() if known is not None}
    context = BuildContext(
        seed=settings.seed, count=settings.count, output=settings.output, formats=BUILTIN
    )
    suite_settings = SuiteSettings(
        specs=SPECS,
        context=context,
        on_conflict=settings.on_conflict,
        inputs=inputs,
        has_profile=profile is not None,
        catalog=catalog,
        plugin_locations={plugin.name: plugin.location for plugin in settings.plugins},
    )
    sources = Sources({**snapshot.digests(), **usable}, read=snapshot.load)
    # Where the settings themselves may be hidden nothing can be built.
    general = [
        problem
        for problem in snapshot.problems
        if any(is_hidden(path, [problem.location.path]) for path in inputs)
    ]
    others = [problem for problem in snapshot.problems if problem not in general]
    return OpenProject(
        root=os.fspath(root),
        settings=settings,
        profile=profile,
        snapshot=snapshot,
        suites=Suites(sources, suite_settings, unreadable=others),
        state=state,
        diagnostics=(*general, *found, *_not_installed(settings, catalog)),
    )


def read_settings(
    snapshot: SpecSnapshot, profile: str | None
) -> tuple[Project, dict[str, str | None], tuple[Diagnostic, ...]]:
    """Return the settings, the project files that were looked for, and what was found.

    Raises:
        UsageError: there is no such profile.
    """
    digests = snapshot.digests()
    inputs = {f"{SPECS}/{name}": digests.get(f"{SPECS}/{name}") for name in PROJECT_NAMES}
    there = [path for path, known in inputs.items() if known is not None]
    found: list[Diagnostic] = []
    settings = Project()
    if there:
        document = parse(there[0], snapshot.load(there[0]))
        settings, problems = build_project(document, BUILTIN)
        found += [*document.diagnostics, *problems]
    for path in there[1:]:
        message = f"this project has {there[0]} and {path}"
        found.append(one_too_many(message, "keep one of them", path))
    if profile is not None:
        wanted = settings.profile(profile)
        if wanted is None:
            names = [known.name for known in settings.profiles]
            hint = did_you_mean(profile, names) or f"known: {', '.join(names) or 'none'}"
            raise UsageError(f'no profile is named "{profile}" ({hint})')
        settings = apply_profile(settings, wanted)
    return settings, inputs, tuple(found)


def open_file(start: StrPath, config: str, master: str | None) -> OpenProject:
    """Return a project that consists of the user_input file ``config``.

    Files in the same folder, and in that of its master, can be read by it. Relative paths begin at
    ``start``. Without ``master`` it is the one that the file names, or the one in its folder.

    Raises:
        UsageError: one of the files does not exist.
    """
    start = Path(start)
    files = [_posix(start, file) for file in (config, master) if file is not None]
    for given, path in zip((config, master), files, strict=False):
        if not (start / path).is_file():
            raise UsageError(f"no such file: {given}")
    beside = (
        _posix(start, str(found))
        for file in files
        for found in sorted((start / file).parent.iterdir())
        if found.name.endswith(_ENDINGS)
    )

    def read(path: str) -> bytes:
        with naming(path):
            return (start / path).read_bytes()

    suites = Suites(
        Sources(paths=(*files, *beside), read=read),
        SuiteSettings(
            specs="",
            context=BuildContext(formats=BUILTIN),
            master=files[1] if master is not None else None,
        ),
        files={suite_name(files[0]): files[0]},
    )
    return OpenProject.without_folder(start, suites, StateFolder.of(start))


def user_input_in(start: StrPath, *, is_preferred: bool = False) -> str | None:
    """Return the user_input file of the folder ``start`` that is meant where no file is named.

    It is meant where ``start`` is in no project; where ``is_preferred``, in a project too, as long
    as the folder has no ``specs/`` and is not in one.
    """
    folder = Path(start)
    names = [name for name in reversed(USER_INPUT_NAMES) if (folder / name).is_file()]
    if not names or (folder / SPECS).is_dir():
        return None
    try:
        specs = Path(find_project(start), SPECS)
    except UsageError:
        return names[0]
    is_spec = folder.resolve().is_relative_to(specs.resolve())
    return names[0] if is_preferred and not is_spec else None


def suite_name(path: str) -> str:
    """Return the suite that a file outside of specs/ makes: its name without ``_user_input``."""
    stem = Path(path).stem
    return stem.removesuffix("user_input").rstrip("_-.") or Path(path).absolute().parent.name


def _posix(start: Path, file: str) -> str:
    """Return ``file`` as paths are written: relative to ``start`` where it lies below."""
    absolute = (start / file).absolute()
    base = start.absolute()
    return absolute.relative_to(base).as_posix() if absolute.is_relative_to(base) else str(absolute)


TRUST_VARIABLE: Final = "MOCKGEN_TRUSTED_PLUGINS"
"""Names of plugins that the user trusts, with commas or blanks between them."""


def trust_file(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the user's own list of plugins to trust: a name a line, remarks behind ``#``.

    In ``$XDG_CONFIG_HOME/mockgen-watch``, or ``~/.config/mockgen-watch``; on Windows in
    ``%APPDATA%``. It need not exist.
    """
    stated = environment.get("APPDATA" if sys.platform == "win32" else "XDG_CONFIG_HOME", "")
    # The specification of these folders has a relative path ignored.
    base = Path(stated) if Path(stated).is_absolute() else Path("~/.config").expanduser()
    return base / "mockgen-watch" / "trusted-plugins.txt"


def trusted_plugins(
    project: StrPath, environment: Mapping[str, str] = os.environ
) -> frozenset[str]:
    """Return whom the user trusts; a file in ``project`` is not the user's own.

    A repository that is cloned can name plugins, but what it names is not imported unless the
    user says so in that file or in ``TRUST_VARIABLE``.

    Raises:
        StorageError: the file cannot be read.
    """
    path = trust_file(environment)
    is_own = not path.resolve().is_relative_to(Path(project).resolve())
    named = map(_trusted_name, _trust_lines(path) if is_own else ())
    stated = environment.get(TRUST_VARIABLE, "").replace(",", " ").split()
    return frozenset((*filter(None, named), *map(plugin_name, stated)))


def write_trust(path: Path, names: Iterable[str], *, is_trusted: bool) -> tuple[str, ...]:
    """Add ``names`` to the user's file, or take them out; return those that made a difference.

    Other lines stay as they are.

    Raises:
        StorageError: the file cannot be read or written.
    """
    lines = _trust_lines(path)
    known = [_trusted_name(line) for line in lines]
    asked = dict.fromkeys(plugin_name(name) for name in names if name)
    changed = tuple(name for name in asked if (name in known) is not is_trusted)
    if is_trusted:
        lines += changed
    else:
        lines = [line for line, name in zip(lines, known, strict=True) if name not in changed]
    if changed:
        with naming(str(path)):
            path.parent.mkdir(parents=True, exist_ok=True)
        write_file(str(path), "".join(f"{line}\n" for line in lines).encode())
    return changed


def _trust_lines(path: Path) -> list[str]:
    with naming(str(path)):
        return path.read_text(encoding="utf-8-sig").splitlines() if path.is_file() else []


def _trusted_name(line: str) -> str:
    return plugin_name(line.partition("#")[0].strip())


class PluginState(Struct, frozen=True, kw_only=True):
    """A plugin that the project names, or the user trusts, and the rules that it offers.

    ``version`` is ``""`` when it is not installed.
    """

    name: str
    version: str
    is_named: bool
    is_trusted: bool
    rules: tuple[str, ...]

    @property
    def is_usable(self) -> bool:
        """Whether rules of this project may be of it."""
        return bool(self.version) and self.is_named and self.is_trusted


def plugin_states(project: OpenProject) -> tuple[PluginState, ...]:
    """Return the plugins that the project names, then others that the user trusts; none is loaded.

    Raises:
        StorageError: the user's configuration cannot be read.
    """
    own = [plugin.name for plugin in project.settings.plugins]
    trusted = trusted_plugins(project.root)
    catalog = Catalog(own, trusted, project.root)
    found = []
    for name in dict.fromkeys([*own, *sorted(trusted)]):
        plugin = catalog.plugin(name)
        found.append(
            PluginState(
                name=name,
                version="" if plugin is None else plugin.version,
                is_named=name in own,
                is_trusted=name in trusted,
                rules=() if plugin is None else plugin.rules,
            )
        )
    return tuple(found)


def _not_installed(settings: Project, catalog: Catalog) -> Iterator[Diagnostic]:
    """Yield a warning for each plugin that is missing, as perhaps no rule needs it."""
    for plugin in settings.plugins:
        if catalog.plugin(plugin.name) is None:
            yield Diagnostic(
                code="MG604",
                severity=Severity.WARNING,
                message=f"plugin {plugin.name} is not installed",
                location=plugin.location,
                hint=f"install the package {plugin.name}, if you trust it",
            )
