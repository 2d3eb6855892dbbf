"""Output folder: stamps of all files, lockfiles, journal, and what kills have left."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Location
from mockgen_watch.digest import digest, is_legacy, renew
from mockgen_watch.errors import StorageError
from mockgen_watch.lock.lockfile import (
    JournalEntry,
    Lockfile,
    decode_entries,
    read_lockfile,
    with_digests,
)
from mockgen_watch.lock.model import Scope, Snapshot, relevant_paths
from mockgen_watch.lock.paths import (
    LOCK_NAME,
    below,
    folders_above,
    lock_path,
    offer_path,
    spec_folder,
    suite_of_lock,
)
from mockgen_watch.storage.atomic import TEMPORARY, digest_file, read_blocks
from mockgen_watch.storage.containment import Folder, naming
from mockgen_watch.storage.made import read_made
from mockgen_watch.storage.specs import SpecReader, SpecSnapshot, read_steady
from mockgen_watch.storage.stat_cache import Stamp, StatCache, now_ns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mockgen_watch.lock.paths import WantedSuite
    from mockgen_watch.storage.project_folder import OutputRoot

    _Value = TypeVar("_Value")


LARGEST_LOCK = 1 << 30
"""Bytes; a split output of a million files needs a tenth of it."""


class OutputTree(Struct, frozen=True, kw_only=True):
    """The output folder at one moment. Paths are relative to it.

    Attributes:
        identity: device and inode of the folder; None when it is not there.
        obstacles: path → what it is, for all that is neither file nor folder.
        locks: suite → its lockfile, or why that cannot be read.
        lock_digests: path of a lockfile → digest of the bytes that were read.
        leftovers: temporary files of runs that were cut short.
    """

    root: OutputRoot
    identity: tuple[int, int] | None
    stamps: dict[str, Stamp] = field(default_factory=dict)
    obstacles: dict[str, str] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    locks: dict[str, Lockfile | Diagnostic] = field(default_factory=dict)
    lock_digests: dict[str, str] = field(default_factory=dict)
    journal: tuple[JournalEntry, ...] = ()
    leftovers: list[str] = field(default_factory=list)
    cache: StatCache

    def snapshot(
        self, wanted: Iterable[WantedSuite], *, contract: int, scope: Scope | None = None
    ) -> Snapshot:
        """Return what ``reconcile`` needs, with digests of the files that matter to it.

        A file that cannot be read is an obstacle.
        """
        wanted = tuple(wanted)
        locks, lock_digests = self._locks(scope)
        paths = set(relevant_paths(wanted, locks, self.journal))
        paths |= {offer_path(path) for path in paths}
        disk, unreadable = self.digests(path for path in sorted(paths) if path in self.stamps)
        known = set(_known(locks, self.journal))
        unknown = {path for path, digest in disk.items() if (path, digest) not in known}
        unknown |= self._untold(paths, scope)
        made: list[JournalEntry] = []
        if unknown:
            # Read only where it can matter, as it tells of more than any lockfile.
            made = [entry for entry in read_made(self.root) if entry.path in unknown]
            more = {entry.path for entry in made} - paths
            disk |= self.digests(path for path in sorted(more) if path in self.stamps)[0]
        return Snapshot(
            wanted=wanted,
            contract=contract,
            locks=locks,
            journal=self.journal,
            made=tuple(made),
            disk=disk | lock_digests,
            obstacles={**self._obstacles(paths), **unreadable},
            acting=None if scope is None else scope.acting,
        )

    def empty_folders(self) -> set[str]:
        """Return the folders that hold nothing, or nothing but what a run cut short has left."""
        there = (*self.stamps, *self.obstacles, *self.folders)
        return self.folders - {path.rpartition("/")[0] for path in there}

    def _untold(self, paths: set[str], scope: Scope | None) -> set[str]:
        """Return the files that are in none of ``paths``, in the folders that ``scope`` acts on."""
        folders = ("",) if scope is None else tuple(below(suite, "") for suite in scope.acting)
        locks = self.lock_digests
        there = self.stamps.keys() if "" in folders else _starting(self.stamps, folders)
        return {path for path in there if path not in paths and path not in locks}

    def _locks(
        self, scope: Scope | None
    ) -> tuple[Mapping[str, Lockfile | Diagnostic], dict[str, str]]:
        """Return the lockfiles that matter in ``scope``, and the digests of their bytes."""
        if scope is None:
            return self.locks, self.lock_digests
        near = sorted(suite for suite in scope.near if suite in self.locks)
        paths = [lock_path(suite) for suite in near]
        digests = {path: self.lock_digests[path] for path in paths if path in self.lock_digests}
        return {suite: self.locks[suite] for suite in near}, digests

    def digests(self, paths: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
        """Return path → digest of those ``paths``, and path → why of those that defy reading.

        Only what no stamp answers is read.
        """
        found: dict[str, str] = {}
        unreadable: dict[str, str] = {}
        for path in paths:
            known = self.cache.get(path, self.stamps[path])
            try:
                found[path] = known or self._digest(path)
            except StorageError as error:
                if error.errno_name != "ENOENT":
                    unreadable[path] = f"a file that cannot be read [{error.errno_name}]"
        return found, unreadable

    def _digest(self, path: str) -> str:
        with self.root.holding(path) as (folder, name), open(folder.read(name), "rb") as file:
            read_ns = now_ns()
            before = Stamp.of(os.fstat(file.fileno()))
            found = digest_file(file.fileno())
            if before == Stamp.of(os.fstat(file.fileno())):
                self.cache.put(path, before, found, read_ns)
            return found

    def _obstacles(self, paths: Iterable[str]) -> Mapping[str, str]:
        """Return for each path what is at it, or on the way to it, and should not be."""
        found: dict[str, str] = {}
        for path in paths:
            if path in self.folders:
                found[path] = "a folder"
            elif path in self.obstacles:
                found[path] = self.obstacles[path]
            else:
                for parent in folders_above(path):
                    if parent in self.obstacles or parent in self.stamps:
                        kind = self.obstacles.get(parent, "a file")
                        found[path] = f"{kind} at {parent}"
                        break
        return found


def _known(
    locks: Mapping[str, Lockfile | Diagnostic], journal: Iterable[JournalEntry]
) -> Iterator[tuple[str, str]]:
    """Give path and digest of each file that lockfiles and journal know."""
    for suite, lock in locks.items():
        if isinstance(lock, Lockfile):
            for path, digest in lock.files().items():
                yield below(suite, path), digest
    for entry in journal:
        yield entry.path, entry.digest


def _starting(paths: Iterable[str], starts: tuple[str, ...]) -> list[str]:
    return [path for path in paths if path.startswith(starts)]


def read_outputs(
    root: OutputRoot, before: OutputTree | None = None, cache: StatCache | None = None
) -> OutputTree:
    """Return what is in the output folder; an absent folder is an empty one.

    ``before`` is an earlier look by this process: a lockfile whose stamp is the same is not read
    again, nor is the cache. ``cache`` is another one than that of the state folder.

    Raises:
        StorageError: when a folder cannot be read: a lockfile may be in there.
    """
    journal = read_journal(root)
    if cache is None:
        cache = before.cache if before else StatCache(root.state, root.cache_name)
    folder = root.open_if_there()
    if folder is None:
        return OutputTree(root=root, identity=None, journal=journal, cache=cache)
    with folder:
        with naming(root.label):
            identity = folder.identity()
        tree = OutputTree(root=root, identity=identity, journal=journal, cache=cache)
        OutputReader(tree, before).folder(folder, "")
    cache.keep_only(tree.stamps)
    return _with_renewed_digests(tree)


def _with_renewed_digests(tree: OutputTree) -> OutputTree:
    """Return ``tree`` with new digests where lockfiles and journal name a file by SHA-256.

    A file that has other bytes keeps the digest that it had: it was edited by hand.
    """
    legacy = {
        suite: lock
        for suite, lock in tree.locks.items()
        if isinstance(lock, Lockfile) and lock.is_legacy
    }
    locks: dict[str, Lockfile | Diagnostic] = {}
    for suite, lock in legacy.items():
        files = lock.files().items()
        locks[suite] = with_digests(
            lock, files={path: _renewed(tree, below(suite, path), old) for path, old in files}
        )
    journal = tuple(
        replace(entry, digest=_renewed(tree, entry.path, entry.digest)) for entry in tree.journal
    )
    return replace(tree, locks={**tree.locks, **locks}, journal=journal)


def _renewed(tree: OutputTree, path: str, digest: str) -> str:
    """Return the new digest of the file ``path`` if its SHA-256 is ``digest``, else ``digest``."""
    if not is_legacy(digest) or path not in tree.stamps:
        return digest
    # What cannot be read is reported by whoever needs its digest.
    with (
        contextlib.suppress(StorageError),
        tree.root.holding(path) as (folder, name),
        open(folder.read(name), "rb") as file,
    ):
        return renew(digest, read_blocks(file.fileno()))
    return digest


def read_journal(root: OutputRoot) -> tuple[JournalEntry, ...]:
    """Return what earlier runs left in the journal of ``root``.

    Raises:
        StorageError: it cannot be read.
    """
    return decode_entries(root.state.read(root.journal_name) or b"")


class OutputReader:
    """Goes through folders and notes what is there."""

    def __init__(self, tree: OutputTree, before: OutputTree | None) -> None:
        self.tree = tree
        self.before = before

    def below(self, top: Folder, path: str) -> None:
        """Note what is in the folder ``path`` of the output folder ``top``, if it is there.

        Raises:
            OSError, StorageError: something that is no folder is in the way.
        """
        here = top
        with contextlib.ExitStack() as stack:
            for at in (*folders_above(path), path):
                try:
                    here = stack.enter_context(here.enter(at.rpartition("/")[2]))
                except FileNotFoundError:
                    self.tree.folders.discard(at)
                    return
                self.tree.folders.add(at)
            self.folder(here, path)

    def folder(self, folder: Folder, path: str) -> None:
        """Note what is in ``folder``, which is ``path`` of the output folder.

        Raises:
            StorageError: a folder cannot be read.
        """
        with naming(self.tree.root.named(path)):
            entries = folder.entries()
        for entry in entries:
            inner = f"{path}/{entry.name}" if path else entry.name
            mode = entry.status.st_mode
            if stat.S_ISDIR(mode):
                self._enter(folder, entry.name, inner)
            elif stat.S_ISREG(mode):
                self._file(folder, entry.name, inner, entry.status)
            else:
                self._obstacle(
                    inner,
                    "a symbolic link"
                    if stat.S_ISLNK(mode)
                    else "something that is not a regular file",
                )

    def _enter(self, folder: Folder, name: str, path: str) -> None:
        with naming(self.tree.root.named(path)):
            try:
                below = folder.enter(name)
            except FileNotFoundError:
                return
        self.tree.folders.add(path)
        with below:
            self.folder(below, path)

    def _file(self, folder: Folder, name: str, path: str, status: os.stat_result) -> None:
        if TEMPORARY.fullmatch(name):
            self.tree.leftovers.append(path)
            return
        stamp = Stamp.of(status)
        self.tree.stamps[path] = stamp
        if name == LOCK_NAME and not self._is_as_before(path, stamp):
            self._lock(folder, path)

    def _is_as_before(self, path: str, stamp: Stamp) -> bool:
        """Take over a lockfile from the look before, if its stamp proves that it is the same."""
        known = self.tree.cache.get(path, stamp)
        if self.before is None or known is None or known != self.before.lock_digests.get(path):
            return False
        self.tree.lock_digests[path] = known
        self.tree.locks[suite_of_lock(path)] = self.before.locks[suite_of_lock(path)]
        return True

    def _lock(self, folder: Folder, path: str) -> None:
        try:
            data, stamp, read_ns = read_steady(folder, LOCK_NAME, LARGEST_LOCK)
        except FileNotFoundError:
            del self.tree.stamps[path]
        except OSError as error:
            kind = errno.errorcode.get(error.errno or 0, "")
            self._obstacle(path, f"a file that cannot be read [{kind}]")
        else:
            found = digest(data)
            self.tree.cache.put(path, stamp, found, read_ns)
            self.tree.lock_digests[path] = found
            suite = suite_of_lock(path)
            lock = read_lockfile(data, self.tree.root.named(path), spec_folder(suite))
            self.tree.locks[suite] = lock

    def _obstacle(self, path: str, kind: str) -> None:
        self.tree.obstacles[path] = kind
        if path.rpartition("/")[2] == LOCK_NAME:
            self.tree.locks[suite_of_lock(path)] = Diagnostic(
                code="MG505",
                message=f"The lockfile cannot be read: it is {kind}",
                hint="remove it",
                location=Location(path=self.tree.root.named(path)),
            )


_FEW = 20


def reread_specs(
    before: SpecSnapshot, paths: Iterable[str], cache: StatCache
) -> SpecSnapshot | None:
    """Return ``before`` with the files and folders ``paths`` as they are now.

    None where that is not enough: there is or was a link, or something that cannot be read.
    """
    if before.problems or before.has_links:
        return None
    topmost = _topmost(paths)
    reader = SpecReader(before.project, cache)
    try:
        with Folder.open(before.project) as root:
            for path in topmost:
                reader.read_path(root, path)
    except (OSError, StorageError):
        return None
    if reader.problems or reader.has_links:
        return None
    files, inside = dict(before.files), [path for path in topmost if path in before.files]
    if len(inside) < len(topmost):
        inside = _below(before.files, topmost)
    for path in inside:
        if path not in reader.files:
            del files[path]
            cache.forget(path)
    files |= reader.files
    if len(files) != len(before.files) or not before.files.keys() >= reader.files.keys():
        files = dict(sorted(files.items()))
    return replace(before, files=files, _bytes=reader.data)


def reread_outputs(before: OutputTree, folders: Iterable[str]) -> OutputTree | None:
    """Return what is in ``folders`` now, and the lockfiles of all other suites as in ``before``.

    None where that is not enough: the output folder is another one, or a file lies where one of
    these folders should be.
    """
    topmost = _topmost(folders)
    tree = replace(
        before,
        journal=read_journal(before.root),
        stamps={},
        obstacles={},
        folders=set(),
        locks=_without(before.locks, topmost),
        lock_digests=_without(before.lock_digests, topmost),
        leftovers=[],
    )
    try:
        top = before.root.open_if_there()
        if top is None or before.identity is None or "" in topmost:
            return None
        with top:
            if top.identity() != before.identity:
                return None
            for path in topmost:
                OutputReader(tree, before).below(top, path)
        return _with_renewed_digests(tree)
    except (OSError, StorageError):
        return None


def merge_trees(before: OutputTree, now: OutputTree, folders: Iterable[str]) -> OutputTree:
    """Return ``before`` with all that is in ``folders`` taken from ``now``."""
    topmost = _topmost(folders)
    for path in _below(before.stamps, topmost):
        if path not in now.stamps:
            before.cache.forget(path)
    left = _without(dict.fromkeys(before.leftovers), topmost)
    return replace(
        now,
        stamps=_without(before.stamps, topmost) | now.stamps,
        obstacles=_without(before.obstacles, topmost) | now.obstacles,
        folders=set(_without(dict.fromkeys(before.folders), topmost)) | now.folders,
        leftovers=[*left, *now.leftovers],
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
    """Return whether ``path`` is one of ``folders``, or in one of them."""
    while path:
        if path in folders:
            return True
        path = path.rpartition("/")[0]
    return False
