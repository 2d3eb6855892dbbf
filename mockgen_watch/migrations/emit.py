"""Takes an old file and the model that takes its place; gives the text of the new spec.

What need not change is copied from the source as it stands, so that quoting, comments and order
survive. What a record can never hold becomes a comment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.migrations.emit_yaml import YamlWriter
from mockgen_watch.migrations.json_text import json_text, quoted
from mockgen_watch.migrations.lost import commented, lost_comment, lost_lines
from mockgen_watch.migrations.shapes import is_edit
from mockgen_watch.migrations.yaml_emit import member_lines
from mockgen_watch.spec.document import MappingNode, plain_data

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockgen_watch.migrations.assemble import NewModel
    from mockgen_watch.migrations.lost import Emission
    from mockgen_watch.migrations.shapes import OldFile
    from mockgen_watch.spec.document import Document, Json, Member


def emit(document: Document, old: OldFile, model: NewModel, how: Emission) -> str:
    """Return the text of the new spec."""
    is_yaml = not document.path.casefold().endswith(".json")
    if not how.to_yaml:
        return _json(document, old, model, how, is_json=not is_yaml)
    if not is_yaml:
        return _fresh_yaml(document, old, model, how)
    return YamlWriter(document, old, model, how).write()


def _head(document: Document, old: OldFile, how: Emission) -> dict[str, Json]:
    head: dict[str, Json] = {"$schema": how.schema} if how.schema else {}
    if lost := lost_comment(document, old.remarks):
        head["$comment"] = lost
    return head


def _order(document: Document, old: OldFile) -> Iterator[Member | None]:
    """Yield the models beside the sections, and None where the sections' model comes."""
    root = document.root
    is_done = False
    models = set(map(id, old.models))
    for member in root.members if isinstance(root, MappingNode) else ():
        if id(member) in models:
            yield member
        elif not is_done and (is_edit(member) or old.sections[0].member is None):
            is_done = True
            yield None


def _json(
    document: Document, old: OldFile, model: NewModel, how: Emission, *, is_json: bool
) -> str:
    root = document.root
    first = root.members[0].mark.column - 1 if isinstance(root, MappingNode) else 2
    indent = first if is_json and 0 < first <= 8 and root_line(document) > 1 else 2  # noqa: PLR2004
    margin = " " * indent
    parts = [
        f"{margin}{quoted(key)}: {json_text(value, indent, 1)}"
        for key, value in _head(document, old, how).items()
    ]
    for member in _order(document, old):
        if member is None:
            data = json_text(model.data(how.count), indent, 1)
            parts.append(f"{margin}{quoted(model.name)}: {data}")
        elif is_json:
            parts.append(margin + document.text[member.mark.start : member.node.mark.end])
        else:
            data = json_text(plain_data(member.node), indent, 1)
            parts.append(f"{margin}{quoted(member.key)}: {data}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def root_line(document: Document) -> int:
    """Return the line of the first key."""
    root = document.root
    return root.members[0].mark.line if isinstance(root, MappingNode) and root.members else 1


def _fresh_yaml(document: Document, old: OldFile, model: NewModel, how: Emission) -> str:
    lines = member_lines("$schema", how.schema, 0) if how.schema else []
    lines += commented(lost_lines(document, old.remarks))
    for member in _order(document, old):
        if member is None:
            lines += member_lines(model.name, model.data(how.count), 0)
        else:
            lines += member_lines(member.key, plain_data(member.node), 0)
    return "\n".join(lines) + "\n"
