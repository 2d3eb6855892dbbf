"""Takes lines of a file of the work tree; gives the commit that last touched each of them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.errors import StorageError
from mockgen_watch.git.repository import Repository
from mockgen_watch.storage.project_folder import find_work_tree
from mockgen_watch.workflow.suites import SHIPPED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockgen_watch.workflow.project import OpenProject
    from mockgen_watch.workflow.why import Explanation


class Blame(Struct, frozen=True, kw_only=True):
    """Who last touched a line.

    Attributes:
        commit: its id; ``""`` for a line that no commit has yet, and nothing else is told then.
        author: their name.
        date: of the author, ISO 8601.
        subject: the first line of the message.
    """

    commit: str = ""
    author: str = ""
    date: str = ""
    subject: str = ""


def blame_lines(repository: Repository, path: str, lines: Iterable[int]) -> dict[int, Blame]:
    """Return line → the commit that last touched it.

    Args:
        repository: of the project.
        path: of the file, relative to the project.
        lines: their numbers, from 1.

    Raises:
        StorageError: Git is not there.
    """
    wanted = sorted(set(lines))
    ranges = [word for line in wanted for word in ("-L", f"{line},{line}")]
    # A file that Git does not know ends with an error, which is an answer.
    words = ["blame", "--porcelain", *ranges, "--", f"{repository.prefix}{path}"]
    code, text = repository.ask(words, is_silent=True)
    if code:
        return dict.fromkeys(wanted, Blame())
    return _read(text.decode("utf-8", "replace").splitlines())


def _read(lines: Iterable[str]) -> dict[int, Blame]:
    """Read the porcelain form: what a commit is, is told where it is met first."""
    commits: dict[str, dict[str, str]] = {}
    owners: dict[int, str] = {}
    commit = ""
    is_head = True
    for line in lines:
        if line.startswith("\t"):
            is_head = True
        elif is_head:
            commit, _, number, *_ = line.split(" ")
            owners[int(number)] = commit
            commits.setdefault(commit, {})
            is_head = False
        else:
            key, _, value = line.partition(" ")
            commits[commit].setdefault(key, value)
    return {line: _blame(commit, commits[commit]) for line, commit in owners.items()}


def _blame(commit: str, about: dict[str, str]) -> Blame:
    if not commit.strip("0"):
        return Blame()
    sign, hours, minutes = about["author-tz"][0], about["author-tz"][1:3], about["author-tz"][3:]
    offset = dt.timedelta(hours=int(hours), minutes=int(minutes))
    zone = dt.timezone(-offset if sign == "-" else offset)
    date = dt.datetime.fromtimestamp(int(about["author-time"]), zone)
    return Blame(
        commit=commit,
        author=about["author"],
        date=date.isoformat(),
        subject=about.get("summary", ""),
    )


def last_touched(project: OpenProject, why: Explanation) -> Blame | None:
    """Return who last touched the line that states a value; None without Git.

    Where the value that was chosen stands on a line of its own, in the same file, that line counts.
    """
    place = why.origin.location
    if find_work_tree(project.root) is None or place.path.startswith(SHIPPED):
        return None
    chosen = (
        odds.location.line
        for odds in why.odds
        if why.is_present and odds.value == why.value and odds.location.path == place.path
    )
    line = next(chosen, place.line)
    try:
        return blame_lines(Repository.of(project.root), place.path, (line,)).get(line)
    except StorageError:
        # The work tree is Git's, and there is no Git to be asked.
        return None
