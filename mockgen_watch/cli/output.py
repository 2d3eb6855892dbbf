"""Takes the account of a run and its diagnostics; gives what people and programs read of them."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from typing import TYPE_CHECKING

from mockgen_watch.cli.boundary import ExitCode
from mockgen_watch.cli.text import excerpt
from mockgen_watch.diagnostics import CODES, Severity, has_errors
from mockgen_watch.lock.model import Action
from mockgen_watch.observe.escaping import escape_for_terminal
from mockgen_watch.observe.log import Level
from mockgen_watch.spec.source import Source

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, Final, TextIO

    from mockgen_watch.diagnostics import Diagnostic, Location
    from mockgen_watch.observe.log import Log
    from mockgen_watch.workflow.results import FileResult, Report


REPORT_VERSION: Final = 1
"""Grows when a key of the JSON report goes away or changes its meaning."""

_BOLD: Final = "\x1b[1m"
_RESET: Final = "\x1b[0m"
_BLUE: Final = "\x1b[1;34m"
_CYAN: Final = "\x1b[1;36m"
_SEVERITY_COLORS: Final = {
    Severity.ERROR: "\x1b[1;31m",
    Severity.WARNING: "\x1b[1;33m",
    Severity.NOTE: _CYAN,
}


def render_text(
    diagnostics: Iterable[Diagnostic], source_of: Callable[[str], str | None], *, color: bool
) -> str:
    """Return a report for people; it ends with a line end, and is empty without diagnostics.

    Args:
        diagnostics: in any order; they are shown by file, line and column.
        source_of: gives the text of a file by its ``Location.path``, or None.
        color: whether to use the colours of a terminal.

    A finding looks so, and the last line counts them all::

        specs/a/user_input.yaml:14:9 MG203 $ref names no model "Membr" [error]
          14 |   MEMBER: {$ref: Membr.id}
             |                  ^^^^^
             = hint: did you mean "Member"?

        1 error in 1 file
    """
    ordered = sorted(diagnostics, key=lambda found: found.sort_key)
    if not ordered:
        return ""
    report = _TextReport(source_of, color=color)
    blocks = [report.block(found) for found in ordered]
    return "\n\n".join([*blocks, summary_of(ordered)]) + "\n"


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    """Return a report for programs: ASCII JSON, ending with a line end.

    ::

        {"version": 1,
         "summary": {"errors": 1, "warnings": 0, "notes": 0, "files": 1},
         "diagnostics": [
           {"code": "MG203", "title": "A reference names nothing", "severity": "error",
            "message": "…", "hint": "…",
            "location": {"path": "…", "line": 14, "column": 9, "length": 5, "pointer": "/M/F"},
            "related": [{"message": "…", "location": {…}}]}]}

    The order is by file, line and column. ``hint`` and ``pointer`` may be empty.
    """
    return json.dumps(report_of(diagnostics), indent=2) + "\n"


def report_of(diagnostics: Iterable[Diagnostic]) -> dict[str, Any]:
    """Return what ``render_json`` writes, for commands whose JSON holds more than findings."""
    ordered = sorted(diagnostics, key=lambda found: found.sort_key)
    counts = Counter(found.severity for found in ordered)
    return {
        "version": REPORT_VERSION,
        "summary": {
            "errors": counts[Severity.ERROR],
            "warnings": counts[Severity.WARNING],
            "notes": counts[Severity.NOTE],
            "files": len({found.location.path for found in ordered}),
        },
        "diagnostics": [_entry(found) for found in ordered],
    }


def summary_of(diagnostics: Sequence[Diagnostic]) -> str:
    """Return a line such as ``3 errors, 1 warning in 2 files``."""
    counts = Counter(found.severity for found in diagnostics)
    parts = [_count(counts[severity], severity) for severity in Severity if counts[severity]]
    files = len({found.location.path for found in diagnostics})
    return f"{', '.join(parts) or 'no findings'} in {_count(files, 'file')}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _entry(found: Diagnostic) -> dict[str, Any]:
    return {
        "code": found.code,
        "title": CODES[found.code],
        "severity": found.severity.value,
        "message": found.message,
        "hint": found.hint,
        "location": _place(found.location),
        "related": [
            {"message": other.message, "location": _place(other.location)}
            for other in found.related
        ],
    }


def _place(location: Location) -> dict[str, Any]:
    return {
        "path": location.path,
        "line": location.line,
        "column": location.column,
        "length": location.length,
        "pointer": location.pointer,
    }


class _TextReport:
    def __init__(self, source_of: Callable[[str], str | None], *, color: bool) -> None:
        self._source_of = source_of
        self._color = color
        self._sources: dict[str, Source | None] = {}

    def block(self, found: Diagnostic) -> str:
        """Return one finding: headline, source line, related places, hint."""
        color = _SEVERITY_COLORS[found.severity]
        places = [found.location, *(other.location for other in found.related)]
        gutter = max(len(str(place.line)) for place in places) + 2
        severity = self._paint(color, f"[{found.severity.value}]")
        headline = (
            f"{self._shown(found.location)} {found.code} {escape_for_terminal(found.message)}"
        )
        lines = [f"{headline} {severity}", *self._excerpt(found.location, gutter, "^", color)]
        for other in found.related:
            lines.append(
                f"{' ' * gutter} {self._shown(other.location)} {escape_for_terminal(other.message)}"
            )
            lines.extend(self._excerpt(other.location, gutter, "-", _BLUE))
        if found.hint:
            label = self._paint(_CYAN, "= hint:")
            lines.append(f"{' ' * gutter} {label} {escape_for_terminal(found.hint)}")
        return "\n".join(lines)

    def _shown(self, location: Location) -> str:
        return self._paint(_BOLD, escape_for_terminal(str(location)))

    def _excerpt(self, location: Location, gutter: int, caret: str, color: str) -> list[str]:
        source = self._source(location.path)
        line = source.line(location.line) if source is not None else ""
        if not line:
            return []
        shown, carets = excerpt(line, location.column, location.length, caret)
        bar = self._paint(_BLUE, "|")
        indent = len(carets) - len(carets.lstrip())
        number = self._paint(_BLUE, str(location.line).rjust(gutter))
        return [
            f"{number} {bar} {shown}",
            f"{' ' * gutter} {bar} {carets[:indent]}{self._paint(color, carets[indent:])}",
        ]

    def _source(self, path: str) -> Source | None:
        if path not in self._sources:
            text = self._source_of(path)
            self._sources[path] = None if text is None else Source.of(path, text)
        return self._sources[path]

    def _paint(self, color: str, text: str) -> str:
        return f"{color}{text}{_RESET}" if self._color else text


_EVENTS = {
    Action.CREATE: "output.create",
    Action.UPDATE: "output.update",
    Action.DELETE: "output.delete",
}


def log_report(report: Report, log: Log, *, with_findings: bool) -> None:
    """Tell what became of each file, what was found, and how many of each there are.

    ``with_findings`` is False when people read the findings on stderr already.
    """
    if with_findings:
        log_findings(report.diagnostics, log)
    if not log.shows(Level.INFO):
        return
    for file in report.files:
        fields = {"path": file.path, "records": file.records, "reason": file.reason.value}
        if file.resumed:
            fields["resumed"] = file.resumed
        if file.action is Action.KEEP:
            log.debug("output.keep", **fields)
        elif file.action is Action.REFUSE:
            log.warning("output.refuse", **fields)
        else:
            log.info(_EVENTS[file.action], **fields)
    log.info(
        "run.done",
        written=report.count(Action.CREATE, Action.UPDATE),
        removed=report.count(Action.DELETE),
        refused=report.count(Action.REFUSE),
        kept=report.count(Action.KEEP),
        failed_suites=list(report.failed_suites),
        stopped=report.is_stopped,
    )


def log_findings(diagnostics: Iterable[Diagnostic], log: Log) -> None:
    """Tell each finding by its severity."""
    for found in diagnostics:
        fields = {
            "code": found.code,
            "location": str(found.location),
            "message": found.message,
            "hint": found.hint,
        }
        if found.severity is Severity.ERROR:
            log.error("diagnostic", **fields)
        elif found.severity is Severity.WARNING:
            log.warning("diagnostic", **fields)
        else:
            log.info("diagnostic", **fields)


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
    """Return whether ``stream`` is a terminal that may show colours (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def print_findings(
    diagnostics: Sequence[Diagnostic],
    text_of: Callable[[str], str | None],
    stream: TextIO,
    *,
    with_notes: bool = False,
) -> None:
    """Write ``diagnostics`` with their source lines to ``stream``; notes only when asked to."""
    if not with_notes:
        diagnostics = [item for item in diagnostics if item.severity is not Severity.NOTE]
    if diagnostics:
        # Rendering is for those who have findings; the others shall not pay for it.

        stream.write(render_text(diagnostics, text_of, color=wants_color(stream)))


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
