"""Takes the words of a command; carries it out in this process, as ``mockgen-watch`` would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def work(project: Path, words: Sequence[str]) -> int:
    """Carry out ``words`` in ``project`` and return the exit code."""
    return main(["-C", str(project), *words])
