"""Rules cut pools down and leave the choice among the other values as it was."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from mockgen_watch.scenarios.source import compile_source
from tests.unit.scenarios.planning import plans_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockgen_watch.spec.document import Json

COUNT = 120
FIELDS = """\
  a: {$weighted: {P: 5, Q: 3, R: 1, S: 1}}
  b: {$choice: [1, 2, 3, 4], $null: 0.2}
  c: {$integer: [1, 9]}
  d: {$boolean: 0.5}
  $rows: [{x: 1, y: 1}, {x: 2, y: 1}, {x: 3, y: 2}]
"""
FREE = "  $scenarios: {free: {$count: 120}, positive: {$count: 120}}\n"
CASES: dict[str, tuple[str, Callable[[dict[str, Any]], bool]]] = {
    "a pool": ("$rules: {r: {field: a, schema: {enum: [P, S]}}}", lambda r: r["a"] in {"P", "S"}),
    "a pool with null": (
        "$rules: {r: {field: b, schema: {type: integer}}}", lambda r: r["b"] is not None,
    ),
    "an excluded value": ("$exclude: {e: {b: [1, null]}}", lambda r: r["b"] not in {1, None}),
    "a boolean": ("$rules: {r: {field: d, schema: {const: true}}}", lambda r: r["d"] is True),
    "a row": ("$rules: {r: {field: y, schema: {const: 1}}}", lambda r: r["y"] == 1),
    "rows by two fields": ('$rules: {r: {cel: "record.x > record.y"}}', lambda r: r["x"] > r["y"]),
}  # fmt: skip


def records(promise: str, scenario: str) -> list[dict[str, Json]]:
    source = compile_source(plans_of(f"M:\n{FIELDS}  {promise}\n{FREE}")[scenario])
    return [source.record_at(index) for index in range(COUNT)]


@pytest.mark.parametrize("name", CASES)
def test_a_value_that_is_fit_stays(name: str) -> None:
    promise, is_fit = CASES[name]
    free, kept = records(promise, "free"), records(promise, "positive")
    assert any(not is_fit(record) for record in free)
    for before, after in zip(free, kept, strict=True):
        assert is_fit(after)
        if is_fit(before):
            assert after == before
        else:
            # Only what the promise speaks of has another value.
            changed = {key for key in before if before[key] != after[key]}
            assert changed
            assert changed in ({"a"}, {"b"}, {"d"}) or changed <= {"x", "y"}


def test_only_the_fields_that_a_rule_reads_are_drawn_again() -> None:
    promise = "$rules: {r: {cel: \"record.a != 'P' || record.c < 4\"}}"
    free, kept = records(promise, "free"), records(promise, "positive")
    for before, after in zip(free, kept, strict=True):
        is_fit = before["a"] != "P" or int(str(before["c"])) < 4
        assert after == before or not is_fit
        assert after["a"] != "P" or int(str(after["c"])) < 4
        assert {key for key in before if before[key] != after[key]} <= {"a", "c"}


def test_random_promises_are_kept_by_all_records() -> None:
    chance = random.Random(11)
    for _ in range(12):
        letters = chance.sample("PQRS", 2)
        low, high = sorted(chance.sample(range(1, 10), 2))
        banned = chance.randint(1, 4)
        promise = (
            f"$rules: {{r: {{field: a, schema: {{enum: [{', '.join(letters)}]}}}},"
            f" s: {{field: c, schema: {{minimum: {low}, maximum: {high}}}}}}}\n"
            f"  $exclude: {{e: {{b: {banned}, d: true}}}}"
        )
        for record in records(promise, "positive"):
            assert record["a"] in letters
            assert low <= int(str(record["c"])) <= high
            assert (record["b"], record["d"]) != (banned, True)
