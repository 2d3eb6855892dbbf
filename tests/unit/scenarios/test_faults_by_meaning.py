"""Faults of all keywords: each record breaks its rule, mostly by what the rule is about."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from mockgen_watch.scenarios.promised import report_model
from mockgen_watch.scenarios.source import compile_source
from tests.unit.scenarios.planning import plans_of, refusals

if TYPE_CHECKING:
    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.scenarios.labels import Case

CRUDE = {"empty", "null", "missing", "wrong-type"}

MODEL = """
M:
  a: {$choice: [s, t], $omit: 0.5}
  b: {$choice: [p, q], $omit: 0.5}
  kind: [card, cash]
  amount: {$integer: [100, 500]}
  few: {$array: {min: 0, max: 2, unique: true}, $items: [1, 2, 3, 4]}
  three: {$array: 3, $items: [1, 2, 3, 4]}
  sub: {x: {$choice: [1, 2], $omit: 0.5}, y: {$choice: [1, 2], $omit: 0.5}}
  $rules:
    r: RULE
  $scenarios: {positive: {}, negative: {}}
  $count: 60
"""


def plans_with(rule: str, model: str = MODEL) -> dict[str, OutputPlan]:
    text = model.replace("RULE", rule)
    return plans_of(json.dumps(YAML(typ="safe", pure=True).load(text)))


def cases_of(plan: OutputPlan, count: int = 60) -> list[Case]:
    source = compile_source(plan)
    return [source.case_at(index) for index in range(count)]


def whole_schema(rule: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a whole record that says what ``rule`` does."""
    schema: dict[str, Any] = rule["schema"]
    if "field" in rule:
        for key in reversed(rule["field"].split(".")):
            schema = {"properties": {key: schema}}
    return schema


@pytest.mark.parametrize(
    ("rule", "kinds"),
    [
        ("{schema: {oneOf: [{required: [a]}, {required: [b]}]}}", {"present", "missing"}),
        ("{schema: {anyOf: [{required: [a]}, {required: [b]}]}}", {"missing"}),
        ("{schema: {not: {required: [a]}}}", {"present"}),
        ("{schema: {not: {required: [a, b]}}}", {"present"}),
        ("{schema: {dependentRequired: {a: [b]}}}", {"present", "missing", "combination"}),
        ("{field: sub, schema: {dependentRequired: {x: [y]}}}", {"present", "missing"}),
        ("{schema: {dependentSchemas: {a: {required: [b]}}}}", {"present", "missing"}),
        ("{schema: {maxProperties: 8}}", {"unexpected"}),
        ("{field: sub, schema: {maxProperties: 2}}", {"unexpected"}),
        ('{schema: {propertyNames: {pattern: "^[a-z]+$"}}}', {"unexpected"}),
        ("{field: kind, schema: {not: {const: gold}}}", {"other-value"}),
        ("{schema: {if: {properties: {kind: {const: card}}}, then: {required: [a]}}}", {"missing"}),
        ("{schema: {if: {required: [a]}, then: {required: [b]}}}", {"present", "missing"}),
        ("{field: few, schema: {uniqueItems: true}}", {"twice"}),
        ("{field: few, schema: {maxItems: 2}}", {"too-many"}),
        ("{field: three, schema: {contains: {const: 3}}}", {"too-few", "other-value"}),
        ("{field: three, schema: {contains: {minimum: 2}}}", {"too-few"}),
        ("{field: amount, schema: {minimum: 100, maximum: 500}}", {"below", "above"}),
        ("{schema: {allOf: [{properties: {amount: {maximum: 500}}}]}}", {"above"}),
        ("{schema: {required: [kind]}}", {"missing"}),
        ("{field: a, schema: {enum: [s, t]}}", {"not-in-pool", "one-off"}),
        ("{field: sub.x, schema: {maximum: 2}}", {"above"}),
        ("{schema: {minProperties: 4}}", {"too-few"}),
    ],
)
def test_each_keyword_is_broken_by_what_it_is_about(rule: str, kinds: set[str]) -> None:
    stated = YAML(typ="safe", pure=True).load(rule)
    judge = Draft202012Validator(whole_schema(stated))
    plans = plans_with(rule)
    for case in cases_of(plans["positive"], 30):
        assert judge.is_valid(case.record)
    found: Counter[str] = Counter()
    for case in cases_of(plans["negative"]):
        assert not judge.is_valid(case.record)
        (fault,) = case.faults
        found[fault.operator] += 1
    assert found.keys() >= kinds
    if stated["schema"].keys().isdisjoint({"if", "oneOf", "anyOf"}):
        assert sum(found[kind] for kind in CRUDE - kinds) <= 15


def test_every_other_bound_is_missed_by_far() -> None:
    rule = "{field: amount, schema: {type: integer, minimum: 100, maximum: 500}}"
    values: dict[str, set[Any]] = {}
    for case in cases_of(plans_with(rule)["negative"]):
        (fault,) = case.faults
        values.setdefault(fault.operator, set()).add(str(fault.after))
    assert {"99", "0"} < values["below"]
    assert {"501", "5000"} < values["above"]
    assert any(value.startswith("-") for value in values["below"])
    assert max(map(int, values["above"])) > 2**32


SUM = """
M:
  net: {$number: {min: 1, max: 99, step: 0.01}}
  tax: {$number: {min: 1, max: 9, step: 0.01}}
  total: {$cel: "record.net + record.tax"}
  $rules: {sum: {cel: "record.total == record.net + record.tax"}}
  $scenarios: {positive: {}, negative: {}}
  $count: 40
"""


def test_a_total_is_off_by_a_cent() -> None:
    gaps = set()
    for case in cases_of(plans_with("", SUM)["negative"], 40):
        record: dict[str, Any] = case.record
        if case.faults[0].operator in {"above", "below"}:
            gaps.add(abs(record["total"] - record["net"] - record["tax"]))
    assert Decimal("0.01") in gaps


SCOPE = """
M:
  age: {$integer: [18, 60]}
  state: [TX, CA]
  $rules: {adult: {field: age, schema: {minimum: 18, maximum: 60}}}
  $exclude: {old: {age: {min: 61, max: 70}}}
  $scenarios: {positive: {}, negative: {}}
  $count: 60
"""


def test_a_fault_does_not_match_an_exclusion() -> None:
    found = set()
    for case in cases_of(plans_with("", SCOPE)["negative"]):
        after = case.faults[0].after
        assert not (isinstance(after, int) and 61 <= after <= 70)
        found.add(case.faults[0].operator)
    assert "above" in found


ENTANGLED = """
M:
  x: {$integer: [100, 500]}
  y: [a, b]
  $rules:
    one: {field: x, schema: {maximum: 500}}
    two: {field: x, schema: {maximum: 500}}
    true-of-all: {field: y, schema: {}}
    known: {field: y, schema: {enum: [a, b]}}
    meant: {field: x, schema: {minimum: 100}, broken: never}
  $scenarios: {positive: {}, negative: {}}
  $count: 20
"""


def test_rules_that_cannot_be_broken_alone_are_warnings() -> None:
    plan = plans_with("", ENTANGLED)["negative"]
    cases = cases_of(plan, 20)
    assert {fault.rule for case in cases for fault in case.faults} == {"known"}
    source = compile_source(plan)
    found = [item for part in source.parts for item in part.warnings]
    assert [item.code for item in found] == ["MG410"] * 3
    assert all(item.severity == "warning" for item in found)
    texts = "\n".join(item.message for item in found)
    assert 'rule "one" alone: each fault breaks rule "two" as well' in texts
    assert 'rule "true-of-all" alone: it is true for all values' in texts
    assert '"meant"' not in texts


OPTIONAL = """
M:
  k: [a, b]
  pay: PAY
  $rules: {r: {cel: "!has(record.pay.iban) || record.pay.iban != 'DE0000'"}}
  $scenarios: {positive: {}, negative: {}}
  $count: 40
"""


@pytest.mark.parametrize(
    "pay",
    [
        '{iban: {$pattern: "DE[1-9]{4}", $omit: 0.3}}',
        '{iban: {$pattern: "DE[1-9]{4}", $omit: 0.97}}',
        '{iban: {$pattern: "DE[1-9]{4}", $omit: 1.0}}',
        '{$one_of: [{card: {$pattern: "[0-9]{4}"}}, {iban: {$pattern: "DE[1-9]{4}"}}]}',
        '{$given: record.k, $cases: {a: {no: 1}, b: {iban: {$pattern: "DE[1-9]{4}"}}}}',
    ],
)
def test_a_field_that_may_be_absent_is_added_with_what_a_rule_forbids(pay: str) -> None:
    cases = cases_of(plans_with("", OPTIONAL.replace("PAY", pay))["negative"], 40)
    assert all('"iban": "DE0000"' in json.dumps(case.record["pay"]) for case in cases)
    kinds = {fault.operator for case in cases for fault in case.faults}
    assert "present" in kinds
    assert kinds <= {"present", "other-value"}


def test_a_member_that_an_element_lacks_is_added_with_what_a_rule_forbids() -> None:
    model = """
M:
  lines: {$array: 2, $items: {x: {$pattern: "[a-f]{5}", $omit: 0.97}}}
  $rules:
    r: {cel: "record.lines.all(line, !has(line.x) || line.x != 'spoilt')"}
    two: {field: lines, schema: {type: array, items: {type: object}, minItems: 2, maxItems: 2}}
    all: {schema: {required: [lines]}, broken: never}
  $scenarios: {positive: {}, negative: {}}
  $count: 40
"""
    cases = cases_of(plans_with("", model)["negative"], 40)
    broken = [case.record for case in cases if case.faults[0].rule == "r"]
    assert broken
    assert all("spoilt" in json.dumps(each["lines"]) for each in broken)


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ('{cel: "!has(record.x) || record.x == record.x"}', "none of the changes tried breaks it"),
        ("{field: x, schema: {}}", "it is true for all values"),
        ("{field: x, schema: {title: X, description: any}}", "it is true for all values"),
    ],
)
def test_that_a_rule_always_holds_is_said_only_of_what_checks_nothing(rule: str, why: str) -> None:
    model = (
        f"M: {{x: {{$pattern: '[a-f]'}}, $rules: {{r: {rule}}}, $scenarios: {{negative: {{}}}}}}"
    )
    text = json.dumps(YAML(typ="safe", pure=True).load(model))
    (error,) = refusals(text)
    assert error.code == "MG403"
    assert error.message.endswith(f" alone: {why}")


def test_where_no_rule_can_be_broken_it_is_an_error() -> None:
    for rules in (
        "{r: {field: x, schema: {}}}",
        "{r: {field: x, schema: {maximum: 9}, broken: never}}",
    ):
        model = f"M: {{x: {{$integer: [1, 9]}}, $rules: {rules}, $scenarios: {{negative: {{}}}}}}"
        (error,) = refusals(json.dumps(YAML(typ="safe", pure=True).load(model)))
        assert error.code == "MG403"
    (error,) = refusals(
        '{"M": {"x": [1], "$rules": {"r": {"field": "x", "schema": {}, "broken": "always"}}}}'
    )
    assert error.code == "MG217"


@pytest.mark.parametrize("text", [SUM, SCOPE, ENTANGLED, MODEL.replace("RULE", "{schema: {}}")])
def test_the_report_lists_the_kinds_that_2000_records_have(text: str) -> None:
    rules = (
        "{few: {field: few, schema: {uniqueItems: true}}, "
        "or: {schema: {dependentRequired: {a: [b]}}}}"
    )
    text = text.replace("{r: {schema: {}}}", rules).replace(
        "\n    r: {schema: {}}\n", f" {rules}\n"
    )
    plans = plans_with("", text)
    report = report_model(plans.values(), lambda plan: compile_source(plan).parts[0])
    assert report is not None
    used: dict[str, set[str]] = {}
    for case in cases_of(plans["negative"], 2000):
        for fault in case.faults:
            used.setdefault(fault.rule, set()).add(fault.operator)
    listed = {rule.name: set(rule.kinds) for rule in report.rules if rule.kinds}
    assert used == listed
