"""Takes options and programs; gives the writer of CSV (RFC 4180, with line feeds unless told).

The first line is the header. Each file has the columns of all programs that it may hold, whatever
its records have; see ``formats.csv_columns`` for their names and ``formats.csv_cells`` for the
quoting. Null, a value that is absent and all below them are empty cells without quotes; empty text
is ``""``. A record that has a value without a column, or one that would be a blank line, is an
error: nothing is dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.formats.base import FormatError, Framing, Media, Option
from mockgen_watch.formats.csv_cells import CellStyle, Formulas
from mockgen_watch.formats.csv_columns import ColumnTree, column_name, columns_of
from mockgen_watch.formats.csv_fragments import compile_rows
from mockgen_watch.formats.csv_rows import row_cells
from mockgen_watch.spec.model import Layout

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Final

    from mockgen_watch.formats.base import Format
    from mockgen_watch.formats.fragments import FragmentPlan
    from mockgen_watch.generate.column import Program
    from mockgen_watch.spec.document import Json


class CsvWriter(Struct, frozen=True, kw_only=True):
    """Writes records as rows of fixed columns."""

    style: CellStyle
    columns: ColumnTree
    framing: Framing

    def encode(self, record: Mapping[str, Json]) -> bytes:
        """Return one row without its line end."""
        row = self.style.delimiter.encode().join(row_cells(self.columns, dict(record), self.style))
        if not row:
            raise FormatError("a row of one empty cell would be a blank line")
        return row

    def compile(self, program: Program) -> FragmentPlan | None:
        """Return the plan of a program's rows; None for one column, which could be a blank line."""
        if self.columns.width == 1:
            return None
        return compile_rows(program, self.columns, self.style, self.framing.separator)


_MEDIA: Final = Media(type="text/csv; header=present", lines=True)


class CsvFormat(Struct, frozen=True, kw_only=True):
    """One row a record."""

    name: str = "csv"
    suffix: str = ".csv"
    media: Media = _MEDIA
    options: tuple[Option, ...] = (
        Option(
            name="csv_formulas",
            default="keep",
            allowed=tuple(str(choice) for choice in Formulas),
            summary="What happens to text that a spreadsheet would run as a formula.",
        ),
        Option(
            name="delimiter",
            default=",",
            allowed=(",", ";", "\t", "|"),
            summary="The character between cells.",
        ),
        Option(
            name="line_end",
            default="lf",
            allowed=("lf", "crlf"),
            summary="What ends a line: a line feed, or a carriage return before it.",
        ),
    )
    layouts: tuple[Layout, ...] = tuple(Layout)

    def writer(
        self,
        programs: Sequence[Program],
        options: Mapping[str, Json],
        layout: Layout,  # noqa: ARG002 - a file of one record has a header too
    ) -> CsvWriter:
        """Return a writer of a header and rows."""
        columns = columns_of(programs)
        if not columns.width:
            raise FormatError("a CSV file needs at least one field")
        style = CellStyle(
            delimiter=str(options["delimiter"]), formulas=Formulas(str(options["csv_formulas"]))
        )
        end = b"\r\n" if options["line_end"] == "crlf" else b"\n"
        names = [style.cell(column_name(path)) for path in columns.paths()]
        header = style.delimiter.encode().join(names) + end
        framing = Framing(head=header, separator=end, tail=end, empty=header)
        return CsvWriter(style=style, columns=columns, framing=framing)


CSV: Final[Format] = CsvFormat()
