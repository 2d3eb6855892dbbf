"""While Git rewrites the work tree the daemon waits; not for ever."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.watch.schedule import Gate, Verdict, find_blocker

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    return tmp_path


def running(folder: Path, number: int, cwd: Path, *words: str) -> None:
    """Put a process into a folder that stands for /proc."""
    place = folder / str(number)
    place.mkdir(parents=True)
    (place / "cmdline").write_bytes(b"\0".join(word.encode() for word in words) + b"\0")
    (place / "cwd").symlink_to(cwd)


def test_it_passes_when_git_does_nothing() -> None:
    assert Gate().decide(0.0, None) is Verdict.BEGIN


def test_it_holds_until_git_is_done() -> None:
    gate = Gate(longest=60.0)
    assert gate.decide(0.0, "index.lock") is Verdict.HOLD
    assert gate.decide(59.9, "index.lock") is Verdict.HOLD
    assert gate.held_since == 0.0
    assert gate.decide(59.95, None) is Verdict.BEGIN
    assert gate.held_since is None


def test_it_goes_on_after_the_limit_and_says_so_once() -> None:
    gate = Gate(longest=60.0)
    gate.decide(0.0, "index.lock")
    assert gate.decide(60.0, "index.lock") is Verdict.OVERRUN
    assert gate.decide(60.1, "index.lock") is Verdict.BEGIN
    assert gate.decide(90.0, "index.lock") is Verdict.BEGIN
    assert gate.held_since is None


def test_after_git_was_done_it_holds_anew() -> None:
    gate = Gate(longest=60.0)
    gate.decide(0.0, "index.lock")
    gate.decide(60.0, "index.lock")
    gate.decide(61.0, None)
    assert gate.decide(62.0, "index.lock") is Verdict.HOLD


@pytest.mark.parametrize("mark", ["index.lock", "rebase-merge", "rebase-apply"])
def test_what_git_leaves_in_its_folder_blocks(project: Path, tmp_path: Path, mark: str) -> None:
    assert find_blocker(project, str(tmp_path / "none")) is None
    (project / ".git" / mark).touch()
    assert find_blocker(project, str(tmp_path / "none")) == mark


@pytest.mark.parametrize(
    "words",
    [
        ("git", "commit", "-m", "x"),
        ("/usr/bin/git", "-c", "a.b=c", "commit"),
        ("git", "stash", "push"),
        ("/usr/bin/python3", "/usr/bin/pre-commit", "run", "--all-files"),
        ("python3", "-m", "pre_commit", "run"),
    ],
)
def test_a_process_that_may_stash_blocks(
    project: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    processes = tmp_path / "proc"
    running(processes, 17, project, *words)
    assert find_blocker(project, str(processes)) is not None


@pytest.mark.parametrize("words", [("git", "log"), ("vim", "commit"), ("git", "status"), ("",)])
def test_other_processes_do_not_block(
    project: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    processes = tmp_path / "proc"
    running(processes, 17, project, *words)
    assert find_blocker(project, str(processes)) is None


def test_a_commit_elsewhere_does_not_block(project: Path, tmp_path: Path) -> None:
    processes = tmp_path / "proc"
    beside = tmp_path.with_name(f"{tmp_path.name}-beside")
    running(processes, 17, beside, "git", "commit")
    assert find_blocker(project, str(processes)) is None


def test_a_process_that_ends_meanwhile_is_passed_over(project: Path, tmp_path: Path) -> None:
    processes = tmp_path / "proc"
    running(processes, 17, project, "git", "commit")
    (processes / "17" / "cwd").unlink()
    assert find_blocker(project, str(processes)) is None


def test_a_folder_without_git_is_never_blocked(tmp_path: Path) -> None:
    assert find_blocker(tmp_path) is None
