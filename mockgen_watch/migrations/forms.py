"""Forms: what a user_input file of the earlier system holds, read into one neutral shape.

The oldest of them, the edit format, has sections (``Edit_1``, ``Edit_2``, …) whose n-th values
belong together. A later one has models with suffix sections (``Model_1_Positive``), which overlay
the model.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final, TypeAlias

from msgspec import Struct, field

from mockgen_watch.canonical import canonical
from mockgen_watch.spec import document as documents
from mockgen_watch.spec.build.reader import INPUT_DIRECTIVES, is_directive
from mockgen_watch.spec.build.user_input import split_suffix
from mockgen_watch.spec.model import fold

_BLANKS: Final = " \t\r\n"
"""What may surround a value without belonging to it."""


# A quote in quotes is written twice; nothing but blanks may follow the closing one.
_QUOTED: Final = re.compile(r'[ \t\r\n]*"((?:[^"]|"")*+)"[ \t\r\n]*(?=,|\Z)')


class SplitText(Struct, frozen=True, kw_only=True):
    """Text taken apart.

    Attributes:
        values: in order, repeated ones as often as they occur; never empty.
        trimmed: how many had blanks around them, which do not belong to them.
        empty: how many are the empty text.
        quoted: how many were in quotes.
        odd_quotes: how many hold a quote that is never closed, or closed in the middle; it is a
            character like others.
    """

    values: tuple[str, ...]
    trimmed: int = 0
    empty: int = 0
    quoted: int = 0
    odd_quotes: int = 0


def split_text(text: str) -> SplitText:
    """Return the values of ``text``, which commas divide.

    A value in double quotes may hold commas, and a quote as ``""``; blanks in quotes are kept.
    Text without a comma is one value, empty text one empty value.
    """
    values: list[str] = []
    trimmed = quoted = odd = 0
    place = 0
    while place <= len(text):
        found = _QUOTED.match(text, place)
        if found is not None:
            value, end = found[1].replace('""', '"'), found.end()
            quoted += 1
        else:
            comma = text.find(",", place)
            end = len(text) if comma < 0 else comma
            raw = text[place:end]
            value = raw.strip(_BLANKS)
            trimmed += value != raw
            odd += value.startswith('"')
        values.append(value)
        place = end + 1
    return SplitText(
        values=tuple(values),
        trimmed=trimmed,
        empty=values.count(""),
        quoted=quoted,
        odd_quotes=odd,
    )


_EDIT: Final = re.compile(r"edit(?:[ _\-.].*|\d*)", re.IGNORECASE | re.DOTALL)
_MODEL: Final = re.compile(r"model(?:[ _\-.].*|\d*)", re.IGNORECASE | re.DOTALL)


class Form(StrEnum):
    """Which shape of the earlier system a user_input file has."""

    BROKEN = "broken"
    """It cannot be read, or is no mapping."""
    NEW = "new"
    """A spec already."""
    SECTIONS = "sections"
    """``Edit_1``, ``Edit_2``, …, perhaps with models beside them."""
    FLAT = "flat"
    """One section without a name: the fields are at the top."""
    SUFFIXES = "suffixes"
    """``Model_1``, ``Model_1_Positive``, …: a spec as well, and one that has no ``$scenarios``."""
    MODELS = "models"
    """Models beside something else, so that it is not a spec yet."""

    @property
    def is_edit_format(self) -> bool:
        """Whether values are separated by commas, and the n-th ones belong together."""
        return self in {Form.SECTIONS, Form.FLAT}


class OldLeaf(Struct, frozen=True, kw_only=True):
    """A field of the edit format: its n-th values, after the last of which comes the first."""

    values: tuple[documents.Json, ...]
    is_list: bool = False


class OldObject(Struct, frozen=True, kw_only=True):
    """A mapping below a section: an object, whose fields take their n-th values too."""

    members: tuple[OldField, ...]


class OldArray(Struct, frozen=True, kw_only=True):
    """A list of mappings: an array with an element of each."""

    elements: tuple[OldObject, ...]


OldValue: TypeAlias = "OldLeaf | OldObject | OldArray"


class OldField(Struct, frozen=True, kw_only=True):
    """A field by its name in the record."""

    name: str
    member: documents.Member
    value: OldValue


class Section(Struct, frozen=True, kw_only=True):
    """One section; that of a flat file has no name and no member."""

    name: str
    member: documents.Member | None
    fields: tuple[OldField, ...]


class RemarkKind(StrEnum):
    """What a report says about a place."""

    LOST = "not carried over"
    BLANKS = "blanks"
    EMPTY = "empty values"
    QUOTES = "quotes"
    DOUBLED = "repeated values"
    RENAMED = "renamed"
    KEPT = "a model of its own"
    EMPTY_LIST = "an empty list"


class Remark(Struct, frozen=True, kw_only=True):
    """One thing to report, with its place in the old file."""

    kind: RemarkKind
    text: str
    mark: documents.Mark
    pointer: tuple[str, ...] = ()
    lost: documents.Member | None = None


class SectionFile(Struct, frozen=True, kw_only=True):
    """What a file of the edit format holds, in source order.

    ``models`` are the members at the top that are models of a spec already.
    """

    sections: tuple[Section, ...]
    models: tuple[documents.Member, ...]
    remarks: tuple[Remark, ...]


def form_of(document: documents.Document) -> Form:
    """Return the form of a user_input file."""
    root = document.root
    if not isinstance(root, documents.MappingNode):
        return Form.BROKEN
    members = root.members
    if not members or any(member.key in INPUT_DIRECTIVES for member in members):
        return Form.NEW
    mappings = [member for member in members if isinstance(member.node, documents.MappingNode)]
    if any(is_section(member) for member in mappings):
        return Form.SECTIONS
    named = [member for member in mappings if _is_model(member)]
    if len(mappings) < len(members):
        return Form.MODELS if named else Form.FLAT
    if _has_directives(root):
        return Form.NEW
    return Form.SUFFIXES if any(split_suffix(item.key)[1] for item in members) else Form.NEW


def is_section(member: documents.Member) -> bool:
    """Return whether ``member`` is a section of the edit format."""
    return (
        isinstance(member.node, documents.MappingNode) and _EDIT.fullmatch(member.key) is not None
    )


def _is_model(member: documents.Member) -> bool:
    return _MODEL.fullmatch(member.key) is not None or bool(split_suffix(member.key)[1])


def _has_directives(node: documents.Node) -> bool:
    """Return whether there is a directive anywhere: then a person wrote it for the new format."""
    if isinstance(node, documents.MappingNode):
        return any(is_directive(item.key) or _has_directives(item.node) for item in node.members)
    return isinstance(node, documents.SequenceNode) and any(map(_has_directives, node.items))


def read_sections(document: documents.Document) -> SectionFile:
    """Return the sections of a file whose form ``is_edit_format``."""
    reader = _Reader()
    root = document.root
    if not isinstance(root, documents.MappingNode):
        return SectionFile(sections=(), models=(), remarks=())
    if form_of(document) is Form.FLAT:
        section = Section(name="", member=None, fields=reader.fields(root, ()))
        return SectionFile(sections=(section,), models=(), remarks=tuple(reader.remarks))
    sections: list[Section] = []
    models: list[documents.Member] = []
    for member in root.members:
        path = (member.key,)
        is_mapping = isinstance(member.node, documents.MappingNode)
        if is_section(member):
            fields = reader.fields(member.node, path)
            sections.append(Section(name=member.key, member=member, fields=fields))
        elif is_mapping and _is_beside(member):
            models.append(member)
            text = "it is no section and stays as it is, with outputs of its own"
            reader.remarks.append(make_remark(RemarkKind.KEPT, text, member, path))
        else:
            what = "called Edit_1, Edit_2, …" if is_mapping else "mappings"
            text = f"it is no section: sections are {what}"
            reader.remarks.append(make_remark(RemarkKind.LOST, text, member, path))
    return SectionFile(
        sections=tuple(sections), models=tuple(models), remarks=tuple(reader.remarks)
    )


def _is_beside(member: documents.Member) -> bool:
    """Return whether a mapping beside sections is a model: by its name, a pool or a directive."""
    has_pools = any(
        isinstance(item.node, documents.SequenceNode) for item in documents.members_of(member.node)
    )
    return _is_model(member) or has_pools or _has_directives(member.node)


class _Reader:
    def __init__(self) -> None:
        self.remarks: list[Remark] = []

    def fields(self, node: documents.Node, path: tuple[str, ...]) -> tuple[OldField, ...]:
        return tuple(
            OldField(name=member.key, member=member, value=value)
            for member in documents.members_of(node)
            if (value := self._value(member, (*path, member.key))) is not None
        )

    def _value(self, member: documents.Member, path: tuple[str, ...]) -> OldValue | None:
        node = member.node
        if isinstance(node, documents.MappingNode):
            return OldObject(members=self.fields(node, path))
        if isinstance(node, documents.Scalar):
            if isinstance(node.value, str):
                return self._text(node.value, member, path)
            return OldLeaf(values=(node.value,))
        if not node.items:
            text = "an empty list has no value that a record could take"
            self.remarks.append(make_remark(RemarkKind.LOST, text, member, path))
            return None
        objects = [item for item in node.items if isinstance(item, documents.MappingNode)]
        if len(objects) == len(node.items):
            elements = tuple(
                OldObject(members=self.fields(item, (*path, str(index))))
                for index, item in enumerate(objects)
            )
            return OldArray(elements=elements)
        return OldLeaf(values=tuple(map(documents.plain_data, node.items)), is_list=True)

    def _text(self, text: str, member: documents.Member, path: tuple[str, ...]) -> OldLeaf:
        split = split_text(text)
        odd_quotes = "a quote that closes nowhere, or in the middle, is kept"
        remarks = (
            (RemarkKind.BLANKS, split.trimmed, "blanks around values are no part of them"),
            (RemarkKind.EMPTY, split.empty, "empty text is a value like any other"),
            (RemarkKind.QUOTES, split.quoted, "quotes around values are no part of them"),
            (RemarkKind.QUOTES, split.odd_quotes, odd_quotes),
        )
        for kind, number, what in remarks:
            if number:
                told = f"{what} ({number} value{'' if number == 1 else 's'})"
                self.remarks.append(make_remark(kind, told, member, path))
        if len(set(split.values)) < len(split.values):
            text = "a repeated value counts as often as it stands there"
            self.remarks.append(make_remark(RemarkKind.DOUBLED, text, member, path))
        return OldLeaf(values=split.values)


def make_remark(
    kind: RemarkKind, text: str, member: documents.Member, pointer: tuple[str, ...]
) -> Remark:
    """Return a remark on ``member``; what is lost is the member itself."""
    lost = member if kind is RemarkKind.LOST else None
    return Remark(kind=kind, text=text, mark=member.mark, pointer=pointer, lost=lost)


class ModelGroup(Struct, kw_only=True):
    """A model and its suffix sections, by scenario; it may have no section of its own."""

    name: str
    own: documents.Member | None = None
    scenarios: dict[str, documents.Member] = field(default_factory=dict)

    def overlay(self, member: documents.Member, *, in_full: bool = False) -> list[documents.Member]:
        """Return the members of a suffix section that differ from the model's."""
        own = documents.members_of(self.own.node if self.own is not None else None)
        model = {item.key: _unordered(item.node) for item in own}
        return [
            item
            for item in documents.members_of(member.node)
            if in_full or model.get(item.key) != _unordered(item.node)
        ]


class SuffixFile(Struct, frozen=True, kw_only=True):
    """The models of a file in the order of their first mention, and remarks on what is no model.

    ``clashes`` are sections whose model or scenario has one already.
    """

    groups: tuple[ModelGroup, ...]
    remarks: tuple[Remark, ...]
    clashes: tuple[documents.Member, ...] = ()


def read_suffixes(document: documents.Document) -> SuffixFile:
    """Return the models of a file whose sections are models or have suffixes."""
    groups: dict[str, ModelGroup] = {}
    remarks: list[Remark] = []
    clashes: list[documents.Member] = []
    for member in documents.members_of(document.root):
        if not isinstance(member.node, documents.MappingNode):
            reason = "it is no model: models are mappings"
            remarks.append(make_remark(RemarkKind.LOST, reason, member, (member.key,)))
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


def _unordered(node: documents.Node) -> bytes:
    """Return the same for pools of the same values and weights."""
    if isinstance(node, documents.SequenceNode):
        items = [_unordered(item) for item in node.items]
        has_order = any(isinstance(item, documents.MappingNode) for item in node.items)
        return b"[" + b",".join(items if has_order else sorted(items)) + b"]"
    return canonical(documents.plain_data(node))
