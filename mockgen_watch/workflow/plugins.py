"""Takes a project; gives how its plugins stand: installed, trusted, and what they offer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.plugins import Catalog
from mockgen_watch.storage.trust import read_trust

if TYPE_CHECKING:
    from mockgen_watch.workflow.project import OpenProject


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
    catalog = Catalog(named, trusted, project.root)
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
