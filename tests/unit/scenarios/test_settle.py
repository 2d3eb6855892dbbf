"""Rules cut pools down and leave the choice among the other values as it was."""

from __future__ import annotations

import random
import re
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
FREE = "  $scenarios: {free: {$count: 120, $keeps: nothing}, positive: {$count: 120}}\n"
CASES: dict[str, tuple[str, Callable[[dict[str, Any]], bool]]] = {
    "a pool": ("$rules: {r: {field: a, schema: {enum: [P, S]}}}", lambda r: r["a"] in {"P", "S"}),
    "a pool with null": (
        "$rules: {r: {field: b, schema: {type: integer}}}", lambda r: r["b"] is not None,
    ),
    "an excluded value": ("$exclude: {e: {b: [1, null]}}", lambda r: r["b"] not in {1, None}),
    "null alone": ("$exclude: {e: {b: [1, 2, 3, 4]}}", lambda r: r["b"] is None),
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


NARROW: dict[str, tuple[str, Callable[[dict[str, Any]], bool]]] = {
    "a bound": ("$rules: {r: {field: n, schema: {maximum: 900}}}", lambda r: r["n"] <= 900),
    "an exclusion": ("$exclude: {e: {n: {min: 900}}}", lambda r: r["n"] < 900),
    "an order": ('$rules: {r: {cel: "record.n < record.m"}}', lambda r: r["n"] < r["m"]),
}


@pytest.mark.parametrize("name", NARROW)
def test_a_rule_that_few_values_of_a_range_meet_is_kept_by_all_records(name: str) -> None:
    promise, is_fit = NARROW[name]
    spec = "M:\n  n: {$integer: [1, 300000]}\n  m: {$integer: [1, 900]}\n"
    free = compile_source(plans_of(spec)["base"])
    plan = plans_of(f"{spec}  {promise}\n  $scenarios: {{positive: {{$count: 400}}}}\n")["positive"]
    kept = compile_source(plan)
    made = [kept.record_at(index) for index in range(400)]
    assert all(map(is_fit, made))
    # They are spread over what is fit, and not heaped at its end.
    assert len({record["n"] for record in made}) > 150
    for index, record in enumerate(made):
        before = free.record_at(index)
        assert record == before or not is_fit(before)


def test_a_rule_on_an_array_is_of_the_array_and_not_of_its_elements() -> None:
    spec = "M:\n  l: {$array: {min: 0, max: 2}, $items: {x: [1, 2]}}\n"
    spec += "  $rules: {r: {field: l, schema: {minItems: 1}}}\n"
    source = compile_source(plans_of(spec + "  $scenarios: {positive: {$count: 40}}\n")["positive"])
    assert all(source.record_at(index)["l"] for index in range(40))


def test_a_number_where_a_date_should_be_is_no_date_to_any_rule() -> None:
    spec = "M:\n  d: {$date: {from: 2025-01-01, to: 2025-06-30}}\n"
    spec += '  $rules: {m: {cel: "record.d.getMonth() != 1"}}\n'
    plan = plans_of(spec + "  $scenarios: {negative: {$count: 40}}\n")["negative"]
    source = compile_source(plan)
    kinds = {fault.operator for index in range(40) for fault in source.case_at(index).faults}
    assert "wrong-type" in kinds


def test_a_second_fault_does_not_mend_the_first() -> None:
    spec = (
        "M:\n  d: {$date: {from: 2025-01-01, to: 2025-03-31}}\n"
        "  e: {$date: {from: 2025-02-01, to: 2025-06-30}}\n  k: [A, B]\n"
        "  $rules:\n    known: {field: k, schema: {enum: [A, B]}}\n"
        '    order: {cel: "record.e >= record.d"}\n    month: {cel: "record.d.getMonth() != 1"}\n'
        "  $scenarios: {negative: {$count: 80, $faults: 2}}\n"
    )
    source = compile_source(plans_of(spec)["negative"])
    seen = set()
    for index in range(80):
        case = source.case_at(index)
        told = {fault.rule for fault in case.faults}
        seen.add(frozenset(told))
        texts = [str(case.record.get(name)) for name in "de"]
        if all(re.fullmatch(r"\d{4}-\d\d-\d\d", text) for text in texts):
            assert (texts[1] < texts[0]) is ("order" in told)
            assert (texts[0][5:7] == "02") is ("month" in told)
    assert len(seen) > 1
