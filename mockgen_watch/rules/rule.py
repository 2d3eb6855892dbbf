"""Takes a rule as the spec states it; gives the check of a record, and what it goes by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.rules.cel import (
    Comparison,
    cel_value,
    compile_expression,
    fields_of,
    read_comparison,
)
from mockgen_watch.rules.plugin import make_check
from mockgen_watch.rules.schema import compile_schema
from mockgen_watch.rules.values import (
    MISSING,
    Missing,
    places_of,
    seen_as_date,
    shown,
    value_at,
    with_value,
)
from mockgen_watch.spec.model import RuleKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal
    from typing import Final

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.rules.plugin import RuleType
    from mockgen_watch.rules.schema import Check
    from mockgen_watch.rules.values import Path, Place, Sight
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.model import RuleSpec

    Faults = Callable[[Json], list[tuple[str, Place, Json]]]


MOST_KNOWN: Final = 1 << 14
"""Verdicts that an expression keeps: to evaluate it takes ten times as long as to look one up."""


class Rule(Struct, frozen=True, kw_only=True):
    """A compiled rule.

    Attributes:
        paths: where the fields that it reads are written; None when it reads the whole record.
        why: why a record fails; ``""`` when it meets the rule.
        schema: of a rule by schema; what stands at the only path must meet it.
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


def compile_rule(spec: RuleSpec, sight: Sight, types: Mapping[str, RuleType]) -> Rule:
    """Return the rule that ``spec`` states, for records as ``sight`` has them.

    ``types`` is what plugins offer.

    Raises:
        RuleError: it cannot be compiled.
        FindingsError: a plugin fails.
    """
    if spec.kind is RuleKind.CEL:
        return _expression_rule(spec, sight)
    if spec.kind is RuleKind.PLUGIN:
        return _plugin_rule(spec, sight, types)
    return _schema_rule(spec, sight)


def _schema_rule(spec: RuleSpec, sight: Sight) -> Rule:
    check = compile_schema(spec.schema)
    if not spec.field and sight.moves:
        # Fields stand elsewhere than the schema says, so no part of it can be told apart.
        return Rule(
            name=spec.name,
            paths=None,
            why=lambda written: check(sight.record_of(written)),
            location=spec.location,
        )
    path = sight.path_of(spec.field)
    return Rule(
        name=spec.name,
        paths=(path,),
        why=_at_each(path, check),
        location=spec.location,
        schema=spec.schema,
        value_why=check,
    )


def _at_each(path: Path, check: Check) -> Check:
    """Return the check of a record whose values at ``path`` are to pass ``check``."""

    def why(written: Json) -> str:
        for _, value in places_of(written, path):
            message = check(value)
            if message:
                return message
        return ""

    return why


def _plugin_rule(spec: RuleSpec, sight: Sight, types: Mapping[str, RuleType]) -> Rule:
    made = make_check(spec, types)
    if not spec.field:
        return Rule(
            name=spec.name,
            paths=None,
            why=lambda written: made.why(sight.record_of(written)),
            location=spec.location,
            faults=lambda written: [
                (kind, sight.place_of(place), value)
                for kind, value, place in made.faults(sight.record_of(written))
            ],
        )
    path = sight.path_of(spec.field)
    return Rule(
        name=spec.name,
        paths=(path,),
        why=_at_each(path, made.why),
        location=spec.location,
        value_why=made.why,
        faults=lambda written: [
            (kind, (*there, *below), value)
            for there, found in places_of(written, path)
            for kind, value, below in made.faults(found)
        ],
    )


def _expression_rule(spec: RuleSpec, sight: Sight) -> Rule:
    comparison = read_comparison(spec.expression)
    if comparison is not None:
        placed = _placed(comparison, sight)
        sides = (placed.left, placed.right)
        return Rule(
            name=spec.name,
            paths=tuple(side for side in sides if isinstance(side, tuple)),
            why=_comparing(placed, sight, spec.expression),
            location=spec.location,
            comparison=placed,
            text=spec.expression,
        )
    fields = fields_of(spec.expression)
    paths = None if fields is None else tuple(dict.fromkeys(map(sight.path_of, fields)))
    return Rule(
        name=spec.name,
        paths=paths,
        why=_evaluating(spec.expression, fields, sight),
        location=spec.location,
        text=spec.expression,
    )


def _placed(comparison: Comparison, sight: Sight) -> Comparison:
    right = comparison.right
    return Comparison(
        left=sight.path_of(comparison.left),
        order=comparison.order,
        right=sight.path_of(right) if isinstance(right, tuple) else right,
    )


def _comparing(comparison: Comparison, sight: Sight, text: str) -> Check:
    def why(written: Json) -> str:
        sides: list[Json | Missing] = []
        keys: list[int | Decimal | str | None] = []
        for side in (comparison.left, comparison.right):
            if not isinstance(side, tuple):
                sides.append(side)
                keys.append(side)
                continue
            value = value_at(written, side)
            sides.append(value)
            keys.append(None if isinstance(value, Missing) else sight.comparable(side, value))
        left, right = keys
        if left is None or right is None or isinstance(left, str) is not isinstance(right, str):
            told = " and ".join("nothing" if side is MISSING else shown(side) for side in sides)
            return f"{text}: {told} cannot be compared"
        if comparison.holds(left, right):
            return ""
        return f"{text} is not true of {shown(sides[0])} and {shown(sides[1])}"

    return why


def _evaluating(text: str, fields: tuple[Path, ...] | None, sight: Sight) -> Check:
    written_dates = set(sight.dates())
    dates = [path for path in fields or () if sight.path_of(path) in written_dates]
    check = compile_expression(text, dates)
    if fields is None:
        return lambda written: check(cel_value(_whole(sight, written)))  # type: ignore[arg-type]  # CEL's own view
    gather = _gathering(fields, sight)
    paths = tuple(map(sight.path_of, fields))
    known: dict[tuple[object, ...], str] = {}

    def why(written: Json) -> str:
        values = [value_at(written, path) for path in paths]
        key = tuple([value if type(value) is str else _key_of(value) for value in values])
        message = known.get(key)
        if message is None:
            message = check(cel_value(gather(written, values)))  # type: ignore[arg-type]  # as above
            if _UNKEYED not in key:
                if len(known) >= MOST_KNOWN:
                    known.clear()
                known[key] = message
        return message

    return why


def _whole(sight: Sight, written: Json) -> Json:
    return sight.record_of(sight.with_rfc3339(written))


def _gathering(
    fields: tuple[Path, ...], sight: Sight
) -> Callable[[Json, list[Json | Missing]], Json]:
    """Return what makes a record of the ``values`` of the given fields alone."""
    places = [(field, sight.path_of(field)) for field in fields]

    def gather(written: Json, values: list[Json | Missing]) -> Json:
        found: Json = {}
        for (field, path), value in zip(places, values, strict=True):
            if isinstance(value, Missing):
                continue
            moment = sight.moments.get(path)
            seen: Json | Missing = value
            if moment is not None:
                seen = seen_as_date(value, moment)
            elif isinstance(value, dict | list):
                seen = value_at(sight.with_rfc3339(written), path)
            found = with_value(_with_parents(found, field), field, seen)
        return found

    return gather


_UNKEYED: Final = object()
"""Stands for an object or an array, which no verdict is remembered of."""


def _key_of(value: Json | Missing) -> object:
    """Return what values that are alike in CEL, and in what is told of them, have in common."""
    if isinstance(value, dict | list):
        return _UNKEYED
    return value if value is None or isinstance(value, Missing) else (type(value), str(value))


def _with_parents(record: Json, field: Path) -> Json:
    """Return ``record`` with an object at each key on the way to ``field``."""
    for depth in range(1, len(field)):
        if not isinstance(value_at(record, field[:depth]), dict):
            record = with_value(record, field[:depth], {})
    return record
