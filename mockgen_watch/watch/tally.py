"""Takes the passes of one batch; gives its counts, its times, and the files to tell of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from mockgen_watch.lock.snapshot import Action

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockgen_watch.watch.batch import Pass
    from mockgen_watch.workflow.results import FileResult


class Tally(Struct):
    """One batch while it runs; see ``BatchEnded`` for what it comes to.

    Attributes:
        suites: those that were decided on; None: all.
        is_told: listeners know that it began.
        seen: output files that an earlier pass came to.
    """

    id: str
    causes: tuple[str, ...]
    hints: tuple[str, ...]
    changed: set[str] = field(default_factory=set)
    suites: set[str] | None = field(default_factory=set)
    stages: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    passes: int = 0
    is_told: bool = False
    has_converged: bool = False
    seen: set[str] = field(default_factory=set)

    def count(self, done: Pass) -> Iterator[FileResult]:
        """Count files and give those to tell of; what one pass did, a later one only keeps."""
        whole = self.suites is None or done.suites is None
        self.suites = None if whole else {*(self.suites or ()), *(done.suites or ())}
        for file in done.files:
            is_new = file.path not in self.seen
            self.seen.add(file.path)
            if is_new or file.action in {Action.CREATE, Action.UPDATE, Action.DELETE}:
                self.counts[file.action.value] = self.counts.get(file.action.value, 0) + 1
                if file.action is not Action.KEEP:
                    yield file

    def time(self, stage: str, seconds: float) -> None:
        """Add to the time that ``stage`` took."""
        self.stages[stage] = self.stages.get(stage, 0.0) + seconds
