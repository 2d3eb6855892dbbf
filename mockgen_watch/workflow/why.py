"""Explanations: where a value of an output comes from, as ``why`` shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.errors import UsageError
from mockgen_watch.rules.values import Missing
from mockgen_watch.scenarios.coverage.covered import find_design
from mockgen_watch.scenarios.faults.kinds import OWN
from mockgen_watch.scenarios.labels import INSIDE, Case, label_data, labelled
from mockgen_watch.scenarios.promise.facts import bare_path
from mockgen_watch.spec.document import Json, pointer_of
from mockgen_watch.spec.model import ArrayShape, Labels, Leaf, Origin, OriginKind, Shape
from mockgen_watch.workflow import origins

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.scenarios.source import Source
    from mockgen_watch.workflow.targets import Target


class Explanation(Struct, frozen=True, kw_only=True):
    """Where one value of one record comes from.

    Attributes:
        value: meaningless when not ``is_present``.
        is_present: it may be left out, or lie beyond the end of an array.
        scenario: of the record; in a mix, that of its part.
        labels: what the record shows: a line, or one for each of several faults.
        steps: what else has a part in it, the nearest first.
        plan: what the record was made by.
    """

    record: int
    pointer: str
    value: Json
    is_present: bool
    scenario: str
    labels: tuple[Mapping[str, Json], ...]
    choice: Choice
    steps: tuple[origins.Step, ...]
    plan: RecordPlan


class Choice(Struct, frozen=True, kw_only=True):
    """How one value is made.

    Attributes:
        text: one line.
        notes: what modifiers add, a phrase each.
        odds: values with their odds, for a pool.
        address, elements: with seed, model and record the whole address of the draw.
    """

    origin: Origin
    text: str
    notes: tuple[str, ...] = ()
    odds: tuple[origins.Odds, ...] = ()
    address: tuple[str, ...] = ()
    elements: tuple[int, ...] = ()


def explain(target: Target, segments: Sequence[str]) -> Explanation:
    """Return where the value comes from that the pointer of ``segments`` into a file leads to.

    Raises:
        UsageError: the file has no such place.
        FindingsError: the record cannot be made.
    """
    if target.is_labels:
        return _explain_label(target, segments)
    index, path = origins.locate_record(target.plan, target.number, segments)
    return RecordExplainer(target, target.suites.record_sources.of(target.plan), index).at(path)


def _explain_label(target: Target, segments: Sequence[str]) -> Explanation:
    """Return where a value in a file of labels comes from; each of its lines is a label."""
    if not segments or not segments[0].isdigit():
        raise UsageError("the pointer must begin with the line's index, as in #/0/rule")
    left = int(segments[0])
    source = target.suites.record_sources.of(target.plan)
    for index in range(target.plan.count):
        explainer = RecordExplainer(target, source, index)
        if left < len(explainer.labels):
            return explainer.label(left, segments[1:])
        left -= len(explainer.labels)
    raise UsageError(f"the file has only {int(segments[0]) - left} labels")


class RecordExplainer:
    """Explains the values of one record, which is made once."""

    def __init__(self, target: Target, source: Source, index: int) -> None:
        """Make record ``index`` of the output that ``target`` and ``source`` are of.

        Raises:
            FindingsError: the record cannot be made.
        """
        self._target = target
        self._index = index
        self._case = source.case_at(index)
        is_labelled = source.is_promised and target.plan.output.labels is Labels.INSIDE
        self._record = labelled(self._case) if is_labelled else self._case.record
        self._part = source.parts[source.part_of(index)]
        self._scenario = source.scenarios[source.part_of(index)]
        mix = target.plan.mix
        parts = (mixed.records for mixed in mix if mixed.scenario == self._scenario)
        self._plan = next(parts, target.plan.records)
        faults = (self._case.faults or (None,)) if source.is_promised else ()
        self.labels = tuple(label_data(self._case, fault) for fault in faults)

    def at(self, path: Sequence[str]) -> Explanation:
        """Return where the value at ``path`` of the record comes from.

        Raises:
            UsageError: the record has no such place.
        """
        plan, case = self._plan, self._case
        _, value = origins.locate_value(self._record, path)
        choice = _special(plan, case, self._index, path) or _drawn(origins.shape_at(plan, path))
        steps = (
            *self._covering(path),
            *origins.trace(self._target, plan, case, path, choice.origin),
        )
        return self._explanation(path, value, choice, steps)

    def label(self, number: int, path: Sequence[str]) -> Explanation:
        """Return where the value at ``path`` of a label of the record comes from.

        Raises:
            UsageError: the label has no such place.
        """
        label = {"record": self._index, **self.labels[number]}
        _, value = origins.locate_value(label, path)
        if isinstance(value, Missing):
            raise UsageError(f"the label has no {pointer_of(path)}")
        text = f"the label of record {self._index}"
        choice = Choice(origin=self._origin_of_label(label), text=text)
        return self._explanation(path, value, choice, ())

    def _origin_of_label(self, label: Mapping[str, Json]) -> Origin:
        """Return the rule or the clause that a label speaks of; else the scenario."""
        places = {rule.name: rule.location for rule in self._plan.rules if "rule" in label}
        places |= {item.name: item.location for item in self._plan.exclusions if "clause" in label}
        name = str(label.get("rule", label.get("clause", "")))
        location = places.get(name, self._target.plan.location)
        return Origin(kind=OriginKind.SCENARIO, name=self._case.scenario, location=location)

    def _explanation(
        self,
        path: Sequence[str],
        value: Json | Missing,
        choice: Choice,
        steps: tuple[origins.Step, ...],
    ) -> Explanation:
        return Explanation(
            record=self._index,
            pointer=pointer_of(path),
            value=None if isinstance(value, Missing) else value,
            is_present=not isinstance(value, Missing),
            scenario=self._scenario,
            labels=self.labels,
            choice=choice,
            steps=steps,
            plan=self._plan,
        )

    def _covering(self, path: Sequence[str]) -> Iterator[origins.Step]:
        """Yield the line of ``$coverage`` where a design chose the value, and no odds."""
        plan = self._plan
        if not plan.coverage.is_asked or origins.fault_at(self._case, path) is not None:
            return
        try:
            shape = origins.shape_at(plan, path).shape
        except UsageError:
            return
        plans = [constrained for constrained, _ in self._part.settings]
        found = find_design(plans, self._index, shape, tuple(path))
        if found is not None and origins.find_statement(plan, self._index, path) is None:
            yield origins.Step(
                role=origins.Role.COVERAGE,
                name="$coverage",
                location=plan.coverage.location,
                text=f"{plan.coverage.strength} sets it for the first {found[1]} records",
            )


def _drawn(found: origins.FoundShape) -> Choice:
    shape = found.shape
    leaf = shape if isinstance(shape, Leaf) else None
    return Choice(
        origin=shape.origin,
        text=origins.describe(leaf.generator) if leaf else _describe_group(shape),
        notes=origins.describe_modifiers(shape.modifiers),
        odds=origins.pool_odds(leaf.generator) if leaf else (),
        address=shape.address,
        elements=found.elements,
    )


def _special(plan: RecordPlan, case: Case, index: int, path: Sequence[str]) -> Choice | None:
    """Return how a value was put there that is not drawn: a label, a fault, a statement."""
    if path and path[0] == INSIDE and INSIDE not in case.record:
        origin = replace(plan.shape.origin, kind=OriginKind.SCENARIO, name=case.scenario)
        return Choice(origin=origin, text="the label of this record")
    fault = origins.fault_at(case, path)
    if fault is not None:
        own = None if plan.faulty is None else origins.find_leaf(plan.faulty, fault.place)
        rule = next(rule for rule in plan.rules if rule.name == fault.rule)
        place = tuple(map(str, fault.place))
        is_own = fault.operator == OWN and bare_path(place) in plan.own_faults
        if own is not None and is_own:
            elements = tuple(int(part) for part in place if part.isdigit())
            return _drawn(origins.FoundShape(shape=own, elements=elements))
        origin = Origin(kind=OriginKind.SCENARIO, name=case.scenario, location=rule.location)
        text = f"changed ({fault.operator}) so that the record breaks the rule {fault.rule}"
        others = [pointer_of(other) for other in fault.places if not origins.leads_to(other, path)]
        if fault.also and others:
            text += f", together with {' and '.join(others)}"
        return Choice(origin=origin, text=text)
    stated = origins.find_statement(plan, index, path)
    if stated is not None:
        name = plan.twin or plan.scenario
        origin = Origin(kind=OriginKind.SCENARIO, name=name, location=stated.location)
        text = f"stated for record {index} in $records"
        return Choice(origin=origin, text=text)
    return None


def _describe_group(shape: Shape) -> str:
    if isinstance(shape, ArrayShape):
        if shape.items is None:
            return f"an array of {len(shape.elements)} elements"
        return f"an array of {shape.minimum} to {shape.maximum} elements"
    return "an object"
