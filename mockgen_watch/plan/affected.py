"""Affected suites: which suites depend on the files that a change touches."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Requirements = Mapping[str, frozenset[str]]


class InputGraph:
    """Which files each file requires.

    Attributes:
        requirements: a file → the files that it names or takes: masters, what those extend,
            vocabularies, schemas, the specs of suites that references lead to. Files that do not
            exist but would be taken if they did are among them: an edge to nothing, so that one
            which appears later is noticed.
        suites: the spec of each suite → the suite.
    """

    def __init__(
        self, requirements: Requirements | None = None, suites: Mapping[str, str] | None = None
    ) -> None:
        self.requirements = requirements or {}
        self.suites = suites or {}

    def prepare(self) -> None:
        """Do now what the first question would else wait for."""
        _ = self._dependents

    def affected_suites(self, changed: Iterable[str]) -> tuple[str, ...]:
        """Return the suites that require any of ``changed``, at whatever remove, sorted.

        A changed path may be a folder; then everything below it counts as changed.
        """
        waiting = list(self._files_at({path.rstrip("/") for path in changed}))
        reached: set[str] = set()
        while waiting:
            path = waiting.pop()
            if path not in reached:
                reached.add(path)
                waiting += self._dependents[path]
        return tuple(sorted({self.suites[path] for path in reached & self.suites.keys()}))

    @cached_property
    def _dependents(self) -> Mapping[str, set[str]]:
        """A file → the files that name or take it; every file of the graph is there."""
        found: dict[str, set[str]] = {path: set() for path in (*self.suites, *self.requirements)}
        for path, required in self.requirements.items():
            for other in required:
                found.setdefault(other, set()).add(path)
        return found

    def _files_at(self, paths: set[str]) -> set[str]:
        """Return the files of the graph that are among ``paths`` or in one of them."""
        files = paths & self._dependents.keys()
        folders = paths - files
        if folders:
            files |= {path for path in self._dependents if not folders.isdisjoint(_parents(path))}
        return files


def _parents(path: str) -> Iterable[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
