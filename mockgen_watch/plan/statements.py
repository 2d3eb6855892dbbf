"""Takes the plan of records; gives what is wrong with what ``$records`` states of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Diagnostic, Related, Severity
from mockgen_watch.spec.build.names import SlipFinder
from mockgen_watch.spec.model import ArrayShape, ObjectShape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.spec.model import Leaf, Shape
    from mockgen_watch.spec.statements import Statement


def check_statements(plan: RecordPlan, count: int | None) -> Iterator[Diagnostic]:
    """Yield an error for each slip of a key, and a warning for each record beyond ``count``."""
    for statement in plan.stated:
        if count is not None and statement.record >= count:
            yield _beyond(statement, plan, count)
        slip = _slip(statement, plan.shape)
        if slip is not None:
            yield slip


def stated_parent(leaf: Leaf, parent: RecordPlan, path: tuple[str, ...]) -> Diagnostic | None:
    """Return why the reference of ``leaf`` cannot lead to the field ``path`` of ``parent``.

    The parent's values are drawn anew for the child, and a stated value is not drawn.
    """
    for statement in parent.stated:
        short = min(len(statement.path), len(path))
        if statement.path[:short] == path[:short]:
            return Diagnostic(
                code="MG406",
                message=(
                    f'"{".".join(path)}" of {parent.model_id}/{parent.scenario} is referred to, '
                    f"so that record {statement.record} cannot state it"
                ),
                location=statement.location,
                hint="leave the value to be drawn, or let the other field not refer to it",
                related=(Related(message="refers to it", location=leaf.origin.location),),
            )
    return None


def _beyond(statement: Statement, plan: RecordPlan, count: int) -> Diagnostic:
    return Diagnostic(
        code="MG406",
        severity=Severity.WARNING,
        message=(
            f"record {statement.record} of {plan.model_id}/{plan.scenario} is stated, "
            f"and the last one is {count - 1}"
        ),
        location=statement.location,
        hint="the first record is 0",
    )


def _slip(statement: Statement, shape: Shape) -> Diagnostic | None:
    """Return an error where a key is a typing slip away from a field that there is."""
    for key in statement.path:
        if isinstance(shape, ArrayShape):
            inner = _element(shape, key)
        elif isinstance(shape, ObjectShape):
            inner = shape.get(key)
            meant = "" if inner else SlipFinder(item.name for item in shape.members).meant(key)
            if meant:
                return Diagnostic(
                    code="MG224",
                    message=f'the record has no field "{key}"',
                    location=statement.location,
                    hint=f'did you mean "{meant}"?',
                )
        else:
            return None
        if inner is None:
            return None
        shape = inner
    return None


def _element(array: ArrayShape, key: str) -> Shape | None:
    if key.isdigit() and int(key) < len(array.elements):
        return array.elements[int(key)]
    return array.items
