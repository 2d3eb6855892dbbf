"""Rules over fields that have one of several shapes: drawn again, proved, and broken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from mockgen_watch.api import Specs
from mockgen_watch.generate.column import record_at
from mockgen_watch.scenarios.promise.facts import bounds_of, options_of
from mockgen_watch.scenarios.promised import compile_records
from mockgen_watch.spec.model import Leaf
from tests.unit.scenarios.planning import plans_of, refusals

if TYPE_CHECKING:
    from collections.abc import Callable

FIELDS = """
M:
  kind: [a, b]
  placed: {$date: {from: 2025-01-01, to: 2025-03-31, format: "%d.%m.%Y"}}
  x: {$given: record.kind, $cases: {a: [1, 2], b: {$integer: [10, 20]}}}
  sent:
    $given: record.kind
    $cases:
      a: {$date: {from: 2025-03-01, to: 2025-05-31, format: "%d.%m.%Y"}}
      b: {$date: {from: 2025-02-01, to: 2025-04-30, format: "%d.%m.%Y"}}
  code: {$choice: [P, {$pattern: "X[0-9]{2}"}, null]}
  size: {$weighted: [[{$integer: [1, 5]}, 3], [none, 1]]}
  open: {$given: record.kind, $cases: {a: 1}}
  large: {$choice: [{$integer: [1, 9999]}, {$number: {min: 0, max: 7.5, decimals: 1}}]}
  pay:
    $one_of:
      - {$weight: 3, kind: card, number: {$pattern: "4[0-9]{4}"}}
      - {kind: iban, iban: {$pattern: "DE[0-9]{5}"}}
"""


def day(text: str) -> str:
    return "-".join(reversed(text.split(".")))


RULES: dict[str, tuple[str, Callable[[dict[str, Any]], bool]]] = {
    "a number in one case": ("{field: x, schema: {maximum: 15}}", lambda r: r["x"] <= 15),
    "a choice with leaves": (
        '{field: code, schema: {type: string, pattern: "^(P|X[0-4])"}}',
        lambda r: r["code"] is not None and (r["code"] == "P" or r["code"][1] in "01234"),
    ),
    "a weighted pool with leaves": (
        "{cel: \"record.size != 'none'\"}",
        lambda r: r["size"] != "none",
    ),
    "dates of two cases are dates": (
        '{cel: "record.sent >= record.placed"}',
        lambda r: day(r["sent"]) >= day(r["placed"]),
    ),
    "between two shapes": (
        "{cel: \"record.pay.kind == 'card' || record.kind == 'a'\"}",
        lambda r: r["pay"]["kind"] == "card" or r["kind"] == "a",
    ),
    "in one of two shapes": (
        '{field: pay.number, schema: {pattern: "^4[5-9]"}}',
        lambda r: r["pay"].get("number", "45")[:2] >= "45",
    ),
    "the shape itself": (
        "{field: pay, schema: {required: [iban]}}",
        lambda r: "iban" in r["pay"],
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_every_record_keeps_a_rule_and_each_fault_breaks_it(name: str) -> None:
    rule, holds = RULES[name]
    # A record without the field that the rule is about breaks the other one.
    text = (
        FIELDS + f"  $rules:\n    r: {rule}\n    kind: {{field: kind, schema: {{enum: [a, b]}}}}\n"
    )
    text += "  $scenarios: {positive: {$count: 300}, negative: {$count: 40}}\n"
    kept = list(Specs.of(text).records("M/positive", exact=True))
    assert len(kept) == 300
    assert all(map(holds, kept))
    free = list(Specs.of(FIELDS).records("M", count=300, exact=True))
    assert not all(map(holds, free))
    # What kept the rule by itself is as it is without the rule.
    assert all(one == other for one, other in zip(kept, free, strict=True) if holds(other))
    source = compile_records(plans_of(text)["negative"].records, {})
    assert all(source.case_at(index).faults for index in range(40))


def test_chunks_and_single_records_agree() -> None:
    rules = ", ".join(f"r{n}: {rule}" for n, (rule, _) in enumerate(list(RULES.values())[:6]))
    text = FIELDS + f"  $rules: {{{rules}}}\n  $scenarios: {{positive: {{$count: 400}}}}\n"
    source = compile_records(plans_of(text)["positive"].records, {})
    rows = np.arange(400, dtype=np.int64)
    seen: list[int] = []
    together = 0
    for batch in source.batches(np, rows):
        for row in batch.rows.tolist():
            seen.append(row)
            if batch.program is not None:
                together += 1
                assert record_at(batch.program, row) == source.case_at(row).record
    assert sorted(seen) == list(range(400))
    assert together


def leaf(name: str) -> tuple[Leaf, Any]:
    plan = next(iter(plans_of(FIELDS).values())).records
    found = plan.shape.get(name)
    assert isinstance(found, Leaf)
    return found, plan


def test_what_alternatives_can_be_is_what_each_of_them_can_be() -> None:
    options = options_of(leaf("x")[0])
    assert options is not None
    # No case for another value: the field may be absent.
    assert {str(option.value) for option in options[:-1]} == {
        "1", "2", *(str(n) for n in range(10, 21)),
    }  # fmt: skip
    assert options_of(leaf("code")[0]) is None
    assert bounds_of(*leaf("large")) == (0, 9999)
    assert bounds_of(*leaf("open")) is None
    assert bounds_of(*leaf("size")) is None


@pytest.mark.parametrize(
    ("overlay", "is_refused"),
    [
        ("{extra: 1}", True),
        ("{kind: [card]}", True),
        ("{$one_of: [{kind: cash}]}", False),
        ("{$const: {kind: cash}}", False),
        ("none", False),
    ],
)
def test_an_overlay_replaces_a_choice_and_adds_nothing_to_it(
    overlay: str, *, is_refused: bool
) -> None:
    text = FIELDS + f"  $scenarios: {{base: {{}}, other: {{pay: {overlay}}}}}\n"
    if is_refused:
        assert [(found.code, found.location.line) for found in refusals(text)] == [
            ("MG224", text.count("\n"))
        ]
    else:
        made = compile_records(plans_of(text)["other"].records, {}).case_at(0).record["pay"]
        assert made == ("none" if overlay == "none" else {"kind": "cash"})


def test_a_shape_with_an_id_keeps_its_records_when_it_gains_a_key() -> None:
    before = "M:\n  p: {$one_of: [{$id: c, kind: card}, {$id: i, kind: iban}, {$id: x, kind: x}]}\n"
    after = before.replace("kind: card", "kind: card, more: 1")
    one, other = (
        [record["p"]["kind"] for record in Specs.of(text).records("M", count=400)]
        for text in (before, after)
    )
    assert one == other
    assert len(set(one)) == 3
