"""Records that refer to earlier ones of their own model: no circle, little churn, both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mockgen_watch.api import Specs
from mockgen_watch.errors import FindingsError
from tests.unit.generate.test_children import in_chunks
from tests.unit.scenarios.planning import plans_of

if TYPE_CHECKING:
    from mockgen_watch.api import Records

COMPANY = """
Employee:
  $count: 400
  id: {$sequence: {start: 0, prefix: E}}
  name: {$pattern: "[A-Z][a-z]{5}"}
  manager: {$ref: Employee.id, $tree: 3}
  manager_name: {$ref: Employee.name}
  mentor: {id: {$ref: Employee.id, $tree: {}, $null: 0.2}}
  shown: {$cel: "record.manager == null ? 'root' : record.manager"}
Badge:
  $count: 400
  boss: {$ref: Employee.manager}
  boss_name: {$ref: Employee.manager_name}
  name: {$ref: Employee.name}
"""


def records_of(text: str = COMPANY, name: str = "Employee") -> Records:
    return Specs.of(text).records(name, exact=True)


def number(identity: Any) -> int:  # noqa: ANN401 - of a record
    return int(identity[1:])


def test_each_record_but_the_roots_refers_to_an_earlier_one() -> None:
    records = list(records_of())
    for index, record in enumerate(records):
        manager = record["manager"]
        if index < 3:
            assert manager is None
            assert record["manager_name"] is None
            assert record["shown"] == "root"
            continue
        assert number(manager) < index
        assert record["manager_name"] == records[number(manager)]["name"]
        assert record["shown"] == manager
        mentor = record["mentor"]["id"]
        assert mentor is None or number(mentor) < index
    assert records[0]["mentor"]["id"] is None
    assert 40 < sum(record["mentor"]["id"] is None for record in records) < 130
    used = {record["manager"] for record in records[3:]}
    assert 120 < len(used) < 300


def test_the_engines_agree_and_any_record_is_made_alone() -> None:
    records = records_of()
    indexes = [399, 0, 3, 2, 17]
    assert in_chunks(records, indexes) == [records[index] for index in indexes]
    assert in_chunks(records, list(range(400))) == list(records)


def test_records_at_the_end_and_roots_move_the_fewest() -> None:
    before = [record["manager"] for record in records_of()]
    longer = [record["manager"] for record in records_of(COMPANY.replace("400", "500"))]
    assert longer[:400] == before
    roots = [record["manager"] for record in records_of(COMPANY.replace("$tree: 3", "$tree: 5"))]
    assert [i for i in range(400) if roots[i] != before[i]] == [3, 4]


def test_a_tree_keeps_each_reference_to_an_earlier_record() -> None:
    plain = [
        record["manager"] for record in records_of(COMPANY.replace("$tree: 3", "$tree: false"))
    ]
    tree = [record["manager"] for record in records_of()]
    earlier = [i for i in range(3, 400) if number(plain[i]) < i]
    assert len(earlier) > 150
    assert all(plain[i] == tree[i] for i in earlier)


def test_another_model_sees_the_tree() -> None:
    employees = list(records_of())
    pairs = {(each["manager"], each["manager_name"], each["name"]) for each in employees}
    for badge in records_of(name="Badge"):
        assert (badge["boss"], badge["boss_name"], badge["name"]) in pairs


def test_fields_that_share_a_unique_parent_are_seen_by_other_models() -> None:
    text = """
Member: {$count: 12, id: {$sequence: 1}, name: {$pattern: "[a-z]{6}"}}
Claim: {$count: 10, m: {$ref: Member.id, $unique: true}, n: {$ref: Member.name}, c: {$sequence: 1}}
X: {$count: 10, c: {$ref: Claim.c}, n: {$ref: Claim.n}}
"""
    names = {each["c"]: each["n"] for each in records_of(text, "Claim")}
    assert all(names[each["c"]] == each["n"] for each in records_of(text, "X"))


RULES = """
  $rules:
    not-e1: {field: manager, schema: {not: {const: E1}}}
    named: {cel: "record.shown != 'E2' || record.name < 'N'"}
  $scenarios: {positive: {$count: 300}, negative: {$count: 50}}
"""


def test_rules_choose_among_earlier_records() -> None:
    text = COMPANY.partition("Badge:")[0].replace("  manager_name: {$ref: Employee.name}\n", "")
    records = list(records_of(text + RULES, "Employee/positive"))
    for index, record in enumerate(records[3:], 3):
        assert record["manager"] != "E1"
        assert number(record["manager"]) < index
        assert record["manager"] != "E2" or record["name"] < "N"
    assert any(each["manager"] == "E2" for each in records)


UNTOUCHED = """
Employee:
  $count: 200
  id: {$sequence: {start: 0, prefix: E}}
  name: {$pattern: "[A-Z][a-z]{5}"}
  level: [a, b, c]
  pay: {$integer: [1, 100]}
  manager: {$ref: Employee.id, $tree: 1}
  manager_name: {$ref: Employee.name}
  $rules: {paid: {cel: "record.level != 'a' || record.pay > 50"}}
  $exclude: {low: {level: b, pay: {max: 10}}}
  $scenarios: {positive: {}, negative: {}}
"""


def test_a_field_that_no_rule_reads_may_be_referred_to_from_its_own_model() -> None:
    records = list(records_of(UNTOUCHED, "Employee/positive"))
    names = {each["id"]: each["name"] for each in records}
    assert all(names[each["manager"]] == each["manager_name"] for each in records[1:])
    with pytest.raises(FindingsError) as found:
        records_of(UNTOUCHED.replace("level != 'a'", "name != 'A'"), "Employee/positive")
    assert [each.code for each in found.value.diagnostics] == ["MG215"]
    assert "no rule reads" in found.value.diagnostics[0].hint


@pytest.mark.parametrize(
    ("field", "code", "words"),
    [
        ("{$ref: Other.id, $tree: 1}", "MG204", "to its own records"),
        ("{$array: 2, $items: {$ref: M.id, $tree: 1}}", "MG204", "not for elements"),
        ("{$ref: M.id, $tree: 1, $unique: true}", "MG204", "be combined with $unique"),
        ("{$ref: M.id, $tree: 1, $each: 2}", "MG204", "be combined with $each"),
        ("{$ref: M.id, $tree: 0}", "MG208", "at least 1"),
        ("{$tree: 1}", "MG205", "$tree needs $ref"),
        ("{$ref: M.id, $each: 2}", "MG204", "not to its own"),
    ],
)
def test_what_is_no_tree_is_refused(field: str, code: str, words: str) -> None:
    text = f"Other: {{id: {{$sequence: 1}}}}\nM: {{id: {{$sequence: 1}}, x: {field}}}\n"
    with pytest.raises(FindingsError) as found:
        records_of(text, "M")
    assert [(each.code, words in each.message) for each in found.value.diagnostics] == [
        (code, True)
    ]


def test_the_key_of_an_output_tells_the_roots() -> None:
    def key(text: str) -> str:
        return next(plan.key for plan in plans_of(text).values() if plan.model == "Employee")

    assert key(COMPANY) != key(COMPANY.replace("$tree: 3", "$tree: 4"))
