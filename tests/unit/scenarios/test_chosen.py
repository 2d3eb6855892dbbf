"""Which alternative a value is of, from the record alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockgen_watch.generate.column import record_at
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.scenarios.chosen import way_to
from tests.unit.scenarios.planning import plans_of

if TYPE_CHECKING:
    from mockgen_watch.plan.model import RecordPlan

SPEC = """
M:
  kind: [a, b, c]
  age: {$integer: [0, 99], $null: 0.1}
  x: {$given: record.kind, $cases: {a: [1, 2], b: {$integer: [1, 9]}}}
  fare: {$given: record.age, $cases: {"..17": full, "18..64": full}, $else: full}
  code: {$choice: [P, {$pattern: "X[0-9]{2}"}, null, {$date: [2025-01-01, 2025-01-09]}]}
  alike: {$choice: [{$integer: [1, 9]}, {$integer: [5, 20]}]}
  pay:
    $one_of:
      - {kind: card, number: {$pattern: "4[0-9]{4}"}, by: {$omit: 0.5, $choice: [x]}}
      - {kind: cash}
      - {kind: [iban, sepa], more: {$one_of: [{p: {$integer: [1, 3]}}, {q: [z]}]}}
  lines:
    $array: {min: 1, max: 3}
    $items:
      text: [hi, ho]
      mood: {$given: this.text, $cases: {hi: good, ho: {$choice: [bad]}}}
"""


def plan_and_records() -> tuple[RecordPlan, list[dict[str, Any]]]:
    plan = next(iter(plans_of(SPEC).values())).records
    program = compile_program(plan)
    return plan, [record_at(program, index) for index in range(300)]


def test_the_alternative_is_the_one_that_the_record_shows() -> None:
    plan, records = plan_and_records()

    def numbers(record: dict[str, Any], *path: str) -> list[int]:
        return [number for number, _, _ in way_to(plan, record, path).choices]

    for record in records:
        assert numbers(record, "x") == {"a": [0], "b": [1], "c": []}[record["kind"]]
        age = record["age"]
        assert numbers(record, "fare") == [2 if age is None or age > 64 else int(age > 17)]
        code = record["code"]
        expected = 2 if code is None else 0 if code == "P" else 1 if code[0] == "X" else 3
        assert numbers(record, "code") == [expected]
        alike = record["alike"]
        assert numbers(record, "alike") == ([0] if alike < 5 else [1] if alike > 9 else [])
        shape = {"card": 0, "cash": 1, "iban": 2, "sepa": 2}[record["pay"]["kind"]]
        assert numbers(record, "pay", "kind") == [shape]
        if shape == 2:
            key = next(iter(record["pay"]["more"]))
            assert numbers(record, "pay", "more", key) == [2, "pq".index(key)]
        for index, line in enumerate(record["lines"]):
            at = ("lines", str(index), "mood")
            assert numbers(record, *at) == [["hi", "ho"].index(line["text"])]


def test_the_way_ends_at_the_leaf_of_the_shape_that_holds() -> None:
    plan, records = plan_and_records()
    record = next(one for one in records if one["pay"]["kind"] == "cash")
    way = way_to(plan, record, ("pay", "kind"))
    assert (way.depth, way.is_below, way.name) == (1, True, "kind")
    assert way.end is not None
    assert SPEC.splitlines()[way.end.origin.location.line - 1].strip() == "- {kind: cash}"
    plain = way_to(plan, record, ("kind",))
    assert (plain.depth, plain.choices, plain.is_below) == (1, (), False)
    assert plain.end is plan.shape.get("kind")
