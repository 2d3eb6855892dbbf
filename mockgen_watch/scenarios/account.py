"""Takes the plans of a model's outputs; gives how each of its rules is kept, and can be broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.plan.twins import NEGATIVE, POSITIVE
from mockgen_watch.scenarios.breakages import make_breaker
from mockgen_watch.scenarios.part import BASE
from mockgen_watch.scenarios.promise import Broken, Valid
from mockgen_watch.scenarios.source import compile_source
from mockgen_watch.scenarios.terms import compile_terms

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.scenarios.negative import Breaker
    from mockgen_watch.scenarios.redraw import Drawer


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
