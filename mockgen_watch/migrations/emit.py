"""Takes an old file and the model that takes its place; gives the text of the new spec.

What need not change is copied from the source as it stands, so that quoting, comments and order
survive. What a record can never hold becomes a comment.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mockgen_watch.digest import canonical
from mockgen_watch.migrations.layout import (
    commented,
    json_text,
    key_text,
    lost_comment,
    lost_lines,
    member_lines,
)
from mockgen_watch.migrations.pieces import ROWS
from mockgen_watch.migrations.shapes import RemarkKind, is_edit
from mockgen_watch.migrations.suffixes import MIXED
from mockgen_watch.migrations.yaml import YamlSource, shifted
from mockgen_watch.spec.document import MappingNode, plain_data, quote_literal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

    from mockgen_watch.migrations.layout import Emission
    from mockgen_watch.migrations.pieces import Piece
    from mockgen_watch.migrations.shapes import OldFile, Section
    from mockgen_watch.migrations.suffixes import NewModel, NewScenario
    from mockgen_watch.spec.document import Document, Json, Member


_COLON: Final = re.compile(r"[ \t]*:(?:[ \t]+|[ \t]*(?:#[^\r\n]*)?\r?\n)")


class YamlWriter(YamlSource):
    """Writes one file."""

    def __init__(self, document: Document, old: OldFile, model: NewModel, how: Emission) -> None:
        """Write ``model`` in the place of the sections of ``old``."""
        super().__init__(document)
        self.old = old
        self.model = model
        self.how = how

    def write(self) -> str:
        """Return the new text."""
        lines = self.opening(self.how.schema)
        root = self.document.root
        members = root.members if isinstance(root, MappingNode) else ()
        sections = {id(section.member): section for section in self.old.sections}
        lost = {id(remark.lost) for remark in self.old.remarks if remark.kind is RemarkKind.LOST}
        is_done = False
        if self.old.sections[0].member is None:
            lines += self._model_lines()
            is_done = True
        for member in members if not is_done else ():
            if id(member) in sections:
                if not is_done:
                    lines += [*self._lead(member.mark, 0), *self._model_lines()]
                is_done = True
            elif id(member) in lost:
                lines += [*self._lead(member.mark, 0), *self._lost(member)]
            else:
                lines += [*self._lead(member.mark, 0), *self._kept(member)]
        for remark in self.old.remarks:
            if len(remark.pointer) > 1 or self.old.sections[0].member is None:
                lines += commented(lost_lines(self.document, [remark]))
        return self.joined(lines)

    def _lost(self, member: Member) -> list[str]:
        remarks = [remark for remark in self.old.remarks if remark.lost is member]
        end = self._line_end(member.node)
        self._claim(member.mark.start, member.node.mark.end)
        inline = [comment.text for comment in self._claim(member.mark.start, end)]
        return [*commented(lost_lines(self.document, remarks)), *inline]

    def _model_lines(self) -> Iterator[str]:
        first = self.old.sections[0]
        column = 2
        if (
            first.fields
            and first.member is not None
            and self._begins_line(first.fields[0].member.mark)
        ):
            column = first.fields[0].member.mark.column - 1
        header = f"{key_text(self.model.name)}:"
        if first.member is not None and not self.model.scenarios:
            header += self._header_comment(first)
        body = [line for piece in self.model.pieces for line in self._piece(piece, column)]
        if self.how.count is not None:
            body += member_lines("$count", self.how.count, column)
        if self.model.scenarios:
            body.append(" " * column + "$scenarios:")
            for scenario in self.model.scenarios:
                body += self._scenario(scenario, column + 2)
            mix = {scenario.name: 1 for scenario in self.model.scenarios}
            body += member_lines(MIXED, {"$mix": dict(mix)}, column + 2)
        yield header if body else f"{header} {{}}"
        yield from body
        yield from self._left_in(first, column)

    def _scenario(self, scenario: NewScenario, column: int) -> Iterator[str]:
        section = scenario.section
        if section is not self.old.sections[0] and section.member is not None:
            yield from self._lead(section.member.mark, column)
        body = [line for piece in scenario.pieces for line in self._piece(piece, column + 2)]
        header = " " * column + key_text(scenario.name) + ":" + ("" if scenario.pieces else " {}")
        yield header + self._header_comment(section)
        yield from self._left_in(section, column + 2)
        yield from body

    def _header_comment(self, section: Section) -> str:
        """Return the comment behind the key of a section, with two blanks, or nothing."""
        if section.member is None:
            return ""
        end = self.source.line_end(section.member.mark.start)
        first = section.node.mark.start
        found = self._claim(section.member.mark.end, min(end, max(first, section.member.mark.end)))
        return "".join(f"  {comment.text}" for comment in found)

    def _left_in(self, section: Section, column: int) -> list[str]:
        """Return the comments of a section that have found no place yet, as lines."""
        if section.member is None:
            return []
        found = self._claim(section.member.mark.start, self._line_end(section.node))
        return [" " * column + comment.text for comment in found]

    def _piece(self, piece: Piece, column: int) -> Iterator[str]:
        if piece.key == ROWS:
            for field in piece.fields:
                yield from self._lead(field.member.mark, column)
                found = self._claim(field.member.mark.start, self._line_end(field.member.node))
                yield from (" " * column + comment.text for comment in found)
            yield from member_lines(ROWS, piece.spec, column)
            return
        member = piece.fields[0].member
        yield from self._lead(member.mark, column)
        copied = self._copied(piece, member, column)
        if copied is not None:
            yield from copied
            return
        node_end, end = member.node.mark.end, self._line_end(member.node)
        above = self._claim(member.mark.start, node_end)
        behind = "".join(f"  {comment.text}" for comment in self._claim(node_end, end))
        yield from (" " * column + comment.text for comment in above)
        first, *others = member_lines(piece.key, piece.spec, column)
        yield first + behind
        yield from others

    def _copied(self, piece: Piece, member: Member, column: int) -> list[str] | None:
        """Return a field as it stands in the source; None where it means something else now."""
        start, end = member.mark.start, member.node.mark.end
        is_same = canonical(plain_data(member.node)) == canonical(piece.spec)
        raw_key = self.text[start : member.mark.end]
        if not is_same or raw_key.strip("\"'") != piece.key or self._has_anchor(member.node):
            return None
        if not _COLON.match(self.text, member.mark.end):
            return None
        if self._ends_line(member.node) and self._begins_line(member.mark):
            stop = self._line_end(member.node)
            self._claim(start, stop)
            lines = self.text[start:stop].splitlines()
            return shifted(" " * (member.mark.column - 1), lines, column - member.mark.column + 1)
        slice_ = self.text[start:end]
        if "\n" in slice_ or "\r" in slice_:
            return None
        return [" " * column + slice_]


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
        f"{margin}{quote_literal(key)}: {json_text(value, indent, 1)}"
        for key, value in _head(document, old, how).items()
    ]
    for member in _order(document, old):
        if member is None:
            data = json_text(model.data(how.count), indent, 1)
            parts.append(f"{margin}{quote_literal(model.name)}: {data}")
        elif is_json:
            parts.append(margin + document.text[member.mark.start : member.node.mark.end])
        else:
            data = json_text(plain_data(member.node), indent, 1)
            parts.append(f"{margin}{quote_literal(member.key)}: {data}")
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
