"""Rules that cannot be met, or are dear to check, do not keep the program busy.

Work is counted in what is evaluated, never in seconds.
"""

from __future__ import annotations

import pytest

from mockgen_watch.expressions.syntax import parse
from mockgen_watch.rules import values
from mockgen_watch.scenarios.promise import repair
from mockgen_watch.scenarios.promise.proofs import refuses_objects
from tests.unit.scenarios.planning import refusals


def goal(depth: int) -> repair.Goal:
    return repair.Goal(None, lambda _: True, depth=depth)


def test_a_check_costs_as_much_as_it_looks_at() -> None:
    assert [goal(1).cost(size) for size in (1, 64, 127, 128, 640)] == [1, 1, 1, 2, 10]
    assert goal(2).cost(64) == 64
    assert goal(9).cost(1000) == repair.MOST_CHECKS


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("record.a == 1", 0),
        ("record.l.all(x, x > 1)", 1),
        ("record.l.all(x, x > 1) && record.l.exists(x, x > 2)", 1),
        ("record.l.all(x, record.l.exists(y, record.l.all(z, x + y == z)))", 3),
    ],
)
def test_lists_within_lists_are_counted(text: str, depth: int) -> None:
    assert repair._depth(parse(text)) == depth


def test_a_large_record_and_a_rule_that_is_never_met_end_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked = 0
    value_at = values.value_at

    def counting(*args: object) -> object:
        nonlocal looked
        looked += 1
        return value_at(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(values, "value_at", counting)
    found = refusals(
        "M:\n  l: {$array: [200, 300], $items: {$integer: [1, 9]}}\n"
        '  $rules: {r: {cel: "sum(record.l) == 1"}}\n'
    )
    assert {each.code for each in found} <= {"MG403", "MG404"}
    # It was some four million before.
    assert 0 < looked < 200_000


@pytest.mark.parametrize(
    ("schema", "is_refused"),
    [
        (False, True),
        ({"type": "string"}, True),
        ({"type": ["array", "null"]}, True),
        ({"enum": ["a", 1]}, True),
        ({"const": 3}, True),
        ({"allOf": [{"type": "object"}, {"type": "string"}]}, True),
        (True, False),
        ({}, False),
        ({"type": ["object", "null"]}, False),
        ({"enum": ["a", {"b": 1}]}, False),
        ({"const": {"a": 1}}, False),
        ({"anyOf": [{"type": "string"}]}, False),
    ],
)
def test_a_schema_that_no_record_meets_is_known(schema: object, *, is_refused: bool) -> None:
    assert refuses_objects(schema) is is_refused  # type: ignore[arg-type]


def test_a_rule_that_no_record_meets_is_refused_at_once() -> None:
    found = refusals("M:\n  a: {$integer: [1, 100000]}\n  $rules: {r: {schema: {type: string}}}\n")
    assert {each.code for each in found} == {"MG403"}
