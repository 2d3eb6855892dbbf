"""Functions of expressions: what each takes, what type it has, and what it does.

Each may be called with its first argument before a dot: ``size(record.name)`` is
``record.name.size()``.
"""

from __future__ import annotations

import math
import re
from datetime import datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.expressions import types, values
from mockgen_watch.expressions.regex import (
    PatternFormError,
    PatternTooSlowError,
    compile_regex,
)
from mockgen_watch.expressions.types import Kind, Type
from mockgen_watch.expressions.values import Duration, EvaluationError, TooMuchWorkError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class Function(Struct, frozen=True, kw_only=True):
    """A function.

    Attributes:
        takes: the kinds that each argument may have, one set for each.
        least: how many arguments there are at least; as many as ``takes`` has by default.
        type_of: the type of the result, by those of the arguments.
        run: from values to the result; the arguments are there, and no error.
        example: how it is called.
    """

    takes: tuple[frozenset[Kind], ...]
    type_of: Callable[[Sequence[Type]], Type]
    run: Callable[..., Any]
    example: str
    least: int = -1

    @property
    def fewest(self) -> int:
        return len(self.takes) if self.least < 0 else self.least


_NUMBER = frozenset({Kind.INTEGER, Kind.DECIMAL})
_WHOLE = frozenset({Kind.INTEGER})
_TEXT = frozenset({Kind.TEXT})
_MOMENT = frozenset({Kind.DATE, Kind.DATETIME})
_CLOCK = frozenset({Kind.DATETIME, Kind.TIME, Kind.DATE, Kind.DURATION})
_DURATION = frozenset({Kind.DURATION})
_LIST = frozenset({Kind.LIST})
_ANYTHING = frozenset(Kind)


def _always(kind: Type) -> Callable[[Sequence[Type]], Type]:
    return lambda _: kind


def _item(args: Sequence[Type]) -> Type:
    """Return the type of the elements of a list, or of what several arguments have in common."""
    if len(args) == 1 and args[0].kind is Kind.LIST:
        return types.present(args[0].item or types.ANY)
    found = args[0]
    for other in args[1:]:
        found = types.either(found, other)
    return found


def _same(args: Sequence[Type]) -> Type:
    return types.present(args[0])


def _sum(numbers: Sequence[Any]) -> Any:
    total: Any = 0
    for each in _elements(numbers):
        if isinstance(each, Duration):
            before = total or Duration()
            total = Duration(before.months + each.months, before.seconds + each.seconds)
        elif values.is_number(each):
            total = plus(total, each)
        else:
            raise EvaluationError(f"sum() takes numbers, not {values.shown_value(each)}")
    return total


def plus(left: Any, right: Any) -> Any:
    """Return the sum of two numbers, exact."""
    if isinstance(left, int) and isinstance(right, int):
        return _whole_number(left + right)
    if isinstance(left, Fraction) or isinstance(right, Fraction):
        return values.normal(Fraction(left) + Fraction(right))
    return _exact(EXACT.add, left, right)


def times(left: Any, right: Any) -> Any:
    """Return the product of two numbers, exact."""
    if isinstance(left, int) and isinstance(right, int):
        return _whole_number(left * right)
    if isinstance(left, Fraction) or isinstance(right, Fraction):
        return values.normal(Fraction(left) * Fraction(right))
    return _exact(EXACT.multiply, left, right)


def _exact(both: Callable[[Decimal, Decimal], Decimal], left: Any, right: Any) -> Decimal:
    try:
        return both(Decimal(left), Decimal(right))
    except ArithmeticError as error:
        raise EvaluationError(_TOO_LONG) from error


def _whole_number(number: int) -> int:
    if abs(number) >= _BEYOND:
        raise EvaluationError(_TOO_LONG)
    return number


EXACT: Final = values.EXACT
_BEYOND: Final = 10**EXACT.prec
_TOO_LONG: Final = f"a number has {EXACT.prec} digits at most"


def _elements(found: Any) -> Sequence[Any]:
    if not isinstance(found, list):
        raise EvaluationError(f"a list is needed, not {values.shown_value(found)}")
    return found


def _extreme(choose: Callable[..., Any], name: str) -> Callable[..., Any]:
    def run(*args: Any) -> Any:
        found = _elements(args[0]) if len(args) == 1 and isinstance(args[0], list) else list(args)
        if not found:
            raise EvaluationError(f"{name}() of an empty list")
        if all(isinstance(each, Duration) for each in found):
            return choose(found, key=values.length_of)
        numbers = all(map(values.is_number, found))
        if not numbers and (len(set(map(type, found))) > 1 or not _has_order(found[0])):
            raise EvaluationError(f"{name}() of values that have no order")
        return choose(found)

    return run


def _has_order(value: Any) -> bool:
    return isinstance(value, str | datetime | time)


def _size(value: Any) -> int:
    if isinstance(value, str | list | dict):
        return len(value)
    raise EvaluationError(f"size() takes text or a list, not {values.shown_value(value)}")


def _rounded_type(args: Sequence[Type]) -> Type:
    return types.INTEGER if len(args) == 1 else types.DECIMAL


def _whole(value: Any) -> int:
    """Return a number without what is after its point, or the number that a text is."""
    if isinstance(value, str):
        if not re.fullmatch(_WHOLE_TEXT, value):
            raise EvaluationError(f'"{value}" is no whole number')
        return int(value)
    return int(value)


def _decimal(value: Any) -> Any:
    if isinstance(value, str):
        if not re.fullmatch(_NUMBER_TEXT, value):
            raise EvaluationError(f'"{value}" is no number')
        return Decimal(value)
    return Decimal(value) if isinstance(value, int) else value


_WHOLE_TEXT: Final = "[+-]?[0-9]{1,100}"
_NUMBER_TEXT: Final = r"[+-]?[0-9]{1,50}(\.[0-9]{1,50})?([eE][+-]?[0-9]{1,2})?"


def _decimal_type(args: Sequence[Type]) -> Type:
    return replace(types.DECIMAL, decimals=args[0].decimals if args[0].is_number else None)


def _string(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Duration):
        months = f"{value.months}mo" if value.months else ""
        return f"{months}{value.seconds}s" if value.seconds or not months else months
    return values.shown_value(value)


def _datetime(value: Any, name: str = "datetime") -> datetime:
    if isinstance(value, datetime):
        return value
    found = values.read_datetime(value) if isinstance(value, str) else None
    if found is None:
        raise EvaluationError(f"{name}() takes text such as 2025-12-31, not {value!r}")
    return found


def _date(value: Any) -> datetime:
    return values.midnight(_datetime(value, "date").date())


def _duration(text: Any) -> Duration:
    found = values.read_duration(text) if isinstance(text, str) else None
    if found is None:
        raise EvaluationError(f"duration() takes text such as 90m, 36h, 5d, 1mo, not {text!r}")
    return found


def _days(first: Any, second: Any = None) -> int:
    if second is not None:
        first = values.between(second, first)
    return int(Fraction(values.length_of(first), values.DAY).__trunc__())


def _getter(read: Callable[[datetime], int], seconds: int = 0) -> Function:
    """Return what reads a part of a moment; ``seconds`` are those of the part in a duration."""

    def run(value: Any) -> int:
        if not isinstance(value, Duration):
            return read(value)
        return int(values.divided(values.length_of(value), seconds))

    return Function(
        takes=(_CLOCK if seconds else _MOMENT,),
        type_of=_always(types.INTEGER),
        run=run if seconds else read,
        example="",
    )


def _matches(text: str, pattern: str) -> bool:
    try:
        return compile_regex(pattern)(text)
    except PatternFormError as error:
        raise EvaluationError(str(error)) from error
    except PatternTooSlowError as error:
        raise TooMuchWorkError(str(error)) from error


def _seconds(duration: Duration) -> int:
    return values.length_of(duration)


_TWO_TEXTS: Final = (_TEXT, _TEXT)
_BOUND: Final = frozenset({*_NUMBER, *_MOMENT, Kind.TIME, Kind.DURATION, Kind.TEXT})


def _function(
    takes: tuple[frozenset[Kind], ...],
    type_of: Type | Callable[[Sequence[Type]], Type],
    run: Callable[..., Any],
    example: str,
    least: int = -1,
) -> Function:
    made = _always(type_of) if isinstance(type_of, Type) else type_of
    return Function(takes=takes, type_of=made, run=run, example=example, least=least)


FUNCTIONS: Final[Mapping[str, Function]] = {
    "sum": _function((_LIST,), _item, _sum, "sum(record.lines.map(l, l.amount))"),
    "min": _function((_BOUND | _LIST,) + (_BOUND,) * 9, _item, _extreme(min, "min"),
                     "min(record.a, record.b)", 1),
    "max": _function((_BOUND | _LIST,) + (_BOUND,) * 9, _item, _extreme(max, "max"),
                     "max(record.a, record.b)", 1),
    "size": _function((_TEXT | _LIST | {Kind.OBJECT},), types.INTEGER, _size,
                      "size(record.lines)"),
    "abs": _function((_NUMBER,), _same, abs, "abs(record.delta)"),
    "round": _function((_NUMBER, _WHOLE), _rounded_type,
                       lambda value, places=0: values.rounded(value, places),
                       "round(record.total * 0.19, 2)", 1),
    "floor": _function((_NUMBER,), types.INTEGER, math.floor, "floor(record.x)"),
    "ceil": _function((_NUMBER,), types.INTEGER, math.ceil, "ceil(record.x)"),
    "int": _function((_NUMBER | _TEXT,), types.INTEGER, _whole, "int(record.x)"),
    "decimal": _function((_NUMBER | _TEXT,), _decimal_type, _decimal, "decimal(record.x)"),
    "double": _function((_NUMBER | _TEXT,), _decimal_type, _decimal, "double(record.x)"),
    "string": _function((_ANYTHING - _LIST - {Kind.OBJECT},), types.TEXT, _string,
                        "string(record.x)"),
    "matches": _function(_TWO_TEXTS, types.BOOLEAN, _matches, 'record.id.matches("^A[0-9]+$")'),
    "startsWith": _function(_TWO_TEXTS, types.BOOLEAN, str.startswith,
                            'record.id.startsWith("A")'),
    "endsWith": _function(_TWO_TEXTS, types.BOOLEAN, str.endswith, 'record.id.endsWith("Z")'),
    "contains": _function(_TWO_TEXTS, types.BOOLEAN, str.__contains__,
                          'record.id.contains("-")'),
    "lower": _function((_TEXT,), types.TEXT, str.lower, "lower(record.name)"),
    "upper": _function((_TEXT,), types.TEXT, str.upper, "upper(record.name)"),
    "date": _function((_TEXT | _MOMENT,), types.DATE, _date, 'date("2025-12-31")'),
    "datetime": _function((_TEXT | _MOMENT,), types.DATETIME, _datetime,
                          'datetime("2025-12-31T08:00:00")'),
    "timestamp": _function((_TEXT | _MOMENT,), types.DATETIME, _datetime,
                           'timestamp("2025-12-31T08:00:00Z")'),
    "duration": _function((_TEXT,), types.DURATION, _duration, 'duration("36h")'),
    "days": _function((_DURATION | _MOMENT, _MOMENT), types.INTEGER, _days,
                      "days(record.from, record.to)", 1),
    "seconds": _function((_DURATION,), types.INTEGER, _seconds, "seconds(record.b - record.a)"),
    "years_between": _function((_MOMENT, _MOMENT), types.INTEGER, values.years_between,
                               "years_between(record.born, record.visit)"),
    "getFullYear": _getter(lambda moment: moment.year),
    "getMonth": _getter(lambda moment: moment.month - 1),
    "getDate": _getter(lambda moment: moment.day),
    "getDayOfMonth": _getter(lambda moment: moment.day - 1),
    "getDayOfWeek": _getter(lambda moment: moment.isoweekday() % 7),
    "getDayOfYear": _getter(lambda moment: moment.timetuple().tm_yday - 1),
    "getHours": _getter(lambda moment: moment.hour, 3600),
    "getMinutes": _getter(lambda moment: moment.minute, 60),
    "getSeconds": _getter(lambda moment: moment.second, 1),
}  # fmt: skip
"""The functions by name."""

ALIASES: Final = {"lowerAscii": "lower", "upperAscii": "upper"}


def named(name: str) -> Function | None:
    """Return the function of a name; None where there is none."""
    return FUNCTIONS.get(ALIASES.get(name, name))
