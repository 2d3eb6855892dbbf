"""A migration killed at its system calls: all originals, or all migrated.

The usual run takes a few files and a share of the calls, the long one 50 files and every call.
"""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.digest import digest
from mockgen_watch.storage.multi import MANIFEST
from tests.faults.kills import Kills
from tests.faults.scene import Scene
from tests.faults.strace import WRITING, Server, needs_strace, trace_process
from tests.faults.trees import Tree, below, differing, is_temporary, read_tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from tests.faults.strace import Call

pytestmark = needs_strace

FILES = 50
FEW = 5
USUAL = 40
"""Kills in the usual run, spread over all writing calls."""
BACKUPS = ".mockgen/backups"


def prepare(path: Path, files: int) -> Path:
    """Make a project of ``files`` suites in the oldest format."""
    for number in range(files):
        suite = path / "specs" / f"s{number:02d}"
        suite.mkdir(parents=True)
        text = f'{{"Edit_1": {{"a": "{number},x", "b": "1,2"}}, "Edit_2": {{"a": "y"}}}}\n'
        (suite / "user_input.json").write_text(text)
    return path


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture(scope="module")
def scene(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    project = prepare(tmp_path_factory.mktemp("few") / "project", FEW)
    return Scene.of(server, project, "migrate")


@pytest.fixture(scope="module")
def large(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    project = prepare(tmp_path_factory.mktemp("many") / "project", FILES)
    return Scene.of(server, project, "migrate", is_fresh=True)


def look(scene: Scene, tree: Tree) -> str:
    """Check that all originals are there, or all new specs, or that it is decided."""
    old, new = below(scene.old, "specs"), below(scene.done, "specs")
    found = {path: one for path, one in below(tree, "specs").items() if not is_temporary(path)}
    assert found.keys() == old.keys()
    manifest = tree.get(f".mockgen/{MANIFEST}")
    if manifest is None:
        assert not differing(found, old) or not differing(found, new)
        return "old" if found == old else "new"
    assert all(one in (old[path], new[path]) for path, one in found.items())
    planned = {file["path"]: file["new"] for file in json.loads(manifest.data)["files"]}
    assert planned == {path: digest(one.data) for path, one in new.items()}
    return "decided"


def judge(scene: Scene) -> None:
    """Check that the next run makes up for the kill, and keeps all originals as backups."""
    scene.run("-q", "migrate")
    tree = read_tree(scene.place)
    assert not differing(without_backups(tree), without_backups(scene.done))
    assert_backups(scene, tree)


def without_backups(tree: Tree) -> Tree:
    """Return all but the backups: of a migration that was begun twice there are more."""
    return {path: one for path, one in tree.items() if not path.startswith(f"{BACKUPS}/")}


def assert_backups(scene: Scene, tree: Tree) -> None:
    """Every backup is whole, and all originals have one."""
    found = below(tree, BACKUPS)
    names = {path.rpartition("/")[0] for path in found}
    assert found.keys() == {f"{name}/{part}" for name in names for part in ("bytes", "about.json")}
    saved = set()
    for name in names:
        about, data = json.loads(found[f"{name}/about.json"].data), found[f"{name}/bytes"].data
        assert about["digest"] == digest(data)
        saved.add((about["path"], data))
    assert saved == {(path, one.data) for path, one in below(scene.old, "specs").items()}


def kill_at_all(calls: Sequence[Call], scene: Scene) -> Kills:
    kills = Kills(scene=scene, look=look, judge=judge)
    kills.kill_at_all(calls)
    assert not kills.failures, "\n".join(kills.failures)
    assert kills.count == len(calls)
    return kills


def test_the_scene_is_a_migration_of_all_files(scene: Scene) -> None:
    old, new = below(scene.old, "specs"), below(scene.done, "specs")
    assert len(old) == FEW
    assert old.keys() == new.keys()
    assert all(new[path] != one for path, one in old.items())
    assert {call.name for call in scene.calls} >= {"openat", "write", "fsync", "renameat2"}
    assert_backups(scene, scene.done)


def test_a_child_makes_the_calls_of_a_process_of_its_own(scene: Scene) -> None:
    project = scene.copy()
    calls = trace_process(project, *scene.words)
    assert writes(calls) == writes(scene.calls)


def writes(calls: Iterable[Call]) -> list[tuple[str, list[str]]]:
    """Return the names and texts of writing calls; without numbers, which are the process's."""
    return [
        (call.name, [re.sub(r"\d+", "*", text) for text in re.findall(r'"[^"]*"', call.text)])
        for call in calls
        if call.name in WRITING
    ]


def test_a_kill_leaves_all_originals_or_the_next_run_finishes(scene: Scene) -> None:
    writing = [call for call in scene.calls if call.name in WRITING]
    kills = kill_at_all(writing[:: max(1, len(writing) // USUAL)], scene)
    assert kills.states.keys() == {"old", "decided", "new"}


@pytest.mark.long
def test_a_kill_at_every_call_is_made_up_for(large: Scene) -> None:
    kills = kill_at_all(large.calls, large)
    sys.stdout.write(f"{kills.told()}\n")
    assert kills.states.keys() == {"old", "decided", "new"}


def test_a_file_that_is_saved_before_the_next_run_is_left_to_its_author(scene: Scene) -> None:
    renames = [call for call in scene.calls if call.name == "renameat2"]
    project = scene.copy()
    scene.server.kill(renames[len(renames) // 2], project, *scene.words)
    last = project / "specs" / f"s{FEW - 1:02d}" / "user_input.json"
    last.write_text('{"Edit_1": {"a": "saved by hand"}}')
    scene.run("-q", "migrate")
    left = last.read_text()
    assert "saved by hand" in left
    assert "Edit_1" not in left
