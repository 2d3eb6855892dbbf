"""Takes the plans of a suite's outputs; gives what no generation could make of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.diagnostics import Diagnostic, Related
from mockgen_watch.errors import FindingsError
from mockgen_watch.plan.model import NEGATIVE, POSITIVE
from mockgen_watch.scenarios.faults.breaker import make_breaker
from mockgen_watch.scenarios.labels import INSIDE, is_promised
from mockgen_watch.scenarios.promise.keep import Broken, Valid
from mockgen_watch.scenarios.source import BASE, EXCLUSION, compile_source, compile_terms
from mockgen_watch.spec.model import Labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.plan.model import OutputPlan, RecordPlan
    from mockgen_watch.scenarios.faults.breaker import Breaker
    from mockgen_watch.scenarios.promise.redraw import Drawer
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
        if is_promised(plan) or _has_rules_above(plan) or _is_stated(plan) or _is_covered(plan):
            try:
                source = sources.of(plan)
            except FindingsError as error:
                found.update(dict.fromkeys(error.diagnostics))
            else:
                found.update(dict.fromkeys([] if is_preview else _counted(plan, source)))
        if plan.scenario == EXCLUSION and plan.records.rules and not plan.records.exclusions:
            found[_no_clause(plan)] = None
        if plan.scenario == NEGATIVE and plan.records.faults > 1 and not plan.records.rules:
            found[_no_rules(plan)] = None
        if plan.output.labels is Labels.INSIDE and plan.output.format == "csv":
            found[_no_room(plan)] = None
    return list(found)


def _is_stated(plan: OutputPlan) -> bool:
    return any(part.stated for part in (plan.records, *(item.records for item in plan.mix)))


def _has_rules_above(plan: OutputPlan) -> bool:
    """Return whether a parent of any record has rules or exclusions, at any distance."""
    waiting: list[RecordPlan] = [part.records for part in plan.mix] or [plan.records]
    while waiting:
        for _, parent in waiting.pop().parents:
            if parent.rules or parent.exclusions:
                return True
            waiting.append(parent)
    return False


def _is_covered(plan: OutputPlan) -> bool:
    parts = [part.records for part in plan.mix] or [plan.records]
    return any(part.coverage.is_asked for part in parts)


def _counted(plan: OutputPlan, source: Source) -> list[Diagnostic]:
    needed = 0 if plan.mix else max((each.needed for each in source.parts[0].covered), default=0)
    return [_too_few(plan, needed)] if needed > plan.count else []


def _too_few(plan: OutputPlan, needed: int) -> Diagnostic:
    """Return that a design does not fit into the records of ``plan``."""
    coverage = plan.records.coverage
    return Diagnostic(
        code="MG408",
        message=(
            f"$coverage: {coverage.strength} of {plan.model}/{plan.scenario} needs {needed} "
            f"records, and there are {plan.count}"
        ),
        location=coverage.location,
        hint=f"set $count: {needed} or more, or let fewer fields take part (fields, without)",
        related=(Related(message="the scenario", location=plan.location),),
    )


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


class RuleAccount(Struct, frozen=True, kw_only=True):
    """How a rule fares.

    Attributes:
        is_certain: all that the fields can be is fit, so that no record has to be looked at.
        kinds: of the faults that break it and no other rule, in the order of their turns.
        impossible: the other kinds, each with the reason.
    """

    name: str
    location: Location
    is_certain: bool
    kinds: tuple[str, ...]
    impossible: Mapping[str, str]


class ModelAccount(Struct, frozen=True, kw_only=True):
    """The rules of a model, and whether each exclusion needs looking at too, by name."""

    suite: str
    model: str
    rules: tuple[RuleAccount, ...]
    clauses: Mapping[str, bool]


def account_of(plans: Iterable[OutputPlan]) -> ModelAccount | None:
    """Return the account of the model that ``plans`` are of; None when it promises nothing.

    Raises:
        FindingsError: a promise cannot be kept.
    """
    by_name = {plan.scenario: plan for plan in plans if not plan.mix}
    for name in (NEGATIVE, POSITIVE, BASE):
        if name in by_name:
            breaker = _breaker_of(by_name[name])
            if breaker is not None:
                return _account(by_name[name], breaker)
    return None


def _breaker_of(plan: OutputPlan) -> Breaker | None:
    part = compile_source(plan).parts[0]
    if isinstance(part, Broken):
        return part.breaker
    if not isinstance(part, Valid):
        return None
    terms, _ = compile_terms(part.drawer.plan)
    return make_breaker(part.drawer.plan, terms, part.drawer)


def _account(plan: OutputPlan, breaker: Breaker) -> ModelAccount:
    open_needs = _open(breaker.twins)
    rules = tuple(
        RuleAccount(
            name=rule.name,
            location=rule.location,
            is_certain=f'rule "{rule.name}"' not in open_needs,
            kinds=breakage.every,
            impossible=dict(breakage.impossible),
        )
        for rule, breakage in zip(breaker.terms.rules, breaker.breakages, strict=True)
    )
    clauses = {
        clause.name: f'exclusion "{clause.name}"' not in open_needs
        for clause in breaker.terms.clauses
    }
    return ModelAccount(suite=plan.suite, model=plan.model, rules=rules, clauses=clauses)


def _open(drawer: Drawer) -> frozenset[str]:
    return frozenset(need.told for need in drawer.needs)
