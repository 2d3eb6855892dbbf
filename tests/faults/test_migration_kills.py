"""A migration killed at its system calls: all originals, or all migrated.

The usual run takes a few files and a share of the calls, the long one 50 files and every call.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from mockgen_watch.storage.replacement import BLOBS, MANIFEST
from tests.faults.migrating import FILES, MARK, prepare
from tests.faults.strace import REPOSITORY, Call, needs_strace

pytestmark = needs_strace

SCRIPT = Path(__file__).with_name("migrating.py")
CALLS = (
    "openat,mkdir,mkdirat,write,fsync,link,linkat,rename,renameat,renameat2,unlink,unlinkat,"
    "rmdir,ftruncate,fchmod,flock,getdents64,newfstatat,read,close"
)
WRITING = {
    "mkdir", "mkdirat", "write", "fsync", "link", "linkat", "rename", "renameat", "renameat2",
    "unlink", "unlinkat", "rmdir", "fchmod",
}  # fmt: skip
USUAL = 10
"""Kills in the usual run, spread over all writing calls."""
FEW = 5
_LINE = re.compile(r"^(?:\d+ +)?(\w+)\((.*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    path: Path
    calls: list[Call]
    old: dict[str, bytes]
    new: dict[str, bytes]

    def copy(self, path: Path) -> Path:
        shutil.copytree(self.path, path)
        return path


def specs(project: Path) -> dict[str, bytes]:
    folder = project / "specs"
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def run(project: Path, *before: str) -> subprocess.CompletedProcess[str]:
    python = str(Path(sys.executable).resolve())
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY), *sys.path]),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [*before, python, "-S", "-B", str(SCRIPT), str(project)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, cwd=project
    )


def strace(options: list[str], project: Path) -> subprocess.CompletedProcess[str]:
    return run(project, "strace", "-f", "-qq", *options)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return set_scene(tmp_path_factory.mktemp("few"), FEW)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return set_scene(tmp_path_factory.mktemp("many"), FILES)


def set_scene(path: Path, files: int) -> Scene:
    project, straight, log = path / "project", path / "straight", path / "log"
    prepare(project, files)
    shutil.copytree(project, straight)
    done = strace(["-o", str(log), "-e", f"trace={CALLS},access"], straight)
    assert done.returncode == 0, done.stderr
    counts: Counter[str] = Counter()
    calls: list[Call] = []
    is_inside = False
    for line in log.read_text().splitlines():
        if MARK in line:
            is_inside = not is_inside
        elif found := _LINE.match(line):
            counts[found[1]] += 1
            if is_inside:
                calls.append(Call(name=found[1], number=counts[found[1]], text=found[2]))
    return Scene(path=project, calls=calls, old=specs(project), new=specs(straight))


def kill_at(call: Call, scene: Scene, path: Path) -> bool:
    """Kill a migration at ``call``; return whether it was decided by then."""
    project = scene.copy(path)
    options = ["-o", os.devnull, "-e", f"trace={call.name}"]
    options += ["-e", f"inject={call.name}:signal=KILL:when={call.number}"]
    done = strace(options, project)
    assert done.returncode == -9, f"{call.label} was not reached: {done.stderr}"
    state = project / ".mockgen"
    found = {name: data for name, data in specs(project).items() if "/.mockgen-" not in name}
    assert found.keys() <= scene.old.keys()
    is_decided = (state / MANIFEST).exists()
    if not is_decided:
        assert found in (scene.old, scene.new), call.text
    assert all(data in {scene.old[name], scene.new[name]} for name, data in found.items())
    again = run(project)
    assert again.returncode == 0, again.stderr
    assert specs(project) == scene.new, call.text
    assert not (state / MANIFEST).exists()
    assert not (state / BLOBS).exists()
    saved = {item.read_bytes() for item in (state / "backups").glob("*/bytes")}
    assert saved >= set(scene.old.values())
    return is_decided


def test_the_scene_is_a_migration_of_all_files(scene: Scene) -> None:
    assert len(scene.old) == FEW
    assert scene.old.keys() == scene.new.keys()
    assert all(scene.new[name] != data for name, data in scene.old.items())
    assert {call.name for call in scene.calls} >= {"openat", "write", "fsync", "renameat2"}


def test_a_kill_leaves_all_originals_or_the_next_run_finishes(scene: Scene, tmp_path: Path) -> None:
    writing = [call for call in scene.calls if call.name in WRITING]
    step = max(1, len(writing) // USUAL)
    decided = [kill_at(call, scene, tmp_path / call.label) for call in writing[::step]]
    assert {True, False} == set(decided)


@pytest.mark.long
@pytest.mark.parametrize("name", CALLS.split(","))
def test_a_kill_at_every_call_is_made_up_for(name: str, large: Scene, tmp_path: Path) -> None:
    for call in large.calls:
        if call.name == name:
            path = tmp_path / call.label
            kill_at(call, large, path)
            shutil.rmtree(path)


def test_a_file_that_is_saved_before_the_next_run_is_left_to_its_author(
    scene: Scene, tmp_path: Path
) -> None:
    project = scene.copy(tmp_path / "project")
    renames = [call for call in scene.calls if call.name == "renameat2"]
    call = renames[len(renames) // 2]
    options = ["-e", f"trace={call.name}", "-o", os.devnull]
    strace([*options, "-e", f"inject={call.name}:signal=KILL:when={call.number}"], project)
    last = project / "specs" / f"s{FEW - 1:02d}" / "user_input.json"
    last.write_text('{"Edit_1": {"a": "saved by hand"}}')
    again = run(project)
    assert again.returncode == 0, again.stderr
    left = last.read_text()
    assert "saved by hand" in left
    assert "Edit_1" not in left
