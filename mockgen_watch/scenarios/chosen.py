"""Chosen: which of several shapes a value of a record has, from what is written.

A record does not say what was drawn for it. The case of ``$given`` follows from the other field; a
choice by weight from the value, where it is of one alternative alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.canonical import canonical
from mockgen_watch.generate.alternatives import Cases
from mockgen_watch.plan.dependents import FieldFacts
from mockgen_watch.rules.values import MISSING, Missing, value_at
from mockgen_watch.scenarios.promise.fitting import may_be
from mockgen_watch.spec import generators
from mockgen_watch.spec import model as spec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.spec.document import Json


class Way(Struct, frozen=True, kw_only=True):
    """The way to a value of a record.

    Attributes:
        name: the last key.
        depth: how many keys lead to the first choice between shapes; all where there is none.
        choices: the number of each alternative that holds, how many keys lead to it, and the
            choice that it is of.
        end: what the value is; None where that is not known.
        is_below: the value is inside an alternative.
    """

    name: str
    depth: int
    choices: tuple[tuple[int, int, generators.Alternatives], ...]
    end: spec.Shape | None
    is_below: bool


def way_to(plan: RecordPlan, record: Json, path: Sequence[str]) -> Way:
    """Return the way to the value at ``path`` of a record of ``plan``."""
    shape: spec.Shape | None = plan.shape
    home: spec.Shape | None = None
    first, here = len(path), 0
    choices: list[tuple[int, int, generators.Alternatives]] = []
    while shape is not None:
        if isinstance(shape, spec.Leaf) and isinstance(shape.generator, generators.Alternatives):
            first = min(first, here)
            number = chosen_alternative(plan, shape, record, path[:here], home)
            if number is not None:
                choices.append((number, here, shape.generator))
            shape = None if number is None else spec.alternatives_of(shape)[number]
        elif here == len(path):
            break
        else:
            home = shape
            shape, here = _below(shape, path[here]), here + 1
    is_below = bool(choices) and choices[-1][1] < len(path)
    name = path[-1] if path else ""
    return Way(name=name, depth=first, choices=tuple(choices), end=shape, is_below=is_below)


def _below(shape: spec.Shape, name: str) -> spec.Shape | None:
    if isinstance(shape, spec.ObjectShape):
        return shape.get(name)
    if isinstance(shape, spec.ArrayShape) and name.isdecimal():
        return shape.elements[int(name)] if int(name) < len(shape.elements) else shape.items
    return None


def chosen_alternative(
    plan: RecordPlan, leaf: spec.Leaf, record: Json, path: Sequence[str], home: spec.Shape | None
) -> int | None:
    """Return the number of the alternative that the value at ``path`` is; None: not known.

    ``home`` is the object that has the value.
    """
    generator = leaf.generator
    if not isinstance(generator, generators.Alternatives):
        return None
    if generator.given:
        return _number_given(plan, generator, record, path)
    if generator.row is not None:
        around = _along(record, path[:-1], path)
        rows = [each.identity for each in fitting_rows(home, around, generator.row.address)]
        identities = [each.identity for each in generator.alternatives]
        return identities.index(rows[0]) if len(rows) == 1 else None
    value = _along(record, path, path)
    if isinstance(value, Missing) or (value is None and leaf.modifiers.null):
        return None
    shapes = spec.alternatives_of(leaf)
    fitting = [number for number, shape in enumerate(shapes) if may_be(shape, value)]
    return fitting[0] if len(fitting) == 1 else None


def fitting_rows(
    home: spec.Shape | None, value: Json | Missing, address: tuple[str, ...]
) -> list[generators.PoolEntry]:
    """Return the rows that agree with all fields of the object ``value`` that are taken from them.

    ``home`` is the shape of the object, ``address`` that of the draw of the rows.
    """
    if not isinstance(home, spec.ObjectShape) or not isinstance(value, dict):
        return []
    fields = {
        member.name: (row, member.shape)
        for member in home.members
        if isinstance(member.shape, spec.Leaf)
        and (row := generators.row_of(member.shape.generator)) is not None
        and row.address == address
    }
    first = next((row.rows.entries for row, _ in fields.values()), ())
    return [
        entry
        for entry in first
        if all(_agrees(leaf, row, entry, value.get(name)) for name, (row, leaf) in fields.items())
    ]


def _agrees(
    leaf: spec.Leaf, row: generators.RowField, entry: generators.PoolEntry, value: Json
) -> bool:
    """Return whether a field of ``$rows`` may have ``value`` where ``entry`` is the row."""
    if isinstance(leaf.generator, generators.Alternatives):
        shapes = spec.alternatives_of(leaf)
        places = [each.identity for each in leaf.generator.alternatives]
        return may_be(shapes[places.index(entry.identity)], value)
    # A master turns types field by field.
    own = next(each for each in row.rows.entries if each.identity == entry.identity)
    cell = own.value.get(row.key) if isinstance(own.value, dict) else None
    return canonical(value) == canonical(cell)


def _number_given(
    plan: RecordPlan, generator: generators.Alternatives, record: Json, path: Sequence[str]
) -> int | None:
    value = _along(record, generator.given, path)
    cases = tuple(each.case for each in generator.alternatives)
    otherwise = next((n for n, case in enumerate(cases) if case is None), len(cases))
    field = spec.find_shape(plan.shape, generator.given)
    moment = FieldFacts(plan).moment_of(field) if isinstance(field, spec.Leaf) else None
    number = otherwise
    if not isinstance(value, Missing):
        number = Cases(cases=cases, otherwise=otherwise, moment=moment).number_of(value)
    return number if number < len(cases) else None


def _along(record: Json, names: Sequence[str], path: Sequence[str]) -> Json | Missing:
    """Return the value at ``names``; elements that are not named are those that ``path`` enters."""
    here: Json | Missing = record
    place: list[str] = []
    for name in names:
        if isinstance(here, list) and not name.isdigit():
            depth = len(place)
            if tuple(path[:depth]) != tuple(place) or depth >= len(path):
                return MISSING
            place.append(path[depth])
            here = _step(here, path[depth])
        if isinstance(here, Missing):
            return MISSING
        place.append(name)
        here = _step(here, name)
    return here


def _step(value: Json, name: str) -> Json | Missing:
    return value_at(value, (int(name) if isinstance(value, list) and name.isdigit() else name,))
