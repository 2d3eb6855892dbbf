"""Pieces: the fields of a section as independent choices, and the model that they make.

Each field of a section is drawn on its own, as the earlier system did by default: it is a pool. In
pairs, as it did for a section by name, the n-th values of the fields are rows.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from mockgen_watch.canonical import canonical
from mockgen_watch.migrations import forms
from mockgen_watch.spec.build.reader import GENERATOR_DIRECTIVES, spec_key
from mockgen_watch.spec.build.scenarios import scenario_name
from mockgen_watch.spec.build.user_input import file_name_problem
from mockgen_watch.spec.model import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mockgen_watch.spec.document import Json


def size_of(value: forms.OldValue) -> int:
    """Return how many values the longest list of a field has."""
    if isinstance(value, forms.OldLeaf):
        return len(value.values)
    if isinstance(value, forms.OldArray):
        return max(map(size_of, value.elements), default=1)
    return max((size_of(field.value) for field in value.members), default=1)


def value_at(value: forms.OldValue, n: int) -> Json:
    """Return the n-th value of a field, from 0; a list that has ended begins again."""
    if isinstance(value, forms.OldLeaf):
        return value.values[n % len(value.values)]
    if isinstance(value, forms.OldArray):
        return [value_at(element, n) for element in value.elements]
    return {field.name: value_at(field.value, n) for field in value.members}


ROWS = "$rows"


class Piece(Struct, frozen=True, kw_only=True):
    """Fields that are chosen by themselves, or together: in the spec the value of one key.

    The key is that of the field, or ``$rows``.
    """

    key: str
    fields: tuple[forms.OldField, ...]
    spec: Json

    @property
    def identity(self) -> bytes:
        """Equal for pieces that choose the same fields in the same way."""
        names = sorted(field.name for field in self.fields)
        return canonical([self.key, [*names], _unordered(self.spec)])


def pieces_of(fields: Sequence[forms.OldField], *, pairs: bool) -> tuple[Piece, ...]:
    """Return the pieces of a section, or of an object in it; ``$rows`` at its first field."""
    several = tuple(field for field in fields if size_of(field.value) > 1)
    together = several if pairs and len(several) > 1 else ()
    pieces: list[Piece] = []
    for field in fields:
        if field not in together:
            spec = value_spec(field.value, pairs=pairs)
            pieces.append(Piece(key=spec_key(field.name), fields=(field,), spec=spec))
        elif field is together[0]:
            pieces.append(Piece(key=ROWS, fields=together, spec=_rows(together)))
    return tuple(pieces)


def value_spec(value: forms.OldValue, *, pairs: bool) -> Json:
    """Return the spec of a field that is independent of its neighbours."""
    if isinstance(value, forms.OldLeaf):
        return _leaf_spec(value)
    if not isinstance(value, forms.OldArray):
        return {piece.key: piece.spec for piece in pieces_of(value.members, pairs=pairs)}
    several = [element for element in value.elements if size_of(element) > 1]
    if not pairs or not several[1:]:
        return [value_spec(element, pairs=pairs) for element in value.elements]
    return {"$choice": [as_it_stands(value_at(value, n)) for n in range(size_of(value))]}


def as_it_stands(value: Json) -> Json:
    """Return an entry of a pool or a row that is ``value``, and no way to choose one."""
    is_leaf = isinstance(value, dict) and any(
        key in GENERATOR_DIRECTIVES or key == "$array" for key in value
    )
    return {"$const": value} if is_leaf else value


def _leaf_spec(leaf: forms.OldLeaf) -> Json:
    values = leaf.values
    if all(not isinstance(value, dict | list) for value in values):
        return values[0] if len(values) == 1 and not leaf.is_list else list(values)
    return {"$const": values[0]} if len(values) == 1 else {"$choice": [*map(as_it_stands, values)]}


def _rows(fields: Sequence[forms.OldField]) -> Json:
    """Return the rows, equal ones as one with a weight."""
    size = max(size_of(field.value) for field in fields)
    rows = [
        {spec_key(f.name): as_it_stands(value_at(f.value, n)) for f in fields} for n in range(size)
    ]
    first: dict[bytes, dict[str, Json]] = {}
    weights: Counter[bytes] = Counter()
    for row in rows:
        identity = canonical(row)
        first.setdefault(identity, row)
        weights[identity] += 1
    return [
        row if weights[identity] == 1 else {**row, "$weight": weights[identity]}
        for identity, row in first.items()
    ]


def _unordered(spec: Json) -> Json:
    """Return ``spec`` with pools and rows in an order that does not depend on the source."""
    if isinstance(spec, list):
        items = [_unordered(item) for item in spec]
        is_array = all(isinstance(item, dict) and "$weight" not in item for item in items)
        return items if is_array else sorted(items, key=canonical)
    if isinstance(spec, dict):
        return {
            key: sorted(item, key=canonical)
            if key == ROWS and isinstance(item, list)
            else _unordered(item)
            for key, item in spec.items()
        }
    return spec


MIXED: Final = "mixed"
"""The scenario that chooses a section for each record, as the earlier system did."""


class NewScenario(Struct, frozen=True, kw_only=True):
    """A section as a scenario: the pieces that differ from the model."""

    name: str
    section: forms.Section
    pieces: tuple[Piece, ...]


class NewModel(Struct, frozen=True, kw_only=True):
    """The model that takes the place of all sections.

    Attributes:
        pieces: those of the first section for the fields that all sections have.
        scenarios: one for each section; none where there is only one.
        remarks: names that had to change.
    """

    name: str
    pieces: tuple[Piece, ...]
    scenarios: tuple[NewScenario, ...]
    remarks: tuple[forms.Remark, ...] = ()

    @property
    def scenario(self) -> str:
        """The scenario whose records are those of the whole old file."""
        return MIXED if self.scenarios else "base"

    def data(self, count: int | None = None) -> dict[str, Json]:
        """Return the spec of the model; ``count`` is that of each scenario."""
        data: dict[str, Json] = {piece.key: piece.spec for piece in self.pieces}
        if count is not None:
            data["$count"] = count
        if self.scenarios:
            listed: dict[str, Json] = {
                scenario.name: {piece.key: piece.spec for piece in scenario.pieces}
                for scenario in self.scenarios
            }
            listed[MIXED] = {"$mix": {scenario.name: 1 for scenario in self.scenarios}}
            data["$scenarios"] = listed
        return data


def assemble(
    old: forms.SectionFile, name: str, *, pairs: bool = False, in_full: bool = False
) -> NewModel:
    """Return the model called ``name``.

    Args:
        old: at least one section.
        name: of the model.
        pairs: the n-th values of a section go together.
        in_full: every scenario states all its fields, also those that are equal in the model.
    """
    first = old.sections[0]
    if len(old.sections) == 1:
        pieces = pieces_of(first.fields, pairs=pairs)
        return NewModel(name=name, pieces=pieces, scenarios=())
    others = [{field.name: field.value for field in one.fields} for one in old.sections]
    shared = [
        field
        for field in first.fields
        if all(field.name in one and _may_overlay(field.value, one[field.name]) for one in others)
    ]
    pieces = pieces_of(shared, pairs=pairs)
    stated = set() if in_full else {piece.identity for piece in pieces}
    names, remarks = scenario_names(old.sections)
    scenarios = tuple(
        NewScenario(
            name=scenario,
            section=section,
            pieces=tuple(
                piece
                for piece in pieces_of(section.fields, pairs=pairs)
                if piece.identity not in stated
            ),
        )
        for scenario, section in zip(names, old.sections, strict=True)
    )
    return NewModel(name=name, pieces=pieces, scenarios=scenarios, remarks=remarks)


def _may_overlay(model: forms.OldValue, section: forms.OldValue) -> bool:
    """Return whether ``section`` can overlay ``model``: objects meet key by key."""
    if not isinstance(model, forms.OldObject) or not isinstance(section, forms.OldObject):
        return True
    theirs = {field.name: field.value for field in section.members}
    return all(
        field.name in theirs and _may_overlay(field.value, theirs[field.name])
        for field in model.members
    )


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """Return ``wanted``, with a number added where ``taken`` has a name like it."""
    folded = {fold(name) for name in taken}
    name, number = wanted, 1
    while fold(name) in folded:
        number += 1
        name = f"{wanted}_{number}"
    return name


def scenario_names(
    sections: Sequence[forms.Section],
) -> tuple[list[str], tuple[forms.Remark, ...]]:
    """Return the scenario that each section becomes, and remarks on names that had to change."""
    names: list[str] = []
    taken = {fold(MIXED)}
    remarks: list[forms.Remark] = []
    for section in sections:
        wanted = section.name
        if file_name_problem(wanted):
            wanted = "".join(char if char.isalnum() else "_" for char in wanted)[:80]
        name = wanted if fold(wanted) not in taken else free_name(wanted, [*names, MIXED])
        taken.add(fold(name))
        names.append(scenario_name(name))
        if name != section.name and section.member is not None:
            text = f'the section is the scenario "{name}" now'
            remarks.append(
                forms.make_remark(forms.RemarkKind.RENAMED, text, section.member, (section.name,))
            )
    return names, tuple(remarks)
