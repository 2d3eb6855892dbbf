"""Plans that an earlier run kept: what is made of them is what a run without them makes."""

from __future__ import annotations

import random
import shutil
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.plan.selection import Selection
from mockgen_watch.workflow import known_plans
from mockgen_watch.workflow.generate import generate
from mockgen_watch.workflow.project import open_project
from mockgen_watch.workflow.request import Request
from tests.sizes import sized

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mockgen_watch.workflow.results import Report

SPEC = """\
$seed: {seed}
Claim:
  $count: {count}
  TYPE: [{values}]
  NAME: {{$vocab: names}}
  PARENT: {{$ref: "b:Plan.PLAN"}}
  AMT: {{$number: {{min: 1, max: {most}, decimals: 2}}}}
"""
OTHER = """\
Plan:
  $count: 5
  PLAN: {{$pattern: "[A-Z]{{{length}}}"}}
"""


class Scene:
    """A project whose files are written by what the last edits were."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.facts: dict[str, object] = {
            "seed": 1, "count": 4, "values": "P, C, D", "most": 900, "length": 3,
            "names": "Ada\nBo\nCy\n", "master": "", "project": "", "near": "",
        }  # fmt: skip
        self.write()

    def write(self) -> None:
        folder = self.path / "specs"
        files = {
            "a/user_input.yaml": SPEC.format(**self.facts),
            "b/user_input.yaml": OTHER.format(**self.facts),
            "_vocab/names.txt": str(self.facts["names"]),
            "master.yaml": str(self.facts["master"]),
            "a/master.yaml": str(self.facts["near"]),
            "mockgen.yaml": str(self.facts["project"]),
        }
        for name, text in files.items():
            path = folder / name
            if not text:
                path.unlink(missing_ok=True)
            elif not path.exists() or path.read_text() != text:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)

    def edit(self, **facts: object) -> None:
        self.facts.update(facts)
        self.write()

    def run(self, *, count: int | None = None, seed: int | None = None) -> Report:
        """Make all outputs by force, as the command does."""
        selection = Selection(count=count, seed=seed)
        request = Request(selection=selection, force=True, trust_locks=False)
        return generate(open_project(self.path), request)

    def outputs(self) -> dict[str, bytes]:
        return files_of(self.path / "mock_outputs")

    def clean(self, path: Path, **asked: int) -> dict[str, bytes]:
        """Return what a run of a project without any cache makes."""
        shutil.copytree(self.path / "specs", path / "specs")
        Scene.run(_At(path), **asked)
        return files_of(path / "mock_outputs")


class _At(Scene):
    def __init__(self, path: Path) -> None:
        self.path = path


def files_of(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path / "project")


@pytest.fixture
def recalled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Take down the suites whose plans were known."""
    names: list[str] = []
    real = known_plans.recall_plans

    def recall(loader, selection, suite):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        found = real(loader, selection, suite)
        if found is not None:
            names.append(suite)
        return found

    monkeypatch.setattr("mockgen_watch.workflow.prepare.recall_plans", recall)
    return names


def test_plans_are_known_from_the_third_run_on(scene: Scene, recalled: list[str]) -> None:
    scene.run()
    scene.run()
    assert recalled == []
    first = scene.outputs()
    scene.run()
    assert sorted(recalled) == ["a", "b"]
    assert scene.outputs() == first
    scene.run(count=7)
    scene.run(count=7)
    assert len(recalled) == 4
    assert len(scene.outputs()["a/Claim/base.json"]) > len(first["a/Claim/base.json"])


CHANGES: dict[str, dict[str, object]] = {
    "its spec": {"values": "P, C, D, X"},
    "the spec that it refers to": {"length": 4},
    "a vocabulary": {"names": "Ada\nBo\nDi\n"},
    "a master appears": {"master": '$slot: ""\nFROM_MASTER: 1\n'},
    "a nearer master appears": {"near": '$slot: ""\nNEAR: [1, 2]\n'},
    "the project file appears": {"project": "seed: 9\noutput: {format: ndjson}\n"},
}


@pytest.mark.parametrize("name", CHANGES)
def test_whatever_moves_is_compiled_again(scene: Scene, tmp_path: Path, name: str) -> None:
    for _ in range(3):
        scene.run()
    before = scene.outputs()
    scene.edit(**CHANGES[name])
    scene.run()
    assert scene.outputs() == scene.clean(tmp_path / "clean")
    assert scene.outputs() != before
    undone = {key: Scene(tmp_path / "new").facts[key] for key in CHANGES[name]}
    scene.edit(**undone)
    scene.run()
    assert scene.outputs() == before


def test_a_profile_is_no_input(scene: Scene, recalled: list[str]) -> None:
    scene.edit(project="profiles: {load: {count: 9}}\n")
    for _ in range(3):
        generate(open_project(scene.path, "load"), Request(force=True, trust_locks=False))
    assert recalled == []


def test_suites_with_findings_are_compiled_each_time(scene: Scene, recalled: list[str]) -> None:
    spec = scene.path / "specs" / "b" / "user_input.yaml"
    spec.write_text("Plan:\n  PLAN: [007]\n")
    reports = [scene.run() for _ in range(3)]
    assert "b" not in recalled
    assert [found.code for found in reports[0].diagnostics] == ["MG110"]
    assert {report.diagnostics for report in reports} == {reports[0].diagnostics}


def test_new_code_makes_plans_anew(
    scene: Scene, recalled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        scene.run()
    assert len(recalled) == 2
    monkeypatch.setattr(known_plans, "code_stamp", lambda: "other code")
    scene.run()
    assert len(recalled) == 2
    monkeypatch.setattr(known_plans, "code_stamp", lambda: "")
    for _ in range(3):
        scene.run()
    assert len(recalled) == 2


def harm(path: Path, change: Callable[[bytes], bytes]) -> None:
    for entry in (path / ".mockgen" / "cache" / "plans").iterdir():
        entry.write_bytes(change(entry.read_bytes()))


def test_harmed_entries_are_passed_over(scene: Scene, recalled: list[str]) -> None:
    for _ in range(2):
        scene.run()
    whole = scene.outputs()
    for change in (
        lambda data: data[:-9],
        lambda data: data[:0],
        lambda data: data.replace(b"P", b"Q"),
    ):
        harm(scene.path, change)
        scene.run()
        assert recalled == []
        assert scene.outputs() == whole


def test_the_text_is_there_for_a_caret(scene: Scene) -> None:
    for _ in range(2):
        scene.run()
    project = open_project(scene.path)
    generate(project, Request(force=True, trust_locks=False))
    assert project.loader.documents() == ()
    texts = project.loader.texts()
    assert texts.get("specs/a/user_input.yaml") == SPEC.format(**scene.facts)
    assert texts.get("specs/none.yaml") is None
    assert "specs/b/user_input.yaml" in set(texts)
    assert len(texts) == len(set(texts))


def test_random_histories_end_as_clean_runs_do(scene: Scene, tmp_path: Path) -> None:
    chance = random.Random(11)
    choices: dict[str, tuple[object, ...]] = {
        "seed": (1, 2), "count": (4, 6), "values": ("P, C, D", "P, C", "{P: 3, C: 1}"),
        "most": (900, 90), "length": (3, 4), "names": ("Ada\nBo\nCy\n", "Ada\nBo\n"),
        "master": ("", '$slot: ""\nM: [1, 2, 3]\n', '$slot: ""\nM: 1\n'),
        "near": ("", '$slot: ""\nN: 1\n'),
        "project": ("", "seed: 4\n"),
    }  # fmt: skip
    choices["values"] = ("P, C, D", "P, C", "D, P")
    for step in range(sized(40, 600)):
        if chance.random() < 0.6:
            name = chance.choice([*choices])
            scene.edit(**{name: chance.choice(choices[name])})
        asked: dict[str, int] = chance.choice([{}, {}, {"count": 3}, {"seed": 5}])
        scene.run(**asked)
        assert scene.outputs() == scene.clean(tmp_path / f"clean{step}", **asked), step
        shutil.rmtree(tmp_path / f"clean{step}")
