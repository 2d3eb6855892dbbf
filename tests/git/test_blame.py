"""What Git says of lines, read."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from mockgen_watch.git.history import Blame, blame_lines
from mockgen_watch.git.repository import Repository
from tests.git.scene import environment

if TYPE_CHECKING:
    from pathlib import Path


def git(folder: Path, *words: str, date: str = "2026-01-02T03:04:05 +0000") -> str:
    dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": "2027-01-01T00:00:00 +0000"}
    done = subprocess.run(
        ["git", *words],
        cwd=folder,
        env={**environment(), **dates},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return done.stdout.strip()


def test_lines_have_their_own_commits_or_none_yet(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    path = tmp_path / "a file.yaml"
    path.write_text("one\ntwo\nthree\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "First\n\nand more", date="2026-01-02T03:04:05 -0330")
    first = git(tmp_path, "rev-parse", "HEAD")
    path.write_text("one\n2\nthree\n")
    git(tmp_path, "commit", "-q", "-a", "-m", "Sécond", date="2026-01-02T03:04:05 +0530")
    second = git(tmp_path, "rev-parse", "HEAD")
    path.write_text("one\n2\nthree\nfour\n")

    found = blame_lines(Repository.of(tmp_path), "a file.yaml", (4, 1, 2, 3))
    old = Blame(commit=first, author="Asha", date="2026-01-02T03:04:05-03:30", subject="First")
    assert found == {
        1: old,
        2: Blame(commit=second, author="Asha", date="2026-01-02T03:04:05+05:30", subject="Sécond"),
        3: old,
        4: Blame(),
    }


def test_a_file_that_git_does_not_know_is_not_committed_yet(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "new").write_text("one\n")
    assert blame_lines(Repository.of(tmp_path), "new", (1,)) == {1: Blame()}
