"""A transaction that does all a transaction can do, run by the tests in a process of its own.

``python scripted.py PROJECT`` runs over what ``prepare`` made. Two calls that nothing else makes
frame the work, so that a trace tells which calls are ours and which are Python's own.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from mockgen_watch.errors import LockedError, StorageError
from mockgen_watch.spec.model import Layout
from mockgen_watch.storage.project_lock import ProjectLock
from mockgen_watch.storage.transaction import apply
from tests.unit.lock.suites import producer, wanted_output, wanted_suite
from tests.unit.storage.projects import Project

MARK = "/mockgen-mark"
SUITES = "a", "b", "c"

BEFORE = (
    wanted_suite(
        wanted_output("kept", suite="a"),
        wanted_output("changed", "1", suite="a"),
        wanted_output("edited", "1", suite="a"),
        wanted_output("split", "1", suite="a", layout=Layout.SPLIT, records=2),
        wanted_output("gone", suite="a"),
        suite="a",
    ),
    wanted_suite(wanted_output(suite="b"), suite="b"),
)
AFTER = (
    wanted_suite(
        wanted_output("kept", suite="a"),
        wanted_output("changed", "2", suite="a"),
        wanted_output("edited", "2", suite="a"),
        wanted_output("split", "2", suite="a", layout=Layout.SPLIT, records=2),
        wanted_output("fresh", suite="a", model="Model_2"),
        suite="a",
    ),
    wanted_suite(wanted_output(suite="c"), suite="c"),
)
EDITED = "a/Model_1/edited.json"
UNOWNED = "c/Model_1/positive.json"
HAND = b"by hand"


def prepare(path: Path, *, is_edited: bool = True) -> Project:
    """Make the project that the transaction begins with: its specs have just changed.

    ``is_edited``: an output was edited by hand, and a file is in the way of another.
    """
    path.mkdir()
    project = Project(path=path)
    project.run(*BEFORE)
    if is_edited:
        (project.outputs / EDITED).write_bytes(HAND)
        (project.outputs / UNOWNED).parent.mkdir(parents=True)
        (project.outputs / UNOWNED).write_bytes(HAND)
    return project


def main(path: Path, *, is_forced: bool) -> int:
    """Run the transaction; return its exit code as a command would."""
    project = Project(path=path)
    os.access(MARK, os.F_OK)
    try:
        with ProjectLock(project.state, holder="test"):
            tree, found = project.look(AFTER, is_forced=is_forced)
            outcome = apply(found, tree, producer())
            if outcome.has_moved:
                tree, found = project.look(AFTER, is_forced=is_forced)
                outcome = apply(found, tree, producer())
    except (StorageError, LockedError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    told = [str(failure.error) for failure in outcome.failures]
    told += [str(diagnostic) for diagnostic in found.blocked]
    told += ["moved"] if outcome.has_moved else []
    told += [one.file.obstacle for one in outcome.refusals if one.file.obstacle]
    sys.stderr.write("".join(f"{line}\n" for line in told))
    os.access(MARK, os.F_OK)
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), is_forced="--force" in sys.argv))
