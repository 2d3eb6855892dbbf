"""Rules and exclusion clauses, compiled: they check records, and say which fields they read.

A clause is conditions on fields that together put a record out of scope.
"""

from __future__ import annotations

import operator
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from msgspec import Struct

from mockgen_watch.rules.cel import (
    Comparison,
    cel_value,
    compile_expression,
    fields_of,
    read_comparison,
)
from mockgen_watch.rules.plugin import RuleType, make_check
from mockgen_watch.rules.schema import Check, compile_regex, compile_schema
from mockgen_watch.rules.values import (
    MISSING,
    Missing,
    Path,
    Place,
    RecordView,
    RuleError,
    bound_of,
    date_for_cel,
    is_number,
    places_of,
    same,
    shown,
    value_at,
    with_field,
)
from mockgen_watch.spec.model import ConditionSpec, ExclusionSpec, RuleKind, RuleSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.spec.document import Json

    Faults = Callable[[Json], list[tuple[str, Place, Json]]]
    Test: TypeAlias = Callable[[Json], bool]


class Rule(Struct, frozen=True, kw_only=True):
    """A compiled rule.

    Attributes:
        paths: where the fields that it reads are written; None when it reads the whole record.
        why: why a record fails; ``""`` when it meets the rule.
        schema: of a rule by schema; what is at the only path must meet it.
        value_why: why one value there fails; None for a rule that is no schema on one field.
        comparison: of two fields, or a field and a number, by written paths; else None.
        text: the CEL text; ``""`` for others.
        faults: of a rule by plugin: what it says may break a record, as kind, place and value.
    """

    name: str
    paths: tuple[Path, ...] | None
    why: Check
    location: Location
    schema: Json = None
    value_why: Check | None = None
    comparison: Comparison | None = None
    text: str = ""
    faults: Faults | None = None

    def holds(self, written: Json) -> bool:
        """Return whether a record meets the rule."""
        return not self.why(written)


def compile_rule(spec: RuleSpec, view: RecordView, types: Mapping[str, RuleType]) -> Rule:
    """Return the rule that ``spec`` states, for records as ``view`` has them.

    ``types``: what plugins offer, by ``PLUGIN/NAME``.

    Raises:
        RuleError: it cannot be compiled.
        FindingsError: a plugin fails.
    """
    if spec.kind is RuleKind.CEL:
        return _expression_rule(spec, view)
    if spec.kind is RuleKind.PLUGIN:
        return _plugin_rule(spec, view, types)
    return _schema_rule(spec, view)


def _schema_rule(spec: RuleSpec, view: RecordView) -> Rule:
    rule = partial(Rule, name=spec.name, location=spec.location)
    check = compile_schema(spec.schema)
    if not spec.field and view.moves:
        # Fields are not where the schema says, so no part of it can be looked at by itself.
        return rule(paths=None, why=lambda written: check(view.record_of(written)))
    path = view.path_of(spec.field)
    why = _at_each(path, check)
    return rule(paths=(path,), why=why, schema=spec.schema, value_why=check)


def _at_each(path: Path, check: Check) -> Check:
    def why(written: Json) -> str:
        for _, value in places_of(written, path):
            message = check(value)
            if message:
                return message
        return ""

    return why


def _plugin_rule(spec: RuleSpec, view: RecordView, types: Mapping[str, RuleType]) -> Rule:
    rule = partial(Rule, name=spec.name, location=spec.location)
    check = make_check(spec, types)
    if not spec.field:
        return rule(
            paths=None,
            why=lambda written: check.why(view.record_of(written)),
            faults=lambda written: [
                (kind, view.place_of(place), value)
                for kind, value, place in check.faults(view.record_of(written))
            ],
        )
    path = view.path_of(spec.field)
    return rule(
        paths=(path,),
        why=_at_each(path, check.why),
        value_why=check.why,
        faults=lambda written: [
            (kind, (*there, *below), value)
            for there, found in places_of(written, path)
            for kind, value, below in check.faults(found)
        ],
    )


def _expression_rule(spec: RuleSpec, view: RecordView) -> Rule:
    text = spec.expression
    rule = partial(Rule, name=spec.name, location=spec.location, text=text)
    comparison = read_comparison(text)
    if comparison is None:
        fields = fields_of(text)
        paths = None if fields is None else tuple(dict.fromkeys(map(view.path_of, fields)))
        return rule(paths=paths, why=_evaluation(text, fields, view))
    left, right = view.path_of(comparison.left), comparison.right
    if isinstance(right, tuple):
        right = view.path_of(right)
    paths = (left, right) if isinstance(right, tuple) else (left,)
    comparison = Comparison(left=left, order=comparison.order, right=right)
    return rule(paths=paths, why=_comparison(comparison, view, text), comparison=comparison)


def _comparison(comparison: Comparison, view: RecordView, text: str) -> Check:
    def side(
        written: Json, path: Path | int | Decimal
    ) -> tuple[Json | Missing, int | Decimal | str | None]:
        """Return what is on one side, and what it is compared by."""
        if not isinstance(path, tuple):
            return path, path
        value = value_at(written, path)
        return value, None if isinstance(value, Missing) else view.comparable(path, value)

    def why(written: Json) -> str:
        left, left_key = side(written, comparison.left)
        right, right_key = side(written, comparison.right)
        is_text = isinstance(left_key, str)
        if left_key is None or right_key is None or is_text is not isinstance(right_key, str):
            both = " and ".join("nothing" if s is MISSING else shown(s) for s in (left, right))
            return f"{text}: {both} cannot be compared"
        if comparison.holds(left_key, right_key):
            return ""
        return f"{text} is not true of {shown(left)} and {shown(right)}"

    return why


def _evaluation(text: str, fields: tuple[Path, ...] | None, view: RecordView) -> Check:
    """Return the check by the CEL library; verdicts of the same field values are remembered."""
    written_dates = set(view.dates())
    dates = [path for path in fields or () if view.path_of(path) in written_dates]
    check = compile_expression(text, dates)
    if fields is None:
        return lambda written: check(cel_value(view.record_of(view.with_rfc3339(written))))  # type: ignore[arg-type]  # CEL's own view
    paths = [(field, view.path_of(field)) for field in fields]
    verdicts: dict[tuple[object, ...], str] = {}

    def why(written: Json) -> str:
        values = [value_at(written, path) for _, path in paths]
        key = tuple([value if type(value) is str else _key_of(value) for value in values])
        message = verdicts.get(key)
        if message is None:
            record = _record_of_fields(paths, values, written, view)
            message = check(cel_value(record))  # type: ignore[arg-type]  # as above
            if _NO_KEY not in key:
                if len(verdicts) >= MOST_VERDICTS:
                    verdicts.clear()
                verdicts[key] = message
        return message

    return why


MOST_VERDICTS: Final = 1 << 14
"""Verdicts that an expression keeps: to look one up is far cheaper than to evaluate it."""


def _record_of_fields(
    paths: Sequence[tuple[Path, Path]],
    values: Sequence[Json | Missing],
    written: Json,
    view: RecordView,
) -> Json:
    """Return a record of the given fields alone: each field's path, written path and value."""
    record: Json = {}
    for (field, path), value in zip(paths, values, strict=True):
        if isinstance(value, Missing):
            continue
        moment = view.moments.get(path)
        own: Json | Missing = value
        if moment is not None:
            own = date_for_cel(value, moment)
        elif isinstance(value, dict | list):
            own = value_at(view.with_rfc3339(written), path)
        record = with_field(record, field, own)
    return record


_NO_KEY: Final = object()
"""Stands for an object or an array, of which no verdict is remembered."""


def _key_of(value: Json | Missing) -> object:
    """Return what values have in common that are equal in CEL and shown alike in messages."""
    if isinstance(value, dict | list):
        return _NO_KEY
    return value if value is None or isinstance(value, Missing) else (type(value), str(value))


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
    return operand if is_number(operand) else None


def _ordered(path: Path, view: RecordView, order: Callable[[Any, Any], bool], limit: Json) -> Test:
    def fits(value: Json) -> bool:
        found = view.comparable(path, value)
        if found is None or isinstance(found, str) is not isinstance(limit, str):
            return False
        return order(found, limit)

    return fits
