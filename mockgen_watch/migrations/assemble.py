"""Takes the sections of an old file; gives the model and the scenarios that take their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.migrations.periods import TooManyRowsError
from mockgen_watch.migrations.pieces import assembled, pieces_of
from mockgen_watch.migrations.shapes import OldObject, Remark, RemarkKind
from mockgen_watch.spec.build.names import file_name_problem, fold
from mockgen_watch.spec.build.scenarios import scenario_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Final

    from mockgen_watch.migrations.pieces import Piece
    from mockgen_watch.migrations.shapes import OldField, OldFile, OldValue, Section
    from mockgen_watch.spec.document import Json

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
    """Tell whether ``section`` can be said over ``model``: objects meet key by key."""
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
