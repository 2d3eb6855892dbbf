"""Dates in arrays, in objects or plain, are dates to expressions, whatever their formats are."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from mockgen_watch.api import Specs

if TYPE_CHECKING:
    from collections.abc import Callable

SPEC = """\
M:
  $count: 60
  d: {$date: {from: 2025-01-01, to: 2025-01-20, format: "%m/%d/%Y"}}
  at: {$datetime: {from: "2025-01-01T00:00:00", to: "2025-01-20T00:00:00"}}
  legs:
    $array: [1, 3]
    $items:
      dep: {$date: {from: 2025-01-01, to: 2025-02-28, format: "%m/%d/%Y"}}
      arr: {$date: {from: 2025-01-01, to: 2025-02-28, format: "%d.%m.%Y"}}
  days: {$array: [1, 3], $items: {$date: {from: 2025-01-01, to: 2026-02-28, format: "%Y%m%d"}}}
  deep:
    $array: [1, 2]
    $items:
      $array: [1, 2]
      $items: {$date: {from: 2025-01-01, to: 2025-02-28, format: "%d/%m/%y"}}
"""


def day(text: str, form: str) -> datetime:
    return datetime.strptime(text, form)  # noqa: DTZ007 - a day has no zone


def d_of(record: dict[str, Any]) -> datetime:
    return day(record["d"], "%m/%d/%Y")


def days_of(record: dict[str, Any]) -> list[datetime]:
    return [day(text, "%Y%m%d") for text in record["days"]]


def legs_of(record: dict[str, Any]) -> list[tuple[datetime, datetime]]:
    return [(day(leg["dep"], "%m/%d/%Y"), day(leg["arr"], "%d.%m.%Y")) for leg in record["legs"]]


JANUARY = datetime(2025, 1, 3)

RULES: dict[str, tuple[str, str, Callable[[dict[str, Any]], bool]]] = {
    "objects, against the record": (
        "",
        "record.legs.all(l, l.dep >= record.d)",
        lambda r: all(dep >= d_of(r) for dep, _ in legs_of(r)),
    ),
    "objects, a difference": (
        "",
        "record.legs.all(l, l.arr - l.dep <= duration('720h'))",
        lambda r: all(arr - dep <= timedelta(30) for dep, arr in legs_of(r)),
    ),
    "this in an object": (
        "legs",
        "this.arr >= this.dep",
        lambda r: all(arr >= dep for dep, arr in legs_of(r)),
    ),
    "this, a field of each object": (
        "legs.dep",
        "this >= timestamp('2025-01-03T00:00:00Z')",
        lambda r: all(dep >= JANUARY for dep, _ in legs_of(r)),
    ),
    "plain, against the record": (
        "",
        "record.days.all(x, x >= record.d)",
        lambda r: all(x >= d_of(r) for x in days_of(r)),
    ),
    "plain, against a finer field": (
        "",
        "record.days.all(x, x >= record.at)",
        lambda r: all(x >= datetime.fromisoformat(r["at"]) for x in days_of(r)),
    ),
    "plain, any": (
        "",
        "record.days.exists(x, x > record.d + duration('4800h'))",
        lambda r: any(x > d_of(r) + timedelta(200) for x in days_of(r)),
    ),
    "this, plain": (
        "days",
        "this.getFullYear() == 2025",
        lambda r: all(x.year == 2025 for x in days_of(r)),
    ),
    "plain, an element": (
        "",
        "record.days[0] >= record.d",
        lambda r: days_of(r)[0] >= d_of(r),
    ),
    "arrays of arrays": (
        "",
        "record.deep.all(x, x.all(y, y >= record.d))",
        lambda r: all(day(y, "%d/%m/%y") >= d_of(r) for x in r["deep"] for y in x),
    ),
}  # fmt: skip


def positive(*names: str) -> list[dict[str, Any]]:
    rules = {}
    for number, name in enumerate(names):
        field, text, _ = RULES[name]
        rules[f"r{number}"] = {"field": field, "cel": text} if field else {"cel": text}
    spec = (
        f"{SPEC}  $rules: {json.dumps(rules)}\n  $scenarios: {{positive: {{}}, negative: {{}}}}\n"
    )
    return list(Specs.of(spec).records("M/positive"))


@pytest.mark.parametrize("name", RULES)
def test_a_rule_on_dates_in_an_array_is_kept(name: str) -> None:
    holds = RULES[name][-1]
    free = list(Specs.of(SPEC).records("M"))
    assert not all(map(holds, free))
    records = positive(name)
    assert all(map(holds, records))
    # What was right by chance stays as it is.
    assert all(new == old for new, old in zip(records, free, strict=True) if holds(old))


@pytest.mark.parametrize(
    "names",
    [
        ("plain, against the record", "this, plain"),
        ("plain, against a finer field", "this, plain", "plain, any"),
        tuple(RULES),
    ],
    ids=len,
)
def test_rules_on_dates_in_arrays_are_kept_together(names: tuple[str, ...]) -> None:
    # A year is read of the elements, so they cannot be drawn again after the field around them.
    records = positive(*names)
    for record in records:
        assert [name for name in names if not RULES[name][-1](record)] == []
