"""Takes a record plan; gives its rules and exclusions compiled, and what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.diagnostics import Diagnostic
from mockgen_watch.rules.clause import compile_clause
from mockgen_watch.rules.errors import RuleError
from mockgen_watch.rules.rule import compile_rule
from mockgen_watch.scenarios.facts import sight_of

if TYPE_CHECKING:
    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.rules.clause import Clause
    from mockgen_watch.rules.rule import Rule
    from mockgen_watch.rules.sight import Sight


class Terms(Struct, frozen=True, kw_only=True):
    """What a model says of its records."""

    rules: tuple[Rule, ...]
    clauses: tuple[Clause, ...]
    sight: Sight


def compile_terms(plan: RecordPlan) -> tuple[Terms, list[Diagnostic]]:
    """Return the rules and clauses of ``plan`` that can be compiled, and why others cannot."""
    sight = sight_of(plan)
    found: list[Diagnostic] = []
    rules: list[Rule] = []
    clauses: list[Clause] = []
    for rule in plan.rules:
        try:
            rules.append(compile_rule(rule, sight, plan.rule_types))
        except RuleError as error:
            place = rule.body_location or rule.location
            message = f'rule "{rule.name}": {error}'
            found.append(Diagnostic(code="MG402", message=message, location=place))
    for clause in plan.exclusions:
        try:
            clauses.append(compile_clause(clause, sight))
        except RuleError as error:
            message = f'exclusion "{clause.name}": {error}'
            found.append(Diagnostic(code="MG402", message=message, location=clause.location))
    return Terms(rules=tuple(rules), clauses=tuple(clauses), sight=sight), found
