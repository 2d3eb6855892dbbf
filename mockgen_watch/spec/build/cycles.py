"""Takes the records of all models; gives a report on fields that are made of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.spec.build.overlay import walk_leaves
from mockgen_watch.spec.build.records import find_field, picked_record
from mockgen_watch.spec.generators import Reference, Template
from mockgen_watch.spec.model import Leaf

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final, TypeAlias

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.spec.build.job import Job
    from mockgen_watch.spec.build.overlay import Way
    from mockgen_watch.spec.build.records import Record

    _Node: TypeAlias = tuple[str, str, Way]
    _Graph: TypeAlias = dict[_Node, tuple[Leaf, tuple[_Node, ...]]]

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
