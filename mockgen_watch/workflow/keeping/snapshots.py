"""Takes plans; gives files with the time in their names, which nothing ever overwrites."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.formats.builtin import BUILTIN
from mockgen_watch.lock.paths import below
from mockgen_watch.lock.snapshot import Action, Reason
from mockgen_watch.spec.model import Layout
from mockgen_watch.storage.exclusive import write_new
from mockgen_watch.workflow.produce import file_bytes, prepare_production, record_bytes
from mockgen_watch.workflow.results import FileResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mockgen_watch.executors.base import Executor
    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.storage.output_root import OutputRoot
    from mockgen_watch.workflow.produce import Advance

FOLDER = "snapshots"
"""Where snapshots of a project go, below its output folder."""


class SnapshotRun(Struct, frozen=True, kw_only=True):
    """What all files of a run share.

    Attributes:
        root: the folder that they are written to.
        stamp: gives the time as ``20261123T041500.123456Z``, later at each call.
    """

    root: OutputRoot
    stamp: Callable[[], str]
    executor: Executor
    advance: Advance


def write_snapshots(plans: Iterable[OutputPlan], run: SnapshotRun) -> Iterator[FileResult]:
    """Write every output of ``plans`` to files of its own and yield them as they are there.

    ``Model_1_Positive_20261123T041500.123456Z.json``; a record a file when the layout is split:
    ``…Z_Record_001.json``.

    Raises:
        FindingsError: a record cannot be written.
        StorageError: a file cannot be written.
    """
    for plan in plans:
        yield from _write_one(plan, run)


def _write_one(plan: OutputPlan, run: SnapshotRun) -> Iterator[FileResult]:
    production = prepare_production(plan)
    stamp = run.stamp()
    if plan.output.layout is not Layout.SPLIT:
        records = 1 if plan.output.layout is Layout.SINGLE else plan.count
        while True:
            path = snapshot_path(plan, stamp)
            if write_new(run.root, path, file_bytes(production, run.executor, run.advance)):
                yield _result(run.root, path, records)
                return
            stamp = run.stamp()
    for index in range(plan.count):
        data = record_bytes(production, index)
        while not write_new(run.root, path := snapshot_path(plan, stamp, index + 1), (data,)):
            stamp = run.stamp()
        run.advance(plan, 1)
        yield _result(run.root, path, 1)


def snapshot_path(plan: OutputPlan, stamp: str, number: int = 0) -> str:
    """Return the path of a snapshot; ``number`` counts the records of a split one from 1."""
    scenario = (
        "" if plan.scenario == "base" else "_" + plan.scenario[:1].upper() + plan.scenario[1:]
    )
    record = f"_Record_{number:03d}" if number else ""
    suffix = BUILTIN[plan.output.format].suffix.removeprefix(".")
    return below(plan.suite, f"{plan.model}{scenario}_{stamp}{record}.{suffix}")


def _result(root: OutputRoot, path: str, records: int) -> FileResult:
    return FileResult(
        path=root.named(path), action=Action.CREATE, reason=Reason.MISSING, records=records
    )
