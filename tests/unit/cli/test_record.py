"""The two ways to name the scenario that ``record`` makes a record of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockgen_watch.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

SPEC = """\
Order:
  id: {$sequence: {prefix: O-}}
  qty: {$integer: [1, 9]}
  $rules: {few: {cel: "record.qty < 9"}}
  $scenarios:
    positive: {$count: 3}
    negative: {$count: 3, qty: [9]}
    refunds: {$count: 3, qty: [5]}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for suite in ("shop", "shop/Order"):
        file = tmp_path / "specs" / suite / "user_input.yaml"
        file.parent.mkdir(parents=True)
        file.write_text(SPEC)
    return tmp_path


def said(
    project: Path, capsys: pytest.CaptureFixture[str], *words: str, code: int = 0
) -> tuple[str, str]:
    assert main(["-C", str(project), "record", *words]) == code
    done = capsys.readouterr()
    return done.out, done.err


@pytest.mark.parametrize("scenario", ["positive", "negative", "refunds"])
def test_an_option_names_the_scenario_as_the_path_does(
    project: Path, capsys: pytest.CaptureFixture[str], scenario: str
) -> None:
    by_path, _ = said(project, capsys, f"shop/Order/{scenario}", "1")
    assert said(project, capsys, "shop/Order", "1", "--scenario", scenario)[0] == by_path
    assert said(project, capsys, "shop/Order", "1", "--scenario", scenario.upper())[0] == by_path
    both = said(project, capsys, f"shop/Order/{scenario}", "1", "--scenario", scenario)
    assert both[0] == by_path
    assert scenario == "positive" or by_path != said(project, capsys, "shop/Order", "1")[0]


@pytest.mark.parametrize(
    ("name", "scenario", "message"),
    [
        (
            "shop/Order/positive",
            "negative",
            "shop/Order/positive and --scenario negative name different scenarios",
        ),
        ("shop/Order", "negatve", 'no scenario "negatve" (did you mean "negative"?)'),
        (
            "shop/Order",
            "paid",
            'shop/Order has no scenario "paid" (known: negative, positive, refunds)',
        ),
        ("shop/Ordr", "negative", "no model is named shop/Ordr"),
    ],
)
def test_another_scenario_is_a_usage_error(
    project: Path, capsys: pytest.CaptureFixture[str], name: str, scenario: str, message: str
) -> None:
    out, err = said(project, capsys, name, "0", "--scenario", scenario, code=2)
    assert (out, message in err) == ("", True), err
