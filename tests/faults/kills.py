"""Takes a command; gives it killed at its system calls, and judges each tree that a kill leaves.

A kill leaves a tree of files, and nothing else: its locks and handles end with the process. What
the next run does depends on the tree alone. So every tree is looked at, and what costs a process
to find out (whether the next run makes up for the kill) is found out once for each tree that
differs from all before it.

Trees are the same when names, kinds, permissions, links and bytes are; see ``read_tree`` for the
two things that are left out. Times and inodes are not compared. A run that remembers them does so
in a file of the tree, which then differs. Should there be another way, ``RECHECK`` helps to find
it: every twentieth kill is judged though its tree is known, and must be judged alike.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.faults.trees import digest_tree, read_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.faults.scene import Scene
    from tests.faults.strace import Call
    from tests.faults.trees import Tree

RECHECK = 20
TOLD = 100


@dataclass(slots=True, kw_only=True)
class Kills:
    """What came of kills.

    Attributes:
        look: checks the tree that a kill left, and returns a word for the state that it is in.
        judge: carries on in a project as its user would, and checks what becomes of it.
        judged: digest of a tree → what is wrong with what becomes of it.
        states: how many kills left which state.
        failures: call → what was wrong.
    """

    scene: Scene
    look: Callable[[Scene, Tree], str]
    judge: Callable[[Scene], None]
    judged: dict[str, str] = field(default_factory=dict)
    states: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    begun: float = field(default_factory=time.monotonic)

    def kill_at_all(self, calls: Iterable[Call]) -> None:
        """Kill the command at each of ``calls``."""
        for call in calls:
            self.scene.copy()
            try:
                self.states[self._kill_at(call)] += 1
            except AssertionError as error:
                self.states["failed"] += 1
                self.failures.append(f"{call.label}({call.text}): {error}")
            if self.count % TOLD == 0:
                sys.stdout.write(f"{self.told()} {call.label}\n")
                sys.stdout.flush()

    @property
    def count(self) -> int:
        """The number of kills."""
        return self.states.total()

    def told(self) -> str:
        """Return the account so far."""
        minutes = (time.monotonic() - self.begun) / 60
        states = ", ".join(f"{count} {state}" for state, count in sorted(self.states.items()))
        return f"{self.count} kills ({states}), {len(self.judged)} trees, {minutes:.1f} minutes"

    def _kill_at(self, call: Call) -> str:
        scene = self.scene
        scene.server.kill(call, scene.place, *scene.words)
        tree = read_tree(scene.place)
        state = self.look(scene, tree)
        digest = digest_tree(tree)
        if digest not in self.judged or self.count % RECHECK == 0:
            earlier = self.judged.get(digest)
            self.judged[digest] = self._judgement()
            assert earlier in {None, self.judged[digest]}, "equal trees are judged differently"
        assert not self.judged[digest], f"{state}: {self.judged[digest]}"
        return state

    def _judgement(self) -> str:
        try:
            self.judge(self.scene)
        except AssertionError as error:
            return str(error) or "an assertion"
        return ""
