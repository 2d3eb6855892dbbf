"""Takes the spec of a suite and its master; gives the plan of every output, and what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Severity, did_you_mean
from mockgen_watch.plan.canonical import output_key
from mockgen_watch.plan.checks import check_rules
from mockgen_watch.plan.context import SuiteSource
from mockgen_watch.plan.model import MixedPart, OutputPlan
from mockgen_watch.plan.records import RecordCompiler
from mockgen_watch.plan.references import Parent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.masters.model import ResolvedMaster
    from mockgen_watch.plan.context import PlanContext
    from mockgen_watch.plan.records import Records
    from mockgen_watch.spec.model import MixPart, Scenario, UserInput


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
