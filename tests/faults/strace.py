"""Takes a script and a number; gives a run of it in which just that system call fails or kills."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.scripted import MARK

REPOSITORY = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("scripted.py")
CALLS = (
    "openat,mkdir,mkdirat,write,fsync,link,linkat,rename,renameat,renameat2,unlink,unlinkat,"
    "rmdir,ftruncate,fchmod,flock,getdents64,newfstatat"
)
_LINE = re.compile(r"^(?:\d+ +)?(\w+)\((.*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The ``number``-th call of its name in a run, counted from 1; ``text`` as strace tells it."""

    name: str
    number: int
    text: str

    @property
    def label(self) -> str:
        return f"{self.name}-{self.number}"


def why_not() -> str:
    """Return why strace cannot be used here, or ``""``."""
    if sys.platform != "linux" or shutil.which("strace") is None:
        return "strace is not installed"
    done = subprocess.run(
        ["strace", "-o", os.devnull, "true"], capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else f"strace is not permitted: {done.stderr.strip()}"


needs_strace = pytest.mark.skipif(bool(why_not()), reason=why_not())


def trace(project: Path, log: Path, *arguments: str) -> list[Call]:
    """Run the script and return the calls of its transaction."""
    done = _strace(["-o", str(log), "-e", f"trace={CALLS},access"], project, *arguments)
    assert done.returncode == 0, done.stderr
    counts: Counter[str] = Counter()
    calls: list[Call] = []
    is_inside = False
    for line in log.read_text().splitlines():
        if MARK in line:
            is_inside = not is_inside
        elif found := _LINE.match(line):
            counts[found[1]] += 1
            if is_inside:
                calls.append(Call(name=found[1], number=counts[found[1]], text=found[2]))
    return calls


def run_with(
    fault: str, call: Call, project: Path, *arguments: str, lasts: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run the script with ``fault`` (``signal=KILL``, ``error=EIO``) at ``call``.

    ``lasts``: at that call and at all later ones of its name.
    """
    when = f"{call.number}{'+' if lasts else ''}"
    options = ["-o", os.devnull, "-e", f"trace={call.name}"]
    options += ["-e", f"inject={call.name}:{fault}:when={when}"]
    if "signal" not in fault:
        # Faster, but strace 6.1 then kills only after the call.
        options.append("--seccomp-bpf")
    return _strace(options, project, *arguments)


def _strace(options: list[str], project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # The real binary: a shim would be what the fault hits. Nothing that varies between runs.
    python = str(Path(sys.executable).resolve())
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY), *sys.path]),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = ["strace", "-f", "-qq", *options]
    command += [python, "-S", "-B", str(SCRIPT), str(project), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, cwd=project
    )
