"""Requests to the daemon of a project, carried with their answers by files in its state folder.

A client puts ``requests/ID.json`` there, the daemon removes it and puts ``answers/ID.json``, which
the client takes away. That works wherever files do, and outlives either side.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from mockgen_watch.errors import LockedError, MockgenError, StorageError
from mockgen_watch.storage.atomic import write_atomically
from mockgen_watch.storage.containment import naming
from mockgen_watch.storage.project_folder import DAEMON, ProjectLock, StateFolder

if TYPE_CHECKING:
    from collections.abc import Mapping


Answer: TypeAlias = "dict[str, object]"

FOLDER = "daemon"
REQUESTS = f"{FOLDER}/requests"
ANSWERS = f"{FOLDER}/answers"
SYNC, STATUS, STOP, RELOAD = "sync", "status", "stop", "reload"
_PAUSE = 0.005
_LONGEST_PAUSE = 0.05
_OLD = 300.0
"""Seconds after which an answer that nobody took is removed."""


class NotRunningError(MockgenError):
    """There is no daemon to ask."""


class NoAnswerError(MockgenError):
    """The daemon did not answer in time."""


class Question(Struct, frozen=True, kw_only=True):
    """What a client wants, as the daemon takes it."""

    id: str
    kind: str
    details: Mapping[str, object]


def is_running(state: StateFolder) -> bool:
    """Return whether a daemon of this project lives: it holds a lock as long as it does."""
    lock = ProjectLock(state, DAEMON)
    try:
        lock.acquire()
    except LockedError:
        return True
    lock.release()
    return False


def ask(
    state: StateFolder, kind: str, details: Mapping[str, object] | None = None, *, timeout: float
) -> Answer:
    """Ask the daemon and wait for what it says.

    Raises:
        NotRunningError: there is none, or it ended before it answered.
        NoAnswerError: it did not answer within ``timeout`` seconds.
        StorageError: the state folder cannot be written.
    """
    if not is_running(state):
        raise NotRunningError(
            "no daemon is running for this project; start one with mockgen-watch watch"
        )
    _make_folders(state)
    name = f"{os.urandom(8).hex()}.json"
    request, answer = f"{REQUESTS}/{name}", f"{ANSWERS}/{name}"
    _write(state, request, {"kind": kind, "details": dict(details or {})})
    try:
        return _await(state, answer, timeout)
    finally:
        state.remove(request)
        state.remove(answer)


def _await(state: StateFolder, answer: str, timeout: float) -> Answer:
    end = time.monotonic() + timeout
    pause, looks = _PAUSE, 0
    while True:
        data = state.read(answer)
        if data is not None:
            found: Answer = json.loads(data)
            return found
        if time.monotonic() > end:
            raise NoAnswerError(f"the daemon did not answer within {timeout:g} s")
        looks += 1
        # Seldom, because a daemon that starts could find the lock taken by who only asks.
        if looks % 40 == 0 and not is_running(state):
            raise NotRunningError("the daemon stopped before it answered")
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)


class Inbox:
    """The daemon's side: takes requests and puts answers, once it is open."""

    def __init__(self, state: StateFolder) -> None:
        self.state = state

    def open(self) -> None:
        """Make the folders, and clear away answers that nobody took.

        Raises:
            StorageError: they cannot be made.
        """
        _make_folders(self.state)
        for entry in os.scandir(self.state.place(ANSWERS)):
            with contextlib.suppress(OSError):
                if time.time() - entry.stat().st_mtime > _OLD:
                    os.unlink(entry.path)

    @property
    def folder(self) -> Path:
        """Where requests arrive."""
        return Path(self.state.folder, REQUESTS)

    def take(self, kind: str = "") -> list[Question]:
        """Return what is asked, and remove the requests; of one ``kind``, or all."""
        try:
            names = sorted(name for name in os.listdir(self.folder) if name.endswith(".json"))
        except OSError:
            return []
        found = []
        for name in names:
            with contextlib.suppress(StorageError, ValueError, KeyError, TypeError):
                data = json.loads(self.state.read(f"{REQUESTS}/{name}") or b"")
                asked, details = str(data["kind"]), dict(data["details"])
                if kind not in {"", asked}:
                    continue
                found.append(Question(id=name.removesuffix(".json"), kind=asked, details=details))
            with contextlib.suppress(StorageError):
                self.state.remove(f"{REQUESTS}/{name}")
        return found

    def answer(self, question: Question, answer: Mapping[str, object]) -> None:
        """Put ``answer`` where the client looks for it; if that fails, the client times out."""
        with contextlib.suppress(StorageError):
            _write(self.state, f"{ANSWERS}/{question.id}.json", answer)


def _make_folders(state: StateFolder) -> None:
    for folder in (REQUESTS, ANSWERS):
        state.open(folder).close()


def _write(state: StateFolder, path: str, data: Mapping[str, object]) -> None:
    folder, _, name = path.rpartition("/")
    with naming(path), state.open(folder) as opened:
        write_atomically(opened, name, json.dumps(data).encode(), is_durable=False)
