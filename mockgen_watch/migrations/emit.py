"""Emission: the text of the new spec that takes the place of a file of the earlier system.

What need not change is copied from the source as it is, so that quotes, comments and order survive.
What a record can never hold becomes a comment. Suffix sections are overlays already: they move
into the model, without the members that are the model's own.
"""

from __future__ import annotations

import re
from itertools import dropwhile, takewhile
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from mockgen_watch.canonical import canonical
from mockgen_watch.migrations import layout
from mockgen_watch.migrations.forms import (
    ModelGroup,
    Remark,
    RemarkKind,
    SectionFile,
    SuffixFile,
)
from mockgen_watch.migrations.pieces import MIXED, ROWS, NewModel, NewScenario, Piece
from mockgen_watch.spec.build.user_input import is_section
from mockgen_watch.spec.document import (
    Document,
    Json,
    Member,
    members_of,
    plain_data,
    quote_literal,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


NOT_CARRIED: Final = "not carried over"
_MAX_INDENT: Final = 8
_COLON: Final = re.compile(r"[ \t]*:(?:[ \t]+|[ \t]*(?:#[^\r\n]*)?\r?\n)")
_ANCHOR: Final = re.compile(r"&\S+\s+")


class Emission(Struct, frozen=True, kw_only=True):
    """How the new text, YAML or JSON, is written.

    Attributes:
        schema: what ``$schema`` names; ``""``: no such line.
        count: records of each scenario; None: as the project says.
        in_full: overlays also keep what the model has equal.
    """

    schema: str
    to_yaml: bool
    count: int | None = None
    in_full: bool = False


def emit_sections(document: Document, old: SectionFile, model: NewModel, how: Emission) -> str:
    """Return the text of the spec in which ``model`` takes the place of the sections."""
    is_yaml = layout.language_of(document.path) == "yaml"
    if how.to_yaml and is_yaml:
        return _SectionsYaml(document, old, model, how).write()
    kept = {member.key: member for member in old.models}
    models: dict[str, Json] = {}
    for member in members_of(document.root):
        if member.key in kept:
            models[member.key] = plain_data(member.node)
        elif is_section(member) or old.sections[0].member is None:
            # The model stands where the first section stood.
            models.setdefault(model.name, model.data(how.count))
    if how.to_yaml:
        return _yaml_text(document, old.remarks, models, how)
    step = 2 if is_yaml else _indent_of(document)
    step = step if step <= _MAX_INDENT else 2
    texts = [
        _source_text(document, kept[key])
        if key in kept and not is_yaml
        else f"{quote_literal(key)}: {layout.json_text(data, step, 1)}"
        for key, data in models.items()
    ]
    return _object_text(_json_head(document, old.remarks, how), texts, step)


def emit_suffixes(document: Document, old: SuffixFile, how: Emission) -> str:
    """Return the text of the spec in which ``$scenarios`` take the place of suffix sections."""
    is_yaml = layout.language_of(document.path) == "yaml"
    if how.to_yaml and is_yaml:
        return _SuffixesYaml(document, old, how).write()
    models = {group.name: _group_data(group, how) for group in old.groups}
    if how.to_yaml:
        return _yaml_text(document, old.remarks, models, how)
    head = _json_head(document, old.remarks, how)
    if is_yaml:
        return layout.json_text({**head, **models}) + "\n"
    step = _indent_of(document)
    texts = [_group_json(document, group, step, how) for group in old.groups]
    return _object_text(head, texts, step)


def _yaml_text(
    document: Document, remarks: Iterable[Remark], models: Mapping[str, Json], how: Emission
) -> str:
    schema = layout.member_lines("$schema", how.schema, 0) if how.schema else []
    lines = [*schema, *_lost_comments(document, remarks), *layout.mapping_lines(models)]
    return "\n".join(lines) + "\n"


def _json_head(document: Document, remarks: Iterable[Remark], how: Emission) -> dict[str, Json]:
    head: dict[str, Json] = {"$schema": how.schema} if how.schema else {}
    lost: list[Json] = [
        f"{NOT_CARRIED} (line {line}): {text}" for line, text in _lost_texts(document, remarks)
    ]
    if lost:
        head["$comment"] = lost if len(lost) > 1 else lost[0]
    return head


def _lost_texts(document: Document, remarks: Iterable[Remark]) -> Iterator[tuple[int, str]]:
    """Yield line and text of each member that no record can hold."""
    for remark in remarks:
        if remark.kind is RemarkKind.LOST and remark.lost is not None:
            yield remark.lost.mark.line, _source_text(document, remark.lost)


def _source_text(document: Document, member: Member) -> str:
    return document.text[member.mark.start : member.node.mark.end]


def _lost_comments(document: Document, remarks: Iterable[Remark]) -> list[str]:
    lines = []
    for line, text in _lost_texts(document, remarks):
        first, *others = text.splitlines() or [""]
        lines.append(f"# {NOT_CARRIED} (line {line}): {first}")
        lines += [f"#   {other}" for other in others]
    return lines


def _object_text(head: dict[str, Json], models: Iterable[str], indent: int) -> str:
    """Return a JSON object of the members in ``head``, and of ``models`` as they are."""
    margin = " " * indent
    parts = [
        f"{quote_literal(key)}: {layout.json_text(value, indent, 1)}" for key, value in head.items()
    ]
    return "{\n" + ",\n".join(margin + part for part in (*parts, *models)) + "\n}\n"


def _indent_of(document: Document) -> int:
    """Return by how many blanks a JSON file indents its top members; 2 where it is on one line."""
    for member in members_of(document.root)[:1]:
        if member.mark.line > 1 and member.mark.column > 1:
            return member.mark.column - 1
    return 2


def _group_data(group: ModelGroup, how: Emission) -> dict[str, Json]:
    own = members_of(group.own.node if group.own is not None else None)
    data: dict[str, Json] = {member.key: plain_data(member.node) for member in own}
    if group.scenarios:
        data["$scenarios"] = {
            name: {
                item.key: plain_data(item.node)
                for item in group.overlay(member, in_full=how.in_full)
            }
            for name, member in group.scenarios.items()
        }
    return data


def _group_json(document: Document, group: ModelGroup, step: int, how: Emission) -> str:
    text, own = document.text, group.own
    body = "{}" if own is None else text[own.node.mark.start : own.node.mark.end]
    head = quote_literal(group.name) if own is None else text[own.mark.start : own.mark.end]
    if not group.scenarios:
        return f"{head}: {body}"
    line = ["\n" + " " * (step * depth) for depth in range(5)]
    overlays = []
    for name, member in group.scenarios.items():
        fields = [
            line[4] + _moved(document, item, 4 * step)
            for item in group.overlay(member, in_full=how.in_full)
        ]
        inner = "{" + ",".join(fields) + line[3] + "}" if fields else "{}"
        overlays.append(f"{line[3]}{quote_literal(name)}: {inner}")
    listed = f'"$scenarios": {{{",".join(overlays)}{line[2]}}}'
    before = body[: body.rindex("}")].rstrip()
    comma = "" if before == "{" else ","
    return f"{head}: {before}{comma}{line[2]}{listed}{line[1]}}}"


def _moved(document: Document, member: Member, column: int) -> str:
    """Return the text of ``member`` with its lines moved so that it begins at ``column``."""
    text = _source_text(document, member)
    begin = document.text.rfind("\n", 0, member.mark.start) + 1
    was = len(document.text[begin : member.mark.start])
    if document.text[begin : member.mark.start].strip():
        return text
    return "\n".join(layout.shift_lines(" " * was, text.splitlines(), column - was))[column:]


class _SectionsYaml(layout.YamlSource):
    def __init__(
        self, document: Document, old: SectionFile, model: NewModel, how: Emission
    ) -> None:
        super().__init__(document)
        self.old = old
        self.model = model
        self.how = how

    def write(self) -> str:
        is_flat = self.old.sections[0].member is None
        lines = self.opening(self.how.schema)
        lines += self._model_lines() if is_flat else self._members()
        for remark in self.old.remarks:
            if len(remark.pointer) > 1 or is_flat:
                lines += _lost_comments(self.document, [remark])
        return self.joined(lines)

    def _members(self) -> Iterator[str]:
        sections = {id(section.member) for section in self.old.sections}
        lost = {id(remark.lost): remark for remark in self.old.remarks if remark.lost is not None}
        for member in members_of(self.document.root):
            if id(member) in sections and member is not self.old.sections[0].member:
                continue
            yield from self._lead(member.mark, 0)
            if id(member) in sections:
                yield from self._model_lines()
            elif id(member) in lost:
                self._claim(member.mark.start, member.node.mark.end)
                yield from _lost_comments(self.document, [lost[id(member)]])
                yield from self._left_in(member, 0)
            else:
                yield from self._kept(member)

    def _model_lines(self) -> Iterator[str]:
        first = self.old.sections[0]
        mark = first.fields[0].member.mark if first.fields and first.member is not None else None
        column = mark.column - 1 if mark is not None and self._begins_line(mark) else 2
        header = f"{layout.key_text(self.model.name)}:"
        if first.member is not None and not self.model.scenarios:
            header += self._comment_after_key(first.member)
        body = [line for piece in self.model.pieces for line in self._piece(piece, column)]
        if self.how.count is not None:
            body += layout.member_lines("$count", self.how.count, column)
        if self.model.scenarios:
            body.append(" " * column + "$scenarios:")
            for scenario in self.model.scenarios:
                body += self._scenario(scenario, column + 2)
            mix: dict[str, Json] = {scenario.name: 1 for scenario in self.model.scenarios}
            body += layout.member_lines(MIXED, {"$mix": mix}, column + 2)
        yield header if body else f"{header} {{}}"
        yield from body
        if first.member is not None:
            yield from self._left_in(first.member, column)

    def _scenario(self, scenario: NewScenario, column: int) -> Iterator[str]:
        member = scenario.section.member
        if scenario.section is not self.old.sections[0] and member is not None:
            yield from self._lead(member.mark, column)
        body = [line for piece in scenario.pieces for line in self._piece(piece, column + 2)]
        header = (
            " " * column + layout.key_text(scenario.name) + ":" + ("" if scenario.pieces else " {}")
        )
        if member is None:
            yield header
        else:
            yield header + self._comment_after_key(member)
            yield from self._left_in(member, column + 2)
        yield from body

    def _piece(self, piece: Piece, column: int) -> Iterator[str]:
        if piece.key == ROWS:
            for field in piece.fields:
                yield from self._lead(field.member.mark, column)
                yield from self._left_in(field.member, column)
            yield from layout.member_lines(ROWS, piece.spec, column)
            return
        member = piece.fields[0].member
        yield from self._lead(member.mark, column)
        copied = self._copied(piece, member, column)
        if copied is not None:
            yield from copied
            return
        node_end, end = member.node.mark.end, self._line_end(member.node)
        above = self._claim(member.mark.start, node_end)
        after = "".join(f"  {comment.text}" for comment in self._claim(node_end, end))
        yield from (" " * column + comment.text for comment in above)
        first, *others = layout.member_lines(piece.key, piece.spec, column)
        yield first + after
        yield from others

    def _copied(self, piece: Piece, member: Member, column: int) -> list[str] | None:
        """Return a field as it is in the source; None where it means something else now."""
        start, end = member.mark.start, member.node.mark.end
        if (
            canonical(plain_data(member.node)) != canonical(piece.spec)
            or self.text[start : member.mark.end].strip("\"'") != piece.key
            or self._signs(member.node)
            or not _COLON.match(self.text, member.mark.end)
        ):
            return None
        if self._is_whole_lines(member):
            return self._moved_lines(member, column)
        text = self.text[start:end]
        if "\n" in text or "\r" in text:
            return None
        return [" " * column + text]


class _SuffixesYaml(layout.YamlSource):
    def __init__(self, document: Document, old: SuffixFile, how: Emission) -> None:
        super().__init__(document)
        self.old = old
        self.how = how

    def write(self) -> str:
        lines = self.opening(self.how.schema)
        groups = {
            id(group.own or next(iter(group.scenarios.values()))): group
            for group in self.old.groups
        }
        lost = {id(remark.lost): remark for remark in self.old.remarks}
        for member in members_of(self.document.root):
            if id(member) in lost:
                lines += self._lead(member.mark, 0)
                lines += _lost_comments(self.document, [lost[id(member)]])
            elif id(member) in groups:
                lines += self._group(groups[id(member)], member)
        return self.joined(lines)

    def _group(self, group: ModelGroup, member: Member) -> Iterator[str]:
        yield from self._lead(member.mark, 0)
        column = 2
        if group.own is None:
            yield f"{layout.key_text(group.name)}:"
        elif not members_of(group.own.node):
            yield f"{layout.key_text(group.name)}:" + (" {}" if not group.scenarios else "")
        elif group.scenarios and not self._is_block(group.own):
            yield from self._left_in(group.own, 0)
            yield from layout.member_lines(group.name, _group_data(group, self.how), 0)
            return
        else:
            yield from self._kept(group.own)
            column = self._column_of(group.own)
            if group.scenarios:
                # An alias of the whole would include its scenarios, too.
                self._anchored -= self._signs(group.own.node).difference(
                    *(self._signs(item.node) for item in members_of(group.own.node))
                )
        if group.scenarios:
            yield from self._scenarios(group, member, column)

    def _scenarios(self, group: ModelGroup, shown: Member, column: int) -> Iterator[str]:
        """Yield the scenarios; the comments above ``shown`` have been written already."""
        for index, (name, section) in enumerate(group.scenarios.items()):
            lead = self._lead(section.mark, column + 2) if section is not shown else []
            if index == 0:
                # Blank lines in front of the first one set all of them apart.
                yield from takewhile(lambda line: not line, lead)
                yield " " * column + "$scenarios:"
                lead = list(dropwhile(lambda line: not line, lead))
            yield from lead
            yield from self._scenario(name, section, group, column + 2)

    def _scenario(
        self, name: str, section: Member, group: ModelGroup, column: int
    ) -> Iterator[str]:
        overlay = group.overlay(section, in_full=self.how.in_full)
        header = " " * column + layout.key_text(name) + ":" + ("" if overlay else " {}")
        yield header + self._comment_after_key(section)
        for item in overlay:
            yield from self._lead(item.mark, column + 2)
            if self._is_whole_lines(item) and self._may_copy(item.node):
                yield from self._moved_lines(item, column + 2)
            else:
                yield from layout.member_lines(item.key, plain_data(item.node), column + 2)
        yield from self._left_in(section, column + 2)

    def _is_block(self, member: Member) -> bool:
        """Return whether members can be added below the text of ``member``."""
        start = member.node.mark.start
        anchor = _ANCHOR.match(self.text, start)
        return self.text[anchor.end() if anchor else start] not in "{*!"

    def _column_of(self, member: Member) -> int:
        fields = members_of(member.node)
        is_copied = self._is_whole_lines(member) and self._may_copy(member.node)
        if fields and is_copied and fields[0].mark.line > member.mark.line:
            return fields[0].mark.column - 1
        return 2
