"""Takes the account of a run and its diagnostics; gives what people and programs read of them."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

from mockgen_watch.cli.boundary import ExitCode
from mockgen_watch.cli.escape import escape_for_terminal
from mockgen_watch.diagnostics import Severity, has_errors
from mockgen_watch.lock.snapshot import Action

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping, Sequence
    from typing import TextIO

    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.workflow.results import FileResult, Report

_DONE = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.DELETE: "removed",
    Action.REFUSE: "left",
    Action.KEEP: "up to date",
}
_PLANNED = _DONE | {
    Action.CREATE: "create",
    Action.UPDATE: "update",
    Action.DELETE: "remove",
    Action.REFUSE: "leave",
}


def wants_color(stream: TextIO) -> bool:
    """Tell whether ``stream`` is a terminal that may show colours (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def print_findings(
    diagnostics: Sequence[Diagnostic],
    texts: Mapping[str, str],
    stream: TextIO,
    *,
    with_notes: bool = False,
) -> None:
    """Write ``diagnostics`` with their source lines to ``stream``; notes only when asked to."""
    if not with_notes:
        diagnostics = [item for item in diagnostics if item.severity is not Severity.NOTE]
    if diagnostics:
        # Rendering is for those who have findings; the others shall not pay for it.
        from mockgen_watch.cli.render import render_text  # noqa: PLC0415

        stream.write(render_text(diagnostics, texts.get, color=wants_color(stream)))


def print_report(report: Report, options: argparse.Namespace, *, is_plan: bool = False) -> None:
    """Write to stdout what became of each file that is not up to date, and a summary."""
    words = _PLANNED if is_plan else _DONE
    moved = [file for file in report.files if file.action is not Action.KEEP]
    if not options.quiet:
        shown = report.files if options.verbose else moved
        width = max((len(words[file.action]) for file in shown), default=0)
        for file in shown:
            print(f"{words[file.action]:<{width}}  {escape_for_terminal(file.path)}{_about(file)}")
        print(summary(report.files, is_plan=is_plan))
    for backup in report.backups:
        path = escape_for_terminal(f"{backup.folder}/{backup.path}")
        print(f"saved the former {path} as backup {backup.number}", file=sys.stderr)
    if report.is_stopped:
        print("stopped early; the next run goes on", file=sys.stderr)


def _about(file: FileResult) -> str:
    if file.action in {Action.DELETE, Action.REFUSE}:
        return f"  ({file.reason.value})"
    before = f", {file.resumed} of them made before" if file.resumed else ""
    return f"  ({file.records} record{'' if file.records == 1 else 's'}{before})"


def summary(files: Iterable[FileResult], *, is_plan: bool = False) -> str:
    """Return one line that counts ``files`` by what became of them."""
    words = _PLANNED if is_plan else _DONE
    counts: dict[Action, int] = {}
    total = 0
    for file in files:
        counts[file.action] = counts.get(file.action, 0) + 1
        total += 1
    if set(counts) <= {Action.KEEP}:
        return f"{total} output{'' if total == 1 else 's'} up to date"
    order = (Action.CREATE, Action.UPDATE, Action.DELETE, Action.REFUSE, Action.KEEP)
    parts = [f"{counts[action]} {words[action]}" for action in order if action in counts]
    return f"{total} output{'' if total == 1 else 's'}: {', '.join(parts)}"


def report_json(report: Report) -> str:
    """Return the account as JSON: ``files`` and ``diagnostics``."""
    from mockgen_watch.cli.render import report_of  # noqa: PLC0415 - as above

    data = {
        "files": [
            {
                "path": file.path,
                "action": file.action.value,
                "reason": file.reason.value,
                "records": file.records,
                **({"resumed": file.resumed} if file.resumed else {}),
            }
            for file in report.files
        ],
        **report_of(report.diagnostics),
        "backups": [
            {"number": backup.number, "path": f"{backup.folder}/{backup.path}"}
            for backup in report.backups
        ],
        "failed_suites": list(report.failed_suites),
        "stopped": report.is_stopped,
    }
    return json.dumps(data, indent=2, ensure_ascii=False)


def code_of(diagnostics: Iterable[Diagnostic]) -> ExitCode:
    """Return the exit code that ``diagnostics`` make."""
    return ExitCode.FINDINGS if has_errors(diagnostics) else ExitCode.DONE
