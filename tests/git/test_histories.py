"""A short share of the random histories; ``python -m tests.git.histories`` runs many."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.git.histories import begin, run_history
from tests.git.scene import Scene

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def forked(begun: Scene, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """A repository with hooks, drivers and two branches."""
    path = tmp_path_factory.mktemp("forked") / "project"
    shutil.copytree(begun.path, path)
    scene = Scene(path=path)
    begin(scene)
    return scene


def test_no_edit_is_lost_in_a_history(forked: Scene, tmp_path: Path) -> None:
    run_history(forked, tmp_path, seed=3, steps=12)


@pytest.mark.long
def test_no_edit_is_lost_in_many_histories(forked: Scene, tmp_path: Path) -> None:
    for seed in range(500):
        run_history(forked, tmp_path / str(seed), seed, steps=12)
