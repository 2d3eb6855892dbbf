"""A project in a folder of its own, a daemon that watches it, and what a clean run would make."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mockgen_watch.storage.project_folder import StateFolder
from mockgen_watch.watch.requests import STATUS, SYNC, ask
from mockgen_watch.workflow.generate import generate
from mockgen_watch.workflow.project import open_project
from mockgen_watch.workflow.targets import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

PROGRAM = Path(sys.executable).with_name("mockgen-watch")
UNGUARDED = Path(__file__).with_name("unguarded.py")
PATIENCE = 120.0
"""Seconds after which a test gives up; it waits for a condition, so that none takes that long."""
OFFER = ".mockgen-new"


def spec(*values: str, count: int = 2) -> str:
    """Return the spec of a model with a pool of ``values``."""
    return f"Order:\n  id: [{', '.join(values)}]\n  $scenarios: {{base: {{$count: {count}}}}}\n"


def git(folder: Path, *words: str, code: int = 0) -> str:
    """Run Git in ``folder``, without the user's own settings."""
    done = subprocess.run(
        ["git", "-c", "user.name=T", "-c", "user.email=t@example.com", *words],
        cwd=folder,
        env=os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def until(condition: Callable[[], bool]) -> None:
    """Return when ``condition`` holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "what the test waits for never came"
        time.sleep(0.01)


@dataclass(slots=True)
class World:
    """A project.

    Attributes:
        root: its folder.
        process: the daemon; None when none runs.
    """

    root: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def specs(self) -> Path:
        """Where specs are."""
        return self.root / "specs"

    @property
    def state(self) -> StateFolder:
        """Where the daemon keeps its own."""
        return StateFolder.of(self.root)

    def write(self, suite: str, *values: str) -> Path:
        """Write the spec of ``suite`` in place and return its path."""
        path = self.specs / suite / "user_input.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(spec(*values))
        return path

    def output(self, suite: str) -> Path:
        """Return where the output of ``suite`` is."""
        return self.root / "mock_outputs" / suite / "Order" / "base.json"

    def shows(self, suite: str, value: str) -> bool:
        """Tell whether the output of ``suite`` has ``value``."""
        try:
            return f'"{value}"' in self.output(suite).read_text()
        except FileNotFoundError:
            return False

    def start(self, command: Sequence[str | Path] = (PROGRAM, "watch"), **env: str) -> None:
        """Start the daemon and wait until it has done its first batch."""
        # Its stderr goes to a file: a pipe that nobody reads would stop it when it is full.
        with (self.root.parent / f"{self.root.name}.stderr").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.root, env=os.environ | env, stderr=log, stdout=log
            )
        until(self.answers)

    def answers(self) -> bool:
        """Tell whether the daemon has done its first batch."""
        assert self.process is not None
        assert self.process.poll() is None, self.said()
        with contextlib.suppress(Exception):
            return bool(self.status()["batches"])
        return False

    def said(self) -> str:
        """Return what the daemon wrote to stderr."""
        return (self.root.parent / f"{self.root.name}.stderr").read_text()

    def sync(self) -> Mapping[str, object]:
        """Wait until everything that was saved is reflected."""
        return ask(self.state, SYNC, timeout=PATIENCE)

    def status(self) -> dict[str, object]:
        """Ask the daemon how it fares."""
        return ask(self.state, STATUS, timeout=PATIENCE)

    def kill(self) -> None:
        """Kill the daemon, as the kernel does when memory is short."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal to the daemon, and return its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        self.process = None
        return code

    def run(self, *words: str, code: int = 0) -> str:
        """Run a command of the program in the project."""
        done = subprocess.run(
            [PROGRAM, *words], cwd=self.root, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def assert_clean(self) -> None:
        """Assert that the outputs are, byte for byte, those of a run into an empty folder."""
        assert files_in(self.root / "mock_outputs") == clean_run(self.specs)


def files_in(folder: Path) -> dict[str, bytes]:
    """Return every file below ``folder``."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def clean_run(specs: Path) -> dict[str, bytes]:
    """Return what ``generate`` makes of ``specs`` in an empty folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(specs, folder / "specs", symlinks=True)
        generate(open_project(folder), Request())
        return files_in(folder / "mock_outputs")


@contextlib.contextmanager
def world_in(folder: Path, *suites: str) -> Iterator[World]:
    """Give a project under Git with ``suites``; kill its daemon at the end."""
    root = folder / "project"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    world = World(root=root)
    for suite in suites:
        world.write(suite, suite)
    world.specs.mkdir(exist_ok=True)
    try:
        yield world
    finally:
        world.kill()
