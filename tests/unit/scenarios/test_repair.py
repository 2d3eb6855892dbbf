"""Records that chance would not make are repaired; what rules need is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mockgen_watch.api import Specs
from mockgen_watch.errors import FindingsError
from mockgen_watch.scenarios.source import compile_source
from tests.unit.scenarios.planning import plans_of

if TYPE_CHECKING:
    from collections.abc import Callable

COUNT = 16

CASES: dict[str, tuple[str, Callable[[dict[str, Any]], bool]]] = {
    "one of two equalities": (
        """
  kind: [a, b]
  x: {$integer: [1, 100000]}
  y: {$integer: [1, 100000]}
  z: {$integer: [1, 100000]}
  $rules:
    r: {cel: "record.kind == 'a' ? record.x == record.y : record.x == record.z + 5"}
""",
        lambda r: r["x"] == (r["y"] if r["kind"] == "a" else r["z"] + 5),
    ),
    "a sum of elements": (
        """
  parts: {$array: [2, 4], $items: {$integer: [1, 100000]}}
  total: {$integer: [0, 90]}
  $rules: {r: {cel: "sum(record.parts) == record.total"}}
""",
        lambda r: sum(r["parts"]) == r["total"] and 2 <= len(r["parts"]) <= 4,
    ),
    "elements that are to be there": (
        """
  parts: {$array: [0, 4], $items: {$number: {min: 0, max: 10000, decimals: 1}}}
  $rules:
    r: {field: parts, schema: {contains: {minimum: 705, maximum: 706}, minContains: 2}}
""",
        lambda r: sum(705 <= part <= 706 for part in r["parts"]) >= 2,
    ),
    "a date in an object that may be absent": (
        """
  on: {$date: {from: 2025-01-01, to: 2025-12-31}}
  o: {$omit: 0.9, at: {$date: {from: 2025-01-01, to: 2025-12-31}, $omit: 0.5}}
  flag: {$boolean: 0.5}
  $rules: {r: {cel: "record.flag ? record.o.at == record.on : record.o.at > record.on"}}
""",
        lambda r: (
            r["o"]["at"] == r["on"] if r["flag"] else r["o"]["at"] > r["on"]
        ),
    ),
    "what a field is in": (
        """
  a: {$integer: [0, 50]}
  o: {$omit: 0.5, b: {$integer: [0, 99], $omit: 0.2}}
  $rules: {r: {cel: "record.a <= record.o.b"}}
""",
        lambda r: r["a"] <= r["o"]["b"],
    ),
    "elements of an array that may be absent": (
        """
  a: {$integer: [0, 50]}
  l: {$array: [1, 3], $items: {b: {$integer: [0, 99]}}, $omit: 0.5}
  $rules: {r: {cel: "record.l.all(x, record.a <= x.b)"}}
""",
        lambda r: all(r["a"] <= item["b"] for item in r["l"]),
    ),
    "a rule on elements that does not name them": (
        """
  f: {$date: {from: 2025-01-01, to: 2025-01-31}, $omit: 0.4}
  l: {$array: [0, 2], $items: {$integer: [1, 9]}}
  $rules: {r: {field: l, cel: "record.f > date('2025-01-11')"}}
""",
        lambda r: not r["l"] or r.get("f", "") > "2025-01-11",
    ),
    "a condition that has no value for some": (
        """
  i: {$choice: [yes, no], $omit: 0.5}
  b: {$integer: [0, 100]}
  c: {$integer: [0, 100]}
  $rules: {r: {cel: "record.i.contains('y') || record.b > record.c"}}
""",
        lambda r: "y" in r.get("i", "") or r["b"] > r["c"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_rules_that_chance_would_not_keep_are_kept(name: str) -> None:
    fields, holds = CASES[name]
    records = Specs.of(f"M:\n  $count: {COUNT}{fields}").records("M")
    made = [records.at(index) for index in range(COUNT)]
    assert all(map(holds, made))
    # Each is what it is, whichever are made with it.
    assert [records.at(index) for index in reversed(range(COUNT))] == made[::-1]
    assert [record for batch in records.batches(COUNT) for record in batch] == made


@pytest.mark.parametrize("name", CASES)
def test_members_keep_their_order(name: str) -> None:
    fields, _ = CASES[name]
    records = Specs.of(f"M:\n  $count: {COUNT}{fields}").records("M")
    names = [line.split(":")[0].strip() for line in fields.splitlines() if line[2:3].isalpha()]
    for index in range(COUNT):
        record = records.at(index)
        assert list(record) == [name for name in names if name in record]


def test_what_other_fields_are_made_of_stays() -> None:
    spec = """
M:
  $count: 20
  x: {$integer: [1, 100000]}
  y: {$integer: [1, 100000]}
  kind: [a, b]
  label: {$template: "{x}-{y}"}
  $rules: {r: {cel: "record.kind == 'a' ? record.x == record.y : record.y == record.x + 1"}}
"""
    with pytest.raises(FindingsError) as caught:
        Specs.of(spec).records("M").at(0)
    assert [found.code for found in caught.value.diagnostics] == ["MG404"]


def test_a_rule_about_a_field_that_a_twin_lacks_is_broken() -> None:
    spec = """
M:
  $count: 40
  a: {$integer: [0, 30], $omit: 0.5}
  o: {u: [x, y]}
  $rules: {r: {schema: {dependentRequired: {a: [o]}}}}
  $scenarios: {positive: {}, negative: {}}
"""
    source = compile_source(plans_of(spec)["negative"])
    for index in range(40):
        record = source.case_at(index).record
        assert "a" in record
        assert "o" not in record
