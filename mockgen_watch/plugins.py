"""Plugins: the rules that installed packages offer, if the project names and the user trusts them.

A plugin is an installed package with entry points in a group of ours. This is the only module that
looks for them. Nothing is imported before something of the plugin is asked for, and nothing at all
unless the project names the plugin and the user trusts it.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from mockgen_watch.diagnostics import did_you_mean
from mockgen_watch.digest import Digester

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from importlib import metadata
    from os import PathLike

    from mockgen_watch.rules.rule import RuleType


RULES: Final = "mockgen_watch.rules"
"""The group of entry points that are rules; what they name is a ``RuleType``."""

TRUST_HINT: Final = "mockgen-watch plugins trust {name}"


class Plugin(Struct, frozen=True, kw_only=True):
    """An installed plugin.

    Attributes:
        name: of the package, normalised.
        rules: the names of its rules, sorted.
    """

    name: str
    version: str
    rules: tuple[str, ...]
    distribution: metadata.Distribution


class Refused(Struct, frozen=True, kw_only=True):
    """Why something of a plugin cannot be had: the parts of a diagnostic but for its place."""

    code: str
    message: str
    hint: str


class Catalog:
    """What the plugins of a project offer.

    Attributes:
        named: the plugins that the project names.
        trusted: those that the user trusts, whether the project names them or not.
    """

    def __init__(
        self,
        named: Sequence[str] = (),
        trusted: Collection[str] = (),
        project: str | PathLike[str] | None = None,
    ) -> None:
        self.named = tuple(named)
        self.trusted = frozenset(trusted)
        self._project = project

    def plugin(self, name: str) -> Plugin | None:
        """Return the installed plugin ``name``, trusted or not; None when it is not installed.

        Its metadata are read, nothing is imported.
        """
        from importlib import metadata

        for found in metadata.distributions(name=name, path=self._paths()):
            points = found.entry_points.select(group=RULES)
            rules = tuple(sorted({point.name for point in points}))
            return Plugin(name=name, version=found.version, rules=rules, distribution=found)
        return None

    def rule_type(self, expression: str) -> RuleType | Refused:
        """Return the rule ``PLUGIN/NAME``, imported, or why it cannot be had."""
        name, _, rule = expression.partition("/")
        plugin = self._usable(name)
        if isinstance(plugin, Refused):
            return plugin
        if rule not in plugin.rules:
            hint = did_you_mean(rule, plugin.rules) or f"it has {', '.join(plugin.rules) or 'none'}"
            message = f'{name} {plugin.version} has no rule "{rule}"'
            return Refused(code="MG604", message=message, hint=hint)
        (point, *_) = plugin.distribution.entry_points.select(group=RULES, name=rule)
        try:
            with self._import_path(plugin):
                loaded = point.load()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin may raise anything
            why = f"{type(error).__name__} ({error})"
            message = f"{expression} ({point.value}) cannot be imported: {why}"
            return Refused(code="MG606", message=message, hint="reinstall the plugin")
        if not callable(loaded):
            message = f"{expression} ({point.value}) is a {type(loaded).__name__}, not a rule"
            return Refused(code="MG606", message=message, hint="report it to the plugin's author")
        return cast("RuleType", loaded)

    def digest(self, name: str) -> str | None:
        """Return the digest of the code of plugin ``name``; None when it cannot be used.

        It is that of the first time in this process: code that was imported stays what it is.
        """
        plugin = self._usable(name)
        if isinstance(plugin, Refused):
            return None
        key = (name, str(plugin.distribution.locate_file("")))
        if key not in _DIGESTS:
            _DIGESTS[key] = self._digest(plugin)
        return _DIGESTS[key]

    def _usable(self, name: str) -> Plugin | Refused:
        if name not in self.named:
            message = f"plugin {name} is not listed in specs/mockgen.yaml"
            hint = did_you_mean(name, self.named) or f"add it: plugins: [{name}]"
            return Refused(code="MG604", message=message, hint=hint)
        plugin = self.plugin(name)
        if plugin is None:
            message = f"plugin {name} is not installed"
            hint = f"install the package {name}, if you trust it"
            return Refused(code="MG604", message=message, hint=hint)
        if name not in self.trusted:
            message = f"plugin {name} is not trusted, so it is not imported"
            command = TRUST_HINT.format(name=name)
            hint = f"if you trust it with everything your account can do: {command}"
            return Refused(code="MG605", message=message, hint=hint)
        return plugin

    def _paths(self, home: Path | None = None) -> list[str]:
        """Return where Python looks, without the folders that a cloned repository puts there.

        ``python -m`` and test runners add the current folder; a package in it would be
        taken for the one that the user installed and trusts. ``home`` is where the user installed
        one from, editable.
        """
        outside = {Path.cwd(), *([] if self._project is None else [Path(self._project).resolve()])}
        places = ((entry, Path(entry).resolve()) for entry in sys.path)
        return [entry for entry, place in places if place not in outside or place == home]

    @contextmanager
    def _import_path(self, plugin: Plugin) -> Iterator[None]:
        before = list(sys.path)
        sys.path[:] = self._paths(_editable_home(plugin.distribution))
        try:
            yield
        finally:
            sys.path[:] = before

    def _digest(self, plugin: Plugin) -> str:
        points = plugin.distribution.entry_points.select(group=RULES)
        stated = sorted((point.name, point.value) for point in points)
        hashed = Digester()
        hashed.update(json.dumps([plugin.name, plugin.version, stated]).encode())
        with self._import_path(plugin):
            tops = {value.partition(":")[0].partition(".")[0] for _, value in stated}
            for module in sorted(tops):
                hashed.update(_module_digest(module).encode())
        return hashed.digest()


_DIGESTS: Final[dict[tuple[str, str], str]] = {}
"""By name and where it is installed."""


def _module_digest(module: str) -> str:
    """Return the digest of all files of a top-level module or package, which is not imported."""
    spec = importlib.util.find_spec(module)
    if spec is None:
        return ""
    hashed = Digester()
    hashed.update(module.encode())
    folders = [Path(folder) for folder in spec.submodule_search_locations or ()]
    files = [
        (path.relative_to(folder).as_posix(), path)
        for folder in folders
        for path in folder.rglob("*")
        if "__pycache__" not in path.parts and path.is_file()
    ]
    if not folders and spec.origin is not None and Path(spec.origin).is_file():
        files = [(Path(spec.origin).name, Path(spec.origin))]
    for name, path in sorted(files):
        data = path.read_bytes()
        hashed.update(f"\0{name}\0{len(data)}\0".encode())
        hashed.update(data)
    return hashed.digest()


def _editable_home(distribution: metadata.Distribution) -> Path | None:
    """Return the folder that a package was installed from so that changes there take effect."""
    text = distribution.read_text("direct_url.json")
    if text is None:
        return None
    try:
        stated = json.loads(text)
        address, is_editable = urlsplit(stated["url"]), stated["dir_info"]["editable"]
    except (ValueError, KeyError, TypeError):
        return None
    return Path(unquote(address.path)).resolve() if is_editable is True else None
