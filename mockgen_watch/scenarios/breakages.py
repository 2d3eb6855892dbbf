"""Takes the drawer of twins and a model's rules; gives their breaker, the kinds of faults tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Diagnostic, Related
from mockgen_watch.scenarios.candidates import candidates
from mockgen_watch.scenarios.cases import Fault
from mockgen_watch.scenarios.mutations import COMBINATION, KINDS, OWN, WRONG_TYPE, Candidate
from mockgen_watch.scenarios.negative import (
    NOTHING_OF_THIS_KIND,
    ONE_IS_ENOUGH,
    Breaker,
)
from mockgen_watch.scenarios.turns import Breakage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Final

    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.rules.rule import Rule
    from mockgen_watch.scenarios.redraw import Drawer
    from mockgen_watch.scenarios.terms import Terms
    from mockgen_watch.spec.document import Json

SAMPLE: Final = 8
"""Twins on which the kinds of faults that a rule allows are tried out."""


def make_breaker(plan: RecordPlan, terms: Terms, twins: Drawer) -> Breaker:
    """Return the breaker of the records of ``twins``; the kinds of faults are tried out."""
    breaker = Breaker(plan=plan, terms=terms, twins=twins, faults=plan.faults)
    # What one record states must not decide how the others are broken.
    sample = [twins.drawn_at(index) for index in range(SAMPLE)]
    breaker.breakages = tuple(_try_kinds(breaker, rule, sample) for rule in terms.rules)
    return breaker


def _try_kinds(breaker: Breaker, rule: Rule, sample: Sequence[Json]) -> Breakage:
    reasons: dict[str, str] = {}
    good: dict[str, set[int]] = {}
    for turn, record in enumerate(sample):
        for candidate in _each_kind(breaker, rule, record, turn):
            kind = candidate.operator
            # Two twins tell whether a kind is rare; the others only look for kinds not seen yet.
            if kind in good and (turn > 1 or turn in good[kind]):
                continue
            result = breaker.try_out(rule, record, (candidate,))
            if isinstance(result, Fault):
                good.setdefault(kind, set()).add(turn)
            else:
                reasons[kind] = result
    last, reason = _last_kinds(breaker, rule, sample, good)
    # A plugin's own kinds come first: nobody knows better what breaks its rule.
    named = [kind for kind in dict.fromkeys([*good, *reasons]) if kind not in {*KINDS, OWN}]
    kinds = tuple(kind for kind in (*named, *KINDS, OWN) if kind in good)
    last = tuple(kind for kind in last if kind not in good)
    impossible = {
        kind: reasons.get(kind, NOTHING_OF_THIS_KIND)
        for kind in (*named, *KINDS)
        if kind not in good and kind not in last
    }
    if COMBINATION not in last:
        impossible[COMBINATION] = reason
    # Wrong types keep to their own share.
    rare = tuple(kind for kind in kinds if good[kind] != {0, 1} and kind not in {WRONG_TYPE, OWN})
    return Breakage(kinds=kinds, impossible=impossible, rare=rare, last=last)


def _last_kinds(
    breaker: Breaker, rule: Rule, sample: Sequence[Json], good: Mapping[str, set[int]]
) -> tuple[tuple[str, ...], str]:
    """Return the kinds that break twins which the ``good`` ones do not, or why there is none."""
    found: dict[str, None] = {}
    reason = ONE_IS_ENOUGH
    for turn, record in enumerate(sample):
        if any(turn in turns for turns in good.values()) or any(
            candidate.operator in good
            and isinstance(breaker.try_out(rule, record, (candidate,)), Fault)
            for candidate in _each_kind(breaker, rule, record, turn)
        ):
            continue
        own = breaker.own(rule, turn)
        result = breaker.combined(rule, record, turn, own)
        if isinstance(result, Fault):
            found[result.operator] = None
        elif reason == ONE_IS_ENOUGH:
            reason = result
    return tuple(found), reason


def _each_kind(breaker: Breaker, rule: Rule, record: Json, turn: int) -> Iterator[Candidate]:
    yield from breaker.own(rule, turn)
    yield from candidates(rule, record, breaker.plan, breaker.terms.sight, turn)


def unbreakable(breaker: Breaker) -> list[Diagnostic]:
    """Return an error for each rule that no fault breaks alone, and for faults beyond the rules."""
    rules = breaker.terms.rules
    if breaker.faults > len(rules):
        too_many = Diagnostic(
            code="MG403",
            message=f"no record can break {breaker.faults} rules: the model has {len(rules)}",
            location=rules[0].location,
            hint="lower $faults, or state more rules",
        )
        return [too_many]
    places = {rule.name: rule.location for rule in breaker.terms.rules}
    found = []
    for rule, breakage in zip(breaker.terms.rules, breaker.breakages, strict=True):
        if breakage.every:
            continue
        others = [
            name
            for name, place in places.items()
            if any(f'rule "{name}"' in reason for reason in breakage.impossible.values())
        ]
        why = (
            f'each fault breaks rule "{others[0]}" as well' if others else "it holds for all values"
        )
        found.append(
            Diagnostic(
                code="MG403",
                message=f'no record can break rule "{rule.name}" alone: {why}',
                location=rule.location,
                hint="make one rule of both, or drop one",
                related=tuple(
                    Related(message="this rule", location=places[name]) for name in others[:1]
                ),
            )
        )
    return found
