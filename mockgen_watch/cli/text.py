"""Takes a source line and a stretch of it; gives the line and a row of carets below it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from unicodedata import category, east_asian_width

from mockgen_watch.canonical import canonical
from mockgen_watch.observe.escaping import escape_character, escape_for_terminal
from mockgen_watch.rules.values import Missing

if TYPE_CHECKING:
    from typing import Final, TypeAlias

    from mockgen_watch.spec.document import Json


_ZERO_WIDTH: Final = frozenset({"Mn", "Me"})
_WIDE: Final = frozenset({"W", "F"})


def width_of(shown: str) -> int:
    """Return how many cells of a terminal ``shown``, which is escaped, takes."""
    if shown.isascii():
        return len(shown)
    return sum(
        0 if category(one) in _ZERO_WIDTH else 2 if east_asian_width(one) in _WIDE else 1
        for one in shown
    )


PlainJson: TypeAlias = "None | bool | int | float | str | list[PlainJson] | dict[str, PlainJson]"

LONGEST = 60
"""Characters of a value that are shown; more are cut."""


def shown_value(value: Json | Missing) -> str:
    """Return ``value`` as JSON in one line, cut to ``LONGEST`` characters."""
    if isinstance(value, Missing):
        return "(absent)"
    text = escape_for_terminal(
        str(value)
        if isinstance(value, Decimal)
        else canonical(value).decode("utf-8", "backslashreplace")
    )
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def plain_json(value: Json) -> PlainJson:
    """Return ``value`` as ``json.dumps`` takes it; a Decimal becomes a float or an integer."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {key: plain_json(item) for key, item in value.items()}
    return [plain_json(item) for item in value] if isinstance(value, list) else value


def json_value(name: str, value: Json | Missing) -> dict[str, PlainJson]:
    """Return ``{name: value}``, and nothing for a value that is not there."""
    return {} if isinstance(value, Missing) else {name: plain_json(value)}


MAX_CELLS: Final = 120
"""A longer line is cut on both sides of what it is shown for."""

_CELLS_BEFORE: Final = 60
_TAB_STOP: Final = 4
_CUT: Final = "…"


def excerpt(line: str, column: int, length: int, caret: str = "^") -> tuple[str, str]:
    """Return ``line`` as a terminal shows it, and carets below ``length`` characters of it.

    Args:
        line: without its line end.
        column: of the first character that is meant, from 1; one behind the last is allowed.
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
    behind, _ = _show(line[min(stop, right) : right], margin + cells)
    shown += meant + behind + (_CUT if right < len(line) else "")
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
