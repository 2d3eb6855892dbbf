"""Which master a suite takes: the nearest, none, or the one it names."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from mockgen_watch.masters.chain import find_master, master_candidates
from mockgen_watch.spec.model import MasterChoice
from tests.unit.masters.shapes import user_input

NEAREST = user_input(path="specs/claims/vision/user_input.yaml")


@pytest.mark.parametrize(
    ("folder", "root", "parents"),
    [
        ("specs/claims/vision", "specs", ["specs/claims/vision/", "specs/claims/", "specs/"]),
        ("specs", "specs", ["specs/"]),
        ("a/specs/x", "a/specs", ["a/specs/x/", "a/specs/"]),
        ("x/y", "", ["x/y/", "x/", ""]),
        ("elsewhere/x", "specs", ["elsewhere/x/"]),
        ("specs-old/x", "specs", ["specs-old/x/"]),
        ("/abs/x", "specs", ["/abs/x/"]),
        ("", "", [""]),
    ],
)
def test_candidates_go_from_the_suite_up_to_the_specs(
    folder: str, root: str, parents: list[str]
) -> None:
    names = ("master.yaml", "master.yml", "master.json")
    expected = tuple(f"{parent}{name}" for parent in parents for name in names)
    assert master_candidates(folder, root) == expected


@pytest.mark.parametrize(
    ("existing", "path"),
    [
        ([], ""),
        (["specs/master.json"], "specs/master.json"),
        (["specs/master.json", "specs/claims/master.yml"], "specs/claims/master.yml"),
        (
            ["specs/claims/vision/master.yaml", "specs/master.yaml"],
            "specs/claims/vision/master.yaml",
        ),
        (["master.yaml", "specs/base/master.yaml"], ""),
    ],
)
def test_the_nearest_master_is_taken(existing: list[str], path: str) -> None:
    found = find_master(NEAREST, "specs", existing)
    assert found.path == path
    assert found.diagnostics == ()


def test_a_nearer_master_that_is_not_there_yet_is_named_as_missing() -> None:
    found = find_master(NEAREST, "specs", ["specs/claims/master.yml"])
    assert found.missing == (
        "specs/claims/vision/master.yaml",
        "specs/claims/vision/master.yml",
        "specs/claims/vision/master.json",
        "specs/claims/master.yaml",
        "specs/claims/master.json",
    )


def test_two_masters_in_one_folder_are_an_error_and_the_first_is_taken() -> None:
    found = find_master(NEAREST, "specs", ["specs/master.json", "specs/master.yaml"])
    assert found.path == "specs/master.yaml"
    assert [(item.code, item.location.path) for item in found.diagnostics] == [
        ("MG310", "specs/master.yaml")
    ]


def test_null_takes_none() -> None:
    none = replace(NEAREST, master=MasterChoice.NONE)
    assert find_master(none, "specs", ["specs/master.yaml"]).path == ""


def test_a_named_master_is_taken_from_where_it_is() -> None:
    named = replace(NEAREST, master=MasterChoice.NAMED, master_path="other/m.yaml")
    assert find_master(named, "specs", ["other/m.yaml", "specs/master.yaml"]).path == "other/m.yaml"


@pytest.mark.parametrize(
    ("existing", "hint"),
    [
        (["specs/base/master.yaml"], 'did you mean "specs/base/master.yaml"?'),
        (["q/master.json"], "known masters: q/master.json"),
        ([], "no master was found; write $master: null to use none"),
    ],
)
def test_a_named_master_that_is_not_there_is_an_error(existing: list[str], hint: str) -> None:
    path = "specs/bse/master.yaml"
    named = replace(NEAREST, master=MasterChoice.NAMED, master_path=path)
    found = find_master(named, "specs", existing)
    assert found.path == ""
    assert found.missing == (path,)
    assert [item.code for item in found.diagnostics] == ["MG301"]
    assert found.diagnostics[0].hint == hint
