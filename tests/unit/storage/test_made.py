"""The memory of what was made: it is bounded, and harmless where it is torn or unreadable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.lock.lockfile import JournalEntry
from mockgen_watch.storage import made
from mockgen_watch.storage.made import read_made, remember_made
from tests.unit.lock.suites import producer, wanted_output, wanted_suite
from tests.unit.storage.projects import Project

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def entry(number: int) -> JournalEntry:
    return JournalEntry(
        suite="a", path=f"a/M/{number}.json", digest=f"blake3:{number:064x}", key="blake3:0"
    )


def begin(tmp_path: Path) -> Project:
    (tmp_path / "project").mkdir()
    return Project(path=tmp_path / "project")


def test_the_newest_comes_first_and_each_once(tmp_path: Path) -> None:
    root = begin(tmp_path).root
    assert read_made(root) == ()
    remember_made(root, [entry(1), entry(2)])
    remember_made(root, [entry(1)])
    assert read_made(root) == (entry(1), entry(2))


def test_the_oldest_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(made, "MOST_BYTES", 2000)
    project = begin(tmp_path)
    for number in range(100):
        remember_made(project.root, [entry(number)])
        size = len(project.state.read(project.root.made_name) or b"")
        assert size <= made.MOST_BYTES
    kept = read_made(project.root)
    assert kept == tuple(entry(99 - age) for age in range(len(kept)))
    assert len(kept) > 3


def test_a_torn_line_harms_no_other(tmp_path: Path) -> None:
    project = begin(tmp_path)
    remember_made(project.root, [entry(1), entry(2)])
    data = project.state.read(project.root.made_name) or b""
    project.state.write(project.root.made_name, data[:-5])
    remember_made(project.root, [entry(3)])
    assert read_made(project.root) == (entry(3), entry(1))


def test_without_a_memory_a_file_that_no_lockfile_owns_stays(tmp_path: Path) -> None:
    project = begin(tmp_path)
    project.run(wanted_suite(wanted_output("positive", "0", suite="a"), suite="a"))
    (project.outputs / "a/mockgen.lock").unlink()
    project.state.write(project.root.made_name, b"\xff nothing\n")
    before = project.files()
    outcome = project.run(
        wanted_suite(wanted_output("positive", "1", suite="a"), suite="a"), produce=producer()
    )
    assert [refusal.file.path for refusal in outcome.refusals] == list(before)


def test_a_folder_that_a_kill_left_empty_goes(tmp_path: Path) -> None:
    project = begin(tmp_path)
    suite = wanted_suite(wanted_output("positive", "0", suite="a"), suite="a")
    project.run(suite)
    (path,) = (project.outputs / "a").rglob("*.json")
    path.unlink()
    (project.outputs / "theirs").mkdir()
    project.run()
    assert not (project.outputs / "a").exists()
    assert (project.outputs / "theirs").exists()
