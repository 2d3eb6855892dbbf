"""Runs: what became of outputs, what would, and how they differ from a commit."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import msgspec

from mockgen_watch.lock.model import Action, Reason
from mockgen_watch.observe import escape_for_terminal
from mockgen_watch.views.diagnostics import diagnostics_data
from mockgen_watch.views.values import cell_data, counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mockgen_watch.formats.fragments import SlowField
    from mockgen_watch.git.history import FileDifference
    from mockgen_watch.workflow.changes import ChangePlan, PlannedFile
    from mockgen_watch.workflow.generate import FileResult, Report

_DONE: Final = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.DELETE: "removed",
    Action.REFUSE: "left",
    Action.KEEP: "up to date",
}
_TO_DO: Final = {
    Action.CREATE: "create",
    Action.UPDATE: "update",
    Action.DELETE: "remove",
    Action.REFUSE: "leave",
}

_KEPT: Final = "kept"
"""What became of a file of another profile."""


def report_data(report: Report) -> dict[str, object]:
    """Return what became of each file of a run, and what was found."""
    return {
        "files": [
            {**_file_data(file), **({"resumed": file.resumed} if file.resumed else {})}
            for file in report.files
        ],
        **diagnostics_data(report.diagnostics),
        "backups": [
            {"number": backup.number, "path": f"{backup.folder}/{backup.path}"}
            for backup in report.backups
        ],
        "failed_suites": list(report.failed_suites),
        "stopped": report.is_stopped,
    }


def _file_data(file: FileResult) -> dict[str, object]:
    return {
        "path": file.path,
        "action": file.action.value,
        "reason": file.reason.value,
        "records": file.records,
    }


def report_lines(report: Report, *, is_plan: bool, is_verbose: bool) -> Iterator[str]:
    """Yield what became of each file, without those up to date unless verbose, and a summary."""
    words = _DONE | _TO_DO if is_plan else _DONE
    shown = [
        (_word(file, words), file)
        for file in report.files
        if is_verbose or file.action is not Action.KEEP
    ]
    width = max((len(word) for word, _ in shown), default=0)
    for word, file in shown:
        yield f"{word:<{width}}  {escape_for_terminal(file.path)}  ({_about(file)})"
    # Of suites with errors there are no files, and so nothing to count.
    if report.files or not report.failed_suites:
        yield summary(report.files, is_plan=is_plan)


def _word(file: FileResult, words: Mapping[Action, str]) -> str:
    return _KEPT if file.reason is Reason.KEPT else words[file.action]


def _about(file: FileResult) -> str:
    if file.action in {Action.DELETE, Action.REFUSE} or file.reason is Reason.KEPT:
        return file.reason.value
    before = f", {file.resumed} of them made before" if file.resumed else ""
    return f"{counted(file.records, 'record')}{before}"


def summary(files: Iterable[FileResult], *, is_plan: bool = False) -> str:
    """Return one line that counts ``files`` by what became of them."""
    to_do = {action: f"to {word}" for action, word in _TO_DO.items()} if is_plan else {}
    words = _DONE | to_do
    counts = Counter(_word(file, words) for file in files)
    total = counted(counts.total(), "output")
    if set(counts) <= {words[Action.KEEP]}:
        return f"{total} up to date"
    parts = [f"{counts[word]} {word}" for word in (*words.values(), _KEPT) if word in counts]
    return f"{total}: {', '.join(parts)}"


def plan_data(plan: ChangePlan, slow: Mapping[str, Sequence[SlowField]]) -> dict[str, object]:
    """Return what a run would change.

    ``slow`` names by output the fields that cannot be made of fragments, so that large outputs
    take longer.
    """
    return {
        "files": [_planned_file(file) for file in plan.files],
        "kept": plan.kept,
        "slow": [
            {"output": name, "field": field.field, "reason": field.reason}
            for name, fields in slow.items()
            for field in fields
        ],
        **diagnostics_data(plan.diagnostics),
    }


def _planned_file(file: PlannedFile) -> dict[str, object]:
    return {
        **_file_data(file.file),
        "records_changed": file.records_changed,
        "fields": [
            {
                "field": field.field,
                "cells": field.cells,
                "records": field.records,
                "location": str(field.location) if field.location else None,
            }
            for field in file.fields
        ],
        "cells": list(map(cell_data, file.cells)),
    }


def difference_data(files: Iterable[FileDifference]) -> dict[str, object]:
    """Return in which records and fields outputs differ from a commit."""
    return {
        "files": [
            {
                "path": file.path,
                "before": file.before,
                "after": file.after,
                "readable": file.is_readable,
                "fields": msgspec.to_builtins(file.fields),
                "cells": list(map(cell_data, file.cells)),
            }
            for file in files
        ]
    }
