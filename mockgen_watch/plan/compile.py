"""Compiling a suite: the plan of every output, from its spec and its master, and what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Location, Related, Severity, suggest
from mockgen_watch.masters.merge import over_modifiers
from mockgen_watch.masters.moves import below_slot, written_path
from mockgen_watch.masters.record import merge_record
from mockgen_watch.masters.shapes import Kind, kinds_of
from mockgen_watch.plan.checks import check_deletes, check_statements, check_unique
from mockgen_watch.plan.children import is_child, with_family
from mockgen_watch.plan.model import (
    MixedPart,
    OutputPlan,
    PlanContext,
    RecordPlan,
    SuiteSource,
    output_key,
)
from mockgen_watch.plan.references import Parent, find_field, find_parent
from mockgen_watch.plan.sizes import Sizes
from mockgen_watch.plan.together import mark_together
from mockgen_watch.spec import model as spec
from mockgen_watch.spec.build.rules import check_rule_paths
from mockgen_watch.spec.generators import (
    Constant,
    Reference,
    expressions_of,
    names_of,
    row_of,
    with_rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mockgen_watch.masters.chain import ResolvedMaster
    from mockgen_watch.rules.rule import RuleType

    Address = tuple[str, ...]
    Node: TypeAlias = tuple[str, str, str, spec.KeyPath]

    """Suite, model, scenario and field of records that were asked for; ``()``: the whole record."""

    Records: TypeAlias = tuple[RecordPlan, frozenset[str]]

    """Compiled records, and the files that they depend on."""


def compile_suite(
    suite: str, user_input: spec.UserInput, master: ResolvedMaster | None, context: PlanContext
) -> tuple[tuple[OutputPlan, ...], list[Diagnostic]]:
    """Return the plans of the selected outputs of ``suite``, in source order, and all findings.

    An output whose parents or mix cannot be found has no plan; an error says why. Findings of
    parents in other suites are among them, for they stop this suite as well.
    """
    home = SuiteSource(suite=suite, user_input=user_input, master=master, inputs=context.inputs)
    compiler = _Compiler(context)
    outputs: list[OutputPlan] = []
    for model in user_input.models:
        scenarios = (Parent(source=home, model=model, scenario=item) for item in model.scenarios)
        selected = (
            each for each in scenarios if context.selection.selects(model.name, each.scenario.name)
        )
        plans = [plan for plan in map(compiler.output, selected) if plan is not None]
        # A field may be one that only a scenario adds, so all of them must be at hand.
        if len(plans) == len(model.scenarios):
            compiler.found += check_rule_paths(model, _shapes_of(model, plans))
            compiler.found += _check_types(model, plans)
        outputs += plans
    return tuple(outputs), _each_once(compiler.found)


def _rules_of(model: spec.Model, shape: spec.ObjectShape) -> tuple[spec.RuleSpec, ...]:
    """Return the rules of a model; where it states any, those of its check digits too."""
    if not model.rules:
        return ()
    names = {rule.name for rule in model.rules}
    stated = {
        (rule.field, rule.expression) for rule in model.rules if rule.kind is spec.RuleKind.CHECK
    }
    checks = [
        spec.RuleSpec(
            name=name,
            kind=spec.RuleKind.CHECK,
            location=leaf.origin.location,
            field=path,
            expression=leaf.modifiers.check,
        )
        for path, leaf in _checked_fields(shape)
        if (path, leaf.modifiers.check) not in stated
        and (name := f"{'.'.join(path)}-{leaf.modifiers.check}") not in names
    ]
    return (*model.rules, *checks)


def _checked_fields(shape: spec.ObjectShape) -> Iterator[tuple[spec.KeyPath, spec.Leaf]]:
    """Yield the fields that always have check digits: in each element, shape and row alike."""
    checks: dict[spec.KeyPath, dict[str, spec.Leaf]] = {}
    whole: spec.Position | None = None
    for position, leaf in spec.walk_positions(shape):
        if whole is not None and position[: len(whole)] == whole:
            # What is chosen is checked as a whole.
            continue
        is_choice = bool(spec.alternatives_of(leaf))
        check = leaf.modifiers.check
        if (is_choice and not check) or leaf.generator == Constant(value=None):
            continue
        whole = position if is_choice else None
        is_text = kinds_of(leaf) in {None, frozenset({Kind.TEXT})}
        checks.setdefault(spec.keys_of(position), {})[check if is_text else ""] = leaf
    for path, found in checks.items():
        if len(found) == 1 and "" not in found:
            yield path, next(iter(found.values()))


def _check_types(model: spec.Model, plans: Sequence[OutputPlan]) -> Iterable[Diagnostic]:
    """Return what is wrong with the expressions of the model's rules."""
    if not any(rule.kind is spec.RuleKind.CEL for rule in model.rules):
        return ()
    # Most models have no expressions, and do without all that this module imports.
    from mockgen_watch.plan.rule_types import check_rule_types

    return check_rule_types(model, [plan.records for plan in plans], _overlaid(model))


def _has_expressions(shape: spec.Shape) -> bool:
    """Return whether a value or a bound in ``shape`` is given by other fields."""
    if isinstance(shape, spec.Leaf):
        inner = any(map(_has_expressions, spec.alternatives_of(shape)))
        return inner or bool(expressions_of(shape.generator))
    if isinstance(shape, spec.ObjectShape):
        return any(_has_expressions(member.shape) for member in shape.members)
    return bool(shape.lows or shape.highs) or any(map(_has_expressions, spec.element_shapes(shape)))


def _shapes_of(model: spec.Model, plans: Iterable[OutputPlan]) -> list[spec.ObjectShape]:
    """Return the shapes in which a rule's fields go by the model's names, or the master's."""
    overlaid = _overlaid(model)
    slots = [spec.find_shape(plan.records.shape, plan.records.slot) for plan in plans]
    return [*overlaid, *(slot for slot in slots if isinstance(slot, spec.ObjectShape))]


def _overlaid(model: spec.Model) -> list[spec.ObjectShape]:
    shapes = []
    for item in model.scenarios:
        twin = spec.twin_of(model, item)
        shape = apply_overlay(model.shape, twin.overlay, twin.name)
        if twin is not item:
            shape = apply_overlay(shape, item.overlay, item.name)
        shapes.append(shape)
    return shapes


def _each_once(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return each finding once: the scenarios of a model mostly share what is wrong with it.

    A note says the same wherever it is, so its first place is enough.
    """
    unique: dict[tuple[str, str, str, Location | None], Diagnostic] = {}
    for item in sorted(found, key=lambda item: item.sort_key):
        place = None if item.severity is Severity.NOTE else item.location
        unique.setdefault((item.code, item.message, item.hint, place), item)
    return list(unique.values())


class _Step(Struct, frozen=True, kw_only=True):
    """One step of the way to the records that are being compiled."""

    node: Node
    leaf: spec.Leaf
    field: str

    def name_in(self, suite: str) -> str:
        own, model, _, _ = self.node
        return f"{model}.{self.field}" if own == suite else f"{own}:{model}.{self.field}"


class _Compiler:
    """Compiles outputs, and records once, however many references lead to them.

    Attributes:
        found: what is wrong, in no order; a finding may be there more than once.
    """

    def __init__(self, context: PlanContext) -> None:
        self.found: list[Diagnostic] = []
        self._context = context
        self._merged: dict[tuple[str, str, str], RecordPlan] = {}
        self._sizes = Sizes()
        self._compiled: dict[Node, Records | None] = {}
        self._steps: list[_Step] = []

    def output(self, wanted: Parent) -> OutputPlan | None:
        """Return the plan of one output; None when something that it requires is missing."""
        scenario = wanted.scenario
        mix = self._mix(wanted)
        if scenario.mix and not mix:
            return None
        records = mix[0][1] if mix else self._records(wanted)
        if records is None:
            return None
        plan = OutputPlan(
            suite=wanted.source.suite,
            model=wanted.model.name,
            scenario=scenario.name,
            records=records[0],
            mix=tuple(
                MixedPart(scenario=part.scenario, weight=part.weight, records=plan)
                for part, (plan, _) in mix
            ),
            output=self._context.selection.output_of(scenario),
            coverage=scenario.coverage,
            inputs=tuple(sorted(records[1].union(*(files for _, (_, files) in mix)))),
            key="",
            location=scenario.location,
        )
        key = output_key(plan, self._context.contract, self._context.digests)
        return replace(plan, key=key)

    def _mix(self, wanted: Parent) -> list[tuple[spec.MixPart, Records]]:
        """Return the parts of a mixed scenario and their records; none when one is missing.

        Record i of a mix is record i of one part, so each part has as many records as the mix.
        """
        scenarios = {scenario.name: scenario for scenario in wanted.model.scenarios}
        parts = []
        for part in wanted.scenario.mix:
            scenario = scenarios.get(part.scenario)
            if scenario is None or scenario.mix:
                self.found.append(_no_part(part, wanted.model.name, scenarios))
                return []
            records = self._records(replace(wanted, scenario=scenario), wanted.scenario)
            if records is None:
                return []
            parts.append((part, records))
        return parts

    def _records(self, wanted: Parent, over: spec.Scenario | None = None) -> Records | None:
        """Return the records of a scenario; None when something that they require is missing.

        In a mix, ``over`` is the mixed scenario: its overlay comes on top, its count holds.
        """
        plan = self._plan(wanted) if over is None else self._merge(wanted, over)
        records = self._with_parents((*wanted.key, ()), plan, wanted.source)
        if records is not None:
            self.found += check_unique(records[0])
            self.found += self._sizes.check(records[0])
            count = wanted.scenario.count if over is None else None
            count = records[0].count if records[0].family is not None else count
            self.found += check_statements(records[0], count)
        return records

    def _plan(self, wanted: Parent) -> RecordPlan:
        if wanted.key not in self._merged:
            self._merged[wanted.key] = self._merge(wanted, wanted.scenario)
        return self._merged[wanted.key]

    def _merge(self, wanted: Parent, over: spec.Scenario) -> RecordPlan:
        """Return the records with overlay and master, but without parents."""
        source, model, scenario = wanted.source, wanted.model, wanted.scenario
        twin = spec.twin_of(model, scenario)
        is_fault = twin.promise is spec.Promise.BROKEN
        shape = apply_overlay(model.shape, twin.overlay, twin.name, is_fault=is_fault)
        if over is not scenario:
            shape = apply_overlay(shape, over.overlay, over.name)
        merged = merge_record(source.master, shape)
        self.found += merged.diagnostics
        self.found += check_deletes(source.master, model.shape, shape)
        faulty = None
        own_faults: list[spec.KeyPath] = []
        if twin is not scenario and scenario.overlay is not None:
            whole = apply_overlay(shape, scenario.overlay, scenario.name, is_fault=True)
            faulty = merge_record(source.master, whole)
            self.found += faulty.diagnostics
            own_faults = [
                written_path(path, faulty.slot, faulty.moves)
                for path, _ in spec.walk_leaves(scenario.overlay)
            ]
        seed = self._context.selection.seed
        return RecordPlan(
            seed=source.user_input.seed if seed is None else seed,
            model_id=model.id,
            shape=mark_together(merged.shape, model.together),
            count=self._context.selection.count_of(model, over),
            rules=_rules_of(model, shape),
            exclusions=model.exclusions,
            slot=merged.slot,
            moves=merged.moves,
            scenario=scenario.name,
            promise=scenario.promise,
            twin=twin.name,
            faults=scenario.faults,
            coverage=twin.coverage,
            faulty=None if faulty is None else mark_together(faulty.shape, model.together),
            own_faults=tuple(dict.fromkeys(own_faults)),
            stated=twin.stated,
            rule_types=self._rule_types(model),
            is_counted=over.is_counted or self._is_selected(model, over),
        )

    def _is_selected(self, model: spec.Model, scenario: spec.Scenario) -> bool:
        """Return whether this run says how many records there are."""
        selection = self._context.selection
        return selection.count is not None and selection.selects(model.name, scenario.name)

    def _rule_types(self, model: spec.Model) -> dict[str, RuleType]:
        types = self._context.rule_types
        names = (rule.expression for rule in model.rules if rule.kind is spec.RuleKind.PLUGIN)
        return {name: types[name] for name in names if name in types}

    def _with_parents(self, node: Node, plan: RecordPlan, home: SuiteSource) -> Records | None:
        """Return ``plan`` with the plan behind each reference; None when one leads nowhere."""
        resolved: dict[Reference, tuple[Reference, RecordPlan]] = {}
        files = home.files
        broken = False
        shapes = [plan.shape] if plan.faulty is None else [plan.shape, plan.faulty]
        for path, leaf in (found for shape in shapes for found in spec.walk_leaves(shape)):
            if not isinstance(leaf.generator, Reference) or leaf.generator in resolved:
                continue
            field = ".".join(below_slot(path, plan.slot))
            self._steps.append(_Step(node=node, leaf=leaf, field=field))
            parent = self._parent(leaf.generator, leaf, home)
            self._steps.pop()
            if parent is None:
                broken = True
                continue
            reference, (parent_plan, parent_files) = parent
            resolved[leaf.generator] = reference, parent_plan
            files |= parent_files
        if broken:
            return None
        if resolved:
            # Most models refer to no other, and not to themselves.
            from mockgen_watch.plan.trees import check_trees, with_trees

            parents = tuple(dict(resolved.values()).items())
            faulty = None if plan.faulty is None else _resolve_references(plan.faulty, resolved)
            shape = _resolve_references(plan.shape, resolved)
            plan = replace(plan, shape=shape, faulty=faulty, parents=parents)
            plan = with_trees(plan, node[:2])
            self.found += check_trees(plan, node[:2])
        plan, wrong = with_family(plan, is_capped=self._context.selection.count is not None)
        self.found += wrong
        if wrong:
            return None
        if not any(map(_has_expressions, shapes)):
            return plan, files
        # Most specs have no expressions, and do without all that this module imports.
        from mockgen_watch.plan.dependents import resolve_dependents

        plan, found = resolve_dependents(plan)
        if plan.faulty is not None:
            whole, more = resolve_dependents(replace(plan, shape=plan.faulty))
            plan, found = replace(plan, faulty=whole.shape), [*found, *more]
        self.found += found
        return (plan, files) if not found else None

    def _parent(
        self, reference: Reference, leaf: spec.Leaf, home: SuiteSource
    ) -> tuple[Reference, Records] | None:
        """Return ``reference`` with its parent spelt out, and the parent's records."""
        parent = find_parent(reference, leaf, home, self._context)
        if isinstance(parent, Diagnostic):
            self.found.append(parent)
            return None
        if reference.each and parent.key[:2] == self._steps[-1].node[:2]:
            from mockgen_watch.plan.trees import own_children

            self.found.append(own_children(leaf))
            return None
        whole = self._plan(parent)
        path = find_field(reference, leaf, whole)
        if isinstance(path, Diagnostic):
            self.found.append(path)
            return None
        # Most models refer to no other, and not to themselves.
        from mockgen_watch.plan.unchanged import is_never_changed, is_untouched

        is_alone = _can_narrow(whole) or is_never_changed(whole, path)
        if not is_alone and (*parent.key, ()) in [step.node for step in self._steps]:
            is_alone = is_untouched(whole, path)
        node = (*parent.key, path if is_alone else ())
        if node not in self._compiled:
            nodes = [step.node for step in self._steps]
            if node in nodes:
                self.found.append(_circle(self._steps[nodes.index(node) :], is_alone=is_alone))
                return None
            plan = replace(whole, stated=())
            plan = _narrow(plan, path) if node[3] else plan
            self._compiled[node] = self._with_parents(node, plan, parent.source)
        records = self._compiled[node]
        if records is None:
            return None
        suite, _, scenario = parent.key
        # What is stated of its other fields changes nothing here.
        stated = tuple(each for each in whole.stated if each.bears_on(path))
        if stated:
            records = replace(records[0], stated=stated), records[1]
        return replace(reference, suite=suite, scenario=scenario, path=path), records


def _no_part(part: spec.MixPart, model: str, scenarios: Mapping[str, spec.Scenario]) -> Diagnostic:
    if part.scenario in scenarios:
        message = f'"{part.scenario}" of {model} is itself a mix'
    else:
        message = f'{model} has no scenario "{part.scenario}" that can be mixed'
    plain = [name for name, scenario in scenarios.items() if not scenario.mix]
    near = suggest(part.scenario, plain)
    return Diagnostic(
        code="MG216",
        message=message,
        location=part.location,
        hint=near.hint(f"it has {', '.join(plain)}"),
        suggestion=near,
    )


def _resolve_references(
    shape: spec.ObjectShape, resolved: dict[Reference, tuple[Reference, RecordPlan]]
) -> spec.ObjectShape:
    def resolve(leaf: spec.Leaf) -> spec.Leaf:
        if not isinstance(leaf.generator, Reference):
            return leaf
        return replace(leaf, generator=resolved[leaf.generator][0])

    return spec.change_object(shape, resolve)


def _circle(steps: list[_Step], *, is_alone: bool) -> Diagnostic:
    """Return the error of a circle; ``is_alone``: it is one of fields, not of whole records."""
    # The same circle is found from several of its members; it is reported from the least of them.
    least = min(range(len(steps)), key=lambda index: steps[index].node)
    steps = steps[least:] + steps[:least]
    suite = steps[0].node[0]
    names = [step.name_in(suite) for step in steps]
    return Diagnostic(
        code="MG215",
        message=f"circular references: {' → '.join((*names, names[0]))}",
        location=steps[0].leaf.origin.location,
        hint=(
            "generate one of these fields without $ref"
            if is_alone
            else "refer to a field that no rule reads, or that is $unique or a $sequence"
        ),
        related=tuple(
            Related(message="through this one", location=step.leaf.origin.location)
            for step in steps[1:]
        ),
    )


def _can_narrow(records: RecordPlan) -> bool:
    """Return whether no field's values depend on other fields.

    Rules, exclusions and coverage choose whole records, and so tie all fields together.
    """
    is_tied = any(
        leaf.modifiers.together or is_child(leaf) for _, leaf in spec.walk_leaves(records.shape)
    )
    return not (records.rules or records.exclusions or records.coverage.is_asked or is_tied)


def _narrow(records: RecordPlan, path: spec.KeyPath) -> RecordPlan:
    """Return ``records`` with the field at ``path`` and the fields that it names.

    Nothing else decides what these are.
    """
    waiting = [path]
    required: set[spec.KeyPath] = set()
    while waiting:
        here = waiting.pop()
        target = spec.find_shape(records.shape, here)
        if target is None or here in required:
            continue
        required.add(here)
        for _, leaf in spec.walk_leaves(target):
            waiting += names_of(leaf.generator)
            waiting += _deciding_parent(records, leaf)
    return replace(
        records,
        shape=_keep(records.shape, required),
        rules=(),
        exclusions=(),
        coverage=spec.NO_COVERAGE,
        faulty=None,
        own_faults=(),
    )


def _deciding_parent(records: RecordPlan, reference: spec.Leaf) -> list[spec.KeyPath]:
    """Return the fields that say which parent ``reference`` takes, because they share it."""
    return [
        path
        for path, leaf in spec.walk_leaves(records.shape)
        if isinstance(leaf.generator, Reference)
        and isinstance(reference.generator, Reference)
        and leaf.address[:-1] == reference.address[:-1]
        and leaf.generator.model == reference.generator.model
        and (leaf.modifiers.unique or leaf.generator.roots)
    ]


def _keep(shape: spec.ObjectShape, paths: Iterable[spec.KeyPath]) -> spec.ObjectShape:
    below: dict[str, list[spec.KeyPath]] = {}
    for path in paths:
        below.setdefault(path[0], []).append(path[1:])
    members = tuple(
        replace(member, shape=_keep(member.shape, below[member.name]))
        if isinstance(member.shape, spec.ObjectShape) and all(below[member.name])
        else member
        for member in shape.members
        if member.name in below
    )
    return replace(shape, members=members)


def apply_overlay(
    model: spec.ObjectShape,
    overlay: spec.ObjectShape | None,
    scenario: str,
    *,
    is_fault: bool = False,
) -> spec.ObjectShape:
    """Return ``model`` with ``overlay`` over it.

    Objects meet key by key; a leaf or an array takes the place of what it covers, with its own
    modifiers, but goes where ``$to`` sent the covered one. Keys that the model lacks come last.
    What covers a field has that field's address, so a value that both allow is the same in both.
    ``is_fault`` says that the overlay may be wrong on purpose.
    """
    if overlay is None:
        return model
    return _Overlay(scenario, is_fault=is_fault).object_over(model, overlay)


class _Overlay:
    """Puts one overlay on a model; ``scenario`` is the origin of all that it states."""

    def __init__(self, scenario: str, *, is_fault: bool) -> None:
        self.scenario = scenario
        self.is_fault = is_fault

    def object_over(self, under: spec.ObjectShape, over: spec.ObjectShape) -> spec.ObjectShape:
        """Return ``over`` on ``under``, key by key."""
        covers = {member.name: member for member in over.members}
        kept = [
            self._member_over(member, covers.pop(member.name), under.address, over.address)
            if member.name in covers
            else member
            for member in under.members
        ]
        new = [
            replace(member, shape=self._adopt(member.shape, None, under.address, over.address))
            for member in covers.values()
        ]
        modifiers = _with_target(over_modifiers(under.modifiers, over.modifiers), under)
        return replace(under, members=(*kept, *new), modifiers=modifiers)

    def _member_over(
        self, under: spec.Member, over: spec.Member, home: Address, was: Address
    ) -> spec.Member:
        below, above = under.shape, over.shape
        if isinstance(below, spec.ObjectShape) and isinstance(above, spec.ObjectShape):
            return replace(under, shape=self.object_over(below, above))
        return replace(over, shape=self._adopt(above, below, home, was))

    def _adopt(
        self, shape: spec.Shape, under: spec.Shape | None, home: Address, was: Address
    ) -> spec.Shape:
        """Return ``shape`` as the scenario's, in the object or array at the address ``home``.

        ``under`` is what it covers, as far as that has a counterpart: then it takes the address of
        that. ``was`` is the address that the overlay knew for ``home``.
        """
        address = (*home, *shape.address[-1:]) if under is None else under.address
        adopted = replace(
            shape,
            modifiers=_with_target(shape.modifiers, under),
            address=address,
            origin=replace(
                shape.origin,
                kind=spec.OriginKind.SCENARIO,
                name=self.scenario,
                is_fault=self.is_fault,
            ),
        )

        def inner(below: spec.Shape, counterpart: spec.Shape | None) -> spec.Shape:
            return self._adopt(below, counterpart, address, shape.address)

        if isinstance(adopted, spec.ObjectShape):
            covered = under.members if isinstance(under, spec.ObjectShape) else ()
            counterparts = {member.name: member.shape for member in covered}
            members = tuple(
                replace(member, shape=inner(member.shape, counterparts.get(member.name)))
                for member in adopted.members
            )
            return replace(adopted, members=members)
        if isinstance(adopted, spec.ArrayShape):
            elements = tuple(
                inner(element, _counterpart(under, index))
                for index, element in enumerate(adopted.elements)
            )
            items = adopted.items and inner(adopted.items, _counterpart(under, 0))
            return replace(adopted, elements=elements, items=items)
        # An alternative has the address of the whole.
        adopted = spec.change_alternatives(
            adopted, lambda each: self._adopt(each, None, address[:-1], shape.address[:-1])
        )
        row = row_of(adopted.generator)
        if row is None:
            return adopted
        moved = replace(row, address=(*home, *row.address[len(was) :]))
        return replace(adopted, generator=with_rows(adopted.generator, moved))


def _counterpart(array: spec.Shape | None, index: int) -> spec.Shape | None:
    """Return the element that one at ``index`` of an overlay is likened to."""
    if not isinstance(array, spec.ArrayShape):
        return None
    if index < len(array.elements):
        return array.elements[index]
    return array.items or next(iter(array.elements), None)


def _with_target(modifiers: spec.Modifiers, under: spec.Shape | None) -> spec.Modifiers:
    if modifiers.to or under is None or not under.modifiers.to:
        return modifiers
    return replace(modifiers, to=under.modifiers.to)
