"""Trees: references of a model to its own records, each to an earlier one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Severity
from mockgen_watch.spec import model as spec
from mockgen_watch.spec.generators import Reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockgen_watch.plan.model import RecordPlan


def with_trees(plan: RecordPlan, own: tuple[str, str]) -> RecordPlan:
    """Return ``plan`` with all fields that share a parent in a tree following it.

    These are the fields of one object that refer to the same model and scenario. ``own`` is the
    suite and the model of the plan: a master's tree is one for the model that it refers to, and
    a reference like any other for the others.
    """
    shapes = [plan.shape] if plan.faulty is None else [plan.shape, plan.faulty]
    roots = {
        _unit(leaf): leaf.generator.roots
        for shape in shapes
        for _, leaf in spec.walk_leaves(shape)
        if isinstance(leaf.generator, Reference) and leaf.generator.roots
    }
    if not roots:
        return plan
    parents = dict(plan.parents)

    def change(leaf: spec.Leaf) -> spec.Leaf:
        if not isinstance(leaf.generator, Reference) or _unit(leaf) not in roots:
            return leaf
        is_other = (leaf.generator.suite, leaf.generator.model) != own
        is_plain = is_other and leaf.origin.kind is spec.OriginKind.MASTER
        shared = replace(leaf.generator, roots=None if is_plain else roots[_unit(leaf)])
        parents[shared] = parents[leaf.generator]
        return replace(leaf, generator=shared)

    shape, *faulty = (spec.change_object(each, change) for each in shapes)
    return replace(
        plan, shape=shape, faulty=next(iter(faulty), None), parents=tuple(parents.items())
    )


def _unit(leaf: spec.Leaf) -> tuple[object, ...]:
    generator = leaf.generator
    if not isinstance(generator, Reference):
        raise TypeError("only a reference has a parent")
    return (leaf.address[:-1], generator.suite, generator.model, generator.scenario)


def check_trees(plan: RecordPlan, own: tuple[str, str]) -> Iterator[Diagnostic]:
    """Yield what is wrong with the references of a plan; ``own`` is its suite and its model.

    Without ``$tree``, records that refer to their own model may do so in a circle, which is said
    unless it is stated that they may.
    """
    for _, leaf in spec.walk_leaves(plan.shape):
        generator = leaf.generator
        if not isinstance(generator, Reference):
            continue
        is_own = (generator.suite, generator.model) == own
        if generator.roots and not is_own:
            yield Diagnostic(
                code="MG204",
                message=f"$tree works only for a $ref from {own[1]} to its own records",
                location=leaf.origin.location,
                hint=f"remove $tree: {generator.model} is another model",
            )
        if generator.roots is None and is_own:
            yield Diagnostic(
                code="MG411",
                severity=Severity.WARNING,
                message=f"records of {own[1]} can refer to each other in a circle",
                location=leaf.origin.location,
                hint="add $tree: 1 for a tree with one root, or $tree: false to allow circles",
            )


def own_children(leaf: spec.Leaf) -> Diagnostic:
    """Return the error of ``$each`` beside a reference of a model to its own records."""
    return Diagnostic(
        code="MG204",
        message="$each needs a $ref to another model, not to its own",
        location=leaf.origin.location,
        hint="for a tree of the model's own records, use $tree: 1",
    )
