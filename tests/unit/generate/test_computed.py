"""Computed values and bounds: the same alone and in chunks, exact, and inside their bounds."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockgen_watch.api import Records, Specs
from mockgen_watch.errors import FindingsError
from mockgen_watch.formats import BUILTIN
from mockgen_watch.formats.format import complete_options
from mockgen_watch.formats.vector import VectorRun
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.generate.dates import add_months
from mockgen_watch.generate.ranges import descend, descend_over
from mockgen_watch.spec.model import Layout

if TYPE_CHECKING:
    from collections.abc import Callable

COUNT = 400
NDJSON = BUILTIN["ndjson"]
SHOP = """
Order:
  status: {$weighted: {paid: 70, shipped: 20, refunded: 10}}
  placed: {$datetime: {from: 2024-01-01, to: 2025-06-30}}
  due: {$date: {from: {$field: record.placed, plus: 1d}, to: {$field: record.placed, plus: 2w}}}
  later: {$cel: "record.due + duration('1mo')", format: "%d/%m/%Y"}
  lines:
    $array: {min: 1, max: 4}
    $items:
      sku: [A1, B2, C3]
      qty: {$integer: {min: 1, max: 5}}
      price: {$number: {min: 1, max: 90, decimals: 2}}
      amount: {$cel: "this.qty * this.price"}
      share: {$cel: "this.amount / record.total", decimals: 4}
  total: {$cel: "sum(record.lines.map(l, l.amount))"}
  vat: {$cel: "record.total * 0.19", decimals: 2}
  dear: {$cel: "record.total > 100 && record.status != 'refunded'"}
  many: {$cel: "size(record.lines.filter(l, l.qty > 2))"}
  refund: {$number: {min: 0.01, max: {$field: record.total}, decimals: 2}}
  again: {$field: record.refund}
  steps: {$integer: {min: {$cel: "record.many * 10"}, max: 50, step: 5}}
  tags: {$array: {min: 0, max: {$field: record.many}}, $items: [x, y]}
  text: {$cel: "record.status + '-' + string(record.many)"}
"""


def records_of(text: str, name: str = "") -> Records:
    model = name or text.split(":", 1)[0].strip()
    return Specs.of(text).records(model, count=COUNT, exact=True)


def written(records: Records) -> list[Any]:
    """Return the records as the vector engine writes them."""
    program = compile_program(records._plan.records)
    plan = NDJSON.writer([program], complete_options(NDJSON, ()), Layout.MULTIPLE).compile(program)
    assert plan is not None
    run = VectorRun(plan, program, np, block=128)
    text = b"".join(run.bytes_of(0, COUNT)).decode()
    return [json.loads(line, parse_float=Decimal) for line in text.splitlines()]


def test_both_engines_agree_and_sums_are_exact() -> None:
    records = records_of(SHOP)
    for index, record in enumerate(written(records)):
        assert record == records.at(index)
        lines = record["lines"]
        assert record["total"] == sum(line["qty"] * line["price"] for line in lines)
        assert record["vat"] == (record["total"] * Decimal("0.19")).quantize(Decimal("0.01"))
        for line in lines:
            share = line["amount"] / record["total"]
            assert line["share"] == share.quantize(Decimal("0.0001"))
        assert record["dear"] is (record["total"] > 100 and record["status"] != "refunded")
        assert record["many"] == sum(line["qty"] > 2 for line in lines)
        assert record["again"] == record["refund"]
        assert record["text"] == f"{record['status']}-{record['many']}"


def test_values_lie_between_the_bounds_that_fields_give() -> None:
    lengths = set()
    for record in records_of(SHOP):
        placed = datetime.fromisoformat(record["placed"])
        due = datetime.fromisoformat(record["due"])
        assert placed + timedelta(days=1) <= due <= placed + timedelta(days=14)
        assert Decimal("0.01") <= record["refund"] <= record["total"]
        assert record["many"] * 10 <= record["steps"] <= 50
        assert (record["steps"] - record["many"] * 10) % 5 == 0
        assert len(record["tags"]) <= record["many"]
        lengths.add(len(record["tags"]))
        later = datetime.strptime(record["later"], "%d/%m/%Y")  # noqa: DTZ007
        assert (later.year * 12 + later.month) - (due.year * 12 + due.month) == 1
        assert later.day <= due.day
    assert lengths == {0, 1, 2, 3, 4}


BASE = "M:\n  a: {$integer: [1, 9]}\n  t: [x, y]\n  n: {$integer: [1, 9], $null: 0.5}\n  "


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ('b: {$cel: "record.c + 1"}', "MG402", 'unknown field "c"'),
        ('b: {$cel: "record.a + record.t"}', "MG402", "does not work with"),
        ('b: {$cel: "record.n + 1"}', "MG402", "can be null"),
        ('b: {$cel: "record.a / 3.0"}', "MG205", "the number of decimals"),
        ('b: {$cel: "record.a +"}', "MG402", "but the expression ends"),
        ('b: {$cel: "record.b + 1"}', "MG215", "b"),
        ("b: {$field: record.c}", "MG203", 'unknown field "c"'),
        ("b: {$integer: {min: {$field: record.a}, max: 5}}", "MG208", "can be empty"),
        ("b: {$integer: {min: {$field: record.n}, max: 50}}", "MG402", "can be null"),
        ("b: {$integer: {min: {$field: record.t}, max: 50}}", "MG402", "a bound must be a number"),
        (
            "b: {$date: {from: {$field: record.a}, to: 2025-01-01}}",
            "MG402",
            "a bound must be a date",
        ),
        ("b: {$integer: {min: 1, max: {$field: record.b}}}", "MG215", "b"),
        (
            "b: {$integer: {min: {$field: record.a}, distribution: normal, mean: 1, sd: 1}}",
            "MG204",
            "fixed bounds",
        ),
        ("b: {$integer: {min: {$field: record.a}, max: 50}, $unique: true}", "MG204", "unique"),
        ('b: {$cel: "[record.a]"}', "MG402", "not a single value"),
    ],
)
def test_what_cannot_be_is_refused_at_its_place(line: str, code: str, words: str) -> None:
    with pytest.raises(FindingsError) as caught:
        records_of(BASE + line + "\n")
    found = caught.value.diagnostics
    assert [item.code for item in found] == [code]
    assert words in found[0].message
    assert found[0].location.line == 5


@pytest.mark.parametrize(
    "line",
    [
        "b: {$integer: {min: {$field: record.a}, max: 9}}",
        "b: {$integer: {min: {$field: record.a}, max: {$field: record.a, plus: 3}}}",
        'b: {$integer: {min: {$cel: "record.a - 1"}, max: {$cel: "2 * record.a"}}}',
        'b: {$cel: "has(record.n) && record.n != null ? record.n : 0"}',
        'b: {$integer: {min: {$cel: "min(record.a, 3)"}, max: 3}}',
    ],
)
def test_what_can_be_is_made(line: str) -> None:
    records = records_of(BASE + line + "\n")
    assert written(records) == list(records)


def test_equal_expressions_of_other_records_do_not_move() -> None:
    before = records_of(SHOP)
    after = records_of(SHOP.replace("min: 1, max: 5}", "min: 1, max: 6}"))
    moved: dict[str, int] = {}
    for one, other in zip(before, after, strict=True):
        for name in one:
            moved[name] = moved.get(name, 0) + (one[name] != other[name])
    assert {name for name, count in moved.items() if not count} == {
        "status", "placed", "due", "later",
    }  # fmt: skip


@settings(max_examples=60)
@given(low=st.integers(-(2**60), 2**60), span=st.integers(0, 2**61), seed=st.integers(0, 2**32))
def test_a_descent_stays_in_its_range_in_both_engines(low: int, span: int, seed: int) -> None:
    high = min(low + span, 2**61)
    random = np.random.default_rng(seed)
    words = random.integers(0, 2**64, 50, dtype=np.uint64)
    odds = random.integers(0, 2**32, 50, dtype=np.uint32)
    cells: Any = type("Cells", (), {"xp": np})
    found = descend_over(cells, np.full(50, low), np.full(50, high), words, odds)
    alone = [descend(low, high, int(w), int(o)) for w, o in zip(words, odds, strict=True)]
    assert found.tolist() == alone
    assert all(low <= number <= high for number in alone)


@pytest.mark.parametrize(
    ("old", "new", "most"), [(100, 101, 0.04), (100, 110, 0.27), (100, 99, 0.04)]
)
def test_an_end_that_moves_moves_few_numbers(old: int, new: int, most: float) -> None:
    random = np.random.default_rng(7)
    words = random.integers(0, 2**64, 20_000, dtype=np.uint64)
    odds = random.integers(0, 2**32, 20_000, dtype=np.uint32)
    cells: Any = type("Cells", (), {"xp": np})
    drawn = [
        descend_over(cells, np.zeros(20_000, np.int64), np.full(20_000, end), words, odds)
        for end in (old, new)
    ]
    counts = np.bincount(drawn[0], minlength=old + 1)
    assert counts.min() > 20_000 / (old + 1) * 0.6
    assert (drawn[0] != drawn[1]).mean() <= most


@given(day=st.dates(date(2, 1, 1), date(9000, 12, 31)), months=st.integers(-20, 5000))
def test_months_end_at_the_last_day(day: date, months: int) -> None:
    seconds = (day.toordinal() - 1) * 86_400 + 17
    found = int(add_months(np.array([seconds]), months, 5)[0])
    assert found == add_months(seconds, months, 5)
    moved = date.fromordinal(found // 86_400 + 1)
    assert found % 86_400 == 22
    assert moved.year * 12 + moved.month == day.year * 12 + day.month + months
    following = date.fromordinal(moved.toordinal() + 1)
    assert moved.day == day.day or (moved.day < day.day and following.day == 1)


def test_a_master_and_a_moved_field_are_named_as_the_model_has_them() -> None:
    spec = 'M:\n  a: {$integer: [1, 9], $to: inner.x}\n  b: {$cel: "record.a * 2"}\n'
    master = "slot:\n  inner: {x: 0, y: 1}\n  b: 0\n"
    record: Any = Specs.of(spec, master).records("M").at(0)["slot"]
    assert isinstance(record, dict)
    assert record["b"] == record["inner"]["x"] * 2


def test_a_division_by_nothing_is_told_at_its_record() -> None:
    records = records_of(
        'M:\n  a: {$integer: [0, 1]}\n  b: {$cel: "1.0 / record.a", decimals: 2}\n'
    )
    with pytest.raises(FindingsError) as caught:
        list(records)
    assert "division by zero" in caught.value.diagnostics[0].message


PARTS = """
Trip:
  dep: {$datetime: {from: 2025-01-01, to: 2025-03-31}}
  arr: {$datetime: {from: {$field: record.dep}, to: {$field: record.dep, plus: 9d}}}
  qty: {$integer: [1, 9]}
  price: {$number: {min: 1, max: 9.99, decimals: 2}}
  hours: {$cel: "(record.arr - record.dep).getHours()"}
  minutes: {$cel: "(record.dep - record.arr).getMinutes()"}
  seconds: {$cel: "(true ? record.arr - record.dep : duration('1h')).getSeconds()"}
  clock: {$cel: "(record.arr - duration('1.5h')).getHours()"}
  listed: {$cel: "[record.arr - record.dep].map(d, d.getHours())[0]"}
  half: {$cel: "record.price / 2", decimals: 3}
  minus: {$cel: "(0 - record.price) / 2", decimals: 3}
  whole: {$cel: "record.qty / 2"}
  quarter: {$cel: "decimal(record.qty) / 4", decimals: 2}
  hundreds: {$cel: "round(record.qty * 77, -2)"}
  ten: {$cel: "string(record.price * 1e1)"}
"""


def test_parts_of_durations_and_quotients_are_the_same_in_both_engines() -> None:
    records = records_of(PARTS)
    for index, record in enumerate(written(records)):
        assert record == records.at(index)
        dep, arr = (datetime.fromisoformat(record[key].rstrip("Z")) for key in ("dep", "arr"))
        seconds = int((arr - dep).total_seconds())
        assert record["hours"] == seconds // 3600
        assert record["minutes"] == -(seconds // 60)
        assert record["seconds"] == seconds
        assert record["clock"] == (arr - timedelta(minutes=90)).hour
        assert record["half"] == record["price"] / 2
        assert record["minus"] == -record["price"] / 2
        assert record["whole"] == record["qty"] // 2
        assert record["quarter"] == Decimal(record["qty"]) / 4
        assert record["hundreds"] == round(Decimal(record["qty"] * 77).scaleb(-2)) * 100
        assert record["ten"] == f"{record['price'] * Decimal('1e1'):f}"
        assert record["listed"] == record["hours"]


TRIPS = """
M:
  day: {$date: {from: 2025-01-01, to: 2025-12-31, format: "%d/%m/%Y"}}
  qty: {$integer: [1, 9]}
  marks: {$array: [0, 2], $items: {$integer: [1, 9]}}
  amount: {$number: {min: 1, max: 99, decimals: 2}}
  legs:
    $array: [1, 2]
    $items:
      dep: {$datetime: {from: 2025-01-01, to: 2025-01-31, format: "%d.%m.%Y %H:%M"}}
      arr: {$datetime: {from: 2025-01-01, to: 2025-01-31, format: "%d.%m.%Y %H:%M"}}
"""


def day_of(record: dict[str, Any]) -> datetime:
    return datetime.strptime(record["day"], "%d/%m/%Y")  # noqa: DTZ007


def legs_of(record: dict[str, Any]) -> list[tuple[datetime, datetime]]:
    form = "%d.%m.%Y %H:%M"
    return [
        (datetime.strptime(leg["dep"], form), datetime.strptime(leg["arr"], form))  # noqa: DTZ007
        for leg in record["legs"]
    ]


FEBRUARY = datetime(2025, 2, 1)


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        (
            "cel: \"record.day >= date('2025-02-01')\"",
            lambda record: day_of(record) >= FEBRUARY,
        ),
        (
            "cel: \"date('2025-02-01') <= record.day && record.day.getMonth() != 2\"",
            lambda record: day_of(record) >= FEBRUARY and day_of(record).month != 3,
        ),
        ('cel: "record.amount * 2 > 100"', lambda record: record["amount"] > 50),
        (
            'cel: "100 < 2 * record.amount + record.qty"',
            lambda record: 2 * record["amount"] + record["qty"] > 100,
        ),
        (
            'cel: "record.amount / 2 > record.qty + 0.5"',
            lambda record: record["amount"] / 2 > record["qty"] + Decimal("0.5"),
        ),
        (
            "cel: \"record.legs.all(l, l.arr - l.dep < duration('36h'))\"",
            lambda record: all(arr - dep < timedelta(hours=36) for dep, arr in legs_of(record)),
        ),
        (
            'cel: "record.legs.exists(l, l.dep.getFullYear() == 2025 && l.dep < record.day)"',
            lambda record: any(dep < day_of(record) for dep, _ in legs_of(record)),
        ),
        (
            "cel: \"record.legs.all(l, l.dep >= timestamp('2025-01-20T00:00:00Z'))\"",
            lambda record: all(dep >= datetime(2025, 1, 20) for dep, _ in legs_of(record)),
        ),
        (
            'field: legs, cel: "this.dep <= this.arr"',
            lambda record: all(dep <= arr for dep, arr in legs_of(record)),
        ),
        (
            'field: marks, cel: "this != record.qty"',
            lambda record: record["qty"] not in record["marks"],
        ),
        (
            'field: amount, cel: "this > 10 && this < 28.5"',
            lambda record: 10 < record["amount"] < Decimal("28.5"),
        ),
    ],
)
def test_rules_on_dates_decimals_and_elements_are_kept(
    rule: str, holds: Callable[[Any], bool]
) -> None:
    free = records_of(TRIPS)
    assert not all(holds(free.at(index)) for index in range(COUNT))
    records = records_of(f"{TRIPS}  $rules: {{r: {{{rule}}}}}\n")
    assert all(holds(records.at(index)) for index in range(COUNT))


NESTED = """\
M:
  a: {$array: [2, 4], $items: {$integer: [1, 9]}}
  one: {$cel: "record.a.all(x, record.a.all(y, x == y))"}
  five: {$cel: "record.a.exists(x, record.a.exists(y, x + 5 == y))"}
  square: {$cel: "sum(record.a.map(x, sum(record.a.map(y, x * y))))"}
  l:
    $array: [1, 3]
    $items:
      q: {$integer: [1, 9]}
      b: {$array: [1, 3], $items: {$integer: [1, 9]}}
      all: {$cel: "sum(record.l.map(x, x.q * this.q))"}
      own: {$cel: "sum(this.b.map(x, x * this.q))"}
      other: {$cel: "sum(record.a.map(x, x * this.q))"}
      rank: {$cel: "size(record.l.filter(x, x.q > this.q))"}
  below: {$cel: "sum(record.l.map(x, sum(x.b)))"}
  within: {$cel: "record.l.exists(x, x.b.exists(y, y == x.q))"}
  beside: {$cel: "record.l.exists(x, record.a.exists(y, y == x.q))"}
"""


def test_elements_are_seen_from_elements_of_the_same_and_of_other_arrays() -> None:
    records = records_of(NESTED)
    chunk = written(records)
    for index in range(60):
        record = records.at(index)
        a, lines = record["a"], record["l"]
        assert record["one"] == all(x == y for x in a for y in a)
        assert record["five"] == any(x + 5 == y for x in a for y in a)
        assert record["square"] == sum(a) ** 2
        assert record["below"] == sum(sum(line["b"]) for line in lines)
        assert record["within"] == any(line["q"] in line["b"] for line in lines)
        assert record["beside"] == any(line["q"] in a for line in lines)
        for line in lines:
            assert line["all"] == sum(each["q"] * line["q"] for each in lines)
            assert line["own"] == sum(line["b"]) * line["q"]
            assert line["other"] == sum(a) * line["q"]
            assert line["rank"] == sum(each["q"] > line["q"] for each in lines)
        if index < len(chunk):
            assert chunk[index] == record


@pytest.mark.parametrize(
    ("first", "text", "words"),
    [
        ("abcdefgh", "record.f{0} + record.f{0}", "a text of more characters"),
        ("abc", "size(record.f{0}) > 0 ? record.f{0} + record.f{0} : ''", "of more characters"),
        ("5", "record.f{0} * record.f{0}", "200 digits"),
        ("{$integer: [2, 9]}", "record.f{0} * record.f{0}", "200 digits"),
    ],
)
def test_a_value_that_doubles_in_each_field_is_stopped_at_its_place(
    first: str, text: str, words: str
) -> None:
    lines = [f'  f{n}: {{$cel: "{text.format(n - 1)}"}}' for n in range(1, 40)]
    with pytest.raises(FindingsError) as caught:
        records_of("\n".join(["M:", f"  f0: {first}", *lines])).at(0)
    (found,) = caught.value.diagnostics
    assert words in found.message
    assert found.location.line > 5


def test_steps_through_lists_are_counted() -> None:
    lists = "record.a.all(x, record.a.all(y, record.a.all(z, x + y + z > 0)))"
    spec = f'M:\n  a: {{$array: SIZE, $items: 1}}\n  f: {{$cel: "{lists}"}}\n'
    assert records_of(spec.replace("SIZE", "20")).at(0)["f"] is True
    with pytest.raises(FindingsError, match="1 error") as caught:
        records_of(spec.replace("SIZE", "100")).at(0)
    (found,) = caught.value.diagnostics
    assert "more than 200,000 steps" in found.message
    assert found.location.line == 3
    ruled = spec.replace("SIZE", "100").replace("f: {$cel:", "$rules: {r: {cel:") + "  }\n"
    with pytest.raises(FindingsError) as caught:
        records_of(ruled.replace('"}\n  }', '"}}'))
    assert [(item.code, item.location.line) for item in caught.value.diagnostics] == [("MG402", 3)]
