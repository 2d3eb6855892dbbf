"""Takes what happens in the daemon; tells it to whoever listens, in the same process.

The log, the terminal's view and the metrics listen; what comes later may too. A listener is called
in the daemon's thread, in the order of subscription, and must be quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.lock.snapshot import Action, Reason


class Started(Struct, frozen=True, kw_only=True):
    """The daemon has begun; ``project`` is its folder."""

    project: str
    process: int


class Stopped(Struct, frozen=True, kw_only=True):
    """The daemon has ended in good order."""

    reason: str


class WatchChanged(Struct, frozen=True, kw_only=True):
    """How changes are noticed from now on: ``events`` or ``polling``, and why."""

    mode: str
    reason: str
    fields: Mapping[str, object] = field(default_factory=dict)


class EventsMissed(Struct, frozen=True, kw_only=True):
    """A change was found of which no event told."""

    paths: tuple[str, ...]
    count: int


class GitHeld(Struct, frozen=True, kw_only=True):
    """Git is in the middle of something; ``is_over`` when the daemon goes on nevertheless."""

    blocker: str
    is_over: bool


class BatchStarted(Struct, frozen=True, kw_only=True):
    """Outputs are being brought up to date.

    Attributes:
        batch: its id.
        causes: what led to it: ``event``, ``audit``, ``start``, ``sync``, ``retry``, ``signal``,
            ``reload``.
        hints: paths that events named, a few of them.
    """

    batch: str
    causes: tuple[str, ...]
    hints: tuple[str, ...]


class OutputWritten(Struct, frozen=True, kw_only=True):
    """One output file was created, updated, removed or left alone as it was edited by hand."""

    batch: str
    path: str
    action: Action
    reason: Reason
    records: int


class DiagnosticRaised(Struct, frozen=True, kw_only=True):
    """Something is wrong that was not wrong, or not known, before."""

    batch: str
    diagnostic: Diagnostic


class DiagnosticCleared(Struct, frozen=True, kw_only=True):
    """What was wrong is so no more."""

    batch: str
    diagnostic: Diagnostic


class BatchFailed(Struct, frozen=True, kw_only=True):
    """A batch could not go on; it is tried again. ``trace`` is there for a defect of ours."""

    batch: str
    error: str
    trace: str = ""


class BatchEnded(Struct, frozen=True, kw_only=True):
    """Outputs are as the specs say, as far as the specs are valid.

    Attributes:
        batch: its id.
        causes, hints: as when it began.
        changed: spec files that moved since the last batch.
        suites: those that were looked at; None: all.
        counts: of output files, by what became of them.
        failed_suites: those that keep their last good outputs.
        errors: diagnostics of severity error that hold now.
        passes: how often it had to look before nothing moved any more.
        has_converged: nothing moved any more at the end.
        stages: name → seconds.
    """

    batch: str
    causes: tuple[str, ...]
    hints: tuple[str, ...]
    changed: tuple[str, ...]
    suites: tuple[str, ...] | None
    counts: Mapping[str, int]
    failed_suites: tuple[str, ...]
    errors: int
    passes: int
    has_converged: bool
    stages: Mapping[str, float]


Happening: TypeAlias = (
    Started
    | Stopped
    | WatchChanged
    | EventsMissed
    | GitHeld
    | BatchStarted
    | OutputWritten
    | DiagnosticRaised
    | DiagnosticCleared
    | BatchFailed
    | BatchEnded
)


class Stream:
    """Passes what happens on to its listeners."""

    def __init__(self) -> None:
        """Begin without listeners."""
        self._listeners: list[Callable[[Happening], None]] = []

    def subscribe(self, listener: Callable[[Happening], None]) -> None:
        """Call ``listener`` with everything that happens from now on."""
        self._listeners.append(listener)

    def tell(self, happening: Happening) -> None:
        """Tell all listeners."""
        for listener in self._listeners:
            listener(happening)
