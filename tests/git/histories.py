"""Takes seeds and a number of steps; runs that many histories of Git, hook, daemon and hand edits.

    python -m tests.git.histories --seeds 500 --steps 12

Every edit writes a word that stands nowhere else. After each step each of these words still has to
be where it was written, or, where a person had Git take it, among the objects of Git. What this
program does on its own may not change one byte of a file that holds such a word, and ``generate``
has to name each output that it leaves for that reason.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import has_errors
from mockgen_watch.errors import FindingsError
from mockgen_watch.storage.project_folder import StateFolder
from mockgen_watch.watch.requests import SYNC, ask
from mockgen_watch.workflow.generate import generate
from mockgen_watch.workflow.project import open_project
from mockgen_watch.workflow.targets import Request
from tests.git.scene import PROGRAM, Scene, environment, history_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.git.scene import Done

ON_PATH = {"PATH": f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}", "GIT_EDITOR": "true"}
SPECS = (
    "specs/claims/user_input.yaml",
    "specs/claims/master.yaml",
    "specs/members/user_input.yaml",
)
OUTPUTS = ("mock_outputs/claims/Claim/base.json", "mock_outputs/members/Member/base.json")
PATIENCE = 120.0


class History:
    """One history; every step is a real operation, chosen by the seed."""

    def __init__(self, scene: Scene, seed: int) -> None:
        """Begin in the repository of ``scene``, which has the hooks and the drivers."""
        self.scene = scene
        self.random = random.Random(seed)
        self.words: dict[str, str] = {}
        self.kept: set[str] = set()
        self.count = 0
        self.done: list[str] = []
        self.daemon: subprocess.Popen[bytes] | None = None
        self.steps: tuple[tuple[int, Callable[[], None]], ...] = (
            (4, self.edit_spec),
            (4, self.edit_output),
            (2, self.add_one),
            (1, self.add_all),
            (3, self.commit),
            (1, self.commit_all),
            (1, self.commit_path),
            (1, self.commit_without_hook),
            (3, self.generate),
            (1, self.generate_by_force),
            (2, self.hook),
            (1, self.stash),
            (1, self.stash_pop),
            (2, self.switch),
            (2, self.join),
            (1, self.give_up),
            (2, self.start_or_stop_daemon),
            (1, self.delete_output),
        )

    def run(self, steps: int) -> None:
        """Take ``steps`` steps, and look after each of them."""
        weights = [weight for weight, _ in self.steps]
        try:
            for _ in range(steps):
                ((_, step),) = self.random.choices(self.steps, weights)
                self.done.append(step.__name__)
                with contextlib.suppress(FileNotFoundError):
                    step()
                self.look()
        finally:
            self.end_daemon()

    # What a person does.

    def edit_spec(self) -> None:
        """Change the value of a field, or its master's, so that the outputs change."""
        path = self.random.choice(SPECS)
        place = self.scene.path / path
        lines = place.read_text(encoding="utf-8").splitlines()
        fields = [n for n, line in enumerate(lines) if "KIND:" in line or "note:" in line]
        if not fields:
            return
        number = self.random.choice(fields)
        name = lines[number].partition(":")[0]
        lines[number] = f"{name}: {self.word(path)}"
        self.write(path, "\n".join(lines) + "\n")

    def edit_output(self) -> None:
        """Change a value of an output by hand."""
        path = self.random.choice(OUTPUTS)
        text = (self.scene.path / path).read_text(encoding="utf-8")
        place = text.find('"ID": ')
        if place < 0:
            return
        end = min(n for n in (text.find(",", place), text.find("\n", place)) if n > 0)
        self.write(path, f'{text[:place]}"ID": "{self.word(path)}"{text[end:]}')

    def delete_output(self) -> None:
        """Delete an output that nobody has edited."""
        path = self.random.choice(OUTPUTS)
        if path not in self.precious():
            (self.scene.path / path).unlink()

    # What a person has Git do.

    def git(self, *words: str) -> Done:
        """Call Git, which may refuse; hooks and drivers find the program."""
        return self.scene.run("git", *words, variables=ON_PATH)

    def add_one(self) -> None:
        """Stage one file."""
        self.git("add", "--", self.random.choice((*SPECS, *OUTPUTS)))

    def add_all(self) -> None:
        """Stage everything."""
        self.git("add", "--all")

    def commit(self) -> None:
        """Commit, and perhaps type what the hook tells."""
        self.commit_with("commit", "-q", "-m", "step")

    def commit_all(self) -> None:
        """Commit all changes of files that Git knows."""
        self.commit_with("commit", "-q", "-a", "-m", "step")

    def commit_path(self) -> None:
        """Commit some paths alone."""
        self.commit_with("commit", "-q", "-m", "step", "--", self.random.choice(SPECS))

    def commit_with(self, *words: str) -> None:
        """Commit; the hook may not touch what is not its own."""
        before = self.precious()
        done = self.git(*words)
        self.assert_untouched(before)
        told = [line.strip() for line in done.text.splitlines() if line.startswith("  git ")]
        if done.code and told and self.random.random() < 0.7:
            typed = self.scene.run("sh", "-c", told[0], variables=ON_PATH)
            assert typed.code == 0, typed.text
            self.assert_untouched(before)
            self.git(*words)

    def commit_without_hook(self) -> None:
        """Commit whatever is there."""
        self.git("add", "--all")
        self.git("commit", "-q", "--no-verify", "-m", "step")

    def stash(self) -> None:
        """Put changes aside."""
        self.git("stash", "push", "-q")

    def stash_pop(self) -> None:
        """Take back what was put aside last."""
        self.git("stash", "pop", "-q")

    def switch(self) -> None:
        """Go to the other branch, where Git allows it."""
        self.git("checkout", "-q", "-")

    def join(self) -> None:
        """Merge, rebase, pick or revert, where Git allows it."""
        other = self.random.choice(("one", "two"))
        words = self.random.choice(
            (
                ("merge", "-q", "--no-edit", other),
                ("rebase", "-q", other),
                ("cherry-pick", other),
                ("revert", "--no-edit", "HEAD"),
            )
        )
        self.git(*words)

    def give_up(self) -> None:
        """Take back what is in conflict; Git throws away what was written meanwhile."""
        there = self.precious()
        for what in ("merge", "rebase", "cherry-pick", "revert"):
            if self.git(what, "--abort").code == 0:
                self.words = {word: path for word, path in self.words.items() if path not in there}
                return

    # What this program does.

    def generate(self) -> None:
        """Run ``generate``; each output that was edited is left and named."""
        before = self.precious()
        try:
            report = generate(open_project(self.scene.path), Request())
        except FindingsError:
            self.assert_untouched(before)
            return
        self.assert_untouched(before)
        named = {found.location.path for found in report.diagnostics if has_errors((found,))}
        failed = {f"mock_outputs/{suite}" for suite in report.failed_suites}
        for path in before:
            suite = path.rpartition("/")[0].rpartition("/")[0]
            lock = f"{suite}/mockgen.lock"
            if path in OUTPUTS and suite not in failed and lock not in named:
                assert path in named, (path, sorted(named), self.done)

    def generate_by_force(self) -> None:
        """Run ``generate --force``; each output that was edited goes into a backup."""
        before = self.precious()
        try:
            report = generate(open_project(self.scene.path), Request(force=True))
        except FindingsError:
            self.assert_untouched(before)
            return
        saved = b"".join(
            path.read_bytes()
            for path in Path(StateFolder.of(self.scene.path).folder).rglob("*")
            if path.is_file() and "backup" in path.as_posix()
        )
        assert not [f for f in report.files if f.path in before and not f.action]
        for path, data in before.items():
            if (self.scene.path / path).read_bytes() == data:
                continue
            for word, place in list(self.words.items()):
                if place == path and word.encode() in data:
                    assert word.encode() in saved, (word, path, self.done)
                    del self.words[word]

    def hook(self) -> None:
        """Run the hook by hand."""
        before = self.precious()
        self.scene.run(PROGRAM, "hook", variables=ON_PATH)
        self.assert_untouched(before)

    def start_or_stop_daemon(self) -> None:
        """Start the daemon and let it do its first work, or stop it in one way or another."""
        if self.daemon is not None:
            with contextlib.suppress(Exception):
                ask(StateFolder.of(self.scene.path), SYNC, timeout=PATIENCE)
            self.end_daemon(self.random.choice((signal.SIGTERM, signal.SIGKILL)))
            return
        before = self.precious()
        self.daemon = subprocess.Popen(
            [PROGRAM, "-q", "watch"],
            cwd=self.scene.path,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.daemon.poll() is None:
            # Before it listens it cannot be asked.
            with contextlib.suppress(Exception):
                ask(StateFolder.of(self.scene.path), SYNC, timeout=PATIENCE)
                break
            time.sleep(0.05)
        self.assert_untouched(before)

    def end_daemon(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End the daemon, if one runs."""
        if self.daemon is not None:
            self.daemon.send_signal(number)
            self.daemon.wait(PATIENCE)
            self.daemon = None

    # What has to hold.

    def word(self, path: str) -> str:
        """Return a word that stands nowhere yet, and expect it in ``path``."""
        self.count += 1
        word = f"word{self.count:04}x{self.random.randrange(16**6):06x}"
        self.words[word] = path
        return word

    def write(self, path: str, text: str) -> None:
        """Write as an editor does; what a person writes over is theirs to lose."""
        place = self.scene.path / path
        old = place.read_bytes()
        for word, home in list(self.words.items()):
            if home == path and word.encode() in old and word not in text:
                del self.words[word]
        place.write_text(text, encoding="utf-8")

    def precious(self) -> dict[str, bytes]:
        """Return the files of the work tree that hold words which were written there by hand."""
        found = {}
        for path in dict.fromkeys(self.words.values()):
            place = self.scene.path / path
            if not place.is_file():
                continue
            data = place.read_bytes()
            if any(home == path and word.encode() in data for word, home in self.words.items()):
                found[path] = data
        return found

    def assert_untouched(self, before: dict[str, bytes]) -> None:
        """Assert that files with edits are as they were, byte for byte."""
        for path, data in before.items():
            place = self.scene.path / path
            assert place.is_file(), (path, self.done)
            assert place.read_bytes() == data, (path, self.done)

    def look(self) -> None:
        """Assert that every word is where it was written, or among the objects of Git."""
        there = b"".join(self.precious().values())
        lost = [word for word in self.words if word.encode() not in there and word not in self.kept]
        if not lost:
            return
        held = subprocess.run(
            ["git", "cat-file", "--batch-all-objects", "--batch"],
            cwd=self.scene.path,
            env=environment(),
            capture_output=True,
            check=True,
        ).stdout
        for word in lost:
            assert word.encode() in held, (word, self.words[word], self.done)
            # Objects stay, so this need not be asked again.
            self.kept.add(word)


def begin(scene: Scene) -> None:
    """Give the repository of ``scene`` hooks, drivers and two branches that have gone apart."""
    scene.install("plain")
    done = scene.mockgen("git", "install")
    assert done.code == 0, done.text
    for name, old, new in (("one", "note: none", "note: some"), ("two", "EDI", "WEB")):
        scene.git("checkout", "-q", "-b", name, "main")
        scene.edit("specs/claims/master.yaml", old, new)
        generate(open_project(scene.path), Request())
        scene.git("commit", "-q", "--no-verify", "-a", "-m", name)


def run_history(begun: Scene, folder: Path, seed: int, steps: int) -> None:
    """Run one history in a copy of ``begun``."""
    shutil.copytree(begun.path, folder / "project", symlinks=True)
    History(Scene(path=folder / "project"), seed).run(steps)


def main() -> None:
    """Run the histories that the command line asks for."""
    options = history_options("Random histories of Git, hook and daemon.", seeds=500, steps=12)
    with tempfile.TemporaryDirectory() as name:
        begun = Scene(path=Path(name) / "begun")
        begun.begin()
        begin(begun)
        for seed in range(options.first, options.first + options.seeds):
            with tempfile.TemporaryDirectory() as folder:
                run_history(begun, Path(folder), seed, options.steps)
            sys.stdout.write(f"seed {seed}: every edit is there or was named\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
