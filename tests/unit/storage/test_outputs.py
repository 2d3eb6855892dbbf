"""The snapshot of the output folder."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.diagnostics import Diagnostic
from mockgen_watch.storage.outputs import read_outputs
from mockgen_watch.storage.project_folder import OutputRoot, StateFolder
from tests.unit.lock.suites import CONTRACT, find_stale, wanted_output, wanted_suite
from tests.unit.storage.projects import Project

if TYPE_CHECKING:
    from pathlib import Path

SUITE = wanted_suite(wanted_output())
PATH = "claims/Model_1/positive.json"


@pytest.fixture
def made(tmp_path: Path) -> Project:
    path = tmp_path / "project"
    path.mkdir()
    project = Project(path=path)
    project.run(SUITE)
    return project


def test_a_folder_that_is_not_there_is_empty_and_stays_away(tmp_path: Path) -> None:
    project = Project(path=tmp_path)
    tree = read_outputs(project.root)
    assert (tree.identity, tree.stamps, tree.locks) == (None, {}, {})
    assert tree.snapshot([SUITE], contract=CONTRACT).disk == {}
    assert list(tmp_path.iterdir()) == []


def test_looking_writes_nothing(made: Project) -> None:
    before = {path: path.stat() for path in made.path.rglob("*")}
    tree, found = made.look([SUITE])
    assert find_stale(found, "mock_outputs") == []
    assert set(tree.stamps) == {PATH, "claims/mockgen.lock"}
    assert {path: path.stat() for path in made.path.rglob("*")} == before


def test_files_that_matter_to_nobody_are_not_read(made: Project) -> None:
    with (made.outputs / "claims/huge").open("wb") as file:
        file.truncate(1 << 40)
    _, found = made.look([SUITE])
    assert "claims/huge" not in found.snapshot.disk


def test_a_large_output_is_read_once(made: Project) -> None:
    # A stamp that the cache holds is believed: a digest that only the cache can know comes back.
    path = made.outputs / PATH
    os.utime(path, ns=(10**18, 10**18))
    tree = read_outputs(made.root)
    late = max(tree.stamps[PATH].mtime_ns, tree.stamps[PATH].ctime_ns) + 10**9
    tree.cache.put(PATH, tree.stamps[PATH], "blake3:" + "0" * 64, late)
    tree.cache.save()
    _, found = made.look([SUITE])
    assert found.snapshot.disk[PATH] == "blake3:" + "0" * 64
    os.utime(path, ns=(10**18, 10**18 + 1))
    _, found = made.look([SUITE])
    assert found.snapshot.disk[PATH] != "blake3:" + "0" * 64


def test_a_lockfile_that_is_a_link_cannot_be_read(made: Project) -> None:
    lock = made.outputs / "claims/mockgen.lock"
    lock.rename(made.path / "moved")
    lock.symlink_to(made.path / "moved")
    _, found = made.look([SUITE])
    assert [one.code for one in found.blocked] == ["MG505"]
    assert found.blocked[0].location.path == "mock_outputs/claims/mockgen.lock"


def test_a_second_look_reads_only_lockfiles_that_changed(made: Project) -> None:
    lock = made.outputs / "claims/mockgen.lock"
    os.utime(lock, ns=(10**18, 10**18))
    first = read_outputs(made.root)
    stamp = first.stamps["claims/mockgen.lock"]
    late = stamp.ctime_ns + 10**9
    first.cache.put("claims/mockgen.lock", stamp, first.lock_digests["claims/mockgen.lock"], late)
    second = read_outputs(made.root, first)
    assert second.locks["claims"] is first.locks["claims"]
    assert second.lock_digests == first.lock_digests
    data = lock.read_bytes().replace(b'"complete": true', b'"complete": null')
    lock.write_bytes(data)
    os.utime(lock, ns=(10**18, 10**18))
    third = read_outputs(made.root, second)
    assert isinstance(third.locks["claims"], Diagnostic)
    lock.unlink()
    assert read_outputs(made.root, third).locks == {}


@pytest.mark.parametrize("kind", ["folder", "fifo", "link"])
def test_an_obstacle_is_told(made: Project, kind: str) -> None:
    path = made.outputs / PATH
    path.unlink()
    if kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to("x")
    outcome = made.run(SUITE)
    assert [one.file.path for one in outcome.refusals] == [PATH]
    assert outcome.failures == ()


def test_a_file_where_a_folder_is_needed_is_told(tmp_path: Path) -> None:
    project = Project(path=tmp_path)
    project.outputs.mkdir()
    (project.outputs / "claims").write_bytes(b"mine")
    (refusal,) = project.run(SUITE).refusals
    assert refusal.file.obstacle == "a file at claims"
    assert project.files() == {"claims": b"mine"}


def test_an_output_folder_elsewhere_has_a_journal_and_a_cache_of_its_own(tmp_path: Path) -> None:
    state = StateFolder(tmp_path / "state")
    inside = OutputRoot.in_project(tmp_path, "mock_outputs", state)
    outside = OutputRoot.at(tmp_path / "out", state)
    assert inside.journal_name != outside.journal_name
    assert inside.cache_name != outside.cache_name
    with outside.open(create=True):
        assert (tmp_path / "out").is_dir()
    moved = OutputRoot.in_project(tmp_path / "moved", "mock_outputs", state)
    assert moved.journal_name == inside.journal_name


def test_lockfiles_of_suites_inside_suites_are_told_apart(tmp_path: Path) -> None:
    project = Project(path=tmp_path)
    suites = [wanted_suite(wanted_output(suite=name), suite=name) for name in ("", "a", "a/b")]
    project.run(*suites)
    tree = read_outputs(project.root)
    assert sorted(tree.locks) == ["", "a", "a/b"]
    assert not any(isinstance(lock, Diagnostic) for lock in tree.locks.values())
