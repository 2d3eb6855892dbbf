"""A short share of the random histories; ``python -m tests.git.histories`` runs many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.git.histories import begin, run_history

if TYPE_CHECKING:
    from pathlib import Path

    from tests.git.scene import Scene


@pytest.fixture(scope="module")
def forked(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """A repository with hooks, drivers and two branches."""
    return begin(tmp_path_factory.mktemp("forked"))


@pytest.mark.parametrize("seed", [3, 4])
def test_no_edit_is_lost_in_a_history(forked: Scene, tmp_path: Path, seed: int) -> None:
    run_history(forked, tmp_path, seed, steps=12)


@pytest.mark.long
def test_no_edit_is_lost_in_many_histories(forked: Scene, tmp_path: Path) -> None:
    for seed in range(500):
        run_history(forked, tmp_path / str(seed), seed, steps=12)
