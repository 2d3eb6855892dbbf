"""Rows with leaves in them: the row and what its leaves draw hold together, in both engines."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockgen_watch.api import Specs
from mockgen_watch.errors import FindingsError
from mockgen_watch.generate.column import record_at
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.scenarios.chosen import way_to
from tests.unit.generate.test_alternatives import written
from tests.unit.scenarios.planning import plans_of

COUNT = 600
SPEC = """
Order:
  $rows:
    - {city: Chennai, state: TN, zip: {$pattern: "6000[0-9]{2}"}, $weight: 3, $id: chennai}
    - {city: Hyderabad, state: TS, zip: "500001"}
    - {city: Kochi, state: KL, zip: {$integer: [1, 9]}}
    - {city: Goa, state: {$choice: [GA, {$template: "{city}!"}]}, zip: {$const: {$pattern: x}}}
  lines:
    $array: {min: 2, max: 3, unique_by: sku}
    $items:
      $rows:
        - {sku: A, name: ant, price: {$number: [1, 2]}}
        - {sku: B, name: bee, price: {$number: [5, 9]}}
        - {sku: C, name: cat, price: 100}
"""
STATES = {"Chennai": "TN", "Hyderabad": "TS", "Kochi": "KL"}


def records_of(text: str = SPEC) -> list[dict[str, Any]]:
    return list(Specs.of(text).records("Order", count=COUNT, exact=True))


def test_each_record_has_the_values_and_leaves_of_one_row() -> None:
    cities = set()
    for record in records_of():
        cities.add(record["city"])
        zip_code = record["zip"]
        if record["city"] == "Goa":
            assert record["state"] in {"GA", "Goa!"}
            assert zip_code == {"$pattern": "x"}
            continue
        assert record["state"] == STATES[record["city"]]
        if record["city"] == "Chennai":
            assert zip_code.startswith("6000")
            assert len(zip_code) == 6
        elif record["city"] == "Kochi":
            assert 1 <= zip_code <= 9
        else:
            assert zip_code == "500001"
    assert cities == {*STATES, "Goa"}


def test_elements_that_differ_in_a_field_of_their_rows_have_different_rows() -> None:
    names = {"A": "ant", "B": "bee", "C": "cat"}
    for record in records_of():
        lines = record["lines"]
        assert len({line["sku"] for line in lines}) == len(lines)
        for line in lines:
            assert line["name"] == names[line["sku"]]
            low, high = {"A": (1, 2), "B": (5, 9), "C": (100, 100)}[line["sku"]]
            assert low <= line["price"] <= high


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("unique_by: sku", "unique_by: price"), "cannot be guaranteed to differ"),
        (("sku: B", "sku: A"), 'two rows have the same "sku"'),
    ],
)
def test_elements_that_cannot_differ_are_refused(change: tuple[str, str], words: str) -> None:
    with pytest.raises(FindingsError) as found:
        records_of(SPEC.replace(*change))
    assert words in found.value.diagnostics[0].message


def test_elements_do_not_differ_in_what_their_parents_share() -> None:
    text = """
P: {$count: 9, id: {$sequence: 1}, kind: [a, b]}
Order: {lines: {$array: {max: 2, unique_by: k}, $items: {k: {$ref: P.FIELD}}}}
"""
    ids = [
        [line["k"] for line in each["lines"]] for each in records_of(text.replace("FIELD", "id"))
    ]
    assert all(len(set(each)) == len(each) for each in ids)
    with pytest.raises(FindingsError) as found:
        records_of(text.replace("FIELD", "kind"))
    assert found.value.diagnostics[0].message == "P.kind is not unique itself"


def test_the_engines_agree() -> None:
    records = Specs.of(SPEC).records("Order", count=COUNT, exact=True)
    lines = [json.loads(line) for line in written(records, "ndjson").splitlines()]
    assert lines == json.loads(json.dumps(list(records), default=float))


@pytest.mark.parametrize(
    "change",
    [
        ('"6000[0-9]{2}"', '"[A-F]{9}"'),
        ("$integer: [1, 9]", "$integer: [700, 900]"),
        (
            "$rows:\n    - {city: C",
            "$rows:\n    - {city: X, state: x, zip: x, $weight: 0}\n    - {city: C",
        ),
    ],
)
def test_an_edit_inside_a_leaf_moves_no_record_to_another_row(change: tuple[str, str]) -> None:
    before, after = records_of(), records_of(SPEC.replace(*change))
    assert (before == after) == ("$weight: 0" in change[1])
    assert [each["city"] for each in before] == [each["city"] for each in after]


def test_rows_of_plain_values_are_drawn_as_before() -> None:
    rows = '[{a: 1, b: "x"}, {a: 2, b: "y", $weight: 2}, {a: 3, b: "z"}]'
    plain = records_of(f"Order: {{$rows: {rows}}}")
    stated = rows.replace('b: "y"', 'b: {$const: "y"}')
    leafy = records_of(f"Order: {{$rows: {stated}}}")
    assert plain == leafy
    assert [each["a"] for each in plain[:12]] == [2, 2, 1, 1, 1, 2, 1, 3, 1, 2, 2, 2]


def test_the_choice_of_rows_with_leaves_is_pinned() -> None:
    found = [(each["city"], each["zip"]) for each in records_of()[3:8]]
    goa = ("Goa", {"$pattern": "x"})
    hyderabad, chennai = ("Hyderabad", "500001"), [("Chennai", "600042"), ("Chennai", "600033")]
    assert found == [hyderabad, goa, goa, *chennai]


def test_rows_that_a_rule_excludes_take_their_leaves_along() -> None:
    rules = """
  $rules:
    not-goa: {field: city, schema: {not: {const: Goa}}}
    high: {cel: "record.city != 'Kochi' || record.zip > 5"}
  $scenarios: {positive: {}, negative: {}}
"""
    records = list(Specs.of(SPEC + rules).records("Order/positive", count=COUNT, exact=True))
    assert {each["city"] for each in records} == set(STATES)
    for record in records:
        assert record["state"] == STATES[record["city"]]
        assert record["city"] != "Kochi" or record["zip"] > 5
        assert (record["city"] == "Chennai") == str(record["zip"]).startswith("6000")


def test_the_row_of_a_record_is_known_from_all_its_fields() -> None:
    plan = next(iter(plans_of(SPEC).values())).records
    program = compile_program(plan)
    places = ["Chennai", "Hyderabad", "Kochi", "Goa"]
    for index in range(100):
        record = record_at(program, index)
        way = way_to(plan, record, ("zip",))
        assert [number for number, _, _ in way.choices] == [places.index(str(record["city"]))]
