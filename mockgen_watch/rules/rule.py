"""Rules and exclusion clauses, compiled: they check records, and say which fields they read.

The protocols of a rule by plugin are all that a plugin has to keep to; it need import nothing of
this package. A clause is conditions on fields that together put a record out of scope.
"""

from __future__ import annotations

import operator
import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic
from mockgen_watch.errors import FindingsError
from mockgen_watch.expressions.syntax import parse
from mockgen_watch.rules import values as json_values
from mockgen_watch.rules.cel import (
    Comparison,
    check_comparison,
    check_expression,
    fields_of,
    read_comparison,
)
from mockgen_watch.rules.schema import Check, compile_schema, first_of, regex_of
from mockgen_watch.spec.check_digits import is_right, wrong_checks
from mockgen_watch.spec.model import ConditionSpec, ExclusionSpec, RuleKind, RuleSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from decimal import Decimal

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.expressions.syntax import Node
    from mockgen_watch.spec.document import Json

    Faults = Callable[[Json], list[tuple[str, json_values.Place, Json]]]
    Test: TypeAlias = Callable[[Json], bool]


Change: TypeAlias = "tuple[str, Json] | tuple[str, Json, json_values.Place]"
"""A kind of fault, the value that makes it, and its place; ``()``, the default, is the place of the
value that was given."""


class Checker(Protocol):
    """Checks values for one rule of a spec; both methods depend on their argument alone."""

    def why(self, value: Json, /) -> str:
        """Return why ``value`` breaks the rule, or ``""``. Any JSON value may come."""
        ...

    def faults(self, value: Json, /) -> Iterable[Change]:
        """Yield changes of a value that meets the rule, each of which may break it."""
        ...


class RuleType(Protocol):
    """What an entry point of a plugin names: makes the checker of each rule that asks for it."""

    def __call__(self, params: Mapping[str, Json], /) -> Checker:
        """Return the checker; ``params`` is what the rule has under ``with``.

        Raises:
            ValueError: ``params`` are not as they should be; the message says why.
        """
        ...


KIND: Final = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
"""The form of a kind of fault."""


class Rule(Struct, frozen=True, kw_only=True):
    """A compiled rule.

    Attributes:
        paths: where the fields that it reads are written; None when it reads the whole record.
        why: why a record fails; ``""`` when it meets the rule.
        schema: of a rule by schema; what is at the only path must meet it.
        value_why: why one value there fails; None for a rule that is no schema on one field.
        check: the name of the check digits that the only field must have; ``""`` for other rules.
        comparison: of two fields, or a field and a number, by written paths; else None.
        text: the CEL text; ``""`` for others.
        expression: its tree; None for others.
        home: where what it calls ``this`` is written; empty for a rule on the record.
        faults: of a rule by plugin: what it says may break a record, as kind, place and value.
        is_never_broken: no negative record is to break it.
    """

    name: str
    paths: tuple[json_values.Path, ...] | None
    why: Check
    location: Location
    schema: Json = None
    value_why: Check | None = None
    check: str = ""
    comparison: Comparison | None = None
    text: str = ""
    expression: Node | None = None
    home: json_values.Path = ()
    faults: Faults | None = None
    is_never_broken: bool = False

    def holds(self, written: Json) -> bool:
        """Return whether a record meets the rule."""
        return not self.why(written)


def compile_rule(
    spec: RuleSpec, view: json_values.RecordView, types: Mapping[str, RuleType]
) -> Rule:
    """Return the rule that ``spec`` states, for records as ``view`` has them.

    ``types``: what plugins offer, by ``PLUGIN/NAME``.

    Raises:
        RuleError: it cannot be compiled.
        FindingsError: a plugin fails.
    """
    rule = _compile(spec, view, types)
    return replace(rule, is_never_broken=True) if spec.is_never_broken else rule


def _compile(spec: RuleSpec, view: json_values.RecordView, types: Mapping[str, RuleType]) -> Rule:
    if spec.kind is RuleKind.CEL:
        return _expression_rule(spec, view)
    if spec.kind is RuleKind.CHECK:
        return _check_rule(spec, view)
    if spec.kind is RuleKind.PLUGIN:
        return _plugin_rule(spec, view, types)
    return _schema_rule(spec, view)


def _schema_rule(spec: RuleSpec, view: json_values.RecordView) -> Rule:
    rule = partial(Rule, name=spec.name, location=spec.location)
    check = _contained(compile_schema(spec.schema), spec)
    if not spec.field and view.moves:
        # Fields are not where the schema says, so no part of it can be looked at by itself.
        return rule(paths=None, why=lambda written: check(view.record_of(written)))
    path = view.path_of(spec.field)
    why = _at_each(path, check)
    return rule(paths=(path,), why=why, schema=spec.schema, value_why=check)


def _contained(check: Check, spec: RuleSpec) -> Check:
    """Return ``check``, with what fails in it reported at the rule's line."""

    def contained(value: Json) -> str:
        try:
            return check(value)
        except json_values.RuleError as error:
            raise _fails(spec.name, str(error), spec.body_location or spec.location) from error

    return contained


def _fails(name: str, reason: str, location: Location) -> FindingsError:
    found = Diagnostic(code="MG402", message=f'rule "{name}": {reason}', location=location)
    return FindingsError((found,))


def _at_each(path: json_values.Path, check: Check) -> Check:
    return lambda written: first_of(
        check(value) for _, value in json_values.places_of(written, path)
    )


def _plugin_rule(
    spec: RuleSpec, view: json_values.RecordView, types: Mapping[str, RuleType]
) -> Rule:
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
            for there, found in json_values.places_of(written, path)
            for kind, value, below in check.faults(found)
        ],
    )


def _check_rule(spec: RuleSpec, view: json_values.RecordView) -> Rule:
    """Return the rule that a text, or each of an array, has right check digits; null has none."""
    path, kind = view.path_of(spec.field), spec.expression

    def why(value: Json) -> str:
        if isinstance(value, list):
            return first_of(map(why, value))
        if value is None or (isinstance(value, str) and is_right(kind, value)):
            return ""
        return f"{json_values.shown(value)} has no right check digits ({kind})"

    def faults(written: Json) -> list[tuple[str, json_values.Place, Json]]:
        return [
            ("wrong-check-digit", place, wrong)
            for found, value in json_values.places_of(written, path)
            for place, text in _texts_at(found, value)
            for wrong in wrong_checks(kind, text)
        ]

    return Rule(
        name=spec.name,
        location=spec.location,
        paths=(path,),
        why=_at_each(path, why),
        value_why=why,
        check=kind,
        faults=faults,
    )


def _texts_at(place: json_values.Place, value: Json) -> Iterator[tuple[json_values.Place, str]]:
    """Yield a text, or those of an array, with their places."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, list):
        for number, item in enumerate(value):
            if isinstance(item, str):
                yield (*place, number), item


def _expression_rule(spec: RuleSpec, view: json_values.RecordView) -> Rule:
    text, home = spec.expression, spec.field
    node = parse(text)
    rule = partial(
        Rule,
        name=spec.name,
        location=spec.location,
        text=text,
        expression=node,
        home=view.path_of(home) if home else (),
    )
    stated = None if home else read_comparison(node)
    if stated is None:
        fields = fields_of(node, home)
        paths = None if fields is None else tuple(dict.fromkeys(map(view.path_of, fields)))
        return rule(paths=paths, why=_contained(check_expression(node, text, view, home), spec))
    left, right = view.path_of(stated.left), stated.right
    if isinstance(right, tuple):
        right = view.path_of(right)
    paths = (left, right) if isinstance(right, tuple) else (left,)
    comparison = Comparison(left=left, order=stated.order, right=right)
    return rule(paths=paths, why=check_comparison(comparison, text, view), comparison=comparison)


class PluginCheck(Struct, frozen=True, kw_only=True):
    """The check of a rule by plugin; what fails in the plugin is reported at the rule's line."""

    spec: RuleSpec
    checker: Checker

    def why(self, value: Json) -> str:
        """Return why ``value`` breaks the rule, or ``""``.

        Raises:
            FindingsError: the plugin fails.
        """
        try:
            message = self.checker.why(value)
        except Exception as error:
            raise _broken(self.spec, f"{_raises(error)} for {json_values.shown(value)}") from error
        if not isinstance(message, str):
            raise _broken(
                self.spec,
                f"returns {type(message).__name__}, not text, for {json_values.shown(value)}",
            )
        return message

    def faults(self, value: Json) -> Iterator[tuple[str, Json, json_values.Place]]:
        """Yield kind, value and place of what may break the rule.

        Raises:
            FindingsError: the plugin fails.
        """
        try:
            # Any: what comes from a plugin may be whatever it likes.
            found: list[tuple[Any, ...]] = list(map(tuple, self.checker.faults(value)))
        except Exception as error:
            raise _broken(
                self.spec, f"{_raises(error)} for faults of {json_values.shown(value)}"
            ) from error
        for change in found:
            if len(change) not in {2, 3} or not re.fullmatch(KIND, str(change[0])):
                what = f"yields the fault {change!r}, which is not a kind and a value"
                raise _broken(self.spec, what)
            yield str(change[0]), change[1], tuple(*change[2:])


def _raises(error: Exception) -> str:
    return f"raises {type(error).__name__} ({error})"


def _broken(spec: RuleSpec, what: str) -> FindingsError:
    found = Diagnostic(
        code="MG606",
        message=f'rule "{spec.name}": plugin rule {spec.expression} {what}',
        location=spec.body_location or spec.location,
        hint="report it to the plugin's author; mockgen_watch.testing.check_rule finds such errors",
    )
    return FindingsError((found,))


def make_check(spec: RuleSpec, types: Mapping[str, RuleType]) -> PluginCheck:
    """Return the check that ``spec`` states.

    Raises:
        RuleError: the plugin does not take what the rule gives it.
        FindingsError: the plugin fails.
    """
    params = spec.schema if isinstance(spec.schema, dict) else {}
    try:
        checker = types[spec.expression](params)
    except ValueError as error:
        raise json_values.RuleError(f"{spec.expression} rejects its parameters: {error}") from error
    except Exception as error:
        raise _broken(spec, _raises(error)) from error
    for name in ("why", "faults"):
        if not callable(getattr(checker, name, None)):
            raise _broken(spec, f"creates an object without {name}()")
    return PluginCheck(spec=spec, checker=checker)


class Condition(Struct, frozen=True, kw_only=True):
    """One condition of a clause.

    Attributes:
        path: where its field is written.
        fits: whether a value of the field is one that it speaks of.
        low, high: the bounds, as ``RecordView.comparable`` has the field's values; None for none.
        is_range: bounds are all that it says.
        values: that it lists, where that is all that it says.
    """

    path: json_values.Path
    fits: Test
    location: Location
    low: int | Decimal | None = None
    high: int | Decimal | None = None
    is_range: bool = False
    values: tuple[Json, ...] = ()

    def holds(self, written: Json) -> bool:
        """Return whether it holds for a record: for one element where the field is in an array.

        An array is one of the values where these are listed, and it is among them.
        """
        return any(
            any(map(self.fits, value)) or (bool(self.values) and self.fits(value))
            if isinstance(value, list)
            else self.fits(value)
            for _, value in json_values.places_of(written, self.path)
        )


class Clause(Struct, frozen=True, kw_only=True):
    """An exclusion clause: its conditions hold together."""

    name: str
    conditions: tuple[Condition, ...]
    location: Location

    def matches(self, written: Json) -> bool:
        """Return whether a record is out of scope by this clause."""
        return all(condition.holds(written) for condition in self.conditions)


def compile_clause(spec: ExclusionSpec, view: json_values.RecordView) -> Clause:
    """Return the clause that ``spec`` states.

    Raises:
        RuleError: a condition cannot be read.
    """
    conditions = tuple(_condition(condition, view) for condition in spec.conditions)
    conditions = tuple(_contained_condition(each, spec.name) for each in conditions)
    return Clause(name=spec.name, conditions=conditions, location=spec.location)


def _contained_condition(condition: Condition, name: str) -> Condition:
    """Return a condition whose pattern, where it takes too long, is reported at its line."""
    fits = condition.fits

    def contained(value: Json) -> bool:
        try:
            return fits(value)
        except json_values.RuleError as error:
            raise _fails(name, str(error), condition.location) from error

    return replace(condition, fits=contained)


def _condition(spec: ConditionSpec, view: json_values.RecordView) -> Condition:
    path = view.path_of(spec.field)
    if isinstance(spec.test, list):
        values = tuple(spec.test)
        return Condition(
            path=path,
            fits=json_values.one_of(values),
            location=spec.location,
            values=values,
        )
    tests: list[Test] = []
    ends: dict[str, int | Decimal | None] = {}
    stated = spec.test if isinstance(spec.test, dict) else {}
    for key, operand in stated.items():
        if key == "pattern":
            tests.append(_matching(str(operand)))
        elif key == "not":
            tests.append(_none_of(operand if isinstance(operand, list) else [operand]))
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


def _none_of(values: list[Json]) -> Test:
    is_listed = json_values.one_of(values)
    return lambda value: not is_listed(value)


def _matching(source: str) -> Test:
    find = regex_of(source)
    return lambda value: isinstance(value, str) and find(value)


def _bound(
    operand: Json, path: json_values.Path, view: json_values.RecordView
) -> int | Decimal | None:
    moment = view.moments.get(path)
    if not isinstance(operand, str) or moment is None:
        return operand if json_values.is_number(operand) else None
    for form in (moment.format, ""):
        seconds = json_values.seconds_of(operand, moment.kind, form)
        if seconds is not None:
            return seconds
    raise json_values.RuleError(
        f'"{operand}" is not a date, in the format of the field or in ISO 8601'
    )


def _ordered(
    path: json_values.Path,
    view: json_values.RecordView,
    order: Callable[[Any, Any], bool],
    limit: Json,
) -> Test:
    def fits(value: Json) -> bool:
        found = view.comparable(path, value)
        if found is None or isinstance(found, str) is not isinstance(limit, str):
            return False
        return order(found, limit)

    return fits
