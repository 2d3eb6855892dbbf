"""Takes a repository; gives it the driver that shows differences of outputs, or takes it away.

All of it is the clone's own: its configuration, and ``info/attributes``. Nothing is committed.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mockgen_watch.errors import StorageError, UsageError
from mockgen_watch.storage.containment import naming

if TYPE_CHECKING:
    from mockgen_watch.storage.repository import Repository

KEY = "diff.mockgen.textconv"
COMMAND = "mockgen-watch git textconv"

_BEGIN = "# mockgen-watch git install: begin\n"
_GLUE = "\n# the line end before this line is of mockgen-watch git install\n"
_END = "# mockgen-watch git install: end\n"


def install_driver(repository: Repository, outputs: str) -> bool:
    """Set the driver up for the output folder; return False when it was there already.

    Raises:
        UsageError: the name is taken by somebody else's driver.
        StorageError: the settings cannot be written.
    """
    taken = _value(repository)
    if taken not in {"", COMMAND}:
        raise UsageError(f"{KEY} is {taken!r} already, which is not of this program")
    path, text = _attributes(repository)
    block = _block(repository, outputs)
    if taken == COMMAND and block in text:
        return False
    if not taken:
        repository.read(["config", "--local", KEY, COMMAND])
    if block not in text:
        # Where the last line has no end, the mark tells, so that it can be taken away again.
        glue = "" if not text or text.endswith("\n") else _GLUE
        _write(path, text + glue + block)
    return True


def remove_driver(repository: Repository, outputs: str) -> bool:
    """Undo just what ``install_driver`` did; return False when there is nothing of it.

    Raises:
        StorageError: the settings cannot be written.
    """
    path, text = _attributes(repository)
    block = _block(repository, outputs)
    has_block = block in text
    rest = text.replace(_GLUE + block, "", 1).replace(block, "", 1)
    if has_block:
        _write(path, rest)
    # Another project of this repository may need it still.
    has_driver = _value(repository) == COMMAND and _BEGIN not in rest
    if has_driver:
        # With its last key Git takes the section away, too.
        repository.read(["config", "--local", "--unset", KEY])
    return has_block or has_driver


def _block(repository: Repository, outputs: str) -> str:
    folder = f"/{repository.prefix}{outputs}/**"
    pattern = folder if folder.isascii() and " " not in folder else _quoted(folder)
    return f"{_BEGIN}{pattern} diff=mockgen\nmockgen.lock !diff\n{_END}"


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


def _value(repository: Repository) -> str:
    try:
        return repository.read(["config", "--local", "--get", KEY]).decode().strip()
    except StorageError:
        # Git ends so where there is no such key.
        return ""
