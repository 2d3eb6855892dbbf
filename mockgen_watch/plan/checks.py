"""Takes a model and the records made of it; gives what only shows when all is put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Diagnostic, did_you_mean
from mockgen_watch.masters.trees import find_shape, walk_members
from mockgen_watch.plan.overlay import apply_overlay
from mockgen_watch.spec.build.rule_paths import check_rule_paths
from mockgen_watch.spec.model import ObjectShape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.masters.model import KeyPath, ResolvedMaster
    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.spec.model import Model


def check_deletes(
    master: ResolvedMaster | None, model: ObjectShape, record: ObjectShape
) -> list[Diagnostic]:
    """Return an error for each ``$delete`` in ``record`` that drops nothing.

    A model drops keys of the master; a scenario, keys of the model as well.
    """
    place = None if master is None else find_shape(master.shape, master.slot)
    found = []
    for path, member in walk_members(record):
        if not member.shape.modifiers.delete or _has(place, path):
            continue
        stated = find_shape(model, path)
        if stated is None or stated.modifiers.delete:
            known = _keys(place, path[:-1])
            what = "there is no master" if place is None else "the master has no such key"
            found.append(
                _nowhere(
                    f'$delete drops nothing at "{".".join(path)}": {what}',
                    member.location,
                    did_you_mean(path[-1], known),
                )
            )
    return found


def check_rules(model: Model, records: Sequence[RecordPlan]) -> list[Diagnostic]:
    """Return an error for each field in a rule or exclusion that no scenario's records have.

    Fields go by the names that the model gives them, before ``$to``, or by those of the master.
    """
    shapes = [apply_overlay(model.shape, item.overlay, item.name) for item in model.scenarios]
    slots = [find_shape(plan.shape, plan.slot) for plan in records]
    shapes += [place for place in slots if isinstance(place, ObjectShape)]
    return check_rule_paths(model, shapes)


def _has(place: object, path: KeyPath) -> bool:
    return isinstance(place, ObjectShape) and find_shape(place, path) is not None


def _keys(place: object, path: KeyPath) -> list[str]:
    home = find_shape(place, path) if isinstance(place, ObjectShape) else None
    return [member.name for member in home.members] if isinstance(home, ObjectShape) else []


def _nowhere(message: str, location: Location, hint: str) -> Diagnostic:
    return Diagnostic(code="MG218", message=message, location=location, hint=hint)
