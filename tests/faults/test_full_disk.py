"""A disk that is full, and one that may not be written to."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.errors import StorageError
from tests.unit.lock.suites import content, files_of, wanted_output, wanted_suite
from tests.unit.storage.projects import Project, clean_run, files_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mockgen_watch.lock.model import OutputAction

ONE = wanted_output("positive")
LARGE = wanted_output("negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """A file system in memory, of its own."""

    path: Path

    def mount(self, options: str) -> None:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.path)],
            check=True,
            capture_output=True,
        )

    def change(self, options: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{options}", str(self.path)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    path = tmp_path / "disk"
    path.mkdir()
    disk = Disk(path=path)
    try:
        disk.mount("size=256k")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no file system can be mounted here")
    yield disk
    subprocess.run(["umount", str(path)], check=True)


def produce(action: OutputAction) -> Iterator[tuple[str, Iterator[bytes]]]:
    size = 3_000_000 if action.output.name == LARGE.name else 1
    for file in action.files:
        data = content(action.output, file.path)
        yield file.path, iter([data] + [b"x" * 100_000] * (size // 100_000))


@pytest.mark.parametrize("state_is_elsewhere", [True, False])
def test_on_a_full_disk_the_old_files_stand_and_the_next_run_makes_up(
    disk: Disk, tmp_path: Path, state_is_elsewhere: bool
) -> None:
    project = Project(path=disk.path)
    if state_is_elsewhere:
        (tmp_path / "elsewhere").mkdir()
        (disk.path / ".mockgen").symlink_to(tmp_path / "elsewhere")
    project.run(wanted_suite(ONE), produce=produce)
    before = project.files()
    changed = wanted_suite(wanted_output("positive", "2"), LARGE)
    outcome = project.run(changed, produce=produce)
    (failure,) = outcome.failures
    assert isinstance(failure.error, StorageError)
    assert failure.error.errno_name == "ENOSPC"
    assert failure.error.path == "mock_outputs/claims/Model_1/negative.json"
    assert project.files().keys() == before.keys()
    assert project.files()["claims/Model_1/positive.json"] == next(
        iter(files_of(changed.outputs[0]).values())
    )
    disk.change("size=16m")
    assert project.run(changed, produce=produce).failures == ()
    small = clean_run(tmp_path / "clean", wanted_suite(changed.outputs[0]))
    assert small.keys() < project.files().keys()
    assert not [name for name in files_in(disk.path) if "/.mockgen-" in name]


def test_without_inodes_nothing_is_lost(disk: Disk) -> None:
    project = Project(path=disk.path)
    project.run(wanted_suite(ONE))
    used = sum(1 for _ in disk.path.rglob("*")) + 1
    disk.change(f"nr_inodes={used + 1}")
    before = project.files()
    with pytest.raises(StorageError) as caught:
        project.run(wanted_suite(wanted_output("positive", "2"), LARGE))
    assert caught.value.errno_name == "ENOSPC"
    assert project.files() == before
    disk.change("nr_inodes=0")
    assert project.run(wanted_suite(wanted_output("positive", "2"), LARGE)).failures == ()


def test_what_may_only_be_read_is_looked_at_but_not_written(disk: Disk) -> None:
    project = Project(path=disk.path)
    project.run(wanted_suite(ONE))
    project.run(wanted_suite(ONE))
    before = project.files()
    disk.change("ro")
    assert project.run(wanted_suite(ONE)).failures == ()
    failures = project.run(wanted_suite(wanted_output("positive", "2"))).failures
    assert {type(failure.error) for failure in failures} == {StorageError}
    assert all("[EROFS]" in str(failure.error) for failure in failures)
    assert failures
    assert project.files() == before
    disk.change("rw")
    assert project.run(wanted_suite(wanted_output("positive", "2"))).failures == ()
    shutil.rmtree(project.outputs)
