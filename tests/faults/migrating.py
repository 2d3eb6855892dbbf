"""A migration of many files, run by the tests in a process of its own.

``python migrating.py PROJECT`` migrates what ``prepare`` made. Two calls that nothing else makes
frame the work, as in ``scripted.py``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from mockgen_watch.errors import LockedError, StorageError
from mockgen_watch.migrations.outcome import Wishes
from mockgen_watch.workflow.migrate import (
    MigrationRequest,
    carry_out,
    finish_earlier,
    plan_migration,
)

MARK = "/mockgen-mark"
FILES = 50


def prepare(path: Path, files: int = FILES) -> None:
    """Make a project of ``files`` suites in the oldest format."""
    for number in range(files):
        suite = path / "specs" / f"s{number:02d}"
        suite.mkdir(parents=True)
        text = f'{{"Edit_1": {{"a": "{number},x", "b": "1,2"}}, "Edit_2": {{"a": "y"}}}}\n'
        (suite / "user_input.json").write_text(text)


def main(path: Path) -> int:
    """Run the migration; return its exit code as the command would."""
    request = MigrationRequest(files=(), wishes=Wishes())
    # All modules are imported, and all is planned, before the work begins.
    plan_migration(path, request)
    os.access(MARK, os.F_OK)
    try:
        finish_earlier(path)
        plan = plan_migration(path, request)
        if plan.has_changes:
            carry_out(plan)
    except (StorageError, LockedError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    os.access(MARK, os.F_OK)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
