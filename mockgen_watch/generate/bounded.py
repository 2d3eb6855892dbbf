"""Bounded values: numbers, dates, times and lengths between bounds that other fields give.

A spec's own bounds are the range that a value is drawn in. The bounds that rules come to (``kept``)
leave a value as it is where it lies between them, and have it drawn again, inside, where not.
"""

from __future__ import annotations

import math
from datetime import datetime, time
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from mockgen_watch.errors import FindingsError
from mockgen_watch.expressions.values import DAY, seconds_of
from mockgen_watch.generate import quantities as q
from mockgen_watch.generate.computed import Evaluated, FieldScope, evaluator
from mockgen_watch.generate.dates import moment_texts
from mockgen_watch.generate.expressions import compile_quantity
from mockgen_watch.generate.grids import grid_of
from mockgen_watch.generate.numbers import measured_column
from mockgen_watch.generate.ranges import FARTHEST, Kept, Ranged, stepped
from mockgen_watch.generate.streams import Derived, Joined, Shared
from mockgen_watch.spec import generators
from mockgen_watch.spec import model as spec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mockgen_watch.expressions.checking import Checked
    from mockgen_watch.generate.address import Cell, Stream
    from mockgen_watch.generate.column import Column
    from mockgen_watch.generate.computed import Fields
    from mockgen_watch.generate.draws import FieldDraws

    Limited = generators.Number | generators.Moment
    Bounded = Limited | spec.ArrayShape


def lengths_stream(
    fields: Fields, array: spec.ArrayShape, draws: FieldDraws, way: spec.Position
) -> Stream:
    """Return how many elements of its items an array has, between the bounds of other fields."""
    low, high = _limits(fields, array, way, (array.minimum, array.maximum), Fraction(1))
    return Ranged(low, high, draws, "length", array.maximum + 1)


def bounded_column(
    fields: Fields, generator: Limited, draws: FieldDraws, way: spec.Position
) -> Column:
    """Return the column of a number, date or time between bounds that other fields give."""
    if isinstance(generator, generators.Moment):
        ends = (generator.first, generator.last)
        low, high = _limits(fields, generator, way, ends, _scale_of(generator))
        units = stepped(low, high, draws, generator.step, generator.last + 1)
        return moment_texts(replace(generator, step=1), Shared(units))
    scale = 10**generator.decimals
    stated = (generator.minimum, generator.maximum)
    numbers = [int(end * scale) for end in stated if end is not None]
    low, high = _limits(fields, generator, way, (numbers[0], numbers[-1]), Fraction(scale))
    drawn = stepped(low, high, draws, int(generator.step * scale), numbers[-1] + 1)
    return measured_column(Shared(drawn), numbers[0], numbers[-1], generator.decimals)


def _scale_of(generator: Limited) -> Fraction:
    """Return the units in one: of a number, or in a second."""
    if isinstance(generator, generators.Number):
        return Fraction(10**generator.decimals)
    is_date = generator.kind is generators.MomentKind.DATE
    return Fraction(1, DAY) if is_date else Fraction(1)


def _limits(
    fields: Fields, bounded: Bounded, way: spec.Position, ends: tuple[int, int], scale: Fraction
) -> tuple[Stream, Stream]:
    """Return the lower and the upper bound at each cell, in units; ``ends`` are stated."""
    lows: list[Stream] = [q.Constant(ends[0])]
    highs: list[Stream] = [q.Constant(ends[1])]
    for streams, limits in ((lows, bounded.lows), (highs, bounded.highs)):
        streams += [
            limit_stream(FieldScope(fields, limit, way), limit, scale, is_low=streams is lows)
            for limit in limits
        ]
    return q.Extreme(lows, is_least=False), q.Extreme(highs, is_least=True)


def kept_column(
    fields: Fields, generator: Limited, column: Column, draws: FieldDraws, way: spec.Position
) -> Column:
    """Return ``column`` with what lies beyond the bounds of rules drawn again, inside."""
    if column.units is None:
        return column
    origin, step, count = grid = _grid(generator)
    own = Derived(column.units, lambda n: (n - origin) // step, count)
    kept = _kept_steps(fields, way, generator.kept, (own, grid, _scale_of(generator)), draws)
    units = Derived(kept, lambda n: origin + n * step, q.MOST)
    if isinstance(generator, generators.Number):
        last = origin + (count - 1) * step
        return measured_column(Shared(units), origin, last, generator.decimals)
    return moment_texts(replace(generator, step=1), Shared(units))


def kept_lengths(
    fields: Fields,
    limits: Sequence[generators.Limit],
    drawn: tuple[int, Stream, int],
    draws: FieldDraws,
    way: spec.Position,
) -> Stream:
    """Return how many elements more than the fewest an array has, between the bounds of rules.

    ``drawn``: the fewest, how many more are drawn, and of how many lengths.
    """
    least, own, spread = drawn
    return Shared(_kept_steps(fields, way, limits, (own, (least, 1, spread), Fraction(1)), draws))


def _kept_steps(
    fields: Fields,
    way: spec.Position,
    limits: Sequence[generators.Limit],
    drawn: tuple[Stream, tuple[int, int, int], Fraction],
    draws: FieldDraws,
) -> Stream:
    """Return steps on a grid: those that are drawn, or others where rules forbid them.

    ``drawn``: these steps, the grid as ``_grid`` has it, and the units in one.
    """
    own, (origin, step, count), scale = drawn
    lows: list[Stream] = [q.Constant(0)]
    highs: list[Stream] = [q.Constant(count - 1)]
    for limit in limits:
        bound = sum_stream(fields, way, limit, scale)
        if limit.is_low:
            lows.append(Derived(bound, lambda n: -((origin - n) // step), q.MOST))
        else:
            highs.append(Derived(bound, lambda n: (n - origin) // step, q.MOST))
    # Where the bounds leave nothing the number is still one of the field's own; a rule then fails.
    low = q.Extreme([q.Extreme(lows, is_least=False), q.Constant(count - 1)], is_least=True)
    high = q.Extreme([q.Extreme(highs, is_least=True), q.Constant(0)], is_least=False)
    return Kept(own, Ranged(Shared(low), Shared(high), draws, "kept", count))


def _grid(generator: Limited) -> tuple[int, int, int]:
    """Return the first value, the step and the number of values, in units."""
    if isinstance(generator, generators.Number):
        grid = grid_of(generator)
        return grid.origin + grid.low * grid.step, grid.step, grid.count
    count = (generator.last - generator.first) // generator.step + 1
    return generator.first, generator.step, count


def limit_stream(
    scope: FieldScope, expression: generators.Expression, scale: Fraction, *, is_low: bool
) -> Stream:
    """Return a bound in units: times ``scale``, rounded inwards.

    ``scale`` is 10 to the decimals of a number, 1 for seconds and lengths, or a day's part.
    """
    checked = scope.fields.facts.checked(expression)
    found = _quantity(scope, expression, checked)
    if found is None:
        evaluate = evaluator(scope, checked)
        to_number = math.ceil if is_low else math.floor
        return Shared(Evaluated(lambda cell: to_number(_number(evaluate(cell)) * scale)))
    factor = scale / 10**found.decimals
    above, below = factor.numerator, factor.denominator
    if below == 1:
        return Shared(Derived(found.stream, lambda number: number * above, q.MOST))
    inwards = _ceil if is_low else _floor
    return Shared(Derived(found.stream, partial(inwards, above=above, below=below), q.MOST))


def _quantity(
    scope: FieldScope, expression: generators.Expression, checked: Checked
) -> q.Quantity | None:
    """Return ``expression`` as a quantity of whole numbers; None for what has to be evaluated."""
    try:
        found = compile_quantity(checked, scope.fields.facts.facts_for(expression), scope)
    except q.NotAQuantityError:
        return None
    return found if isinstance(found, q.Quantity) else None


_FINE: Final = 9
"""Decimals of a term that is evaluated record by record."""


def sum_stream(
    fields: Fields, way: spec.Position, limit: generators.Limit, scale: Fraction
) -> Stream:
    """Return the bound that a rule puts to a field at ``way``, in units, rounded inwards.

    ``scale`` is as in ``limit_stream``. Where ``limit.unless`` is true the bound is far away.
    """
    parts: list[tuple[Stream, Fraction]] = []
    for term, above, below in limit.terms:
        stream, decimals = _term_stream(FieldScope(fields, term, way), term)
        parts.append((stream, Fraction(above, below) * scale / 10**decimals))
    constant = Fraction(*limit.constant) * scale
    common = math.lcm(constant.denominator, *[factor.denominator for _, factor in parts])
    factors = [int(factor * common) for _, factor in parts]
    add = int(constant * common)
    inwards = _ceil if limit.is_low else _floor

    def total(*numbers: Any) -> Any:
        found = add
        for number, factor in zip(numbers, factors, strict=True):
            found = found + number * factor
        return found if common == 1 else inwards(found, 1, common)

    streams = [stream for stream, _ in parts]
    bound: Stream = Joined(total, q.MOST, *streams) if streams else q.Constant(total())
    if limit.unless is None:
        return Shared(bound)
    far = q.Constant(-FARTHEST if limit.is_low else FARTHEST)
    return Shared(q.Choice(_truth_stream(FieldScope(fields, limit.unless, way), limit.unless),
                           far, bound))  # fmt: skip


def _term_stream(scope: FieldScope, term: generators.Expression) -> tuple[Stream, int]:
    """Return what a term counts, and in units of how many decimals."""
    checked = scope.fields.facts.checked_loosely(term)
    found = _quantity(scope, term, checked)
    if found is not None:
        return found.stream, found.decimals
    evaluate = evaluator(scope, checked)

    def counted(cell: Cell) -> int:
        value = _tried(evaluate, cell)
        return 0 if value is None else math.floor(_number(value) * 10**_FINE)

    return Evaluated(counted), _FINE


def _truth_stream(scope: FieldScope, expression: generators.Expression) -> Stream:
    checked = scope.fields.facts.checked_loosely(expression)
    found = _quantity(scope, expression, checked)
    if found is not None:
        return found.stream
    evaluate = evaluator(scope, checked)
    return Evaluated(lambda cell: int(bool(_tried(evaluate, cell))))


def _tried(evaluate: Callable[[Cell], Any], cell: Cell) -> Any:
    """Return what is evaluated; None where it has no value, which a rule may ask of some records.

    Whether the rule holds there is for its check to say.
    """
    try:
        return evaluate(cell)
    except FindingsError:
        return None


def _number(value: Any) -> Fraction:
    """Return what a bound counts: a number, or seconds."""
    if isinstance(value, datetime):
        return Fraction(seconds_of(value))
    if isinstance(value, time):
        return Fraction(value.hour * 3600 + value.minute * 60 + value.second)
    return Fraction(value)


def _ceil(number: Any, above: int, below: int) -> Any:
    return -(-number * above // below)


def _floor(number: Any, above: int, below: int) -> Any:
    return number * above // below
