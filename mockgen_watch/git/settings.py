"""Settings by which Git calls this program: the drivers of a clone, and the hook of pre-commit.

The drivers are in the clone's configuration and in ``info/attributes``; nothing is committed. ``git
config`` leaves traces where a file has comments or blank lines at its end, so the lines are added
and removed as text. The hook is added to the configuration of pre-commit so that every other line
stays as it is.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Final

from mockgen_watch.canonical import canonical
from mockgen_watch.diagnostics import has_errors
from mockgen_watch.errors import StorageError, UsageError
from mockgen_watch.git.repository import DRIVER, Repository
from mockgen_watch.migrations.graft import GraftError, Grafting, Value
from mockgen_watch.spec import document as documents
from mockgen_watch.spec.parse import parse
from mockgen_watch.storage.containment import naming

if TYPE_CHECKING:
    from collections.abc import Iterator


PRE_COMMIT_CONFIG: Final = ".pre-commit-config.yaml"
_CHECK_ID: Final = "mockgen-check"
"""The hook that earlier releases wrote: it ran ``check``, which looks at the work tree."""

_HOOK_TYPES: Final = "default_install_hook_types: [pre-commit, pre-merge-commit]"

_BEGIN = "# mockgen-watch git install: begin\n"
_END = "# mockgen-watch git install: end\n"

# They mark how the file was before, where it could not be seen after the lines are removed.
_OPEN = "\n# the line end before this line is of mockgen-watch git install\n"
_EMPTY = "# this file was empty before mockgen-watch git install\n"


class SettingsFile:
    """A text file that others write, too; what is theirs stays byte for byte.

    StorageError is raised where it cannot be read or written.
    """

    def __init__(self, path: str) -> None:
        # A link stays one: its target is written.
        self.path = os.path.realpath(path)
        self.text: str | None = None
        with naming(self.path):
            try:
                with open(
                    self.path, errors="surrogateescape", encoding="utf-8", newline=""
                ) as file:
                    self.text = file.read()
            except FileNotFoundError:
                return

    def has_blocks(self) -> bool:
        """Return whether any block is in it."""
        return _BEGIN in (self.text or "")

    def add(self, lines: str) -> bool:
        """Put ``lines`` at the end, between marks; return False when they are there."""
        if _block(lines) in (self.text or ""):
            return False
        text = self.text or ""
        if self.text == "":
            text = _EMPTY
        elif text and not text.endswith("\n"):
            text += _OPEN
        self._write(text + _block(lines))
        return True

    def remove(self, lines: str) -> bool:
        """Take ``lines`` away with their marks; return False when they are not there."""
        before, block, after = (self.text or "").partition(_block(lines))
        if not block:
            return False
        if before.endswith(_OPEN) and not after.startswith(_BEGIN):
            # What others wrote after our lines needs the line end.
            before = before.removesuffix(_OPEN) + ("\n" if after else "")
        rest = before + after
        if rest == _EMPTY:
            self._write("")
        elif rest:
            self._write(rest)
        else:
            with naming(self.path):
                os.unlink(self.path)
            self.text = None
        return True

    def _write(self, text: str) -> None:
        lock = f"{self.path}.lock"
        with naming(self.path):
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
            try:
                # As Git does it: whoever makes this file is the one who writes.
                fd = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
            except FileExistsError as error:
                raise StorageError(
                    self.path, f"{lock} exists: another process is writing"
                ) from error
            with open(fd, "w", errors="surrogateescape", encoding="utf-8", newline="") as file:
                file.write(text)
            if self.text is not None:
                shutil.copymode(self.path, lock)
            os.replace(lock, self.path)
        self.text = text


def _block(lines: str) -> str:
    return f"{_BEGIN}{lines}{_END}"


SETTINGS = {
    "diff.mockgen.textconv": "mockgen-watch git textconv",
    "merge.mockgen.name": "outputs are generated from the merged specs",
    DRIVER: "mockgen-watch git merge %O %A %B %P",
    # Git merges ancestors of ancestors, too; there the base is as good as any.
    "merge.mockgen.recursive": "binary",
}
"""The entries in the configuration of a clone."""


def install_drivers(repository: Repository, outputs: str) -> bool:
    """Set the drivers up for the output folder; return False when they were there already.

    Raises:
        UsageError: a name is taken by somebody else's driver.
        StorageError: the settings cannot be written.
    """
    current = _values(repository)
    for key, value in current.items():
        if value not in {"", SETTINGS[key]}:
            raise UsageError(f"{key} is already set to {value!r}, not by mockgen-watch")
    has_changed = False
    if current != SETTINGS:
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
    if not folder.isascii() or " " in folder:
        folder = '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{folder} diff=mockgen merge=mockgen\nmockgen.lock !diff\n"


def _file(repository: Repository, name: str) -> SettingsFile:
    """Return a file of the clone's Git folder; work trees share it."""
    inner = os.fsdecode(repository.read(["rev-parse", "--git-path", name]))
    return SettingsFile(os.path.join(repository.work_tree, inner.removesuffix("\n")))


def _values(repository: Repository) -> dict[str, str]:
    # Git ends with an error where there is no such key.
    words = ("config", "--local", "--get")
    return {key: repository.ask([*words, key])[1].decode().strip() for key in SETTINGS}


def hook_data(entry: str) -> dict[str, documents.Json]:
    """Return the hook that calls ``entry``, as pre-commit takes it."""
    return {
        "id": "mockgen-refresh",
        "name": "staged outputs match staged specs",
        "entry": entry,
        "language": "system",
        "always_run": True,
        "pass_filenames": False,
        "require_serial": True,
        "stages": ["pre-commit", "pre-merge-commit", "manual"],
    }


def hook_lines(entry: str, column: int) -> list[str]:
    """Return the lines of an item of ``repos`` that holds the hook."""
    pad = " " * column
    lines = [f"{pad}- repo: local", f"{pad}  hooks:"]
    for key, value in hook_data(entry).items():
        mark = "- " if key == "id" else "  "
        lines.append(f"{pad}    {mark}{key}: {_shown(value)}")
    return lines


def new_config(entry: str) -> str:
    """Return a configuration with the hook alone."""
    return "\n".join([_HOOK_TYPES, "repos:", *hook_lines(entry, 2)]) + "\n"


def with_hook(text: str, entry: str) -> str:
    """Return ``text`` with the hook; unchanged where it has the hook already.

    The hook of an earlier release is brought up to date in its place.

    Raises:
        GraftError: the file is not laid out in a way that lines can be added to.
    """
    document = parse(PRE_COMMIT_CONFIG, text.encode("utf-8", "surrogatepass"))
    root = document.root
    if not isinstance(root, documents.MappingNode) or has_errors(document.diagnostics):
        raise GraftError("the file cannot be read as pre-commit configuration")
    hooks = list(_hooks(root))
    own = [hook for hook in hooks if "mockgen-watch" in _scalar_text(hook, "entry")]
    if any(_scalar_text(hook, "id").startswith("mockgen-") for hook in hooks if hook not in own):
        return text
    outdated = [hook for hook in own if _scalar_text(hook, "id") == _CHECK_ID]
    if own and not outdated:
        return text
    run = Grafting(document)
    if outdated:
        # What differs from how the hook is written now.
        current = {
            member.key: canonical(documents.plain_data(member.node))
            for member in outdated[0].members
        }
        changes = {
            key: Value(data=data)
            for key, data in hook_data(entry).items()
            if current.get(key) != canonical(data)
        }
        run.mapping(outdated[0], changes)
    else:
        _append_hook(run, document, root, entry)
    new = run.result()
    _check_config(new, documents.plain_data(root), entry, is_update=bool(outdated))
    return new


def _append_hook(
    run: Grafting, document: documents.Document, root: documents.MappingNode, entry: str
) -> None:
    member = next((member for member in root.members if member.key == "repos"), None)
    if member is None:
        column = root.members[0].mark.column - 1 if root.members else 0
        lines = [" " * column + "repos:", *hook_lines(entry, column + 2)]
        run.add_lines(root.members[-1].node.mark.end if root.members else 0, lines)
        return
    repos = member.node
    if not isinstance(repos, documents.SequenceNode):
        raise GraftError(f"line {member.mark.line}: repos is not a list")
    start = repos.mark.start
    if document.text[start : start + 1] == "[":
        if repos.items:
            raise GraftError(f"line {member.mark.line}: repos is written in brackets")
        colon = document.text.rfind(":", 0, start) + 1
        run.splices.append((colon, repos.mark.end, ""))
        run.add_lines(repos.mark.end, hook_lines(entry, member.mark.column + 1))
        return
    last = repos.items[-1]
    dash = document.text.rfind("-", 0, last.mark.start)
    column = dash - run.source.line_start(dash)
    run.add_lines(last.mark.end, hook_lines(entry, column))


def _check_config(text: str, before: documents.Json, entry: str, *, is_update: bool) -> None:
    """Raise GraftError unless the new text says what the old one said, and the hook."""
    after = parse(PRE_COMMIT_CONFIG, text.encode("utf-8", "surrogatepass"))
    if not isinstance(after.root, documents.MappingNode) or has_errors(after.diagnostics):
        raise GraftError("the changed file would not be valid")
    data = documents.plain_data(after.root)
    if not isinstance(data, dict) or not isinstance(before, dict):
        raise GraftError("the file is not a mapping")
    repos = data.get("repos")
    if not is_update and isinstance(repos, list):
        added = repos.pop()
        if canonical(added) != canonical({"repo": "local", "hooks": [hook_data(entry)]}):
            raise GraftError("the hook would be in the wrong place")
        if "repos" not in before:
            del data["repos"]
        if canonical(data) != canonical(before):
            raise GraftError("other lines would change")
    elif sum(1 for hook in _hooks(after.root) if _scalar_text(hook, "entry") == entry) != 1:
        raise GraftError("the hook would be in the wrong place")


def _hooks(root: documents.MappingNode) -> Iterator[documents.MappingNode]:
    for repo in _items(root.get("repos")):
        yield from _items(repo.get("hooks"))


def _items(node: documents.Node | None) -> Iterator[documents.MappingNode]:
    for item in node.items if isinstance(node, documents.SequenceNode) else ():
        if isinstance(item, documents.MappingNode):
            yield item


def _scalar_text(hook: documents.MappingNode, key: str) -> str:
    node = hook.get(key)
    return str(node.value) if isinstance(node, documents.Scalar) else ""


def _shown(value: documents.Json) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(str, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)
