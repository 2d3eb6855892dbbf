"""Takes which file needs which, and the paths that changed; gives the suites to look at again."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct, field

from mockgen_watch.plan.references import referenced_suites

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mockgen_watch.plan.model import SuiteSource


class InputGraph(Struct, frozen=True, kw_only=True, dict=True):
    """Which files each file needs.

    Attributes:
        needs: a file → the files that it names or takes: masters, what those extend,
            vocabularies, schemas, the specs of suites that references lead to. Files that do not
            exist but would be taken if they did are among them: an edge to nothing, so that one
            which appears later is noticed.
        suites: the spec of each suite → the suite.
    """

    needs: Mapping[str, frozenset[str]] = field(default_factory=dict)
    suites: Mapping[str, str] = field(default_factory=dict)

    def prepare(self) -> None:
        """Do now what the first question would else wait for."""
        _ = self.needed_by

    @cached_property
    def needed_by(self) -> Mapping[str, frozenset[str]]:
        """A file → the files that name or take it; every file of the graph is there."""
        found: dict[str, set[str]] = {path: set() for path in self.suites}
        for path, needs in self.needs.items():
            found.setdefault(path, set())
            for need in needs:
                found.setdefault(need, set()).add(path)
        return {path: frozenset(users) for path, users in found.items()}

    def joined(self, other: InputGraph) -> InputGraph:
        """Return the graph that has the edges and suites of both.

        A change is judged by what held before it and what holds after it: a spec that no longer
        names a file was affected by it a moment ago.
        """
        needs = {
            path: self.needs.get(path, frozenset()) | other.needs.get(path, frozenset())
            for path in (*self.needs, *other.needs)
        }
        return InputGraph(needs=needs, suites={**self.suites, **other.suites})


def suite_needs(
    source: SuiteSource, missing: Iterable[str], spec_paths: Callable[[str], Iterable[str]]
) -> frozenset[str]:
    """Return what the spec of a suite needs, for ``InputGraph.needs``.

    Args:
        source: the suite.
        missing: files that do not exist and would be taken if they did, such as a nearer master.
        spec_paths: a suite's name → the paths that its spec can have, whether it is there or not.
    """
    parents = {path for suite in referenced_suites(source) for path in spec_paths(suite)}
    return source.files.union(missing, parents) - {source.user_input.path}


def affected_suites(graph: InputGraph, changed: Iterable[str]) -> tuple[str, ...]:
    """Return the suites that need any of ``changed``, at whatever remove, sorted.

    A changed path may be a folder; then everything below it counts as changed.
    """
    files = affected_files(graph, changed)
    return tuple(sorted({graph.suites[path] for path in files if path in graph.suites}))


def affected_files(graph: InputGraph, changed: Iterable[str]) -> frozenset[str]:
    """Return every file of ``graph`` that is among ``changed`` or needs one that is."""
    needed_by = graph.needed_by
    waiting = list(_touched(needed_by, changed))
    reached: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path not in reached:
            reached.add(path)
            waiting += needed_by[path]
    return frozenset(reached)


def _touched(known: Mapping[str, object], changed: Iterable[str]) -> set[str]:
    paths = {path.rstrip("/") for path in changed}
    files = {path for path in paths if path in known}
    folders = paths - files
    if not folders:
        return files
    return files | {path for path in known if _has_folder_in(path, folders)}


def _has_folder_in(path: str, folders: set[str]) -> bool:
    parent = path.rpartition("/")[0]
    while parent:
        if parent in folders:
            return True
        parent = parent.rpartition("/")[0]
    return False
