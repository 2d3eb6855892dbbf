"""Takes an exclusion's conditions; gives the checks of the values that they speak of."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.rules.schema import compile_regex
from mockgen_watch.rules.values import RuleError, bound_of, is_number, places_of, same

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal
    from typing import Any

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.rules.values import Path, Sight
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.model import ConditionSpec, ExclusionSpec


class Condition(Struct, frozen=True, kw_only=True):
    """One condition of a clause.

    Attributes:
        path: where its field is written.
        fits: tells whether a value of the field is one that it speaks of.
        low, high: the bounds, as ``Sight.comparable`` has the field's values; None for none.
        is_range: bounds are all that it says.
        values: that it lists, where that is all that it says.
    """

    path: Path
    fits: Callable[[Json], bool]
    location: Location
    low: int | Decimal | None = None
    high: int | Decimal | None = None
    is_range: bool = False
    values: tuple[Json, ...] = ()

    def holds(self, written: Json) -> bool:
        """Return whether it holds for a record: for one element where the field is in an array."""
        return any(self.fits(value) for _, value in places_of(written, self.path))


class Clause(Struct, frozen=True, kw_only=True):
    """An exclusion clause: its conditions hold together."""

    name: str
    conditions: tuple[Condition, ...]
    location: Location

    def matches(self, written: Json) -> bool:
        """Return whether a record is out of scope by this clause."""
        return all(condition.holds(written) for condition in self.conditions)


def compile_clause(spec: ExclusionSpec, sight: Sight) -> Clause:
    """Return the clause that ``spec`` states.

    Raises:
        RuleError: a condition cannot be read.
    """
    conditions = tuple(_condition(condition, sight) for condition in spec.conditions)
    return Clause(name=spec.name, conditions=conditions, location=spec.location)


def _condition(spec: ConditionSpec, sight: Sight) -> Condition:
    path = sight.path_of(spec.field)
    if isinstance(spec.test, list):
        return Condition(
            path=path,
            fits=_one_of(spec.test),
            location=spec.location,
            values=tuple(spec.test),
        )
    tests: list[Callable[[Json], bool]] = []
    ends: dict[str, int | Decimal | None] = {}
    stated = spec.test if isinstance(spec.test, dict) else {}
    for key, operand in stated.items():
        if key == "pattern":
            tests.append(_matching(str(operand)))
        elif key == "not":
            tests.append(_none_of(operand if isinstance(operand, list) else [operand]))
        else:
            ends[key] = _bound(operand, path, sight)
            order = operator.ge if key == "minimum" else operator.le
            tests.append(_ordered(path, sight, order, ends[key], operand))
    return Condition(
        path=path,
        fits=lambda value: all(test(value) for test in tests),
        location=spec.location,
        low=ends.get("minimum"),
        high=ends.get("maximum"),
        is_range=set(stated) <= {"minimum", "maximum"} and None not in ends.values(),
    )


def _one_of(values: list[Json]) -> Callable[[Json], bool]:
    return lambda value: any(same(value, known) for known in values)


def _none_of(values: list[Json]) -> Callable[[Json], bool]:
    return lambda value: not any(same(value, known) for known in values)


def _matching(source: str) -> Callable[[Json], bool]:
    found = compile_regex(source)
    return lambda value: isinstance(value, str) and found(value) is not None


def _bound(operand: Json, path: Path, sight: Sight) -> int | Decimal | None:
    moment = sight.moments.get(path)
    if isinstance(operand, str) and moment is not None:
        seconds = bound_of(operand, moment)
        if seconds is None:
            raise RuleError(f'"{operand}" is no date as the field writes it, nor in ISO 8601')
        return seconds
    return operand if is_number(operand) else None  # type: ignore[return-value]


def _ordered(
    path: Path,
    sight: Sight,
    order: Callable[[Any, Any], bool],
    bound: int | Decimal | None,
    operand: Json,
) -> Callable[[Json], bool]:
    limit = operand if bound is None else bound

    def fits(value: Json) -> bool:
        found = sight.comparable(path, value)
        if found is None or isinstance(found, str) is not isinstance(limit, str):
            return False
        return order(found, limit)

    return fits
