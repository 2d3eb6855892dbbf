"""Outputs follow Git: what the program wrote goes or comes as in a clean run, whatever Git did."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.git.following import run_following
from tests.git.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SPEC = "specs/s/user_input.yaml"
LOCK = "mock_outputs/s/mockgen.lock"
FIRST = "mock_outputs/s/M/one.json"
SECOND = "mock_outputs/s/M/two.json"
ONE = "$count: 3\nM:\n  a: [x, y, z]\n  $scenarios: {one: {}}\n"
TWO = ONE.replace("one: {}", "one: {}, two: {}")
OTHER = TWO.replace("[x, y, z]", "[u, v, w]")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """One suite with one scenario, committed."""
    scene = Scene(path=tmp_path_factory.mktemp("small") / "project")
    scene.path.mkdir()
    scene.git("init", "-q", "-b", "main")
    scene.write(SPEC, ONE)
    scene.generate()
    scene.git("add", "--all")
    scene.git("commit", "-q", "-m", "Begin")
    return scene


@pytest.fixture
def project(small: Scene, tmp_path: Path) -> Scene:
    shutil.copytree(small.path, tmp_path / "project")
    return Scene(path=tmp_path / "project")


def save(project: Scene, spec: str) -> None:
    """Save the spec and generate."""
    project.write(SPEC, spec)
    project.generate()


def clean_run(project: Scene) -> dict[str, bytes]:
    """Return the outputs that the specs make in an empty project."""
    clean = Scene(path=project.path.parent / "clean")
    shutil.rmtree(clean.path, ignore_errors=True)
    shutil.copytree(project.path / "specs", clean.path / "specs")
    clean.generate()
    return outputs(clean)


def outputs(project: Scene) -> dict[str, bytes]:
    return {path: data for path, data in project.files().items() if path.startswith("mock_")}


def stash(project: Scene) -> None:
    project.git("stash", "-q")


def reset(project: Scene) -> None:
    project.git("reset", "-q", "--hard")


def check_out(project: Scene) -> None:
    project.git("checkout", "-q", "-f", "HEAD")


def switch(project: Scene) -> None:
    """Commit spec and lockfile, but not the output, and go to a branch that has neither."""
    project.git("checkout", "-q", "-b", "two")
    project.git("add", "specs", LOCK)
    project.git("commit", "-q", "-m", "two")
    project.git("checkout", "-q", "main")


def rebase(project: Scene) -> None:
    """Drop the commit that has the second scenario."""
    switch(project)
    project.git("checkout", "-q", "two")
    project.git("rebase", "-q", "--onto", "main", "two")


def lose_the_lockfile(project: Scene) -> None:
    (project.path / LOCK).unlink()
    project.write(SPEC, ONE)


@pytest.mark.parametrize("undo", [stash, reset, check_out, switch, rebase, lose_the_lockfile])
def test_an_output_that_git_leaves_behind_goes(
    project: Scene, undo: Callable[[Scene], None]
) -> None:
    save(project, TWO)
    undo(project)
    assert (project.path / SECOND).exists()
    told = project.mockgen("check")
    assert told.code == 1
    assert f"{SECOND}:1:1 MG507" in told.text
    project.generate()
    assert outputs(project) == clean_run(project)
    assert project.mockgen("check").code == 0


@pytest.mark.parametrize("undo", [stash, reset, check_out, switch, rebase, lose_the_lockfile])
def test_an_output_that_git_leaves_behind_is_replaced_when_it_is_wanted_again(
    project: Scene, undo: Callable[[Scene], None]
) -> None:
    save(project, TWO)
    undo(project)
    save(project, OTHER)
    assert outputs(project) == clean_run(project)


@pytest.mark.parametrize("undo", [stash, reset, check_out, switch, rebase, lose_the_lockfile])
def test_what_a_person_made_of_it_meanwhile_stays_and_is_named(
    project: Scene, undo: Callable[[Scene], None]
) -> None:
    save(project, TWO)
    undo(project)
    project.write(SECOND, "[]\n")
    project.generate()
    assert project.files()[SECOND] == b"[]\n"
    told = project.mockgen("check")
    assert told.code == 0
    assert f"{SECOND}:1:1 MG515" in told.text
    project.write(SPEC, OTHER)
    assert project.mockgen("generate").code == 1
    assert project.files()[SECOND] == b"[]\n"


def test_a_merge_finds_the_output_of_the_branch_again(project: Scene) -> None:
    save(project, TWO)
    switch(project)
    project.git("merge", "-q", "two")
    project.generate()
    assert outputs(project) == clean_run(project)


def test_a_lost_lockfile_is_made_again_for_edited_specs(project: Scene) -> None:
    save(project, TWO)
    (project.path / LOCK).unlink()
    save(project, OTHER)
    assert outputs(project) == clean_run(project)


def test_a_stash_that_comes_back_brings_its_outputs(project: Scene) -> None:
    save(project, TWO)
    stash(project)
    project.generate()
    project.git("stash", "pop", "-q")
    project.generate()
    assert outputs(project) == clean_run(project)
    assert SECOND in outputs(project)


def test_ignored_outputs_with_a_tracked_lockfile_follow_the_branch(project: Scene) -> None:
    project.write(".gitignore", "mock_outputs/*/M/\n")
    project.git("rm", "-r", "-q", "--cached", "mock_outputs/s/M")
    project.git("add", "--all")
    project.git("commit", "-q", "-m", "ignore")
    project.git("checkout", "-q", "-b", "other")
    save(project, OTHER)
    project.git("commit", "-q", "-a", "-m", "other")
    for branch in ("main", "other", "main"):
        project.git("checkout", "-q", branch)
        project.generate()
        assert outputs(project) == clean_run(project)


def test_a_new_suite_that_a_reset_takes_away_leaves_nothing(project: Scene) -> None:
    project.write("specs/t/user_input.yaml", TWO)
    project.generate()
    project.git("add", "specs/t", "mock_outputs/t/mockgen.lock")
    reset(project)
    assert (project.path / "mock_outputs/t/M/two.json").exists()
    project.generate()
    assert not (project.path / "mock_outputs/t").exists()
    project.write("specs/t/user_input.yaml", TWO)
    project.generate()
    assert outputs(project) == clean_run(project)


def test_git_clean_takes_outputs_and_generate_brings_them(project: Scene) -> None:
    save(project, TWO)
    project.git("clean", "-q", "-f", "-d", "-x")
    assert not (project.path / SECOND).exists()
    project.generate()
    assert outputs(project) == clean_run(project)


def test_an_output_that_was_renamed_is_a_persons_file(project: Scene) -> None:
    project.git("mv", FIRST, "mock_outputs/s/M/uno.json")
    project.generate()
    kept = outputs(project)
    assert kept.pop("mock_outputs/s/M/uno.json") == kept[FIRST]
    assert kept == clean_run(project)
    assert "mock_outputs/s/M/uno.json:1:1 MG515" in project.mockgen("check").text


def test_another_work_tree_has_a_memory_of_its_own(project: Scene) -> None:
    save(project, TWO)
    other = Scene(path=project.path.parent / "tree")
    project.git("worktree", "add", "-q", str(other.path), "-b", "tree")
    # Not written in this work tree: somebody copied it.
    shutil.copy(project.path / SECOND, other.path / SECOND)
    other.generate()
    assert SECOND in other.files()
    save(other, OTHER.replace("two", "three"))
    reset(other)
    other.generate()
    assert SECOND in other.files()
    assert "mock_outputs/s/M/three.json" not in other.files()


def test_a_suite_with_errors_keeps_what_it_may_want(project: Scene) -> None:
    save(project, TWO)
    stash(project)
    project.write(SPEC, "M: [\n")
    assert project.mockgen("generate").code == 1
    assert SECOND in project.files()


def test_a_run_over_one_suite_removes_nothing_of_another(project: Scene) -> None:
    project.write("specs/t/user_input.yaml", ONE)
    save(project, TWO)
    stash(project)
    assert project.mockgen("generate", "t").code == 0
    assert SECOND in project.files()
    assert "MG515" not in project.mockgen("check", "s").text


def test_hidden_files_are_not_named(project: Scene) -> None:
    project.write("mock_outputs/s/.gitattributes", "*.json -diff\n")
    project.write("mock_outputs/README.md", "Outputs.\n")
    told = project.mockgen("check")
    assert told.code == 0
    assert "MG515" not in told.text


@pytest.mark.parametrize("seed", range(6))
def test_outputs_are_a_clean_runs_after_any_history_under_a_daemon(
    tmp_path: Path, seed: int
) -> None:
    run_following(tmp_path, seed, steps=14)


@pytest.mark.long
def test_outputs_are_a_clean_runs_after_many_histories_under_a_daemon(tmp_path: Path) -> None:
    for seed in range(6, 206):
        run_following(tmp_path / str(seed), seed, steps=14)
