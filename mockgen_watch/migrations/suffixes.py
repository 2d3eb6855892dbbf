"""Takes a file of models and suffix sections; gives a spec with ``$scenarios`` in their place.

A suffix section is an overlay already; it moves into the model, without the members that are the
model's own. All text is copied from the source.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, field

from mockgen_watch.digest import canonical
from mockgen_watch.migrations.json_text import json_text, quoted
from mockgen_watch.migrations.lost import commented, lost_comment, lost_lines
from mockgen_watch.migrations.shapes import Remark, RemarkKind
from mockgen_watch.migrations.yaml_emit import key_text, member_lines
from mockgen_watch.migrations.yaml_source import YamlSource, shifted
from mockgen_watch.spec.build.names import fold
from mockgen_watch.spec.build.sections import split_suffix
from mockgen_watch.spec.document import MappingNode, SequenceNode, plain_data

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

    from mockgen_watch.spec.document import Document, Json, Member, Node

_ANCHOR: Final = re.compile(r"&\S+\s+")


class ModelGroup(Struct, kw_only=True):
    """A model and its suffix sections.

    Attributes:
        own: the model's section; None when there are only suffix sections.
        scenarios: scenario → its section.
    """

    name: str
    own: Member | None = None
    scenarios: dict[str, Member] = field(default_factory=dict)

    def overlay(self, member: Member, *, in_full: bool = False) -> list[Member]:
        """Return the members of a suffix section that differ from the model's."""
        own = self.own.node if self.own is not None else None
        known = {
            item.key: _unordered(item.node)
            for item in (own.members if isinstance(own, MappingNode) else ())
        }
        node = member.node
        return [
            item
            for item in (node.members if isinstance(node, MappingNode) else ())
            if in_full or known.get(item.key) != _unordered(item.node)
        ]


class SuffixFile(Struct, frozen=True, kw_only=True):
    """The models of a file in the order of their first mention.

    Attributes:
        remarks: what is no model.
        clashes: sections whose model or scenario has one already.
    """

    groups: tuple[ModelGroup, ...]
    remarks: tuple[Remark, ...]
    clashes: tuple[Member, ...] = ()


def read_suffixes(document: Document) -> SuffixFile:
    """Return the models of a file whose sections are models or have suffixes."""
    groups: dict[str, ModelGroup] = {}
    remarks: list[Remark] = []
    clashes: list[Member] = []
    root = document.root
    for member in root.members if isinstance(root, MappingNode) else ():
        if not isinstance(member.node, MappingNode):
            reason = "it is no model: models are mappings"
            remarks.append(
                Remark(
                    kind=RemarkKind.LOST,
                    text=reason,
                    mark=member.mark,
                    pointer=(member.key,),
                    lost=member,
                )
            )
            continue
        name, scenario = split_suffix(member.key)
        group = groups.setdefault(fold(name), ModelGroup(name=name))
        if scenario in group.scenarios or (not scenario and group.own is not None):
            clashes.append(member)
        elif scenario:
            group.scenarios[scenario] = member
        else:
            group.own, group.name = member, name
    return SuffixFile(groups=tuple(groups.values()), remarks=tuple(remarks), clashes=tuple(clashes))


def emit_suffixes(
    document: Document, old: SuffixFile, schema: str, *, to_yaml: bool, in_full: bool = False
) -> str:
    """Return the new text; ``in_full``: overlays keep also what the model has alike."""
    is_yaml = not document.path.casefold().endswith(".json")
    if to_yaml != is_yaml:
        return _anew(document, old, schema, to_yaml=to_yaml, in_full=in_full)
    if not is_yaml:
        return _json(document, old, schema, in_full=in_full)
    return _SuffixYaml(document, old, in_full=in_full).write(schema)


def _unordered(node: Node) -> bytes:
    """Return the same for pools of the same values and weights."""
    if isinstance(node, SequenceNode):
        items = [_unordered(item) for item in node.items]
        if any(isinstance(item, MappingNode) for item in node.items):
            return b"[" + b",".join(items) + b"]"
        return b"[" + b",".join(sorted(items)) + b"]"
    return canonical(plain_data(node))


def _group_data(group: ModelGroup, *, in_full: bool) -> tuple[str, dict[str, Json]]:
    """Return the name and the content of a model."""
    own = plain_data(group.own.node) if group.own is not None else {}
    data: dict[str, Json] = dict(own) if isinstance(own, dict) else {}
    if group.scenarios:
        listed: dict[str, Json] = {}
        for name, member in group.scenarios.items():
            items = group.overlay(member, in_full=in_full)
            listed[name] = {item.key: plain_data(item.node) for item in items}
        data["$scenarios"] = listed
    return group.name, data


def _anew(document: Document, old: SuffixFile, schema: str, *, to_yaml: bool, in_full: bool) -> str:
    if to_yaml:
        lines = member_lines("$schema", schema, 0) if schema else []
        lines += commented(lost_lines(document, old.remarks))
        for group in old.groups:
            lines += member_lines(*_group_data(group, in_full=in_full), 0)
        return "\n".join(lines) + "\n"
    whole: dict[str, Json] = {"$schema": schema} if schema else {}
    if lost := lost_comment(document, old.remarks):
        whole["$comment"] = lost
    whole.update(_group_data(group, in_full=in_full) for group in old.groups)
    return json_text(whole) + "\n"


def _json(document: Document, old: SuffixFile, schema: str, *, in_full: bool) -> str:
    root = document.root
    first = root.members[0].mark if isinstance(root, MappingNode) else None
    step = first.column - 1 if first is not None and first.line > 1 and first.column > 1 else 2
    margin = " " * step
    parts = [f'{margin}"$schema": {quoted(schema)}'] if schema else []
    if lost := lost_comment(document, old.remarks):
        parts.append(f'{margin}"$comment": {json_text(lost, step, 1)}')
    parts += [margin + _json_model(document, one, step, in_full=in_full) for one in old.groups]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _json_model(document: Document, group: ModelGroup, step: int, *, in_full: bool) -> str:
    text, own = document.text, group.own
    body = "{}" if own is None else text[own.node.mark.start : own.node.mark.end]
    head = quoted(group.name) if own is None else text[own.mark.start : own.mark.end]
    if not group.scenarios:
        return f"{head}: {body}"
    margin = "\n" + " " * step
    overlays = []
    for name, member in group.scenarios.items():
        fields = [
            margin * 1 + " " * 3 * step + _moved(document, item, 4 * step)
            for item in group.overlay(member, in_full=in_full)
        ]
        inner = "{" + ",".join(fields) + margin + " " * 2 * step + "}" if fields else "{}"
        overlays.append(f"{margin}{' ' * 2 * step}{quoted(name)}: {inner}")
    listed = f'"$scenarios": {{{",".join(overlays)}{margin}{" " * step}}}'
    fields_before = body[: body.rindex("}")].rstrip()
    comma = "" if fields_before == "{" else ","
    return f"{head}: {fields_before}{comma}{margin}{' ' * step}{listed}{margin}}}"


def _moved(document: Document, member: Member, column: int) -> str:
    """Return the text of ``member`` with its lines moved so that it begins at ``column``."""
    text = document.text[member.mark.start : member.node.mark.end]
    begin = document.text.rfind("\n", 0, member.mark.start) + 1
    was = len(document.text[begin : member.mark.start])
    if document.text[begin : member.mark.start].strip():
        return text
    lines = text.splitlines()
    return "\n".join(shifted(" " * was, lines, column - was))[column:]


class _SuffixYaml(YamlSource):
    """Writes one YAML file."""

    def __init__(self, document: Document, old: SuffixFile, *, in_full: bool) -> None:
        super().__init__(document)
        self.old = old
        self.in_full = in_full

    def write(self, schema: str) -> str:
        root = self.document.root
        lines = self.opening(schema)
        places = {}
        for group in self.old.groups:
            first = group.own or next(iter(group.scenarios.values()))
            places[id(first)] = group
        lost = {id(remark.lost): remark for remark in self.old.remarks}
        for member in root.members if isinstance(root, MappingNode) else ():
            if id(member) in lost:
                lines += self._lead(member.mark, 0)
                lines += commented(lost_lines(self.document, [lost[id(member)]]))
            elif id(member) in places:
                lines += self._group(places[id(member)], member)
        return self.joined(lines)

    def _group(self, group: ModelGroup, member: Member) -> Iterator[str]:
        yield from self._lead(member.mark, 0)
        column = 2
        if group.own is None:
            yield f"{key_text(group.name)}:"
        elif isinstance(group.own.node, MappingNode) and not group.own.node.members:
            yield f"{key_text(group.name)}:" + (" {}" if not group.scenarios else "")
        else:
            if group.scenarios and not self._is_block(group.own):
                inside = self._claim(group.own.mark.start, self._line_end(group.own.node))
                yield from (comment.text for comment in inside)
                yield from member_lines(*_group_data(group, in_full=self.in_full), 0)
                return
            yield from self._kept(group.own)
            column = self._column_of(group.own)
            if group.scenarios:
                # An alias of the whole would stand for its scenarios, too.
                self._anchored -= self._names(group.own.node, "&") - self._inner_names(group.own)
        if not group.scenarios:
            return
        yield from self._scenarios(group, member, column)

    def _scenarios(self, group: ModelGroup, shown: Member, column: int) -> Iterator[str]:
        """Yield the scenarios; what stands above ``shown`` has been given already."""
        header = " " * column + "$scenarios:"
        for name, section in group.scenarios.items():
            lead = self._lead(section.mark, column + 2) if section is not shown else []
            if header:
                # Blank lines in front of the first one set all of them apart.
                blanks = lead[: next((n for n, line in enumerate(lead) if line), len(lead))]
                yield from (*blanks, header)
                lead, header = lead[len(blanks) :], ""
            yield from lead
            yield from self._scenario(name, section, group, column + 2)

    def _scenario(
        self, name: str, section: Member, group: ModelGroup, column: int
    ) -> Iterator[str]:
        overlay = group.overlay(section, in_full=self.in_full)
        first = section.node.mark.start
        end = self.source.line_end(section.mark.start)
        behind = self._claim(section.mark.end, min(end, max(first, section.mark.end)))
        header = " " * column + key_text(name) + ":" + ("" if overlay else " {}")
        yield header + "".join(f"  {comment.text}" for comment in behind)
        for item in overlay:
            yield from self._lead(item.mark, column + 2)
            is_whole = self._begins_line(item.mark) and self._ends_line(item.node)
            if is_whole and self._may_copy(item.node):
                start, stop = item.mark.start, self._line_end(item.node)
                self._claim(start, stop)
                lines = self.text[start:stop].splitlines()
                by = column + 2 - (item.mark.column - 1)
                yield from shifted(" " * (item.mark.column - 1), lines, by)
            else:
                yield from member_lines(item.key, plain_data(item.node), column + 2)
        left = self._claim(section.mark.start, self._line_end(section.node))
        yield from (" " * (column + 2) + comment.text for comment in left)

    def _is_block(self, member: Member) -> bool:
        """Tell whether members can be added below the text of ``member``."""
        start = member.node.mark.start
        anchor = _ANCHOR.match(self.text, start)
        return self.text[anchor.end() if anchor else start] not in "{*!"

    def _inner_names(self, member: Member) -> set[str]:
        node = member.node
        inner = node.members if isinstance(node, MappingNode) else ()
        return set().union(*(self._names(item.node, "&") for item in inner))

    def _column_of(self, member: Member) -> int:
        node = member.node
        fields = node.members if isinstance(node, MappingNode) else ()
        is_copied = self._begins_line(member.mark) and self._ends_line(node)
        is_copied = is_copied and self._may_copy(node)
        if fields and is_copied and fields[0].mark.line > member.mark.line:
            return fields[0].mark.column - 1
        return 2
