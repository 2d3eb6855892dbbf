"""A transaction in which a system call fails, once or from then on for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.scene import Scene
from tests.faults.scripted import AFTER, EDITED, HAND, UNOWNED, assert_old_or_new, prepare
from tests.faults.strace import Call, Server, needs_strace
from tests.faults.trees import bytes_below
from tests.unit.storage.projects import Project

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = needs_strace

ERRORS = {
    "ENOSPC": ("write", "fsync", "mkdir", "mkdirat", "openat", "linkat", "renameat", "renameat2"),
    "EIO": ("write", "fsync", "openat", "linkat", "renameat", "renameat2", "unlinkat", "unlink",
            "newfstatat", "getdents64", "ftruncate", "fchmod", "flock"),
    "EACCES": ("openat", "mkdirat", "linkat", "renameat", "renameat2", "unlinkat"),
    "EROFS": ("openat", "mkdirat", "linkat", "renameat", "renameat2", "unlinkat"),
    "EMFILE": ("openat",),
}  # fmt: skip
STEP = 11
"""The usual run tries every eleventh call, the long one every call."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    project = prepare(tmp_path_factory.mktemp("scene") / "project").path
    with Server("scripted") as server:
        yield Scene.of(server, project)


def fail_at(call: Call, error: str, scene: Scene, *, lasts: bool) -> None:
    project = Project(path=scene.copy())
    done = scene.server.run_with(f"error={error}", call, project.path, lasts=lasts)
    told = f"{call.label}({call.text}) {done.told}"
    straight = bytes_below(scene.done, "mock_outputs")
    assert "Traceback" not in done.told, told
    assert "Exception ignored" not in done.told, told
    files = project.files()
    assert_old_or_new(files)
    assert (files[EDITED], files[UNOWNED]) == (HAND, HAND), told
    if done.returncode == 0:
        # A call whose failure costs nothing: the work is done all the same.
        left = {name: data for name, data in files.items() if "/.mockgen-" not in name}
        assert left == straight, told
    elif not (lasts and call.name == "write"):
        # Where nothing can be written any more, stderr cannot either.
        assert done.returncode == 1, told
        assert f"[{error}]" in done.told, told
    outcome = project.run(*AFTER)
    assert (outcome.failures, outcome.backups) == ((), ()), told
    assert project.files() == straight, told


@pytest.mark.parametrize("lasts", [False, True], ids=["once", "for-good"])
@pytest.mark.parametrize("error", ERRORS)
def test_an_error_is_told_and_leaves_old_files(error: str, lasts: bool, scene: Scene) -> None:
    calls = [call for call in scene.calls if call.name in ERRORS[error]]
    for call in calls[int(lasts) :: STEP]:
        fail_at(call, error, scene, lasts=lasts)


@pytest.mark.long
@pytest.mark.parametrize("lasts", [False, True], ids=["once", "for-good"])
@pytest.mark.parametrize("error", ERRORS)
def test_every_error_is_told_and_leaves_old_files(error: str, lasts: bool, scene: Scene) -> None:
    for call in scene.calls:
        if call.name in ERRORS[error]:
            fail_at(call, error, scene, lasts=lasts)
