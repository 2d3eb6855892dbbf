"""Computed fields follow a fault where they would break another rule than the one that is meant."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from mockgen_watch.generate.column import record_at
from mockgen_watch.scenarios.faults.groups import group_of
from mockgen_watch.scenarios.source import compile_source
from tests.unit.scenarios.planning import plans_of
from tests.unit.scenarios.test_rule_groups import rule

if TYPE_CHECKING:
    from mockgen_watch.scenarios.labels import Case

SHOP = """
Order:
  id: {$sequence: 1}
  lines:
    $array: [1, 3]
    $items:
      qty: {$integer: [1, 9]}
      price: {$number: {min: 1, max: 50, decimals: 2}}
      amount: {$cel: "this.qty * this.price"}
  total: {$cel: "sum(record.lines.map(line, line.amount))"}
  tax: {$cel: "record.total * 0.2"}
  $rules:
    qty: {field: lines.qty, schema: {type: integer, minimum: 1, maximum: 9}}
    amount: {field: lines, cel: "this.amount == this.qty * this.price"}
    total: {cel: "record.total == sum(record.lines.map(line, line.amount))"}
    tax: {cel: "record.tax == record.total * 0.2"}
    most: {cel: "record.total <= 1350"}
  $scenarios: {positive: {}, negative: {}}
  $count: COUNT
"""

PERSON = """
P:
  birth: {$date: [1950-01-01, 2000-12-31]}
  seen: {$date: [2020-01-01, 2024-12-31]}
  age: {$cel: "record.seen.getFullYear() - record.birth.getFullYear()"}
  $rules:
    age: {cel: "record.age == record.seen.getFullYear() - record.birth.getFullYear()"}
    adult: {field: age, schema: {minimum: 18}}
  $scenarios: {positive: {}, negative: {}}
  $count: 60
"""


def shop_breaks(record: dict[str, Any]) -> list[str]:
    """Return the rules that a shop's record breaks, by arithmetic of our own."""
    lines, broken = record["lines"], []
    if not all(isinstance(line.get("qty"), int) and 1 <= line["qty"] <= 9 for line in lines):
        broken.append("qty")
    if any(line["amount"] != line["qty"] * line["price"] for line in lines):
        broken.append("amount")
    if record["total"] != sum((line["amount"] for line in lines), Decimal(0)):
        broken.append("total")
    if record["tax"] != record["total"] * Decimal("0.2"):
        broken.append("tax")
    if record["total"] > 1350:
        broken.append("most")
    return broken


def is_numeric(record: dict[str, Any]) -> bool:
    numbers = [record.get("total"), record.get("tax")]
    lines = record.get("lines")
    if not isinstance(lines, list):
        return False
    for line in lines:
        numbers += [line.get(key) for key in ("qty", "price", "amount")]
    return all(isinstance(number, int | Decimal) for number in numbers)


def cases_of(text: str, count: int) -> list[Case]:
    source = compile_source(plans_of(text.replace("COUNT", str(count)))["negative"])
    assert [found for part in source.parts for found in part.warnings] == []
    return [source.case_at(index) for index in range(count)]


def test_each_record_of_a_shop_breaks_the_rule_that_it_says_and_no_other() -> None:
    cases = cases_of(SHOP, 200)
    judged = [case for case in cases if is_numeric(case.record)]
    assert len(judged) > 150
    for case in judged:
        assert shop_breaks(case.record) == [fault.rule for fault in case.faults]
    told = Counter(fault.rule for case in cases for fault in case.faults)
    assert told.keys() == {"qty", "amount", "total", "tax", "most"}
    assert min(told.values()) >= 30


def test_the_label_tells_of_all_that_follows() -> None:
    twins = compile_source(plans_of(SHOP.replace("COUNT", "60"))["positive"])
    for index, case in enumerate(cases_of(SHOP, 60)):
        (fault,) = case.faults
        if fault.rule not in {"qty", "most"}:
            continue
        twin = twins.case_at(index).record
        changed = {change.place[-1] for change in fault.changes}
        assert {"amount", "total", "tax"} <= changed
        assert fault.before != fault.after
        same = [key for key in twin if key not in {"lines", "total", "tax"}]
        assert all(case.record[key] == twin[key] for key in same)


def test_what_a_computed_field_is_made_of_is_changed_to_break_a_rule_on_it() -> None:
    cases = cases_of(PERSON, 60)
    adult = [case.record for case in cases if case.faults[0].rule == "adult"]
    assert len(adult) == 30
    for record in adult:
        years = int(str(record["seen"])[:4]) - int(str(record["birth"])[:4])
        assert record["age"] == years < 18


def test_a_rule_that_nothing_breaks_alone_is_still_told() -> None:
    text = PERSON.replace("adult:", "seen: {cel: 'record.seen > record.birth'}\n    adult:")
    source = compile_source(plans_of(text)["negative"])
    (found,) = [each for part in source.parts for each in part.warnings]
    assert found.code == "MG410"
    assert found.message.startswith('no record can break rule "seen" alone: each fault breaks')


@pytest.mark.parametrize("text", [SHOP.replace("COUNT", "700"), PERSON.replace("60", "700")])
def test_chunks_and_single_records_agree(text: str) -> None:
    source = compile_source(plans_of(text)["negative"])
    together = 0
    for batch in source.batches(np, np.arange(700, dtype=np.int64)):
        for place, row in enumerate(batch.rows.tolist()):
            if batch.program is None:
                continue
            together += 1
            case = source.case_at(row)
            assert record_at(batch.program, row) == case.record
            assert batch.labels is not None
            assert batch.labels[place].faults == case.faults
    assert together or text.startswith("\nOrder")


def test_fields_that_go_together_join_the_groups_of_their_rules() -> None:
    rules = [rule("one", "a"), rule("two", "b"), rule("three", "c")]
    assert [each.name for each in group_of(rules, 0).rules] == ["one"]
    ties = [(("x",), ("a",)), (("b",), ("x",))]
    group = group_of(rules, 0, (), ties)
    assert [each.name for each in group.rules] == ["one", "two"]
    assert group.paths is not None
    assert set(group.paths) == {("a",), ("x",), ("b",)}
