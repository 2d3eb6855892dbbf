"""Takes a model and the records made of it; gives what only shows when all is put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Diagnostic, did_you_mean
from mockgen_watch.masters.trees import find_shape, missing_key, walk_members
from mockgen_watch.plan.overlay import apply_overlay
from mockgen_watch.spec.build.rule_paths import check_rule_paths
from mockgen_watch.spec.model import ObjectShape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.masters.model import KeyPath, ResolvedMaster
    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.spec.model import Model, Shape


def check_deletes(
    master: ResolvedMaster | None, model: ObjectShape, record: ObjectShape
) -> list[Diagnostic]:
    """Return an error for each ``$delete`` in ``record`` that drops nothing.

    A model drops keys of the master; a scenario, keys of the model as well.
    """
    place = None if master is None else find_shape(master.shape, master.slot)
    found = []
    for path, member in walk_members(record):
        if not member.shape.modifiers.delete:
            continue
        if place is not None and find_shape(place, path) is not None:
            continue
        stated = find_shape(model, path)
        if stated is None or stated.modifiers.delete:
            found.append(_drops_nothing(place, path, member.location))
    return found


def check_rules(model: Model, records: Sequence[RecordPlan]) -> list[Diagnostic]:
    """Return an error for each field in a rule or exclusion that no scenario's records have.

    Fields go by the names that the model gives them, before ``$to``, or by those of the master.
    """
    shapes = [apply_overlay(model.shape, item.overlay, item.name) for item in model.scenarios]
    slots = [find_shape(plan.shape, plan.slot) for plan in records]
    shapes += [place for place in slots if isinstance(place, ObjectShape)]
    return check_rule_paths(model, shapes)


def _drops_nothing(place: Shape | None, path: KeyPath, location: Location) -> Diagnostic:
    missing, known = ("", []) if place is None else missing_key(place, path)
    why = f'the master has no "{missing}"' if place is not None else "there is no master"
    return Diagnostic(
        code="MG218",
        message=f'$delete drops nothing at "{".".join(path)}": {why}',
        location=location,
        hint=did_you_mean(missing, known),
    )
