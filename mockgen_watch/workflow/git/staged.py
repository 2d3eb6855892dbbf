"""Takes a look at the index; gives the project as it is staged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Diagnostic, Location
from mockgen_watch.errors import FindingsError
from mockgen_watch.storage.git.blobs import BlobDigests
from mockgen_watch.storage.project_folder import SPECS
from mockgen_watch.workflow.git.stored import Store, open_stored

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockgen_watch.storage.git.repository import Entry
    from mockgen_watch.workflow.git.staged_fresh import Look
    from mockgen_watch.workflow.git.stored import Stored


def open_staged(look: Look, profile: str | None) -> Stored:
    """Return the project whose specs and outputs are those of the index.

    Raises:
        FindingsError: the index has conflicts.
        UsageError: there is no such profile.
        StorageError: Git fails.
    """
    store = Store(root=look.root, repository=look.repository, state=look.state, profile=profile)
    digests = BlobDigests(look.repository, look.state)

    def entries_of(folders: Iterable[str]) -> tuple[Entry, ...]:
        folders = tuple(folders)
        index = look.index
        if folders != (SPECS, look.outputs):
            index = look.repository.index(folders)
        if index.unmerged:
            raise FindingsError([_in_conflict(path) for path in index.unmerged])
        return index.entries

    stored = open_stored(store, entries_of, digests, look.outputs)
    digests.save()
    return stored


def _in_conflict(path: str) -> Diagnostic:
    return Diagnostic(
        code="MG511",
        message="A merge left this file in conflict",
        location=Location(path=path),
        hint="settle the specs first, then run mockgen-watch generate and git add",
    )
