"""A record that no memory holds is refused by its shape, before one is made."""

from __future__ import annotations

import pytest

from mockgen_watch.api import Specs
from mockgen_watch.plan.sizes import MOST_CHARACTERS, MOST_IN_RECORD, MOST_VALUES
from tests.unit.scenarios.planning import refusals

DOUBLING = "M:\n  t0: abcdefgh\n" + "".join(
    f'  t{n}: {{$template: "{{t{n - 1}}}{{t{n - 1}}}"}}\n' for n in range(1, 40)
)
PARENTS = "M0: {t: abcdefgh}\n" + "".join(
    f'M{n}:\n  a: {{$ref: M{n - 1}.t}}\n  t: {{$template: "{{a}}{{a}}"}}\n' for n in range(1, 30)
)


def nested(depth: int) -> str:
    array = "1"
    for _ in range(depth):
        array = f"{{$array: [10, 10], $items: {array}}}"
    return f"M:\n  a: {array}\n"


@pytest.mark.parametrize(
    ("spec", "line", "words"),
    [
        (DOUBLING, 19, "text of up to 1,048,576 characters"),
        (PARENTS, 52, "text of up to 1,048,576 characters"),
        (nested(7), 2, "up to 1,000,000 values"),
        ("M:\n  a:\n    $array: [0, 9999]\n    $items: {$array: [0, 9999], $items: {x: 1}}\n", 3,
         "up to 99,980,001 values"),
        ('M:\n  w: "%s"\n  a: {$array: [1, 9999], $items: {$field: record.w}}\n' % ("x" * 9999),
         3, "up to 99,980,001 characters in a record"),
        ("M:\n  a: {{$array: 9999, $items: {{$const: [{}]}}}}\n".format(", ".join(["1"] * 99)), 2,
         "up to 989,901 values"),
        ("M:\n  a: {$array: 900, $items: {$one_of: [{x: {$array: 900, $items: 1}}, {y: 1}]}}\n", 2,
         "up to 810,000 values"),
    ],
    ids=["templates", "parents", "arrays", "objects", "fields", "constants", "alternatives"],
)  # fmt: skip
def test_what_can_be_too_large_is_refused_where_it_begins(spec: str, line: int, words: str) -> None:
    (found, *others) = refusals(spec)
    assert found.code == "MG228"
    assert words in found.message
    assert found.location.line == line
    # What is made of it is not told again.
    assert others == []


def test_what_is_large_and_fits_is_made() -> None:
    spec = f"""
M:
  w: "{"x" * 1000}"
  a: {{$array: 5000, $items: {{p: [1, 2], q: x}}}}
  t: {{$template: "{"{w}" * 900}"}}
"""
    record = Specs.of(spec).records("M")[0]
    assert len(record["a"]) * 2 < MOST_VALUES
    assert len(record["t"]) == 900_000 < MOST_CHARACTERS < MOST_IN_RECORD


def test_sums_of_sums_are_numbers_and_no_long_texts() -> None:
    sums = "".join(f'  s{n}: {{$cel: "record.s{n - 1} + record.s{n - 1}"}}\n' for n in range(1, 40))
    assert Specs.of(f"M:\n  s0: 1\n{sums}").records("M")[0]["s39"] == 2**39
