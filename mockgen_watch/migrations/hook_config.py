"""Configuration of pre-commit: the hook, added so that every other line stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.canonical import canonical
from mockgen_watch.diagnostics import has_errors
from mockgen_watch.migrations.graft import GraftError, Grafting, Value
from mockgen_watch.spec.document import MappingNode, Scalar, SequenceNode, plain_data
from mockgen_watch.spec.parse import parse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

    from mockgen_watch.spec.document import Document, Json, Node

PATH: Final = ".pre-commit-config.yaml"
_CHECK_ID: Final = "mockgen-check"
"""The hook that earlier releases wrote: it ran ``check``, which looks at the work tree."""

_HOOK_TYPES: Final = "default_install_hook_types: [pre-commit, pre-merge-commit]"


def hook_data(entry: str) -> dict[str, Json]:
    """Return the hook that calls ``entry``, as pre-commit takes it."""
    return {
        "id": "mockgen-refresh",
        "name": "staged outputs are what staged specs make",
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
    document = parse(PATH, text.encode("utf-8", "surrogatepass"))
    root = document.root
    if not isinstance(root, MappingNode) or has_errors(document.diagnostics):
        raise GraftError("the file cannot be read as pre-commit reads it")
    hooks = list(_hooks(root))
    own = [hook for hook in hooks if "mockgen-watch" in _text(hook, "entry")]
    if any(_text(hook, "id").startswith("mockgen-") for hook in hooks if hook not in own):
        return text
    outdated = [hook for hook in own if _text(hook, "id") == _CHECK_ID]
    if own and not outdated:
        return text
    run = Grafting(document)
    if outdated:
        new_data = _changes(outdated[0], entry)
        run.mapping(outdated[0], {key: Value(data=data) for key, data in new_data})
    else:
        _append(run, document, root, entry)
    new = run.result()
    _check(new, plain_data(root), entry, is_update=bool(outdated))
    return new


def _changes(hook: MappingNode, entry: str) -> Iterator[tuple[str, Json]]:
    """Yield what differs in ``hook`` from how it is written now."""
    for key, value in hook_data(entry).items():
        current = hook.get(key)
        if current is None or canonical(plain_data(current)) != canonical(value):
            yield key, value


def _append(run: Grafting, document: Document, root: MappingNode, entry: str) -> None:
    member = next((member for member in root.members if member.key == "repos"), None)
    if member is None:
        column = root.members[0].mark.column - 1 if root.members else 0
        lines = [" " * column + "repos:", *hook_lines(entry, column + 2)]
        run.add_lines(root.members[-1].node.mark.end if root.members else 0, lines)
        return
    repos = member.node
    if not isinstance(repos, SequenceNode):
        raise GraftError(f"line {member.mark.line}: repos is no list")
    start = repos.mark.start
    if document.text[start : start + 1] == "[":
        if repos.items:
            raise GraftError(f"line {member.mark.line}: repos stands in brackets")
        colon = document.text.rfind(":", 0, start) + 1
        run.splices.append((colon, repos.mark.end, ""))
        run.add_lines(repos.mark.end, hook_lines(entry, member.mark.column + 1))
        return
    last = repos.items[-1]
    dash = document.text.rfind("-", 0, last.mark.start)
    column = dash - run.source.line_start(dash)
    run.add_lines(last.mark.end, hook_lines(entry, column))


def _check(text: str, before: Json, entry: str, *, is_update: bool) -> None:
    """Make sure that the new text says what the old one said, and the hook.

    Raises:
        GraftError: it does not.
    """
    after = parse(PATH, text.encode("utf-8", "surrogatepass"))
    if not isinstance(after.root, MappingNode) or has_errors(after.diagnostics):
        raise GraftError("the new text could not be read")
    data = plain_data(after.root)
    if not isinstance(data, dict) or not isinstance(before, dict):
        raise GraftError("the file holds no mapping")
    repos = data.get("repos")
    if not is_update and isinstance(repos, list):
        added = repos.pop()
        if canonical(added) != canonical({"repo": "local", "hooks": [hook_data(entry)]}):
            raise GraftError("the hook would stand in a wrong place")
        if "repos" not in before:
            del data["repos"]
        if canonical(data) != canonical(before):
            raise GraftError("other lines would change")
    elif sum(1 for hook in _hooks(after.root) if _text(hook, "entry") == entry) != 1:
        raise GraftError("the hook would stand in a wrong place")


def _hooks(root: MappingNode) -> Iterator[MappingNode]:
    for repo in _items(root.get("repos")):
        yield from _items(repo.get("hooks"))


def _items(node: Node | None) -> Iterator[MappingNode]:
    for item in node.items if isinstance(node, SequenceNode) else ():
        if isinstance(item, MappingNode):
            yield item


def _text(hook: MappingNode, key: str) -> str:
    node = hook.get(key)
    return str(node.value) if isinstance(node, Scalar) else ""


def _shown(value: Json) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(str, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)
