"""A transaction killed at each of its system calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.scene import Scene, assert_old_or_new, set_scene
from tests.faults.scripted import AFTER, EDITED, HAND, UNOWNED
from tests.faults.strace import Call, needs_strace, run_with
from tests.unit.storage.projects import files_in

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = needs_strace

WRITING = (
    ("write", "mkdir", "mkdirat", "ftruncate", "fchmod"),
    ("fsync",),
    ("rename", "renameat", "renameat2", "link", "linkat"),
    ("unlink", "unlinkat", "rmdir"),
)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return set_scene(tmp_path_factory.mktemp("scene"))


@pytest.fixture(scope="module")
def forced(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return set_scene(tmp_path_factory.mktemp("forced"), "--force")


def kill_at(call: Call, scene: Scene, path: Path) -> None:
    project = scene.copy(path)
    done = run_with("signal=KILL", call, project.path, *scene.arguments)
    assert done.returncode == -9, f"{call.label} was not reached: {done.stderr}"
    files = project.files()
    assert_old_or_new(files)
    saved = {data for name, data in files_in(project.state.path).items() if "backups" in name}
    for edited in (EDITED, UNOWNED):
        if not scene.arguments:
            assert files[edited] == HAND
        elif files.get(edited) != HAND:
            left = [data for name, data in files.items() if name.endswith(".old")]
            assert HAND in saved | set(left)
    is_forced = bool(scene.arguments)
    outcome = project.run(*AFTER, is_forced=is_forced)
    assert outcome.failures == ()
    assert project.files() == scene.done
    assert is_forced or outcome.backups == ()
    state = files_in(project.state.path)
    assert not [name for name in state if ".mockgen-" in name]
    if is_forced:
        backups = [data for name, data in state.items() if name.endswith("/bytes")]
        assert backups.count(HAND) >= 2
    again = project.run(*AFTER)
    assert (again.failures, project.files()) == ((), scene.done)


def kill_at_all(calls: list[Call], scene: Scene, path: Path) -> None:
    assert len(calls) >= 10
    for call in calls:
        kill_at(call, scene, path / call.label)


def test_the_scene_does_all_that_a_transaction_can_do(scene: Scene) -> None:
    assert {call.name for call in scene.calls} >= {
        "openat", "mkdirat", "write", "fsync", "linkat", "renameat", "renameat2", "unlinkat",
    }  # fmt: skip
    assert {name for name in scene.done if name.endswith(".mockgen-new")} == {
        f"{EDITED}.mockgen-new",
        f"{UNOWNED}.mockgen-new",
    }


@pytest.mark.parametrize("names", WRITING, ids="-".join)
def test_a_kill_at_any_writing_call_is_made_up_for(
    names: tuple[str, ...], scene: Scene, tmp_path: Path
) -> None:
    kill_at_all([call for call in scene.calls if call.name in names], scene, tmp_path)


@pytest.mark.long
def test_a_kill_at_any_other_call_is_made_up_for(scene: Scene, tmp_path: Path) -> None:
    names = {name for group in WRITING for name in group}
    kill_at_all([call for call in scene.calls if call.name not in names], scene, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("names", WRITING, ids="-".join)
def test_a_kill_at_any_call_by_force_loses_no_edit(
    names: tuple[str, ...], forced: Scene, tmp_path: Path
) -> None:
    kill_at_all([call for call in forced.calls if call.name in names], forced, tmp_path)
