"""Takes the records of all models; gives a report on ``$unique`` that cannot be kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.diagnostics import Related
from mockgen_watch.spec.build.records import find_field, picked_record
from mockgen_watch.spec.capacity import capacity, is_distinct
from mockgen_watch.spec.generators import (
    DistributionKind,
    Number,
    Pattern,
    RecordIndex,
    Reference,
    SequenceNumber,
    Template,
    Uuid,
)
from mockgen_watch.spec.model import Leaf, ObjectShape

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mockgen_watch.spec.build.job import Job
    from mockgen_watch.spec.build.records import Record
    from mockgen_watch.spec.model import Model, Scenario, Shape

    Records = Mapping[str, tuple[Record, ...]]


class _Demand(Struct, frozen=True, kw_only=True):
    """What a unique leaf has to give: ``values`` for the ``scenario`` that needs the most."""

    leaf: Leaf
    times: int
    scenario: Scenario

    @property
    def values(self) -> int:
        return self.times * self.scenario.count


def check_unique(models: Sequence[Model], records: Records, job: Job) -> None:
    """Report each unique field that cannot be, or has fewer values than an output needs."""
    for model in models:
        for record in records[model.name]:
            largest = _largest(record.scenario, model)
            for leaf, times in _unique_leaves(record.shape):
                if leaf.origin.location not in job.broken:
                    demand = _Demand(leaf=leaf, times=times, scenario=largest)
                    _check(demand, records, job)


def _unique_leaves(shape: Shape, times: int = 1) -> Iterator[tuple[Leaf, int]]:
    """Yield each unique leaf with the most values that one record takes of it."""
    if isinstance(shape, Leaf):
        if shape.modifiers.unique:
            yield shape, times
    elif isinstance(shape, ObjectShape):
        for member in shape.members:
            yield from _unique_leaves(member.shape, times)
    else:
        most = max(shape.maximum, len(shape.elements))
        for element in shape.elements if shape.items is None else (shape.items,):
            yield from _unique_leaves(element, times * most)


def _largest(scenario: Scenario, model: Model) -> Scenario:
    """Return the scenario with the most records among ``scenario`` and the mixes it is part of."""
    mixes = [
        other
        for other in model.scenarios
        if any(part.scenario == scenario.name for part in other.mix)
    ]
    return max((scenario, *mixes), key=lambda item: item.count)


def _check(demand: _Demand, records: Records, job: Job) -> None:
    generator = demand.leaf.generator
    values = capacity(generator)
    if isinstance(generator, Reference):
        values = _parents(demand, generator, records, job)
    problem, hint = _impossible(demand)
    if problem:
        _report("MG204", demand, job, problem, hint)
    elif values is not None and values < demand.values:
        needed = f'the {demand.scenario.count} records of "{demand.scenario.name}"'
        if demand.times > 1:
            needed = f"the {demand.values} elements in {needed}"
        message = f"{values} different values are too few for {needed}"
        _report("MG214", demand, job, message, "widen the field, or lower $count")
    elif isinstance(generator, Pattern) and not is_distinct(generator):
        message = "this pattern may make one string in two ways, so it cannot be unique"
        hint = "make each repeat end at a character that cannot be part of it"
        _report("MG214", demand, job, message, hint)


def _impossible(demand: _Demand) -> tuple[str, str]:
    """Return why a leaf of this sort is never unique, and what to do; ``""`` when it can be."""
    leaf, generator = demand.leaf, demand.leaf.generator
    if leaf.modifiers.transforms:
        hint = "transform the values themselves, or in a $template that takes this field"
        return "two values that differ may be one after $transform", hint
    if isinstance(generator, Template):
        hint = "let a field in it be $unique, a $sequence or a $uuid"
        return "text that is built of other fields cannot be promised to be unique", hint
    shaped = isinstance(generator, Number) and (
        generator.distribution.kind is not DistributionKind.UNIFORM
    )
    if shaped:
        return "unique numbers are spread evenly, so they have no distribution", ""
    counted = isinstance(generator, SequenceNumber | RecordIndex)
    if counted and demand.times > 1:
        return "every element of a record has the same number, so they are not unique", ""
    return "", ""


def _parents(demand: _Demand, reference: Reference, records: Records, job: Job) -> int | None:
    """Return how many values a reference can take; None when that cannot be told here."""
    record = picked_record(records.get(reference.model, ()), reference.scenario)
    if reference.suite or record is None:
        return None
    found = find_field(record.shape, reference.path, job.open).shape
    if not isinstance(found, Leaf) or found.origin.location in job.broken:
        return None
    always = isinstance(found.generator, Uuid | SequenceNumber | RecordIndex)
    if not always and not found.modifiers.unique:
        message = f"{'.'.join((reference.model, *reference.path))} is not unique itself"
        _report("MG214", demand, job, message, "say $unique: true there as well")
        return None
    return record.scenario.count


def _report(code: str, demand: _Demand, job: Job, message: str, hint: str) -> None:
    site = job.sites.get(demand.leaf.origin.location)
    place = demand.leaf.origin.location if site is None else site.location
    related = (Related(message="the scenario", location=demand.scenario.location),)
    shown = related if code == "MG214" else ()
    job.report.error(code, place, message, hint, shown)
