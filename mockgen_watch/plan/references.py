"""References: the scenario of the parent, and the field of its records, that a ``$ref`` means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from mockgen_watch.diagnostics import Diagnostic, Suggestion, suggest
from mockgen_watch.spec import model as spec

if TYPE_CHECKING:
    from mockgen_watch.plan.model import PlanContext, RecordPlan, SuiteSource
    from mockgen_watch.spec.generators import Reference

_FIRST_CHOICES: Final = ("base", "positive")


class Parent(Struct, frozen=True, kw_only=True):
    """The records that a reference leads to, before they are compiled."""

    source: SuiteSource
    model: spec.Model
    scenario: spec.Scenario

    @property
    def key(self) -> tuple[str, str, str]:
        """Suite, model and scenario."""
        return (self.source.suite, self.model.name, self.scenario.name)


def find_parent(
    reference: Reference, leaf: spec.Leaf, home: SuiteSource, context: PlanContext
) -> Parent | Diagnostic:
    """Return what ``reference``, which ``leaf`` of suite ``home`` holds, leads to; or why not."""
    source: SuiteSource | None = home
    if reference.suite and reference.suite != home.suite:
        source = context.lookup(reference.suite)
    if source is None:
        return _no_suite(reference, leaf, context)
    models = {model.name: model for model in source.user_input.models}
    model = models.get(reference.model)
    if model is None:
        where = f' in suite "{source.suite}"' if source is not home else ""
        message = f'$ref: unknown model "{reference.model}"{where}'
        return _error("MG203", message, leaf, near=suggest(reference.model, models))
    scenario = _scenario_of(reference, leaf, model)
    if isinstance(scenario, Diagnostic):
        return scenario
    return Parent(source=source, model=model, scenario=scenario)


def find_field(
    reference: Reference, leaf: spec.Leaf, parent: RecordPlan
) -> spec.KeyPath | Diagnostic:
    """Return the path of the referenced field in what ``parent`` writes; or why there is none."""
    choices = (parent.path_of(reference.path), reference.path)
    for path in choices:
        # An element of an array is no field of the record: which one would it be?
        if _is_field(parent.shape, path):
            return path
    name = f"$ref {reference.model}.{'.'.join(reference.path)}"
    if any(spec.find_shape(parent.shape, path) is not None for path in choices):
        message = f"{name}: this is an object or inside an array, not a single value"
        return _error("MG218", message, leaf, "choose a field that each record has exactly once")
    missing, siblings = spec.missing_key(parent.shape, choices[0])
    message = f'{name}: unknown field "{missing}"'
    return _error("MG203", message, leaf, near=suggest(missing, siblings))


def _scenario_of(
    reference: Reference, leaf: spec.Leaf, model: spec.Model
) -> spec.Scenario | Diagnostic:
    plain = {scenario.name: scenario for scenario in model.scenarios if not scenario.mix}
    if reference.scenario:
        folded = {name.casefold(): scenario for name, scenario in plain.items()}
        scenario = plain.get(reference.scenario) or folded.get(reference.scenario.casefold())
        if scenario is not None:
            return scenario
        message = f'$ref: {model.name} has no scenario "{reference.scenario}" that is not a mix'
        near = suggest(reference.scenario, plain)
        return _error("MG216", message, leaf, f"it has {', '.join(plain)}", near)
    names = (*_FIRST_CHOICES, *plain)
    scenario = next((plain[name] for name in names if name in plain), None)
    if scenario is None:
        return _error("MG216", f"$ref: every scenario of {model.name} is a mix", leaf, "")
    return scenario


def _is_field(shape: spec.ObjectShape, path: spec.KeyPath) -> bool:
    here: spec.ObjectShape = shape
    for name in path[:-1]:
        child = here.get(name)
        if not isinstance(child, spec.ObjectShape):
            return False
        here = child
    return isinstance(here.get(path[-1]), spec.Leaf)


def _no_suite(reference: Reference, leaf: spec.Leaf, context: PlanContext) -> Diagnostic:
    if reference.suite in context.suites:
        message = f'$ref: suite "{reference.suite}" has errors'
        return _error("MG203", message, leaf, "fix the errors of that suite first")
    message = f'$ref: unknown suite "{reference.suite}"'
    return _error("MG203", message, leaf, near=suggest(reference.suite, context.suites))


def _error(
    code: str, message: str, leaf: spec.Leaf, hint: str = "", near: Suggestion | None = None
) -> Diagnostic:
    return Diagnostic(
        code=code,
        message=message,
        location=leaf.origin.location,
        hint=hint if near is None else near.hint(hint),
        suggestion=near,
    )
