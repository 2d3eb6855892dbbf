"""Choices between shapes and leaves, and rows with leaves, as parameters of a design."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from mockgen_watch.generate.address import record_cells
from mockgen_watch.generate.column import values_over
from mockgen_watch.scenarios.coverage.parameters import parameters_of
from mockgen_watch.scenarios.measure import measure
from mockgen_watch.scenarios.source import compile_source
from mockgen_watch.spec.model import Coverage
from tests.unit.scenarios.planning import plans_of

SPEC = """
M:
  $count: 60
  $coverage: pairwise
  kind: [a, b, c]
  pay:
    $one_of:
      - {$weight: 30, type: card, number: {$pattern: "4[0-9]{5}"}}
      - {type: cash}
      - {$id: bank, type: iban, more: [x, y]}
      - null
  code: {$choice: [none, $x, {$pattern: "[A-Z]{4}"}, {$integer: [1, 9]}, {$integer: [20, 30]}]}
  $rows:
    - {city: Chennai, zip: {$pattern: "6000[0-9]{2}"}, $weight: 30}
    - {city: Kochi, zip: 1}
  lines:
    $array: {min: 1, max: 2}
    $items: {$one_of: [{a: 1}, {b: 2}]}
  given: {$given: record.kind, $cases: {a: {$pattern: "[0-9]{3}"}}, $else: 7}
"""
RULES = """
  $rules:
    code: {cel: "record.kind != 'a' || record.code != 'none'"}
    pay: {cel: "record.kind != 'b' || record.pay == null || record.pay.type != 'card'"}
    zip: {cel: "record.kind != 'c' || record.zip != '600011'"}
  $scenarios: {positive: {}}
"""


def shape_of(pay: dict[str, Any] | None) -> str:
    return "null" if pay is None else pay["type"]


def form_of(code: str | int) -> str:
    if isinstance(code, int):
        return "low" if code < 10 else "high"
    return code if code in {"none", "$x"} else "text"


def choices_of(record: dict[str, Any]) -> list[str]:
    return [
        record["kind"],
        shape_of(record["pay"]),
        form_of(record["code"]),
        record["city"],
        *record["lines"][0],
    ]


def records_of(text: str, name: str) -> tuple[int, list[dict[str, Any]]]:
    source = compile_source(plans_of(text)[name])
    needed = source.parts[0].covered[0].needed
    return needed, [source.record_at(index) for index in range(60)]


def pairs_of(records: list[dict[str, Any]]) -> set[tuple[tuple[int, str], ...]]:
    rows = [list(enumerate(choices_of(record))) for record in records]
    return {pair for row in rows for pair in itertools.combinations(row, 2)}


def test_every_pair_of_alternatives_is_covered() -> None:
    needed, records = records_of(SPEC, "base")
    assert needed < 35
    assert len(pairs_of(records[:needed])) == sum(
        left * right for left, right in itertools.combinations([3, 4, 5, 2, 2], 2)
    )
    for record in records:
        assert (record["city"] == "Kochi") == (record["zip"] == 1)
        assert (record["given"] == 7) == (record["kind"] != "a")


def test_what_rules_refuse_is_left_out() -> None:
    needed, records = records_of(SPEC + RULES, "positive")
    pairs = pairs_of(records[:needed])
    gone = {((0, "a"), (2, "none")), ((0, "b"), (1, "card"))}
    assert pairs.isdisjoint(gone)
    assert len(pairs) == len(pairs_of(records_of(SPEC, "base")[1])) - len(gone)


def test_the_names_of_alternatives_tell_them_apart() -> None:
    parameters, _ = parameters_of(plans_of(SPEC)["base"].records)
    names = {each.label: [value.name for value in each.values] for each in parameters}
    assert names == {
        "kind": ["a", "b", "c"],
        "pay": ["$number,type", "$type", "$bank", None],
        "code": ["none", "$$x", "$pattern", "$integer", "$integer 2"],
        "$rows": [{"city": "Chennai", "zip": "$pattern"}, {"city": "Kochi", "zip": 1}],
        "lines[0]": ["$a", "$b"],
    }


def test_outputs_are_measured_by_what_they_show() -> None:
    plan = plans_of(SPEC)["base"]
    source = compile_source(plan)
    records = [source.record_at(index) for index in range(60)]
    measured = measure(plan.records, source.parts[0], records)
    assert measured is not None
    pairs = measured.of(Coverage.PAIRWISE)
    assert pairs is not None
    assert pairs.covered == pairs.possible


def test_the_engines_agree() -> None:
    source = compile_source(plans_of(SPEC)["base"])
    (program,) = source.programs
    cells = record_cells(program.base_key, np, np.arange(60))
    rows = list(values_over(program.root, cells, np.arange(60)))
    assert rows == [source.record_at(index) for index in range(60)]


def test_a_design_changes_only_what_it_chooses() -> None:
    plain = compile_source(plans_of(SPEC.replace("$coverage: pairwise", "$coverage: none"))["base"])
    drawn: list[dict[str, Any]] = [plain.record_at(index) for index in range(60)]
    needed, covered = records_of(SPEC, "base")
    assert drawn[needed:] == covered[needed:]
    for before, after in zip(drawn[:needed], covered[:needed], strict=True):
        if shape_of(before["pay"]) == shape_of(after["pay"]):
            assert before["pay"] == after["pay"]
        if before["city"] == after["city"]:
            assert before["zip"] == after["zip"]
