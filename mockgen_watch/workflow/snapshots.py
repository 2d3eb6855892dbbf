"""Snapshots: outputs in files of their own, how long these are kept, and what can be restored."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from mockgen_watch.diagnostics import did_you_mean
from mockgen_watch.errors import UsageError
from mockgen_watch.lock.model import Action, Reason
from mockgen_watch.lock.paths import below
from mockgen_watch.spec.model import Layout
from mockgen_watch.storage.archive import (
    ARCHIVES,
    SUFFIX,
    digests_of,
    list_archives,
    list_files,
    members_of,
    remove_known,
    restore_backup,
    restore_lockfile,
    unpack,
    write_archive,
)
from mockgen_watch.storage.backup import (
    Backup,
    KeptLockfile,
    find_lockfile,
    list_backups,
    list_lockfiles,
)
from mockgen_watch.storage.project_folder import PROJECT_LABEL, OutputRoot, writer_lock
from mockgen_watch.storage.swap import write_new_below
from mockgen_watch.workflow.generate import FileResult
from mockgen_watch.workflow.produce import file_bytes, prepare_production, record_bytes, suffix_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mockgen_watch.executors import Executor
    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.workflow.produce import Advance
    from mockgen_watch.workflow.project import OpenProject


FOLDER = "snapshots"
"""Where snapshots of a project go, below its output folder."""


def write_snapshots(
    plans: Iterable[OutputPlan],
    root: OutputRoot,
    stamp: Callable[[], str],
    executor: Executor,
    advance: Advance,
) -> Iterator[FileResult]:
    """Write every output of ``plans`` to files of its own and yield them as they are there.

    ``Model_1_Positive_20261123T041500.123456Z.json``; a record a file when the layout is split:
    ``…Z_Record_001.json``. ``stamp`` gives the time in this form, later at each call.

    Raises:
        FindingsError: a record cannot be written.
        StorageError: a file cannot be written.
    """
    for plan in plans:
        production = prepare_production(plan)
        time = stamp()
        is_split = plan.output.layout is Layout.SPLIT
        for number in range(1, plan.count + 1) if is_split else (0,):
            while True:
                path = snapshot_path(plan, time, number)
                if is_split:
                    chunks: Iterable[bytes] = (record_bytes(production, number - 1),)
                else:
                    chunks = file_bytes(production, executor, advance)
                if write_new_below(root, path, chunks):
                    break
                time = stamp()
            if is_split:
                advance(plan, 1)
            yield FileResult(
                path=root.named(path),
                action=Action.CREATE,
                reason=Reason.MISSING,
                records=plan.count if plan.output.layout is Layout.MULTIPLE else 1,
            )


def snapshot_path(plan: OutputPlan, stamp: str, number: int = 0) -> str:
    """Return the path of a snapshot; ``number`` counts the records of a split one from 1."""
    scenario = plan.scenario[:1].upper() + plan.scenario[1:]
    scenario = "" if plan.scenario == "base" else f"_{scenario}"
    record = f"_Record_{number:03d}" if number else ""
    return below(plan.suite, f"{plan.model}{scenario}_{stamp}{record}.{suffix_of(plan)}")


_NAME: Final = re.compile(
    r"(?P<output>.+)_(?P<stamp>\d{8}T\d{6}\.\d{6}Z)(?:_Record_\d+)?(?P<ending>\.[^/]+)",
    re.DOTALL,
)


class Run(Struct, frozen=True, kw_only=True):
    """The files that one run wrote for one output: one, or one for each record.

    ``output`` is folder, model, scenario and ending.
    """

    output: str
    stamp: str
    paths: tuple[str, ...]


class Retention(Struct, frozen=True, kw_only=True):
    """What is kept: a run that is not older than ``age``, or among the newest of its output.

    None: no run is kept for that.
    """

    number: int | None
    age: timedelta | None


class Cleaned(Struct, frozen=True, kw_only=True):
    """The paths that were removed, and how many runs stay.

    ``archive`` is the name of the one that holds what was removed; ``""`` for none.
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
    """Remove the snapshots in ``root`` that are kept no longer at the moment ``stamp``.

    What is removed goes to an archive of that name first, where ``has_archive``. Where ``is_dry``
    nothing is removed.

    Raises:
        LockedError: another process writes.
        StorageError: something cannot be read, written or removed; what is removed is archived.
    """
    now = moment_of(stamp)
    if now is None:
        raise ValueError(f"not a time: {stamp}")
    with writer_lock(root.state, "clean"):
        runs = runs_of(list_files(root))
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


_NUMBER: Final = re.compile(r"\d{6,}")


class Restored(Struct, frozen=True, kw_only=True):
    """The files that are there now as they were, and those that another is in the place of."""

    paths: tuple[str, ...]
    refused: tuple[str, ...] = ()


class Restorable(Struct, frozen=True, kw_only=True):
    """What there is to bring back, the oldest first."""

    archives: dict[str, list[str]]
    """Name → the files in it."""
    backups: list[Backup]
    lockfiles: list[KeptLockfile]


def restorable(project: OpenProject, root: OutputRoot) -> Restorable:
    """Return what ``restore`` can bring back; ``root`` is the folder of the snapshots.

    Raises:
        StorageError: an archive or a backup cannot be read.
    """
    return Restorable(
        archives={name: members_of(root, name) for name in list_archives(root)},
        backups=list_backups(project.state),
        lockfiles=list_lockfiles(project.state),
    )


def restore(project: OpenProject, root: OutputRoot, name: str) -> Restored:
    """Restore an archive, a file or run out of the archives, a backup, or an earlier lockfile.

    A file in the place of a backup or a lockfile is saved first; a snapshot never replaces
    anything.

    Raises:
        UsageError: nothing has that name.
        LockedError: another process writes.
        StorageError: it cannot be read or written.
    """
    with writer_lock(project.state, "restore"):
        if _NUMBER.fullmatch(name):
            return Restored(paths=(_restore_backup(project, name),))
        lockfile = find_lockfile(project.state, name)
        if lockfile is not None:
            place = _root_of(project, lockfile.folder)
            restore_lockfile(place, lockfile)
            return Restored(paths=(place.named(lockfile.path),))
        restored: list[str] = []
        refused: list[str] = []
        for archive, paths in _archived(root, name):
            for path, is_restored in unpack(root, archive, paths):
                (restored if is_restored else refused).append(root.named(path))
    return Restored(paths=tuple(restored), refused=tuple(refused))


def _archived(root: OutputRoot, name: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the archive that holds what ``name`` means, and the files that are meant."""
    archives = list_archives(root)
    plain = name.removesuffix(SUFFIX).rpartition("/")[2]
    if plain in archives:
        yield plain, members_of(root, plain)
        return
    known: dict[str, None] = {}
    for archive in reversed(archives):
        members = members_of(root, archive)
        wanted = name.removeprefix(f"{root.label}/")
        found = [path for path in members if wanted in {path, path.rpartition("/")[2]}]
        if found:
            yield archive, found
            return
        known.update(dict.fromkeys(path.rpartition("/")[2] for path in members))
    hint = did_you_mean(name, [*archives, *known]) or "restore --list shows what can be restored"
    raise UsageError(f'no archive, snapshot or backup is named "{name}" ({hint})')


def _restore_backup(project: OpenProject, number: str) -> str:
    backup = next((one for one in list_backups(project.state) if one.number == number), None)
    if backup is None:
        raise UsageError(f"there is no backup {number} (restore --list shows what can be restored)")
    root = _root_of(project, backup.folder)
    return root.named(restore_backup(root, number).path)


def _root_of(project: OpenProject, label: str) -> OutputRoot:
    """Return the folder that a backup belongs to, by the label it was saved with."""
    if label == PROJECT_LABEL:
        return project.folder_root()
    if label == project.output_root().label:
        return project.output_root()
    return OutputRoot.at(Path(project.root, label), project.state)
