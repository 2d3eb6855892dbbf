"""Takes what each pass found wrong; gives what is new in it, so that it is told once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Diagnostic, Severity
from mockgen_watch.watch.stream import BatchFailed, DiagnosticCleared, DiagnosticRaised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockgen_watch.watch.batch import Pass
    from mockgen_watch.watch.stream import Happening


class Known:
    """What is wrong at present.

    Attributes:
        diagnostics: of the last pass over everything that came to its end.
        error: why the last pass did not; ``""`` when it did.
        failed_suites: those that keep their last good outputs.
    """

    def __init__(self) -> None:
        """Begin with nothing wrong."""
        self.diagnostics: dict[Diagnostic, None] = {}
        self.error = ""
        self.failed_suites: tuple[str, ...] = ()

    @property
    def errors(self) -> int:
        """Number of diagnostics of severity error, and of passes that cannot go on."""
        found = sum(one.severity is Severity.ERROR for one in self.diagnostics)
        return found + bool(self.error)

    def update(self, batch: str, done: Pass) -> Iterator[Happening]:
        """Take in ``done``; give what is new and what is wrong no more."""
        if done.has_moved or done.is_stopped:
            return
        if done.error:
            if done.error != self.error:
                yield BatchFailed(batch=batch, error=done.error, trace=done.trace)
            self.error = done.error
            return
        self.error = ""
        self.failed_suites = done.failed_suites
        now = dict.fromkeys(done.diagnostics)
        before, self.diagnostics = self.diagnostics, now
        for found in before:
            if found not in now:
                yield DiagnosticCleared(batch=batch, diagnostic=found)
        for found in now:
            if found not in before:
                yield DiagnosticRaised(batch=batch, diagnostic=found)
