"""What was looked for and not there: its appearance is a change, whatever the lockfile can say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockgen_watch.cli.main import main
from mockgen_watch.lock.lockfile import Lockfile, read_lockfile
from mockgen_watch.workflow.sources import absent_paths

if TYPE_CHECKING:
    from pathlib import Path

SPEC = "Member:\n  name: {$vocab: first_name_in}\n"
COVERED = """Claim:
  kind: [a, b]
  state: [c, d]
  $scenarios:
    all: {$count: 4, $coverage: {strength: pairwise, keep: cases.json}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for suite, text in (("a/members", SPEC), ("claims", COVERED)):
        (tmp_path / "specs" / suite).mkdir(parents=True)
        (tmp_path / "specs" / suite / "user_input.yaml").write_text(text)
    assert run(tmp_path, "generate") == 0
    return tmp_path


def run(project: Path, *words: str) -> int:
    return main(["-C", str(project), "-q", *words])


def lock_of(project: Path, suite: str) -> Lockfile:
    path = project / "mock_outputs" / suite / "mockgen.lock"
    lock = read_lockfile(path.read_bytes(), str(path), f"specs/{suite}")
    assert isinstance(lock, Lockfile)
    return lock


def test_the_paths_follow_from_the_names_that_a_suite_looks_for(project: Path) -> None:
    lock = lock_of(project, "a/members")
    found = absent_paths("a/members", "specs", lock, set(lock.inputs))
    assert found is not None
    assert set(found) == {
        *(f"specs/mockgen.{ending}" for ending in ("yaml", "yml", "json")),
        *(
            f"specs/{folder}master.{ending}"
            for folder in ("", "a/", "a/members/")
            for ending in ("yaml", "yml", "json")
        ),
        *(f"specs/_vocab/first_name_in.{ending}" for ending in ("yaml", "yml", "json", "txt")),
    }
    for path in found:
        assert absent_paths("a/members", "specs", lock, {*lock.inputs, path}) is None


def test_a_file_of_cases_that_is_not_there_yet_is_not_guessed(project: Path) -> None:
    lock = lock_of(project, "claims")
    assert absent_paths("claims", "specs", lock, set(lock.inputs)) is None
    assert run(project, "check") == 0
    (project / "specs/claims/cases.json").write_text('{"cases": "none"}')
    assert run(project, "check") == 1


def test_a_suite_without_a_master_does_not_change_when_one_appears(project: Path) -> None:
    path = project / "specs/a/members/user_input.yaml"
    path.write_text("$master: null\n" + SPEC)
    assert run(project, "generate") == 0
    before = lock_of(project, "a/members")
    (project / "specs/master.yaml").write_text("$slot: m\nm: {}\n")
    assert run(project, "generate") == 0
    assert lock_of(project, "a/members") == before
