"""Records that follow each of their parents: how many, in which order, in both engines."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockgen_watch.api import Specs
from mockgen_watch.errors import FindingsError
from mockgen_watch.generate.address import record_cells
from mockgen_watch.generate.column import values_over
from mockgen_watch.generate.compile import compile_program

if TYPE_CHECKING:
    from mockgen_watch.api import Records
    from mockgen_watch.spec.document import Json

CLINIC = """
Patient: {$count: 40, id: {$sequence: {start: 1, width: 3, prefix: P}}, name: [Asha, Bala, Devi]}
Visit:
  id: {$sequence: 100}
  patient: {$ref: Patient.id, $each: {min: 0, max: 3}}
  who: {name: {$template: "{name}"}}
  name: {$ref: Patient.name}
  no: {$index: {of: sibling, start: 1}}
  lines: {$array: 2, $items: {no: {$index: sibling}}}
Lab:
  visit: {$ref: Visit.id, $each: 2}
  n: {$index: sibling}
"""


def records_of(text: str, name: str) -> Records:
    return Specs.of(text).records(name, exact=True)


def in_chunks(records: Records, indexes: list[int]) -> list[Json]:
    program = compile_program(records._plan.records)
    cells = record_cells(program.base_key, np, np.array(indexes, np.int64))
    return list(values_over(program.root, cells, np.arange(len(indexes))))


def refused(lines: str) -> list[tuple[str, str]]:
    text = f"P: {{$count: 4, id: {{$sequence: 1}}}}\nQ: {{id: {{$sequence: 1}}}}\nM:\n  {lines}\n"
    with pytest.raises(FindingsError) as caught:
        records_of(text, "M")
    return [(item.code, item.message) for item in caught.value.diagnostics]


def test_each_parent_has_its_records_in_order() -> None:
    visits = list(records_of(CLINIC, "Visit"))
    names = {each["id"]: each["name"] for each in records_of(CLINIC, "Patient")}
    counts = Counter(each["patient"] for each in visits)
    assert set(counts.values()) == {1, 2, 3}
    assert 0 < len(names) - len(counts) < 25
    assert [each["patient"] for each in visits] == sorted(each["patient"] for each in visits)
    seen: Counter[str] = Counter()
    for visit in visits:
        seen[visit["patient"]] += 1
        assert visit["no"] == seen[visit["patient"]] == visit["lines"][0]["no"] + 1
        assert visit["name"] == names[visit["patient"]] == visit["who"]["name"]
    labs = list(records_of(CLINIC, "Lab"))
    assert [each["visit"] for each in labs] == [v["id"] for v in visits for _ in range(2)]
    assert [each["n"] for each in labs] == [0, 1] * len(visits)


@given(
    parents=st.integers(1, 60),
    low=st.integers(0, 4),
    spread=st.integers(0, 5),
    seed=st.integers(0, 99),
)
def test_any_record_alone_is_that_of_its_chunk(
    parents: int, low: int, spread: int, seed: int
) -> None:
    high = max(1, low + spread)
    text = (
        f"$seed: {seed}\nP: {{$count: {parents}, id: {{$sequence: 0}}}}\n"
        f"M:\n  p: {{$ref: P.id, $each: [{low}, {high}]}}\n  n: {{$index: sibling}}\n"
        "  v: {$integer: [1, 1000000]}\n"
    )
    try:
        found = list(records_of(text, "M"))
    except FindingsError:
        # No parent may have any, when the least is 0.
        assert low == 0
        return
    counts = Counter(each["p"] for each in found)
    assert all(low <= counts[parent] <= high for parent in range(parents))
    order = list(reversed(range(len(found))))
    assert in_chunks(records_of(text, "M"), order) == found[::-1]
    assert records_of(text, "M").at(len(found) - 1) == found[-1]
    # Another parent brings its own at the end.
    more = list(records_of(text.replace(f"$count: {parents}", f"$count: {parents + 1}"), "M"))
    assert more[: len(found)] == found


def test_scenarios_take_the_first_so_many_and_masters_change_nothing() -> None:
    text = CLINIC.replace(
        "Lab:", "  $scenarios: {positive: {}, small: {$count: 5}, mixed: {$mix: {small: 1}}}\nLab:"
    )
    every = list(records_of(text, "Visit/positive"))
    assert every == list(records_of(CLINIC, "Visit"))
    assert list(records_of(text, "Visit/small")) == every[:5]


def test_rules_draw_other_fields_again() -> None:
    text = """
P: {$count: 9, id: {$sequence: 1}, low: {$integer: [1, 80]}}
M:
  p: {$ref: P.id, $each: 4}
  low: {$ref: P.low}
  a: {$integer: [1, 100]}
  $rules: {r: {cel: "record.a >= record.low"}}
  $scenarios: {positive: {}, negative: {$count: 10}}
"""
    lows = {each["id"]: each["low"] for each in records_of(text, "P")}
    records = list(records_of(text, "M/positive"))
    assert [each["p"] for each in records] == [n for n in range(1, 10) for _ in range(4)]
    assert all(each["low"] == lows[each["p"]] <= each["a"] for each in records)
    assert len(list(records_of(text, "M/negative"))) == 10


@pytest.mark.parametrize(
    ("lines", "code", "words"),
    [
        ("$count: 9\n  p: {$ref: P.id, $each: 2}", "MG204", "so many for each P"),
        ("p: {$ref: P.id, $each: 2}\n  q: {$ref: Q.id, $each: 2}", "MG208", "one parent"),
        (
            "p: {$ref: P.id, $each: 2}\n  $scenarios: {positive: {$count: 9}}",
            "MG208",
            "the 4 parents have only 8",
        ),
        ("p: {$ref: P.id, $each: 0}", "MG208", "at least 1"),
        ("p: {$ref: P.id, $each: [3, 2]}", "MG208", "more than max"),
        ("p: {$ref: P.id, $each: {min: 2}}", "MG205", "needs max"),
        ("p: {$ref: P.id, $each: few}", "MG202", "a number"),
        ("p: {$ref: P.id, $each: 10001}", "MG208", "at most"),
        ("p: {$pattern: A, $each: 2}", "MG205", "needs $ref"),
        ("p: {$each: 2}", "MG205", "needs $ref"),
        ("p: {$ref: P.id, $each: 2, $unique: true}", "MG204", "$unique"),
        ("l: {$array: 2, $items: {p: {$ref: P.id, $each: 2}}}", "MG204", "not for elements"),
        ("n: {$index: sibling}", "MG205", "no $ref of the model has $each"),
        (
            "p: {$ref: P.id, $each: 2}\n  n: {$index: sibling, $unique: true}",
            "MG204",
            "starts again",
        ),
        ("p: {$ref: P.id, $each: 2}\n  b: [x]\n  $unique: [[p, b]]", "MG204", "in order"),
        ("p: {$ref: M.p, $each: 2}", "MG215", "each other"),
    ],
)
def test_what_cannot_follow_parents_is_refused(lines: str, code: str, words: str) -> None:
    [(found, message)] = refused(lines)
    assert found == code
    assert words in message
