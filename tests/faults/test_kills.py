"""A transaction killed at each of its system calls."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.kills import Kills
from tests.faults.scene import Scene
from tests.faults.scripted import AFTER, EDITED, HAND, UNOWNED, assert_old_or_new, prepare
from tests.faults.strace import Server, needs_strace
from tests.faults.trees import Tree, bytes_below
from tests.unit.storage.projects import Project, files_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.faults.strace import Call

pytestmark = needs_strace

WRITING = (
    ("write", "mkdir", "mkdirat", "ftruncate", "fchmod"),
    ("fsync",),
    ("rename", "renameat", "renameat2", "link", "linkat"),
    ("unlink", "unlinkat", "rmdir"),
)


@pytest.fixture(scope="module", params=["young", "old"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with Server("scripted", request.param) as server:
        yield server


@pytest.fixture(scope="module")
def scene(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return Scene.of(server, prepare(tmp_path_factory.mktemp("scene") / "project").path)


@pytest.fixture(scope="module")
def forced(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    project = prepare(tmp_path_factory.mktemp("forced") / "project").path
    return Scene.of(server, project, "--force")


def look(scene: Scene, tree: Tree) -> str:
    """Check that every output is old or new, and that no edit by hand is lost."""
    files = bytes_below(tree, "mock_outputs")
    assert_old_or_new(files)
    saved = set(bytes_below(tree, ".mockgen/backups").values())
    for edited in (EDITED, UNOWNED):
        if not scene.words:
            assert files[edited] == HAND
        elif files.get(edited) != HAND:
            left = [data for name, data in files.items() if name.endswith(".old")]
            assert HAND in saved | set(left)
    return "killed"


def judge(scene: Scene) -> None:
    """Check that the next run makes up for the kill, and that the one after it finds all done."""
    project, is_forced = Project(path=scene.place), bool(scene.words)
    done = bytes_below(scene.done, "mock_outputs")
    outcome = project.run(*AFTER, is_forced=is_forced)
    assert outcome.failures == ()
    assert project.files() == done
    assert is_forced or outcome.backups == ()
    state = files_in(Path(project.state.folder))
    assert not [name for name in state if ".mockgen-" in name]
    if is_forced:
        backups = [data for name, data in state.items() if name.endswith("/bytes")]
        assert backups.count(HAND) >= 2
    again = project.run(*AFTER)
    assert (again.failures, project.files()) == ((), done)


def kill_at_all(calls: Sequence[Call], scene: Scene) -> None:
    assert len(calls) >= 10
    kills = Kills(scene=scene, look=look, judge=judge)
    kills.kill_at_all(calls)
    assert not kills.failures, "\n".join(kills.failures)
    assert kills.count == len(calls)


def test_the_scene_does_all_that_a_transaction_can_do(scene: Scene) -> None:
    assert {call.name for call in scene.calls} >= {
        "openat", "mkdirat", "write", "fsync", "linkat", "renameat", "renameat2", "unlinkat",
    }  # fmt: skip
    done = bytes_below(scene.done, "mock_outputs")
    assert {name for name in done if name.endswith(".mockgen-new")} == {
        f"{EDITED}.mockgen-new",
        f"{UNOWNED}.mockgen-new",
    }


@pytest.mark.parametrize("names", WRITING, ids="-".join)
def test_a_kill_at_any_writing_call_is_made_up_for(names: tuple[str, ...], scene: Scene) -> None:
    kill_at_all([call for call in scene.calls if call.name in names], scene)


@pytest.mark.long
def test_a_kill_at_any_other_call_is_made_up_for(scene: Scene) -> None:
    names = {name for group in WRITING for name in group}
    kill_at_all([call for call in scene.calls if call.name not in names], scene)


@pytest.mark.long
@pytest.mark.parametrize("names", WRITING, ids="-".join)
def test_a_kill_at_any_call_by_force_loses_no_edit(names: tuple[str, ...], forced: Scene) -> None:
    kill_at_all([call for call in forced.calls if call.name in names], forced)
