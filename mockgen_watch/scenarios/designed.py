"""Takes a part and a place of a record; tells whether a design chose what stands there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.generate.paths import shared_path
from mockgen_watch.plan.model import Draw
from mockgen_watch.scenarios.measuring import settings_of
from mockgen_watch.spec.generators import RowField
from mockgen_watch.spec.model import Leaf

if TYPE_CHECKING:
    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.scenarios.part import Part
    from mockgen_watch.spec.model import Shape


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
                is_there = isinstance(field, RowField) and item.path == shared_path(field)
            else:
                is_there = item.path == names
            if is_there:
                return plan, len(item.choices)
    return None
