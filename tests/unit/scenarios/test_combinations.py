"""Implications can be broken whatever a record is like: in a few places where one does not do."""

from __future__ import annotations

import datetime as dt
import json
import random
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from mockgen_watch.errors import FindingsError
from mockgen_watch.rules.values import MISSING, value_at, with_value
from mockgen_watch.scenarios.faults.breaker import ONE_IS_ENOUGH
from mockgen_watch.scenarios.faults.kinds import COMBINATION
from mockgen_watch.scenarios.labels import Change, label_lines
from mockgen_watch.scenarios.promised import report_model
from mockgen_watch.scenarios.source import compile_source
from tests.unit.scenarios.planning import plans_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockgen_watch.scenarios.labels import Fault

Record: TypeAlias = dict[str, Any]
Judge: TypeAlias = "Callable[[Record], bool]"

SHARE, MANY = 6, 300
COUNT = 40


def number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise TypeError
    return float(value)


def day(value: object, form: str = "%Y-%m-%d") -> dt.date:
    if not isinstance(value, str):
        raise TypeError
    return dt.datetime.strptime(value, form).date()  # noqa: DTZ007 - a day has no zone


def either(*sides: Callable[[], bool]) -> bool:
    """Return what CEL makes of ``||``: a side that cannot be evaluated matters if none is true."""
    errors = []
    for side in sides:
        try:
            if side():
                return True
        except (KeyError, TypeError, ValueError) as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return False


def broken(record: Record, judges: dict[str, Judge]) -> set[str]:
    found = set()
    for name, judge in judges.items():
        try:
            holds = judge(record)
        except (KeyError, TypeError, ValueError):
            holds = False
        if not holds:
            found.add(name)
    return found


def leaves(value: object, place: tuple[str | int, ...] = ()) -> dict[tuple[str | int, ...], str]:
    if isinstance(value, dict):
        below = [leaves(item, (*place, key)) for key, item in value.items()]
    elif isinstance(value, list):
        below = [leaves(item, (*place, index)) for index, item in enumerate(value)]
    else:
        return {place: repr(value)}
    return {key: item for part in below for key, item in part.items()}


def check(spec: str, judges: dict[str, Judge], count: int = COUNT) -> list[Fault]:
    """Hold every negative record against its twin and the judges; return all faults."""
    plans = plans_of(f"$count: {count}\n{spec}")
    positive, negative = (compile_source(plans[name]) for name in ("positive", "negative"))
    found: list[Fault] = []
    for index in range(count):
        twin, case = positive.record_at(index), negative.case_at(index)
        assert broken(twin, judges) == set()
        names = {fault.rule for fault in case.faults}
        assert broken(case.record, judges) == names
        before, after = leaves(twin), leaves(case.record)
        differing = {at for at in before.keys() | after.keys() if before.get(at) != after.get(at)}
        places = {place for fault in case.faults for place in fault.places}
        assert all(any(at[: len(place)] == place for place in places) for at in differing)
        for fault in case.faults:
            assert 1 <= len(fault.places) <= 3
            assert bool(fault.also) == (fault.operator == COMBINATION)
            changes = (
                Change(place=fault.place, before=fault.before, after=fault.after),
                *fault.also,
            )
            for change in changes:
                assert value_at(twin, change.place) == change.before
                assert value_at(case.record, change.place) == change.after
            if len(case.faults) == 1 == len(fault.also):
                # Each of the two is needed.
                for change in changes:
                    less = with_value(case.record, change.place, change.before)
                    assert isinstance(less, dict)
                    assert broken(less, judges) != names
        found += case.faults
    return found


IMPLICATIONS: dict[str, tuple[str, Judge]] = {
    "a text and a number": (
        """\
  k: [P, C, D]
  age: {$integer: [0, 99]}
  $rules: {r: {cel: "record.k != 'D' || record.age >= 18"}}
""",
        lambda r: either(lambda: r["k"] != "D", lambda: number(r["age"]) >= 18),
    ),
    "an amount just below the end of a wide range": (
        """\
  k: [P, C, D]
  amount: {$number: {min: 0, max: 100000, decimals: 2}}
  $rules: {r: {cel: "record.k != 'D' || record.amount <= 99999.5"}}
""",
        lambda r: either(lambda: r["k"] != "D", lambda: number(r["amount"]) <= 99999.5),
    ),
    "two dates": (
        """\
  state: [OPEN, CLOSED]
  opened: {$date: {from: 2024-01-01, to: 2024-12-31}}
  closed: {$date: {from: 2024-06-01, to: 2025-12-31, format: "%d.%m.%Y"}}
  $rules: {r: {cel: "record.state != 'CLOSED' || record.closed > record.opened"}}
""",
        lambda r: either(
            lambda: r["state"] != "CLOSED",
            lambda: day(r["closed"], "%d.%m.%Y") > day(r["opened"]),
        ),
    ),
    "fields of nested objects": (
        """\
  o: {k: [a, b, c], n: {m: {$integer: [0, 1000]}}}
  flag: {$boolean: 0.1}
  $rules: {r: {cel: "!record.flag || record.o.n.m > 10 || record.o.k == 'a'"}}
""",
        lambda r: either(
            lambda: flag(r["flag"]) is False,
            lambda: number(r["o"]["n"]["m"]) > 10,
            lambda: r["o"]["k"] == "a",
        ),
    ),
    "elements of an array": (
        """\
  lines: {$array: {min: 1, max: 3}, $items: {k: [a, b], n: {$integer: [1, 50]}}}
  $rules:
    r: {field: lines, schema: {items: {
      if: {properties: {k: {const: a}}}, then: {properties: {n: {maximum: 39}}}}}}
""",
        lambda r: all(
            "n" not in line or line["n"] is None or line.get("k", "a") != "a" or line["n"] < 40
            for line in r["lines"]
        ),
    ),
    "a field that may be null": (
        """\
  state: [PAID, DENIED]
  code: {$choice: [A1, B2], $null: 0.5}
  $rules: {r: {cel: "record.state != 'DENIED' || record.code != null"}}
""",
        lambda r: either(lambda: r["state"] != "DENIED", lambda: r["code"] is not None),
    ),
    "a field that may be absent": (
        """\
  state: [PAID, DENIED]
  code: {$choice: [A1, B2], $omit: 0.5}
  $rules: {r: {cel: "!has(record.code) || record.state == 'DENIED'"}}
""",
        lambda r: either(lambda: "code" not in r, lambda: r["state"] == "DENIED"),
    ),
    "three fields": (
        """\
  k: [A, B]
  s: [x, y, z]
  n: {$integer: [1, 9999]}
  $rules: {r: {cel: "!(record.k == 'A' && record.s == 'x' && record.n > 5000)"}}
""",
        lambda r: either(
            lambda: r["k"] != "A", lambda: r["s"] != "x", lambda: number(r["n"]) <= 5000
        ),
    ),
}


def flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


SCENARIOS = "  $scenarios: {positive: {}, negative: {}}\n"


@pytest.mark.parametrize("shape", IMPLICATIONS)
def test_a_record_to_which_an_implication_does_not_apply_is_made_to_break_it(shape: str) -> None:
    spec, judge = IMPLICATIONS[shape]
    found = check(f"M:\n{spec}{SCENARIOS}", {"r": judge}, count=60)
    assert any(fault.operator == COMBINATION for fault in found)


def test_the_values_are_such_as_the_fields_can_have_and_not_always_the_same() -> None:
    spec, judge = IMPLICATIONS["a text and a number"]
    found = check(f"M:\n{spec}{SCENARIOS}", {"r": judge}, count=200)
    ages = [fault.also[0].after for fault in found if fault.also]
    assert all(isinstance(age, int) and 0 <= age < 18 for age in ages)
    assert {0, 17} < set(ages)
    assert len(set(ages)) > 6
    assert {fault.after for fault in found if fault.also} == {"D"}


def test_the_rule_whose_turn_it_is_is_broken_in_two_places_rather_than_another_one_in_one() -> None:
    spec = """\
M:
  k: [P, C, D]
  age: {$integer: [0, 99]}
  n: {$integer: [1, 9]}
  $rules:
    adult: {cel: "record.k != 'D' || record.age >= 18"}
    small: {field: n, schema: {maximum: 9}}
"""
    judges: dict[str, Judge] = {
        "adult": IMPLICATIONS["a text and a number"][1],
        "small": lambda r: not isinstance(r.get("n", 0), int) or r.get("n", 0) <= 9,
    }
    found = check(spec + SCENARIOS, judges)
    assert [fault.rule for fault in found] == ["adult", "small"] * (COUNT // 2)
    both = check(f"{spec}  $scenarios: {{positive: {{}}, negative: {{$faults: 2}}}}\n", judges)
    assert len(both) == 2 * COUNT


def test_what_another_implication_on_the_same_field_needs_is_changed_as_well() -> None:
    spec = """\
M:
  k: [P, C, D]
  age: {$integer: [0, 99]}
  code: {$choice: [X1], $null: 0.5}
  $rules:
    adult: {cel: "record.k != 'D' || record.age >= 18"}
    coded: {cel: "record.k != 'D' || record.code != null"}
"""
    judges: dict[str, Judge] = {
        "adult": IMPLICATIONS["a text and a number"][1],
        "coded": lambda r: either(lambda: r["k"] != "D", lambda: r["code"] is not None),
    }
    found = check(spec + SCENARIOS, judges)
    assert [fault.rule for fault in found] == ["adult", "coded"] * (COUNT // 2)
    assert {len(fault.places) for fault in found} == {1, 2, 3}


def test_a_label_tells_all_places_and_one_place_is_told_as_ever() -> None:
    spec, _ = IMPLICATIONS["a text and a number"]
    plans = plans_of(f"$count: {COUNT}\nM:\n{spec}{SCENARIOS}")
    source = compile_source(plans["negative"])
    for index in range(COUNT):
        (label,) = label_lines(source.label_at(index), index)
        (fault,) = source.case_at(index).faults
        if not fault.also:
            assert "also" not in label
            continue
        (change,) = fault.also
        assert label["pointer"] == "/k"
        assert label["also"] == [
            {"pointer": "/age", "before": change.before, "after": change.after}
        ]


def test_the_account_lists_combinations_where_they_are_needed() -> None:
    spec, _ = IMPLICATIONS["a text and a number"]
    more = "    order: {cel: 'record.low <= record.age'}\n"
    rules = spec.replace("{r: {", "\n    r: {").replace('18"}}', '18"}') + more
    plans = plans_of(f"M:\n  low: {{$integer: [0, 5]}}\n{rules}{SCENARIOS}")
    account = report_model(plans.values(), lambda plan: compile_source(plan).parts[0])
    assert account is not None
    by_name = {rule.name: rule for rule in account.rules}
    assert by_name["r"].kinds[-1] == COMBINATION
    assert by_name["order"].impossible[COMBINATION] == ONE_IS_ENOUGH


def implication(chance: random.Random) -> tuple[str, Judge]:
    """Return a rule of two to three parts, one of which has to hold, and its judge."""
    letter, least = chance.choice("ABC"), chance.randint(5, 60)
    amount, month = chance.choice([2, 99.5, 900]), chance.randint(2, 11)
    start = dt.date(2025, month, 1)
    parts: list[tuple[str, Judge]] = [
        (f"record.p != '{letter}'", lambda r: r["p"] != letter),
        (f"record.i >= {least}", lambda r: number(r["i"]) >= least),
        (f"record.o.n > {amount}", lambda r: number(r["o"]["n"]) > amount),
        ("record.d < record.e", lambda r: day(r["d"]) < day(r["e"], "%d.%m.%Y")),
        (
            f"record.d >= timestamp('{start}T00:00:00Z')",
            lambda r: day(r["d"]) >= start,
        ),
        ("record.b", lambda r: flag(r["b"])),
        ("record.o.k in ['u', 'v']", lambda r: r["o"]["k"] in ["u", "v"]),
    ]
    chosen = chance.sample(parts, chance.choice([2, 2, 3]))
    texts = " || ".join(text for text, _ in chosen)
    return texts, lambda r: either(*(lambda part=part: part(r) for _, part in chosen))


def check_random(seed: int) -> int:
    """Look at a random model of implications; return how many faults are combinations."""
    chance = random.Random(seed)
    made = [implication(chance) for _ in range(chance.choice([1, 1, 2]))]
    fields = {
        "p": ["A", "B", "C", "E"],
        "i": {"$integer": [0, 99]},
        "o": {"n": {"$number": {"min": 0, "max": 1000, "decimals": 2}}, "k": ["u", "v", "w"]},
        "d": {"$date": {"from": "2025-01-01", "to": "2025-12-31"}},
        "e": {"$date": {"from": "2025-04-01", "to": "2025-12-31", "format": "%d.%m.%Y"}},
        "b": {"$boolean": 0.5},
    }
    rules = {f"r{number}": {"cel": text} for number, (text, _) in enumerate(made)}
    judges = {f"r{number}": judge for number, (_, judge) in enumerate(made)}
    scenarios: Record = {"positive": {}, "negative": {}}
    spec = {"M": {**fields, "$rules": rules, "$scenarios": scenarios}, "$seed": seed}
    text = "\n".join(f"{key}: {json.dumps(value)}" for key, value in spec.items())
    try:
        return sum(bool(fault.also) for fault in check(text + "\n", judges))
    except FindingsError as error:
        # Where one of two rules follows from the other, it cannot be broken alone.
        if len(made) > 1 and {found.code for found in error.diagnostics} == {"MG403"}:
            return 0
        raise


def test_random_implications_are_broken_in_each_record() -> None:
    assert sum(map(check_random, range(SHARE))) > SHARE * COUNT // 8


@pytest.mark.long
def test_many_random_implications_are_broken_in_each_record() -> None:
    for seed in range(SHARE, MANY):
        check_random(seed)


def test_what_may_be_absent_is_put_there() -> None:
    spec, judge = IMPLICATIONS["a field that may be absent"]
    found = check(f"M:\n{spec}{SCENARIOS}", {"r": judge})
    assert any(change.before is MISSING for fault in found for change in fault.also)
