"""Takes a repository; gives it the drivers for differences and merges, or takes them away.

All of it is the clone's own: its configuration, and ``info/attributes``. Nothing is committed.
Git's own command for settings leaves traces behind where a file has remarks or blank lines at its
end, so the lines are put there, and taken away, as text.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mockgen_watch.errors import UsageError
from mockgen_watch.storage.git.merging import DRIVER
from mockgen_watch.storage.text_block import SettingsFile

if TYPE_CHECKING:
    from mockgen_watch.storage.git.repository import Repository

SETTINGS = {
    "diff.mockgen.textconv": "mockgen-watch git textconv",
    "merge.mockgen.name": "outputs are made from the merged specs",
    DRIVER: "mockgen-watch git merge %O %A %B %P",
    # Git merges ancestors of ancestors, too; there the base is as good as any.
    "merge.mockgen.recursive": "binary",
}
"""What is set in the configuration of a clone."""


def install_drivers(repository: Repository, outputs: str) -> bool:
    """Set the drivers up for the output folder; return False when they were there already.

    Raises:
        UsageError: a name is taken by somebody else's driver.
        StorageError: the settings cannot be written.
    """
    there = _values(repository)
    for key, value in there.items():
        if value not in {"", SETTINGS[key]}:
            raise UsageError(f"{key} is {value!r} already, which is not of this program")
    has_changed = False
    if there != SETTINGS:
        has_changed = _file(repository, "config").add(_settings_lines())
    return _file(repository, "info/attributes").add(_lines(repository, outputs)) or has_changed


def remove_drivers(repository: Repository, outputs: str) -> bool:
    """Undo just what ``install_drivers`` did; return False when there is nothing of it.

    Raises:
        StorageError: the settings cannot be written.
    """
    attributes = _file(repository, "info/attributes")
    has_changed = attributes.remove(_lines(repository, outputs))
    if attributes.has_blocks():
        # Another project of this repository needs the drivers still.
        return has_changed
    has_changed = _file(repository, "config").remove(_settings_lines()) or has_changed
    for key, value in _values(repository).items():
        # Set in another way, by hand or by git config.
        if value == SETTINGS[key]:
            repository.read(["config", "--local", "--unset", key])
            has_changed = True
    return has_changed


def _settings_lines() -> str:
    lines: dict[str, list[str]] = {}
    for name, value in SETTINGS.items():
        section, _, key = name.rpartition(".")
        lines.setdefault(section, []).append(f"\t{key} = {value}\n")
    return "".join(
        '[{} "{}"]\n{}'.format(*section.split("."), "".join(found))
        for section, found in lines.items()
    )


def _lines(repository: Repository, outputs: str) -> str:
    folder = f"/{repository.prefix}{outputs}/**"
    pattern = folder if folder.isascii() and " " not in folder else _quoted(folder)
    return f"{pattern} diff=mockgen merge=mockgen\nmockgen.lock !diff\n"


def _quoted(pattern: str) -> str:
    return '"' + pattern.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _file(repository: Repository, name: str) -> SettingsFile:
    """Return a file of the clone's Git folder; work trees share it."""
    inner = os.fsdecode(repository.read(["rev-parse", "--git-path", name]))
    return SettingsFile(os.path.join(repository.work_tree, inner.removesuffix("\n")))


def _values(repository: Repository) -> dict[str, str]:
    # Git ends with an error where there is no such key.
    words = ("config", "--local", "--get")
    return {key: repository.ask([*words, key])[1].decode().strip() for key in SETTINGS}
