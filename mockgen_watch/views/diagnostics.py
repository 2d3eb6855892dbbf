"""Diagnostics as data for programs, and as text with excerpts of the source."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final
from unicodedata import category, east_asian_width

import msgspec

from mockgen_watch.diagnostics import CODES, Diagnostic, Fix, Location, Severity
from mockgen_watch.observe import escape_character, escape_for_terminal
from mockgen_watch.spec.document import Source
from mockgen_watch.views.values import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


REPORT_VERSION: Final = 1
"""Grows when a key of the JSON report goes away or changes its meaning."""

MAX_CELLS: Final = 120
"""A longer line is cut on both sides of what it is shown for."""

_CELLS_BEFORE: Final = 60
_TAB_STOP: Final = 4
_CUT: Final = "…"
_ZERO_WIDTH: Final = frozenset({"Mn", "Me"})
_WIDE: Final = frozenset({"W", "F"})

_BOLD: Final = "\x1b[1m"
_RESET: Final = "\x1b[0m"
_BLUE: Final = "\x1b[1;34m"
_CYAN: Final = "\x1b[1;36m"
_SEVERITY_COLORS: Final = {
    Severity.ERROR: "\x1b[1;31m",
    Severity.WARNING: "\x1b[1;33m",
    Severity.NOTE: _CYAN,
}


def diagnostics_text(
    diagnostics: Iterable[Diagnostic], source_of: Callable[[str], str | None], *, color: bool
) -> str:
    """Return a report for people; it ends with a line end, and is empty without diagnostics.

    Args:
        diagnostics: in any order; they are shown by file, line and column.
        source_of: gives the text of a file by its ``Location.path``, or None.
        color: whether to use the colours of a terminal.

    A finding looks like this, and the last line counts them all::

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
    return "\n\n".join([*map(report.block, ordered), summary_of(ordered)]) + "\n"


def diagnostics_data(diagnostics: Iterable[Diagnostic]) -> dict[str, Any]:
    """Return a report as data, by file, line and column.

    ::

        {"version": 1,
         "summary": {"errors": 1, "warnings": 0, "notes": 0, "files": 1},
         "diagnostics": [
           {"code": "MG203", "title": "A reference names nothing", "severity": "error",
            "message": "…", "hint": "…",
            "location": {"path": "…", "line": 14, "column": 9, "length": 5, "pointer": "/M/F"},
            "related": [{"message": "…", "location": {…}}]}]}

    ``hint`` and ``pointer`` may be empty. A diagnostic that ``check --fix`` would fix has ``fix``
    as well, a list of ``{"path", "line", "column", "length", "text", "title"}``.
    """
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


def _entry(found: Diagnostic) -> dict[str, Any]:
    entry = {
        "code": found.code,
        "title": CODES[found.code],
        "severity": found.severity.value,
        "message": found.message,
        "hint": found.hint,
        "location": msgspec.to_builtins(found.location),
        "related": msgspec.to_builtins(found.related),
    }
    if found.fix:
        entry["fix"] = [fix_data(fix) for fix in found.fix]
    return entry


def fix_data(fix: Fix) -> dict[str, Any]:
    """Return ``fix`` as JSON shows it: the stretch of one line that its text replaces."""
    place = msgspec.to_builtins(fix.location)
    del place["pointer"]
    return {**place, "text": fix.text, "title": fix.title}


def summary_of(diagnostics: Sequence[Diagnostic]) -> str:
    """Return a line such as ``3 errors, 1 warning in 2 files``."""
    counts = Counter(found.severity for found in diagnostics)
    parts = [counted(counts[severity], severity) for severity in Severity if counts[severity]]
    files = len({found.location.path for found in diagnostics})
    return f"{', '.join(parts) or 'no findings'} in {counted(files, 'file')}"


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
        margin = " " * gutter
        severity = self._paint(color, f"[{found.severity.value}]")
        message = escape_for_terminal(found.message)
        lines = [f"{self._shown(found.location)} {found.code} {message} {severity}"]
        lines += self._excerpt(found.location, gutter, "^", color)
        for other in found.related:
            message = escape_for_terminal(other.message)
            lines.append(f"{margin} {self._shown(other.location)} {message}")
            lines += self._excerpt(other.location, gutter, "-", _BLUE)
        if found.hint:
            label = self._paint(_CYAN, "= hint:")
            lines.append(f"{margin} {label} {escape_for_terminal(found.hint)}")
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


def excerpt(line: str, column: int, length: int, caret: str = "^") -> tuple[str, str]:
    """Return ``line`` as a terminal shows it, and carets below ``length`` characters of it.

    Args:
        line: without its line end.
        column: of the first character that is meant, from 1; one after the last is allowed.
        length: how many characters are meant; what goes beyond the line counts as its end.
        caret: what the row below is made of.
    """
    start = min(column - 1, len(line))
    stop = max(start, min(start + length, len(line)))
    left, right = _window(line, start)
    shown = _CUT if left else ""
    # What is meant may itself be cut.
    before, _ = _show(line[left:start], width_of(shown))
    shown += before
    margin = width_of(shown)
    meant, cells = _show(line[start : min(stop, right)], margin)
    rest, _ = _show(line[min(stop, right) : right], margin + cells)
    shown += meant + rest + (_CUT if right < len(line) else "")
    return shown.rstrip(), " " * margin + caret * max(1, cells)


def _show(text: str, cell: int) -> tuple[str, int]:
    """Return ``text`` as it is shown from ``cell`` on, and how many cells it takes."""
    first = cell
    parts = []
    for character in text:
        if character == "\t":
            piece = " " * (_TAB_STOP - cell % _TAB_STOP)
        else:
            piece = escape_character(character)
        parts.append(piece)
        cell += width_of(piece)
    return "".join(parts), cell - first


def _window(line: str, start: int) -> tuple[int, int]:
    """Return which characters of ``line`` to show, so that the one at ``start`` is among them."""
    left, cells = _extend(line, start, -1, _CELLS_BEFORE)
    right, cells_behind = _extend(line, start, 1, MAX_CELLS - cells)
    left, _ = _extend(line, left, -1, MAX_CELLS - cells - cells_behind)
    return left, right


def _extend(line: str, at: int, step: int, budget: int) -> tuple[int, int]:
    """Go from ``at`` over characters that together take at most ``budget`` cells."""
    used = 0
    while 0 <= (beside := at if step > 0 else at - 1) < len(line):
        cells = _TAB_STOP if line[beside] == "\t" else width_of(escape_character(line[beside]))
        if used + cells > budget:
            break
        used += cells
        at += step
    return at, used


def width_of(shown: str) -> int:
    """Return how many cells of a terminal ``shown``, which is escaped, takes."""
    if shown.isascii():
        return len(shown)
    return sum(
        0 if category(one) in _ZERO_WIDTH else 2 if east_asian_width(one) in _WIDE else 1
        for one in shown
    )
