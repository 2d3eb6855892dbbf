"""Files below the specs folder that were perhaps meant as specs, and that nothing reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockgen_watch.cli.main import main
from mockgen_watch.watch.resident import Resident, run_pass
from mockgen_watch.workflow.check import check
from mockgen_watch.workflow.generate import generate
from mockgen_watch.workflow.project import open_project
from mockgen_watch.workflow.targets import Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from mockgen_watch.diagnostics import Diagnostic

GOOD = "M: {$count: 2, a: [x, y]}\n"
SUITE = {"ok/user_input.yaml": GOOD}


def project_of(folder: Path, files: Mapping[str, str]) -> Path:
    for path, text in {**SUITE, **files}.items():
        file = folder / "specs" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def told(found: Iterable[Diagnostic]) -> list[str]:
    return [one.message for one in found if one.code == "MG607"]


UNREAD = {
    "at the top": ({"orders.yaml": GOOD}, ["specs has orders.yaml but no user_input.yaml"]),
    "in a new folder": (
        {"new/orders.yml": GOOD},
        ["specs/new has orders.yml but no user_input.yaml"],
    ),
    "other letters": (
        {"Shop2/User_Input.yaml": GOOD},
        ["specs/Shop2 has User_Input.yaml but no user_input.yaml"],
    ),
    "several": (
        {f"new/{name}.json": "{}" for name in "abcde"},
        ["specs/new has a.json, b.json, c.json and 2 more but no user_input.yaml"],
    ),
    "a slip beside the right name": (
        {"ok/user-input.json": "{}", "ok/other.json": "{}"},
        ["specs/ok has a user_input file, and nothing reads user-input.json beside it"],
    ),
    "named by what nothing reads": (
        {"a/one.yaml": "$extends: two.yaml\n", "b/two.yaml": "{}"},
        [
            "specs/a has one.yaml but no user_input.yaml",
            "specs/b has two.yaml but no user_input.yaml",
        ],
    ),
}


@pytest.mark.parametrize("case", UNREAD)
def test_it_is_pointed_out_by_every_run(tmp_path: Path, case: str) -> None:
    files, messages = UNREAD[case]
    project = project_of(tmp_path, {})
    assert told(generate(open_project(project), Request()).diagnostics) == []
    project_of(tmp_path, files)
    for _ in range(2):
        assert told(generate(open_project(project), Request()).diagnostics) == messages
        assert told(check(open_project(project), Request())) == messages
    assert told(generate(open_project(project), Request(suites=("ok",))).diagnostics) == []


READ = {
    "schema": {
        "ok/user_input.yaml": "M: {a: [x], $conforms: ../schemas/m.json}\n",
        "schemas/m.json": '{"type": "object"}',
    },
    "cases": {
        "ok/user_input.yaml": "M: {a: [x, y], $scenarios: {positive: {$count: 4, "
        "$coverage: {strength: pairwise, keep: ../cases/m.json}}}}\n",
        "cases/m.json": '{"version": 1, "models": {}}',
    },
    "masters": {
        "ok/user_input.yaml": "$master: ../base/first.yaml\nM: {a: [x]}\n",
        "base/first.yaml": '$extends: "the low one.yaml"\n$slot: ""\nb: 1\n',
        "base/the low one.yaml": "c: 1\n",
    },
    "of a suite with errors": {
        "ok/user_input.yaml": "$master: ../base/first.yaml\nM: {a: {$x: 1}}\n",
        "base/first.yaml": "$extends: low.yaml\nb: 1\n",
        "base/low.yaml": "c: 1\n",
    },
    "usual names": {
        "mockgen.yaml": "seed: 1\n",
        "deep/master.yaml": "{}",
        "_vocab/colour.json": '["red"]',
        "_vocab/more/tone.yaml": "[dark]\n",
        "ok/notes.json": "{}",
        "new/notes.txt": "",
        "new/.hidden.yaml": "",
    },
}


@pytest.mark.parametrize("case", READ)
def test_what_a_spec_names_is_not_pointed_out(tmp_path: Path, case: str) -> None:
    project = project_of(tmp_path, READ[case])
    assert told(check(open_project(project), Request())) == []
    report = generate(open_project(project), Request())
    assert told(report.diagnostics) == []
    assert bool(report.failed_suites) is (case == "of a suite with errors")


def test_the_daemon_shows_it_until_it_is_gone(tmp_path: Path) -> None:
    project = open_project(project_of(tmp_path, {}))
    resident = Resident(root=tmp_path, state=project.state)
    assert told(run_pass(resident, lambda: False).report.diagnostics) == []
    message = "specs/new has orders.yaml but no user_input.yaml"
    project_of(tmp_path, {"new/orders.yaml": GOOD})
    resident.changed_at(["specs/new/orders.yaml"])
    assert told(run_pass(resident, lambda: False).report.diagnostics) == [message]
    acting = frozenset({"ok"})
    done = run_pass(resident, lambda: False, acting=acting)
    assert told(done.report.diagnostics) == [message]
    (tmp_path / "specs/new/orders.yaml").rename(tmp_path / "specs/new/user_input.yaml")
    resident.changed_at(["specs/new/orders.yaml", "specs/new/user_input.yaml"])
    assert told(run_pass(resident, lambda: False).report.diagnostics) == []


def test_a_name_of_no_suite_is_explained_by_the_file_that_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project_of(tmp_path, {"new/orders.yaml": GOOD})
    assert main(["-C", str(tmp_path), "generate", "new"]) == 2
    assert "specs/new/orders.yaml is not read" in capsys.readouterr().err
    assert main(["-C", str(tmp_path), "generate"]) == 0
    assert "specs/new has orders.yaml but no user_input.yaml" in capsys.readouterr().err
    assert main(["-C", str(tmp_path), "generate"]) == 0
    assert "specs/new has orders.yaml but no user_input.yaml" in capsys.readouterr().err
