"""Takes work and the number of a system call; gives a run in which just that one fails or kills."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.server import MARK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import TracebackType
    from typing import Self

REPOSITORY = Path(__file__).parents[2]
SERVER = Path(__file__).with_name("server.py")
CALLS = (
    "openat,mkdir,mkdirat,write,fsync,link,linkat,rename,renameat,renameat2,unlink,unlinkat,"
    "rmdir,ftruncate,fchmod,flock,getdents64,newfstatat,access,read,close"
)
WRITING = {
    "mkdir", "mkdirat", "write", "fsync", "link", "linkat", "rename", "renameat", "renameat2",
    "unlink", "unlinkat", "rmdir", "fchmod", "ftruncate",
}  # fmt: skip
_LINE = re.compile(r"^(\w+)\((.*)$")
_NUMBER = re.compile(r'("(?:[^"\\]|\\.)*")|\d+')
_VARIES = re.compile(r"\.mockgen-\d+-\d+|process \d+.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The ``number``-th call of its name in a run, counted from 1; ``text`` as strace tells it."""

    name: str
    number: int
    text: str

    @property
    def label(self) -> str:
        return f"{self.name}-{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of one piece of work.

    Attributes:
        returncode: negative for a signal.
        told: stdout and stderr.
        log: the lines of strace; none without it.
    """

    returncode: int
    told: str
    log: tuple[str, ...] = ()


def why_not() -> str:
    """Return why strace cannot be used here, or ``""``."""
    if sys.platform != "linux" or shutil.which("strace") is None:
        return "strace is not installed"
    done = subprocess.run(
        ["strace", "-o", os.devnull, "true"], capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else f"strace is not permitted: {done.stderr.strip()}"


needs_strace = pytest.mark.skipif(bool(why_not()), reason=why_not())


class Server:
    """``server.py``, with all imported; ``with`` starts it, and ends it with all that it began.

    It and its tracers share one core: passing a call from one to the other takes a third of the
    time then.
    """

    def __init__(self, module: str = "command", age: str = "young") -> None:
        """Serve the work of ``module``; every file counts as of that ``age``."""
        self.module = module
        self.age = age

    def __enter__(self) -> Self:
        """Start it."""
        self._core = _core()
        self._folder = tempfile.TemporaryDirectory(prefix="mockgen-server-")
        self._told = Path(self._folder.name, "told")
        self._log = Path(self._folder.name, "log")
        self._process = subprocess.Popen(
            [python(), "-S", "-B", str(SERVER), self.module, self.age],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env=environment(),
            start_new_session=True,
        )
        os.sched_setaffinity(self._process.pid, self._core)
        self._tracer: subprocess.Popen[str] | None = None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it, and with it its child, which is in its group, and what traces that."""
        os.killpg(self._process.pid, signal.SIGKILL)
        if self._tracer is not None:
            self._tracer.kill()
            self._tracer.communicate()
        self._process.communicate()
        self._folder.cleanup()

    def rehearse(self, project: Path, *arguments: str) -> None:
        """Let the server itself do the work, so that no child imports anything."""
        self._ask(project, arguments, is_inside=True)
        assert self._answer() == 0, arguments

    def run(self, project: Path, *arguments: str, options: tuple[str, ...] = ()) -> Done:
        """Do the work in a child, under strace where there are ``options`` for it."""
        self.begin(project, arguments, options)
        self._send(b"g")
        code = self._answer()
        told = self._told.read_text(errors="replace")
        if self._tracer is None:
            return Done(returncode=code, told=told)
        self._tracer.communicate()
        self._tracer = None
        log = self._log.read_text(errors="replace").splitlines()
        return Done(returncode=code, told=told, log=tuple(log))

    def begin(self, project: Path, arguments: tuple[str, ...], options: tuple[str, ...]) -> int:
        """Start a child that waits, traced where there are ``options``; return its number."""
        self._ask(project, arguments, is_inside=False)
        child = self._answer()
        if options:
            self._attach(child, options)
        return child

    def trace(self, project: Path, *arguments: str) -> list[Call]:
        """Return the calls of the work; it must succeed."""
        done = self.run(project, *arguments, options=("-e", f"trace={CALLS}"))
        assert done.returncode == 0, done.told
        return _framed(done.log)

    def kill(self, call: Call, project: Path, *arguments: str) -> None:
        """Do the work and kill it by SIGKILL at ``call``, before the kernel carries that out.

        Raises:
            AssertionError: it did not die, or at another call.
        """
        done = self.run_with("signal=KILL", call, project, *arguments)
        assert done.returncode == -signal.SIGKILL, f"{call.label} was not reached: {done.told}"
        calls, last = _calls(done.log), done.log[-1]
        assert last == "+++ killed by SIGKILL +++", last
        assert len(calls) == call.number, f"{call.label}: {len(calls)} calls"
        assert _begins_alike(calls[-1].text, call.text), f"{calls[-1].text} is not {call.text}"

    def run_with(
        self, fault: str, call: Call, project: Path, *arguments: str, lasts: bool = False
    ) -> Done:
        """Do the work with ``fault`` (``signal=KILL``, ``error=EIO``) at ``call``.

        ``lasts``: at that call and at all later ones of its name.
        """
        when = f"{call.number}{'+' if lasts else ''}"
        inject = f"inject={call.name}:{fault}:when={when}"
        return self.run(project, *arguments, options=("-e", f"trace={call.name}", "-e", inject))

    def _ask(self, project: Path, arguments: tuple[str, ...], *, is_inside: bool) -> None:
        task = {
            "project": str(project),
            "arguments": arguments,
            "told": str(self._told),
            "is_inside": is_inside,
        }
        self._send(json.dumps(task).encode() + b"\n")

    def _send(self, data: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(data)

    def _answer(self) -> int:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the server has ended")
        return int(line)

    def _attach(self, child: int, options: tuple[str, ...]) -> None:
        command = ["strace", "-p", str(child), "-o", str(self._log), *options]
        self._tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        os.sched_setaffinity(self._tracer.pid, self._core)
        assert self._tracer.stderr is not None
        first = self._tracer.stderr.readline()
        if "attached" not in first:
            raise RuntimeError(f"strace could not be attached: {first}")


def trace_process(project: Path, *words: str) -> list[Call]:
    """Return the calls of a command in a process of its own, of which many are Python's."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        command = ["strace", "-o", str(log), "-e", f"trace={CALLS}", *command_line(project, words)]
        done = subprocess.run(command, capture_output=True, env=environment(), check=False)
        assert done.returncode == 0, done.stderr
        return _calls(log.read_text(errors="replace").splitlines())


def command_line(project: Path, words: Iterable[str]) -> list[str]:
    """Return the command line of ``words`` in ``project``."""
    return [python(), "-S", "-B", "-m", "mockgen_watch", "-C", str(project), *words]


def _framed(log: Sequence[str]) -> list[Call]:
    marks = [number for number, line in enumerate(log) if MARK in line]
    assert len(marks) == 2, log
    before = len(_calls(log[: marks[0] + 1]))
    return _calls(log[: marks[1]])[before:]


def _calls(log: Sequence[str]) -> list[Call]:
    counts: Counter[str] = Counter()
    calls = []
    for line in log:
        if found := _LINE.match(line):
            counts[found[1]] += 1
            calls.append(Call(name=found[1], number=counts[found[1]], text=found[2]))
    return calls


def _begins_alike(killed: str, calm: str) -> bool:
    """Tell whether the two are one call; what it gives back is not known of a killed one."""
    known = re.split(r" +(?:<unfinished|= \?)", _plain(killed))[0]
    return _plain(calm).startswith(known)


def _plain(text: str) -> str:
    """Return ``text`` without what varies: numbers of handles and processes, sizes of caches."""
    return _NUMBER.sub(lambda found: found[1] or "*", _VARIES.sub("*", text))


def python() -> str:
    """Return the real interpreter: a shim would be what is traced."""
    return str(Path(sys.executable).resolve())


def environment() -> dict[str, str]:
    """Return the environment of processes; nothing in it varies between runs."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY), *sys.path]),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _core() -> set[int]:
    cores = sorted(os.sched_getaffinity(0))
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    return {cores[int(worker) % len(cores)]}
