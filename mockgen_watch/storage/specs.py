"""Specs folder: the digest of every spec file at one moment, and its bytes once."""

from __future__ import annotations

import os
import stat
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Location
from mockgen_watch.digest import digest
from mockgen_watch.errors import StorageError
from mockgen_watch.spec import MAX_BYTES
from mockgen_watch.storage.containment import Entry, Folder, naming, storage_error
from mockgen_watch.storage.scan import LINES_SUFFIX, SUFFIXES
from mockgen_watch.storage.stat_cache import Stamp, StatCache, now_ns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockgen_watch.storage.containment import StrPath


_TRIES = 3


def read_steady(folder: Folder, name: str, limit: int) -> tuple[bytes, Stamp, int]:
    """Read a file, again while its stamp moves, and return bytes, stamp and when reading began.

    No more than ``limit`` bytes and one are read. After the third time the bytes are as they
    came, and the time is 0: no cache takes them for settled.

    Raises:
        OSError: it cannot be read.
    """
    tries = 0
    while True:
        read_ns = now_ns()
        with open(folder.read(name), "rb") as file:
            before = Stamp.of(os.fstat(file.fileno()))
            data = file.read(limit + 1)
            is_steady = before == Stamp.of(os.fstat(file.fileno()))
        tries += 1
        if is_steady or tries == _TRIES:
            return data, before, read_ns if is_steady else 0


MAX_FOLDERS = 20_000
"""Links from folders to each other can make a few look like more than could ever be read."""
SPECS_CACHE = "specs.stat"
"""Name of the stat cache of specs."""


class MovedError(StorageError):
    """A file changed after the snapshot was taken; take another."""


class SpecFile(Struct, frozen=True, kw_only=True):
    """One file of the snapshot.

    Attributes:
        path: relative to the project, with forward slashes.
        real_path: the same, or where a link leads, inside the project.
        stamp: of the moment its bytes were read.
    """

    path: str
    real_path: str
    digest: str
    stamp: Stamp


class SpecSnapshot(Struct, frozen=True, kw_only=True):
    """The specs at one moment.

    Attributes:
        files: path → file; sorted.
        problems: files and folders that cannot be read, one diagnostic each. They are not in
            ``files``, but they are there: no suite may count as gone while there is a problem.
        has_links: a link was followed, so that one file may be there by several names.
    """

    project: str
    files: Mapping[str, SpecFile]
    problems: tuple[Diagnostic, ...] = ()
    has_links: bool = False
    _bytes: dict[str, bytes] = field(default_factory=dict)

    def digests(self) -> dict[str, str]:
        """Return path → digest of every file."""
        return {path: file.digest for path, file in self.files.items()}

    def load(self, path: str) -> bytes:
        """Return the bytes of ``path`` as they were at the snapshot.

        Raises:
            MovedError: when they were not read then, and the file is another by now.
            KeyError: when the snapshot has no such file.
        """
        file = self.files[path]
        if path not in self._bytes:
            data = self._read(file)
            if digest(data) != file.digest:
                raise MovedError(path, "it changed while it was being read")
            self._bytes[path] = data
        return self._bytes[path]

    def replaced(self, path: str, data: bytes) -> SpecSnapshot:
        """Return the snapshot as it would be with ``data`` in ``path``, over whatever link."""
        real = self.files[path].real_path
        there = {name: file for name, file in self.files.items() if file.real_path == real}
        changed = {name: replace(file, digest=digest(data)) for name, file in there.items()}
        texts = {**self._bytes, **dict.fromkeys(there, data)}
        return replace(self, files={**self.files, **changed}, _bytes=texts)

    def _read(self, file: SpecFile) -> bytes:
        with (
            naming(file.path),
            Folder.open(self.project) as root,
            root.holding(file.real_path) as (folder, name),
        ):
            try:
                return read_steady(folder, name, MAX_BYTES)[0]
            except FileNotFoundError:
                reason = "it was removed while it was being read"
                raise MovedError(file.path, reason, "ENOENT") from None


def read_specs(project: StrPath, specs: str, cache: StatCache | None = None) -> SpecSnapshot:
    """Return the spec files below the folder ``specs`` of ``project``.

    These are the files that end in one of ``SUFFIXES``, and texts in ``_vocab/``; names that
    begin with a dot (editors' and systems' own) are passed over. A link is followed where it
    stays inside the project. A file whose stamp the cache knows is not read until ``load`` asks.

    Raises:
        StorageError: when the folder itself cannot be read; no such folder counts as empty.
    """
    reader = SpecReader(os.path.realpath(project), cache)
    reader.read_folder(specs)
    if cache is not None:
        cache.keep_only(reader.files)
    return SpecSnapshot(
        project=reader.project,
        files=dict(sorted(reader.files.items())),
        problems=tuple(sorted(reader.problems, key=lambda problem: problem.sort_key)),
        has_links=reader.has_links,
        _bytes=reader.data,
    )


class _Way(Struct, frozen=True, kw_only=True):
    """How the reader came to a name.

    Attributes:
        path: over links, as people know it.
        real: the same without links.
        above: device and inode of the folders on the way.
    """

    path: str
    real: str
    above: tuple[tuple[int, int], ...]

    def to(self, name: str, identity: tuple[int, int]) -> _Way:
        return _Way(
            path=f"{self.path}/{name}",
            real=f"{self.real}/{name}",
            above=(*self.above, identity),
        )


class SpecReader:
    """Goes through folders and collects files, bytes and problems."""

    def __init__(self, project: str, cache: StatCache | None) -> None:
        self.project = project
        self.cache = cache
        self.files: dict[str, SpecFile] = {}
        self.problems: list[Diagnostic] = []
        self.data: dict[str, bytes] = {}
        self.has_links = False
        self.folders = 0

    def read_folder(self, specs: str) -> None:
        """Read the folder ``specs`` of the project, if it is there.

        Raises:
            StorageError: it cannot be read.
        """
        with naming(self.project), Folder.open(self.project) as root:
            try:
                folder = root.walk(specs)
            except FileNotFoundError:
                return
            with folder:
                self._folder(folder, _Way(path=specs, real=specs, above=()))

    def read_path(self, root: Folder, path: str) -> None:
        """Read the one file or folder ``path`` of the project ``root``, if it is there.

        Raises:
            OSError, StorageError: something that is no folder is on the way.
        """
        specs, *inner, name = path.split("/")
        if any(part.startswith(".") for part in (*inner, name)):
            return
        way = _Way(path=specs, real=specs, above=())
        with ExitStack() as stack, suppress(FileNotFoundError):
            here = stack.enter_context(root.enter(specs))
            for part in inner:
                way = way.to(part, here.identity())
                here = stack.enter_context(here.enter(part))
            status = here.status(name)
            if status is not None:
                self._entry(here, way.to(name, here.identity()), Entry(name, status))

    def _folder(self, folder: Folder, way: _Way) -> None:
        identity = folder.identity()
        if identity in way.above:
            return  # a link back up: everything in there is read already
        if self.folders == MAX_FOLDERS:
            # What is not read may be anywhere.
            self._problem(way.path.partition("/")[0], f"there are more than {MAX_FOLDERS} folders")
        self.folders += 1
        if self.folders > MAX_FOLDERS:
            return
        try:
            entries = folder.entries()
        except OSError as error:
            self._problem(way.path, _reason(way.path, error))
            return
        for entry in entries:
            if not entry.name.startswith("."):
                self._entry(folder, way.to(entry.name, identity), entry)

    def _entry(self, folder: Folder, way: _Way, entry: Entry) -> None:
        mode = entry.status.st_mode
        if stat.S_ISDIR(mode):
            self._enter(folder, entry.name, way)
        elif stat.S_ISLNK(mode):
            self._link(way)
        elif is_spec(way.path):
            self._spec(folder, entry, way)

    def _enter(self, folder: Folder, name: str, way: _Way) -> None:
        try:
            below = folder.enter(name)
        except FileNotFoundError:
            return
        except (OSError, StorageError) as error:
            self._problem(way.path, _reason(way.path, error))
            return
        with below:
            self._folder(below, way)

    def _link(self, way: _Way) -> None:
        """Follow a link by its resolved path, from the project on, over no further link."""
        target = os.path.realpath(os.path.join(self.project, way.real))
        may_be_spec = is_spec(way.path)
        if not os.path.exists(target):
            if may_be_spec:
                self._problem(way.path, "the symbolic link leads nowhere")
            return
        if not may_be_spec and not os.path.isdir(target):
            return
        self.has_links = True
        if os.path.commonpath([target, self.project]) != self.project:
            self._problem(way.path, "the symbolic link leads outside the project")
            return
        real = os.path.relpath(target, self.project).replace(os.sep, "/")
        there = replace(way, real=real)
        try:
            with Folder.open(self.project) as root, root.holding(real) as (folder, name):
                status = folder.status(name)
                if status is None or stat.S_ISDIR(status.st_mode):
                    self._enter(folder, name, there)
                else:
                    self._spec(folder, Entry(name, status), there)
        except (OSError, StorageError) as error:
            self._problem(way.path, _reason(way.path, error))

    def _spec(self, folder: Folder, entry: Entry, way: _Way) -> None:
        path = way.path
        if not stat.S_ISREG(entry.status.st_mode):
            self._problem(path, "it is not a regular file")
            return
        stamp = Stamp.of(entry.status)
        found = self.cache.get(path, stamp) if self.cache else None
        if found is None:
            if stamp.size > MAX_BYTES:
                self._problem(path, f"it has {stamp.size} bytes; the limit is {MAX_BYTES}", "MG105")
                return
            try:
                data, stamp, read_ns = read_steady(folder, entry.name, MAX_BYTES)
            except FileNotFoundError:
                return
            except (OSError, StorageError) as error:
                self._problem(path, _reason(path, error))
                return
            self.data[path], found = data, digest(data)
            if self.cache is not None:
                self.cache.put(path, stamp, found, read_ns)
        self.files[path] = SpecFile(path=path, real_path=way.real, digest=found, stamp=stamp)

    def _problem(self, path: str, reason: str, code: str = "MG113") -> None:
        text = "The file is larger than the limit" if code == "MG105" else "The file cannot be read"
        self.problems.append(
            Diagnostic(code=code, message=f"{text}: {reason}", location=Location(path=path))
        )


def _reason(path: str, error: OSError | StorageError) -> str:
    found = error if isinstance(error, StorageError) else storage_error(path, error)
    return str(found).removeprefix(f"{found.path}: ")


def is_spec(path: str) -> bool:
    """Return whether a file of this path below the specs folder is a spec."""
    return path.endswith(SUFFIXES) or (path.endswith(LINES_SUFFIX) and "/_vocab/" in path)
