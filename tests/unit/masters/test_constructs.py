"""Constructs in a master and under one: the values that a model has, and numbers stay numbers."""

from __future__ import annotations

from typing import Any

import pytest

from mockgen_watch.api import Specs
from mockgen_watch.errors import FindingsError
from mockgen_watch.spec.check_digits import is_right
from tests.unit.generate.test_children import in_chunks

FIELDS = """
  npi: {$pattern: "1[0-9]{9}", $check: npi, $unique: true}
  pay:
    $one_of:
      - {kind: card, number: {$pattern: "4[0-9]{7}", $check: luhn}, of: {$field: record.amount}}
      - {kind: [cash, coin], deep: {$one_of: [{a: {$integer: [1, 9]}}, {b: [x, y]}]}}
    $null: 0.2
  code: {$choice: [none, {$pattern: "[A-Z]{4}"}]}
  kind: [a, b]
  by: {$given: record.kind, $cases: {a: {$pattern: "A[0-9]"}}, $else: none}
  amount: {$number: [1, 9]}
  $rows:
    - {city: Chennai, zip: {$pattern: "6000[0-9]{2}"}}
    - {city: Kochi, zip: "1"}
  lines:
    $array: {min: 1, max: 2, unique_by: sku}
    $items:
      $rows: [{sku: A, v: {$integer: [1, 9]}}, {sku: B, v: x}, {sku: C, v: y}]
"""


def records_of(spec: str, master: str | None = None, name: str = "M") -> list[dict[str, Any]]:
    records = Specs.of(spec, master).records(name, count=40, exact=True)
    rows: list[dict[str, Any]] = list(records)
    assert in_chunks(records, list(range(40))) == rows
    return rows


def test_a_field_has_the_same_values_in_the_slot_of_a_master() -> None:
    in_model = records_of(f"M:{FIELDS}")
    in_master = records_of("M: {own: 1}", f"$slot: body\nbody:{FIELDS}")
    assert [{**each, "own": 1} for each in in_model] == [each["body"] for each in in_master]
    assert all(is_right("npi", each["npi"]) for each in in_model)
    assert len({each["npi"] for each in in_model}) == 40


def test_constructs_stand_outside_of_the_slot_too() -> None:
    rows = records_of("M: {own: 1}", f"$slot: body\nbody: {{a: 1}}\nhead:{FIELDS}".replace(
        "record.", "record.head."))  # fmt: skip
    for row in rows:
        pay = row["head"]["pay"]
        assert is_right("npi", row["head"]["npi"])
        if pay and pay["kind"] == "card":
            assert is_right("luhn", pay["number"])
            assert pay["of"] == row["head"]["amount"]


def test_numbers_of_the_master_stay_numbers_in_alternatives_and_rows() -> None:
    spec = """
M:
  $rows: [{zip: {$pattern: "[1-9]{3}"}, place: a}, {zip: "77", place: b}]
  code: {$choice: ["5", {$pattern: "[1-9][0-9]?"}, {$integer: [1, 9]}]}
  shown: {$choice: ["5", {$pattern: "[1-9]"}], $transform: strip}
"""
    rows = [row["s"] for row in records_of(spec, "s: {zip: 1, code: 2, shown: 3, place: x}")]
    for row in rows:
        assert all(type(row[name]) is int for name in ("zip", "code", "shown"))
        assert (row["place"] == "b") == (row["zip"] == 77)
    with pytest.raises(FindingsError) as found:
        records_of("M: {code: {$choice: [x, 5]}}", "s: {code: {a: 1}}")
    assert {each.code for each in found.value.diagnostics} == {"MG304"}


def test_a_tree_of_the_master_is_one_for_the_model_that_it_refers_to() -> None:
    spec = "M: {id: {$sequence: 0}}\nOther: {own: 1}"
    master = "s: {up: {$ref: M.id, $tree: 2}}"
    own = [row["s"]["up"] for row in records_of(spec, master)]
    assert own[:2] == [None, None]
    assert all(up < index for index, up in enumerate(own[2:], 2))
    others = [row["s"]["up"] for row in records_of(spec, master, "Other")]
    assert None not in others
    assert any(up > index for index, up in enumerate(others))


def test_an_overlay_has_the_values_of_a_model() -> None:
    inner = FIELDS.replace("\n  ", "\n      ")
    scenario = records_of(f"M:\n  own: 1\n  $scenarios:\n    s:{inner}", None, "M/s")
    for before, after in zip(records_of(f"M:{FIELDS}"), scenario, strict=True):
        assert {**before, "own": 1} == after
