"""Takes bytes and a name; gives a new file of that name, never in the place of another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.storage.atomic import remove_quietly, stage
from mockgen_watch.storage.containment import naming
from mockgen_watch.storage.swap import put_new

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockgen_watch.storage.output_root import OutputRoot


def write_new(root: OutputRoot, path: str, chunks: Iterable[bytes]) -> bool:
    """Write ``chunks`` to ``path`` below ``root``; return False when something has that name.

    The file is wholly there or not at all; after False nothing has changed.

    Raises:
        StorageError: it cannot be written.
    """
    parent, _, name = path.rpartition("/")
    with (
        naming(root.named(path)),
        root.open(create=True) as top,
        top.walk(parent, create=True) as folder,
    ):
        if folder.status(name) is not None:
            return False
        staged = stage(folder, chunks)
        is_new = False
        try:
            is_new = put_new(folder, staged.name, name)
        finally:
            if not is_new:
                remove_quietly(folder, staged.name)
        folder.sync()
        return is_new
