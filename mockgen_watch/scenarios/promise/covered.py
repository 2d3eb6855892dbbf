"""Takes a part and a place of a record; tells whether a design chose what stands there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.diagnostics import has_errors
from mockgen_watch.digest import digest
from mockgen_watch.generate.address import path_of_draw
from mockgen_watch.masters.shapes import form_bytes
from mockgen_watch.plan.model import NEGATIVE, POSITIVE, Draw, records_form
from mockgen_watch.scenarios.coverage.covered import Covered, cover_plan, lay
from mockgen_watch.scenarios.measure import settings_of
from mockgen_watch.scenarios.promise.redraw import Drawer, drawer_of
from mockgen_watch.spec.generators import RowField
from mockgen_watch.spec.model import Leaf

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.scenarios.promise.needs import Need
    from mockgen_watch.scenarios.source import Lay, Part
    from mockgen_watch.spec.model import Shape


ROUNDS: Final = 8
"""How often a design is made anew because some of its records cannot be."""

_KEPT: Final = 64
_KNOWN: dict[str, Covered] = {}
"""Designs by what decides them: positive and negative have the same."""


def cover_drawer(
    plan: RecordPlan, needs: Sequence[Need], every: Sequence[Need], where: Lay
) -> tuple[Drawer | None, Covered | None, list[Diagnostic]]:
    """Return the drawer of ``plan`` with what it covers; no drawer where that is not possible."""
    key = _key(plan, where)
    known = _KNOWN.get(key)
    if known is not None:
        covered = lay(replace(known, plan=plan))
        return drawer_of(covered.plan, needs, every), covered, []
    made, found = cover_plan(
        plan, needs, name=_name(plan, where), start=where.start, stride=where.stride
    )
    if made is None:
        return (
            (None, None, found) if has_errors(found) else (drawer_of(plan, needs, every), None, [])
        )
    drawer = drawer_of(made.plan, needs, every)
    for _ in range(ROUNDS if needs else 0):
        bad = [
            (row, broken)
            for row in range(len(made.design.rows))
            if (broken := drawer.try_at(made.record_of(row))[1])
        ]
        better = made.without(bad) if bad else None
        if better is None:
            break
        made = better
        drawer = drawer_of(made.plan, needs, every)
    if len(_KNOWN) >= _KEPT:
        _KNOWN.clear()
    if not found:
        _KNOWN[key] = made
    return drawer, made, found


def _name(plan: RecordPlan, where: Lay) -> str:
    scenario = POSITIVE if plan.scenario == NEGATIVE and plan.rules else plan.scenario
    return "/".join(filter(None, (plan.model_id, scenario, where.name)))


def _key(plan: RecordPlan, where: Lay) -> str:
    """Return what is the same for plans whose designs are the same."""
    bare = replace(
        plan, scenario="", count=1, faults=1, faulty=None, own_faults=(), stated=(), first=()
    )
    form = records_form(bare)
    place = [_name(plan, where), where.start, where.stride]
    return digest(form_bytes([form, [str(part) for part in place]]))


def designed_by(
    part: Part, index: int, shape: Shape, path: tuple[str, ...]
) -> tuple[RecordPlan, int] | None:
    """Return the plan whose design chose the value at ``path`` of record ``index``, and its length.

    None where it was drawn. ``path`` has the elements on the way; ``shape`` is what stands there.
    The length is the number of records that the design reaches to.
    """
    names = tuple(name for name in path if not name.isdecimal())
    elements = tuple(int(name) for name in path if name.isdecimal())
    field = shape.generator if isinstance(shape, Leaf) else None
    for plan, _ in settings_of(part):
        for item in plan.first:
            chosen = item.choices[index] if index < len(item.choices) else None
            if chosen is None or item.elements != elements:
                continue
            if item.draw is Draw.ROWS:
                is_there = isinstance(field, RowField) and item.path == path_of_draw(field.address)
            else:
                is_there = item.path == names
            if is_there:
                return plan, len(item.choices)
    return None
