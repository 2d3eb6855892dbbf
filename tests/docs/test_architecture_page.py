"""The architecture page names every package, and only modules that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "mockgen_watch"
PAGE = ROOT / "docs" / "explanation" / "architecture.md"
NAMED = re.compile(r"`((?:\w+/)*\w+\.py|(?:\w+/)+)`")


def test_every_package_has_a_line_in_the_table() -> None:
    first_cells = "".join(re.findall(r"^\| (`[^|]*)\|", PAGE.read_text("utf-8"), re.MULTILINE))
    listed = set(re.findall(r"`(\w+)`", first_cells))
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")} - {"vocabulary"}
    modules = {path.stem for path in PACKAGE.glob("*.py") if not path.stem.startswith("__")}
    assert packages <= listed
    assert listed <= packages | modules


def test_every_module_that_is_named_exists() -> None:
    names = set(NAMED.findall(PAGE.read_text("utf-8")))
    files = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py")}
    folders = {f"{path.parent.relative_to(PACKAGE).as_posix()}/" for path in PACKAGE.rglob("*.py")}
    known = files | folders | {Path(file).name for file in files}
    missing = {
        name
        for name in names
        if name not in known
        and not any(folder.endswith(name) for folder in folders)
        and not (ROOT / name).exists()
    }
    assert not missing
    assert names & files
