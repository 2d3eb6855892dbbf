"""Dates that are computed or taken from another field are dates in rules, in both engines."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from mockgen_watch.api import Specs

SPEC = """
M:
  $count: 200
  at: {$sequence: {start: 2025-03-03T08:00, step: 10m, jitter: 5m}}
  minutes: {$integer: {min: 5, max: 25, step: 5}}
  until: {$cel: "record.at + duration(string(record.minutes) + 'm')"}
  again: {$field: record.at}
  day: {$cel: "date(record.at)", format: "%d.%m.%Y"}
  kind: [a, b]
  over: {$given: record.kind, $cases: {a: {$cel: "record.at + duration('1h')"}}, $else: null}
  $rules: {r: {cel: "RULE"}}
  $scenarios: {positive: {}, negative: {}}
"""


@pytest.mark.parametrize(
    "rule",
    [
        "record.until > record.at",
        "record.until - record.at <= duration('25m')",
        "record.again == record.at",
        "record.again < record.until",
        "record.day <= record.at",
        "record.over == null || record.over - record.at == duration('1h')",
    ],
)
def test_they_are_compared_as_dates(rule: str) -> None:
    specs = Specs.of(SPEC.replace("RULE", rule))
    records = list(specs.records("M/positive"))
    assert len(records) == 200
    for record in records:
        begin, end = datetime.fromisoformat(record["at"]), datetime.fromisoformat(record["until"])
        assert end - begin == timedelta(minutes=record["minutes"])
    assert len(list(specs.records("M/negative"))) == 200


def test_a_rule_keeps_to_fields_whose_alternatives_are_made_of_each_other() -> None:
    text = """
M:
  $count: 300
  a: {$integer: [1, 9]}
  s: [x, y]
  b: {$given: record.s, $cases: {x: {$integer: {min: {$field: record.a}, max: 20}}}, $else: null}
  $rules: {r: {cel: "record.b == null || record.b > record.a"}}
  $scenarios: {positive: {}}
"""
    records = list(Specs.of(text).records("M/positive"))
    assert all(record["b"] is None or record["b"] > record["a"] for record in records)
    assert {record["s"] for record in records} == {"x", "y"}


def test_a_case_that_one_scenario_lacks_is_no_fault() -> None:
    text = """
M:
  s: [x, y]
  b: {$given: record.s, $cases: {x: 1, y: 2}}
  $scenarios: {positive: {$count: 9}, only: {$count: 3, s: x}}
"""
    assert [each["b"] for each in Specs.of(text).records("M/only")] == [1, 1, 1]
