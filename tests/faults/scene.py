"""Takes the scripted transaction; gives its calls, copies to hurt, and what must hold after."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.faults.scripted import AFTER, BEFORE, EDITED, HAND, UNOWNED, prepare
from tests.faults.strace import Call, trace
from tests.unit.lock.suites import files_of
from tests.unit.storage.projects import Project

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mockgen_watch.lock.wanted import WantedSuite


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A prepared project, the calls of its transaction, and how it looks when all is done."""

    project: Project
    calls: list[Call]
    done: dict[str, bytes]
    arguments: tuple[str, ...]

    def copy(self, path: Path) -> Project:
        shutil.copytree(self.project.path, path, symlinks=True)
        return Project(path=path)


def set_scene(path: Path, *arguments: str) -> Scene:
    project = prepare(path / "project")
    straight = path / "straight"
    shutil.copytree(project.path, straight)
    calls = trace(straight, path / "log", *arguments)
    done = Project(path=straight)
    done.run(*AFTER)
    return Scene(project=project, calls=calls, done=done.files(), arguments=arguments)


def outputs_of(suites: Iterable[WantedSuite]) -> dict[str, bytes]:
    return files_of(*(output for suite in suites for output in suite.outputs))


def assert_old_or_new(files: dict[str, bytes]) -> None:
    """Every file is an output as it was, or as it will be, or a lockfile that can be read."""
    old, new = outputs_of(BEFORE), outputs_of(AFTER)
    for path, data in files.items():
        name = path.rpartition("/")[2]
        if name.startswith(".mockgen-"):
            continue
        base = path.removesuffix(".mockgen-new")
        if name == "mockgen.lock":
            assert data.endswith(b"}\n")
        elif data == HAND:
            assert base in {EDITED, UNOWNED}
        else:
            assert data in {old.get(base), new.get(base)}
