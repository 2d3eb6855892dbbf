"""Backups of what no spec can make again."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockgen_watch.errors import UsageError
from mockgen_watch.storage.archive import restore_backup
from mockgen_watch.storage.backup import clear_unfinished, list_backups
from tests.unit.lock.suites import wanted_output, wanted_suite
from tests.unit.storage.projects import Project

SUITE = wanted_suite(wanted_output())
PATH = "claims/Model_1/positive.json"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    path = tmp_path / "project"
    path.mkdir()
    project = Project(path=path)
    project.run(SUITE)
    return project


def force(project: Project, data: bytes) -> None:
    (project.outputs / PATH).write_bytes(data)
    project.run(SUITE, is_forced=True)


def test_no_backup_replaces_another(project: Project) -> None:
    assert list_backups(project.state) == []
    for data in (b"one", b"two", b"one"):
        force(project, data)
    backups = list_backups(project.state)
    assert [(one.number, one.path, one.size) for one in backups] == [
        ("000001", PATH, 3),
        ("000002", PATH, 3),
        ("000003", PATH, 3),
    ]
    assert backups[0].digest == backups[2].digest != backups[1].digest


def test_a_restored_backup_is_the_edit_again_and_saves_what_it_replaces(project: Project) -> None:
    force(project, b"by hand")
    made = (project.outputs / PATH).read_bytes()
    restore_backup(project.root, "000001")
    assert (project.outputs / PATH).read_bytes() == b"by hand"
    assert [one.file.path for one in project.run(SUITE).refusals] == [PATH]
    restore_backup(project.root, "000002")
    assert (project.outputs / PATH).read_bytes() == made
    assert project.run(SUITE).refusals == ()


def test_a_backup_is_restored_where_nothing_is_left(project: Project) -> None:
    force(project, b"by hand")
    project.run()
    assert project.files() == {}
    restore_backup(project.root, "000001")
    assert project.files() == {PATH: b"by hand"}


@pytest.mark.parametrize("number", ["000009", "", "../../x", "1", "000001/.."])
def test_a_backup_that_is_none_is_refused(project: Project, number: str) -> None:
    force(project, b"by hand")
    with pytest.raises(UsageError):
        restore_backup(project.root, number)


def test_a_backup_that_was_cut_short_is_none(project: Project) -> None:
    force(project, b"by hand")
    cut = Path(project.state.folder) / "backups/000002"
    cut.mkdir()
    (cut / "bytes").write_bytes(b"half")
    broken = Path(project.state.folder) / "backups/000003"
    broken.mkdir()
    (broken / "about.json").write_bytes(b"{")
    assert [one.number for one in list_backups(project.state)] == ["000001"]
    clear_unfinished(project.state)
    assert not cut.exists()
    assert broken.exists()
    force(project, b"again")
    assert [one.number for one in list_backups(project.state)] == ["000001", "000004"]
