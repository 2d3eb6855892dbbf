"""Takes the name of what was removed or replaced; gives it back in its place."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.diagnostics import did_you_mean
from mockgen_watch.errors import UsageError
from mockgen_watch.storage.archive import SUFFIX, list_archives, members_of, unpack
from mockgen_watch.storage.backup import list_backups, restore_backup
from mockgen_watch.storage.former import find_former, list_former, restore_former
from mockgen_watch.storage.output_root import OutputRoot
from mockgen_watch.storage.project_lock import WRITER, ProjectLock
from mockgen_watch.storage.replacement import PROJECT_LABEL
from mockgen_watch.workflow.keeping.retention import LOCK_WAIT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

    from mockgen_watch.storage.backup import Backup
    from mockgen_watch.storage.former import Former
    from mockgen_watch.workflow.project import OpenProject

_NUMBER: Final = re.compile(r"\d{6,}")


class Restored(Struct, frozen=True, kw_only=True):
    """What came back.

    Attributes:
        paths: files that are there now as they were.
        refused: files in whose place something else stands; nothing was replaced.
    """

    paths: tuple[str, ...]
    refused: tuple[str, ...] = ()


class Restorable(Struct, frozen=True, kw_only=True):
    """What there is to bring back.

    Attributes:
        archives: name → the files in it.
        backups: oldest first.
        lockfiles: former ones, by name, oldest first.
    """

    archives: dict[str, list[str]]
    backups: list[Backup]
    lockfiles: list[Former]


def restorable(project: OpenProject, root: OutputRoot) -> Restorable:
    """Return what ``restore`` can bring back; ``root`` is the folder of the snapshots.

    Raises:
        StorageError: an archive or a backup cannot be read.
    """
    archives = {name: members_of(root, name) for name in list_archives(root)}
    return Restorable(
        archives=archives,
        backups=list_backups(project.state),
        lockfiles=list_former(project.state),
    )


def restore(project: OpenProject, root: OutputRoot, name: str) -> Restored:
    """Bring back an archive, a file or run out of the archives, a backup, or a former lockfile.

    What stands in the place of a backup or a lockfile is saved first; a snapshot never replaces
    anything.

    Raises:
        UsageError: nothing has that name.
        LockedError: another process writes.
        StorageError: it cannot be read or written.
    """
    with ProjectLock(project.state, WRITER, holder="mockgen-watch restore", timeout=LOCK_WAIT):
        if _NUMBER.fullmatch(name):
            return _backup(project, name)
        former = find_former(project.state, name)
        if former is not None:
            place = _root_of(project, former.folder)
            restore_former(place, former)
            return Restored(paths=(place.named(former.path),))
        there: list[str] = []
        refused: list[str] = []
        for archive, paths in _chosen(root, name):
            for path, is_there in unpack(root, archive, paths):
                (there if is_there else refused).append(root.named(path))
    return Restored(paths=tuple(there), refused=tuple(refused))


def _chosen(root: OutputRoot, name: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the archive that holds what ``name`` means, and the files that are meant."""
    archives = list_archives(root)
    plain = name.removesuffix(SUFFIX).rpartition("/")[2]
    if plain in archives:
        yield plain, members_of(root, plain)
        return
    known: dict[str, None] = {}
    for archive in reversed(archives):
        members = members_of(root, archive)
        wanted = name.removeprefix(f"{root.label}/")
        found = [path for path in members if wanted in {path, path.rpartition("/")[2]}]
        if found:
            yield archive, found
            return
        known.update(dict.fromkeys(path.rpartition("/")[2] for path in members))
    hint = did_you_mean(name, [*archives, *known]) or "restore --list shows what there is"
    raise UsageError(f'no archive, snapshot or backup is named "{name}" ({hint})')


def _backup(project: OpenProject, number: str) -> Restored:
    backup = next((one for one in list_backups(project.state) if one.number == number), None)
    if backup is None:
        raise UsageError(f"there is no backup {number} (restore --list shows what there is)")
    root = _root_of(project, backup.folder)
    done = restore_backup(root, number)
    return Restored(paths=(root.named(done.path),))


def _root_of(project: OpenProject, label: str) -> OutputRoot:
    """Return the folder that a backup belongs to, by the label it was saved with."""
    if label == PROJECT_LABEL:
        return OutputRoot(base=project.root, inner="", label=PROJECT_LABEL, state=project.state)
    if Path(label).is_absolute():
        return OutputRoot.elsewhere(label, project.state)
    if label == project.output_root().label:
        return project.output_root()
    return OutputRoot.elsewhere(Path(project.root, label), project.state)
