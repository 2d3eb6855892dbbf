"""Takes pieces of work, one a line; does each in a child of its own, for a tracer to see no more.

``python server.py MODULE AGE`` imports ``tests.faults.MODULE``, of which ``work(project,
arguments)`` returns an exit code. ``AGE`` is what every file counts as: ``young`` (just written, so
that it is read again and not remembered) or ``old``. By the clock it would be now this, now that,
and other calls would be made. A line of stdin is JSON: ``project`` (where the work is done),
``arguments``, ``told`` (the file for stdout and stderr) and ``is_inside``.

A child answers with its number and waits for one byte more, so that a tracer can be attached before
it begins; when the tester is gone there is none, and it ends. Two calls that nothing else makes
frame the work. The server answers with the exit code, negative for a signal. Work that is done
``is_inside`` has no child: what it imports, compiles and remembers is there for all later ones.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import select
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mockgen_watch.storage import stat_cache

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Work = Callable[[Path, Sequence[str]], int]

MARK = "/mockgen-mark"
BROKEN = 70
"""The exit code of a child whose work raised what it should not."""
_PR_SET_PTRACER = 0x59616D61
_ANYBODY = -1
_ALWAYS = 10**18


def main(module: str, age: str) -> None:
    """Serve until stdin ends."""
    # Before any module takes it from there.
    stat_cache.RACY_NS = {"young": _ALWAYS, "old": -_ALWAYS}[age]
    work: Work = importlib.import_module(f"tests.faults.{module}").work
    answers = os.dup(1)
    os.dup2(2, 1)
    while line := _line():
        task = json.loads(line)
        if task["is_inside"]:
            code = work(Path(task["project"]), task["arguments"])
        elif child := os.fork():
            _, status = os.waitpid(child, 0)
            code = os.waitstatus_to_exitcode(status)
        else:
            code = BROKEN
            try:
                code = _carry_out(work, task, answers)
            finally:
                os._exit(code)
        os.write(answers, b"%d\n" % code)


def _line() -> bytes:
    # Not by a buffer: what follows is the child's.
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            return b""
        line += byte
    return line


def _carry_out(work: Work, task: dict[str, Any], answers: int) -> int:
    # Where a process may be traced by its ancestors only, it has to permit others.
    ctypes.CDLL(None).prctl(_PR_SET_PTRACER, _ANYBODY)
    told = os.open(task["told"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(told, 1)
    os.dup2(told, 2)
    os.close(told)
    os.chdir(task["project"])
    path = Path(task["project"])
    os.write(answers, b"%d\n" % os.getpid())
    # A tracer that has just come may see the call that it came in, or not: it is none that counts.
    select.select([0], [], [])
    if not os.read(0, 1):
        return BROKEN
    os.access(MARK, os.F_OK)
    try:
        code = work(path, task["arguments"])
        sys.stdout.flush()
    except BaseException:  # noqa: BLE001 - it is told, and the code is seen
        traceback.print_exc()
        return BROKEN
    os.access(MARK, os.F_OK)
    return code


if __name__ == "__main__":
    main(*sys.argv[1:])
