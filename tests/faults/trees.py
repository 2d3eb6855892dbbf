"""Takes a folder; gives all that a program could read of it, and a digest of that."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TEMPORARY = re.compile(r"\.mockgen-\d+-")
_HOLDER = re.compile(rb"\(process \d+\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file, folder, or link.

    Attributes:
        mode: kind and permissions.
        links: how many names a file has; 0 for a folder.
        data: its bytes, or where a link leads.
    """

    mode: int
    links: int
    data: bytes = b""


Tree = dict[str, Entry]


def read_tree(folder: Path) -> Tree:
    """Return path → entry of all that is below ``folder``, but for what no two runs share.

    That is the number of the process, which is in the names of temporary files, in place of which
    a ``*`` stands, and in what a lock says of its holder for people to read.
    """
    tree: Tree = {}
    for path, item in _items(folder, ""):
        assert path not in tree, path
        status = item.stat(follow_symlinks=False)
        if item.is_dir(follow_symlinks=False):
            tree[path] = Entry(mode=status.st_mode, links=0)
        elif item.is_symlink():
            tree[path] = Entry(mode=status.st_mode, links=1, data=bytes(Path(item).readlink()))
        else:
            data = Path(item).read_bytes()
            if path.endswith(".lock"):
                data = _HOLDER.sub(b"(process *)", data)
            tree[path] = Entry(mode=status.st_mode, links=status.st_nlink, data=data)
    return tree


def digest_tree(tree: Mapping[str, Entry]) -> str:
    """Return the digest of all that ``tree`` tells."""
    told = [(path, one.mode, one.links, one.data) for path, one in sorted(tree.items())]
    return hashlib.sha256(repr(told).encode()).hexdigest()


def below(tree: Mapping[str, Entry], *folders: str) -> Tree:
    """Return what is below ``folders``, without the folders between."""
    return {
        path: entry
        for path, entry in tree.items()
        if path.startswith(tuple(f"{folder}/" for folder in folders))
        and not stat.S_ISDIR(entry.mode)
    }


def bytes_below(tree: Mapping[str, Entry], folder: str) -> dict[str, bytes]:
    """Return path in ``folder`` → bytes of the files below it."""
    return {path.removeprefix(f"{folder}/"): one.data for path, one in below(tree, folder).items()}


def differing(one: Tree, other: Tree) -> list[str]:
    """Return the paths that are in one tree alone, or differ."""
    return sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))


def is_temporary(path: str) -> bool:
    """Tell whether ``path`` is that of a temporary file."""
    return path.rpartition("/")[2].startswith(".mockgen-")


def _items(folder: Path | os.DirEntry[str], above: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    with os.scandir(folder) as found:
        for item in found:
            path = above + _TEMPORARY.sub(".mockgen-*-", item.name)
            yield path, item
            if item.is_dir(follow_symlinks=False):
                yield from _items(item, f"{path}/")
