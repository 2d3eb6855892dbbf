"""Paths of rules and exclusions against what records look like."""

from __future__ import annotations

import pytest

from mockgen_watch.spec.build.links import records_of
from mockgen_watch.spec.build.rules import check_rule_paths
from tests.unit.spec.reading import findings, good_input

FIELDS = """\
M:
  HCID: A
  PAT: {first: A}
  lines: [{code: A}, {price: 1}]
"""


def check(rest: str) -> list[tuple[int, str]]:
    (model,) = good_input(FIELDS + rest).models
    shapes = [record.shape for record in records_of(model)]
    return [(item.location.line, item.hint) for item in check_rule_paths(model, shapes)]


@pytest.mark.parametrize(
    "path", ["HCID", "PAT", "PAT.first", "lines.code", "lines.1.price", "/PAT/first"]
)
def test_paths_that_lead_somewhere(path: str) -> None:
    assert check(f"  $rules:\n    x:\n      field: {path}\n      schema: {{}}\n") == []


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("HCDI", 'did you mean "HCID"?'),
        ("PAT.frst", 'did you mean "first"?'),
        ("PAT.first.x", ""),
        ("lines.cod", 'did you mean "code"?'),
        ("lines.zzz", ""),
    ],
)
def test_paths_that_lead_nowhere(path: str, hint: str) -> None:
    assert check(f"  $rules:\n    x:\n      field: {path}\n      schema: {{}}\n") == [(7, hint)]
    assert check(f"  $exclude:\n    x:\n      {path}: [1]\n") == [(7, hint)]


def test_a_field_of_one_scenario_is_enough() -> None:
    assert check("  $exclude: {x: {extra: [1]}}\nM_positive: {extra: 1}\nM_negative: {}\n") == []


def test_without_any_shape_every_path_leads_nowhere() -> None:
    (model,) = good_input(FIELDS + "  $exclude: {x: {HCID: [1]}}").models
    assert len(check_rule_paths(model, [])) == 1


@pytest.mark.parametrize("what", ["rules", "clauses"])
def test_there_are_only_so_many_rules_and_clauses(what: str) -> None:
    key, body = ("$rules", '{cel: "true"}') if what == "rules" else ("$exclude", "{a: 1}")
    lines = "".join(f"    r{number}: {body}\n" for number in range(302))
    found = findings(f"M:\n  a: [1, 2]\n  {key}:\n{lines}")
    assert [(item.code, item.location.line) for item in found] == [("MG217", 304)]
    assert f"300 {what}" in found[0].message
