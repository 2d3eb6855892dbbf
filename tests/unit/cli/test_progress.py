"""The progress bar: when it appears, what it shows, and that it never gets into the results."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.cli.running import PATIENCE, PAUSE, Bar, Progress, progress

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[3]


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class FakeBar(Bar):
    def __init__(self, total: int) -> None:
        self.told: list[object] = [total]

    def show(self, name: str, done: int) -> None:
        self.told.append((name, done))

    def close(self) -> None:
        self.told.append("closed")


class Bars:
    def __init__(self) -> None:
        self.made: list[FakeBar] = []

    def __call__(self, total: int) -> FakeBar:
        self.made.append(FakeBar(total))
        return self.made[-1]

    @property
    def told(self) -> list[object]:
        return [word for bar in self.made for word in bar.told]


def run_steps(total: int, steps: Sequence[tuple[float, int]]) -> list[object]:
    """Return what is drawn when records are made, each time after some seconds."""
    clock, bars = Clock(), Bars()
    counter = Progress(total, bars, clock)
    for seconds, records in steps:
        clock.now += seconds
        counter.advance("claims/Claim/positive", records)
    counter.close()
    assert counter.done == sum(records for _, records in steps)
    return bars.told


NAME = "claims/Claim/positive"


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        pytest.param([], [], id="nothing to make"),
        pytest.param([(0.1, 50), (0.1, 50)], [], id="short work"),
        pytest.param([(PATIENCE, 100)], [], id="the last records end the patience"),
        pytest.param([(PATIENCE, 10)], [100, (NAME, 10), "closed"], id="long work"),
        pytest.param(
            [(PATIENCE, 10), (0.0, 20), (PAUSE / 2, 20), (PAUSE, 20), (PAUSE, 30)],
            [100, (NAME, 10), (NAME, 70), (NAME, 100), "closed"],
            id="a picture at each pause",
        ),
    ],
)
def test_a_bar_appears_when_work_is_long(
    steps: list[tuple[float, int]], told: list[object]
) -> None:
    assert run_steps(100, steps) == told


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "is_quiet"),
    [(io.StringIO(), False), (Terminal(), True)],
    ids=["no terminal", "quiet"],
)
def test_nothing_is_drawn_where_nobody_looks(stream: io.StringIO, is_quiet: bool) -> None:
    clock = Clock()
    with progress(100, is_quiet=is_quiet, stream=stream, clock=clock) as counter:
        clock.now += PATIENCE
        counter.advance(NAME, 10)
    assert stream.getvalue() == ""
    assert counter.done == 10


SCRIPT = """
import sys
from mockgen_watch.cli.running import PATIENCE, progress
from mockgen_watch.observe import Log
now = [0.0]
with progress(10_000, clock=lambda: now[0]) as counter:
    for _ in range(4):
        now[0] += float(sys.argv[1])
        counter.advance("claims/Cl\\x1bim[red]/positive", 2_500)
        print("a result")
    if "log" in sys.argv:
        Log("console").error("an.event")
print("rich" in sys.modules)
"""


def run_on_terminal(*words: str, **environment: str) -> tuple[str, str]:
    """Return what SCRIPT writes to stdout, a pipe, and to stderr, a terminal."""
    reading, writing = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=writing,
        check=True,
        cwd=ROOT,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", **environment},
    )
    os.close(writing)
    drawn = b""
    # Linux says by an error that the other end is closed.
    with contextlib.suppress(OSError):
        while piece := os.read(reading, 65536):
            drawn += piece
    os.close(reading)
    return done.stdout.decode(), drawn.decode()


def test_on_a_terminal_long_work_has_a_bar_and_results_stay_out_of_it() -> None:
    out, drawn = run_on_terminal(str(PATIENCE), "log")
    assert out == "a result\n" * 4 + "True\n"
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn)
    assert "claims/Cl\\x1bim[red]/positive" in plain
    assert "2,500 of 10,000 records" in plain
    assert "an.event" in plain


def test_without_colours_the_bar_has_none() -> None:
    _, drawn = run_on_terminal(str(PATIENCE), "log", NO_COLOR="1")
    assert "2,500 of 10,000 records" in drawn
    assert not re.search(r"\x1b\[[0-9;]*m", drawn)


@pytest.mark.parametrize(
    ("seconds", "terminal"), [(PATIENCE / 10, "xterm-256color"), (PATIENCE, "dumb")]
)
def test_short_work_and_a_dumb_terminal_get_no_bar_and_load_no_rich(
    seconds: float, terminal: str
) -> None:
    out, drawn = run_on_terminal(str(seconds), TERM=terminal)
    assert (out, drawn) == ("a result\n" * 4 + "False\n", "")
