"""Takes the temporary files that a kill left; gives a folder without them, and loses no edit."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mockgen_watch.lock.model import Lockfile, read_lockfile
from mockgen_watch.lock.paths import LOCK_NAME
from mockgen_watch.storage.atomic import digest_file, read_blocks
from mockgen_watch.storage.containment import naming
from mockgen_watch.storage.outputs import LARGEST_LOCK
from mockgen_watch.storage.state import BACKUPS

if TYPE_CHECKING:
    from mockgen_watch.lock.snapshot import Snapshot
    from mockgen_watch.storage.containment import Folder
    from mockgen_watch.storage.outputs import OutputTree
    from mockgen_watch.storage.workbench import Workbench


def clear_leftovers(bench: Workbench, tree: OutputTree, snapshot: Snapshot) -> None:
    """Remove what earlier runs left in the output folder and in the state folder.

    A file that was swapped out holds somebody's edit when neither lockfile nor journal know its
    bytes: it becomes a backup, which ``bench.placer.backups`` tells of.

    Raises:
        StorageError: when a file cannot be read, saved or removed.
    """
    known = _known(snapshot) if tree.leftovers else set()
    for path in tree.leftovers:
        parent, _, name = path.rpartition("/")
        with naming(tree.root.named(path)), bench.top().walk(parent) as folder:
            if name.endswith(".old") and not _is_ours(folder, name, known):
                from mockgen_watch.storage.backup import save_backup  # noqa: PLC0415 - as below

                bench.placer.backups.append(save_backup(tree.root, folder, name, path))
            folder.unlink(name)
    bench.root.state.clear_temporaries()
    state = bench.root.state
    if os.path.isdir(os.path.join(state.folder, BACKUPS)):
        from mockgen_watch.storage.backup import clear_unfinished  # noqa: PLC0415 - few need it

        clear_unfinished(state)


def _known(snapshot: Snapshot) -> set[str]:
    known = {entry.digest for entry in snapshot.journal}
    for lock in snapshot.locks.values():
        if isinstance(lock, Lockfile):
            known.update(lock.files().values())
    return known


def _is_ours(folder: Folder, name: str, known: set[str]) -> bool:
    fd = folder.read(name)
    try:
        if digest_file(fd) in known:
            return True
        if os.fstat(fd).st_size > LARGEST_LOCK:
            return False
        os.lseek(fd, 0, os.SEEK_SET)
        # A lockfile that was swapped out: what it knew is in the one that took its place.
        return isinstance(read_lockfile(b"".join(read_blocks(fd)), LOCK_NAME), Lockfile)
    finally:
        os.close(fd)
