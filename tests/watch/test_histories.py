"""A short share of the random histories; ``python -m tests.watch.histories`` runs many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.watch.histories import run_history

if TYPE_CHECKING:
    from pathlib import Path


def test_outputs_are_right_after_any_history(tmp_path: Path) -> None:
    run_history(tmp_path, seed=1, steps=40)
