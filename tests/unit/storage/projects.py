"""A project in a folder of its own, and the runs over it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from mockgen_watch.lock.reconcile import reconcile
from mockgen_watch.storage.outputs import read_outputs
from mockgen_watch.storage.project_folder import OutputRoot, StateFolder
from mockgen_watch.storage.swap import Placed, Placer
from mockgen_watch.storage.transaction import apply
from tests.unit.lock.suites import CONTRACT, contents, producer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from mockgen_watch.lock.model import Reconciliation
    from mockgen_watch.lock.paths import WantedSuite
    from mockgen_watch.storage.outputs import OutputTree
    from mockgen_watch.storage.swap import Place
    from mockgen_watch.storage.transaction import Outcome
    from tests.unit.lock.suites import Producer


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project; its outputs are in ``mock_outputs``."""

    path: Path

    @property
    def outputs(self) -> Path:
        return self.path / "mock_outputs"

    @property
    def state(self) -> StateFolder:
        return StateFolder.of(self.path)

    @property
    def root(self) -> OutputRoot:
        return OutputRoot.in_project(self.path, "mock_outputs", self.state)

    def look(
        self,
        suites: Iterable[WantedSuite],
        *,
        is_forced: bool = False,
        is_whole_tree: bool = True,
        contract: int = CONTRACT,
    ) -> tuple[OutputTree, Reconciliation]:
        tree = read_outputs(self.root)
        snapshot = replace(
            tree.snapshot(suites, contract=contract),
            is_forced=is_forced,
            is_whole_tree=is_whole_tree,
        )
        return tree, reconcile(snapshot)

    def run(
        self,
        *suites: WantedSuite,
        is_forced: bool = False,
        is_whole_tree: bool = True,
        produce: Producer | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> Outcome:
        tree, found = self.look(suites, is_forced=is_forced, is_whole_tree=is_whole_tree)
        every = contents(found, produce or producer())
        return apply(found, tree, every, should_stop=should_stop)

    def files(self) -> dict[str, bytes]:
        """Return path → bytes of everything in the output folder."""
        return files_in(self.outputs)

    def journal(self) -> bytes | None:
        return self.state.read(self.root.journal_name)


@contextmanager
def after_each_file(hook: Callable[[str], None]) -> Iterator[None]:
    """Call ``hook`` with the path of each output or lockfile once it was placed or removed."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("put", "remove"):
            patch.setattr(Placer, name, _then(getattr(Placer, name), hook))
        yield


def _then(method: Callable[..., Placed], hook: Callable[[str], None]) -> Callable[..., Placed]:
    def with_hook(placer: Placer, place: Place, *words: str) -> Placed:
        done = method(placer, place, *words)
        hook(place.path)
        return done

    return with_hook


def files_in(folder: Path) -> dict[str, bytes]:
    """Return path → bytes of every file below ``folder``; a link by where it leads."""
    return {
        path.relative_to(folder).as_posix(): (
            str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
        )
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def clean_run(folder: Path, *suites: WantedSuite) -> dict[str, bytes]:
    """Return what a run over ``suites`` makes in an empty project at ``folder``."""
    folder.mkdir()
    project = Project(path=folder)
    project.run(*suites)
    return project.files()
