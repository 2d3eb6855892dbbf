"""Takes work and a project; gives its calls, copies to hurt, and how the project looks after it."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.faults.strace import command_line, environment
from tests.faults.trees import Tree, read_tree

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.strace import Call, Server


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Work (a command, mostly), and the project that it is about to change.

    Attributes:
        server: has rehearsed the command.
        pristine: the project; it stays as it is.
        place: where the copies of it stand, one after the other, so that all make the same calls.
        words: of the command; what the work is told.
        calls: of the command.
        old: the tree before it.
        done: the tree after it.
        is_fresh: whether the next run is a process of its own; else it is a child of the server,
            which takes a tenth of the time.
    """

    server: Server
    pristine: Path
    place: Path
    words: tuple[str, ...]
    calls: tuple[Call, ...]
    old: Tree
    done: Tree
    is_fresh: bool

    @classmethod
    def of(cls, server: Server, pristine: Path, *words: str, is_fresh: bool = False) -> Scene:
        """Rehearse ``words`` and trace them."""
        # Elsewhere: what is remembered of a path must not spare a child a look.
        rehearsal, place = pristine.with_name("rehearsal"), pristine.with_name("place")
        shutil.copytree(pristine, rehearsal, symlinks=True)
        server.rehearse(rehearsal, *words)
        shutil.rmtree(rehearsal)
        shutil.copytree(pristine, place, symlinks=True)
        calls = server.trace(place, *words)
        done = read_tree(place)
        return cls(
            server=server,
            pristine=pristine,
            place=place,
            words=words,
            calls=tuple(calls),
            old=read_tree(pristine),
            done=done,
            is_fresh=is_fresh,
        )

    def copy(self) -> Path:
        """Put a copy of the project at its place, in that of any earlier one, and return it."""
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.copytree(self.pristine, self.place, symlinks=True)
        return self.place

    def run(self, *words: str, may_refuse: bool = False) -> str:
        """Carry out another command in the copy and return what it told.

        Raises:
            AssertionError: it failed; ``may_refuse``: with another code than that of findings.
        """
        if self.is_fresh:
            fresh = subprocess.run(
                command_line(self.place, words),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                env=environment(),
                cwd=self.place,
            )
            code, told = fresh.returncode, fresh.stdout
        else:
            done = self.server.run(self.place, *words)
            code, told = done.returncode, done.told
        assert code == 0 or (may_refuse and code == 1), told
        return told
