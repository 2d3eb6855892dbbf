"""Fitting: whether a value may be what a shape gives, as far as the value shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.rules.schema import compile_schema
from mockgen_watch.rules.values import Missing, is_number, same
from mockgen_watch.scenarios.promise.facts import options_of
from mockgen_watch.spec import generators
from mockgen_watch.spec import model as spec

if TYPE_CHECKING:
    from mockgen_watch.spec.document import Json


def may_be(shape: spec.Shape, value: Json) -> bool:
    """Return whether ``value`` may be what ``shape`` gives, as far as that shows."""
    if value is None and shape.modifiers.null:
        return True
    if isinstance(shape, spec.ArrayShape):
        return isinstance(value, list)
    if isinstance(shape, spec.ObjectShape):
        if not isinstance(value, dict):
            return False
        members = {each.name: each.shape for each in shape.members}
        return value.keys() <= members.keys() and all(
            may_be(inner, value[name]) if name in value else _may_be_absent(inner)
            for name, inner in members.items()
        )
    options = options_of(shape)
    if options is not None:
        known = [option.value for option in options]
        return any(not isinstance(each, Missing) and same(each, value) for each in known)
    return _may_generate(shape, value)


def _may_be_absent(shape: spec.Shape) -> bool:
    return bool(shape.modifiers.omit) or (
        isinstance(shape, spec.Leaf)
        and isinstance(shape.generator, generators.Alternatives | generators.FieldValue)
    )


def _may_generate(leaf: spec.Leaf, value: Json) -> bool:
    generator = leaf.generator
    if isinstance(generator, generators.Alternatives):
        return any(may_be(shape, value) for shape in spec.alternatives_of(leaf))
    if leaf.coerce_number:
        return True
    if isinstance(generator, generators.Number):
        low, high = generator.minimum, generator.maximum
        return (
            is_number(value) and (low is None or low <= value) and (high is None or value <= high)
        )
    if isinstance(generator, generators.Pattern) and not leaf.modifiers.transforms:
        whole = compile_schema({"type": "string", "pattern": f"^(?:{generator.source})$"})
        return not whole(value) or (bool(leaf.modifiers.check) and isinstance(value, str))
    is_text = isinstance(generator, generators.Template | generators.Moment)
    return isinstance(value, str) or not is_text
