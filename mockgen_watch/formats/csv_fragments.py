"""Takes a program and CSV columns; gives the fragment plan that writes the program's rows.

Each cell brings the delimiter before it, whether it is empty or not, so absence needs no more than
another fragment. An array whose elements may be left out one by one is made record by record: its
later elements would move to other columns.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from mockgen_watch.formats.base import FormatError
from mockgen_watch.formats.columns import (
    Coder,
    column_form,
    made_slot,
    may_be_absent,
    pieces_of,
    unrolled_slots,
)
from mockgen_watch.formats.csv_columns import ColumnTree, child_nodes
from mockgen_watch.formats.csv_rows import row_cells
from mockgen_watch.formats.fragments import SlowField
from mockgen_watch.formats.slots import DEFAULT_LIMITS, Builder, Constant, Switch
from mockgen_watch.formats.tree import TextCoding, digits_coding
from mockgen_watch.generate.column import ArrayNode, Column

if TYPE_CHECKING:
    from mockgen_watch.formats.columns import Form
    from mockgen_watch.formats.csv_cells import CellStyle
    from mockgen_watch.formats.fragments import FragmentPlan
    from mockgen_watch.formats.slots import Limits, Piece
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
