"""The live view: one line a save above, and what is wrong below for as long as it is."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from mockgen_watch.cli.live import LiveView
from mockgen_watch.watch.daemon import Daemon
from mockgen_watch.watch.events import BatchStarted, EventsMissed, GitHeld, Stopped, WatchChanged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Screen:
    """A terminal with a live view of a daemon."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.written = io.StringIO()
        self.daemon = Daemon(root)
        console = Console(file=self.written, force_terminal=True, width=110, height=12)
        self.view = LiveView(self.daemon, console, lambda: "09:41:00")
        self.daemon.stream.subscribe(self.view)

    def save(self, suite: str, text: str) -> str:
        """Save a spec, let the daemon work, and return what was written to the screen meanwhile."""
        path = self.root / "specs" / suite / "user_input.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        before, place = self.daemon.batches, len(self.written.getvalue())
        self.daemon.reload()
        while self.daemon.batches == before:
            self.daemon.step()
        return self.since(place)

    def since(self, place: int) -> str:
        return self.written.getvalue()[place:]


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    (tmp_path / "specs").mkdir()
    screen = Screen(tmp_path)
    screen.daemon.begin(with_events=False)
    with screen.view:
        yield screen
    screen.daemon.waker.close()


def test_errors_are_drawn_again_below_each_line_until_they_are_fixed(screen: Screen) -> None:
    screen.save("a", "M: {x: [1, 2]}\n")
    assert "MG201" in screen.save("b", "M: {x: {$numbr: 1}}\n")
    # More lines than the screen has.
    for number in range(20):
        drawn = screen.save("a", f"M: {{x: [{number + 5}]}}\n")
        line, error = drawn.index("updated"), drawn.rindex("specs/b/user_input.yaml:1:")
        assert line < error
        assert "1 error; b keeps its outputs" in drawn[error:]
    mended = screen.save("b", "M: {x: 1}\n")
    # The last picture takes the place of the one before, whose lines are erased.
    last = mended.rpartition("\x1b[2K")[2]
    assert "✓ outputs up to date at " in last
    assert "MG201" not in last


def test_a_line_tells_what_moved_and_how_long_it_took(screen: Screen) -> None:
    screen.save("a", "M: {x: [1, 2, 3], y: 1, $count: 9}\n")
    drawn = screen.save("a", "M: {x: [1, 2, 3], y: 2, $count: 9}\n")
    assert "specs/a/user_input.yaml  →  updated mock_outputs/a/M/base.json" in drawn
    assert "(y in 9 of 9 records)" in drawn
    assert " ms" in drawn
    # One that is new in this session is known from then on.
    screen.save("b", "M: {x: 1, $count: 2}\n")
    assert "(2 fields in 2 of 2 records)" in screen.save("b", "M: {y: 1, $count: 2}\n")


TOLD = {
    "polling": (WatchChanged(mode="polling", reason="watch limit"), "no file events"),
    "a missed event": (
        EventsMissed(count=1, paths=("specs/a",)),
        "a change arrived without an event",
    ),
    "Git": (GitHeld(blocker="index.lock", is_over=False), "waiting for Git (index.lock)"),
    "Git for too long": (GitHeld(blocker="rebase", is_over=True), "Git has been busy too long"),
    "work": (BatchStarted(batch="1", causes=("event",), hints=()), "working"),
    "the end": (Stopped(reason="request"), "stopped"),
}


@pytest.mark.parametrize(("happening", "told"), TOLD.values(), ids=TOLD)
def test_what_happens_is_told(happening: object, told: str, screen: Screen) -> None:
    place = len(screen.written.getvalue())
    screen.view(happening)  # type: ignore[arg-type]
    assert told in screen.since(place)


def test_many_errors_are_counted_and_a_failure_is_shown(screen: Screen) -> None:
    fields = ", ".join(f"f{number}: {{$x{number}: 1}}" for number in range(14))
    screen.save("a", f"M: {{{fields}}}\n")
    screen.daemon.problems.error = "no room is left"
    console = Console(file=io.StringIO(), width=110)
    console.print(screen.view.picture())
    drawn = console.file.getvalue()  # type: ignore[attr-defined]
    assert drawn.count("MG201") == 10
    assert "… and 4 more; mockgen-watch check shows all" in drawn
    assert "no room is left" in drawn
