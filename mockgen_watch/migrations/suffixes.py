"""Takes a file of models and suffix sections; gives a spec with ``$scenarios`` in their place.

A suffix section is an overlay already; it moves into the model, without the members that are the
model's own. All text is copied from the source.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, field

from mockgen_watch.digest import canonical
from mockgen_watch.migrations.layout import (
    commented,
    json_text,
    key_text,
    lost_comment,
    lost_lines,
    member_lines,
)
from mockgen_watch.migrations.pieces import TooManyRowsError, assembled, pieces_of
from mockgen_watch.migrations.shapes import OldObject, Remark, RemarkKind
from mockgen_watch.migrations.yaml import YamlSource, shifted
from mockgen_watch.spec.build.scenarios import scenario_name
from mockgen_watch.spec.build.user_input import file_name_problem, split_suffix
from mockgen_watch.spec.document import MappingNode, SequenceNode, plain_data, quote_literal
from mockgen_watch.spec.model import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Final

    from mockgen_watch.migrations.pieces import Piece
    from mockgen_watch.migrations.shapes import OldField, OldFile, OldValue, Section
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
    parts = [f'{margin}"$schema": {quote_literal(schema)}'] if schema else []
    if lost := lost_comment(document, old.remarks):
        parts.append(f'{margin}"$comment": {json_text(lost, step, 1)}')
    parts += [margin + _json_model(document, one, step, in_full=in_full) for one in old.groups]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _json_model(document: Document, group: ModelGroup, step: int, *, in_full: bool) -> str:
    text, own = document.text, group.own
    body = "{}" if own is None else text[own.node.mark.start : own.node.mark.end]
    head = quote_literal(group.name) if own is None else text[own.mark.start : own.mark.end]
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
        overlays.append(f"{margin}{' ' * 2 * step}{quote_literal(name)}: {inner}")
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
        """Return whether members can be added below the text of ``member``."""
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


MIXED: Final = "mixed"
"""The scenario that chooses a section for each record, as the earlier system did."""


class NewScenario(Struct, frozen=True, kw_only=True):
    """A section as a scenario.

    Attributes:
        pieces: what differs from the model.
    """

    name: str
    section: Section
    pieces: tuple[Piece, ...]


class NewModel(Struct, frozen=True, kw_only=True):
    """The model that takes the place of all sections.

    Attributes:
        pieces: what the first section says of the fields that all sections have.
        scenarios: one for each section; none where there is but one.
        remarks: names that had to change.
    """

    name: str
    pieces: tuple[Piece, ...]
    scenarios: tuple[NewScenario, ...]
    remarks: tuple[Remark, ...] = ()

    @property
    def scenario(self) -> str:
        """The scenario whose records are those of the whole old file."""
        return MIXED if self.scenarios else "base"

    def data(self, count: int | None = None) -> dict[str, Json]:
        """Return what stands under the model's name; ``count`` is that of each scenario."""
        data: dict[str, Json] = dict(assembled(self.pieces))
        if count is not None:
            data["$count"] = count
        if self.scenarios:
            listed: dict[str, Json] = {
                scenario.name: dict(assembled(scenario.pieces)) for scenario in self.scenarios
            }
            listed[MIXED] = {"$mix": {scenario.name: 1 for scenario in self.scenarios}}
            data["$scenarios"] = listed
        return data


def assemble(old: OldFile, name: str, *, in_full: bool = False) -> NewModel:
    """Return the model called ``name``.

    Args:
        old: at least one section.
        name: of the model.
        in_full: every scenario states all its fields, also those that the model has alike.

    Raises:
        TooManyRowsError: see ``pieces_of``.
    """
    first = old.sections[0]
    if len(old.sections) == 1:
        return NewModel(name=name, pieces=_pieces(first, first.fields), scenarios=())
    others = [{field.name: field.value for field in one.fields} for one in old.sections]
    shared = [
        field
        for field in first.fields
        if all(field.name in one and _may_overlay(field.value, one[field.name]) for one in others)
    ]
    pieces = _pieces(first, shared)
    known = set() if in_full else {piece.identity for piece in pieces}
    names, remarks = _scenario_names(old.sections)
    scenarios = tuple(
        NewScenario(
            name=scenario,
            section=section,
            pieces=tuple(
                piece for piece in _pieces(section, section.fields) if piece.identity not in known
            ),
        )
        for scenario, section in zip(names, old.sections, strict=True)
    )
    return NewModel(name=name, pieces=pieces, scenarios=scenarios, remarks=remarks)


def _pieces(section: Section, fields: Sequence[OldField]) -> tuple[Piece, ...]:
    try:
        return pieces_of(fields)
    except TooManyRowsError as error:
        error.mark = (section.member or section.node).mark
        raise


def _may_overlay(model: OldValue, section: OldValue) -> bool:
    """Return whether ``section`` can be said over ``model``: objects meet key by key."""
    if not isinstance(model, OldObject) or not isinstance(section, OldObject):
        return True
    theirs = {field.name: field.value for field in section.members}
    return all(
        field.name in theirs and _may_overlay(field.value, theirs[field.name])
        for field in model.members
    )


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """Return ``wanted``, with a number behind it where a name of ``taken`` is like it."""
    folded = {fold(name) for name in taken}
    name, number = wanted, 1
    while fold(name) in folded:
        number += 1
        name = f"{wanted}_{number}"
    return name


def _scenario_names(sections: Sequence[Section]) -> tuple[list[str], tuple[Remark, ...]]:
    names: list[str] = []
    taken = {fold(MIXED)}
    remarks: list[Remark] = []
    for section in sections:
        wanted = section.name
        if file_name_problem(wanted):
            wanted = "".join(char if char.isalnum() else "_" for char in wanted)[:80]
        name = wanted if fold(wanted) not in taken else free_name(wanted, [*names, MIXED])
        taken.add(fold(name))
        names.append(scenario_name(name))
        if name != section.name and section.member is not None:
            remarks.append(
                Remark(
                    kind=RemarkKind.RENAMED,
                    text=f'the section is the scenario "{name}" now',
                    mark=section.member.mark,
                    pointer=(section.name,),
                )
            )
    return names, tuple(remarks)
