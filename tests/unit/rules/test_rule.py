"""A rule says of a record as it is written what the spec says of the model's fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockgen_watch.rules.rule import compile_rule
from mockgen_watch.rules.values import RecordView
from mockgen_watch.spec.generators import Moment, MomentKind
from tests.unit.spec.reading import good_input

if TYPE_CHECKING:
    from mockgen_watch.rules.rule import Rule
    from mockgen_watch.spec.document import Json

DATE = Moment(kind=MomentKind.DATE, first=0, last=1, step=1, format="%d.%m.%Y")
SIGHT = RecordView(
    slot=("top",),
    moves=((("m",), ("deep", "m")),),
    moments={("top", "d"): DATE, ("top", "e"): DATE, ("top", "l", "d"): DATE},
)


def rule_of(text: str) -> Rule:
    spec = good_input(f"M:\n  a: 1\n  $rules:\n    r: {{{text}}}\n")
    return compile_rule(spec.models[0].rules[0], SIGHT, {})


@pytest.mark.parametrize(
    ("text", "record", "holds"),
    [
        ("field: a, schema: {minimum: 2}", {"a": 2}, True),
        ("field: a, schema: {minimum: 2}", {"a": 1}, False),
        ("field: a, schema: {minimum: 2}", {}, True),
        ("field: m, schema: {const: X}", {"deep": {"m": "X"}}, True),
        ("field: m, schema: {const: X}", {"deep": {"m": "Y"}, "m": "X"}, False),
        ("field: l.x, schema: {type: integer}", {"l": [{"x": 1}, {"x": "1"}]}, False),
        ("field: l.0.x, schema: {type: integer}", {"l": [{"x": 1}, {"x": "1"}]}, True),
        ("schema: {required: [m]}", {"deep": {"m": None}}, True),
        ("schema: {required: [m]}", {"deep": {}}, False),
        ('cel: "record.a < record.m"', {"a": 1, "deep": {"m": 2}}, True),
        ('cel: "record.a < record.m"', {"a": 1, "deep": {"m": "2"}}, False),
        ('cel: "record.a < record.m"', {"a": 1, "m": 2}, False),
        ('cel: "record.a < 2.5"', {"a": 2}, True),
        ('cel: "record.d < record.e"', {"d": "31.01.2025", "e": "01.02.2025"}, True),
        ('cel: "record.d < record.e"', {"d": "31.01.2025", "e": "2025-02-01"}, False),
        ('cel: "record.a.startsWith(\'X\')"', {"a": "Xy"}, True),
        ('cel: "record.a.startsWith(\'X\')"', {"a": "yX"}, False),
        ('cel: "record.a.size() > 0 && size(record.m) > 0"', {"a": "X", "deep": {"m": "Z"}}, True),
        ('cel: "record.d.getFullYear() == 2025"', {"d": "31.01.2025"}, True),
        ('cel: "record.d.getFullYear() == 2025"', {"d": "31.01.2024"}, False),
        ('cel: "has(record.d) ? record.a == 1 : record.a == 2"', {"a": 2}, True),
        ('cel: "record.l.all(x, x.k == record.a)"', {"a": 3, "l": [{"k": 3}, {"k": 3}]}, True),
        ('cel: "record.l.all(x, x.k == record.a)"', {"a": 3, "l": [{"k": 3}, {"k": 4}]}, False),
        ('cel: "size(record) == 2"', {"a": 1, "b": 2}, True),
    ],
)  # fmt: skip
def test_a_rule_holds_or_tells_why_not(text: str, record: Json, holds: bool) -> None:
    rule = rule_of(text)
    message = rule.why({"top": record, "a": "of the master"})
    assert (message == "") is holds, message
    assert rule.holds({"top": record}) is holds


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("field: m, schema: {}", {("top", "deep", "m")}),
        ('cel: "record.a < record.m"', {("top", "a"), ("top", "deep", "m")}),
        ('cel: "record.a.matches(record.b.c)"', {("top", "a"), ("top", "b", "c")}),
        ('cel: "size(record) == 2"', None),
        ("schema: {required: [m]}", None),
    ],
)
def test_a_rule_names_what_it_reads(text: str, paths: set[tuple[str, ...]] | None) -> None:
    found = rule_of(text).paths
    assert (None if found is None else set(found)) == paths
