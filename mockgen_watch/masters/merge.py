"""Takes a master and a record; gives the record that is written, each leaf with its origin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.masters.deep import finish_object, merge_objects
from mockgen_watch.masters.model import MergedRecord
from mockgen_watch.masters.moves import move_fields
from mockgen_watch.masters.paths import lead_templates
from mockgen_watch.masters.policies import Merge, policies_by_path
from mockgen_watch.masters.suggest import suggest_moves
from mockgen_watch.masters.trees import find_shape, put_object
from mockgen_watch.masters.validate import check_circles, check_names
from mockgen_watch.spec.model import ObjectShape

if TYPE_CHECKING:
    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.masters.model import ResolvedMaster


def merge_record(master: ResolvedMaster | None, record: ObjectShape) -> MergedRecord:
    """Return ``record`` over ``master``, or alone where there is none.

    The record's fields go where ``$to`` sends them, then into the slot, then each meets the
    master's by the policy of its path. Keys stand in the master's order, new ones behind them.

    Raises:
        ValueError: the slot of ``master`` is no object, so ``resolve_chain`` did not make it.
    """
    moved, moves, diagnostics = move_fields(record)
    slot = () if master is None else master.slot
    if master is None:
        whole = moved
    else:
        whole, found = _into_slot(master, moved)
        diagnostics += found
    whole, lost = lead_templates(finish_object(whole), slot, moves)
    diagnostics += lost
    diagnostics += check_names(whole, slot)
    diagnostics += check_circles(whole)
    return MergedRecord(
        shape=whole,
        slot=slot,
        moves=moves,
        diagnostics=tuple(sorted(diagnostics, key=lambda item: item.sort_key)),
    )


def _into_slot(master: ResolvedMaster, record: ObjectShape) -> tuple[ObjectShape, list[Diagnostic]]:
    place = find_shape(master.shape, master.slot)
    if not isinstance(place, ObjectShape):
        raise ValueError(f"the slot of {master.path} is no object")  # noqa: TRY004  # a path's fault
    merge = Merge(policies=policies_by_path(master.policies), on_conflict=master.on_conflict)
    merged = merge_objects(merge, place, record, ())
    found = [*merge.diagnostics, *suggest_moves(place, record)]
    return put_object(master.shape, master.slot, merged), found
