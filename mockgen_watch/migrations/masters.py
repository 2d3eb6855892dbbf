"""Takes the bytes of a master of the earlier system; gives the new text, or why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.diagnostics import Severity, has_errors
from mockgen_watch.digest import canonical
from mockgen_watch.migrations.graft import with_head
from mockgen_watch.migrations.migrate import (
    STANDARD,
    Migration,
    cannot_migrate,
    language_of,
    named,
    upgraded,
)
from mockgen_watch.migrations.shapes import Remark, RemarkKind
from mockgen_watch.migrations.versions import FileKind
from mockgen_watch.spec.build.master import build_master
from mockgen_watch.spec.build.reader import MASTER_DIRECTIVES, BuildContext
from mockgen_watch.spec.document import MappingNode, SequenceNode, plain_data
from mockgen_watch.spec.parse import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mockgen_watch.migrations.migrate import Wishes
    from mockgen_watch.migrations.versions import Chain
    from mockgen_watch.spec.document import Document, Json, Node

CONSTANT = "{$const: []}"
MASTER_SLOTS = ("user_profile", "template")
"""The keys under which the masters of the earlier system hold the record."""


def migrate_master(path: str, data: bytes, wishes: Wishes, chain: Chain = STANDARD) -> Migration:
    """Return the migration of a master file."""
    document = parse(path, data)
    plain = Migration(
        path=path,
        kind=FileKind.MASTER,
        form=None,
        old=document.text,
        new=None,
        language=wishes.language or language_of(path),
        diagnostics=document.diagnostics,
    )
    root = document.root
    if has_errors(document.diagnostics) or not isinstance(root, MappingNode):
        if not plain.has_failed:
            problem = cannot_migrate(document, "a master is a mapping")
            plain = replace(plain, diagnostics=(*document.diagnostics, problem))
        return plain
    if any(member.key in MASTER_DIRECTIVES for member in root.members):
        return upgraded(plain, document, chain)
    remarks = tuple(_empty_lists(root, ()))
    is_flat = not any(isinstance(member.node, MappingNode) for member in root.members)
    if not is_flat and not remarks and not wishes.is_thorough:
        return plain
    head = [("$schema", wishes.master_schema)] if wishes.master_schema else []
    head += [("$slot", "")] if is_flat else []
    return _rewritten(replace(plain, remarks=remarks), document, head)


def _rewritten(plain: Migration, document: Document, head: Sequence[tuple[str, str]]) -> Migration:
    """Return the migration that puts ``head`` before what the master holds."""
    language = plain.language
    whole = parse(plain.path, _with_constants(document, plain.remarks).encode())
    text = with_head(whole, head, language)
    again = parse(named(plain.path, language), text.encode())
    master, _ = build_master(again, BuildContext())
    found = _data(again)
    same = {key: value for key, value in found.items() if key not in dict(head)} == _data(document)
    if master is not None and same:
        return replace(plain, new=text if text != document.text else None)
    # The places of what is wrong are those of the old file.
    _, problems = build_master(whole, BuildContext())
    problem = cannot_migrate(document, "the new master would not hold what the old one holds")
    told = [item for item in problems if item.severity is Severity.ERROR] or [problem]
    return replace(plain, diagnostics=(*document.diagnostics, *told))


def _empty_lists(node: Node, path: tuple[str, ...]) -> Iterator[Remark]:
    """Yield a remark for each empty list that is the value of a key."""
    if isinstance(node, SequenceNode):
        for index, item in enumerate(node.items):
            if isinstance(item, MappingNode):
                yield from _empty_lists(item, (*path, str(index)))
        return
    for member in node.members if isinstance(node, MappingNode) else ():
        inner, below = member.node, (*path, member.key)
        if isinstance(inner, SequenceNode) and not inner.items:
            text = f"an empty list is written {CONSTANT}, for a list is a pool"
            yield Remark(kind=RemarkKind.EMPTY_LIST, text=text, mark=inner.mark, pointer=below)
        else:
            yield from _empty_lists(inner, below)


def _with_constants(document: Document, remarks: Sequence[Remark]) -> str:
    """Return the text with each empty list as a constant."""
    text = document.text
    constant = CONSTANT if language_of(document.path) == "yaml" else '{"$const": []}'
    for mark in sorted({remark.mark for remark in remarks}, key=lambda mark: -mark.start):
        text = text[: mark.start] + constant + text[mark.end :]
    return text


def looks_like_master(path: str, data: bytes) -> bool:
    """Return whether a file that was named is a master: by its name, else by its only key."""
    stem = path.replace("\\", "/").rpartition("/")[2].rpartition(".")[0].casefold()
    if "user_input" in stem:
        return False
    if "master" in stem:
        return True
    root = parse(path, data).root
    keys = [member.key for member in root.members] if isinstance(root, MappingNode) else []
    return [key for key in keys if not key.startswith("$")] in [[slot] for slot in MASTER_SLOTS]


def _data(document: Document) -> dict[str, bytes]:
    root = document.root
    members = root.members if isinstance(root, MappingNode) else ()
    return {member.key: canonical(_plain(plain_data(member.node))) for member in members}


def _plain(value: Json) -> Json:
    """Return ``value`` with empty lists as lists, however they are written."""
    if isinstance(value, dict):
        if value == {"$const": []}:
            return []
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
