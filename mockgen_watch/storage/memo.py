"""Takes trees of specs and outputs; gives whether this very program has found them right before."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from mockgen_watch.contract import CONTRACT, METHODS
from mockgen_watch.digest import digest
from mockgen_watch.errors import StorageError
from mockgen_watch.storage.package_data import vocabulary_stamps
from mockgen_watch.storage.project_folder import DEFAULT_OUTPUTS, StateFolder, find_project
from mockgen_watch.storage.scan import scan_project
from mockgen_watch.storage.stat_cache import RACY_NS, now_ns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from mockgen_watch.storage.folders import StrPath
    from mockgen_watch.storage.scan import Mark, Scan


_MEMO = "generate.json"
_JOURNALS = ("journal", ".log")


class Stamps(NamedTuple):
    """The stamps of a project at one moment.

    Attributes:
        root: the project folder.
        state: of the project.
        outputs: the output folder, as far as one can tell without reading the settings.
        key: stands for all stamps; ``""`` where they do not tell all.
        up_to_date: how many output files there are, when a run at just these stamps found all of
            them up to date; else None.
    """

    root: str
    state: StateFolder
    outputs: str
    key: str
    up_to_date: int | None


def look_at_stamps(start: StrPath) -> Stamps:
    """Return the stamps of the project that ``start`` is in.

    Raises:
        UsageError: there is no project.
        StorageError: Git's marker cannot be read.
    """
    root = find_project(start)
    state = StateFolder.of(root)
    outputs, known, count = _memo(state)
    key = _key(root, outputs)
    is_known = bool(key) and key == known and not _has_journal(state)
    return Stamps(
        root=root, state=state, outputs=outputs, key=key, up_to_date=count if is_known else None
    )


def remember_stamps(stamps: Stamps, outputs: str, count: int) -> None:
    """Note that ``count`` output files were up to date when ``stamps`` were taken, or later."""
    # Where the settings name another folder, these stamps do not tell of the outputs: next time.
    known = stamps.key if outputs == stamps.outputs else ""
    try:
        data = json.dumps({"outputs": outputs, "known": known, "count": count}).encode()
        stamps.state.write(_MEMO, data, is_durable=False)
    except StorageError:
        return


def _key(root: str, outputs: str) -> str:
    began_ns = now_ns()
    scan = scan_project(root, outputs)
    if _youngest_ns(scan) + RACY_NS > began_ns:
        return ""
    # Files keep their stamps when the folder that they are in is moved, and a link put there.
    place = os.path.realpath(os.path.join(root, outputs))
    parts = (CONTRACT, METHODS, outputs, place, scan.identity, vocabulary_stamps())
    marks = [sorted(found.items()) for found in (scan.specs, scan.linked, scan.outputs)]
    return digest(repr((parts, marks)).encode("utf-8", "surrogateescape"))


def _youngest_ns(scan: Scan) -> int:
    """Return the latest time of any file."""

    def youngest(mark: Mark) -> int:
        return max(mark[1], mark[2])

    every = (scan.specs, scan.linked, scan.outputs)
    return max((youngest(mark) for found in every for mark in found.values()), default=0)


def _has_journal(state: StateFolder) -> bool:
    """Return whether a run was cut short: its journal is still there."""
    begin, end = _JOURNALS
    try:
        names = os.listdir(state.folder)
    except OSError:
        return True
    return any(name.startswith(begin) and name.endswith(end) for name in names)


def _memo(state: StateFolder) -> tuple[str, str, int | None]:
    """Return the output folder, the key of the stamps that were last found right, and the count."""
    try:
        # Whatever is wrong with it, a memo is only a memo; it is looked at here, hence Any.
        data: Any = json.loads(state.read(_MEMO) or b"{}")
        count = data.get("count")
        return (
            str(data.get("outputs", DEFAULT_OUTPUTS)),
            str(data.get("known", "")),
            count if type(count) is int else None,
        )
    except (StorageError, ValueError, AttributeError, RecursionError):
        return DEFAULT_OUTPUTS, "", None


_NAME = "verified.json"
_MOST = 20_000


class VerifiedTrees:
    """Pairs of trees that were found right; remembered in the state folder."""

    def __init__(self, state: StateFolder, outputs: str, *, is_trusted: bool = True) -> None:
        """Remember in ``state`` what belongs to the output folder ``outputs``."""
        self._state = state
        self._mark = f"{outputs} {_program()}"
        known = _load(state, self._mark)
        self._known = dict.fromkeys(known)
        self._trusted = set(known) if is_trusted else set()

    def __contains__(self, trees: Sequence[str]) -> bool:
        """Return whether ``trees`` are known to be right."""
        return " ".join(trees) in self._trusted

    def add(self, trees: Sequence[str]) -> None:
        """Note that ``trees`` are right."""
        name = " ".join(trees)
        self._known[name] = None
        self._trusted.add(name)

    def save(self) -> None:
        """Remember; where that cannot be, it costs only time."""
        data = {"mark": self._mark, "trees": list(self._known)[-_MOST:]}
        try:
            self._state.write(_NAME, json.dumps(data).encode(), is_durable=False)
        except StorageError:
            return


def _load(state: StateFolder, mark: str) -> list[str]:
    try:
        # Whatever is wrong with it, a memory is only a memory; it is looked at here, hence Any.
        data: Any = json.loads(state.read(_NAME) or b"{}")
        return list(map(str, data["trees"])) if data["mark"] == mark else []
    except (StorageError, ValueError, KeyError, TypeError):
        return []


@cache
def _program() -> str:
    """Return what stands for the program: another one may make other outputs."""
    top = os.path.dirname(os.path.dirname(__file__))
    stamps = []
    for folder, folders, names in os.walk(top):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(names):
            status = os.stat(os.path.join(folder, name))
            stamps.append((folder[len(str(top)) :], name, status.st_size, status.st_mtime_ns))
    return digest(repr(stamps).encode())
