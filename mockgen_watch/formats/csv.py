"""Takes options and programs; gives the writer of CSV (RFC 4180, with line feeds unless told).

The first line is the header. Each file has the columns of all programs that it may hold, whatever
its records have; see ``formats.csv_columns`` for their names and ``formats.csv_cells`` for the
quoting. Null, a value that is absent and all below them are empty cells without quotes; empty text
is ``""``. A record that has a value without a column, or one that would be a blank line, is an
error: nothing is dropped.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.formats.base import FormatError, Framing, Media, Option
from mockgen_watch.formats.csv_cells import (
    CellStyle,
    ColumnTree,
    Formulas,
    child_nodes,
    column_name,
    columns_of,
    row_cells,
)
from mockgen_watch.formats.fragments import (
    DEFAULT_LIMITS,
    Builder,
    Coder,
    Constant,
    SlowField,
    Switch,
    column_form,
    made_slot,
    may_be_absent,
    pieces_of,
    unrolled_slots,
)
from mockgen_watch.formats.tree import TextCoding, digits_coding
from mockgen_watch.generate.column import ArrayNode, Column
from mockgen_watch.spec.model import Layout

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Final

    from mockgen_watch.formats.base import Format
    from mockgen_watch.formats.fragments import Form, FragmentPlan, Limits, Piece
    from mockgen_watch.generate.column import Node, Program
    from mockgen_watch.spec.document import Json


def compile_rows(
    program: Program,
    columns: ColumnTree,
    style: CellStyle,
    ending: bytes,
    limits: Limits = DEFAULT_LIMITS,
) -> FragmentPlan:
    """Return the plan of ``program``'s rows, ``ending`` behind each.

    Raises:
        FormatError: a value that cannot be written is in one of the tables.
    """
    compiler = _Compiler(style, Builder(limits))
    pieces = compiler.cells(columns, program.root, (), "", b"")
    return compiler.builder.build([*pieces, Constant(ending)])


def _encode(value: Json, columns: ColumnTree, style: CellStyle, lead: bytes) -> bytes:
    return lead + style.delimiter.encode().join(row_cells(columns, value, style))


class _Compiler:
    """Turns nodes into pieces; ``lead`` is what stands before a node's first cell."""

    def __init__(self, style: CellStyle, builder: Builder) -> None:
        self._style = style
        self._forms: dict[tuple[int, int, bytes], Form] = {}
        self._delimiter = style.delimiter.encode()
        self.builder = builder

    def cells(
        self, columns: ColumnTree, node: Node | None, path: tuple[int, ...], field: str, lead: bytes
    ) -> list[Piece]:
        """Return the pieces of all of a node's cells."""
        blank = lead + self._delimiter * (columns.width - 1)
        if node is None:
            return [Constant(blank)]
        present = self._present(columns, node, path, field, lead)
        if node.presence is None:
            return present
        state = self.builder.draw(node.presence, path)
        return [Switch(state, tuple(present), (blank, blank))]

    def _present(
        self, columns: ColumnTree, node: Node, path: tuple[int, ...], field: str, lead: bytes
    ) -> list[Piece]:
        encode = functools.partial(_encode, columns=columns, style=self._style, lead=lead)
        if isinstance(node, Column):
            return self._column(columns, node, path, field, lead)
        children = dict(child_nodes(node))
        if not children:
            return [Constant(encode([] if isinstance(node, ArrayNode) else {}))]
        if isinstance(node, ArrayNode) and (reason := self._refusal(node)):
            slow = SlowField(field=field, reason=reason)
            return [made_slot(self.builder, node, path, slow, encode)]
        pieces: list[Piece] = []
        if columns.cell:
            pieces.append(Constant(lead))
            lead = self._delimiter
        for segment, below in columns.below.items():
            try:
                pieces += self._child(
                    below, node, children.get(segment), path, field, segment, lead
                )
            except FormatError as error:
                raise error.below(segment) from error
            lead = self._delimiter
        return pieces

    def _child(
        self,
        columns: ColumnTree,
        parent: Node,
        node: Node | None,
        path: tuple[int, ...],
        field: str,
        segment: str | int,
        lead: bytes,
    ) -> list[Piece]:
        if isinstance(segment, str):
            return self.cells(columns, node, path, f"{field}.{segment}".lstrip("."), lead)
        pieces = self.cells(columns, node, (*path, segment), f"{field}[]", lead)
        if node is None or not isinstance(parent, ArrayNode) or parent.length is None:
            return pieces
        if segment < parent.minimum:
            return pieces
        guard = self.builder.below(self.builder.draw(parent.length, path), segment + 1)
        blank = lead + self._delimiter * (columns.width - 1)
        return [Switch(guard, tuple(pieces), (blank,))]

    def _refusal(self, node: ArrayNode) -> str:
        if any(may_be_absent(element) for element in node.elements):
            return "an element that is left out moves those behind it to other columns"
        if unrolled_slots(node) > self.builder.limits.slots:
            return f"unrolled it would take more than {self.builder.limits.slots} slots"
        return ""

    def _column(
        self, columns: ColumnTree, column: Column, path: tuple[int, ...], field: str, lead: bytes
    ) -> list[Piece]:
        key = (id(column), columns.width, lead)
        if key not in self._forms:
            rest = self._delimiter * (columns.width - 1)
            limit = self.builder.limits.combinations
            self._forms[key] = column_form(column, self._coder(columns, lead, rest), limit)
        return pieces_of(self.builder, column, self._forms[key], path, field)

    def _coder(self, columns: ColumnTree, lead: bytes, rest: bytes) -> Coder:
        """Return how a column is written between ``lead`` and the empty cells below it."""

        def framed(coding: TextCoding | None) -> TextCoding | None:
            if coding is None:
                return None
            return TextCoding(lead + coding.opening, coding.tables, coding.closing + rest)

        return Coder(
            encode=functools.partial(_encode, columns=columns, style=self._style, lead=lead),
            text=lambda tables: framed(self._style.text_coding(tables)),
            number=lambda tables: framed(digits_coding(tables)),
        )


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
