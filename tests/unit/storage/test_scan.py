"""Two scans are equal when nothing moved, and differ by every way in which a file can change."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.storage.scan import Scan, scan_project
from mockgen_watch.storage.stat_cache import RACY_NS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SPEC = "specs/a/user_input.yaml"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in (SPEC, "specs/b/c/user_input.json", "mock_outputs/a/out.json"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("12345")
    return tmp_path


def scan(project: Path) -> Scan:
    return scan_project(project, "mock_outputs")


def test_it_finds_specs_outputs_and_folders(project: Path) -> None:
    found = scan(project)
    assert set(found.specs) == {SPEC, "specs/b/c/user_input.json"}
    assert set(found.outputs) == {"mock_outputs/a/out.json"}
    assert found.folders == 4
    assert found.has_specs


def test_reading_moves_nothing(project: Path) -> None:
    before = scan(project)
    (project / SPEC).read_text()
    assert scan(project).is_same(before)


def keep_size_and_time(path: Path) -> None:
    status = path.stat()
    path.write_text("54321")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def replace(path: Path) -> None:
    other = path.with_suffix(".tmp")
    shutil.copy2(path, other)
    other.replace(path)


CHANGES: dict[str, Callable[[Path], object]] = {
    "longer": lambda path: path.write_text("123456"),
    "same size and time": keep_size_and_time,
    "replaced by a copy": replace,
    "deleted": lambda path: path.unlink(),
    "renamed": lambda path: path.rename(path.with_name("master.yaml")),
    "another file": lambda path: path.with_name("other.yaml").write_text(""),
    "folder deleted": lambda path: shutil.rmtree(path.parent),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_every_change_of_a_spec_shows(project: Path, change: Callable[[Path], object]) -> None:
    before = scan(project)
    change(project / SPEC)
    after = scan(project)
    assert not after.is_same(before)
    assert after.seen_by_events(before)
    assert after.outputs == before.outputs


def test_a_change_of_an_output_shows_apart_from_specs(project: Path) -> None:
    before = scan(project)
    (project / "mock_outputs/a/out.json").unlink()
    after = scan(project)
    assert not after.is_same(before)
    assert before.outputs.keys() - after.outputs.keys() == {"mock_outputs/a/out.json"}
    assert after.moved_specs(before) == ()


@pytest.mark.parametrize("name", [".hidden.yaml", "user_input.yaml~", "4913", ".git/x.yaml"])
def test_what_no_spec_can_be_is_passed_over(project: Path, name: str) -> None:
    before = scan(project)
    path = project / "specs/a" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("x")
    assert scan(project).is_same(before)


def test_a_linked_file_is_looked_at_where_it_leads(project: Path) -> None:
    target = project / "shared.yaml"
    target.write_text("one")
    (project / "specs/a/link.yaml").symlink_to(target)
    before = scan(project)
    target.write_text("another")
    after = scan(project)
    assert not after.is_same(before)
    assert after.seen_by_events(before) == ()
    assert after.moved_specs(before)


def test_a_linked_folder_is_gone_through_once(project: Path) -> None:
    (project / "specs/a/loop").symlink_to(project / "specs")
    assert scan(project).is_same(scan(project))


def test_links_that_lead_outside_or_nowhere_are_not_followed(project: Path) -> None:
    (project / "specs/a/out.yaml").symlink_to("/etc/hostname")
    (project / "specs/a/nowhere.yaml").symlink_to("nowhere")
    assert scan(project).linked.keys() == {"specs/a/out.yaml", "specs/a/nowhere.yaml"}


def test_a_folder_without_files_shows_where_a_link_leads_to_it(project: Path) -> None:
    (project / "specs/a/later.yaml").symlink_to("later")
    before = scan(project)
    (project / "specs/a/later").mkdir()
    assert not scan(project).is_same(before)


def test_a_missing_specs_folder_is_told_from_an_empty_one(project: Path) -> None:
    shutil.rmtree(project / "specs")
    gone = scan(project)
    (project / "specs").mkdir()
    empty = scan(project)
    assert not gone.has_specs
    assert empty.has_specs
    assert not gone.is_same(empty)


def test_a_folder_made_again_is_another_one(project: Path) -> None:
    before = scan(project)
    (project / "specs").rename(project / "old")
    shutil.copytree(project / "old", project / "specs")
    assert scan(project).identity != before.identity


def test_a_file_is_racy_while_it_is_young_and_no_longer(project: Path) -> None:
    (project / SPEC).write_text("young")
    born = (project / SPEC).stat().st_ctime_ns
    found = scan_project(project, None, lambda: born + RACY_NS - 1)
    assert found.is_racy
    found = scan_project(project, None, lambda: born + RACY_NS)
    assert not found.is_racy
