"""Takes the names of snapshots and a moment; gives those that are kept no longer, and does it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.storage.archive import (
    ARCHIVES,
    digests_of,
    list_files,
    remove_known,
    write_archive,
)
from mockgen_watch.storage.project_lock import WRITER, ProjectLock

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Final

    from mockgen_watch.storage.output_root import OutputRoot

LOCK_WAIT = 10.0
"""Seconds that a run waits for another one to end."""

_NAME: Final = re.compile(
    r"(?P<output>.+)_(?P<stamp>\d{8}T\d{6}\.\d{6}Z)(?:_Record_\d+)?(?P<ending>\.[^/]+)",
    re.DOTALL,
)


class Run(Struct, frozen=True, kw_only=True):
    """What one run wrote for one output: a file, or a file a record.

    Attributes:
        output: folder, model, scenario and ending.
        stamp: when, as ``20261123T041500.123456Z``.
        paths: its files, sorted.
    """

    output: str
    stamp: str
    paths: tuple[str, ...]


class Retention(Struct, frozen=True, kw_only=True):
    """What is kept: a run that is young enough, or among the newest of its output.

    Attributes:
        number: the newest of each output; None: no run is kept for its number.
        age: the longest; None: no run is kept for its age.
    """

    number: int | None
    age: timedelta | None


class Cleaned(Struct, frozen=True, kw_only=True):
    """What became of the snapshots.

    Attributes:
        removed: paths, sorted.
        kept: how many runs stay.
        archive: the name of the archive that holds what was removed; ``""`` for none.
    """

    removed: tuple[str, ...]
    kept: int
    archive: str = ""


def runs_of(paths: Iterable[str]) -> list[Run]:
    """Return the runs among ``paths``; files with other names are none."""
    found: dict[tuple[str, str], list[str]] = {}
    for path in sorted(paths):
        match = None if path.startswith(f"{ARCHIVES}/") else _NAME.fullmatch(path)
        if match is not None and moment_of(match["stamp"]) is not None:
            key = (match["output"] + match["ending"], match["stamp"])
            found.setdefault(key, []).append(path)
    return [
        Run(output=output, stamp=stamp, paths=tuple(paths))
        for (output, stamp), paths in sorted(found.items())
    ]


def moment_of(stamp: str) -> datetime | None:
    """Return the moment that ``stamp`` names; None when there is no such day or hour."""
    try:
        return datetime.strptime(stamp, "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def expired(runs: Iterable[Run], retention: Retention, now: datetime) -> list[Run]:
    """Return the runs that are not kept at the moment ``now``."""
    by_output: dict[str, list[Run]] = {}
    for run in runs:
        by_output.setdefault(run.output, []).append(run)
    found = []
    for group in by_output.values():
        newest = sorted(group, key=lambda run: run.stamp, reverse=True)
        for place, run in enumerate(newest):
            moment = moment_of(run.stamp)
            is_new = retention.number is not None and place < retention.number
            is_young = (
                retention.age is not None and moment is not None and now - moment <= retention.age
            )
            if not is_new and not is_young:
                found.append(run)
    return sorted(found, key=lambda run: (run.output, run.stamp))


def clean(
    root: OutputRoot, retention: Retention, stamp: str, *, has_archive: bool, is_dry: bool
) -> Cleaned:
    """Remove the snapshots in ``root`` that are kept no longer.

    Args:
        root: the folder of the snapshots.
        retention: what is kept.
        stamp: the time, which names the archive.
        has_archive: what is removed goes to an archive first.
        is_dry: tell only.

    Raises:
        LockedError: another process writes.
        StorageError: something cannot be read, written or removed; what is removed is archived.
    """
    now = moment_of(stamp)
    if now is None:
        raise ValueError(f"{stamp} is no time")
    with ProjectLock(root.state, WRITER, holder="mockgen-watch clean", timeout=LOCK_WAIT):
        runs = runs_of(file.path for file in list_files(root))
        gone = expired(runs, retention, now)
        paths = sorted(path for run in gone for path in run.paths)
        kept = len(runs) - len(gone)
        if is_dry or not paths:
            return Cleaned(removed=tuple(paths), kept=kept)
        if has_archive:
            archive, digests = write_archive(root, stamp, paths)
        else:
            archive, digests = "", digests_of(root, paths)
        return Cleaned(removed=tuple(remove_known(root, digests)), kept=kept, archive=archive)
