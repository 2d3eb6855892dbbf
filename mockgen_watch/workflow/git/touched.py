"""Takes where a value is stated; gives the commit that last touched that line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.errors import StorageError
from mockgen_watch.storage.git.blame import blame_lines
from mockgen_watch.storage.git.repository import Repository
from mockgen_watch.storage.project_folder import find_work_tree
from mockgen_watch.workflow.sources import SHIPPED

if TYPE_CHECKING:
    from mockgen_watch.storage.git.blame import Blame
    from mockgen_watch.workflow.explaining.why import Explanation
    from mockgen_watch.workflow.project import OpenProject


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
