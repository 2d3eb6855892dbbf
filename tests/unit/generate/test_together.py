"""Fields that are unique together: in both engines, in arrays, with parents, rules and masters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockgen_watch.api import Specs
from mockgen_watch.errors import FindingsError
from mockgen_watch.generate.address import record_cells
from mockgen_watch.generate.column import record_at, values_over
from mockgen_watch.generate.compile import compile_program

if TYPE_CHECKING:
    from mockgen_watch.api import Records
    from mockgen_watch.spec.document import Json

SCHOOL = """
Student: {$count: 20, id: {$sequence: {start: 1, width: 3, prefix: S}}, name: [Asha, Bala, Devi]}
Course: {$count: 10, id: {$sequence: {start: 1, width: 3, prefix: C}}}
M:
  $count: 200
  student: {$ref: Student.id}
  name: {$ref: Student.name}
  course: {$ref: Course.id}
  $unique: [[student, course]]
"""

TOGETHER = "\n  $unique: [[a, b]]"
PAIRS = (
    '"student" and "course" must be unique together, '
    "but have only 200 values (20 times 10) for 201 records"
)
FIELDS = {
    "pool": ("[x, y, z]", 3),
    "weighted": ("{$weighted: {a: 90, b: 9, c: 1}}", 3),
    "integer": ("{$integer: [5, 9]}", 5),
    "number": ("{$number: {min: 0, max: 1, step: 0.25}}", 5),
    "boolean": ("{$boolean: 0.9}", 2),
    "date": ("{$date: [2025-01-01, 2025-01-04]}", 4),
    "month": ('{$date: {from: 2025-01-01, to: 2025-01-04, format: "%d"}}', 4),
    "time": ('{$time: {from: "08:00:00", to: "09:00:00", step: 1200}}', 4),
    "pattern": ('{$pattern: "A[A-C]|B"}', 4),
    "constant": ("same", 1),
}


def records_of(text: str, name: str = "M") -> Records:
    return Specs.of(text).records(name, exact=True)


def in_chunks(records: Records) -> list[Json]:
    program = compile_program(records._plan.records)
    count = records._plan.records.count
    cells = record_cells(program.base_key, np, np.arange(count, dtype=np.int64))
    return list(values_over(program.root, cells, np.arange(count)))


def refused(text: str) -> list[tuple[str, str]]:
    with pytest.raises(FindingsError) as caught:
        records_of(text)
    return [(item.code, item.message) for item in caught.value.diagnostics]


def test_every_pair_of_parents_comes_once() -> None:
    records = list(records_of(SCHOOL))
    assert len({(each["student"], each["course"]) for each in records}) == 200
    names = {each["student"]: each["name"] for each in records}
    # The name is that of the same student.
    assert all(names[each["student"]] == each["name"] for each in records)
    assert in_chunks(records_of(SCHOOL)) == records
    assert refused(SCHOOL.replace("200", "201")) == [
        (
            "MG214",
            PAIRS,
        )
    ]


@given(
    names=st.lists(st.sampled_from(sorted(FIELDS)), min_size=2, max_size=4, unique=True),
    seed=st.integers(0, 99),
)
def test_all_combinations_come_once(names: list[str], seed: int) -> None:
    total = int(np.prod([FIELDS[name][1] for name in names]))
    lines = "".join(f"  {name}: {FIELDS[name][0]}\n" for name in names)
    text = f"$seed: {seed}\nM:\n  $count: {total}\n  $unique: [[{', '.join(names)}]]\n{lines}"
    found = list(records_of(text))
    assert len({tuple(map(str, each.values())) for each in found}) == total
    assert in_chunks(records_of(text)) == found
    program = compile_program(records_of(text)._plan.records)
    assert record_at(program, total - 1) == found[-1]


def test_elements_of_all_records_differ() -> None:
    text = """
M:
  $count: 30
  lines:
    $array: [1, 3]
    $items:
      $unique: [[sku, size], [row, no]]
      sku: {$pattern: "[A-C]{3}"}
      size: [S, M, L, XL]
      row: {$pattern: "[A-Z]{20}"}
      no: [1, 2]
  home: {$unique: [[a, b]], a: {$integer: [1, 6]}, b: {$integer: [1, 5]}}
"""
    records = list(records_of(text))
    lines = [line for each in records for line in each["lines"]]
    assert len({(line["sku"], line["size"]) for line in lines}) == len(lines) > 30
    assert len({line["row"] for line in lines}) == len(lines)
    assert len({tuple(each["home"].values()) for each in records}) == 30
    assert in_chunks(records_of(text)) == records
    assert [code for code, _ in refused(text.replace("$count: 30", "$count: 31"))] == ["MG214"]


def test_fields_of_rows_stay_together() -> None:
    text = """
M:
  $count: 6
  $rows: [{city: Chennai, state: TN}, {city: Salem, state: TN}, {city: Kochi, state: KL}]
  no: [1, 2]
  $unique: [[city, no]]
"""
    records = list(records_of(text))
    assert len({(each["city"], each["no"]) for each in records}) == 6
    assert {(each["city"], each["state"]) for each in records} == {
        ("Chennai", "TN"),
        ("Salem", "TN"),
        ("Kochi", "KL"),
    }
    assert in_chunks(records_of(text)) == records
    assert [code for code, _ in refused(text.replace("[[city", "[[state"))] == ["MG204"]


def test_rules_and_overlays_keep_it() -> None:
    text = """
M:
  a: {$integer: [1, 20]}
  b: {$integer: [1, 10]}
  c: {$integer: [1, 100]}
  $unique: [[a, b]]
  $rules: {order: {cel: "record.c > record.a + record.b"}}
  $scenarios: {positive: {$count: 200}, small: {$count: 30, a: {$integer: [1, 3]}}}
"""
    for name, count in (("M/positive", 200), ("M/small", 30)):
        records = list(records_of(text, name))
        assert len({(each["a"], each["b"]) for each in records}) == count
        assert all(each["c"] > each["a"] + each["b"] for each in records)


def test_what_is_unique_by_itself_needs_nothing_else() -> None:
    text = "M:\n  $count: 9\n  id: {$sequence: 1}\n  b: [x, y]\n"
    assert list(records_of(text + "  $unique: [[id, b]]\n")) == list(records_of(text))


def test_stated_values_are_unique_together_too() -> None:
    text = """
M:
  $count: 3
  a: [x, y, z]
  b: [1, 2, 3]
  $unique: [[a, b]]
  $records: {0: {a: x, b: 1}, 2: {a: x, b: %d}}
"""
    records_of(text % 2)
    assert "must be unique together, but record 0 has the same values" in refused(text % 1)[0][1]


@pytest.mark.parametrize(
    ("lines", "code", "words"),
    [
        ("a: [x]\n  $unique: [[a, aa]]", "MG218", 'unknown field "aa"'),
        ("a: [x]\n  b: {c: [x]}\n  $unique: [[a, b]]", "MG218", "not a single value"),
        ("a: [x]\n  $unique: [[a, a]]", "MG202", "appears twice"),
        ("a: [x]\n  $unique: [a]", "MG202", "lists of fields"),
        ("a: [x]\n  $unique: true", "MG202", "lists of fields"),
        ("a: [x]\n  b: [x]\n  c: [x]\n  $unique: [[a, b], [b, c]]", "MG204", "already"),
        ("a: [x]\n  l: {$array: 1, $items: {b: [y]}}\n  $unique: [[a, l.b]]", "MG204", "array"),
        ('a: [x]\n  b: {$template: "{a}"}\n  $unique: [[a, b]]', "MG204", "other fields"),
        ("a: [x]\n  b: {$given: a, $cases: {x: 1}}\n  $unique: [[a, b]]", "MG204", "other fields"),
        (
            "a: [x]\n  b: {$choice: [b, B], $transform: lower}\n  $unique: [[a, b]]",
            "MG204",
            "written alike",
        ),
        ('a: [x]\n  b: {$pattern: "a*a*"}\n  $unique: [[a, b]]', "MG204", "two ways"),
        (
            "a: [x]\n  b: {$date: {from: 2025-01-01, to: 2025-02-01, format: '%Y-%m'}}" + TOGETHER,
            "MG204",
            "written as 2025-01",
        ),
        (
            "a: [x]\n  b: {$integer: {min: 0, max: 9, distribution: normal, mean: 4, sd: 1}}"
            + TOGETHER,
            "MG204",
            "cannot have a distribution",
        ),
        ("a: [x]\n  $scenarios: {positive: {$unique: [[a, b]]}}", "MG204", "is not allowed"),
        (
            "a: [x]\n  o: {x: 1, y: 2}\n  $scenarios: {positive: {o: {x: 3, $unique: [[x, y]]}}}",
            "MG204",
            "in the model",
        ),
    ],
)
def test_what_cannot_be_unique_together_is_refused(lines: str, code: str, words: str) -> None:
    [(found, message)] = refused(f"M:\n  {lines}\n")
    assert found == code
    assert words in message
