"""Takes how many records are wanted and made; gives a bar on the terminal, where work is long.

Importing rich takes about 0.1 s, so it waits until the work has shown that it takes longer. There
is no thread that keeps the bar moving: it moves when records are made.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

PATIENCE = 0.5
"""Seconds of work before a bar appears."""

PAUSE = 0.1
"""Seconds between two pictures of the bar."""


class Bar(Protocol):
    """What is drawn."""

    def show(self, name: str, done: int) -> None:
        """Draw that ``done`` records are made, and that ``name`` is being made."""
        ...

    def close(self) -> None:
        """Take the bar away; what comes next is written where it was."""
        ...


class Progress:
    """Counts records; draws a bar when there is one to draw and it is time to."""

    def __init__(
        self, total: int, draw: Callable[[int], Bar] | None, clock: Callable[[], float]
    ) -> None:
        """Expect ``total`` records; ``draw`` makes the bar for a total, None never draws."""
        self.total = total
        self.done = 0
        self._draw = draw
        self._clock = clock
        self._next = clock() + PATIENCE
        self._bar: Bar | None = None

    def advance(self, name: str, records: int) -> None:
        """Tell that ``records`` more of the output ``name`` were made."""
        self.done += records
        if self._draw is None or self._clock() < self._next:
            return
        if self._bar is None:
            if self.done >= self.total:
                return
            self._bar = self._draw(self.total)
        self._bar.show(name, self.done)
        self._next = self._clock() + PAUSE

    def close(self) -> None:
        """Take the bar away, if one was drawn."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


@contextlib.contextmanager
def progress(
    total_records: int,
    *,
    unit: str = "records",
    is_quiet: bool = False,
    stream: TextIO | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Progress]:
    """Give what counts the records of a command, and shows it to whoever waits at a terminal.

    Args:
        total_records: how many will be made.
        unit: what is counted, where it is no records.
        is_quiet: nothing is ever drawn.
        stream: where the bar is drawn when it is a terminal that can move its cursor; default:
            stderr.
        clock: seconds since some moment.
    """
    target = stream or sys.stderr
    can_draw = not is_quiet and target.isatty() and os.environ.get("TERM") != "dumb"
    draw = functools.partial(_rich_bar, unit) if can_draw else None
    counter = Progress(total_records, draw, clock)
    try:
        yield counter
    finally:
        counter.close()


def _rich_bar(unit: str, total: int) -> Bar:
    # Here and not at the top: a command that ends soon must not pay for it.
    from mockgen_watch.cli.bar import RichBar  # noqa: PLC0415

    return RichBar(total, unit=unit)
