"""Cells that somebody edited are read as they stand, and mean what they would be written for."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.formats.csv import (
    CellStyle,
    Formulas,
    cell_value,
    path_of_name,
    plain_text,
    raw_rows,
)

if TYPE_CHECKING:
    from mockgen_watch.spec.document import Json

STYLE = CellStyle(delimiter=",", formulas=Formulas.ESCAPE)
TEXTS = (
    "",
    "a\n",
    "a,b\n1,2\n",
    'a,b\r\n"x, ""y""","l\r\n2"\r\n,""\r\n',
    "a,\n,\n",
    "a,b",
)


@pytest.mark.parametrize("text", TEXTS)
def test_cells_are_those_that_another_reader_sees(text: str) -> None:
    rows = raw_rows(text, ",")
    assert [[plain_text(cell) for cell in row] for row in rows] == list(
        csv.reader(io.StringIO(text, newline=""))
    )


@pytest.mark.parametrize("text", ['a"b\n', '"a\n', '"a"b\n'])
def test_quotes_that_do_not_close_are_told(text: str) -> None:
    with pytest.raises(ValueError, match="cell"):
        raw_rows(text, ",")


CELLS: tuple[tuple[Json, Json], ...] = (
    (1, 2),
    (1, Decimal("2.50")),
    ("1", "007"),
    (True, False),
    (None, 5),
    ("a", ""),
    ("a", None),
    ("a", "=1+1"),
    ([1], [1, {"a": "x, y"}]),
    ({"a": 1}, {}),
    (3, "none"),
)


@pytest.mark.parametrize(("before", "value"), CELLS)
def test_a_cell_means_the_value_that_it_is_written_for(before: Json, value: Json) -> None:
    found = cell_value(STYLE.cell(value).decode(), before, STYLE)
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("a", ("a",)),
        ("a.b", ("a", "b")),
        ("a[0].b", ("a", 0, "b")),
        ("a[0][1]", ("a", 0, 1)),
        ("/a.b/c", ("a.b", "c")),
        ("//x~1y~0", ("", "x/y~")),
    ],
)
def test_the_name_of_a_new_column_leads_to_its_path(name: str, path: tuple[str | int, ...]) -> None:
    assert path_of_name(name) == path


@pytest.mark.parametrize("name", ["", "a..b", "[0]", "a[x]"])
def test_what_is_no_name_is_told(name: str) -> None:
    with pytest.raises(ValueError, match="not the name"):
        path_of_name(name)
