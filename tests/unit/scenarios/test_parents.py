"""References to records that rules decide: each value is the one in the parent's own output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from mockgen_watch.api import Specs
from mockgen_watch.generate.address import record_cells
from mockgen_watch.generate.column import values_over
from mockgen_watch.scenarios.source import compile_source
from tests.draws import assert_engines_agree
from tests.unit.scenarios.planning import plans_of

if TYPE_CHECKING:
    from collections.abc import Callable

SPEC = """
Member:
  $count: 30
  id: {$sequence: 1}
  kind: [a, b]
  age: {$integer: [0, 99], $omit: 0.1}
  x: {$integer: [0, 99]}
  note: {$template: "{kind}{age}"}
  $rules:
    fifth: {cel: "!has(record.age) || (record.age * 7 + record.x) % 5 == 0"}
    even: {cel: "record.kind == 'a' || record.x % 2 == 0"}
  $exclude: {old: {age: {min: 90}}}
  $scenarios: {positive: {}, negative: {}, exclusion: {}, minors: {age: {$integer: [0, 17]}}}
Claim:
  $count: 300
  id: {$ref: Member.id}
  kind: {$ref: Member.kind}
  age: {$ref: Member.age}
  note: {$ref: Member.note, $transform: upper}
  shown: {$template: "{kind} {x}"}
  x: {$ref: Member.x}
  twice: {$cel: "record.x * 2"}
  later: {$integer: {min: {$field: record.x}, max: 200}}
  broken:
    id: {$ref: {model: Member, field: id, scenario: negative}}
    age: {$ref: {model: Member, field: age, scenario: negative}}
  excluded:
    id: {$ref: {model: Member, field: id, scenario: exclusion}}
    age: {$ref: {model: Member, field: age, scenario: exclusion}}
  minor:
    id: {$ref: {model: Member, field: id, scenario: minors}}
    age: {$ref: {model: Member, field: age, scenario: minors}}
Visit:
  id: {$ref: Member.id, $each: {min: 1, max: 3}}
  kind: {$ref: Member.kind}
  age: {$ref: Member.age}
  claim: {note: {$ref: Claim.note}, minor: {$ref: Claim.minor.age}}
Case:
  $count: 60
  id: {$ref: Member.id}
  age: {$ref: Member.age}
  fee: {$integer: [1, 9]}
  $rules: {fee: {cel: "!has(record.age) || record.fee % 2 == record.age % 2"}}
  $scenarios: {positive: {}, negative: {}}
"""


def records_of(name: str) -> list[dict[str, Any]]:
    return list(Specs.of(SPEC).records(name, exact=True))


@pytest.fixture(scope="module")
def members() -> Callable[[str], dict[int, dict[str, Any]]]:
    known: dict[str, dict[int, dict[str, Any]]] = {}

    def of(scenario: str) -> dict[int, dict[str, Any]]:
        if scenario not in known:
            known[scenario] = {each["id"]: each for each in records_of(f"Member/{scenario}")}
        return known[scenario]

    return of


def part(record: dict[str, Any], *names: str) -> list[Any]:
    return [record.get(name, "absent") for name in names]


def test_each_value_is_that_of_the_parents_output(
    members: Callable[[str], dict[int, dict[str, Any]]],
) -> None:
    kept = members("positive")
    ages = set()
    for claim in records_of("Claim"):
        member = kept[claim["id"]]
        assert part(claim, "kind", "age", "x") == part(member, "kind", "age", "x")
        assert claim["note"] == member["note"].upper()
        assert claim["shown"] == f"{member['kind']} {member['x']}"
        assert claim["twice"] == 2 * member["x"]
        assert claim["later"] >= member["x"]
        ages.add(claim.get("age", "absent"))
        for name, scenario in (("excluded", "exclusion"), ("minor", "minors")):
            other = members(scenario)[claim[name]["id"]]
            assert part(claim[name], "age") == part(other, "age")
    assert "absent" in ages
    assert len(ages) > 10


def test_a_fault_of_the_parent_is_seen(
    members: Callable[[str], dict[int, dict[str, Any]]],
) -> None:
    ages = {str(part(each, "age")) for each in members("negative").values()}
    pairs = [part(each, "id", "age") for each in members("negative").values()]
    changed = 0
    for claim in records_of("Claim"):
        broken = claim["broken"]
        assert str(part(broken, "age")) in ages
        assert part(broken, "id", "age") in pairs
        twin = members("positive")[broken["id"]]
        changed += part(twin, "age") != part(broken, "age")
    assert changed


def test_children_in_order_and_their_children_see_the_same(
    members: Callable[[str], dict[int, dict[str, Any]]],
) -> None:
    kept = members("positive")
    visits = records_of("Visit")
    claims = {(each["note"], each["minor"].get("age")) for each in records_of("Claim")}
    assert [each["id"] for each in visits] == sorted(each["id"] for each in visits)
    for visit in visits:
        assert part(visit, "kind", "age") == part(kept[visit["id"]], "kind", "age")
        assert (visit["claim"]["note"], visit["claim"].get("minor")) in claims


def test_rules_of_the_child_are_kept_over_what_it_refers_to(
    members: Callable[[str], dict[int, dict[str, Any]]],
) -> None:
    kept = members("positive")
    for case in records_of("Case/positive"):
        assert part(case, "age") == part(kept[case["id"]], "age")
        assert "age" not in case or case["fee"] % 2 == case["age"] % 2


@pytest.mark.parametrize("name", ["Claim/base", "Visit/base"])
def test_the_engines_agree(name: str) -> None:
    plan = plans_of(SPEC)[name]
    (program,) = compile_source(plan).programs
    indexes = [0, 7, 3, 29, 41]
    assert_engines_agree(program, indexes)
    cells = record_cells(program.base_key, np, np.array(indexes, np.int64))
    every = records_of(name.partition("/")[0])
    rows = list(values_over(program.root, cells, np.arange(len(indexes))))
    assert rows == [every[index] for index in indexes]
