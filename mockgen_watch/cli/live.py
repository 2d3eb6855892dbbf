"""Takes what happens in the daemon; gives a quiet picture of it at the foot of a terminal.

What is wrong stays in the picture until it is mended; what was done scrolls by above it.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Final

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from mockgen_watch.cli.escape import escape_for_terminal
from mockgen_watch.diagnostics import Severity
from mockgen_watch.lock.snapshot import Action
from mockgen_watch.watch.stream import (
    BatchEnded,
    BatchStarted,
    EventsMissed,
    GitHeld,
    OutputWritten,
    Stopped,
    WatchChanged,
)

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self, TextIO

    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.watch.daemon import Daemon
    from mockgen_watch.watch.stream import Happening

SHOWN_ERRORS: Final = 10
SHOWN_FILES: Final = 3
_WORDS: Final = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.DELETE: "removed",
    Action.REFUSE: "left, edited by hand",
}
_STYLES: Final = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}


class LiveView:
    """Listens to the stream; ``with`` shows the picture."""

    def __init__(self, daemon: Daemon, stream: TextIO | None = None) -> None:
        """Show how ``daemon`` fares on ``stream``; default: stderr."""
        self._daemon = daemon
        self._console = Console(
            file=stream or sys.stderr, no_color=bool(os.environ.get("NO_COLOR")), highlight=False
        )
        # Pictures are drawn when something happens; there is no thread that draws the same again.
        self._live = Live(console=self._console, auto_refresh=False, redirect_stdout=False)
        self._files: list[OutputWritten] = []
        self._note = "starting"
        self._mode = ""

    def __enter__(self) -> Self:
        """Draw the first picture."""
        self._live.start()
        self._draw()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the last picture as it is."""
        self._live.stop()

    def __call__(self, happening: Happening) -> None:
        """Take in ``happening`` and draw."""
        match happening:
            case BatchStarted():
                self._files.clear()
                self._note = "working"
            case OutputWritten():
                self._files.append(happening)
                return
            case BatchEnded():
                self._end(happening)
            case WatchChanged(mode="polling"):
                self._mode = f"polling: {happening.reason}"
                self._say(f"no events to go by ({happening.reason}), polling instead", "yellow")
            case EventsMissed():
                self._say("a change came without an event; watching anew", "yellow")
            case GitHeld():
                self._note = f"waiting for Git ({happening.blocker})"
                if happening.is_over:
                    self._say(
                        f"Git has been busy too long ({happening.blocker}), going on", "yellow"
                    )
            case Stopped():
                self._note = "stopped"
            case _:
                return
        self._draw()

    def _end(self, ended: BatchEnded) -> None:
        self._note = ""
        milliseconds = 1000 * sum(ended.stages.values())
        if self._files:
            cause = ", ".join(ended.changed[:SHOWN_FILES]) or ", ".join(ended.causes)
            more = len(ended.changed) - SHOWN_FILES
            cause += f" and {more} more" if more > 0 else ""
            self._say(f"{cause}  →  {self._done()}  {milliseconds:,.0f} ms")

    def _done(self) -> str:
        parts = []
        for action, word in _WORDS.items():
            files = [file for file in self._files if file.action is action]
            if files:
                records = sum(file.records for file in files)
                named = (
                    escape_for_terminal(files[0].path) if len(files) == 1 else f"{len(files)} files"
                )
                parts.append(f"{word} {named} ({records:,} record{'' if records == 1 else 's'})")
        return ", ".join(parts)

    def _say(self, text: str, style: str = "") -> None:
        """Write a line above the picture."""
        line = Text(f"{time.strftime('%H:%M:%S')}  ", style="dim")
        line.append(escape_for_terminal(text), style=style)
        self._live.console.print(line, soft_wrap=True)

    def _draw(self) -> None:
        self._live.update(self._picture(), refresh=True)

    def _picture(self) -> Group:
        known = self._daemon.known
        lines = [_finding(found) for found in [*known.diagnostics][:SHOWN_ERRORS]]
        more = len(known.diagnostics) - SHOWN_ERRORS
        if more > 0:
            lines.append(Text(f"… and {more} more; mockgen-watch check shows all", style="dim"))
        if known.error:
            lines.append(Text(escape_for_terminal(known.error), style="red"))
        return Group(*lines, self._foot())

    def _foot(self) -> Text:
        known = self._daemon.known
        foot = Text()
        if known.errors:
            kept = (
                f"; {', '.join(known.failed_suites)} keep their outputs"
                if known.failed_suites
                else ""
            )
            foot.append(
                f"✗ {known.errors} error{'' if known.errors == 1 else 's'}{kept}", "bold red"
            )
        else:
            foot.append("✓ all outputs are right" if self._daemon.last else "·", "green")
        for part in (self._note, self._mode):
            if part:
                foot.append(f"  {escape_for_terminal(part)}", "dim")
        foot.append("  Ctrl-C ends", "dim")
        return foot


def _finding(found: Diagnostic) -> Text:
    line = Text(escape_for_terminal(str(found.location)), style=_STYLES[found.severity])
    line.append(f"  {found.code} {escape_for_terminal(found.message)}")
    if found.hint:
        line.append(f"  ({escape_for_terminal(found.hint)})", style="dim")
    return line
