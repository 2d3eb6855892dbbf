"""Live view: a quiet picture of the daemon at the foot of a terminal.

What is wrong stays in the picture until it is fixed; what was done scrolls by above it. For each
updated output it says how many records and fields changed, as far as outputs are few and small.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from msgspec import Struct
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from mockgen_watch.diagnostics import Diagnostic, Severity
from mockgen_watch.git.history import differing_cells, records_of
from mockgen_watch.lock.model import Action
from mockgen_watch.lock.paths import LOCK_NAME
from mockgen_watch.observe import escape_for_terminal
from mockgen_watch.views.values import plural
from mockgen_watch.watch import events
from mockgen_watch.workflow.changes import CannotDecodeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mockgen_watch.watch.daemon import Daemon
    from mockgen_watch.workflow.generate import FileResult

LARGEST: Final = 512 << 10
"""Bytes of an output that is looked into; YAML takes a hundred times as long to read."""
LARGEST_YAML: Final = 16 << 10
MOST_BYTES: Final = 16 << 20
"""Of all outputs that are remembered."""
MOST_FILES: Final = 20
"""Of one batch."""

STOPPED: Final = "stopped"
SHOWN_ERRORS: Final = 10
SHOWN_FILES: Final = 3
_WORDS: Final = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.DELETE: "removed",
    Action.REFUSE: "kept (edited by hand):",
}
_STYLES: Final = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}


class LiveView:
    """Listens to the stream; ``with`` shows the picture."""

    def __init__(
        self,
        daemon: Daemon,
        console: Console | None = None,
        clock: Callable[[], str] = lambda: time.strftime("%H:%M:%S"),
    ) -> None:
        self._daemon = daemon
        self._clock = clock
        self._console = console or Console(
            file=sys.stderr, no_color=bool(os.environ.get("NO_COLOR")), highlight=False
        )
        # Pictures are drawn when something happens; there is no thread that draws the same again.
        self._live = Live(console=self._console, auto_refresh=False, redirect_stdout=False)
        self._files: list[FileResult] = []
        self._memory = OutputMemory(daemon.root)
        self._note = "starting"
        self._mode = ""
        self._checked = ""

    def __enter__(self) -> Self:
        self._live.start()
        self._draw()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def __call__(self, happening: events.DaemonEvent) -> None:
        match happening:
            case events.BatchStarted():
                self._files.clear()
                self._note = "working"
            case events.OutputWritten():
                self._files.append(happening.file)
                return
            case events.BatchEnded():
                self._checked = self._clock()
                self._end(happening)
            case events.Checked():
                self._checked = self._clock()
            case events.WatchChanged(mode="polling"):
                self._mode = f"polling: {happening.reason}"
                self._say(f"no file events ({happening.reason}), polling instead", "yellow")
            case events.EventsMissed():
                self._say("a change arrived without an event; restarting the watcher", "yellow")
            case events.GitHeld():
                blocker = happening.blocker
                self._note = f"waiting for Git ({blocker})"
                if happening.is_over:
                    self._say(f"Git has been busy too long ({blocker}); continuing", "yellow")
            case events.Stopped():
                self._note = STOPPED
            case _:
                return
        self._draw()

    def _end(self, ended: events.BatchEnded) -> None:
        self._note = ""
        if self._files:
            milliseconds = 1000 * sum(ended.stages.values())
            cause = ", ".join(ended.changed[:SHOWN_FILES]) or ", ".join(ended.causes)
            more = len(ended.changed) - SHOWN_FILES
            cause += f" and {more} more" if more > 0 else ""
            self._say(f"{cause}  →  {self._done()}  {milliseconds:,.0f} ms")
        if self._daemon.batches <= 1 and self._daemon.settings is not None:
            self._memory.fill(self._daemon.settings.outputs)

    def _done(self) -> str:
        parts = []
        for action, word in _WORDS.items():
            files = [file for file in self._files if file.action is action]
            if not files:
                continue
            # Whatever became of them, they are seen as they are now.
            moved = self._memory.compare(file.path for file in files)
            what = escape_for_terminal(files[0].path) if len(files) == 1 else f"{len(files)} files"
            records = sum(file.records for file in files)
            of = ""
            if action is Action.UPDATE and moved is not None and moved.fields:
                fields = moved.fields
                shown = fields[0] if len(fields) == 1 else f"{len(fields):,} fields"
                of = f"{escape_for_terminal(shown)} in {moved.records:,} of "
            parts.append(f"{word} {what} ({of}{records:,} {plural('record', records)})")
        return ", ".join(parts)

    def _say(self, text: str, style: str = "") -> None:
        """Write a line above the picture."""
        line = Text.assemble((f"{self._clock()}  ", "dim"), (escape_for_terminal(text), style))
        self._live.console.print(line, soft_wrap=True)

    def _draw(self) -> None:
        self._live.update(self.picture(), refresh=True)

    def picture(self) -> Group:
        """Return what is at the foot: everything that is wrong, and the state of the daemon."""
        problems = self._daemon.problems
        lines = [_finding(found) for found in [*problems.diagnostics][:SHOWN_ERRORS]]
        more = len(problems.diagnostics) - SHOWN_ERRORS
        if more > 0:
            lines.append(Text(f"… and {more} more; mockgen-watch check shows all", style="dim"))
        if problems.error:
            lines.append(Text(escape_for_terminal(problems.error), style="red"))
        return Group(*lines, self._foot())

    def _foot(self) -> Text:
        problems = self._daemon.problems
        foot = Text()
        if problems.errors:
            count = f"{problems.errors:,} {plural('error', problems.errors)}"
            failed = problems.failed_suites
            keep = "keeps its" if len(failed) == 1 else "keep their"
            kept = f"; {', '.join(failed)} {keep} outputs" if failed else ""
            foot.append(f"✗ {count}{kept}", "bold red")
        else:
            # Outputs are not watched but looked at now and then, so that it says when.
            is_known = self._daemon.last is not None
            foot.append(f"✓ outputs up to date at {self._checked}" if is_known else "·", "green")
        for part in (self._note, self._mode):
            if part:
                foot.append(f"  {escape_for_terminal(part)}", "dim")
        if self._note != STOPPED:
            foot.append("  Ctrl-C to stop", "dim")
        return foot


def _finding(found: Diagnostic) -> Text:
    line = Text()
    line.append(escape_for_terminal(str(found.location)), style=_STYLES[found.severity])
    line.append(f"  {found.code} {escape_for_terminal(found.message)}")
    if found.hint:
        line.append(f"  ({escape_for_terminal(found.hint)})", style="dim")
    return line


class Moved(Struct, frozen=True, kw_only=True):
    """In how many records some outputs differ, and in which fields, in order of place."""

    records: int
    fields: tuple[str, ...]


class OutputMemory:
    """The outputs of a project as they were last seen."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._bytes: dict[str, bytes] = {}
        self._size = 0

    def fill(self, outputs: str) -> None:
        """Remember the outputs in the folder ``outputs``, as far as there is room."""
        for place, folders, names in os.walk(self._root / outputs):
            folders.sort()
            for name in sorted(names):
                if self._size > MOST_BYTES:
                    return
                if name != LOCK_NAME:
                    self._remember(Path(place, name).relative_to(self._root).as_posix())

    def compare(self, paths: Iterable[str]) -> Moved | None:
        """Return what moved in ``paths`` since they were seen; None: nobody knows."""
        records, fields = 0, dict[str, None]()
        pairs = [(path, self._bytes.get(path), self._remember(path)) for path in paths]
        if len(pairs) > MOST_FILES:
            return None
        for path, old, new in pairs:
            if old is None or new is None:
                return None
            try:
                cells = differing_cells(records_of(path, old), records_of(path, new))
            except CannotDecodeError:
                return None
            records += len({cell.record for cell in cells})
            fields.update(dict.fromkeys(cell.field for cell in cells))
        return Moved(records=records, fields=tuple(fields))

    def _remember(self, path: str) -> bytes | None:
        """Return the output ``path`` as it is now, and remember it; None: it is gone or large."""
        self._size -= len(self._bytes.pop(path, b""))
        largest = LARGEST_YAML if path.endswith((".yaml", ".yml")) else LARGEST
        try:
            with (self._root / path).open("rb") as file:
                data = file.read(largest + 1)
        except OSError:
            return None
        if len(data) > largest:
            return None
        self._bytes[path] = data
        self._size += len(data)
        return data
