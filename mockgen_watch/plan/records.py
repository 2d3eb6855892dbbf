"""Takes scenarios of models; gives the plan of their records, with the parents they refer to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Related
from mockgen_watch.masters.merge import merge_record
from mockgen_watch.masters.paths import written_path
from mockgen_watch.masters.trees import change_object, walk_leaves
from mockgen_watch.plan.capacity import check_unique
from mockgen_watch.plan.checks import check_deletes
from mockgen_watch.plan.model import RecordPlan
from mockgen_watch.plan.narrow import can_narrow, narrow
from mockgen_watch.plan.overlay import apply_overlay
from mockgen_watch.plan.references import find_field, find_parent
from mockgen_watch.plan.statements import check_statements, stated_parent
from mockgen_watch.plan.twins import twin_of
from mockgen_watch.spec.generators import Reference
from mockgen_watch.spec.model import RuleKind

if TYPE_CHECKING:
    from typing import TypeAlias

    from mockgen_watch.masters.model import KeyPath
    from mockgen_watch.plan.context import PlanContext, SuiteSource
    from mockgen_watch.plan.references import Parent
    from mockgen_watch.rules.plugin import RuleType
    from mockgen_watch.spec.model import Leaf, Model, ObjectShape, Scenario


class Records(Struct, frozen=True, kw_only=True):
    """Compiled records and the files that they depend on."""

    plan: RecordPlan
    files: frozenset[str]


Node: TypeAlias = "tuple[str, str, str, KeyPath]"
"""Suite, model, scenario and field of records that were asked for; ``()`` is the whole record."""


class _Step(Struct, frozen=True, kw_only=True):
    """One step of the way to the records that are being compiled."""

    node: Node
    leaf: Leaf
    field: str


class RecordCompiler:
    """Compiles records once, however many references lead to them.

    Attributes:
        found: what is wrong, in no order; a finding may stand more than once.
    """

    def __init__(self, context: PlanContext) -> None:
        """Compile with what ``context`` says, parents in other suites included."""
        self.found: list[Diagnostic] = []
        self._context = context
        self._merged: dict[tuple[str, str, str], RecordPlan] = {}
        self._done: dict[Node, Records | None] = {}
        self._way: list[_Step] = []

    def compile(self, wanted: Parent, over: Scenario | None = None) -> Records | None:
        """Return the records of a scenario; None when something that they need is missing.

        In a mix, ``over`` is the mixed scenario: its overlay comes on top, its count holds.
        """
        plan = self._plan(wanted) if over is None else self._merge(wanted, over)
        records = self._with_parents((*wanted.key, ()), plan, wanted.source)
        if records is not None:
            self.found += check_unique(records.plan)
            count = wanted.scenario.count if over is None else None
            self.found += check_statements(records.plan, count)
        return records

    def _plan(self, wanted: Parent) -> RecordPlan:
        if wanted.key not in self._merged:
            self._merged[wanted.key] = self._merge(wanted, wanted.scenario)
        return self._merged[wanted.key]

    def _merge(self, wanted: Parent, over: Scenario) -> RecordPlan:
        """Return the records with overlay and master, but without parents."""
        source, model, scenario = wanted.source, wanted.model, wanted.scenario
        twin = twin_of(model, scenario)
        shape = apply_overlay(model.shape, twin.overlay, twin.name)
        if over is not scenario:
            shape = apply_overlay(shape, over.overlay, over.name)
        merged = merge_record(source.master, shape)
        self.found += merged.diagnostics
        self.found += check_deletes(source.master, model.shape, shape)
        faulty = None
        own_faults: list[KeyPath] = []
        if twin is not scenario and scenario.overlay is not None:
            faulty = merge_record(source.master, apply_overlay(shape, scenario.overlay, "negative"))
            self.found += faulty.diagnostics
            own_faults = [
                written_path(path, faulty.slot, faulty.moves)
                for path, _ in walk_leaves(scenario.overlay)
            ]
        seed = self._context.selection.seed
        return RecordPlan(
            seed=source.user_input.seed if seed is None else seed,
            model_id=model.id,
            shape=merged.shape,
            count=self._context.selection.count_of(model, over),
            rules=model.rules,
            exclusions=model.exclusions,
            slot=merged.slot,
            moves=merged.moves,
            scenario=scenario.name,
            faults=scenario.faults,
            coverage=twin.coverage,
            faulty=None if faulty is None else faulty.shape,
            own_faults=tuple(dict.fromkeys(own_faults)),
            stated=twin.stated,
            rule_types=self._rule_types(model),
        )

    def _rule_types(self, model: Model) -> dict[str, RuleType]:
        known = self._context.rule_types
        names = (rule.expression for rule in model.rules if rule.kind is RuleKind.PLUGIN)
        return {name: known[name] for name in names if name in known}

    def _with_parents(self, node: Node, plan: RecordPlan, home: SuiteSource) -> Records | None:
        """Return ``plan`` with the plan behind each reference; None when one leads nowhere."""
        led: dict[Reference, tuple[Reference, RecordPlan]] = {}
        files = home.files
        broken = False
        shapes = [plan.shape] if plan.faulty is None else [plan.shape, plan.faulty]
        for path, leaf in (found for shape in shapes for found in walk_leaves(shape)):
            if not isinstance(leaf.generator, Reference) or leaf.generator in led:
                continue
            own = path[len(plan.slot) :] if path[: len(plan.slot)] == plan.slot else path
            self._way.append(_Step(node=node, leaf=leaf, field=".".join(own)))
            parent = self._parent(leaf.generator, leaf, home)
            self._way.pop()
            if parent is None:
                broken = True
                continue
            led[leaf.generator] = parent[0], parent[1].plan
            files |= parent[1].files
        if broken:
            return None
        if led:
            parents = tuple(dict(led.values()).items())
            faulty = None if plan.faulty is None else _lead_references(plan.faulty, led)
            shape = _lead_references(plan.shape, led)
            plan = replace(plan, shape=shape, faulty=faulty, parents=parents)
        return Records(plan=plan, files=files)

    def _parent(
        self, reference: Reference, leaf: Leaf, home: SuiteSource
    ) -> tuple[Reference, Records] | None:
        """Return ``reference`` with its parent spelt out, and the parent's records."""
        parent = find_parent(reference, leaf, home, self._context)
        if isinstance(parent, Diagnostic):
            self.found.append(parent)
            return None
        whole = self._plan(parent)
        path = find_field(reference, leaf, whole)
        if isinstance(path, Diagnostic):
            self.found.append(path)
            return None
        stated = stated_parent(leaf, whole, path)
        if stated is not None:
            self.found.append(stated)
            return None
        node = (*parent.key, path if can_narrow(whole) else ())
        if node not in self._done:
            nodes = [step.node for step in self._way]
            if node in nodes:
                self.found.append(_circle(self._way[nodes.index(node) :]))
                return None
            # What is stated of its other fields changes nothing here.
            plan = replace(whole, stated=())
            plan = narrow(plan, path) if node[3] else plan
            self._done[node] = self._with_parents(node, plan, parent.source)
        records = self._done[node]
        if records is None:
            return None
        suite, _, scenario = parent.key
        return replace(reference, suite=suite, scenario=scenario, path=path), records


def _lead_references(
    shape: ObjectShape, led: dict[Reference, tuple[Reference, RecordPlan]]
) -> ObjectShape:
    def lead(leaf: Leaf) -> Leaf:
        if not isinstance(leaf.generator, Reference):
            return leaf
        return replace(leaf, generator=led[leaf.generator][0])

    return change_object(shape, lead)


def _circle(steps: list[_Step]) -> Diagnostic:
    # The same circle is found from several of its members; it is told from the least of them.
    least = min(range(len(steps)), key=lambda index: steps[index].node)
    steps = steps[least:] + steps[:least]
    suite = steps[0].node[0]
    names = [_name(step, suite) for step in steps]
    return Diagnostic(
        code="MG215",
        message=f"references go round in a circle: {' → '.join((*names, names[0]))}",
        location=steps[0].leaf.origin.location,
        hint="one of these fields must get its values without $ref",
        related=tuple(
            Related(message="by way of this one", location=step.leaf.origin.location)
            for step in steps[1:]
        ),
    )


def _name(step: _Step, suite: str) -> str:
    own, model, _, _ = step.node
    return f"{model}.{step.field}" if own == suite else f"{own}:{model}.{step.field}"
