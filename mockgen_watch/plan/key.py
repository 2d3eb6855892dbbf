"""Takes an output's plan; gives plain data that is equal when the bytes would be, and its digest.

No line, column, file name or comment is part of it, so that moving a line changes no key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.contract import DESIGN, FORM, PROMISES
from mockgen_watch.digest import digest
from mockgen_watch.masters.shapes import canonical_form, form_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mockgen_watch.masters.shapes import Form
    from mockgen_watch.plan.model import OutputPlan, RecordPlan
    from mockgen_watch.spec.generators import Reference


_PLACES = frozenset(["keep", "location"])

_UNRULED = frozenset(["labels"])


def output_key(plan: OutputPlan, contract: int, digests: Mapping[str, str]) -> str:
    """Return the digest of everything that decides the bytes of an output.

    ``digests`` holds those of what rules read, by their expression; see ``PlanContext``.
    """
    used = {name for name in _expressions(plan.records) if name in digests}
    form: Form = {
        "contract": contract,
        "files": {path: digests[path] for path in used},
        "form": FORM,
        "plan": canonical_plan(plan),
    }
    return digest(form_bytes(form))


def _expressions(plan: RecordPlan) -> Iterator[str]:
    """Yield the expressions of all rules that records go by, those of parents included."""
    waiting, seen = [plan], {id(plan)}
    while waiting:
        here = waiting.pop()
        yield from (rule.expression for rule in here.rules)
        for _, parent in here.parents:
            if id(parent) not in seen:
                seen.add(id(parent))
                waiting.append(parent)


def canonical_plan(plan: OutputPlan) -> Form:
    """Return the data of ``plan``: names, records, mix, coverage, format, layout and options."""
    known: dict[int, str] = {}
    return {
        "model": plan.model,
        "scenario": plan.scenario,
        "records": _records(plan.records, known),
        "mix": [
            [part.scenario, str(part.weight), _records(part.records, known)] for part in plan.mix
        ],
        # Where nothing is promised there are no labels, wherever they would be.
        "output": canonical_form(plan.output, skip=frozenset() if _is_ruled(plan) else _UNRULED),
        "coverage": plan.coverage.strength.value,
    }


def _is_ruled(plan: OutputPlan) -> bool:
    return bool(plan.records.rules or plan.records.exclusions)


def canonical_records(plan: RecordPlan) -> Form:
    """Return the data of ``plan``; each parent is the digest of its own."""
    return _records(plan, {})


def _records(plan: RecordPlan, known: dict[int, str]) -> Form:
    parents: dict[Reference, str] = {}
    for reference, parent in plan.parents:
        # Many fields have one parent, and a chain would be spelt out once for every way to it.
        if id(parent) not in known:
            known[id(parent)] = digest(form_bytes(_records(parent, known)))
        parents[reference] = known[id(parent)]

    def form(reference: Reference) -> Form:
        return ["Reference", parents.get(reference, ""), list(reference.path)]

    promised: dict[str, Form] = {}
    if plan.rules or plan.exclusions:
        promised = {
            "promises": PROMISES,
            "faulty": None if plan.faulty is None else canonical_form(plan.faulty, reference=form),
            "own_faults": canonical_form(plan.own_faults),
        }
    stated = {"stated": canonical_form(plan.stated)} if plan.stated else {}
    return {
        **promised,
        **stated,
        "seed": plan.seed,
        "model_id": plan.model_id,
        "shape": canonical_form(plan.shape, reference=form),
        "count": plan.count,
        "rules": canonical_form(plan.rules),
        "exclusions": canonical_form(plan.exclusions),
        "slot": list(plan.slot),
        "moves": canonical_form(plan.moves),
        "scenario": plan.scenario,
        "faults": plan.faults,
        "coverage": _coverage(plan),
    }


def _coverage(plan: RecordPlan) -> Form:
    """Return the form of what is to be covered; which file the cases stand in plays no part."""
    if not plan.coverage.is_asked:
        return plan.coverage.strength.value
    return [DESIGN, canonical_form(plan.coverage, skip=_PLACES)]
