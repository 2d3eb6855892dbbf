"""Direct reading: a file in the oldest format as the spec that it means, without a new file.

The nodes of that spec have the places of what they come from, so that whatever is reported of them,
and ``why``, lead into the file as it is. Its records are those of the file that a migration writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Severity, has_errors
from mockgen_watch.masters.shapes import number_or_same
from mockgen_watch.migrations import forms
from mockgen_watch.migrations.migrate import lost_warnings, missing_values
from mockgen_watch.migrations.pieces import (
    NewModel,
    assemble,
    free_name,
    pieces_of,
    scenario_names,
    size_of,
    value_at,
)
from mockgen_watch.spec import document as documents
from mockgen_watch.spec.build.reader import spec_key
from mockgen_watch.spec.build.user_input import earlier_sections
from mockgen_watch.spec.model import fold

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from mockgen_watch.migrations.pieces import Piece
    from mockgen_watch.spec.document import Document, Json, Mark, Member, Node

MODEL: Final = "Model_1"
"""What the sections of a file are called together."""

_NAMED: Final = 3
"""More sections are counted, not named."""


class DirectReading(forms.Reading, frozen=True, kw_only=True):
    """How a file is read where it is not migrated.

    Attributes:
        is_asked: whether somebody asked for it, so that nothing needs to be said of it.
        sections: the only ones that are meant, by their scenario names: the n-th values of their
            fields are one record, each n once, in order; empty: all, each field on its own.
        count: how many of these records; None: as many as the longest list has values.
        slot: where the master holds the record.
        numbers: fields of which the master has numbers there, so that text which is exactly a
            number becomes one, as in every other record.
        command: what migrates the file.
    """

    is_asked: bool = False
    sections: tuple[str, ...] = ()
    count: int | None = None
    slot: tuple[str, ...] = ()
    numbers: frozenset[str] = frozenset()
    command: str = ""


def read_direct(
    document: Document, reading: DirectReading | None = None
) -> tuple[Document | None, tuple[Diagnostic, ...]]:
    """Return the spec that a file in the oldest format means, and what is to be said of it.

    Without a spec the file has errors.
    """
    reading = reading or DirectReading()
    old = forms.read_sections(document, reading)
    found = [
        *missing_values(document, old.remarks),
        *lost_warnings(document, old.remarks, "left out"),
    ]
    if has_errors(found):
        return None, tuple(found)
    if not reading.is_asked:
        found.append(_notice(document, reading.command or f"mockgen-watch migrate {document.path}"))
    name = free_name(MODEL, (member.key for member in old.models))
    if reading.sections:
        node = _listed_model(old, reading, document.root)
    else:
        node = _model(assemble(old, name), old, document.root)
    first = old.sections[0].member
    mark = node.mark if first is None else first.mark
    members = (documents.Member(key=name, mark=mark, node=node), *old.models)
    return replace(document, root=documents.MappingNode(members=members, mark=node.mark)), tuple(
        found
    )


def scenario_of_file(document: Document) -> str:
    """Return the scenario that stands for a whole file in the oldest format."""
    return assemble(forms.read_sections(document, forms.Reading(keep_empty=True)), MODEL).scenario


def models_beside(document: Document) -> tuple[Member, ...]:
    """Return the models and suffix sections of a file that are beside its sections."""
    return forms.read_sections(document, forms.Reading(keep_empty=True)).models


def named_sections(document: Document, names: Collection[str]) -> tuple[str, ...]:
    """Return the scenario names of the sections that are among ``names``, in any case."""
    wanted = {fold(name) for name in names}
    old = forms.read_sections(document, forms.Reading(keep_empty=True))
    return tuple(
        scenario
        for scenario, section in zip(scenario_names(old.sections)[0], old.sections, strict=True)
        if {fold(scenario), fold(section.name)} & wanted
    )


def _notice(document: Document, command: str) -> Diagnostic:
    names = [member.key for member in earlier_sections(document.root)]
    more = len(names) - _NAMED
    shown = ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
    return Diagnostic(
        code="MG703",
        severity=Severity.WARNING,
        message=f"{shown}: read as the earlier system did, values between commas",
        location=document.locate(
            earlier_sections(document.root)[0].mark, documents.pointer_of(names[:1])
        ),
        hint=f'{command} makes it a spec; for a spec with models of such names add "$version": 1',
    )


def _model(model: NewModel, old: forms.SectionFile, root: Node | None) -> documents.MappingNode:
    first = old.sections[0].member
    top = first.node.mark if first is not None else _mark_of(root)
    members = list(_pieces(model.pieces))
    if model.scenarios:
        listed = [
            documents.Member(
                key=scenario.name,
                mark=_section_mark(scenario.section, top),
                node=documents.MappingNode(
                    members=tuple(_pieces(scenario.pieces)),
                    mark=_section_mark(scenario.section, top),
                ),
            )
            for scenario in model.scenarios
        ]
        mix: Json = {"$mix": {scenario.name: 1 for scenario in model.scenarios}}
        listed.append(_member(model.scenario, mix, top))
        node = documents.MappingNode(members=tuple(listed), mark=top)
        members.append(documents.Member(key="$scenarios", mark=top, node=node))
    return documents.MappingNode(members=tuple(members), mark=top)


def _listed_model(
    old: forms.SectionFile, reading: DirectReading, root: Node | None
) -> documents.MappingNode:
    """Return a model whose scenarios list the records of the sections that are meant."""
    listed: list[Member] = []
    for name, section in zip(scenario_names(old.sections)[0], old.sections, strict=True):
        if name not in reading.sections:
            continue
        mark = _section_mark(section, _mark_of(root))
        # The values that are stated are checked against the master as values of pools.
        members = list(_pieces(pieces_of(section.fields, pairs=False)))
        size = max((size_of(field.value) for field in section.fields), default=1)
        count = size if reading.count is None else reading.count
        records: Json = {str(n): _stated(section, n, reading) for n in range(count)}
        members += [_member("$count", count, mark), _member("$records", records, mark)]
        node = documents.MappingNode(members=tuple(members), mark=mark)
        listed.append(documents.Member(key=name, mark=mark, node=node))
    top = _mark_of(root)
    scenarios = documents.MappingNode(members=tuple(listed), mark=top)
    return documents.MappingNode(
        members=(documents.Member(key="$scenarios", mark=top, node=scenarios),), mark=top
    )


def _stated(section: forms.Section, n: int, reading: DirectReading) -> Json:
    """Return what ``$records`` states of the n-th record of a section."""
    fields: dict[str, Json] = {}
    for field in section.fields:
        value = value_at(field.value, n)
        value = number_or_same(value) if field.name in reading.numbers else value
        fields[spec_key(field.name)] = {"$const": value}
    record: Json = fields
    for key in reversed(reading.slot):
        record = {spec_key(key): record}
    return record


def _pieces(pieces: Sequence[Piece]) -> Iterator[Member]:
    for piece in pieces:
        first = piece.fields[0].member
        yield documents.Member(
            key=piece.key, mark=first.mark, node=_node(piece.spec, first.node.mark)
        )


def _section_mark(section: forms.Section, other: Mark) -> Mark:
    return other if section.member is None else section.member.mark


def _mark_of(root: Node | None) -> Mark:
    return documents.Mark(line=1, column=1, start=0, end=0) if root is None else root.mark


def _member(key: str, value: Json, mark: Mark) -> Member:
    return documents.Member(key=key, mark=mark, node=_node(value, mark))


def _node(value: Json, mark: Mark) -> Node:
    """Return data as nodes, all of them at one place."""
    if isinstance(value, dict):
        members = tuple(_member(key, item, mark) for key, item in value.items())
        return documents.MappingNode(members=members, mark=mark)
    if isinstance(value, list):
        return documents.SequenceNode(items=tuple(_node(item, mark) for item in value), mark=mark)
    return documents.Scalar(value=value, mark=mark)
