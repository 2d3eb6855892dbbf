"""Takes a model and its records; gives a report on unique fields that have too few values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Related
from mockgen_watch.spec.build.overlay import walk_leaves
from mockgen_watch.spec.capacity import capacity
from mockgen_watch.spec.generators import Pattern
from mockgen_watch.spec.pattern import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockgen_watch.spec.build.context import Job
    from mockgen_watch.spec.build.records import Record
    from mockgen_watch.spec.model import Leaf, Model, Scenario


def check_unique(model: Model, records: Sequence[Record], job: Job) -> None:
    """Report each unique field that has fewer values than the largest output needs."""
    for record in records:
        largest = _largest(record.scenario, model)
        for _, leaf in walk_leaves(record.shape):
            if leaf.modifiers.unique and leaf.origin.location not in job.broken:
                _check_leaf(leaf, largest, job)


def _largest(scenario: Scenario, model: Model) -> Scenario:
    """Return the scenario with the most records among ``scenario`` and the mixes it is part of."""
    mixes = [
        other
        for other in model.scenarios
        if any(part.scenario == scenario.name for part in other.mix)
    ]
    return max((scenario, *mixes), key=lambda item: item.count)


def _check_leaf(leaf: Leaf, largest: Scenario, job: Job) -> None:
    values = capacity(leaf.generator)
    site = job.sites.get(leaf.origin.location)
    place = leaf.origin.location if site is None else site.location
    if values is not None and values < largest.count:
        related = (Related(message="the scenario", location=largest.location),)
        message = (
            f"{values} different values are too few for the {largest.count} records of "
            f'"{largest.name}"'
        )
        job.report.error("MG214", place, message, "widen the field, or lower $count", related)
    elif isinstance(leaf.generator, Pattern) and not _is_distinct(leaf.generator):
        message = "this pattern may make one string in two ways, so it cannot be unique"
        hint = "make each repeat end at a character that cannot be part of it"
        job.report.error("MG214", place, message, hint)


def _is_distinct(pattern: Pattern) -> bool:
    return compile_pattern(pattern.source).distinct
