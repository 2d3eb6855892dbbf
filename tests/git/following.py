"""Takes seeds and a number of steps; runs that many histories of Git under a daemon.

    python -m tests.git.following --seeds 200

Editors save, suites and files are moved, Git stashes, resets, switches, merges and rebases, and
processes are killed, while a real daemon watches. Nobody edits an output: at the end, once the
daemon has taken in all, the outputs are those of a clean run. In a third of the histories Git
tracks the outputs, in a third it ignores them, and in a third it tracks lockfiles alone.
"""

from __future__ import annotations

import contextlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mockgen_watch.cli import ExitCode
from mockgen_watch.storage.project_folder import StateFolder
from mockgen_watch.watch.requests import SYNC, ask
from tests.git.scene import PROGRAM, Scene, environment, history_options

if TYPE_CHECKING:
    from collections.abc import Callable

SUITES = ("s", "t", "t/inner", "u")
VALUES = ("[x, y, z]", "[u, v, w]", "[k, l]", "{$integer: [1, 9]}")
SCENARIOS = ("one: {}", "one: {}, two: {}", "two: {}", "one: {}, two: {}, three: {}")
IGNORED = ("", "mock_outputs/\n", "mock_outputs/**/M/\n")
PATIENCE = 120.0


class Following:
    """One history; every step is a real operation, chosen by the seed."""

    def __init__(self, scene: Scene, seed: int) -> None:
        """Begin a repository in the folder of ``scene``."""
        self.scene = scene
        self.random = random.Random(seed)
        self.ignored = IGNORED[seed % len(IGNORED)]
        self.done: list[str] = []
        self.daemon: subprocess.Popen[bytes] | None = None
        self.steps: tuple[tuple[int, Callable[[], None]], ...] = (
            (6, self.save),
            (2, self.save_as_editors_do),
            (1, self.save_what_is_wrong),
            (1, self.remove_suite),
            (2, self.move_suite),
            (1, self.move_suite_with_outputs),
            (3, self.commit),
            (2, self.stash),
            (2, self.stash_pop),
            (2, self.reset),
            (1, self.reset_to_parent),
            (2, self.check_out),
            (3, self.switch),
            (2, self.join),
            (1, self.clean),
            (1, self.lose_lockfile),
            (1, self.lose_outputs),
            (2, self.kill_daemon),
            (1, self.kill_generate),
            (3, self.wait),
        )

    def run(self, steps: int) -> None:
        """Take ``steps`` steps, and compare with a clean run.

        Raises:
            AssertionError: the outputs differ.
        """
        self.begin()
        weights = [weight for weight, _ in self.steps]
        try:
            self.start_daemon()
            self.sync()
            for _ in range(steps):
                ((_, step),) = self.random.choices(self.steps, weights)
                self.done.append(step.__name__)
                with contextlib.suppress(OSError):
                    step()
            self.compare()
        finally:
            self.end_daemon(signal.SIGKILL)

    def begin(self) -> None:
        """Make a first commit, and a branch that has gone another way."""
        scene = self.scene
        scene.path.mkdir(parents=True)
        scene.git("init", "-q", "-b", "main")
        scene.write(".gitignore", self.ignored)
        scene.write(".gitattributes", "* text eol=lf\n")
        scene.write("specs/s/user_input.yaml", self.spec(0, 0))
        scene.write("specs/t/user_input.yaml", self.spec(0, 1))
        scene.generate()
        scene.git("add", "--all")
        scene.git("commit", "-q", "-m", "main")
        scene.git("checkout", "-q", "-b", "other")
        scene.write("specs/s/user_input.yaml", self.spec(1, 1))
        scene.generate()
        scene.git("add", "--all")
        scene.git("commit", "-q", "-m", "other")
        scene.git("checkout", "-q", "main")

    # What a person does.

    def spec(self, values: int | None = None, scenarios: int | None = None) -> str:
        values = self.random.randrange(len(VALUES)) if values is None else values
        scenarios = self.random.randrange(len(SCENARIOS)) if scenarios is None else scenarios
        return f"$count: 3\nM:\n  a: {VALUES[values]}\n  $scenarios: {{{SCENARIOS[scenarios]}}}\n"

    def suite(self) -> str:
        return self.random.choice(SUITES)

    def place(self) -> str:
        return f"specs/{self.suite()}/user_input.yaml"

    def save(self) -> None:
        """Write a spec in place."""
        self.scene.write(self.place(), self.spec())

    def save_as_editors_do(self) -> None:
        """Write a spec beside its place, and put it there; or remove it first."""
        place = self.scene.path / self.place()
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = place.with_name(f".{place.name}.swp")
        beside.write_text(self.spec(), encoding="utf-8")
        if self.random.random() < 0.3:
            place.unlink(missing_ok=True)
        beside.replace(place)

    def save_what_is_wrong(self) -> None:
        """Write a spec that cannot be read, and a right one a moment later."""
        place = self.place()
        self.scene.write(place, "M: [\n")
        time.sleep(self.random.random() * 0.2)
        self.scene.write(place, self.spec())

    def remove_suite(self) -> None:
        (self.scene.path / self.place()).unlink()

    def move_suite(self) -> None:
        """Give the folder of a suite another name."""
        (self.scene.path / "specs" / self.suite()).rename(self.scene.path / "specs" / self.suite())

    def move_suite_with_outputs(self) -> None:
        """Move specs and outputs as Git does, where that can be.

        Where Git ignores the outputs alone, they stay in the new place when it takes the move back
        before the daemon has looked: nobody wrote them there.
        """
        if self.ignored == IGNORED[2]:
            return
        before, after = self.random.sample(SUITES, 2)
        for folder in ("specs", "mock_outputs"):
            self.git("mv", f"{folder}/{before}", f"{folder}/{after}")

    def lose_lockfile(self) -> None:
        (self.scene.path / "mock_outputs" / self.suite() / "mockgen.lock").unlink()

    def lose_outputs(self) -> None:
        shutil.rmtree(self.scene.path / "mock_outputs" / self.suite())

    # What a person has Git do.

    def git(self, *words: str) -> int:
        return self.scene.run("git", *words, variables={"GIT_EDITOR": "true"}).code

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "-q", "-m", "step")

    def stash(self) -> None:
        untracked = ["-u"] if self.random.random() < 0.3 else []
        self.git("stash", "push", "-q", *untracked)

    def stash_pop(self) -> None:
        if self.git("stash", "pop", "-q"):
            self.give_up()

    def reset(self) -> None:
        self.git("reset", "-q", "--hard")

    def reset_to_parent(self) -> None:
        how = self.random.choice(("--hard", "--mixed"))
        self.git("reset", "-q", how, "HEAD~1")

    def check_out(self) -> None:
        """Throw changes away, of all or of the specs alone."""
        words = self.random.choice((("-f", "HEAD"), ("HEAD", "--", "specs"), ("--", ".")))
        self.git("checkout", "-q", *words)

    def switch(self) -> None:
        words = self.random.choice(((), ("-f",)))
        self.git("checkout", "-q", *words, self.random.choice(("main", "other")))

    def join(self) -> None:
        """Merge, rebase, pick or revert; give up where there is a conflict."""
        other = self.random.choice(("main", "other"))
        words = self.random.choice(
            (
                ("merge", "-q", "--no-edit", other),
                ("merge", "-q", "--no-edit", "-X", "theirs", other),
                ("rebase", "-q", other),
                ("cherry-pick", other),
                ("revert", "--no-edit", "HEAD"),
            )
        )
        if self.git(*words):
            self.give_up()

    def give_up(self) -> None:
        """Leave whatever is in conflict as it was before."""
        for what in ("merge", "rebase", "cherry-pick", "revert"):
            self.git(what, "--abort")
        self.git("reset", "-q", "--hard")

    def clean(self) -> None:
        self.git("clean", "-q", "-f", "-d", *self.random.choice(((), ("-x",))))

    # Processes.

    def start_daemon(self) -> None:
        # Without the folder there is no project.
        (self.scene.path / "specs").mkdir(exist_ok=True)
        self.daemon = subprocess.Popen(
            [PROGRAM, "-q", "watch"],
            cwd=self.scene.path,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def end_daemon(self, number: signal.Signals) -> None:
        if self.daemon is not None:
            self.daemon.send_signal(number)
            self.daemon.wait(PATIENCE)
            self.daemon = None

    def kill_daemon(self) -> None:
        """Kill the daemon at some moment, and start it again."""
        time.sleep(self.random.random() * 0.1)
        self.end_daemon(self.random.choice((signal.SIGKILL, signal.SIGTERM)))
        self.start_daemon()

    def kill_generate(self) -> None:
        """Kill a run beside the daemon at some moment."""
        run = subprocess.Popen(
            [PROGRAM, "-q", "generate"],
            cwd=self.scene.path,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(self.random.random() * 0.4)
        run.kill()
        run.wait(PATIENCE)

    def wait(self) -> None:
        """Let the daemon take in what was done."""
        if self.random.random() < 0.5:
            time.sleep(self.random.random() * 0.3)
        else:
            self.sync()

    def sync(self) -> None:
        """Wait until the daemon has taken in all; one that starts cannot be asked yet.

        Raises:
            AssertionError: it does not answer.
        """
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.daemon is not None:
            if self.daemon.poll() == ExitCode.USAGE:
                # A step took all specs away before it had begun.
                self.start_daemon()
            with contextlib.suppress(Exception):
                ask(StateFolder.of(self.scene.path), SYNC, timeout=PATIENCE)
                return
            time.sleep(0.05)
        raise AssertionError(("the daemon does not answer", self.done))

    # What has to hold.

    def compare(self) -> None:
        """Assert that outputs, lockfiles and folders are those of a clean run."""
        specs = self.scene.path / "specs"
        specs.mkdir(exist_ok=True)
        self.sync()
        clean = Scene(path=self.scene.path.with_name("clean"))
        shutil.copytree(specs, clean.path / "specs")
        done = clean.mockgen("generate")
        assert done.code == 0, (done.text, self.done)
        found, wanted = _tree(self.scene), _tree(clean)
        told = self.scene.mockgen("check").text if found != wanted else ""
        differing = {
            path for path in found.keys() | wanted.keys() if found.get(path) != wanted.get(path)
        }
        assert not differing, (sorted(differing), told, self.done)


def _tree(scene: Scene) -> dict[str, bytes | None]:
    """Return path → bytes of what is in the output folder; None for a folder."""
    top = scene.path / "mock_outputs"
    return {
        path.relative_to(top).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(top.rglob("*"))
    }


def run_following(folder: Path, seed: int, steps: int) -> None:
    """Run one history below ``folder``."""
    Following(Scene(path=folder / "project"), seed).run(steps)


def main() -> int:
    """Run the histories that the command line asks for; return the exit code."""
    options = history_options("Random histories of Git under a daemon.", seeds=200, steps=14)
    failed = 0
    for seed in range(options.first, options.first + options.seeds):
        with tempfile.TemporaryDirectory() as folder:
            try:
                run_following(Path(folder), seed, options.steps)
            except AssertionError as error:
                failed += 1
                sys.stdout.write(f"seed {seed}: {error}\n")
                sys.stdout.flush()
    sys.stdout.write(f"{options.seeds} histories, {failed} differ from a clean run\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
