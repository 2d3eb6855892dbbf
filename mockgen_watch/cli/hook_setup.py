"""Takes a project folder; gives the hook that looks at each commit its place, if there is room."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from mockgen_watch.migrations.graft import GraftError
from mockgen_watch.migrations.hook_config import PATH, hook_lines, new_config, with_hook
from mockgen_watch.storage.containment import Folder, naming
from mockgen_watch.storage.git.repository import Repository
from mockgen_watch.storage.placing import Placed, Placing, place_file
from mockgen_watch.storage.project_folder import find_work_tree
from mockgen_watch.storage.user_files import read_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

HOOK_NAMES: Final = ("pre-commit", "pre-merge-commit")


def below_work_tree(directory: Path) -> Path:
    """Return ``directory`` relative to the work tree of Git that it is in, if any."""
    found = find_work_tree(directory)
    return Path() if found is None else directory.resolve().relative_to(found[0])


def hook_command(directory: Path) -> str:
    """Return how the hook calls the program, from the top of the work tree."""
    inner = below_work_tree(directory)
    place = "" if inner == Path() else f"-C {shlex.quote(inner.as_posix())} "
    return f"mockgen-watch {place}hook"


def place_pre_commit(project: Folder, directory: Path, placed: list[Placed]) -> str:
    """Write the hook into pre-commit's configuration; return what a person has to do, or ""."""
    command = hook_command(directory)
    lines = "\n".join(hook_lines(command, 2))
    told = f"to look at each commit, add to {PATH}:\n\nrepos:\n{lines}"
    if below_work_tree(directory) != Path():
        # It belongs to the top of the repository, which is not ours to write.
        return told
    there = project.status(PATH) is not None
    if not there:
        placed.append(place_file(project, PATH, new_config(command).encode()))
        return ""
    text = read_file(str(directory / PATH)).decode("utf-8", "surrogateescape")
    try:
        new = with_hook(text, command)
    except (GraftError, UnicodeError):
        placed.append(Placed(path=PATH, placing=Placing.KEPT))
        return told
    if new == text:
        placed.append(Placed(path=PATH, placing=Placing.SAME))
        return ""
    data = new.encode("utf-8", "surrogateescape")
    done = place_file(project, PATH, data, replace=True)
    placed.append(Placed(path=PATH, placing=Placing.EXTENDED, former=done.former))
    return ""


def place_git_hooks(directory: Path, placed: list[Placed]) -> str:
    """Write the hooks that Git itself calls; return what a person has to do, or ""."""
    command = hook_command(directory)
    script = f"#!/bin/sh\nexec {command}\n"
    told: list[str] = []
    for name in HOOK_NAMES:
        told += _place_git_hook(directory, name, script, placed)
    return "\n".join(told)


def _place_git_hook(directory: Path, name: str, script: str, placed: list[Placed]) -> Iterator[str]:
    repository = Repository.of(directory.resolve())
    told = repository.read(["rev-parse", "--git-path", "hooks"]).decode("utf-8", "surrogateescape")
    folder = Path(repository.work_tree) / told.rstrip("\n")
    shown = f"{folder.name}/{name}"
    with naming(str(folder)):
        folder.mkdir(parents=True, exist_ok=True)
        with Folder.open(folder) as hooks:
            done = place_file(hooks, name, script.encode())
        if done.placing is Placing.CREATED:
            (folder / name).chmod(0o755)
        text = (folder / name).read_bytes()
    placing = done.placing
    if placing is Placing.KEPT and b"mockgen-watch" in text:
        placing = Placing.SAME if b" hook" in text else Placing.KEPT
    placed.append(Placed(path=shown, placing=placing))
    if placing is Placing.KEPT:
        yield f"to look at each commit, add to {folder / name}:\n\n{script.splitlines()[1]}"
