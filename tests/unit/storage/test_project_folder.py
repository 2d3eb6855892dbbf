"""Projects, work trees and the state folder, against what Git itself says."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from mockgen_watch.errors import StorageError, UsageError
from mockgen_watch.storage.project_folder import (
    StateFolder,
    find_project,
    find_work_tree,
    git_folder_of,
    state_folder,
)


def git(folder: Path, *arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if "GIT" not in name}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    who = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    allow = ["-c", "protocol.file.allow=always"]
    done = subprocess.run(
        ["git", *who, *allow, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def git_path(folder: Path) -> Path:
    return (folder / git(folder, "rev-parse", "--git-path", "mockgen")).resolve()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    path = tmp_path / "repository"
    (path / "specs").mkdir(parents=True)
    (path / "specs/x.yaml").write_bytes(b"a: 1\n")
    git(path, "init", "-q")
    git(path, "add", ".")
    git(path, "commit", "-qm", "x")
    return path


def test_the_state_folder_is_the_one_that_git_names(repository: Path) -> None:
    assert state_folder(repository) == str(git_path(repository))


def test_a_linked_work_tree_has_a_state_of_its_own(repository: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    git(repository, "worktree", "add", "-q", str(linked))
    assert state_folder(linked) == str(git_path(linked))
    assert state_folder(linked) != state_folder(repository)


def test_a_submodule_has_a_state_of_its_own(repository: Path, tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q")
    git(outer, "submodule", "--quiet", "add", str(repository), "inner")
    assert (outer / "inner/.git").is_file()
    assert state_folder(outer / "inner") == str(git_path(outer / "inner"))
    assert Path(state_folder(outer / "inner")).is_relative_to(outer / ".git")


def test_projects_of_one_repository_do_not_share_their_state(repository: Path) -> None:
    for name in ("a/api", "b/api"):
        (repository / name / "specs").mkdir(parents=True)
    folders = {Path(state_folder(repository / name)) for name in ("", "a/api", "b/api")}
    assert len(folders) == 3
    assert all(folder.is_relative_to(repository / ".git/mockgen") for folder in folders)


def test_without_git_the_state_is_in_the_project(tmp_path: Path) -> None:
    assert state_folder(tmp_path) == str(tmp_path / ".mockgen")
    StateFolder.of(tmp_path).write("x", b"y")
    assert (tmp_path / ".mockgen/.gitignore").read_bytes() == b"*\n"
    git(tmp_path, "init", "-q")
    assert git(tmp_path, "status", "--porcelain") == ""


def test_what_a_kill_left_undone_in_a_state_folder_is_made_up_for(tmp_path: Path) -> None:
    # Killed after the folder was made and before its first file had its name.
    (tmp_path / ".mockgen").mkdir()
    (tmp_path / ".mockgen/.mockgen-123-4.tmp").write_bytes(b"*")
    state = StateFolder.of(tmp_path)
    state.write("x", b"y")
    state.clear_temporaries()
    files = {path.name: path.read_bytes() for path in Path(state.folder).iterdir()}
    assert files == {".gitignore": b"*\n", "x": b"y"}


def test_a_state_folder_that_is_not_there_has_nothing_to_clear(tmp_path: Path) -> None:
    StateFolder.of(tmp_path).clear_temporaries()
    assert list(tmp_path.iterdir()) == []


def test_a_state_folder_in_git_is_no_part_of_the_work_tree(repository: Path) -> None:
    state = StateFolder.of(repository)
    state.write("x", b"y")
    assert git(repository, "status", "--porcelain") == ""
    assert [path.name for path in Path(state.folder).iterdir()] == ["x"]


def test_the_environment_does_not_change_what_is_found(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", "/nonsense")
    assert state_folder(repository) == str(repository / ".git/mockgen")


def test_the_project_is_the_nearest_folder_with_specs(repository: Path) -> None:
    inner = repository / "packages/api"
    (inner / "src/deep").mkdir(parents=True)
    assert find_project(inner / "src/deep") == str(repository)
    (inner / "specs").mkdir()
    assert find_project(inner / "src/deep") == str(inner)
    assert find_project(repository / "specs") == str(repository)


def test_the_search_for_a_project_ends_at_the_work_tree(tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    inner = tmp_path / "repository/src"
    inner.mkdir(parents=True)
    assert find_project(inner) == str(tmp_path)
    git(tmp_path / "repository", "init", "-q")
    with pytest.raises(UsageError, match="mockgen-watch init"):
        find_project(inner)


def test_a_git_that_is_none_is_passed_over(repository: Path) -> None:
    inner = repository / "inner"
    (inner / ".git").mkdir(parents=True)
    assert git_folder_of(inner) is None
    assert find_work_tree(inner) == (str(repository), str(repository / ".git"))
    assert git(inner, "rev-parse", "--show-toplevel") == str(repository)


@pytest.mark.parametrize("text", ["", "nonsense", "gitdir: ../nowhere\n", "gitdir: \0\n"])
def test_a_git_file_that_leads_nowhere_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / ".git").write_text(text)
    with pytest.raises(StorageError, match=r"\.git"):
        git_folder_of(tmp_path)
