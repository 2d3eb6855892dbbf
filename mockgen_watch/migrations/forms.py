"""Forms: what a user_input file of the earlier system holds, read into one neutral shape.

The oldest of them, the edit format, has sections (``Edit_1``, ``Edit_2``, …) whose fields list
values between commas. A later one has models with suffix sections (``Model_1_Positive``), which
overlay the model.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, field

from mockgen_watch.canonical import canonical
from mockgen_watch.spec import document as documents
from mockgen_watch.spec.build.reader import INPUT_DIRECTIVES, is_directive
from mockgen_watch.spec.build.user_input import (
    earlier_sections,
    is_earlier_model,
    is_section,
    split_suffix,
)
from mockgen_watch.spec.model import fold

if TYPE_CHECKING:
    from collections.abc import Sequence


class Reading(Struct, frozen=True, kw_only=True):
    """How the sections of a file are read.

    Attributes:
        keep_empty: empty values stay, which the earlier system dropped.
        pairs: the n-th values of the fields go together; else each field is drawn on its own.
    """

    keep_empty: bool = False
    pairs: bool = False


class SplitText(Struct, frozen=True, kw_only=True):
    """Text taken apart.

    Attributes:
        values: in order, repeated ones as often as they occur.
        trimmed: how many had blanks around them, which do not belong to them.
        empty: how many were empty.
        quoted: how many have a double quote, which is part of the value.
    """

    values: tuple[str, ...]
    trimmed: int = 0
    empty: int = 0
    quoted: int = 0


def split_text(text: str, *, keep_empty: bool = False) -> SplitText:
    """Return the values of ``text``, which commas divide; empty ones are dropped.

    Quotes protect no comma: they are characters like others.
    """
    raw = text.split(",")
    every = [value.strip() for value in raw]
    return SplitText(
        values=tuple(value for value in every if value or keep_empty),
        trimmed=sum(value not in ("", part) for part, value in zip(raw, every, strict=True)),
        empty=every.count(""),
        quoted=sum('"' in value for value in every),
    )


class Form(StrEnum):
    """Which shape of the earlier system a user_input file has."""

    BROKEN = "broken"
    """It cannot be read, or is not a mapping."""
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
        """Whether values are separated by commas."""
        return self in {Form.SECTIONS, Form.FLAT}


class OldLeaf(Struct, frozen=True, kw_only=True):
    """A field of the edit format: the values that it lists."""

    values: tuple[documents.Json, ...]
    is_list: bool = False


class OldObject(Struct, frozen=True, kw_only=True):
    """A mapping below a section: an object, whose fields list values too."""

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
    TEXT = "a number as text"
    NO_VALUE = "no value"
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
    if earlier_sections(root):
        return Form.SECTIONS
    mappings = [member for member in members if isinstance(member.node, documents.MappingNode)]
    named = [member for member in mappings if is_earlier_model(member.key)]
    if len(mappings) < len(members):
        return Form.MODELS if named else Form.FLAT
    if _has_directives(root):
        return Form.NEW
    return Form.SUFFIXES if any(split_suffix(item.key)[1] for item in members) else Form.NEW


def _has_directives(node: documents.Node) -> bool:
    """Return whether there is a directive anywhere: then a person wrote it for the new format."""
    if isinstance(node, documents.MappingNode):
        return any(is_directive(item.key) or _has_directives(item.node) for item in node.members)
    return isinstance(node, documents.SequenceNode) and any(map(_has_directives, node.items))


def read_sections(document: documents.Document, reading: Reading) -> SectionFile:
    """Return the sections of a file whose form ``is_edit_format``.

    A field that is left without a value has a remark of the kind ``NO_VALUE``.
    """
    reader = _Reader(reading)
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
            text = "it is not a section and stays as it is, with outputs of its own"
            reader.remarks.append(make_remark(RemarkKind.KEPT, text, member, path))
        else:
            what = "called Edit_1, Edit_2, …" if is_mapping else "mappings"
            text = f"it is not a section: sections are {what}"
            reader.remarks.append(make_remark(RemarkKind.LOST, text, member, path))
    return SectionFile(
        sections=tuple(sections), models=tuple(models), remarks=tuple(reader.remarks)
    )


def _is_beside(member: documents.Member) -> bool:
    """Return whether a mapping beside sections is a model: by its name, a pool or a directive."""
    has_pools = any(
        isinstance(item.node, documents.SequenceNode) for item in documents.members_of(member.node)
    )
    return is_earlier_model(member.key) or has_pools or _has_directives(member.node)


class _Reader:
    def __init__(self, reading: Reading) -> None:
        self.keep_empty = reading.keep_empty
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
            return self._leaf(node.value, member, path)
        objects = [item for item in node.items if isinstance(item, documents.MappingNode)]
        if objects and len(objects) == len(node.items):
            elements = tuple(
                OldObject(members=self.fields(item, (*path, str(index))))
                for index, item in enumerate(objects)
            )
            return OldArray(elements=elements)
        return self._list([documents.plain_data(item) for item in node.items], member, path)

    def _leaf(
        self, value: documents.Json, member: documents.Member, path: tuple[str, ...]
    ) -> OldLeaf | None:
        if not isinstance(value, str):
            return self._list([value], member, path, is_list=False)
        split = split_text(value, keep_empty=self.keep_empty)
        self._counts(split, member, path)
        return self._listed(split.values, member, path, is_list=False)

    def _list(
        self,
        items: list[documents.Json],
        member: documents.Member,
        path: tuple[str, ...],
        *,
        is_list: bool = True,
    ) -> OldLeaf | None:
        if not items and self.keep_empty:
            text = "an empty list has no value that a record could take"
            self.remarks.append(make_remark(RemarkKind.LOST, text, member, path))
            return None
        values = [_as_text(item) for item in items]
        numbers = sum(
            type(item) is not type(value) for item, value in zip(items, values, strict=True)
        )
        if numbers:
            text = f"{numbers} {_values(numbers)} written as text, as the earlier system did"
            self.remarks.append(make_remark(RemarkKind.TEXT, text, member, path))
        texts = [item for item in items if isinstance(item, str)]
        trimmed = sum(item.strip() not in ("", item) for item in texts)
        empty = sum(value is None or value == "" for value in values)
        self._counts(SplitText(values=(), trimmed=trimmed, empty=empty), member, path)
        kept = [value for value in values if self.keep_empty or value not in (None, "")]
        return self._listed(kept, member, path, is_list=is_list)

    def _counts(self, split: SplitText, member: documents.Member, path: tuple[str, ...]) -> None:
        fate = "kept" if self.keep_empty else "dropped, as the earlier system did"
        counts = (
            (RemarkKind.BLANKS, split.trimmed, "without the blanks around"),
            (RemarkKind.EMPTY, split.empty, fate),
            (RemarkKind.QUOTES, split.quoted, "with quotes, which are part of the value"),
        )
        for kind, number, what in counts:
            if number:
                noun = f"empty {_values(number)}" if kind is RemarkKind.EMPTY else _values(number)
                text = f"{number} {noun} {what}"
                self.remarks.append(make_remark(kind, text, member, path))

    def _listed(
        self,
        values: Sequence[documents.Json],
        member: documents.Member,
        path: tuple[str, ...],
        *,
        is_list: bool,
    ) -> OldLeaf | None:
        if not values:
            text = "no value is left for records to take"
            self.remarks.append(make_remark(RemarkKind.NO_VALUE, text, member, path))
            return None
        if len(set(map(canonical, values))) < len(values):
            text = "a repeated value is drawn more often"
            self.remarks.append(make_remark(RemarkKind.DOUBLED, text, member, path))
        return OldLeaf(values=tuple(values), is_list=is_list)


def _values(number: int) -> str:
    return "value" if number == 1 else "values"


def _as_text(value: documents.Json) -> documents.Json:
    """Return a value as the earlier system took it: numbers as text, text without blanks."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return value
    return str(value) if isinstance(value, int) else repr(float(value))


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
            reason = "it is not a model: models are mappings"
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
