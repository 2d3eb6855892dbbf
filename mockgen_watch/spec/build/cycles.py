"""Takes the records of all models; gives a report on fields that are made of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from mockgen_watch.spec.build.overlay import walk_leaves
from mockgen_watch.spec.build.records import find_field, picked_record
from mockgen_watch.spec.generators import Reference, Template
from mockgen_watch.spec.model import Leaf

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockgen_watch.spec.build.context import Job
    from mockgen_watch.spec.build.overlay import Way
    from mockgen_watch.spec.build.records import Record

    _Node: TypeAlias = tuple[str, str, Way]


def check_cycles(records: Mapping[str, tuple[Record, ...]], job: Job) -> None:
    """Report each circle of templates and references once, at the first of its leaves."""
    graph = _graph(records, job)
    leaves = {node: leaf for node, (leaf, _) in graph.items()}
    done: set[_Node] = set()
    for start in graph:
        for circle in _circles(start, graph, done):
            named = [leaves[node] for node in circle]
            first = min(named, key=lambda leaf: leaf.origin.location)
            turn = named.index(first)
            ordered = [*circle[turn:], *circle[: turn + 1]]
            way = " → ".join(_name(node) for node in ordered)
            site = job.sites.get(first.origin.location)
            place = first.origin.location if site is None else site.location
            job.report.error("MG215", place, f"these fields are made of each other: {way}")


def _graph(
    records: Mapping[str, tuple[Record, ...]], job: Job
) -> dict[_Node, tuple[Leaf, tuple[_Node, ...]]]:
    """Return each leaf that is made of others, with the leaves that it is made of."""
    graph: dict[_Node, tuple[Leaf, tuple[_Node, ...]]] = {}
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


def _circles(
    start: _Node, graph: Mapping[_Node, tuple[Leaf, tuple[_Node, ...]]], done: set[_Node]
) -> list[list[_Node]]:
    """Return the circles met on a walk from ``start`` over nodes not done before."""
    circles: list[list[_Node]] = []
    trail: list[_Node] = []
    pending: list[tuple[_Node, bool]] = [(start, False)]
    while pending:
        node, leaving = pending.pop()
        if leaving:
            trail.pop()
            done.add(node)
        elif node in trail:
            circles.append(trail[trail.index(node) :])
        elif node not in done and node in graph:
            trail.append(node)
            pending.append((node, True))
            pending.extend((below, False) for below in graph[node][1])
    return circles


def _name(node: _Node) -> str:
    return ".".join([node[0], *(str(part) for part in node[2])])
