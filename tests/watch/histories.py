"""Takes seeds and a number of steps; runs that many histories of a project under a real daemon.

    python -m tests.watch.histories --seeds 20 --steps 300

Files are written, replaced, moved and deleted, Git switches branches, the daemon is killed. After
each quiet period the outputs must be, byte for byte, those of a clean run.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.watch.world import git, spec, world_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.watch.world import World

CHECK_EVERY = 50
SUITES = ("a", "b", "deep/one", "deep/two", "deep/two/three")


class History:
    """One history; every step is a real operation, chosen by the seed."""

    def __init__(self, world: World, seed: int) -> None:
        """Begin with a daemon and one commit."""
        self.world = world
        self.random = random.Random(seed)
        self.values = 0
        self.done: list[str] = []
        self.steps: tuple[Callable[[], None], ...] = (
            self.write,
            self.replace,
            self.keep_size_and_time,
            self.half_write,
            self.delete,
            self.delete_folder,
            self.rename,
            self.move_out_and_in,
            self.master,
            self.root_again,
            self.delete_output,
            self.delete_outputs,
            self.commit,
            self.checkout,
            self.stash,
            self.rebase,
            self.kill,
        )
        git(world.root, "add", "specs")
        git(world.root, "commit", "-q", "-m", "first")
        git(world.root, "branch", "other")
        world.start()

    def run(self, steps: int) -> None:
        """Take ``steps`` steps, and look now and then."""
        for number in range(1, steps + 1):
            step = self.random.choice(self.steps)
            self.done.append(step.__name__)
            # What one step needs, another may have taken away, or the daemon be writing just now.
            with contextlib.suppress(OSError):
                step()
            if number % CHECK_EVERY == 0 or number == steps:
                self.check()

    def check(self) -> None:
        """Assert that outputs are right."""
        for path in self.world.specs.rglob("user_input.yaml"):
            if path.read_text().endswith("["):
                path.write_text(spec(self.value()))
        answer = self.world.sync()
        assert answer["errors"] == 0, (answer, self.done)
        self.world.assert_clean()

    def value(self) -> str:
        """Return a value that no spec had before, always of one length."""
        self.values += 1
        return f"v{self.values:06}"

    def suite(self) -> str:
        """Choose a suite."""
        return self.random.choice(SUITES)

    def path(self) -> Path:
        """Choose the spec of a suite, whether it is there or not."""
        return self.world.specs / self.suite() / "user_input.yaml"

    def write(self) -> None:
        """Write a spec in place."""
        self.world.write(self.suite(), self.value())

    def replace(self) -> None:
        """Write aside and replace."""
        path = self.path()
        aside = path.with_name(".aside")
        aside.write_text(spec(self.value(), self.value()))
        aside.replace(path)

    def keep_size_and_time(self) -> None:
        """Write other bytes of the same length, and set the old time."""
        path = self.path()
        status = path.stat()
        path.write_text(spec(self.value()))
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    def half_write(self) -> None:
        """Leave a spec as it is in the middle of a save."""
        path = self.path()
        path.stat()
        path.write_text("Order:\n  id: [")

    def delete(self) -> None:
        """Delete a spec."""
        self.path().unlink()

    def delete_folder(self) -> None:
        """Delete a folder with all below it."""
        shutil.rmtree(self.path().parent)

    def rename(self) -> None:
        """Move a suite to another's place."""
        self.path().rename(self.path())

    def move_out_and_in(self) -> None:
        """Move a folder out of the specs; it comes back at the next call."""
        outside, inside = self.world.root / "outside", self.world.specs / "deep"
        if outside.exists() and not inside.exists():
            outside.rename(inside)
        elif not outside.exists():
            inside.rename(outside)

    def master(self) -> None:
        """Write or delete a master that other specs take by its place."""
        path = self.world.specs / self.random.choice(("", "deep")) / "master.yaml"
        if path.exists():
            path.unlink()
        else:
            path.write_text(f"Slot:\n  more: [{self.value()}]\n")

    def root_again(self) -> None:
        """Delete the specs folder and make it anew."""
        aside = self.world.root / "aside"
        shutil.copytree(self.world.specs, aside)
        shutil.rmtree(self.world.specs)
        aside.rename(self.world.specs)

    def delete_output(self) -> None:
        """Delete one output."""
        self.world.output(self.suite()).unlink()

    def delete_outputs(self) -> None:
        """Delete all outputs."""
        shutil.rmtree(self.world.root / "mock_outputs")

    def commit(self) -> None:
        """Commit all specs."""
        if not git(self.world.root, "ls-files", "specs"):
            # Git takes it for a mistake to add a folder without any file.
            (self.world.specs / ".keep").touch()
        git(self.world.root, "add", "-A", "specs")
        git(self.world.root, "commit", "-q", "--allow-empty", "-m", "step")

    def checkout(self) -> None:
        """Switch to the other branch."""
        self.commit()
        git(self.world.root, "checkout", "-q", "-")

    def stash(self) -> None:
        """Stash a change and take it back."""
        # Git stashes only what it knows.
        self.world.write("a", self.value())
        self.commit()
        self.world.write("a", self.value())
        git(self.world.root, "stash", "push", "-q", "--", "specs")
        git(self.world.root, "stash", "pop", "-q")

    def rebase(self) -> None:
        """Take the last commit back and replay it."""
        self.commit()
        git(self.world.root, "rebase", "-q", "--force-rebase", "HEAD~1")

    def kill(self) -> None:
        """Kill the daemon; what happens before the next one starts is told by no event."""
        self.world.kill()
        self.world.write(self.suite(), self.value())
        self.world.start()


def run_history(folder: Path, seed: int, steps: int) -> None:
    """Run one history in ``folder``."""
    with world_in(folder, *SUITES) as world:
        git(world.root, "config", "user.name", "T")
        git(world.root, "config", "user.email", "t@example.com")
        # Work trees switch with `checkout -`, which needs a branch to come from.
        history = History(world, seed)
        git(world.root, "checkout", "-q", "other")
        history.run(steps)


def main() -> None:
    """Run the histories that the command line asks for."""
    parser = argparse.ArgumentParser(description="Random histories under a real daemon.")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--steps", type=int, default=300)
    options = parser.parse_args()
    for seed in range(options.first, options.first + options.seeds):
        with tempfile.TemporaryDirectory() as folder:
            run_history(Path(folder), seed, options.steps)
        sys.stdout.write(f"seed {seed}: right after each quiet period of {options.steps} steps\n")


if __name__ == "__main__":
    main()
