"""Work that a kill may cut in two: the tests must find that out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FILES = "one", "two"


def prepare(path: Path) -> Path:
    """Make the project that the work begins with."""
    path.mkdir()
    for name in FILES:
        (path / name).write_text("old")
    return path


def work(project: Path, arguments: Sequence[str]) -> int:
    """Write the files that ``arguments`` name; ``aside``: by the way of a temporary file."""
    for name in FILES:
        if name in arguments:
            place = project / f"{name}.new" if "aside" in arguments else project / name
            place.write_text("new")
            place.rename(project / name)
    return 0
