"""Scan: the stamps of all spec and output files of a project, without reading one.

Events may be lost; stamps say what is there. Two scans that are equal mean that nothing moved,
but for files so young that a further write could leave the stamp as it is. So a run that had
nothing to do remembers its scan, and the next one ends at once if that is still the same.
"""

from __future__ import annotations

import os
import stat
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from mockgen_watch.digest import digest
from mockgen_watch.spec import SPECS
from mockgen_watch.storage.package_data import tool_parts
from mockgen_watch.storage.project_folder import StateFolder, find_project
from mockgen_watch.storage.stat_cache import RACY_NS, Memo, Stamp, now_ns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mockgen_watch.storage.containment import StrPath

Mark: TypeAlias = tuple[int, ...]
"""Size, times, inode, device and mode of a file; what shows that it is the same."""

SUFFIXES = (".yaml", ".yml", ".json")
"""What the names of spec files end with."""

LINES_SUFFIX = ".txt"
"""A pool with a value a line; read only in ``_vocab/``, as other texts are no specs."""

ENDINGS = (*SUFFIXES, LINES_SUFFIX)
"""A few more than those of specs: of texts only pools matter, and looking is cheap."""

_ABSENT: tuple[int, int] = (0, 0)
_FOLDER: Mark = (0, 0, 0, 0, 0, stat.S_IFDIR)


class Scan:
    """A project at one moment. Paths are relative to it, with forward slashes.

    Attributes:
        identity: device and inode of the specs folder; zeros when there is none.
        linked: links, and the spec files that they lead to, for which no event arrives.
        outputs: everything in the output folder.
        folders: number of folders below the specs folder, with it.
        is_racy: a spec file is too young for its stamp to be reliable.
    """

    def __init__(
        self,
        *,
        identity: tuple[int, int] = _ABSENT,
        specs: Mapping[str, Mark] = MappingProxyType({}),
        linked: Mapping[str, Mark] = MappingProxyType({}),
        outputs: Mapping[str, Mark] = MappingProxyType({}),
        folders: int = 0,
        is_racy: bool = False,
    ) -> None:
        self.identity = identity
        self.specs = specs
        self.linked = linked
        self.outputs = outputs
        self.folders = folders
        self.is_racy = is_racy

    @property
    def has_specs(self) -> bool:
        """Return whether there is a specs folder."""
        return self.identity != _ABSENT

    def is_same(self, other: Scan) -> bool:
        """Return whether nothing moved between the two."""
        return (
            self.specs == other.specs
            and self.outputs == other.outputs
            and self.linked == other.linked
            and self.has_specs == other.has_specs
        )

    def moved_specs(self, other: Scan) -> tuple[str, ...]:
        """Return the spec files that differ, sorted; those behind links too."""
        return tuple(sorted({*_moved(self.specs, other.specs), *_moved(self.linked, other.linked)}))

    def seen_by_events(self, other: Scan) -> tuple[str, ...]:
        """Return the spec files that differ and that events should have reported."""
        return tuple(sorted(_moved(self.specs, other.specs)))


class CalledOffError(Exception):
    """A scan was not brought to its end, because something else came up."""


def never() -> bool:
    """Call no scan off."""
    return False


def scan_project(
    project: StrPath,
    outputs: str | None,
    clock_ns: Callable[[], int] = now_ns,
    *,
    is_off: Callable[[], bool] = never,
) -> Scan:
    """Return the stamps of ``project``; folders that cannot be read count as empty.

    ``outputs`` is relative to the project, None when it is not known yet. ``clock_ns`` gives the
    time that file systems use; ``is_off`` is asked at each folder whether to end at once.

    Raises:
        CalledOffError: it was called off.
    """
    began_ns = clock_ns()
    reader = _Reader(str(project), is_off)
    identity = reader.identity(SPECS)
    if identity != _ABSENT:
        reader.specs(f"{project}/{SPECS}", SPECS, ())
    written: dict[str, Mark] = {}
    if outputs is not None:
        _outputs(f"{project}/{outputs}", outputs, written, is_off)
    return Scan(
        identity=identity,
        specs=reader.found,
        linked=reader.linked,
        outputs=written,
        folders=reader.folders,
        is_racy=reader.youngest_ns + RACY_NS > began_ns,
    )


class _Reader:
    """Goes through the specs folder."""

    def __init__(self, project: str, is_off: Callable[[], bool]) -> None:
        self.is_off = is_off
        self.project = os.path.realpath(project)
        self.found: dict[str, Mark] = {}
        self.linked: dict[str, Mark] = {}
        self.folders = 0
        self.youngest_ns = 0

    def identity(self, specs: str) -> tuple[int, int]:
        try:
            status = os.stat(os.path.join(self.project, specs))
        except OSError:
            return _ABSENT
        return (status.st_dev, status.st_ino) if stat.S_ISDIR(status.st_mode) else _ABSENT

    def specs(self, folder: str, path: str, above: tuple[str, ...]) -> None:
        self.folders += 1
        for entry in _entries(folder, self.is_off):
            if not entry.name.startswith("."):
                self._entry(entry, f"{path}/{entry.name}", above)

    def _entry(self, entry: os.DirEntry[str], path: str, above: tuple[str, ...]) -> None:
        try:
            if entry.is_symlink():
                self._link(entry.path, path, above)
            elif entry.is_dir(follow_symlinks=False):
                self.specs(entry.path, path, above)
            elif entry.name.endswith(ENDINGS):
                self._file(path, entry.stat(follow_symlinks=False), is_linked=bool(above))
        except OSError:
            return  # it has just gone

    def _link(self, name: str, path: str, above: tuple[str, ...]) -> None:
        self.found[path] = self.linked[path] = _mark(os.lstat(name))
        target = os.path.realpath(name)
        if target in above or not target.startswith(self.project + os.sep):
            return
        if os.path.isdir(target):
            # An empty folder shows in nothing else, but a link to it leads somewhere.
            self.linked[f"{path}:"] = _FOLDER
            self.specs(target, path, (*above, target))
        elif path.endswith(ENDINGS):
            self._file(f"{path}:", os.stat(target), is_linked=True)

    def _file(self, path: str, status: os.stat_result, *, is_linked: bool) -> None:
        (self.linked if is_linked else self.found)[path] = _mark(status)
        self.youngest_ns = max(self.youngest_ns, status.st_mtime_ns, status.st_ctime_ns)


def _entries(folder: str, is_off: Callable[[], bool]) -> list[os.DirEntry[str]]:
    if is_off():
        raise CalledOffError
    try:
        return list(os.scandir(folder))
    except OSError:
        return []


def _outputs(folder: str, path: str, found: dict[str, Mark], is_off: Callable[[], bool]) -> None:
    for entry in _entries(folder, is_off):
        inner = f"{path}/{entry.name}"
        try:
            if entry.is_dir(follow_symlinks=False):
                _outputs(entry.path, inner, found, is_off)
            else:
                found[inner] = _mark(entry.stat(follow_symlinks=False))
        except OSError:
            continue  # it has just gone


def _mark(status: os.stat_result) -> Mark:
    return (*Stamp.of(status), status.st_mode)


def _moved(old: Mapping[str, Mark], new: Mapping[str, Mark]) -> set[str]:
    if old == new:
        return set()
    return (old.keys() ^ new.keys()) | {
        path for path, mark in old.items() if new.get(path, mark) != mark
    }


# Stamps of a project --------------------------------------------------------------------------

_NAME = "generate.json"


class Stamps:
    """The stamps of a project at one moment.

    Attributes:
        outputs: the output folder, as far as one can tell without reading the settings.
        key: stands for all stamps; ``""`` if they are not reliable.
        up_to_date: how many output files there are, when a run at just these stamps found all of
            them up to date; else None.
    """

    def __init__(
        self, root: str, state: StateFolder, outputs: str, key: str, up_to_date: int | None
    ) -> None:
        self.root = root
        self.state = state
        self.outputs = outputs
        self.key = key
        self.up_to_date = up_to_date


def look_at_stamps(start: StrPath) -> Stamps:
    """Return the stamps of the project that ``start`` is in.

    Raises:
        UsageError: there is no project.
        StorageError: Git's marker cannot be read.
    """
    root = find_project(start)
    state = StateFolder.of(root)
    memo = Memo(state, _NAME)
    key = _key(root, memo.outputs)
    count = memo.get(key) if key and not _has_journal(state) else None
    return Stamps(root=root, state=state, outputs=memo.outputs, key=key, up_to_date=count)


def remember_stamps(stamps: Stamps, outputs: str, count: int) -> None:
    """Note that ``count`` output files were up to date when ``stamps`` were taken, or later."""
    memo = Memo(stamps.state, _NAME)
    # Where the settings name another folder, these stamps do not tell of the outputs: next time.
    if stamps.key and outputs == stamps.outputs:
        memo.add(stamps.key, count)
    memo.save(outputs)


def _key(root: str, outputs: str) -> str:
    began_ns = now_ns()
    scan = scan_project(root, outputs)
    if _youngest_ns(scan) + RACY_NS > began_ns:
        return ""
    # Files keep their stamps when the folder that they are in is moved, and a link put there.
    place = os.path.realpath(os.path.join(root, outputs))
    parts = (tool_parts(), outputs, place, scan.identity)
    marks = [sorted(found.items()) for found in (scan.specs, scan.linked, scan.outputs)]
    return digest(repr((parts, marks)).encode("utf-8", "surrogateescape"))


def _youngest_ns(scan: Scan) -> int:
    """Return the latest time of any file."""
    every = (scan.specs, scan.linked, scan.outputs)
    return max((max(mark[1], mark[2]) for found in every for mark in found.values()), default=0)


def _has_journal(state: StateFolder) -> bool:
    """Return whether a run was cut short: its journal is still there."""
    try:
        names = os.listdir(state.folder)
    except OSError:
        return True
    return any(name.startswith("journal") and name.endswith(".log") for name in names)
