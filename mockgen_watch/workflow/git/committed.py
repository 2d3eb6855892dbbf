"""Takes outputs that were edited; gives their bytes as they were made, where Git still has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.digest import digest
from mockgen_watch.errors import UsageError
from mockgen_watch.storage.git.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mockgen_watch.workflow.project import OpenProject

_PLACES = ("", "HEAD")
"""Where they are looked for: in the index, then in the last commit."""


def committed_outputs(
    project: OpenProject, paths: Iterable[str], known: Mapping[str, str]
) -> dict[str, bytes]:
    """Return path → bytes of those outputs that Git holds with the digest that is ``known``.

    Paths are relative to the output folder.

    Raises:
        StorageError: Git fails.
    """
    try:
        repository = Repository.of(project.root)
    except UsageError:
        return {}
    label = project.output_root().label
    found = {}
    for path in paths:
        for place in _PLACES:
            name = f"{place}:{repository.prefix}{label}/{path}"
            code, data = repository.ask(["show", "--no-textconv", name], is_silent=True)
            if not code and digest(data) == known.get(path):
                found[path] = data
                break
    return found
