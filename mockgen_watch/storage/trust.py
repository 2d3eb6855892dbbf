"""Trust: the plugins that the user trusts, in their own configuration.

A repository that is cloned can name plugins, but what it names is not imported unless the user
says so here: in a file of their own, or in an environment variable.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from mockgen_watch.spec.build.reader import plugin_name
from mockgen_watch.storage.atomic import write_file
from mockgen_watch.storage.containment import naming

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mockgen_watch.storage.folders import StrPath

VARIABLE: Final = "MOCKGEN_TRUSTED_PLUGINS"
"""Names of plugins, with commas or blanks between them."""

FILE: Final = "trusted-plugins.txt"
"""In the user's folder: a name a line, and remarks behind ``#``."""


class Trust(Struct, frozen=True, kw_only=True):
    """The plugins that a user trusts.

    Attributes:
        path: the user's file; it need not exist.
        by_file, by_variable: the names in either.
    """

    path: Path
    by_file: tuple[str, ...] = ()
    by_variable: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """All of them."""
        return frozenset((*self.by_file, *self.by_variable))


def user_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder of this program in the user's configuration; it need not exist.

    ``$XDG_CONFIG_HOME/mockgen-watch``, or ``~/.config/mockgen-watch``; on Windows in ``%APPDATA%``.
    """
    stated = environment.get("APPDATA" if sys.platform == "win32" else "XDG_CONFIG_HOME", "")
    # The specification of these folders has a relative path ignored.
    base = Path(stated) if os.path.isabs(stated) else Path("~/.config").expanduser()
    return base / "mockgen-watch"


def read_trust(project: StrPath, environment: Mapping[str, str] | None = None) -> Trust:
    """Return whom the user trusts; a file that lies in ``project`` is not the user's own.

    Raises:
        StorageError: the file cannot be read.
    """
    environment = os.environ if environment is None else environment
    path = user_folder(environment) / FILE
    lines: list[str] = []
    with naming(str(path)):
        if path.is_file() and not path.resolve().is_relative_to(Path(project).resolve()):
            lines = path.read_text(encoding="utf-8-sig").splitlines()
    named = (line.partition("#")[0].strip() for line in lines)
    stated = re.split(r"[,\s]+", environment.get(VARIABLE, ""))
    return Trust(path=path, by_file=_clean(named), by_variable=_clean(stated))


def write_trust(path: Path, names: Iterable[str], *, is_trusted: bool) -> tuple[str, ...]:
    """Add ``names`` to the user's file, or take them out; return those that made a difference.

    Other lines stay as they are.

    Raises:
        StorageError: the file cannot be read or written.
    """
    with naming(str(path)):
        text = path.read_text(encoding="utf-8-sig") if path.is_file() else ""
    lines = text.splitlines()
    known = [plugin_name(line.partition("#")[0].strip()) for line in lines]
    asked = _clean(names)
    if is_trusted:
        changed = tuple(name for name in asked if name not in known)
        lines += changed
    else:
        changed = tuple(name for name in asked if name in known)
        lines = [line for line, name in zip(lines, known, strict=True) if name not in changed]
    if changed:
        with naming(str(path)):
            path.parent.mkdir(parents=True, exist_ok=True)
        write_file(str(path), "".join(f"{line}\n" for line in lines).encode())
    return changed


def _clean(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(plugin_name(name) for name in names if name))
