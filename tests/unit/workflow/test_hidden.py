"""What cannot be read, or has a name that cannot be, stops its own suite and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockgen_watch.workflow.check import check
from mockgen_watch.workflow.generate import generate
from mockgen_watch.workflow.project import open_project
from mockgen_watch.workflow.targets import Request

if TYPE_CHECKING:
    from pathlib import Path

    from mockgen_watch.workflow.generate import Report

GOOD = "M: {$count: 2, a: [x, y]}\n"
USER_INPUT = "user_input.yaml"


@pytest.fixture
def specs(tmp_path: Path) -> Path:
    """A project of two suites that were made; the folder of its specs."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / USER_INPUT).write_text(GOOD)
    for suite in ("good", "bad"):
        (tmp_path / "project/specs" / suite).mkdir(parents=True)
        (tmp_path / "project/specs" / suite / USER_INPUT).write_text(GOOD)
    run(tmp_path / "project")
    return tmp_path / "project/specs"


def run(project: Path, *suites: str) -> Report:
    return generate(open_project(project), Request(suites=suites))


def hide(path: Path) -> None:
    """Put a link out of the project in the place of a file or folder."""
    outside = path.parents[len(path.parts) - path.parts.index("project") - 1] / "outside"
    if path.is_dir():
        (path / USER_INPUT).unlink(missing_ok=True)
        path.rmdir()
    else:
        outside /= USER_INPUT
        path.unlink(missing_ok=True)
    path.symlink_to(outside)


def outputs(specs: Path) -> dict[str, bytes]:
    folder = specs.parent / "mock_outputs"
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.json")
    }  # fmt: skip


def codes(report: Report) -> list[tuple[str, str]]:
    return [(found.location.path, found.code) for found in report.diagnostics]


@pytest.mark.parametrize("hidden", [f"bad/{USER_INPUT}", "bad"])
def test_a_suite_behind_a_link_keeps_its_outputs_and_the_others_go_on(
    specs: Path, hidden: str
) -> None:
    before = outputs(specs)
    hide(specs / hidden)
    (specs / "good" / USER_INPUT).write_text(GOOD.replace("x", "z"))
    report = run(specs.parent)
    assert codes(report) == [(f"specs/{hidden}", "MG113")]
    assert report.failed_suites == ("bad",)
    after = outputs(specs)
    assert after["bad/M/base.json"] == before["bad/M/base.json"]
    assert b"z" in after["good/M/base.json"]


def test_a_suite_that_is_gone_loses_its_outputs_while_another_is_hidden(specs: Path) -> None:
    hide(specs / "bad")
    (specs / "good" / USER_INPUT).unlink()
    run(specs.parent)
    assert list(outputs(specs)) == ["bad/M/base.json"]


@pytest.mark.parametrize("hidden", ["bad/master.yaml", "master.yaml"])
def test_a_suite_is_not_made_without_a_master_that_may_be_there(specs: Path, hidden: str) -> None:
    (specs / "bad" / USER_INPUT).write_text("M: {$count: 2, a: [p, q]}\n")
    hide(specs / hidden)
    report = run(specs.parent)
    # A master around the suites is one for both.
    assert report.failed_suites == (("bad",) if "/" in hidden else ("bad", "good"))
    assert codes(report) == [(f"specs/{hidden}", "MG113")]
    assert b"p" not in outputs(specs)["bad/M/base.json"]


@pytest.mark.parametrize("hidden", ["_vocab", "_vocab/first_name.yaml"])
def test_a_vocabulary_of_the_package_does_not_take_the_place_of_one_that_is_hidden(
    specs: Path, hidden: str
) -> None:
    (specs / "bad" / USER_INPUT).write_text("M: {a: {$vocab: first_name}}\n")
    (specs / "_vocab").mkdir()
    run(specs.parent)
    made = outputs(specs)
    hide(specs / hidden)
    report = run(specs.parent)
    assert report.failed_suites == ("bad",)
    assert outputs(specs) == made


def test_where_the_project_file_may_be_hidden_nothing_is_made(specs: Path) -> None:
    hide(specs / "mockgen.yaml")
    assert open_project(specs.parent).has_failed


def test_a_link_elsewhere_is_told_to_check_too(specs: Path) -> None:
    hide(specs / "unused.yaml")
    assert [found.code for found in check(open_project(specs.parent), Request())] == ["MG113"]
    assert run(specs.parent).failed_suites == ()


@pytest.mark.parametrize("name", ['a"b', "a:b", "CON", "a\x01b", "a.", "n" * 201])
def test_a_name_that_cannot_be_stops_its_own_suite(specs: Path, name: str) -> None:
    (specs / name).mkdir()
    (specs / name / USER_INPUT).write_text(GOOD)
    (specs / "good" / USER_INPUT).write_text(GOOD.replace("x", "z"))
    report = run(specs.parent)
    assert codes(report) == [(f"specs/{name}/{USER_INPUT}", "MG210")]
    assert report.failed_suites == (name,)
    assert set(outputs(specs)) == {"good/M/base.json", "bad/M/base.json"}
    assert b"z" in outputs(specs)["good/M/base.json"]


def test_two_outputs_that_meet_stop_their_two_suites(specs: Path) -> None:
    for name in ("twin", "TWIN"):
        (specs / name).mkdir(exist_ok=True)
        (specs / name / USER_INPUT).write_text(GOOD)
    if len(list(specs.iterdir())) < 4:
        pytest.skip("the file system takes the two for one")
    report = run(specs.parent)
    assert {code for _, code in codes(report)} == {"MG508"}
    assert sorted(report.failed_suites) == ["TWIN", "twin"]
    assert set(outputs(specs)) == {"good/M/base.json", "bad/M/base.json"}
