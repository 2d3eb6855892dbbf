"""Takes what each run found of the suites that it read; gives the warnings that still hold.

A run reads only suites whose lockfile does not speak for them, and tells no warning of the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Diagnostic, Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockgen_watch.workflow.results import Report


class Lasting:
    """The warnings of all suites."""

    def __init__(self) -> None:
        """Begin without any."""
        self._found: dict[str, tuple[Diagnostic, ...]] = {}

    def note(self, report: Report, is_there: Callable[[str], bool]) -> None:
        """Take in what ``report`` tells of the suites that were read; forget those that are gone.

        A warning belongs to every suite that depends on the file where it is.
        """
        warnings = [d for d in report.diagnostics if d.severity is not Severity.ERROR]
        for suite, files in report.read.items():
            self._found[suite] = tuple(d for d in warnings if d.location.path in files)
        for suite in [one for one, found in self._found.items() if not (found and is_there(one))]:
            del self._found[suite]

    def with_others(self, found: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
        """Return ``found`` and all warnings that hold, each once, in the order of report."""
        every = {*found, *(one for held in self._found.values() for one in held)}
        return tuple(sorted(every, key=lambda one: one.sort_key))
