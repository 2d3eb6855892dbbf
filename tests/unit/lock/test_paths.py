"""Names and paths of outputs."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.lock.paths import (
    below,
    check_paths,
    fold,
    lock_path,
    name_fault,
    path_fault,
    suite_of_lock,
)
from mockgen_watch.spec.model import Layout
from tests.unit.lock.suites import wanted_output, wanted_suite

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.lock.paths import WantedSuite

USABLE = [
    "Model_1", "a b", "名前", "é", ".hidden", "a.b", "console", "COM", "COM10", "NULL", "x~1",
    "git", ".gitignore", "क्‍ष", "😀", "-rf", "x" * 200,
]  # fmt: skip
UNUSABLE = [
    "", ".", "..", "../x", "a/b", "a\\b", "/etc", "C:", "a:b", "a*", "a?", "a<b", "a>b", 'a"b',
    "a|b", "nul\0", "a\nb", "a\x1b[31m", "a\x7f", "a\x85", "a\ud800", "a.", "a ", "...",
    "CON", "con", "Con.json", "PRN", "AUX", "NUL", "nul.tar.gz", "COM1", "com9.x", "LPT0", "COM¹",
    "CONIN$", "CON .txt", ".git", ".GIT", ".Git", ".g\u200cit", "git~1", "GIT~1",
    ".mockgen-1-2.tmp", ".mockgen-", "x.json.mockgen-new", "x" * 201, "é" * 101,
]  # fmt: skip


def findings(suites: Iterable[WantedSuite]) -> list[Diagnostic]:
    return [fault.finding for fault in check_paths(suites)]


@pytest.mark.parametrize("name", USABLE)
def test_a_usual_name_is_usable(name: str) -> None:
    assert name_fault(name) == ""


@pytest.mark.parametrize("name", UNUSABLE)
def test_a_name_that_some_system_cannot_have_is_refused(name: str) -> None:
    assert name_fault(name)
    assert name == "a/b" or path_fault(f"Model_1/{name}")


@pytest.mark.parametrize("field", ["suite", "model", "scenario"])
@pytest.mark.parametrize("name", [name for name in UNUSABLE if name not in {"", "a/b"}])
def test_such_a_name_is_a_diagnostic_wherever_it_stands(field: str, name: str) -> None:
    names = {"suite": "claims", "model": "Model_1", "scenario": "positive", field: name}
    output = wanted_output(names["scenario"], suite=names["suite"], model=names["model"])
    found = findings([wanted_suite(output, suite=names["suite"])])
    assert {one.code for one in found} <= {"MG210", "MG509"}
    assert found[0].location == output.location
    leads_out = field != "suite" and ("/" in name or "\\" in name)
    if leads_out or name in {".", ".."}:
        assert found[0].code == "MG509"


def test_the_paths_follow_the_layout() -> None:
    assert wanted_output(layout=Layout.MULTIPLE).paths == ["claims/Model_1/positive.json"]
    assert wanted_output(layout=Layout.SINGLE, suite="").paths == ["Model_1/positive.json"]
    assert wanted_output(layout=Layout.SPLIT, records=2).paths == [
        "claims/Model_1/positive/000001.json",
        "claims/Model_1/positive/000002.json",
    ]


@pytest.mark.parametrize("suite", ["", "claims", "claims/us"])
def test_a_lockfile_belongs_to_its_suite(suite: str) -> None:
    assert suite_of_lock(lock_path(suite)) == suite
    assert lock_path(suite) == below(suite, "mockgen.lock")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("positive", "POSITIVE"),
        (unicodedata.normalize("NFC", "é"), unicodedata.normalize("NFD", "é")),
        ("straße", "STRASSE"),
    ],
)
def test_twins_after_folding_meet(first: str, second: str) -> None:
    assert fold(first) == fold(second)
    outputs = [wanted_output(first), wanted_output(second)]
    (found,) = findings([wanted_suite(*outputs)])
    assert found.code == "MG508"
    assert found.related[0].location == outputs[0].location


def test_a_file_cannot_be_another_outputs_folder() -> None:
    split = wanted_output("x.json", suite="a", layout=Layout.SPLIT)
    whole = wanted_output("x", suite="a")
    assert [one.code for one in findings([wanted_suite(split, whole, suite="a")])] == ["MG508"]


def test_a_split_output_has_its_folder_for_itself() -> None:
    split = wanted_output("positive", suite="a", layout=Layout.SPLIT)
    inner = wanted_output("x", suite="a/Model_1/positive")
    suites = [wanted_suite(split, suite="a"), wanted_suite(inner, suite="a/Model_1/positive")]
    assert {one.code for one in findings(suites)} == {"MG508"}


def test_a_model_cannot_take_the_place_of_the_lockfile() -> None:
    output = wanted_output(model="mockgen.lock")
    assert [one.code for one in findings([wanted_suite(output)])] == ["MG508"]


def test_suites_inside_suites_are_no_collision() -> None:
    suites = [
        wanted_suite(wanted_output(suite="a"), wanted_output("negative", suite="a"), suite="a"),
        wanted_suite(wanted_output(suite="a/b"), suite="a/b"),
        wanted_suite(wanted_output(suite=""), suite=""),
    ]
    assert findings(suites) == []


def test_a_fault_names_the_suites_that_it_stops_and_no_other() -> None:
    bad = wanted_output(suite="a:b")
    clash = [wanted_output(suite="x"), wanted_output(suite="X")]
    suites = [wanted_suite(one, suite=one.suite) for one in (bad, *clash)]
    suites.append(wanted_suite(wanted_output(suite="good"), suite="good"))
    faults = {fault.finding.code: set(fault.suites) for fault in check_paths(suites)}
    assert faults == {"MG210": {"a:b"}, "MG508": {"x", "X"}}
