"""Takes diagnostics; gives a report for people, with source lines, or for programs, as JSON."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from mockgen_watch.cli.escape import escape_for_terminal
from mockgen_watch.cli.excerpt import excerpt
from mockgen_watch.diagnostics import CODES, Severity
from mockgen_watch.spec.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, Final

    from mockgen_watch.diagnostics import Diagnostic, Location

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
