"""The report of a model says which promises are certain, and how each rule is broken."""

from __future__ import annotations

from mockgen_watch.scenarios.faults.breaker import NOTHING_OF_THIS_KIND
from mockgen_watch.scenarios.promised import report_model
from mockgen_watch.scenarios.source import compile_source
from tests.unit.scenarios.planning import plans_of

SPEC = """\
M:
  a: [X, Y]
  n: {$integer: [1, 100000]}
  t: {$pattern: "[A-Z]{3}"}
  $rules:
    listed: {field: a, schema: {enum: [X, Y]}}
    large: {field: n, schema: {minimum: 500}}
    shape: {field: t, schema: {type: string, pattern: "^[A-Z]{3}$"}}
  $exclude:
    apart: {a: Z}
    together: {a: X, n: {min: 90000}}
"""


def test_it_tells_what_is_certain_and_which_faults_there_are() -> None:
    for scenarios in ("{positive: {}, negative: {}}", "{positive: {}}", "{base: {}}"):
        report = report_model(
            plans_of(f"{SPEC}  $scenarios: {scenarios}\n").values(),
            lambda plan: compile_source(plan).parts[0],
        )
        assert report is not None
        rules = {rule.name: rule for rule in report.rules}
        certain = {name: rule.is_certain for name, rule in rules.items()}
        assert certain == {"listed": True, "large": True, "shape": True}
        assert report.clauses == {"apart": True, "together": False}
        assert {"below", "null", "wrong-type"} & set(rules["large"].kinds) == {"below"}
        assert rules["large"].impossible["null"] == "the rule still holds"
        assert rules["large"].impossible["order"] == NOTHING_OF_THIS_KIND
        assert {"one-off", "too-long", "wrong-type", "null"} <= set(rules["shape"].kinds)


def test_exclusions_alone_have_an_report_and_a_model_without_promises_has_none() -> None:
    spec = "M:\n  a: [X, Y]\n  $exclude: {e: {a: X}}\n  $scenarios: {positive: {}, negative: {}}\n"
    report = report_model(plans_of(spec).values(), lambda plan: compile_source(plan).parts[0])
    assert report is not None
    assert (report.rules, report.clauses) == ((), {"e": True})
    assert (
        report_model(
            plans_of("M:\n  a: [X]\n  $scenarios: {positive: {}}\n").values(),
            lambda plan: compile_source(plan).parts[0],
        )
        is None
    )
