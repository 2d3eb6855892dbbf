"""Takes counts of records; gives the picture of a bar on stderr: share, rate and time that is left.

``cli.progress`` loads this module when it is time to draw, because it needs rich.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as RichProgress
from rich.text import Text

from mockgen_watch.observe.escaping import escape_for_terminal

if TYPE_CHECKING:
    from typing import TextIO

    from rich.progress import Task


class RichBar:
    """A bar that leaves nothing behind; log lines appear above it."""

    def __init__(self, total: int, stream: TextIO | None = None, *, unit: str = "records") -> None:
        """Expect ``total`` of ``unit``; ``stream`` is stderr unless said."""
        console = Console(file=stream or sys.stderr, no_color=bool(os.environ.get("NO_COLOR")))
        self._progress = RichProgress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            _CountColumn(unit),
            TimeRemainingColumn(compact=True),
            console=console,
            transient=True,
            # It would send stdout to this console, also when stdout is a file.
            redirect_stdout=False,
            # Pictures are drawn by show: a thread that draws is one that a fork would copy.
            auto_refresh=False,
        )
        self._task = self._progress.add_task("", total=total)
        self._progress.start()

    def show(self, name: str, done: int) -> None:
        """Draw that ``done`` records are made, and that ``name`` is being made."""
        self._progress.update(self._task, completed=done, description=escape_for_terminal(name))
        self._progress.refresh()

    def close(self) -> None:
        """Take the bar away."""
        self._progress.stop()


class _CountColumn(ProgressColumn):
    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit

    def render(self, task: Task) -> Text:
        """Return how many there are, of how many, and how many a second."""
        counts = f"{task.completed:,.0f} of {task.total:,.0f} {self._unit}"
        return Text(counts if task.speed is None else f"{counts}, {task.speed:,.0f}/s")
