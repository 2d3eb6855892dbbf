"""Ends: the least and the greatest value that an expression can have.

Numbers count as they are; dates as seconds since 0001-01-01, times of day and durations as seconds.
"""

from __future__ import annotations

import math
from datetime import datetime, time
from fractions import Fraction
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from mockgen_watch.expressions import syntax, values
from mockgen_watch.expressions.values import DAY, seconds_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mockgen_watch.expressions.syntax import Node

Ends: TypeAlias = "tuple[Fraction | None, Fraction | None]"
"""Both included; None where there is none, or it is not known."""

UNKNOWN: Final[Ends] = (None, None)


class Facts(Protocol):
    """What is known of the fields that an expression names."""

    def ends_at(self, path: tuple[str, ...]) -> Ends:
        """Return the ends of the field at ``path``, as ``syntax.fields_of`` has it."""
        ...

    def lengths_at(self, path: tuple[str, ...]) -> Ends:
        """Return how many elements the array there has."""
        ...


def ends_of(node: Node, facts: Facts, variables: syntax.Variables | None = None) -> Ends:
    """Return the ends of what ``node`` evaluates to."""
    return _Ends(facts).of(node, variables or {})


class _Ends:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def of(self, node: Node, variables: syntax.Variables) -> Ends:
        low, high = self._of(node, variables)
        return _known(low), _known(high)

    def _of(self, node: Node, variables: syntax.Variables) -> Ends:
        if isinstance(node, syntax.Literal):
            return _exactly(node.value)
        path = syntax.path_of(node, variables)
        if path is not None:
            return self._facts.ends_at(path) if path else UNKNOWN
        if not isinstance(node, syntax.Call):
            return UNKNOWN
        if node.function in {"sum", "size"} or (
            node.function in {"min", "max"} and len(node.args) == 1
        ):
            return self._of_list(node.function, node.args[0], variables)
        if node.function == "?:":
            return _hull([self.of(arg, variables) for arg in node.args[1:]])
        if node.function in {"date", "datetime", "timestamp", "duration"}:
            return self._moment(node, variables)
        return _of_call(node, [self.of(arg, variables) for arg in node.args])

    def _of_list(self, function: str, node: Node, variables: syntax.Variables) -> Ends:
        items, lengths = self._list(node, variables)
        least, most = lengths
        if function == "size":
            return lengths
        low, high = items
        if function in {"min", "max"}:
            return items
        if least is None or most is None:
            return (
                Fraction(0) if low is not None and low >= 0 else None,
                Fraction(0) if high is not None and high <= 0 else None,
            )
        return (
            None if low is None else min(least * low, most * low),
            None if high is None else max(least * high, most * high),
        )

    def _list(self, node: Node, variables: syntax.Variables) -> tuple[Ends, Ends]:
        """Return the ends of the elements of a list, and of how many there are."""
        if isinstance(node, syntax.ListLiteral):
            count = Fraction(len(node.items))
            return _hull([self.of(item, variables) for item in node.items]), (count, count)
        path = syntax.path_of(node, variables)
        if isinstance(node, syntax.Comprehension) and node.kind in {"map", "filter"}:
            target = syntax.path_of(node.target, variables)
            inner = {**variables, node.variable: (*target, syntax.ELEMENT) if target else ()}
            items, (least, most) = self._list(node.target, variables)
            if node.kind == "filter" or node.condition is not None:
                least = Fraction(0)
            if node.kind == "map":
                items = self.of(node.body, inner)
            return items, (least, most)
        if not path:
            return UNKNOWN, UNKNOWN
        return self._facts.ends_at((*path, syntax.ELEMENT)), self._facts.lengths_at(path)

    def _moment(self, node: syntax.Call, variables: syntax.Variables) -> Ends:
        (arg,) = node.args[:1]
        if not isinstance(arg, syntax.Literal) or not isinstance(arg.value, str):
            ends = self.of(arg, variables)
            return _each(ends, _midnight) if node.function == "date" else ends
        if node.function == "duration":
            length = values.read_duration(arg.value)
            return UNKNOWN if length is None else _length_ends(length)
        found = values.read_datetime(arg.value)
        if found is None:
            return UNKNOWN
        if node.function == "date":
            found = datetime.combine(found.date(), time())
        return _exactly(seconds_of(found))


def _known(end: Fraction | None) -> Fraction | None:
    """Return an end, or None for one of more digits than any number of a record has."""
    if end is None or max(end.numerator.bit_length(), end.denominator.bit_length()) > _MOST_BITS:
        return None
    return end


_MOST_BITS: Final = 20_000


def _midnight(seconds: Fraction) -> int:
    return int(seconds // DAY) * DAY


def _length_ends(length: values.Duration) -> Ends:
    """Return the least and the most seconds of a duration: a month has 28 to 31 days."""
    days = sorted((length.months * 28 * DAY, length.months * 31 * DAY))
    return Fraction(days[0] + length.seconds), Fraction(days[1] + length.seconds)


def _exactly(value: object) -> Ends:
    if not values.is_number(value):
        return UNKNOWN
    found = Fraction(value)
    return found, found


def _hull(parts: Sequence[Ends]) -> Ends:
    lows, highs = zip(*parts, strict=True) if parts else ((None,), (None,))
    low = None if None in lows else min(each for each in lows if each is not None)
    high = None if None in highs else max(each for each in highs if each is not None)
    return low, high


def _each(ends: Ends, change: Callable[[Fraction], int]) -> Ends:
    low, high = ends
    return (
        None if low is None else Fraction(change(low)),
        None if high is None else Fraction(change(high)),
    )


def _sum(args: Sequence[Ends]) -> Ends:
    low = high = Fraction(0)
    lows, highs = zip(*args, strict=True)
    return (
        None if None in lows else sum(lows, low),
        None if None in highs else sum(highs, high),
    )


def _negative(args: Sequence[Ends]) -> Ends:
    low, high = args[0]
    return None if high is None else -high, None if low is None else -low


def _difference(args: Sequence[Ends]) -> Ends:
    return _sum([args[0], _negative([args[1]])])


def _corners(args: Sequence[Ends], combine: Callable[[Fraction, Fraction], Fraction]) -> Ends:
    (low, high), (least, most) = args
    if low is None or high is None or least is None or most is None:
        return UNKNOWN
    found = [combine(left, right) for left in (low, high) for right in (least, most)]
    return min(found), max(found)


def _product(args: Sequence[Ends]) -> Ends:
    (low, high), (least, most) = args
    if low is not None and low >= 0 and least is not None and least >= 0:
        return low * least, None if high is None or most is None else high * most
    return _corners(args, lambda left, right: left * right)


def _quotient(args: Sequence[Ends]) -> Ends:
    least, most = args[1]
    if least is None or most is None or least <= 0 <= most:
        return UNKNOWN
    return _corners(args, lambda left, right: left / right)


def _is_whole(node: syntax.Call) -> bool:
    """Return whether both sides of a division may be whole numbers, so that it may be cut."""
    return not any(
        isinstance(arg, syntax.Literal) and not isinstance(arg.value, int) for arg in node.args
    )


def _of_call(node: syntax.Call, args: Sequence[Ends]) -> Ends:
    name = node.function
    if name in _CLOCK_PARTS:
        is_duration = _is_duration(node.args[0])
        if is_duration is None:
            return UNKNOWN
        if is_duration:
            return _each(args[0], lambda each: math.trunc(each / _CLOCK_PARTS[name]))
    combine = _COMBINED.get(name)
    found = UNKNOWN if combine is None else combine(args)
    if name == "/" and _is_whole(node):
        return _hull([found, _each(found, math.trunc)])
    return found


def _is_duration(node: Node) -> bool | None:
    """Return whether a date or duration is a duration; None where its text does not say so.

    No field is one, so that only what makes one of other values has to be looked at.
    """
    if isinstance(node, syntax.Select):
        return False
    if not isinstance(node, syntax.Call):
        return None
    first, last = node.args[0], node.args[-1]
    match node.function:
        case "date" | "datetime" | "timestamp":
            return False
        case "duration" | "*" | "neg":
            return True
        case "+":
            parts = {_is_duration(first), _is_duration(last)}
            return False if False in parts else None if None in parts else True
        case "-":
            right = _is_duration(last)
            return True if right is False else _is_duration(first) if right else None
        case "?:":
            return _is_duration(last)
    return None


_CLOCK_PARTS: Final = {"getHours": 3600, "getMinutes": 60, "getSeconds": 1}
"""Parts that a duration has, too, in their seconds."""


def _least(args: Sequence[Ends]) -> Ends:
    lows, highs = zip(*args, strict=True)
    known = [each for each in highs if each is not None]
    return None if None in lows else min(lows), min(known) if known else None


def _greatest(args: Sequence[Ends]) -> Ends:
    return _negative([_least([_negative([each]) for each in args])])


def _magnitude(args: Sequence[Ends]) -> Ends:
    low, high = args[0]
    if low is not None and low >= 0:
        return low, high
    if high is not None and high <= 0:
        return _negative(args)
    return Fraction(0), None if low is None or high is None else max(-low, high)


def _rounded(args: Sequence[Ends]) -> Ends:
    low, high = args[0]
    places = args[1][0] if len(args) > 1 else Fraction(0)
    if places is None:
        return UNKNOWN
    scale = Fraction(10) ** int(places)
    return (
        None if low is None else Fraction(round(low * scale)) / scale,
        None if high is None else Fraction(round(high * scale)) / scale,
    )


def _remainder(args: Sequence[Ends]) -> Ends:
    (low, _), (least, most) = args
    if least is None or most is None:
        return UNKNOWN
    most = max(abs(least), abs(most)) - 1
    return (Fraction(0) if low is not None and low >= 0 else -most), most


def _years(args: Sequence[Ends]) -> Ends:
    low, high = _difference([args[1], args[0]])
    year = 365 * DAY
    return (
        None if low is None else Fraction(low // year - 1),
        None if high is None else Fraction(high // year + 1),
    )


def _days(args: Sequence[Ends]) -> Ends:
    seconds = args[0] if len(args) == 1 else _difference([args[1], args[0]])
    return _each(seconds, lambda each: math.trunc(each / DAY))


def _year(args: Sequence[Ends]) -> Ends:
    def year(seconds: Fraction) -> int:
        return values.moment_of(int(seconds)).year

    try:
        return _each(args[0], year)
    except OverflowError:
        return UNKNOWN


def _fixed(low: int, high: int) -> Callable[[Sequence[Ends]], Ends]:
    return lambda _: (Fraction(low), Fraction(high))


_COMBINED: Final[Mapping[str, Callable[[Sequence[Ends]], Ends]]] = {
    "+": _sum,
    "-": _difference,
    "*": _product,
    "/": _quotient,
    "%": _remainder,
    "neg": _negative,
    "min": _least,
    "max": _greatest,
    "abs": _magnitude,
    "round": _rounded,
    "floor": lambda args: _each(args[0], math.floor),
    "ceil": lambda args: _each(args[0], math.ceil),
    "int": lambda args: _each(args[0], math.trunc),
    "decimal": lambda args: args[0],
    "double": lambda args: args[0],
    "days": _days,
    "seconds": lambda args: args[0],
    "years_between": _years,
    "getFullYear": _year,
    "getMonth": _fixed(0, 11),
    "getDate": _fixed(1, 31),
    "getDayOfMonth": _fixed(0, 30),
    "getDayOfWeek": _fixed(0, 6),
    "getDayOfYear": _fixed(0, 365),
    "getHours": _fixed(0, 23),
    "getMinutes": _fixed(0, 59),
    "getSeconds": _fixed(0, 59),
}
