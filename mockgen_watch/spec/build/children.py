"""Children: ``$each`` beside ``$ref``, how many records each parent has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from mockgen_watch.spec import model as spec
from mockgen_watch.spec.build import reader
from mockgen_watch.spec.generators import Reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST_CHILDREN: Final = 10_000


def check_each(directives: Mapping[str, reader.Entry]) -> None:
    """Report ``$each`` that stands beside something else than ``$ref``."""
    if "$each" in directives and "$ref" not in directives:
        hint = "such as patient: {$ref: Patient.id, $each: 3}"
        directives["$each"].key_error("MG205", "$each needs $ref", hint)


def with_children(
    reference: Reference,
    entry: reader.Entry,
    context: reader.ShapeContext,
    modifiers: spec.Modifiers,
) -> Reference:
    """Return ``reference`` with how many children each parent has."""
    each = _bounds(entry)
    if context.in_array:
        hint = "put the $ref beside the array, in the record itself"
        entry.key_error("MG204", "$each is for records, not for elements of an array", hint)
    if modifiers.unique:
        hint = "$each: 1 gives each parent one record"
        entry.key_error("MG204", "$each cannot stand beside $unique", hint)
    return reference if each is None else replace(reference, each=each)


def _bounds(entry: reader.Entry) -> tuple[int, int] | None:
    """Return the least and the greatest number: of a number, a pair, or min and max."""
    before = entry.errors
    ends = reader.read_least_and_most(entry, "a number")
    low = reader.whole_or(ends.get("min"), 1, least=0)
    high = reader.whole_or(ends.get("max"), low, least=1)
    if entry.errors == before and low > high:
        entry.error("MG208", f"min {low} is more than max {high}")
    elif high > MOST_CHILDREN:
        entry.error("MG208", f"a parent has {MOST_CHILDREN} children at most")
    return (low, high) if entry.errors == before else None


def check_counts(
    count: reader.Entry | None, shape: spec.ObjectShape, scenarios: Iterable[spec.Scenario]
) -> None:
    """Report a ``$count`` of a model whose number of records follows from its parents."""
    shapes = [shape, *(each.overlay for each in scenarios if each.overlay is not None)]
    parents = [
        leaf.generator.model
        for each in shapes
        for _, leaf in spec.walk_leaves(each)
        if isinstance(leaf.generator, Reference) and leaf.generator.each
    ]
    if count is not None and parents:
        message = f"$each says how many records there are: so many for each {parents[0]}"
        hint = (
            f"count {parents[0]}; the $count of a scenario takes the first so many of its records"
        )
        count.key_error("MG204", message, hint)
