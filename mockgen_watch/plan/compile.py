"""Takes the spec of a suite and its master; gives the plan of every output, and what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Related, Severity, did_you_mean
from mockgen_watch.masters.moves import written_path
from mockgen_watch.masters.record import merge_record
from mockgen_watch.plan.checks import (
    check_deletes,
    check_rules,
    check_statements,
    check_unique,
    stated_parent,
)
from mockgen_watch.plan.key import output_key
from mockgen_watch.plan.model import MixedPart, OutputPlan, RecordPlan, SuiteSource
from mockgen_watch.plan.overlay import apply_overlay, twin_of
from mockgen_watch.plan.references import Parent, find_field, find_parent
from mockgen_watch.spec.generators import Reference, Template
from mockgen_watch.spec.model import ObjectShape, RuleKind, change_object, find_shape, walk_leaves

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import TypeAlias

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.masters.chain import ResolvedMaster
    from mockgen_watch.plan.model import PlanContext
    from mockgen_watch.rules.plugin import RuleType
    from mockgen_watch.spec.model import KeyPath, Leaf, MixPart, Model, Scenario, UserInput


def can_narrow(records: RecordPlan) -> bool:
    """Return whether each field's values are its own affair.

    Rules, exclusions and coverage choose whole records: then one field depends on the others.
    """
    return not (records.rules or records.exclusions or records.coverage.is_asked)


def narrow(records: RecordPlan, path: KeyPath) -> RecordPlan:
    """Return ``records`` with the field at ``path`` and the fields that its templates name."""
    needed = _needed(records.shape, path)
    return replace(records, shape=_keep(records.shape, needed))


def _needed(shape: ObjectShape, path: KeyPath) -> set[KeyPath]:
    waiting = [path]
    needed: set[KeyPath] = set()
    while waiting:
        here = waiting.pop()
        target = find_shape(shape, here)
        if target is None or here in needed:
            continue
        needed.add(here)
        for _, leaf in walk_leaves(target):
            if isinstance(leaf.generator, Template):
                waiting += [part.path for part in leaf.generator.parts if part.path]
    return needed


def _keep(shape: ObjectShape, paths: Iterable[KeyPath]) -> ObjectShape:
    below: dict[str, list[KeyPath]] = {}
    for path in paths:
        below.setdefault(path[0], []).append(path[1:])
    members = tuple(
        replace(member, shape=_keep(member.shape, below[member.name]))
        if isinstance(member.shape, ObjectShape) and all(below[member.name])
        else member
        for member in shape.members
        if member.name in below
    )
    return replace(shape, members=members)


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


def compile_suite(
    suite: str, user_input: UserInput, master: ResolvedMaster | None, context: PlanContext
) -> tuple[tuple[OutputPlan, ...], list[Diagnostic]]:
    """Return the plans of the selected outputs of ``suite``, in source order, and all findings.

    An output whose parents or mix cannot be found has no plan; an error says why. Findings of
    parents in other suites are among them, for they stop this suite as well.
    """
    home = SuiteSource(suite=suite, user_input=user_input, master=master, inputs=context.inputs)
    compiler = RecordCompiler(context)
    found: list[Diagnostic] = []
    outputs: list[OutputPlan] = []
    for model in user_input.models:
        plans = []
        for scenario in model.scenarios:
            if context.selection.wants(model, scenario):
                wanted = Parent(source=home, model=model, scenario=scenario)
                plan = _output(wanted, compiler, context)
                if isinstance(plan, Diagnostic):
                    found.append(plan)
                elif plan is not None:
                    plans.append(plan)
        # A field may be one that only a scenario adds, so all of them must be at hand.
        if len(plans) == len(model.scenarios):
            found += check_rules(model, [plan.records for plan in plans])
        outputs += plans
    return tuple(outputs), _each_once([*found, *compiler.found])


def _output(
    wanted: Parent, compiler: RecordCompiler, context: PlanContext
) -> OutputPlan | Diagnostic | None:
    """Return the plan of one output; None when the compiler found why there is none."""
    model, scenario = wanted.model, wanted.scenario
    parts = _mix(wanted, compiler)
    if parts is None or isinstance(parts, Diagnostic):
        return parts
    records = parts[0][1] if parts else compiler.compile(wanted)
    if records is None:
        return None
    plan = OutputPlan(
        suite=wanted.source.suite,
        model=model.name,
        scenario=scenario.name,
        records=records.plan,
        mix=tuple(part for part, _ in parts),
        output=context.selection.output_of(scenario),
        coverage=scenario.coverage,
        inputs=tuple(sorted(records.files.union(*(other.files for _, other in parts)))),
        key="",
        location=scenario.location,
    )
    return replace(plan, key=output_key(plan, context.contract, context.digests))


def _mix(
    wanted: Parent, compiler: RecordCompiler
) -> list[tuple[MixedPart, Records]] | Diagnostic | None:
    """Return the parts of a mixed scenario, none for any other.

    Record i of a mix is record i of one part, so each part has as many records as the mix.
    """
    scenarios = {scenario.name: scenario for scenario in wanted.model.scenarios}
    parts = []
    for part in wanted.scenario.mix:
        scenario = scenarios.get(part.scenario)
        if scenario is None or scenario.mix:
            return _no_part(part, wanted.model.name, scenarios)
        records = compiler.compile(replace(wanted, scenario=scenario), wanted.scenario)
        if records is None:
            return None
        mixed = MixedPart(scenario=part.scenario, weight=part.weight, records=records.plan)
        parts.append((mixed, records))
    return parts


def _no_part(part: MixPart, model: str, scenarios: Mapping[str, Scenario]) -> Diagnostic:
    if part.scenario in scenarios:
        message = f'"{part.scenario}" of {model} is itself a mix'
    else:
        message = f'{model} has no scenario "{part.scenario}" that could be mixed'
    known = [name for name, scenario in scenarios.items() if not scenario.mix]
    return Diagnostic(
        code="MG216",
        message=message,
        location=part.location,
        hint=did_you_mean(part.scenario, known) or f"it has {', '.join(known)}",
    )


def _each_once(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return each finding once: the scenarios of a model mostly share what is wrong with it.

    A note says the same wherever it stands, so its first place is enough.
    """
    unique: dict[tuple[str, str, str, Location | None], Diagnostic] = {}
    for item in sorted(found, key=lambda item: item.sort_key):
        place = None if item.severity is Severity.NOTE else item.location
        unique.setdefault((item.code, item.message, item.hint, place), item)
    return list(unique.values())
