"""Takes a record's case; gives the lines that tell what it shows, beside the output or inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.rules.values import Missing
from mockgen_watch.scenarios.source import has_promise
from mockgen_watch.spec.document import pointer_of
from mockgen_watch.spec.model import Labels

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.scenarios.source import Case, Change, Fault, Source, Told
    from mockgen_watch.spec.document import Json


INSIDE: Final = "_label"
"""The key of a record that holds what it shows, where labels are to be inside."""


def is_promised(plan: OutputPlan) -> bool:
    """Return whether rules or exclusions say something of any record of an output."""
    parts = [part.records for part in plan.mix] or [plan.records]
    return any(has_promise(part) for part in parts)


def wants_labels(plan: OutputPlan) -> bool:
    """Return whether a file of labels stands beside an output."""
    return plan.output.labels is Labels.FILE and is_promised(plan)


def label_lines(source: Source, index: int) -> Iterator[dict[str, Json]]:
    """Yield the lines of record ``index``: one, or one for each of several faults."""
    return lines_of(source.told_at(index), index)


def lines_of(case: Case | Told, index: int) -> Iterator[dict[str, Json]]:
    """Yield the lines of record ``index``, which shows what ``case`` tells."""
    for fault in case.faults or (None,):
        yield {"record": index, **label_of(case, fault)}


def label_of(case: Case | Told, fault: Fault | None) -> dict[str, Json]:
    """Return what is told of a case; ``before`` or ``after`` is left out where nothing stands."""
    label: dict[str, Json] = {"scenario": case.scenario}
    if case.clause:
        label["clause"] = case.clause
    if fault is not None:
        label["rule"] = fault.rule
        label["pointer"] = pointer_of(fault.place)
        label["operator"] = fault.operator
        label |= _sides(fault)
        label["message"] = fault.message
        if fault.also:
            label["also"] = [
                {"pointer": pointer_of(change.place), **_sides(change)} for change in fault.also
            ]
    return label


def _sides(change: Fault | Change) -> dict[str, Json]:
    sides = (("before", change.before), ("after", change.after))
    return {name: value for name, value in sides if not isinstance(value, Missing)}


def labelled(case: Case) -> dict[str, Json]:
    """Return the record of a case with its label inside: several faults are a list."""
    labels = [label_of(case, fault) for fault in case.faults or (None,)]
    inside: Json = labels[0] if len(labels) == 1 else list(labels)
    return {**case.record, INSIDE: inside}
