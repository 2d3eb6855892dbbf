"""The lock between processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.errors import LockedError, StorageError
from mockgen_watch.storage.project_folder import DAEMON, ProjectLock, StateFolder

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).parents[3]
HOLDER = """
import sys
from pathlib import Path
from mockgen_watch.storage.project_folder import ProjectLock
from mockgen_watch.storage.project_folder import StateFolder
with ProjectLock(StateFolder(Path(sys.argv[1])), holder="the other", timeout=20):
    print("held", flush=True)
    sys.stdin.read()
"""
COUNTER = """
import sys, time
from pathlib import Path
from mockgen_watch.storage.project_folder import ProjectLock
from mockgen_watch.storage.project_folder import StateFolder
counter = Path(sys.argv[2])
for _ in range(int(sys.argv[3])):
    with ProjectLock(StateFolder(Path(sys.argv[1])), timeout=60):
        number = int(counter.read_text())
        time.sleep(0.001)
        counter.write_text(str(number + 1))
"""


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "state")


def start(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )


@pytest.fixture
def other(state: StateFolder) -> Iterator[subprocess.Popen[str]]:
    process = start(HOLDER, str(Path(state.folder)))
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_lock_is_taken_and_given_back(state: StateFolder) -> None:
    lock = ProjectLock(state)
    for _ in range(2):
        with lock:
            with pytest.raises(LockedError):
                ProjectLock(state).acquire()
            with ProjectLock(state, DAEMON):
                pass


def test_the_error_names_who_holds_it(state: StateFolder, other: subprocess.Popen[str]) -> None:
    with pytest.raises(LockedError, match=rf"the other \(process {other.pid}\)"):
        ProjectLock(state, timeout=0.02).acquire()


def test_who_waits_gets_it_when_it_is_given_back(
    state: StateFolder, other: subprocess.Popen[str]
) -> None:
    waiting = start(HOLDER, str(Path(state.folder)))
    assert waiting.stdout is not None
    other.communicate("")
    assert waiting.stdout.readline() == "held\n"
    waiting.communicate("")


def test_a_killed_holder_holds_nothing(state: StateFolder, other: subprocess.Popen[str]) -> None:
    other.send_signal(signal.SIGKILL)
    other.wait()
    with ProjectLock(state), pytest.raises(LockedError):
        ProjectLock(state).acquire()
    assert (Path(state.folder) / "writer.lock").exists()


def test_a_removed_lock_file_makes_no_two_holders(
    state: StateFolder, other: subprocess.Popen[str]
) -> None:
    assert other.poll() is None
    (Path(state.folder) / "writer.lock").unlink()
    with ProjectLock(state), pytest.raises(LockedError):
        ProjectLock(state).acquire()


def test_a_lock_file_of_any_content_is_one(state: StateFolder) -> None:
    state.write("writer.lock", b"\xff\x00 nonsense")
    with ProjectLock(state, holder="me"):
        text = (Path(state.folder) / "writer.lock").read_text()
        assert text == f"me (process {os.getpid()})"


def test_many_processes_never_hold_it_together(state: StateFolder, tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    workers = [start(COUNTER, str(Path(state.folder)), str(counter), "15") for _ in range(4)]
    assert [worker.wait() for worker in workers] == [0, 0, 0, 0]
    for worker in workers:
        worker.communicate()
    assert counter.read_text() == "60"


def test_a_lock_that_cannot_be_opened_is_told(state: StateFolder) -> None:
    (Path(state.folder) / "writer.lock").mkdir(parents=True)
    with pytest.raises(StorageError) as caught:
        ProjectLock(state).acquire()
    assert caught.value.errno_name == "EISDIR"


def test_handles_are_given_back(state: StateFolder) -> None:
    with ProjectLock(state):
        before = len(list(Path("/proc/self/fd").iterdir()))
        for _ in range(20):
            with pytest.raises(LockedError):
                ProjectLock(state).acquire()
        assert len(list(Path("/proc/self/fd").iterdir())) == before
