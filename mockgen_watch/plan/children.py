"""Children: records that follow each of their parents, so many for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic
from mockgen_watch.digest import PREFIX, digest
from mockgen_watch.masters.shapes import form_bytes
from mockgen_watch.plan.family import Family
from mockgen_watch.spec import model as spec
from mockgen_watch.spec.generators import RecordIndex, Reference

if TYPE_CHECKING:
    from mockgen_watch.masters.shapes import Form
    from mockgen_watch.plan.model import RecordPlan

MOST_RECORDS: Final = 100_000_000


def is_child(leaf: spec.Leaf) -> bool:
    """Return whether ``leaf`` says that each parent has so many records."""
    return isinstance(leaf.generator, Reference) and bool(leaf.generator.each)


def with_family(plan: RecordPlan, *, is_capped: bool) -> tuple[RecordPlan, list[Diagnostic]]:
    """Return ``plan`` with its parents' family and the number of records that follows.

    ``is_capped``: a number that is asked for may be more than there are.
    """
    children = [leaf for _, leaf in spec.walk_leaves(plan.shape) if is_child(leaf)]
    if not children:
        return plan, list(_check_siblings(plan))
    families = {family.unit: family for family in (_family(leaf, plan) for leaf in children)}
    each = {leaf.generator.each for leaf in children if isinstance(leaf.generator, Reference)}
    family = next(iter(families.values()))
    total = family.total
    problem = hint = ""
    if len(families) > 1 or len(each) > 1:
        problem, hint = "records can have only one parent", "keep $each beside a single $ref"
    elif not 0 < total <= MOST_RECORDS:
        problem = f"$each gives {total} records"
        hint = f"the number must be from 1 to {MOST_RECORDS}"
    elif plan.is_counted and plan.count > total and not is_capped:
        problem = (
            f"$count asks for {plan.count} records, "
            f"but the {family.parents} parents have only {total}"
        )
        hint = "lower $count, or generate more parents"
    if problem:
        location = children[-1].origin.location
        return plan, [Diagnostic(code="MG208", message=problem, location=location, hint=hint)]
    count = min(plan.count, total) if plan.is_counted else total
    return replace(plan, family=family, count=count), []


def _check_siblings(plan: RecordPlan) -> list[Diagnostic]:
    return [
        Diagnostic(
            code="MG205",
            message=f'"{".".join(path)}" counts siblings, but no $ref of the model has $each',
            location=leaf.origin.location,
            hint="such as patient: {$ref: Patient.id, $each: 3}",
        )
        for path, leaf in spec.walk_leaves(plan.shape)
        if isinstance(leaf.generator, RecordIndex) and leaf.generator.sibling
    ]


def _family(leaf: spec.Leaf, plan: RecordPlan) -> Family:
    reference = leaf.generator
    if not isinstance(reference, Reference):
        raise TypeError("only a reference has a parent")
    parent = dict(plan.parents)[reference]
    low, high = reference.each
    home = leaf.address[:-1]
    parents: Form = [str(parent.seed), parent.model_id, reference.scenario]
    form: Form = ["each", str(plan.seed), plan.model_id, list(home), parents]
    key = int(digest(form_bytes(form)).removeprefix(PREFIX)[:16], 16)
    unit = ("parent", home, reference.suite, reference.model, reference.scenario)
    return Family(unit=unit, low=low, high=high, parents=parent.count, key=key)
