"""Takes a project folder; tells by stamps alone whether nothing moved since nothing was to do.

Most runs have nothing to do. The stamps of all spec and output files, lockfiles with them, are
compared with those of the last look that found every output up to date; no file is read.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.errors import StorageError
from mockgen_watch.plan.methods import METHODS
from mockgen_watch.storage.project_folder import find_project
from mockgen_watch.storage.scan import scan_project
from mockgen_watch.storage.stat_cache import RACY_NS, now_ns
from mockgen_watch.storage.state import StateFolder
from mockgen_watch.storage.vocabularies import vocabulary_stamps

if TYPE_CHECKING:
    from typing import Any

    from mockgen_watch.storage.folders import StrPath
    from mockgen_watch.storage.scan import Mark, Scan

CONTRACT = 1
"""That of ``generate.address``, which is not imported here; a test holds them together."""

DEFAULT_OUTPUTS = "mock_outputs"
"""The output folder of a project that names no other."""

_MEMO = "generate.json"
_JOURNALS = ("journal", ".log")


class Stamps(Struct, frozen=True, kw_only=True):
    """The stamps of a project at one moment.

    Attributes:
        root: the project folder.
        state: of the project.
        outputs: the output folder, as far as one can tell without reading the settings.
        key: stands for all stamps; ``""`` where they do not tell all.
        count: how many output files there are, when a whole look at just these stamps found all of
            them up to date; else None.
    """

    root: str
    state: StateFolder
    outputs: str
    key: str
    count: int | None


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
        root=root, state=state, outputs=outputs, key=key, count=count if is_known else None
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
    return hashlib.sha256(repr((parts, marks)).encode("utf-8", "surrogateescape")).hexdigest()


def _youngest_ns(scan: Scan) -> int:
    """Return the latest time of any file."""

    def youngest(mark: Mark) -> int:
        return max(mark[1], mark[2])

    every = (scan.specs, scan.linked, scan.outputs)
    return max((youngest(mark) for found in every for mark in found.values()), default=0)


def _has_journal(state: StateFolder) -> bool:
    """Tell whether a run was cut short: its journal is still there."""
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
