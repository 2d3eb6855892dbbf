"""Sequences of numbers, dates and times: they rise, by record or by element, in both engines."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mockgen_watch.api import Specs
from mockgen_watch.errors import FindingsError
from mockgen_watch.generate.address import record_cells
from mockgen_watch.generate.column import values_over
from mockgen_watch.generate.compile import compile_program

if TYPE_CHECKING:
    from mockgen_watch.api import Records

SPEC = """
V:
  $count: 300
  at: {$sequence: {start: 2025-01-01T08:00, step: 15m, jitter: 5m}}
  day: {$sequence: 2025-02-27}
  month: {$sequence: {start: 2024-01-31, step: 1mo}}
  back: {$sequence: {start: 2025-12-31, step: "-1w", format: "%d.%m.%Y"}}
  clock: {$sequence: {start: "08:00:00", step: 90s}}
  price: {$sequence: {start: 10.50, step: 0.25}}
  dust: {$sequence: {start: 0, step: 0.0000001}}
  half: {$sequence: {start: 2025-01-01T08:00, step: 1.5h}}
  j: {$sequence: {start: 0, step: 10, jitter: 9}}
  no: {$index: {start: 1}}
  later: {$cel: "record.at + duration('1h')"}
  lines:
    $array: [0, 4]
    $items:
      line: {$index: {of: element, start: 1}}
      t: {$sequence: {start: "08:00:00", step: 30m, of: element}}
      s: {$sequence: {of: element, prefix: L}}
"""


def records_of(text: str = SPEC, name: str = "V") -> Records:
    return Specs.of(text).records(name, exact=True)


def test_values_go_on_by_steps() -> None:
    records = list(records_of())
    for number, record in enumerate(records):
        at = datetime.fromisoformat(record["at"])
        slot = datetime(2025, 1, 1, 8) + number * timedelta(minutes=15)
        assert slot <= at <= slot + timedelta(minutes=5)
        assert date.fromisoformat(record["day"]) == date(2025, 2, 27) + timedelta(days=number)
        year, month = divmod(number, 12)
        written = date.fromisoformat(record["month"])
        assert (written.year, written.month) == (2024 + year, month + 1)
        assert written.day == 31 or (written + timedelta(days=1)).day == 1
        week = date(2025, 12, 31) - timedelta(weeks=number)
        assert record["back"] == week.strftime("%d.%m.%Y")
        assert record["clock"] == str(timedelta(hours=8, seconds=90 * number)).zfill(8)
        assert record["price"] == Decimal("10.50") + number * Decimal("0.25")
        assert str(record["price"])[-3] == "."
        assert record["dust"] == number * Decimal("0.0000001")
        half = datetime(2025, 1, 1, 8) + number * timedelta(minutes=90)
        assert datetime.fromisoformat(record["half"]) == half
        assert number * 10 <= record["j"] < number * 10 + 10
        assert record["no"] == number + 1
        assert datetime.fromisoformat(record["later"]) == at + timedelta(hours=1)
        for place, line in enumerate(record["lines"]):
            assert (line["line"], line["s"]) == (place + 1, f"L{place + 1}")
            assert line["t"] == ["08:00:00", "08:30:00", "09:00:00", "09:30:00"][place]
    assert all(one["at"] < other["at"] for one, other in pairwise(records))
    assert len({record["at"][-5:] for record in records}) > 100


def test_both_engines_agree_beyond_the_count_too() -> None:
    records = records_of()
    program = compile_program(records._plan.records)
    indexes = np.array([0, 1, 250, 299, 5000], np.int64)
    cells = record_cells(program.base_key, np, indexes)
    made = list(values_over(program.root, cells, np.arange(5)))
    program = compile_program(records._plan.records)
    assert made[:4] == [records.at(int(index)) for index in indexes[:4]]
    assert records.at(5000)["day"] == str(date(2025, 2, 27) + timedelta(days=5000))


@pytest.mark.parametrize(
    ("value", "code", "words"),
    [
        ("{start: 2025-01-01, step: 3h}", "MG208", "whole days"),
        ("{start: 1, jitter: 1}", "MG208", "must be smaller than the step"),
        ("{start: 1, step: 0.5, jitter: 0.5}", "MG208", "must be smaller than the step"),
        ("{start: 2025-01-01, step: 1d, jitter: 2d}", "MG208", "must be smaller than the step"),
        ("{start: 2025-01-31, step: 1mo, jitter: 1d}", "MG204", "calendar months"),
        ("{start: soon}", "MG212", "not a number, date or time"),
        ("{start: 2025-01-01, step: soon}", "MG212", "not a duration"),
        ("{start: 2025-01-01, prefix: A}", "MG204", "for numbers"),
        ("{start: 1, format: '%Y'}", "MG204", "is not allowed"),
        ('{start: "23:00:00", step: 1h}', "MG208", "leaves midnight"),
        ("{start: 9990-01-01, step: 1y}", "MG208", "leaves the years"),
        ("{of: element}", "MG204", "only works inside an array"),
        ("{step: 0}", "MG208", "a step of 0"),
        ("{step: 1234567890123456.5}", "MG208", "15 digits"),
        ("{jitter: 0.0000000000000001}", "MG208", "15 digits"),
        ("{start: 2025-01-01T08:00, step: 0.5s}", "MG212", "not a duration"),
    ],
)
def test_what_cannot_go_on_is_refused(value: str, code: str, words: str) -> None:
    with pytest.raises(FindingsError) as caught:
        records_of(f"M:\n  $count: 20\n  a: {{$sequence: {value}}}\n", "M")
    assert [item.code for item in caught.value.diagnostics] == [code]
    assert words in caught.value.diagnostics[0].message


def test_distinct_elements_and_their_keys() -> None:
    text = """
M:
  $count: 400
  codes: {$array: {min: 3, max: 5, unique: true}, $items: [a, b, c, d, e]}
  lines:
    $array: {min: 2, max: 6, unique_by: sku}
    $items: {sku: {$integer: [1, 7]}, qty: {$integer: [1, 9]}}
  refs: {$array: {max: 3, unique_by: id}, $items: {id: {$ref: P.id}}}
P: {$count: 4, id: {$sequence: 1}}
"""
    records = records_of(text, "M")
    firsts = set()
    for record in records:
        for values in (
            record["codes"],
            [line["sku"] for line in record["lines"]],
            [each["id"] for each in record["refs"]],
        ):
            assert len(set(values)) == len(values)
        firsts.add(tuple(record["codes"][:2]))
    # All ordered pairs of five values come up.
    assert len(firsts) == 20
    program = compile_program(records._plan.records)
    cells = record_cells(program.base_key, np, np.arange(400, dtype=np.int64))
    assert list(values_over(program.root, cells, np.arange(400))) == list(records)
    with pytest.raises(FindingsError) as caught:
        records_of(text.replace("max: 5, unique", "max: 6, unique"), "M")
    assert [item.code for item in caught.value.diagnostics] == ["MG214"]
