"""Types of rules: what each CEL rule of a model names must be there, and go together.

A rule sees the records of every scenario, so that a field may be what any of them says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.expressions import types
from mockgen_watch.expressions.checking import check_truth
from mockgen_watch.expressions.problems import diagnose
from mockgen_watch.expressions.syntax import ExpressionError, parse
from mockgen_watch.expressions.types import Kind, Type
from mockgen_watch.plan.dependents import FieldFacts
from mockgen_watch.spec import model as spec
from mockgen_watch.spec.types import type_of_generator, type_of_shape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.plan.model import RecordPlan


def check_rule_types(
    model: spec.Model, plans: Sequence[RecordPlan], overlaid: Sequence[spec.ObjectShape]
) -> Iterator[Diagnostic]:
    """Yield an MG402 for each CEL rule that is wrong.

    Args:
        model: whose rules they are.
        plans: the records of its scenarios.
        overlaid: the model with each scenario's overlay, whose names a rule may use too.
    """
    rules = [rule for rule in model.rules if rule.kind is spec.RuleKind.CEL]
    if not rules:
        return
    record = _record_type(plans, overlaid)
    for rule in rules:
        names = {"record": record}
        if rule.field:
            names["this"] = _element_type(record, rule.field)
        try:
            check_truth(parse(rule.expression), names)
        except ExpressionError as error:
            place = rule.body_location or rule.location
            yield diagnose(error, rule.expression, place, f'rule "{rule.name}"')


def _record_type(plans: Sequence[RecordPlan], overlaid: Sequence[spec.ObjectShape]) -> Type:
    found: Type | None = None
    for plan in plans:
        slot = spec.find_shape(plan.shape, plan.slot)
        if slot is not None:
            facts = FieldFacts(plan)
            found = _both(found, type_of_shape(slot, facts.type_of))
    for shape in overlaid:
        found = _added(found, type_of_shape(shape, _own_type))
    return types.ANY if found is None else found


def _own_type(leaf: spec.Leaf) -> Type:
    return type_of_generator(leaf.generator) or types.ANY


def _both(first: Type | None, second: Type) -> Type:
    return second if first is None else types.either(first, second)


def _added(first: Type | None, second: Type) -> Type:
    """Return an object type with the fields of a second one that it does not have."""
    if first is None or first.fields is None or second.fields is None:
        return first or second
    fields = dict(first.fields)
    for name, kind in second.fields.items():
        known = fields.get(name)
        fields[name] = kind if known is None else _added(known, kind)
    return replace(first, fields=fields)


def _element_type(record: Type, path: spec.KeyPath) -> Type:
    """Return the type of what ``this`` is: at a path of keys, in an array its elements."""
    here = record
    for key in (*path, ""):
        while here.kind is Kind.LIST:
            here = here.item or types.ANY
        if not key:
            break
        here = (here.fields or {}).get(key, types.ANY)
    return types.present(here)
