"""Observed shares beside declared ones, and the interval around them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.scenarios.measure import declared_shares, field_odds, wilson
from mockgen_watch.scenarios.promised import ScenarioRecords
from mockgen_watch.scenarios.source import compile_source
from mockgen_watch.workflow.project import open_project
from mockgen_watch.workflow.targets import Request, select_plans

if TYPE_CHECKING:
    from pathlib import Path

    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.scenarios.measure import Odds

Z99 = 2.5758293035489004


def base(folder: Path, fields: str, count: int = 2000) -> OutputPlan:
    place = folder / "specs/s/user_input.yaml"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f"M:\n  $count: {count}\n{fields}", encoding="utf-8")
    (plan,), _ = select_plans(open_project(folder), Request())
    return plan


def odds_of(declared: OutputPlan, made: OutputPlan) -> dict[tuple[str, str], Odds]:
    """Return the odds that one plan declares, in the records of another."""
    source = compile_source(made)
    records = [source.record_at(index) for index in range(made.count)]
    found = field_odds(declared.records, declared.records, {}, list(records), 0.99)
    return {(each.field, str(each.of)): each for each in found}


@pytest.mark.parametrize(
    ("hits", "trials"), [(0, 10), (10, 10), (1, 30), (263, 1000), (5, 10_000), (1, 2)]
)
def test_the_interval_ends_where_the_score_test_does(hits: int, trials: int) -> None:
    low, high = wilson(hits, trials, 0.99)
    share = hits / trials

    # By its definition: the bounds are the p for which the share is z standard errors of p away.
    for bound in (low, high):
        if 0 < bound < 1:
            error = math.sqrt(bound * (1 - bound) / trials)
            assert abs(share - bound) == pytest.approx(Z99 * error, rel=1e-9)
    assert low <= share <= high
    assert (low == 0) is (hits == 0)
    assert (high == 1) is (hits == trials)


def test_without_a_trial_anything_may_be() -> None:
    assert wilson(0, 0, 0.99) == (0.0, 1.0)


FIELDS = """\
  KIND: {$weighted: {A: 70, B: 20, C: 10}, $null: 0.2}
  tags: {$array: [0, 3], $items: {on: {$boolean: 0.9}}}
"""


def test_shares_that_are_as_declared_lie_within(tmp_path: Path) -> None:
    plan = base(tmp_path, FIELDS)
    found = odds_of(plan, plan)

    assert {key for key, each in found.items() if each.is_outside} == set()
    assert found["KIND", "A"].trials == 2000 - found["KIND", "null"].hits
    # An array of 0 to 3 elements has 1.5 of them.
    assert 2700 < found["tags.on", "True"].trials < 3300


def test_shares_that_are_not_as_declared_are_marked(tmp_path: Path) -> None:
    made = base(tmp_path, FIELDS)
    other = FIELDS.replace("C: 10", "C: 30").replace("$null: 0.2", "$null: 0.3")
    declared = base(tmp_path, other)
    found = odds_of(declared, made)

    outside = {key for key, each in found.items() if each.is_outside}
    assert ("KIND", "C") in outside
    assert ("KIND", "null") in outside
    assert ("tags.on", "True") not in outside
    assert not any(each.is_ruled for each in found.values())


def test_a_value_that_stands_twice_has_twice_the_odds_and_equal_ones_are_left_out(
    tmp_path: Path,
) -> None:
    plan = base(tmp_path, "  a: [x, x, y]\n  b: [x, y]\n")
    shares = {
        member.name: [float(share) for _, share in declared_shares(member.shape).values()]  # type: ignore[arg-type]
        for member in plan.records.shape.members
    }

    assert shares == {"a": [pytest.approx(2 / 3), pytest.approx(1 / 3)], "b": []}


def test_what_rules_leave_explains_a_share(tmp_path: Path) -> None:
    rules = "  $rules: {known: {field: KIND, schema: {enum: [A, B]}}}\n"
    plan = base(tmp_path, "  KIND: {$weighted: {A: 50, B: 10, C: 40}}\n" + rules)
    part = compile_source(plan).parts[0]
    records = [part.case_at(index).record for index in range(plan.count)]
    assert isinstance(part, ScenarioRecords)
    settled = part.samplers[0].plan
    found = list(field_odds(plan.records, settled, {}, list(records), 0.99))

    assert [each.of for each in found if each.is_outside] == ["A", "B", "C"]
    assert all(each.is_ruled for each in found)
    assert [each.settled for each in found] == [pytest.approx(5 / 6), pytest.approx(1 / 6), 0]
