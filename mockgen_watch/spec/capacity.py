"""Takes a generator; gives how many different values it can make."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from mockgen_watch.digest import canonical
from mockgen_watch.spec.generators import (
    Boolean,
    Constant,
    Moment,
    Number,
    Pattern,
    Pool,
    RowField,
)
from mockgen_watch.spec.pattern import compile_pattern

if TYPE_CHECKING:
    from mockgen_watch.spec.generators import Generator
    from mockgen_watch.spec.pattern import CompiledPattern


def capacity(generator: Generator) -> int | None:
    """Return the number of different values; None where it has no end or depends on others."""
    if isinstance(generator, Constant):
        return 1
    if isinstance(generator, Pool):
        return sum(1 for entry in generator.entries if entry.weight)
    if isinstance(generator, RowField):
        return _row_values(generator)
    if isinstance(generator, Pattern):
        return _compiled(generator).size
    if isinstance(generator, Number):
        return _number_values(generator)
    if isinstance(generator, Boolean):
        return 2 if 0 < generator.true < 1 else 1
    if isinstance(generator, Moment):
        return (generator.last - generator.first) // generator.step + 1
    return None


def is_distinct(pattern: Pattern) -> bool:
    """Return whether it is certain that the pattern makes no string in two ways."""
    return _compiled(pattern).distinct


def _compiled(pattern: Pattern) -> CompiledPattern:
    return compile_pattern(pattern.source)


def _row_values(field: RowField) -> int:
    values = set()
    for entry in field.rows.entries:
        if entry.weight and isinstance(entry.value, dict):
            values.add(canonical(entry.value[field.key]))
    return len(values)


def _number_values(number: Number) -> int | None:
    if number.minimum is None or number.maximum is None:
        return None
    span = Fraction(number.maximum) - Fraction(number.minimum)
    return int(span // Fraction(number.step)) + 1
