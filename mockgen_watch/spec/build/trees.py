"""Trees: ``$tree`` beside ``$ref``, records that refer to earlier ones of their own model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.spec.build import reader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockgen_watch.spec import model as spec
    from mockgen_watch.spec.generators import Reference


def check_tree(directives: Mapping[str, reader.Entry]) -> None:
    """Report ``$tree`` that stands beside something else than ``$ref``."""
    if "$tree" in directives and "$ref" not in directives:
        hint = "such as manager: {$ref: Employee.id, $tree: 1}"
        directives["$tree"].key_error("MG205", "$tree needs $ref", hint)


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
        hint = "put the $ref beside the array, in the record itself"
        entry.key_error("MG204", "$tree is for records, not for elements of an array", hint)
    if reference.each:
        entry.key_error("MG204", "$tree cannot stand beside $each")
    if modifiers.unique:
        entry.key_error("MG204", "$tree cannot stand beside $unique")
    return replace(reference, roots=_roots(entry))


def _roots(entry: reader.Entry) -> int:
    """Return the number of roots: of a number, or a mapping with ``roots``."""
    if not entry.is_mapping:
        return reader.whole_or(entry, 1, least=1)
    return reader.whole_or(reader.read_params(entry, ("roots",)).get("roots"), 1, least=1)
