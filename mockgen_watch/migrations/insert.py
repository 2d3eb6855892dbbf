"""Takes a document and directives; gives its text with them at the top, all else as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.migrations.json_text import json_text, quoted
from mockgen_watch.migrations.yaml_emit import member_lines
from mockgen_watch.migrations.yaml_source import YamlSource
from mockgen_watch.spec.document import MappingNode, plain_data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockgen_watch.spec.document import Document, Json


def with_head(document: Document, head: Sequence[tuple[str, str]], language: str) -> str:
    """Return the text in ``language`` with ``head``, pairs of directive and text, before all."""
    is_json = document.path.casefold().endswith(".json")
    root = document.root
    data = plain_data(root) if root is not None else None
    if not isinstance(root, MappingNode) or not isinstance(data, dict):
        return document.text
    whole: dict[str, Json] = {**dict(head), **data}
    if (language == "json") != is_json:
        if language == "json":
            return json_text(whole) + "\n"
        lines = [line for key, value in whole.items() for line in member_lines(key, value, 0)]
        return "\n".join(lines) + "\n"
    if not head:
        return document.text
    text = document.text
    if text[root.mark.start] == "{":
        return _in_braces(text, root, head)
    opening = YamlSource(document).opening("")
    length = sum(len(line) for line in text.splitlines(keepends=True)[: len(opening)])
    newline = "\r\n" if "\r\n" in text else "\n"
    added = [line for key, value in head for line in member_lines(key, value, 0)]
    return text[:length] + newline.join(added) + newline + text[length:]


def _in_braces(text: str, root: MappingNode, head: Sequence[tuple[str, str]]) -> str:
    begin = root.mark.start + 1
    first = root.members[0].mark.start if root.members else begin
    gap = text[begin:first]
    pairs = [f"{quoted(key)}: {quoted(value)}" for key, value in head]
    if not root.members:
        return text[:begin] + ", ".join(pairs) + text[begin:]
    between = "," + (gap or " ")
    return text[:begin] + gap + between.join([*pairs, text[first:]])
