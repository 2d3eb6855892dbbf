"""Alternatives: which one holds, and that both engines agree on its value in every format."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from mockgen_watch.api import Records, Specs
from mockgen_watch.errors import FindingsError
from mockgen_watch.formats import BUILTIN
from mockgen_watch.formats.format import complete_options
from mockgen_watch.formats.vector import VectorRun
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.spec.model import Layout
from mockgen_watch.workflow.produce import prepare_production

COUNT = 600
SPEC = """
Order:
  status: {$weighted: {paid: 70, shipped: 20, refunded: 10}}
  age: {$integer: [0, 99], $null: 0.1}
  fare: {$given: record.age, $cases: {"..5": free, "6..17": reduced}, $else: full}
  placed: {$datetime: {from: 2025-01-01, to: 2025-06-30}}
  half: {$given: record.placed, $cases: {"..2025-03-31T23:59:59": 1}, $else: 2}
  shipped:
    $given: record.status
    $cases:
      shipped:
        $date: {from: {$field: record.placed, plus: 1d}, to: {$field: record.placed, plus: 9d}}
    $else: null
  total: {$number: [1, 100]}
  refund:
    $given: record.status
    $cases: {refunded: {$number: {min: 0.01, max: {$field: record.total}, decimals: 2}}}
    $else: 0
  maybe: {$given: record.status, $cases: {paid: {$uuid: {}}}}
  code: {$choice: [none, {$pattern: "[A-Z]{4}"}, {$integer: [1, 9]}]}
  name: {$weighted: [[Ann, 70], [{$template: "{status}!"}, 30]], $omit: 0.2}
  flag: {$given: record.code, $cases: {none: true}, $else: false}
  number: {$given: record.code, $cases: [[none, 1], [3, 2]]}
  payment:
    $one_of:
      - $weight: 3
        kind: card
        number: {$pattern: "4[0-9]{15}"}
        label: {$template: "{.kind} {status}"}
      - {kind: iban, iban: {$pattern: "DE[0-9]{20}"}, parts: {$array: [0, 2], $items: [x, y]}}
      - null
  kind: {$template: "{payment.kind}"}
  lines:
    $array: [0, 3]
    $items:
      $one_of:
        - {sku: [A, B], qty: {$integer: [1, 3]}, sum: {$cel: "this.qty * 2"}}
        - {text: [hi], mood: {$given: this.text, $cases: {hi: good}}}
"""


def records_of(text: str = SPEC) -> Records:
    return Specs.of(text).records("Order", count=COUNT, exact=True)


def written(records: Records, name: str) -> str:
    program = compile_program(records._plan.records)
    form = BUILTIN[name]
    writer = form.writer([program], complete_options(form, ()), Layout.MULTIPLE)
    plan = writer.compile(program)
    assert plan is not None
    head = writer.framing.head if hasattr(writer.framing, "head") else b""
    return head.decode() + b"".join(VectorRun(plan, program, np, 128).bytes_of(0, COUNT)).decode()


def test_both_engines_agree_and_each_case_holds_where_it_should() -> None:
    records = records_of()
    lines = [
        json.loads(line, parse_float=Decimal) for line in written(records, "ndjson").splitlines()
    ]
    assert lines == list(records)
    seen: dict[str, set[Any]] = {"kind": set(), "code": set(), "name": set()}
    for record in lines:
        age = record["age"]
        expected = "full" if age is None or age > 17 else "reduced" if age > 5 else "free"
        assert record["fare"] == expected
        assert record["half"] == (1 if record["placed"] < "2025-04" else 2)
        assert (record["shipped"] is not None) is (record["status"] == "shipped")
        assert (record["refund"] != 0) is (record["status"] == "refunded")
        assert record["refund"] <= record["total"]
        assert ("maybe" in record) is (record["status"] == "paid")
        assert record["flag"] is (record["code"] == "none")
        assert record.get("number") == {"none": 1, 3: 2}.get(record["code"])
        payment = record["payment"]
        assert record["kind"] == ("" if payment is None else payment["kind"])
        if payment is not None and payment["kind"] == "card":
            assert payment["label"] == f"card {record['status']}"
        for line in record["lines"]:
            assert line.get("sum", 2 * line.get("qty", 0)) == 2 * line.get("qty", 0)
            assert line.get("mood", "good") == "good"
        seen["kind"].add(record["kind"])
        seen["code"].add(type(record["code"]))
        seen["name"].add(record.get("name", "absent") in {"Ann", "absent"})
    assert seen == {"kind": {"card", "iban", ""}, "code": {str, int}, "name": {True, False}}


def test_csv_has_a_column_for_what_any_alternative_has() -> None:
    records = records_of()
    program = compile_program(records._plan.records)
    form = BUILTIN["csv"]
    writer = form.writer([program], complete_options(form, ()), Layout.MULTIPLE)
    plan = writer.compile(program)
    assert plan is not None
    run = VectorRun(plan, program, np, 128)
    rows = b"".join(run.bytes_of(0, 50))
    assert rows == b"".join(
        writer.encode(records.at(index)) + writer.framing.separator for index in range(50)
    )
    assert len({len(row) for row in csv.reader(io.StringIO(rows.decode()))}) == 1


def moved(before: str, after: str) -> dict[str, float]:
    found: dict[str, int] = {}
    for one, other in zip(records_of(before), records_of(after), strict=True):
        for name in {**one, **other}:
            found[name] = found.get(name, 0) + (one.get(name) != other.get(name))
    return {name: count / COUNT for name, count in found.items() if count}


def test_an_edit_inside_an_alternative_moves_no_record_to_another() -> None:
    assert moved(SPEC, SPEC.replace("[A-Z]{4}", "[B-Z]{4}")).keys() == {"code"}
    before = [type(record["code"]) for record in records_of()]
    after = [type(r["code"]) for r in records_of(SPEC.replace("[A-Z]{4}", "[B-Z]{4}"))]
    assert before == after
    edited = SPEC.replace("kind: iban, iban:", "kind: iban, bic: [X], iban:")
    assert moved(SPEC, edited).keys() <= {"payment", "kind"}


def test_another_value_of_the_field_moves_what_depends_on_it_alone() -> None:
    share = moved(SPEC, SPEC.replace("shipped: 20", "shipped: 25"))
    assert share.keys() <= {"status", "shipped", "refund", "maybe", "name", "payment"}
    assert share["shipped"] <= share["status"] < 0.1


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ("refunded: {$number", "refundd: {$number", "MG203", 'never "refundd"'),
        ("{$given: record.age,", "{$given: record.agee,", "MG203", 'unknown field "agee"'),
        ("{$given: record.age,", "{$given: record.fare,", "MG215", "fare"),
        ('$cases: {"..5": free, "6..17": reduced}, ', "", "MG205", "needs $cases"),
        ("$given: record.placed, $cases", "$cases", "MG205", "needs $given"),
        ("- null\n", "- {$weight: -1, a: 1}\n", "MG207", "negative"),
        ("- {kind: iban", "- {$id: a, k: 1}\n      - {$id: a, kind: iban", "MG222", "same $id"),
        ("[none, {", "[{$integer: [1, 2], $id: a}, {$uuid: {}, $id: a}, {", "MG222", "same $id"),
        ("{.kind} {status}", "{.kinds}", "MG203", 'unknown field "kinds"'),
        ("{payment.kind}", "{payment.kinds}", "MG203", 'unknown field "kinds"'),
        ("$items:\n      $one_of:\n", "$items:\n      $cases:\n", "MG205", "needs $given"),
    ],
)
def test_what_cannot_be_is_refused(old: str, new: str, code: str, words: str) -> None:
    assert old in SPEC
    with pytest.raises(FindingsError) as caught:
        records_of(SPEC.replace(old, new, 1))
    found = caught.value.diagnostics
    assert any(item.code == code and words in item.message for item in found)


WITHIN = """\
Order:
  k: [x, y, z]
  deep:
    $given: record.k
    $cases:
      x: {$one_of: [{a: [1, 2]}, {b: {$integer: [1, 9]}}]}
      y: {$given: record.k, $cases: {y: {$one_of: [{c: {$one_of: [{d: 1}, 2]}}, 3]}}}
    $else: 1
"""


def test_alternatives_within_alternatives_are_made() -> None:
    records = records_of(WITHIN)
    seen = {"x": set[str](), "y": set[str](), "z": set[str]()}
    for record, line in zip(records, written(records, "ndjson").splitlines(), strict=True):
        assert json.loads(line) == record
        deep = record["deep"]
        seen[record["k"]].add("".join(deep) if isinstance(deep, dict) else str(deep))
    assert seen == {"x": {"a", "b"}, "y": {"c", "3"}, "z": {"1"}}


@pytest.mark.parametrize("place", range(4))
def test_a_leaf_with_an_id_keeps_its_records_wherever_it_is(place: int) -> None:
    pool = ["none", '{$pattern: "[A-Z]{4}"}', "{$integer: [1, 9]}"]
    added = [*pool[:place], '{$pattern: "k[0-9]{2}", $id: k}', *pool[place:]]
    before, after = (
        [record["x"] for record in _records(f"M:\n  x: {{$choice: [{', '.join(entries)}]}}\n")]
        for entries in (pool, added)
    )
    moved = {new for old, new in zip(before, after, strict=True) if old != new}
    assert moved
    assert all(str(new).startswith("k") for new in moved)


def test_a_leaf_with_an_id_draws_where_one_without_does() -> None:
    texts = ('{$pattern: "[A-Z]{4}"}', '{$pattern: "[A-Z]{4}", $id: letters}')
    one, other = (_records(f"M:\n  x: {{$choice: [{text}]}}\n") for text in texts)
    assert one == other


def _records(text: str) -> list[dict[str, Any]]:
    return list(Specs.of(f"$count: {COUNT}\n{text}").records("M"))


@pytest.mark.parametrize("root", ["this", "record.x"])
@pytest.mark.parametrize("other", ["null", "text", "{c: 1}"])
def test_a_bound_in_a_shape_reads_that_shape(root: str, other: str) -> None:
    shape = f"n: {{$integer: [0, 6]}}, b: {{$integer: {{min: {{$field: {root}.n}}, max: 9}}}}"
    found = _records(f"M:\n  x: {{$one_of: [{{{shape}}}, {other}]}}\n")
    shapes = [record["x"] for record in found if "n" in (record["x"] or {})]
    assert 0 < len(shapes) < COUNT
    assert all(each["n"] <= each["b"] <= 9 for each in shapes)


@pytest.mark.parametrize("gap", ["$null", "$omit"])
def test_a_bound_in_an_object_that_may_be_missing_reads_that_object(gap: str) -> None:
    until = "{from: {$field: this.d}, to: {$field: this.d, plus: 2d}}"
    found = _records(
        f"M:\n  x: {{{gap}: 0.3, d: {{$date: [2025-01-01, 2025-02-01]}}, e: {{$date: {until}}}}}\n"
    )
    days = [record["x"] for record in found if record.get("x")]
    assert 0 < len(days) < COUNT
    assert all(each["d"] <= each["e"] for each in days)


def test_check_digits_of_a_shape_are_certain_before_records_are_made() -> None:
    shapes = '{k: card, n: {$pattern: "4[0-9]{15}", $check: luhn}}, {k: cash}'
    rule = "{known: {field: s, schema: {enum: [a, b]}}}"
    specs = Specs.of(
        f"M:\n  s: [a, b]\n  pay: {{$one_of: [{shapes}]}}\n  $rules: {rule}\n"
        "  $scenarios: {positive: {}}\n"
    )
    assert prepare_production(specs.records("M/positive")._plan).source.is_plain
