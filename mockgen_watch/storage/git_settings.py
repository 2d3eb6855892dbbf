"""Takes a repository; gives it the drivers for differences and merges, or takes them away.

All of it is the clone's own: its configuration, and ``info/attributes``. Nothing is committed.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mockgen_watch.errors import UsageError
from mockgen_watch.storage.containment import naming
from mockgen_watch.storage.merging import DRIVER

if TYPE_CHECKING:
    from mockgen_watch.storage.repository import Repository

SETTINGS = {
    "diff.mockgen.textconv": "mockgen-watch git textconv",
    "merge.mockgen.name": "outputs are made from the merged specs",
    DRIVER: "mockgen-watch git merge %O %A %B %P",
    # Git merges ancestors of ancestors, too; there the base is as good as any.
    "merge.mockgen.recursive": "binary",
}
"""What is set in the configuration of a clone."""

_BEGIN = "# mockgen-watch git install: begin\n"
_GLUE = "\n# the line end before this line is of mockgen-watch git install\n"
_END = "# mockgen-watch git install: end\n"


def install_drivers(repository: Repository, outputs: str) -> bool:
    """Set the drivers up for the output folder; return False when they were there already.

    Raises:
        UsageError: a name is taken by somebody else's driver.
        StorageError: the settings cannot be written.
    """
    there = {key: _value(repository, key) for key in SETTINGS}
    for key, value in there.items():
        if value not in {"", SETTINGS[key]}:
            raise UsageError(f"{key} is {value!r} already, which is not of this program")
    path, text = _attributes(repository)
    block = _block(repository, outputs)
    missing = [key for key, value in there.items() if not value]
    if not missing and block in text:
        return False
    for key in missing:
        repository.read(["config", "--local", key, SETTINGS[key]])
    if block not in text:
        # Where the last line has no end, the mark tells, so that it can be taken away again.
        glue = "" if not text or text.endswith("\n") else _GLUE
        _write(path, text + glue + block)
    return True


def remove_drivers(repository: Repository, outputs: str) -> bool:
    """Undo just what ``install_drivers`` did; return False when there is nothing of it.

    Raises:
        StorageError: the settings cannot be written.
    """
    path, text = _attributes(repository)
    block = _block(repository, outputs)
    has_block = block in text
    rest = text.replace(_GLUE + block, "", 1).replace(block, "", 1)
    if has_block:
        _write(path, rest)
    if _BEGIN in rest:
        # Another project of this repository needs the drivers still.
        return has_block
    ours = [key for key, value in SETTINGS.items() if _value(repository, key) == value]
    for key in ours:
        # With its last key Git takes the section away, too.
        repository.read(["config", "--local", "--unset", key])
    return has_block or bool(ours)


def _block(repository: Repository, outputs: str) -> str:
    folder = f"/{repository.prefix}{outputs}/**"
    pattern = folder if folder.isascii() and " " not in folder else _quoted(folder)
    return f"{_BEGIN}{pattern} diff=mockgen merge=mockgen\nmockgen.lock !diff\n{_END}"


def _quoted(pattern: str) -> str:
    return '"' + pattern.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _attributes(repository: Repository) -> tuple[str, str]:
    """Return the path of the clone's own attributes, and their text."""
    inner = os.fsdecode(repository.read(["rev-parse", "--git-path", "info/attributes"]))
    path = os.path.join(repository.work_tree, inner.removesuffix("\n"))
    with naming(path):
        try:
            with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
                return path, file.read()
        except FileNotFoundError:
            return path, ""


def _write(path: str, text: str) -> None:
    with naming(path):
        if not text:
            os.unlink(path)
            return
        os.makedirs(os.path.dirname(path), exist_ok=True)
        # The same folder, so that the file is wholly old or wholly new.
        new = f"{path}.mockgen-new"
        with open(new, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.write(text)
        os.replace(new, path)


def _value(repository: Repository, key: str) -> str:
    # Git ends with an error where there is no such key.
    return repository.ask(["config", "--local", "--get", key])[1].decode().strip()
