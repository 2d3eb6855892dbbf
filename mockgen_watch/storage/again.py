"""Takes an earlier look at specs or outputs and what may have moved; looks at no more than that.

For a process that lives on. What it gives is what a look at everything would give, as far as the
rest has not moved; whether it has, a scan tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.dataclass import replace
from mockgen_watch.errors import StorageError
from mockgen_watch.storage.containment import Folder
from mockgen_watch.storage.files import SpecReader
from mockgen_watch.storage.outputs import OutputReader, read_journal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import TypeVar

    from mockgen_watch.storage.files import SpecSnapshot
    from mockgen_watch.storage.outputs import OutputTree
    from mockgen_watch.storage.stat_cache import StatCache

    _Value = TypeVar("_Value")

_FEW = 20


def specs_again(
    before: SpecSnapshot, paths: Iterable[str], cache: StatCache
) -> SpecSnapshot | None:
    """Return ``before`` with the files and folders ``paths`` as they are now.

    None where that is not enough: there is or was a link, or something that cannot be read.
    """
    chosen = _topmost(paths)
    files = _without(before.files, chosen)
    if before.problems or any(file.path != file.real_path for file in files.values()):
        return None
    reader = SpecReader(before.project, cache)
    try:
        with Folder.open(before.project) as root:
            for path in chosen:
                reader.read_path(root, path)
    except (OSError, StorageError):
        return None
    if reader.problems or any(file.path != file.real_path for file in reader.files.values()):
        return None
    for path in before.files:
        if path not in files and path not in reader.files:
            cache.forget(path)
    files |= reader.files
    # In the order of before, where no path is new, because sorting them takes longer.
    is_sorted = files.keys() == before.files.keys()
    ordered = {path: files[path] for path in (before.files if is_sorted else sorted(files))}
    return replace(before, files=ordered, _bytes=reader.data)


def outputs_again(before: OutputTree, folders: Iterable[str]) -> OutputTree | None:
    """Return ``before`` with all that is in ``folders`` as it is now.

    None where that is not enough: the output folder is another one, or a file lies where one of
    these folders should be.
    """
    chosen = _topmost(folders)
    try:
        top = before.root.open_if_there()
        if top is None or before.identity is None or "" in chosen:
            return None
        with top:
            if top.identity() != before.identity:
                return None
            tree = _emptied(before, chosen)
            for path in chosen:
                OutputReader(tree, before).below(top, path)
    except (OSError, StorageError):
        return None
    for path in before.stamps:
        if path not in tree.stamps:
            before.cache.forget(path)
    return tree


def _emptied(before: OutputTree, folders: frozenset[str]) -> OutputTree:
    return replace(
        before,
        journal=read_journal(before.root),
        stamps=_without(before.stamps, folders),
        obstacles=_without(before.obstacles, folders),
        folders=set(_without(dict.fromkeys(before.folders), folders)),
        locks=_without(before.locks, folders),
        lock_digests=_without(before.lock_digests, folders),
        leftovers=list(_without(dict.fromkeys(before.leftovers), folders)),
    )


def _topmost(paths: Iterable[str]) -> frozenset[str]:
    given = frozenset(path.rstrip("/") for path in paths)
    return frozenset(path for path in given if not _is_below(path.rpartition("/")[0], given))


def _without(values: Mapping[str, _Value], folders: frozenset[str]) -> dict[str, _Value]:
    """Return what of ``values`` is neither one of ``folders`` nor in one."""
    if len(folders) > _FEW:
        return {path: value for path, value in values.items() if not _is_below(path, folders)}
    # The usual case, many times as fast.
    inside = tuple(f"{folder}/" for folder in folders)
    kept = dict(values)
    for path in [path for path in values if path.startswith(inside)]:
        del kept[path]
    for path in folders:
        kept.pop(path, None)
    return kept


def _is_below(path: str, folders: frozenset[str]) -> bool:
    """Tell whether ``path`` is one of ``folders``, or in one of them."""
    while path:
        if path in folders:
            return True
        path = path.rpartition("/")[0]
    return False
