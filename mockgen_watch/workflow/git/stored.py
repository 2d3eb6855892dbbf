"""Takes a project and the index or a commit of Git; gives both specs and outputs as they are there.

Nothing of the work tree is read. What Git holds is decided upon by the same functions as files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.storage.git.blobs import BlobDigests, StoredOutputs, stored_outputs, stored_specs
from mockgen_watch.storage.git.repository import LINK
from mockgen_watch.storage.project_folder import SPECS
from mockgen_watch.storage.unmoved import DEFAULT_OUTPUTS
from mockgen_watch.workflow.project import project_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mockgen_watch.storage.git.repository import Entry, Repository
    from mockgen_watch.storage.state import StateFolder
    from mockgen_watch.workflow.project import OpenProject


class Stored(Struct, frozen=True, kw_only=True):
    """A project as Git holds it.

    Attributes:
        project: its specs; the root is that of the work tree.
        outputs: its outputs.
    """

    project: OpenProject
    outputs: StoredOutputs


class Store(Struct, frozen=True, kw_only=True):
    """Where a project's past and its index are read from.

    Attributes:
        root: the project folder.
        repository: the one that it is in.
        state: where digests of blobs are remembered.
        profile: of the project's settings.
    """

    root: str
    repository: Repository
    state: StateFolder
    profile: str | None = None


def open_stored(
    store: Store,
    entries_of: Callable[[Iterable[str]], Iterable[Entry]],
    digests: BlobDigests,
    folder: str = DEFAULT_OUTPUTS,
) -> Stored:
    """Return specs and outputs among the entries that ``entries_of`` gives for folders.

    ``folder`` is where the outputs are, as far as one can tell before the settings are read.

    Raises:
        UsageError: there is no such profile.
        StorageError: Git fails.
    """
    entries = _with_links(tuple(entries_of((SPECS, folder))), entries_of)
    project = _project(store, entries)
    outputs = project.settings.outputs.strip("/")
    if outputs != folder:
        entries = tuple(entries_of((outputs,)))
    held = stored_outputs(store.repository, entries, outputs, digests)
    return Stored(project=project, outputs=held)


def open_stored_specs(
    store: Store, entries_of: Callable[[Iterable[str]], Iterable[Entry]]
) -> OpenProject:
    """Return the project whose specs are among the entries; its outputs are not looked at.

    Raises:
        UsageError: there is no such profile.
        StorageError: Git fails.
    """
    return _project(store, _with_links(tuple(entries_of((SPECS,))), entries_of))


def _with_links(
    entries: tuple[Entry, ...], entries_of: Callable[[Iterable[str]], Iterable[Entry]]
) -> tuple[Entry, ...]:
    if any(entry.mode == LINK and entry.path.startswith(f"{SPECS}/") for entry in entries):
        # A link may lead anywhere in the project.
        return tuple(entries_of((".",)))
    return entries


def _project(store: Store, entries: tuple[Entry, ...]) -> OpenProject:
    specs = stored_specs(store.repository, store.root, entries, SPECS)
    return project_of(store.root, store.state, specs, store.profile)
