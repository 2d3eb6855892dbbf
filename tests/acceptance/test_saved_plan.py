"""A saved plan is done as it was saved, or refused by the name of what moved since."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from mockgen_watch.cli.main import main
from mockgen_watch.spec import CONTRACT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILES = {
    "specs/mockgen.yaml": "seed: 3\ncount: 4\nprofiles: {ci: {count: 2}}\n",
    "specs/claims/user_input.yaml": (
        "Claim:\n  ID: {$sequence: {start: 1}}\n  KIND: [A, B, C]\n"
        "  CITY: {$vocab: city}\n  NAME: {$vocab: first_name}\n  $conforms: claim.schema.json\n"
    ),
    "specs/claims/claim.schema.json": '{"required": ["ID"]}\n',
    "specs/master.yaml": "$slot: body\nbody: {note: none}\nhead: 1\n",
    "specs/_vocab/city.txt": "Chennai\nHyderabad\n",
    "specs/plain/user_input.yaml": "$master: null\nPlain: {a: [1, 2], $output: csv}\n",
    "README.md": "Fixtures\n",
}
CLAIMS = "specs/claims/user_input.yaml"
LOCK = "mock_outputs/claims/mockgen.lock"
OUTPUT = "mock_outputs/claims/Claim/base.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project whose outputs are right, and a spec that was edited since."""
    place = tmp_path / "project"
    for name, text in FILES.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text, encoding="utf-8")
    assert run(place, "generate") == 0
    edit(place, CLAIMS, "[A, B, C]", "[A, B, C, D, E, F, G, H]")
    return place


def run(place: Path, *words: str) -> int:
    return main(["-C", str(place), "-q", *words])


def edit(place: Path, name: str, old: str, new: str) -> None:
    text = (place / name).read_text(encoding="utf-8")
    assert old in text
    (place / name).write_text(text.replace(old, new), encoding="utf-8")


def begin_suite(place: Path) -> None:
    (place / "specs/new").mkdir()
    (place / "specs/new/user_input.yaml").write_text("New: {a: 1}\n", encoding="utf-8")


def outputs(place: Path) -> dict[str, bytes]:
    return {
        path.relative_to(place).as_posix(): path.read_bytes()
        for path in sorted((place / "mock_outputs").rglob("*"))
        if path.is_file()
    }


def saved(place: Path, *words: str) -> Path:
    file = place.parent / "next.plan"
    assert run(place, "plan", "--save", str(file), *words) in {0, 1}
    return file


def test_a_plan_is_done_as_generate_would_do_it(folder: Path, tmp_path: Path) -> None:
    (folder / OUTPUT).unlink()
    shutil.copytree(folder, tmp_path / "twin")
    before = outputs(folder)
    file = saved(folder)
    assert outputs(folder) == before
    (folder / "README.md").write_text("Other\n", encoding="utf-8")
    assert run(folder, "apply", str(file)) == 0
    assert run(tmp_path / "twin", "generate") == 0
    assert outputs(folder) == outputs(tmp_path / "twin") != before
    assert run(folder, "check") == 0


def test_a_plan_tells_what_it_does_and_what_it_relies_on(folder: Path) -> None:
    plan: dict[str, Any] = json.loads(saved(folder).read_text(encoding="utf-8"))
    (file,) = plan["files"]
    assert (file["path"], file["action"], file["records"]) == (OUTPUT, "update", 4)
    assert {one["field"] for one in file["fields"]} == {"body.KIND"}
    assert {one["location"] for one in file["fields"]} == {f"{CLAIMS}:3:9"}
    relied_on = {path for path, known in plan["inputs"].items() if known is not None}
    own = {name for name in FILES if name.startswith("specs/")}
    assert relied_on == own | {"package:first_name.json"}
    assert set(plan["found"]) == set(outputs(folder))


def test_options_and_profile_are_part_of_a_plan(folder: Path) -> None:
    file = saved(folder, "claims", "--count", "7", "--profile", "ci")
    assert run(folder, "--profile", "other", "apply", str(file)) == 2
    assert run(folder, "apply", str(file)) == 0
    assert len(json.loads((folder / OUTPUT).read_text(encoding="utf-8"))) == 7


def test_exit_code_is_1_while_there_are_changes(folder: Path) -> None:
    assert run(folder, "plan", "--exit-code") == 1
    assert run(folder, "apply", str(saved(folder))) == 0
    assert run(folder, "plan", "--exit-code") == 0


MOVES: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "spec": (lambda at: edit(at, CLAIMS, "C, D", "C, Z"), CLAIMS, "input was changed"),
    "comment": (lambda at: edit(at, CLAIMS, "Claim:", "Claim: # x"), CLAIMS, "input was changed"),
    "master": (
        lambda at: edit(at, "specs/master.yaml", "none", "some"),
        "specs/master.yaml",
        "input was changed",
    ),
    "vocabulary": (
        lambda at: edit(at, "specs/_vocab/city.txt", "Chennai", "Madurai"),
        "specs/_vocab/city.txt",
        "input was changed",
    ),
    "schema": (
        lambda at: edit(at, "specs/claims/claim.schema.json", '"ID"', '"ID", "KIND"'),
        "specs/claims/claim.schema.json",
        "input was changed",
    ),
    "project file": (
        lambda at: edit(at, "specs/mockgen.yaml", "seed: 3", "seed: 4"),
        "specs/mockgen.yaml",
        "input was changed",
    ),
    "broken spec": (lambda at: edit(at, CLAIMS, "[A", "[[A"), CLAIMS, "input was changed"),
    "spec gone": (lambda at: (at / CLAIMS).unlink(), CLAIMS, "input was removed"),
    "nearer master": (
        lambda at: (at / "specs/claims/master.yaml").write_text("a: {}\n", encoding="utf-8"),
        "specs/claims/master.yaml",
        "input was added",
    ),
    "own vocabulary": (
        lambda at: (at / "specs/_vocab/first_name.txt").write_text("Asha\n", encoding="utf-8"),
        "specs/_vocab/first_name.txt",
        "input was added",
    ),
    "new suite": (
        begin_suite,
        "specs/new/user_input.yaml",
        "suite was added",
    ),
    "output": (lambda at: edit(at, OUTPUT, '"ID"', '"Id"'), OUTPUT, "output was changed"),
    "output gone": (lambda at: (at / OUTPUT).unlink(), OUTPUT, "output was removed"),
    "another output": (
        lambda at: edit(at, "mock_outputs/plain/Plain/base.csv", "a", "b"),
        "mock_outputs/plain/Plain/base.csv",
        "output was changed",
    ),
    "lockfile": (
        lambda at: edit(at, LOCK, f'"contract": {CONTRACT}', '"contract": 0'),
        LOCK,
        "output was changed",
    ),
    "lockfile gone": (
        lambda at: (at / LOCK).unlink(),
        LOCK,
        "output was removed",
    ),
}


LONG = {"comment", "spec gone", "own vocabulary", "output gone", "another output", "lockfile gone"}
"""Each of these is a neighbour of another one."""


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, marks=[pytest.mark.long] if case in LONG else []) for case in MOVES],
)
def test_what_moved_is_named_and_nothing_is_written(
    folder: Path, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = saved(folder)
    move, path, words = MOVES[case]
    move(folder)
    before = outputs(folder)
    capsys.readouterr()
    assert run(folder, "apply", str(file)) == 1
    told = capsys.readouterr().err
    lines = [line for line in told.splitlines() if "MG513" in line]
    assert len(lines) == 1, told
    assert lines[0].startswith(f"{path}:1:1 MG513 The saved plan is out of date: the {words}")
    assert outputs(folder) == before


def test_a_plan_that_was_done_is_not_done_again(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = saved(folder)
    assert run(folder, "apply", str(file)) == 0
    before = outputs(folder)
    assert run(folder, "apply", str(file)) == 1
    assert f"{OUTPUT}:1:1 MG513" in capsys.readouterr().err
    assert outputs(folder) == before


def test_an_edit_by_hand_is_left_by_a_plan_too(folder: Path) -> None:
    edit(folder, OUTPUT, '"ID"', '"Id"')
    edited = (folder / OUTPUT).read_bytes()
    file = saved(folder)
    assert json.loads(file.read_text(encoding="utf-8"))["files"][0]["action"] == "refuse"
    assert run(folder, "apply", str(file)) == 1
    assert (folder / OUTPUT).read_bytes() == edited


def test_a_plan_with_errors_is_not_saved(folder: Path) -> None:
    edit(folder, CLAIMS, "[A, B", "[[A, B")
    file = folder.parent / "next.plan"
    assert run(folder, "plan", "--save", str(file)) == 1
    assert not file.exists()


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "another release": (lambda plan: plan.update(tool="9.9"), "MG513"),
    "another contract": (lambda plan: plan.update(contract=CONTRACT + 1), "MG513"),
    "another form": (lambda plan: plan.update(plan_version=1), "MG514"),
    "a key more": (lambda plan: plan.update(more=1), "MG514"),
    "a key less": (lambda plan: plan.pop("found"), "MG514"),
    "no file": (lambda plan: plan["files"].clear(), "MG510"),
    "an action": (lambda plan: plan["files"][0].update(action="delete"), "MG513"),
    "a file more": (
        lambda plan: plan["files"].append({**plan["files"][0], "path": "mock_outputs/x"}),
        "MG513",
    ),
    "other bytes": (
        lambda plan: plan["files"][0].update(digest="blake3:" + "0" * 64),
        "MG510",
    ),
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_plan_that_was_tampered_with_is_not_done(
    folder: Path, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = saved(folder)
    change, code = CHANGES[case]
    plan = json.loads(file.read_text(encoding="utf-8"))
    change(plan)
    file.write_text(json.dumps(plan), encoding="utf-8")
    before = outputs(folder)
    capsys.readouterr()
    assert run(folder, "apply", str(file)) == 1
    assert code in capsys.readouterr().err
    assert {path: outputs(folder)[path] for path in before if path.endswith((".json", ".csv"))} == {
        path: data for path, data in before.items() if path.endswith((".json", ".csv"))
    }


def test_a_file_that_is_no_plan_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("", "[]", "null", "\x00", "{" * 100_000):
        file = folder.parent / "no.plan"
        file.write_text(text, encoding="utf-8")
        assert run(folder, "apply", str(file)) == 1
        assert "MG514" in capsys.readouterr().err
    assert run(folder, "apply", str(folder / "missing.plan")) == 1
