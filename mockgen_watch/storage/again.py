"""Takes an earlier look at specs or outputs and what may have moved; looks at no more than that.

For a process that lives on. What it gives is what a look at everything would give, as far as the
rest has not moved; whether it has, a scan tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

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
    if before.problems or before.has_links:
        return None
    chosen = _topmost(paths)
    reader = SpecReader(before.project, cache)
    try:
        with Folder.open(before.project) as root:
            for path in chosen:
                reader.read_path(root, path)
    except (OSError, StorageError):
        return None
    if reader.problems or reader.has_links:
        return None
    files, inside = dict(before.files), [path for path in chosen if path in before.files]
    if len(inside) < len(chosen):
        inside = _below(before.files, chosen)
    for path in inside:
        if path not in reader.files:
            del files[path]
            cache.forget(path)
    files |= reader.files
    if len(files) != len(before.files) or not before.files.keys() >= reader.files.keys():
        files = dict(sorted(files.items()))
    return replace(before, files=files, _bytes=reader.data)


def outputs_again(before: OutputTree, folders: Iterable[str]) -> OutputTree | None:
    """Return what is in ``folders`` now, and the lockfiles of all other suites as in ``before``.

    None where that is not enough: the output folder is another one, or a file lies where one of
    these folders should be.
    """
    chosen = _topmost(folders)
    tree = replace(
        before,
        journal=read_journal(before.root),
        stamps={},
        obstacles={},
        folders=set(),
        locks=_without(before.locks, chosen),
        lock_digests=_without(before.lock_digests, chosen),
        leftovers=[],
    )
    try:
        top = before.root.open_if_there()
        if top is None or before.identity is None or "" in chosen:
            return None
        with top:
            if top.identity() != before.identity:
                return None
            for path in chosen:
                OutputReader(tree, before).below(top, path)
    except (OSError, StorageError):
        return None
    return tree


def merged(before: OutputTree, again: OutputTree, folders: Iterable[str]) -> OutputTree:
    """Return ``before`` with all that is in ``folders`` as ``again`` tells."""
    chosen = _topmost(folders)
    for path in _below(before.stamps, chosen):
        if path not in again.stamps:
            before.cache.forget(path)
    left = _without(dict.fromkeys(before.leftovers), chosen)
    return replace(
        again,
        stamps=_without(before.stamps, chosen) | again.stamps,
        obstacles=_without(before.obstacles, chosen) | again.obstacles,
        folders=set(_without(dict.fromkeys(before.folders), chosen)) | again.folders,
        leftovers=[*left, *again.leftovers],
    )


def _topmost(paths: Iterable[str]) -> frozenset[str]:
    given = frozenset(path.rstrip("/") for path in paths)
    return frozenset(path for path in given if not _is_below(path.rpartition("/")[0], given))


def _without(values: Mapping[str, _Value], folders: frozenset[str]) -> dict[str, _Value]:
    """Return what of ``values`` is neither one of ``folders`` nor in one."""
    kept = dict(values)
    for path in _below(values, folders):
        del kept[path]
    return kept


def _below(paths: Iterable[str], folders: frozenset[str]) -> list[str]:
    """Return those of ``paths`` that are one of ``folders`` or in one."""
    if len(folders) > _FEW:
        return [path for path in paths if _is_below(path, folders)]
    # The usual case, many times as fast.
    inside = tuple(f"{folder}/" for folder in folders)
    return [path for path in paths if path.startswith(inside) or path in folders]


def _is_below(path: str, folders: frozenset[str]) -> bool:
    """Tell whether ``path`` is one of ``folders``, or in one of them."""
    while path:
        if path in folders:
            return True
        path = path.rpartition("/")[0]
    return False
