"""A clause that lists few of a field's very many values is matched by each record."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from mockgen_watch.scenarios.source import compile_source
from tests.unit.scenarios.planning import plans_of, refusals

if TYPE_CHECKING:
    from collections.abc import Callable

COUNT = 60
CASES: dict[str, tuple[str, str, Callable[[Any], bool]]] = {
    "an integer": ("{$integer: [1, 1000000]}", "4242", lambda v: v == 4242),
    "several integers, one of them beyond": (
        "{$integer: [1, 1000000]}", "[7, 4242, 2000000]", lambda v: v in {7, 4242},
    ),
    "amounts": (
        "{$number: {min: 0, max: 100000, decimals: 2}}",
        "[3.5, 7]",
        lambda v: v in {Decimal("3.50"), Decimal("7.00")} and v.as_tuple().exponent == -2,
    ),
    "a number on a grid of its own": (
        "{$number: {min: 0.5, max: 100000.5, step: 5}}", "[10.5, 11]", lambda v: v == 10.5,
    ),
    "a date as it is written": (
        '{$date: {from: 1990-01-01, to: 2025-12-31, format: "%d/%m/%Y"}}',
        '"29/02/2020"',
        lambda v: v == "29/02/2020",
    ),
    "a number that may be null": (
        "{$integer: [1, 1000000], $null: 0.3}", "[5, 6]", lambda v: v in {5, 6},
    ),
}  # fmt: skip


def records(spec: str, scenario: str) -> list[dict[str, Any]]:
    source = compile_source(plans_of(spec)[scenario])
    return [source.record_at(index) for index in range(COUNT)]


@pytest.mark.parametrize("case", CASES)
def test_each_record_has_a_value_that_is_listed(case: str) -> None:
    field, listed, is_listed = CASES[case]
    spec = f"""\
$count: {COUNT}
M:
  n: {field}
  k: [A, B]
  $exclude: {{e: {{n: {listed}, k: A}}}}
  $scenarios: {{positive: {{}}, exclusion: {{}}}}
"""
    for record in records(spec, "exclusion"):
        assert is_listed(record["n"])
        assert record["k"] == "A"
    for other in records(spec, "positive"):
        assert not (is_listed(other["n"]) and other["k"] == "A")


def test_several_values_are_all_met_and_rules_are_kept() -> None:
    spec = """\
$count: 60
M:
  n: {$integer: [1, 1000000]}
  m: {$integer: [1, 1000000]}
  $rules: {r: {cel: "record.n < record.m"}}
  $exclude: {e: {n: [7, 400000]}}
  $scenarios: {positive: {}, exclusion: {}}
"""
    found = records(spec, "exclusion")
    assert {record["n"] for record in found} == {7, 400000}
    assert all(record["n"] < record["m"] for record in found)


def test_values_that_the_field_cannot_have_are_refused() -> None:
    spec = """\
M:
  n: {$integer: [1, 1000000]}
  $exclude: {e: {n: [0, 2000000]}}
  $scenarios: {positive: {}, exclusion: {}}
"""
    assert {found.code for found in refusals(spec)} <= {"MG403", "MG404"}


def test_a_rule_that_cannot_be_evaluated_is_refused_with_the_reason() -> None:
    spec = """\
M:
  n: {$integer: [1, 900000]}
  t: {$pattern: "[a-f]{6}"}
  $rules: {r: {cel: "int(record.t) > 3 && record.n > 3 || int(record.t) == 2"}}
"""
    (found,) = refusals(spec)
    assert found.code == "MG404"
    assert "could not be evaluated" in found.message
    assert found.message.endswith("is no whole number")


@pytest.mark.parametrize(
    ("rule", "because"),
    [
        ("record.a / (record.a - record.a) > 1", "division by zero"),
        ("[1, 2][record.a * 0 + 4] > 0", "there is no element 4: the list has 2"),
        ("record.a > 5", ""),
    ],
)
def test_a_rule_that_no_value_meets_is_refused_with_the_reason(rule: str, because: str) -> None:
    spec = f"""\
M:
  a: [0, 1, 2]
  $rules: {{r: {{cel: "{rule}"}}}}
  $scenarios: {{positive: {{}}}}
"""
    (found,) = refusals(spec)
    assert found.code == "MG403"
    _, _, told = found.message.partition(": for the first record it cannot be evaluated: ")
    assert told == because


@pytest.mark.parametrize(
    "rule", ["int(record.t) > record.n", "min(record.l) > record.n", "record.l[1] > record.n"]
)
def test_a_bound_without_a_value_is_drawn_again(rule: str) -> None:
    spec = f"""\
M:
  n: {{$integer: [1, 30]}}
  t: ["31", x, "40"]
  l: {{$array: [0, 3], $items: {{$integer: [20, 50]}}}}
  $rules: {{r: {{cel: "{rule}"}}}}
  $scenarios: {{positive: {{$count: 30}}}}
"""
    assert len(records(spec, "positive")) > 20
