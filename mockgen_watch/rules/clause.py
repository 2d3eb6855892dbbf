"""Exclusion clauses: conditions on fields that together put a record out of scope."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct

from mockgen_watch.rules.schema import compile_regex
from mockgen_watch.rules.values import (
    Path,
    RecordView,
    RuleError,
    bound_of,
    is_number,
    places_of,
    same,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.model import ConditionSpec, ExclusionSpec

    Test: TypeAlias = Callable[[Json], bool]


class Condition(Struct, frozen=True, kw_only=True):
    """One condition of a clause.

    Attributes:
        path: where its field is written.
        fits: whether a value of the field is one that it speaks of.
        low, high: the bounds, as ``RecordView.comparable`` has the field's values; None for none.
        is_range: bounds are all that it says.
        values: that it lists, where that is all that it says.
    """

    path: Path
    fits: Test
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


def compile_clause(spec: ExclusionSpec, view: RecordView) -> Clause:
    """Return the clause that ``spec`` states.

    Raises:
        RuleError: a condition cannot be read.
    """
    conditions = tuple(_condition(condition, view) for condition in spec.conditions)
    return Clause(name=spec.name, conditions=conditions, location=spec.location)


def _condition(spec: ConditionSpec, view: RecordView) -> Condition:
    path = view.path_of(spec.field)
    if isinstance(spec.test, list):
        values = tuple(spec.test)
        return Condition(path=path, fits=_one_of(values), location=spec.location, values=values)
    tests: list[Test] = []
    ends: dict[str, int | Decimal | None] = {}
    stated = spec.test if isinstance(spec.test, dict) else {}
    for key, operand in stated.items():
        if key == "pattern":
            tests.append(_matching(str(operand)))
        elif key == "not":
            tests.append(_none_of(tuple(operand) if isinstance(operand, list) else (operand,)))
        else:
            ends[key] = _bound(operand, path, view)
            order = operator.ge if key == "minimum" else operator.le
            tests.append(_ordered(path, view, order, operand if ends[key] is None else ends[key]))
    return Condition(
        path=path,
        fits=lambda value: all(test(value) for test in tests),
        location=spec.location,
        low=ends.get("minimum"),
        high=ends.get("maximum"),
        is_range=set(stated) <= {"minimum", "maximum"} and None not in ends.values(),
    )


def _one_of(values: tuple[Json, ...]) -> Test:
    return lambda value: any(same(value, each) for each in values)


def _none_of(values: tuple[Json, ...]) -> Test:
    return lambda value: not any(same(value, each) for each in values)


def _matching(source: str) -> Test:
    find = compile_regex(source)
    return lambda value: isinstance(value, str) and find(value) is not None


def _bound(operand: Json, path: Path, view: RecordView) -> int | Decimal | None:
    moment = view.moments.get(path)
    if isinstance(operand, str) and moment is not None:
        seconds = bound_of(operand, moment)
        if seconds is None:
            raise RuleError(f'"{operand}" is no date as the field writes it, nor in ISO 8601')
        return seconds
    return operand if is_number(operand) else None  # type: ignore[return-value]


def _ordered(path: Path, view: RecordView, order: Callable[[Any, Any], bool], limit: Json) -> Test:
    def fits(value: Json) -> bool:
        found = view.comparable(path, value)
        if found is None or isinstance(found, str) is not isinstance(limit, str):
            return False
        return order(found, limit)

    return fits
