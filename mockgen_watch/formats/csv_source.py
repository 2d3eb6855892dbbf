"""Takes CSV that somebody edited; gives its cells as they stand, and the values that they mean."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING

from mockgen_watch.formats.base import FormatError
from mockgen_watch.formats.csv_cells import FORMULA_STARTS, Formulas

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

    from mockgen_watch.formats.csv_cells import CellStyle
    from mockgen_watch.spec.document import Json

_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_STEP: Final = re.compile(r"\.?([^.\[\]]+)|\[([0-9]+)\]")


def raw_rows(text: str, delimiter: str) -> list[list[str]]:
    """Return the cells of each row as they stand, quotes included.

    Raises:
        ValueError: a quote is open, or stands inside of a cell without quotes.
    """
    cell = re.compile(f'("(?:[^"]|"")*"|[^"\r\n{re.escape(delimiter)}]*)')
    rows: list[list[str]] = []
    row: list[str] = []
    place = 0
    while place < len(text):
        found = cell.match(text, place)
        if found is None:
            raise ValueError("a cell cannot be read")
        row.append(found[0])
        place = found.end()
        if text.startswith(delimiter, place):
            place += len(delimiter)
            if place < len(text):
                continue
            row.append("")
        end = 2 if text.startswith("\r\n", place) else 1
        if place < len(text) and text[place] not in "\r\n":
            raise ValueError(f"behind the cell {found[0]} stands {text[place]!r}")
        rows.append(row)
        row = []
        place += end
    return rows


def plain_text(cell: str) -> str:
    """Return the text of a cell, without its quotes."""
    return cell[1:-1].replace('""', '"') if cell.startswith('"') else cell


def cell_value(cell: str, before: Json, style: CellStyle) -> Json:
    """Return the value that ``cell`` means, of the kind of ``before`` where it can be one."""
    values = list(_readings(cell, before, style))
    for value in values:
        try:
            if style.cell(value).decode() == cell:
                return value
        except FormatError:
            continue
    return values[0]


def path_of_name(name: str) -> tuple[str | int, ...]:
    """Return the way to the values of a column that somebody added, by its name.

    Raises:
        ValueError: it is no such name.
    """
    if name.startswith("/"):
        parts = name.removeprefix("/").split("/")
        return tuple(part.replace("~1", "/").replace("~0", "~") for part in parts)
    steps = list(_STEP.finditer(name))
    if not name or "".join(step[0] for step in steps) != name or not steps[0][1]:
        raise ValueError(f"{name!r} is no name of a column")
    return tuple(step[1] if step[1] is not None else int(step[2]) for step in steps)


def _readings(cell: str, before: Json, style: CellStyle) -> Iterator[Json]:
    if not cell:
        yield None
        return
    text = plain_text(cell)
    if isinstance(before, bool) and text in {"true", "false"}:
        yield text == "true"
    elif not isinstance(before, str) and _NUMBER.fullmatch(text):
        yield int(text) if text.lstrip("-").isdigit() else Decimal(text)
    elif isinstance(before, dict | list):
        try:
            yield json.loads(text, parse_float=Decimal)
        except ValueError:
            yield text
    if style.formulas is Formulas.ESCAPE and text.startswith("'"):
        # What keeps a spreadsheet from running the text is no part of it.
        inner = text.removeprefix("'")
        if inner.startswith(FORMULA_STARTS):
            yield inner
    yield text
