"""Checks of scenarios: which promises cannot be kept, and how each rule of a model fares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.diagnostics import Diagnostic, Related
from mockgen_watch.errors import FindingsError
from mockgen_watch.plan.model import NEGATIVE, POSITIVE
from mockgen_watch.scenarios.faults.breaker import Breaker
from mockgen_watch.scenarios.labels import (
    BASE,
    EXCLUSION,
    INSIDE,
    has_promise,
    is_promised,
    record_plans,
)
from mockgen_watch.scenarios.promise.requirements import compile_terms
from mockgen_watch.scenarios.source import BrokenRecords
from mockgen_watch.spec.model import Labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.plan.model import OutputPlan, RecordPlan
    from mockgen_watch.scenarios.source import RecordSources, Source


def check_promises(
    plans: Sequence[OutputPlan], sources: RecordSources, *, is_preview: bool = False
) -> list[Diagnostic]:
    """Return why the promises of outputs cannot be kept; each finding once.

    Args:
        plans: of the outputs.
        sources: those of the run; the outputs with promises are in it afterwards.
        is_preview: the counts are not those of the specs, and may be too small for coverage.
    """
    found: dict[Diagnostic, None] = {}
    for plan in plans:
        if _has_work(plan):
            try:
                source = sources.of(plan)
            except FindingsError as error:
                found.update(dict.fromkeys(error.diagnostics))
            else:
                found.update(dict.fromkeys([] if is_preview else _check_count(plan, source)))
        if plan.scenario == EXCLUSION and plan.records.rules and not plan.records.exclusions:
            found[_no_clause(plan)] = None
        if plan.scenario == NEGATIVE and plan.records.faults > 1 and not plan.records.rules:
            found[_no_rules(plan)] = None
        if plan.output.labels is Labels.INSIDE and plan.output.format == "csv":
            found[_no_room(plan)] = None
    return list(found)


def _has_work(plan: OutputPlan) -> bool:
    """Return whether records of an output are more than what their own draws make."""
    records = record_plans(plan)
    return (
        is_promised(plan)
        or any(part.stated or part.coverage.is_asked for part in records)
        or any(map(_has_rules_above, records))
    )


def _has_rules_above(plan: RecordPlan) -> bool:
    """Return whether a parent has rules or exclusions, at any distance."""
    return any(
        parent.rules or parent.exclusions or _has_rules_above(parent) for _, parent in plan.parents
    )


def _check_count(plan: OutputPlan, source: Source) -> list[Diagnostic]:
    """Return that a design does not fit into the records of ``plan``, where it does not."""
    needed = 0 if plan.mix else max((each.needed for each in source.parts[0].covered), default=0)
    if needed <= plan.count:
        return []
    coverage = plan.records.coverage
    too_few = Diagnostic(
        code="MG408",
        message=(
            f"$coverage: {coverage.strength} of {plan.model}/{plan.scenario} needs {needed} "
            f"records, and there are {plan.count}"
        ),
        location=coverage.location,
        hint=f"set $count: {needed} or more, or let fewer fields take part (fields, without)",
        related=(Related(message="the scenario", location=plan.location),),
    )
    return [too_few]


def _no_clause(plan: OutputPlan) -> Diagnostic:
    return Diagnostic(
        code="MG403",
        message=f"no clause says what {plan.scenario} of {plan.model} is to match",
        location=plan.location,
        hint="state $exclude beside $rules, or give the scenario another name",
        related=(
            Related(message="rules are stated here", location=plan.records.rules[0].location),
        ),
    )


def _no_rules(plan: OutputPlan) -> Diagnostic:
    return Diagnostic(
        code="MG403",
        message=f"no record of {plan.model} can break {plan.records.faults} rules: it has none",
        location=plan.location,
        hint="state $rules, or drop $faults",
    )


def _no_room(plan: OutputPlan) -> Diagnostic:
    return Diagnostic(
        code="MG221",
        message=f"a CSV row has no room for the labels inside ({INSIDE})",
        location=plan.location,
        hint="use labels: file, or another format",
    )


class RuleReport(Struct, frozen=True, kw_only=True):
    """How a rule fares.

    Attributes:
        is_certain: all that the fields can be is fit, so that no record has to be checked.
        kinds: of the faults that break it and no other rule, in the order in which they alternate.
        impossible: the other kinds, each with the reason.
    """

    name: str
    location: Location
    is_certain: bool
    kinds: tuple[str, ...]
    impossible: Mapping[str, str]


class ModelReport(Struct, frozen=True, kw_only=True):
    """The rules of a model, and by name whether each exclusion is certain to be avoided."""

    suite: str
    model: str
    rules: tuple[RuleReport, ...]
    clauses: Mapping[str, bool]


def report_model(plans: Iterable[OutputPlan], sources: RecordSources) -> ModelReport | None:
    """Return the report of the model that ``plans`` are of; None when it promises nothing.

    ``sources`` are those of the run.

    Raises:
        FindingsError: a promise cannot be kept.
    """
    by_name = {plan.scenario: plan for plan in plans if not plan.mix}
    for name in (NEGATIVE, POSITIVE, BASE):
        plan = by_name.get(name)
        if plan is not None and has_promise(plan.records):
            return _report(plan, _breaker_of(sources.of(plan)))
    return None


def _breaker_of(source: Source) -> Breaker:
    records = source.parts[0]
    if isinstance(records, BrokenRecords):
        return records.breaker
    (twins,) = records.samplers
    terms, _ = compile_terms(twins.plan)
    return Breaker(terms, twins)


def _report(plan: OutputPlan, breaker: Breaker) -> ModelReport:
    still_open = {requirement.name for requirement in breaker.twins.open}
    rules = tuple(
        RuleReport(
            name=rule.name,
            location=rule.location,
            is_certain=f'rule "{rule.name}"' not in still_open,
            kinds=kinds.every,
            impossible=dict(kinds.impossible),
        )
        for rule, kinds in zip(breaker.terms.rules, breaker.kinds, strict=True)
    )
    clauses = {
        clause.name: f'exclusion "{clause.name}"' not in still_open
        for clause in breaker.terms.clauses
    }
    return ModelReport(suite=plan.suite, model=plan.model, rules=rules, clauses=clauses)
