"""Operators and functions of expressions on quantities: sums, quotients, comparisons, dates."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from mockgen_watch.expressions import syntax
from mockgen_watch.expressions.types import Kind
from mockgen_watch.expressions.values import (
    DAY,
)
from mockgen_watch.generate.dates import civil_year, month_and_day
from mockgen_watch.generate.quantities import (
    MOST,
    Choice,
    Constant,
    Extreme,
    NotAQuantityError,
    Quantity,
    Texts,
    rounded,
    scaled,
)
from mockgen_watch.generate.streams import Derived, Joined, Lookup

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mockgen_watch.expressions.ends import Ends
    from mockgen_watch.generate.address import Stream


def truth(stream: Stream) -> Quantity:
    """Return the truth value that is 1 or 0 in ``stream``."""
    return Quantity(kind=Kind.BOOLEAN, stream=stream, low=0, high=1)


def flipped(quantity: Quantity) -> Quantity:
    """Return true for false, and false for true."""
    return truth(Derived(quantity.stream, lambda number: 1 - number, 2))


def is_there(presence: Stream | None) -> Quantity:
    """Return whether a field is there, by its states; None: it always is."""
    if presence is None:
        return truth(Constant(1))
    return truth(Derived(presence, lambda state: (state == 0) * 1, 2))


def streams_of(quantities: Sequence[Quantity]) -> list[Stream]:
    """Return the numbers of each quantity."""
    return [each.stream for each in quantities]


def aligned(quantities: Sequence[Quantity]) -> list[Quantity]:
    """Return numbers with as many decimals each."""
    places = max(each.decimals for each in quantities)
    return [scaled(each, places) for each in quantities]


def same_texts(sides: Sequence[Texts]) -> Quantity:
    """Return whether two texts are equal."""
    first, second = sides
    if first.stream is None:
        first, second = second, first
    if second.stream is not None or len(second.table) != 1:
        return _same_tables(first, second)
    wanted = second.table[0]
    if first.stream is None:
        return truth(Constant(int(first.table[0] == wanted)))
    numbers = tuple(int(entry is not None and entry == wanted) for entry in first.table)
    return truth(Lookup(first.stream, numbers, 2))


def _same_tables(first: Texts, second: Texts) -> Quantity:
    """Return where two texts are equal, by numbers that equal texts share."""
    numbers = {text: number for number, text in enumerate(dict.fromkeys(first.table))}
    streams: list[Stream] = []
    for place, texts in enumerate((first, second)):
        codes = tuple(
            numbers.get(text, -1 - place) if text is not None else -3 - place
            for text in texts.table
        )
        streams.append(
            Constant(codes[0]) if texts.stream is None else Lookup(texts.stream, codes, MOST)
        )
    return truth(Joined(lambda one, other: (one == other) * 1, 2, *streams))


def units_between(ends: Ends, decimals: int) -> tuple[int, int]:
    """Return ``ends`` in units of the last of ``decimals``.

    Raises:
        NotAQuantityError: one of them is not known.
    """
    low, high = ends
    if low is None or high is None:
        raise NotAQuantityError("a number without ends")
    return math.floor(low * 10**decimals), math.ceil(high * 10**decimals)


def _made(ends: Ends, kind: Kind, stream: Stream, decimals: int = 0) -> Quantity:
    low, high = units_between(ends, decimals)
    return Quantity(kind=kind, stream=stream, low=low, high=high, decimals=decimals)


def _kind_of_sum(left: Quantity, right: Quantity, sign: str) -> Kind:
    moments = {Kind.DATE, Kind.DATETIME}
    if left.kind in moments and right.kind in moments and sign == "-":
        return Kind.DURATION
    for one, other in ((left, right), (right, left)):
        if one.kind in moments:
            whole = other.low == other.high and other.low % DAY == 0
            return one.kind if whole else Kind.DATETIME
    if Kind.DURATION in {left.kind, right.kind}:
        return Kind.DURATION
    return Kind.DECIMAL if Kind.DECIMAL in {left.kind, right.kind} else Kind.INTEGER


def _add(ends: Ends, args: list[Quantity], node: syntax.Call) -> Quantity:
    left, right = aligned(args)
    is_sum = node.function == "+"
    combine = _plus if is_sum else _minus
    stream = Joined(combine, MOST, left.stream, right.stream)
    return _made(ends, _kind_of_sum(left, right, node.function), stream, left.decimals)


def _plus(one: Any, other: Any) -> Any:
    return one + other


def _minus(one: Any, other: Any) -> Any:
    return one - other


def multiply(ends: Ends, args: list[Quantity], _: syntax.Call) -> Quantity:
    """Return the product of two quantities."""
    left, right = args
    stream = Joined(lambda one, other: one * other, MOST, left.stream, right.stream)
    kinds = {left.kind, right.kind}
    kind = Kind.INTEGER
    if Kind.DURATION in kinds:
        kind = Kind.DURATION
    elif Kind.DECIMAL in kinds:
        kind = Kind.DECIMAL
    return _made(ends, kind, stream, left.decimals + right.decimals)


def product_ends(left: Quantity, right: Quantity) -> Ends:
    """Return the ends of a product."""
    corners = [
        Fraction(one * other, 10 ** (left.decimals + right.decimals))
        for one in (left.low, left.high)
        for other in (right.low, right.high)
    ]
    return min(corners), max(corners)


def divides(left: Quantity, right: Quantity) -> bool:
    """Return whether a quotient is a whole number, or one with few decimals."""
    if left.kind is right.kind is Kind.INTEGER:
        return True
    if right.low != right.high or not right.low:
        return False
    inverse = 1 / Fraction(right.low, 10**right.decimals)
    return any(10**places % inverse.denominator == 0 for places in range(_MOST_PLACES))


_MOST_PLACES: Final = 10
"""Decimals that a division by a constant may add before it counts as one without end."""


def _divide(ends: Ends, args: list[Quantity], _: syntax.Call) -> Quantity:
    """Return a division of whole numbers, or one by a constant whose quotients have an end."""
    left, right = args
    if left.kind is right.kind is Kind.INTEGER:
        if right.low <= 0 <= right.high:
            raise NotAQuantityError("the divisor may be 0")
        return _made(ends, Kind.INTEGER, Joined(_truncated, MOST, left.stream, right.stream))
    divisor = Fraction(right.low, 10**right.decimals)
    if right.low != right.high or not divisor:
        raise NotAQuantityError("a quotient without end is rounded record by record")
    inverse = 1 / divisor
    places = _ten_places(inverse.denominator)
    factor = int(inverse * 10**places)
    stream = Derived(left.stream, lambda number: number * factor, MOST)
    return _made(ends, Kind.DECIMAL, stream, left.decimals + places)


def _ten_places(denominator: int) -> int:
    for places in range(_MOST_PLACES):
        if 10**places % denominator == 0:
            return places
    raise NotAQuantityError("a quotient without end is rounded record by record")


def _truncated(one: Any, other: Any) -> Any:
    quotient = abs(one) // abs(other)
    return quotient * (1 - 2 * ((one < 0) ^ (other < 0)))


def _modulo(ends: Ends, args: list[Quantity], _: syntax.Call) -> Quantity:
    if args[1].low <= 0 <= args[1].high:
        raise NotAQuantityError("the divisor may be 0")
    stream = Joined(
        lambda one, other: one - _truncated(one, other) * other, MOST, *streams_of(args)
    )
    return _made(ends, Kind.INTEGER, stream)


def _negate(ends: Ends, args: list[Quantity], _: syntax.Call) -> Quantity:
    stream = Derived(args[0].stream, lambda number: -number, MOST)
    return _made(ends, args[0].kind, stream, args[0].decimals)


_COMPARE: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "<": lambda one, other: (one < other) * 1,
    "<=": lambda one, other: (one <= other) * 1,
    ">": lambda one, other: (one > other) * 1,
    ">=": lambda one, other: (one >= other) * 1,
}


def _compare(_: Ends, args: list[Quantity], node: syntax.Call) -> Quantity:
    left, right = aligned(args)
    return truth(Joined(_COMPARE[node.function], 2, left.stream, right.stream))


def _both(_: Ends, args: list[Quantity], node: syntax.Call) -> Quantity:
    return truth(Extreme(streams_of(args), is_least=node.function == "&&"))


def _not(_: Ends, args: list[Quantity], __: syntax.Call) -> Quantity:
    return flipped(args[0])


def _choose(_: Ends, args: list[Quantity], __: syntax.Call) -> Quantity:
    condition, yes, no = args[0], *aligned(args[1:])
    if yes.presence is not None or no.presence is not None:
        raise NotAQuantityError("null is evaluated record by record")
    kind = yes.kind if yes.kind is no.kind else Kind.DECIMAL
    return Quantity(
        kind=kind,
        stream=Choice(condition.stream, yes.stream, no.stream),
        low=min(yes.low, no.low),
        high=max(yes.high, no.high),
        decimals=yes.decimals,
    )


def of_arguments(how: str, args: Sequence[Quantity]) -> Quantity:
    """Return the sum, least or greatest of several quantities of as many decimals."""
    if how == "size":
        return Quantity(
            kind=Kind.INTEGER, stream=Constant(len(args)), low=len(args), high=len(args)
        )
    if how not in {"sum", "min", "max"}:
        raise NotAQuantityError("a list is evaluated record by record")
    lows, highs = [each.low for each in args], [each.high for each in args]
    kind = Kind.DECIMAL if any(each.kind is Kind.DECIMAL for each in args) else args[0].kind
    if how == "sum":
        stream: Stream = Joined(lambda *numbers: sum(numbers), MOST, *streams_of(args))
        low, high = sum(lows), sum(highs)
    else:
        choose = min if how == "min" else max
        stream = Extreme(streams_of(args), is_least=how == "min")
        low, high = choose(lows), choose(highs)
    return Quantity(kind=kind, stream=stream, low=low, high=high, decimals=args[0].decimals)


def _extreme(_: Ends, args: list[Quantity], node: syntax.Call) -> Quantity:
    return of_arguments(node.function, aligned(args))


def _magnitude(number: Any) -> Any:
    return abs(number)


def _absolute(ends: Ends, args: list[Quantity], _: syntax.Call) -> Quantity:
    return _made(ends, args[0].kind, Derived(args[0].stream, _magnitude, MOST), args[0].decimals)


def _round(_: Ends, args: list[Quantity], node: syntax.Call) -> Quantity:
    places = 0
    if len(args) > 1:
        if not isinstance(node.args[1], syntax.Literal):
            raise NotAQuantityError("places that vary are rounded to record by record")
        places = args[1].low
    if places < 0:
        raise NotAQuantityError("places before the point are rounded to record by record")
    found = rounded(args[0], min(places, args[0].decimals))
    kind = Kind.DECIMAL if places else Kind.INTEGER
    return replace(scaled(found, places), kind=kind)


def _whole(ends: Ends, args: list[Quantity], node: syntax.Call) -> Quantity:
    factor = 10 ** args[0].decimals
    changes: Mapping[str, Callable[[Any], Any]] = {
        "floor": lambda number: number // factor,
        "ceil": lambda number: -(-number // factor),
        "int": lambda number: _truncated(number, factor),
    }
    stream = Derived(args[0].stream, changes[node.function], MOST)
    return _made(ends, Kind.INTEGER, stream)


def _decimal(_: Ends, args: list[Quantity], __: syntax.Call) -> Quantity:
    return replace(args[0], kind=Kind.DECIMAL)


def _to_midnight(ends: Ends, args: list[Quantity], node: syntax.Call) -> Quantity:
    if node.function != "date":
        return replace(args[0], kind=Kind.DATETIME)
    stream = Derived(args[0].stream, lambda seconds: seconds // DAY * DAY, MOST)
    return _made(ends, Kind.DATE, stream)


def _days(ends: Ends, args: list[Quantity], _: syntax.Call) -> Quantity:
    seconds: Stream = args[0].stream
    if len(args) > 1:
        seconds = Joined(lambda first, second: second - first, MOST, *streams_of(args))
    stream = Derived(seconds, lambda number: _truncated(number, DAY), MOST)
    return _made(ends, Kind.INTEGER, stream)


def _years(ends: Ends, args: list[Quantity], _: syntax.Call) -> Quantity:
    def years(first: Any, second: Any) -> Any:
        sign = 1 - 2 * (first > second)
        is_turned = (first > second) * 1
        earlier = first + is_turned * (second - first)
        later = second + is_turned * (first - second)
        whole = civil_year(later // DAY) - civil_year(earlier // DAY)
        # Of two moments of one year: the same as an order of month, day and time.
        early = month_and_day(earlier // DAY) * DAY + earlier % DAY
        late = month_and_day(later // DAY) * DAY + later % DAY
        return sign * (whole - (late < early) * 1)

    return _made(ends, Kind.INTEGER, Joined(years, MOST, *streams_of(args)))


def _year(ends: Ends, args: list[Quantity], _: syntax.Call) -> Quantity:
    stream = Derived(args[0].stream, lambda seconds: civil_year(seconds // DAY), MOST)
    return _made(ends, Kind.INTEGER, stream)


def _part(
    change: Callable[[Any], Any], size: int = 0
) -> Callable[[Ends, list[Quantity], syntax.Call], Quantity]:
    """Return what reads a part of a moment; ``size`` is that of the part in a duration."""

    def combine(ends: Ends, args: list[Quantity], _: syntax.Call) -> Quantity:
        if args[0].kind is Kind.DURATION:
            stream = Derived(args[0].stream, lambda seconds: _truncated(seconds, size), MOST)
            return _made(ends, Kind.INTEGER, stream)
        return _made(ends, Kind.INTEGER, Derived(args[0].stream, change, MOST))

    return combine


def _same(_: Ends, args: list[Quantity], __: syntax.Call) -> Quantity:
    return replace(args[0], kind=Kind.INTEGER)


COMBINED: Final[Mapping[str, Callable[[Ends, list[Quantity], syntax.Call], Quantity]]] = {
    "+": _add,
    "-": _add,
    "*": multiply,
    "/": _divide,
    "%": _modulo,
    "neg": _negate,
    "<": _compare,
    "<=": _compare,
    ">": _compare,
    ">=": _compare,
    "&&": _both,
    "||": _both,
    "!": _not,
    "?:": _choose,
    "min": _extreme,
    "max": _extreme,
    "abs": _absolute,
    "round": _round,
    "floor": _whole,
    "ceil": _whole,
    "int": _whole,
    "decimal": _decimal,
    "double": _decimal,
    "date": _to_midnight,
    "datetime": _to_midnight,
    "timestamp": _to_midnight,
    "days": _days,
    "seconds": _same,
    "years_between": _years,
    "getFullYear": _year,
    "getMonth": _part(lambda seconds: month_and_day(seconds // DAY) // 31),
    "getDate": _part(lambda seconds: month_and_day(seconds // DAY) % 31 + 1),
    "getDayOfMonth": _part(lambda seconds: month_and_day(seconds // DAY) % 31),
    "getDayOfWeek": _part(lambda seconds: (seconds // DAY + 1) % 7),
    "getHours": _part(lambda seconds: seconds // 3600 % 24, 3600),
    "getMinutes": _part(lambda seconds: seconds // 60 % 60, 60),
    "getSeconds": _part(lambda seconds: seconds % 60, 1),
}
