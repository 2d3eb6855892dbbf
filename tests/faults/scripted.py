"""A transaction that does all a transaction can do; ``server.py`` does it in a child."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mockgen_watch.errors import LockedError, StorageError
from mockgen_watch.spec.model import Layout
from mockgen_watch.storage.project_folder import ProjectLock
from mockgen_watch.storage.transaction import apply
from tests.unit.lock.suites import contents, files_of, producer, wanted_output, wanted_suite
from tests.unit.storage.projects import Project

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from mockgen_watch.lock.paths import WantedSuite

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


def work(path: Path, arguments: Sequence[str]) -> int:
    """Run the transaction, perhaps by ``--force``; return its exit code as a command would."""
    is_forced = "--force" in arguments
    project = Project(path=path)
    try:
        with ProjectLock(project.state, holder="test"):
            tree, found = project.look(AFTER, is_forced=is_forced)
            outcome = apply(found, tree, contents(found, producer()))
            if outcome.has_moved:
                tree, found = project.look(AFTER, is_forced=is_forced)
                outcome = apply(found, tree, contents(found, producer()))
    except (StorageError, LockedError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    told = [str(failure.error) for failure in outcome.failures]
    told += [str(diagnostic) for diagnostic in found.blocked]
    told += ["moved"] if outcome.has_moved else []
    told += [one.file.obstacle for one in outcome.refusals if one.file.obstacle]
    sys.stderr.write("".join(f"{line}\n" for line in told))
    return 1 if told else 0


def assert_old_or_new(files: dict[str, bytes]) -> None:
    """Every file is an output as it was, or as it will be, or a lockfile that can be read."""
    old, new = _outputs_of(BEFORE), _outputs_of(AFTER)
    for path, data in files.items():
        name = path.rpartition("/")[2]
        if name.startswith(".mockgen-"):
            continue
        base = path.removesuffix(".mockgen-new")
        if name == "mockgen.lock":
            assert data.endswith(b"}\n")
        elif data == HAND:
            assert base in {EDITED, UNOWNED}
        else:
            assert data in {old.get(base), new.get(base)}


def _outputs_of(suites: Iterable[WantedSuite]) -> dict[str, bytes]:
    return files_of(*(output for suite in suites for output in suite.outputs))
