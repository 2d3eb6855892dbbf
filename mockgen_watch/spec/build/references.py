"""References: what is allowed beside ``$ref``, ``$each`` for children and ``$tree`` for trees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from mockgen_watch.spec import model as spec
from mockgen_watch.spec.build import reader
from mockgen_watch.spec.generators import Reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST_CHILDREN: Final = 10_000


_EXAMPLES: Final = {
    "$each": "patient: {$ref: Patient.id, $each: 3}",
    "$tree": "manager: {$ref: Employee.id, $tree: 1}",
}


def check_companions(directives: Mapping[str, reader.Entry]) -> None:
    """Report ``$each`` and ``$tree`` without ``$ref``."""
    for name, example in _EXAMPLES.items():
        if name in directives and "$ref" not in directives:
            directives[name].key_error("MG205", f"{name} needs $ref", f"such as {example}")


def with_children(
    reference: Reference,
    entry: reader.Entry,
    context: reader.ShapeContext,
    modifiers: spec.Modifiers,
) -> Reference:
    """Return ``reference`` with how many children each parent has."""
    each = _bounds(entry)
    if context.in_array:
        hint = "put the $ref outside the array, in the record itself"
        entry.key_error("MG204", "$each works for records, not for elements of an array", hint)
    if modifiers.unique:
        hint = "$each: 1 gives each parent one record"
        entry.key_error("MG204", "$each cannot be combined with $unique", hint)
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
        entry.error("MG208", f"a parent can have at most {MOST_CHILDREN} children")
    return (low, high) if entry.errors == before else None


def with_tree(
    reference: Reference,
    entry: reader.Entry,
    context: reader.ShapeContext,
    modifiers: spec.Modifiers,
) -> Reference:
    """Return ``reference`` with how many records have no parent, or that circles are meant."""
    if entry.value is False:
        return replace(reference, roots=0)
    if context.in_array:
        hint = "put the $ref outside the array, in the record itself"
        entry.key_error("MG204", "$tree works for records, not for elements of an array", hint)
    if reference.each:
        entry.key_error("MG204", "$tree cannot be combined with $each")
    if modifiers.unique:
        entry.key_error("MG204", "$tree cannot be combined with $unique")
    return replace(reference, roots=_roots(entry))


def _roots(entry: reader.Entry) -> int:
    """Return the number of roots: of a number, or a mapping with ``roots``."""
    if not entry.is_mapping:
        return reader.whole_or(entry, 1, least=1)
    return reader.whole_or(reader.read_params(entry, ("roots",)).get("roots"), 1, least=1)


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
        message = f"$each sets the number of records: so many for each {parents[0]}"
        hint = (
            f"count {parents[0]}; the $count of a scenario takes the first so many of its records"
        )
        count.key_error("MG204", message, hint)
