"""Takes the models of one file; gives a report on what they name: fields, models, scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.diagnostics import Related, did_you_mean, is_slip
from mockgen_watch.spec.build.records import find_field, picked_record, records_of, walk_leaves
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
    from typing import Final, TypeAlias

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.spec.build.reader import Job
    from mockgen_watch.spec.build.records import Found, Record, Way
    from mockgen_watch.spec.model import Model, Scenario, Shape

    Records = Mapping[str, tuple[Record, ...]]

    _Node: TypeAlias = tuple[str, str, Way]

    _Graph: TypeAlias = dict[_Node, tuple[Leaf, tuple[_Node, ...]]]

    Records = Mapping[str, tuple[Record, ...]]


MAX_CHAIN: Final = 100


def check_cycles(records: Mapping[str, tuple[Record, ...]], job: Job) -> None:
    """Report each circle of templates and references once, at the first of its leaves.

    A chain of more than ``MAX_CHAIN`` fields is reported too: following it takes a stack.
    """
    graph = _graph(records, job)
    walk = _Walk(graph)
    for start in graph:
        walk.run(start)
    for circle in walk.circles:
        first = min(circle, key=lambda node: _place(graph, node, job))
        turn = circle.index(first)
        way = " → ".join(map(_name, [*circle[turn:], *circle[: turn + 1]]))
        message = f"these fields are made of each other: {way}"
        job.report.error("MG215", _place(graph, first, job), message)
    for node in walk.too_deep:
        message = f"more than {MAX_CHAIN} fields are made of each other in a row"
        job.report.error("MG106", _place(graph, node, job), message)


class _Walk:
    """A walk over the whole graph, each node once; meets circles and chains on its way."""

    def __init__(self, graph: _Graph) -> None:
        self.graph = graph
        self.circles: list[list[_Node]] = []
        self.too_deep: list[_Node] = []
        self._heights: dict[_Node, int] = {}

    def run(self, start: _Node) -> None:
        """Walk from ``start`` over what was not walked before."""
        trail: dict[_Node, None] = {}
        pending = [(start, False)]
        while pending:
            node, leaving = pending.pop()
            if leaving:
                self._leave(node, trail)
            elif node in trail:
                members = list(trail)
                self.circles.append(members[members.index(node) :])
            elif node not in self._heights and node in self.graph:
                trail[node] = None
                pending.append((node, True))
                pending.extend((below, False) for below in self.graph[node][1])

    def _leave(self, node: _Node, trail: dict[_Node, None]) -> None:
        del trail[node]
        below = (self._heights.get(other, 0) for other in self.graph[node][1])
        height = 1 + max(below, default=0)
        if height > MAX_CHAIN:
            self.too_deep.append(node)
            height = 0
        self._heights[node] = height


def _graph(records: Mapping[str, tuple[Record, ...]], job: Job) -> _Graph:
    """Return each leaf that is made of others, with the leaves that it is made of."""
    graph: _Graph = {}
    for name, group in records.items():
        for record in group:
            for way, leaf in walk_leaves(record.shape):
                if isinstance(leaf.generator, Template):
                    below = _template_nodes(leaf.generator, way, record, job)
                elif isinstance(leaf.generator, Reference) and not leaf.generator.suite:
                    below = _reference_nodes(leaf.generator, records, job)
                else:
                    continue
                graph[name, record.scenario.name, way] = (leaf, below)
    return graph


def _template_nodes(template: Template, way: Way, record: Record, job: Job) -> tuple[_Node, ...]:
    found = [find_field(record.shape, part.path, job.open, way) for part in template.parts]
    ends = [item.way for item in found if isinstance(item.shape, Leaf)]
    return tuple((record.model.name, record.scenario.name, end) for end in ends)


def _reference_nodes(
    reference: Reference, records: Mapping[str, tuple[Record, ...]], job: Job
) -> tuple[_Node, ...]:
    record = picked_record(records.get(reference.model, ()), reference.scenario)
    if record is None:
        return ()
    found = find_field(record.shape, reference.path, job.open)
    if found.shape is None:
        return ()
    return ((reference.model, record.scenario.name, found.way),)


def _place(graph: _Graph, node: _Node, job: Job) -> Location:
    location = graph[node][0].origin.location
    site = job.sites.get(location)
    return location if site is None else site.location


def _name(node: _Node) -> str:
    return ".".join([node[0], *(str(part) for part in node[2])])


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
        _unique_report("MG204", demand, job, problem, hint)
    elif values is not None and values < demand.values:
        needed = f'the {demand.scenario.count} records of "{demand.scenario.name}"'
        if demand.times > 1:
            needed = f"the {demand.values} elements in {needed}"
        message = f"{values} different values are too few for {needed}"
        _unique_report("MG214", demand, job, message, "widen the field, or lower $count")
    elif isinstance(generator, Pattern) and not is_distinct(generator):
        message = "this pattern may make one string in two ways, so it cannot be unique"
        hint = "make each repeat end at a character that cannot be part of it"
        _unique_report("MG214", demand, job, message, hint)


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
        _unique_report("MG214", demand, job, message, "say $unique: true there as well")
        return None
    return record.scenario.count


def _unique_report(code: str, demand: _Demand, job: Job, message: str, hint: str) -> None:
    site = job.sites.get(demand.leaf.origin.location)
    place = demand.leaf.origin.location if site is None else site.location
    related = (Related(message="the scenario", location=demand.scenario.location),)
    shown = related if code == "MG214" else ()
    job.report.error(code, place, message, hint, shown)


def check_links(models: Sequence[Model], job: Job) -> None:
    """Report names that lead nowhere, circles, and unique fields with too few values.

    Where a master may add fields, an unknown one is reported only when it is a typing slip; the
    plan, which knows the master, reports the others.
    """
    records = {model.name: records_of(model) for model in models}
    for model in models:
        _check_mixes(model, job)
        for record in records[model.name]:
            for way, leaf in walk_leaves(record.shape):
                if isinstance(leaf.generator, Template):
                    _check_template(leaf.generator, way, leaf, record, job)
                elif isinstance(leaf.generator, Reference):
                    _check_reference(leaf.generator, leaf, records, job)
    check_unique(models, records, job)
    check_cycles(records, job)


def _check_mixes(model: Model, job: Job) -> None:
    plain = {scenario.name for scenario in model.scenarios if not scenario.mix}
    mixes = {scenario.name for scenario in model.scenarios if scenario.mix}
    for scenario in model.scenarios:
        for part in scenario.mix:
            if part.scenario in plain:
                continue
            if part.scenario in mixes:
                message, hint = f'"{part.scenario}" is a mix itself', "a mix takes plain scenarios"
            else:
                message = f'{model.name} has no scenario "{part.scenario}"'
                hint = did_you_mean(part.scenario, plain) or _list("it has", sorted(plain))
            job.report.error("MG216", part.location, message, hint)


def _check_template(template: Template, way: Way, leaf: Leaf, record: Record, job: Job) -> None:
    for part in template.parts:
        if part.path:
            found = find_field(record.shape, part.path, job.open, way)
            _report(found, f"{{{'.'.join(part.path)}}}", leaf, job)


def _check_reference(reference: Reference, leaf: Leaf, records: Records, job: Job) -> None:
    if reference.suite:
        return
    target = records.get(reference.model)
    place = place_of(leaf, job, "model")
    if target is None:
        hint = did_you_mean(reference.model, records) or _list("the file has", list(records))
        message = f'$ref names no model "{reference.model}"'
        job.report.error("MG203", place, message, hint)
        return
    record = picked_record(target, reference.scenario)
    if record is None:
        names = [item.scenario.name for item in target]
        hint = did_you_mean(reference.scenario, names) or _list("it has", names)
        message = f'$ref: {reference.model} has no plain scenario "{reference.scenario}"'
        job.report.error("MG216", place_of(leaf, job, "scenario"), message, hint)
        return
    found = find_field(record.shape, reference.path, job.open)
    _report(found, f"$ref {reference.model}.{'.'.join(reference.path)}", leaf, job)


def _report(found: Found, what: str, leaf: Leaf, job: Job) -> None:
    slip = any(is_slip(found.missing, name) for name in found.known)
    if not found.problem or (found.missing and job.may_have_master and not slip):
        return
    hint = did_you_mean(found.missing, found.known) if found.missing else ""
    code = "MG203" if found.missing else "MG218"
    job.report.error(code, place_of(leaf, job, "field"), f"{what}: {found.problem}", hint)


def place_of(leaf: Leaf, job: Job, param: str = "") -> Location:
    """Return the place of the directive of ``leaf``, or of its parameter ``param`` if it has it."""
    site = job.sites.get(leaf.origin.location)
    if site is None:
        return leaf.origin.location
    return (site.get(param) or site).location


def _list(start: str, names: Sequence[str]) -> str:
    return f"{start} {', '.join(names)}" if names else ""
