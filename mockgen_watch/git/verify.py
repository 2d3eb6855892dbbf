"""Verification: whether stored outputs are what the specs stored beside them make.

Nothing is checked out: specs and outputs are read from Git's objects. Two trees that were found
right once are right in every commit that has both, and an output with a known key is made once for
all commits.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Diagnostics, has_errors
from mockgen_watch.digest import digest
from mockgen_watch.errors import FindingsError, StorageError, UsageError
from mockgen_watch.git.repository import Repository
from mockgen_watch.git.stored import Store, Stored, open_stored
from mockgen_watch.lock.model import Action, FileAction, Reason, SuiteAction
from mockgen_watch.spec import SPECS
from mockgen_watch.storage.package_data import program_stamps
from mockgen_watch.storage.stat_cache import Memo
from mockgen_watch.workflow.check import MadeDigests, check_suite
from mockgen_watch.workflow.generate import Decision, decide
from mockgen_watch.workflow.targets import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mockgen_watch.executors import Executor
    from mockgen_watch.workflow.check import KnownDigests
    from mockgen_watch.workflow.project import OpenProject


_MEMO = "verified.json"
_MOST_COMMITS = 20_000
"""So many are remembered."""


class Commit(Struct, frozen=True, kw_only=True):
    """A commit, the date of its author in ISO 8601, and the first line of its message.

    ``trees`` has the ids of the folders that were asked for; "" for one that it does not have.
    """

    id: str
    date: str
    subject: str
    trees: tuple[str, ...]


class StaleCommit(Struct, frozen=True, kw_only=True):
    """A commit whose outputs its specs do not make, and what is wrong."""

    commit: Commit
    diagnostics: tuple[Diagnostic, ...]


class Verification(Struct, frozen=True, kw_only=True):
    """The result for a range of so many ``commits``.

    Attributes:
        remembered: how many of them have trees that had been found right before.
        without: how many of them have neither specs nor outputs where the project is.
        stale: those that are not right, oldest first.
    """

    commits: int
    remembered: int
    without: int
    stale: tuple[StaleCommit, ...]


def verify(
    project: OpenProject,
    revisions: Sequence[str],
    *,
    executor: Executor,
    begin: Callable[[int], Callable[[Commit], None]],
    trust_memory: bool = True,
) -> Verification:
    """Return which commits of ``revisions`` do not reproduce.

    Args:
        project: whose history is meant.
        revisions: ranges of commits, or single ones.
        executor: makes the records of large outputs.
        begin: called with the number of commits; its result is called with each that is done.
        trust_memory: trees that an earlier call found right are skipped.

    Raises:
        UsageError: there is no Git, or no such revision.
        StorageError: Git fails.
    """
    repository = Repository.of(project.root)
    outputs = project.settings.outputs.strip("/")
    commits = read_commits(repository, revisions, (SPECS, outputs))
    if not commits:
        raise UsageError(f"{' '.join(revisions)} contains no commits")
    memo = Memo(project.state, _MEMO, _MOST_COMMITS)
    verified: set[str] = set()
    store = Store(project.root, repository, project.state)
    known: KnownDigests = {}
    done = begin(len(commits))
    remembered = without = 0
    stale = []
    for commit in commits:
        key = digest(repr((program_stamps(), outputs, commit.trees)).encode())
        if not any(commit.trees):
            without += 1
        elif key in verified or (trust_memory and memo.get(key) is not None):
            remembered += 1
        else:
            try:
                stored = open_stored(store, functools.partial(repository.tree, commit.id), outputs)
                wrong = verify_stored(stored, executor, known)
                found = tuple(item for item in wrong if has_errors((item,)))
            except FindingsError as error:
                found = error.diagnostics
            else:
                # Links and plugins lead to what the trees do not hold.
                settings = stored.project.settings
                has_moved = settings.outputs.strip("/") != outputs
                if not (found or stored.has_links or has_moved or settings.plugins):
                    verified.add(key)
                    memo.add(key)
            if found:
                stale.append(StaleCommit(commit=commit, diagnostics=found))
        done(commit)
    memo.save(outputs)
    return Verification(
        commits=len(commits), remembered=remembered, without=without, stale=tuple(stale)
    )


def read_commits(
    repository: Repository, revisions: Sequence[str], folders: Sequence[str]
) -> tuple[Commit, ...]:
    """Return the commits that ``revisions`` mean, oldest first, with the trees of ``folders``.

    A range (``A..B``) means all of its commits, a single revision itself alone.

    Raises:
        UsageError: there is no such revision.
        StorageError: Git fails.
    """
    single = [revision for revision in revisions if ".." not in revision]
    words = ["log", "--reverse", "--topo-order", "-z", "--format=%H%x01%aI%x01%s"]
    if len(single) == len(revisions):
        words.append("--no-walk=unsorted")
    elif single:
        raise UsageError("give ranges (A..B) or single commits, not both")
    code, text = repository.ask([*words, "--end-of-options", *revisions, "--"])
    if code:
        raise UsageError(f"unknown revision {' '.join(revisions)}")
    lines = [line for line in text.decode("utf-8", "replace").split("\0") if line]
    rows = [line.split("\x01", 2) for line in lines]
    trees = iter(_trees(repository, [row[0] for row in rows], folders))
    return tuple(
        Commit(id=name, date=date, subject=subject, trees=tuple(next(trees) for _ in folders))
        for name, date, subject in rows
    )


def _trees(repository: Repository, commits: Sequence[str], folders: Sequence[str]) -> list[str]:
    names = [f"{commit}:{repository.prefix}{folder}" for commit in commits for folder in folders]
    if not names:
        return []
    text = repository.read(["cat-file", "--batch-check=%(objectname)"], "\n".join(names).encode())
    found = [line.split(" ") for line in text.decode().splitlines()]
    if len(found) != len(names):
        raise StorageError("git", "git cat-file did not answer for every commit")
    return [words[0] if len(words) == 1 else "" for words in found]


def find_spec_errors(stored: Stored) -> tuple[Diagnostic, ...]:
    """Return what is wrong with stored specs; outputs are not looked at.

    Raises:
        FindingsError: the project file is wrong, or two outputs would have one path.
    """
    decision = _decide(stored)
    return tuple(Diagnostics((*stored.project.diagnostics, *decision.found())).sorted())


def verify_stored(
    stored: Stored, executor: Executor | None = None, known: KnownDigests | None = None
) -> tuple[Diagnostic, ...]:
    """Return what is wrong with stored specs and outputs. Outputs are made again and compared.

    Bytes that ``known`` has are not made again; what is made is added to it.

    Raises:
        FindingsError: the project file is wrong, or two outputs would have one path.
    """
    decision = _decide(stored)
    made = MadeDigests(decision.renderer(executor=executor), known)
    label = stored.project.output_root().label
    found = Diagnostics(decision.diagnostics)
    for suite in decision.reconciliation.suites:
        found.extend(check_suite(_without_trust(suite), decision, label, made))
    found.extend(decision.found())
    return tuple(found.sorted())


def _decide(stored: Stored) -> Decision:
    return decide(stored.project, Request(trust_locks=False), stored.outputs)


def _without_trust(suite: SuiteAction) -> SuiteAction:
    """Return ``suite`` with all bytes to be made again, whatever its lockfile says."""

    def distrust(file: FileAction) -> FileAction:
        if file.action is not Action.KEEP:
            return file
        return replace(file, action=Action.UPDATE, reason=Reason.CHANGED, must_produce=True)

    outputs = (replace(one, files=tuple(map(distrust, one.files))) for one in suite.outputs)
    return replace(suite, outputs=tuple(outputs))
