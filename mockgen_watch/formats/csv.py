"""CSV (RFC 4180, with line feeds by default), written and read back.

The first line is the header. Each file has the columns of all programs that it may hold, whatever
its records have. Null, an absent value and everything below them are empty cells without quotes;
empty text is ``""``. A record that has a value without a column, or one that would be a blank line,
is an error: nothing is dropped.

Python's ``csv.writer`` quotes a lone carriage return or not, by patch release; the rule here
depends on the text alone. A cell is quoted when it is empty text, when its first or last character
is a blank, or when it holds the delimiter, a quote, or any character that ends a line or controls a
device.
"""

from __future__ import annotations

import functools
import json
import re
from collections import Counter
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from mockgen_watch.formats import fragments
from mockgen_watch.formats.format import (
    Format,
    FormatError,
    Framing,
    Option,
    literal_text,
    utf8,
    utf8_tables,
)
from mockgen_watch.formats.styles import JsonStyle
from mockgen_watch.formats.tree import Encoder, Place, Position
from mockgen_watch.generate.column import (
    ArrayNode,
    Column,
    Node,
    ObjectNode,
    Program,
    VariantNode,
)
from mockgen_watch.spec.document import Json, pointer_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mockgen_watch.formats.format import Options
    from mockgen_watch.spec.model import Layout


_BLANKS: Final = (" ", "\u00a0", "\u3000")
_JSON: Final = JsonStyle(indent=0, ascii_only=False, one_line=True)
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a cell for a formula, when it comes first."""


class Formulas(StrEnum):
    """What happens to text that a spreadsheet would run."""

    KEEP = "keep"
    ESCAPE = "escape"
    ERROR = "error"


class CellStyle(Struct, frozen=True, kw_only=True):
    """How cells look.

    ``ESCAPE`` puts an apostrophe before text that begins like a formula; numbers are no text.
    """

    delimiter: str
    formulas: Formulas

    def cell(self, value: Json) -> bytes:
        """Return the cell of one value; objects and arrays are their JSON text.

        Raises:
            FormatError: a formula where that is an error, or a lone surrogate.
        """
        if isinstance(value, str):
            return _text_cell(self, value)
        if value is None:
            return b""
        if isinstance(value, dict | list):
            text = Encoder(_JSON, Place(0, Position.ALONE)).encode(value).decode()
            return self.finish(text).encode()
        return (literal_text(value) or "").encode()

    def text_coding(self, tables: Sequence[Sequence[str]]) -> fragments.TextCoding | None:
        """Return how to write texts of one piece from each table, None if the whole decides.

        Raises:
            FormatError: as for ``cell``.
        """
        pieces = [list(table) for table in tables]
        if self.formulas is not Formulas.KEEP:
            if not all(pieces[0]):
                return None
            pieces[0] = [self.guard(piece) for piece in pieces[0]]
        if self._never_quoted(pieces):
            return fragments.TextCoding(b"", utf8_tables(pieces), b"")
        if not self._always_quoted(pieces):
            return None
        doubled = [[piece.replace('"', '""') for piece in table] for table in pieces]
        return fragments.TextCoding(b'"', utf8_tables(doubled), b'"')

    def guard(self, text: str) -> str:
        """Return ``text`` as ``formulas`` wants it."""
        if self.formulas is Formulas.KEEP or not text.startswith(FORMULA_STARTS):
            return text
        if self.formulas is Formulas.ESCAPE:
            return "'" + text
        raise FormatError(f"the text begins with {text[0]!r}, as a spreadsheet's formula does")

    def finish(self, text: str) -> str:
        """Return ``text``, quoted where it has to be."""
        if self._special(text) or not text or text.startswith(_BLANKS) or text.endswith(_BLANKS):
            return '"' + text.replace('"', '""') + '"'
        return text

    def _special(self, text: str) -> bool:
        return self.delimiter in text or _UNUSUAL.search(text) is not None

    def _never_quoted(self, tables: Sequence[Sequence[str]]) -> bool:
        return (
            not any(self._special(piece) for table in tables for piece in table)
            and all(piece and not piece.startswith(_BLANKS) for piece in tables[0])
            and all(piece and not piece.endswith(_BLANKS) for piece in tables[-1])
        )

    def _always_quoted(self, tables: Sequence[Sequence[str]]) -> bool:
        return (
            any(all(self._special(piece) for piece in table) for table in tables)
            or all(piece.startswith(_BLANKS) for piece in tables[0])
            or all(piece.endswith(_BLANKS) for piece in tables[-1])
        )


_UNUSUAL: Final = re.compile('["\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]')


@functools.lru_cache(maxsize=4096)
def _text_cell(style: CellStyle, text: str) -> bytes:
    """Return the cell of a text; most texts of a small job come more than once."""
    return utf8(style.finish(style.guard(text)))


_DOTTED: Final = r"[^/.\[\]][^.\[\]]*"


class ColumnTree(Struct, kw_only=True):
    """The columns of one node: its own cell, if it has one, then those of each key or index."""

    cell: bool = False
    below: dict[str | int, ColumnTree] = field(default_factory=dict)

    @property
    def width(self) -> int:
        return self.cell + sum(child.width for child in self.below.values())

    def paths(self, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
        """Yield the path of each cell, in order."""
        if self.cell:
            yield above
        for segment, child in self.below.items():
            yield from child.paths((*above, segment))

    def add(self, node: Node) -> None:
        """Make room for all that ``node`` can be."""
        if isinstance(node, VariantNode):
            for each in node.alternatives:
                self.add(each)
            return
        children = child_nodes(node)
        self.cell = self.cell or not children
        for segment, child in children:
            self.below.setdefault(segment, ColumnTree()).add(child)
        if isinstance(node, ArrayNode) and any(map(fragments.may_be_absent, node.elements)):
            self._add_moved(node.elements)

    def add_stated(self, path: Sequence[str], value: Json) -> None:
        """Make room for ``value`` at ``path``, where an index may lead to an element."""
        if path:
            key: str | int = path[0]
            if path[0].isdigit() and any(isinstance(key, int) for key in self.below):
                key = int(path[0])
            self.below.setdefault(key, ColumnTree()).add_stated(path[1:], value)
        elif self.cell and not self.below:
            # A leaf is one cell, whatever it holds.
            return
        elif isinstance(value, dict | list) and (value or self.below):
            items = value.items() if isinstance(value, dict) else enumerate(value)
            for segment, inner in items:
                self.below.setdefault(segment, ColumnTree()).add_stated((), inner)
        else:
            self.cell = True

    def _add_moved(self, elements: Sequence[Node]) -> None:
        """Make room for elements that come sooner because others were left out."""
        later: dict[int, Node] = {}
        for index in reversed(range(len(elements))):
            later[id(elements[index])] = elements[index]
            for element in later.values():
                self.below[index].add(element)


def columns_of(programs: Sequence[Program]) -> ColumnTree:
    """Return the columns that records of all ``programs`` need together."""
    tree = ColumnTree()
    for program in programs:
        tree.add(program.root)
    for program in programs:
        for path, value in program.stated:
            tree.add_stated(path, value)
    # A record without fields is no cell either.
    tree.cell = False
    return tree


def child_nodes(node: Node) -> Sequence[tuple[str | int, Node]]:
    """Return the nodes below an object or array, by key or index; none for a leaf."""
    if isinstance(node, ObjectNode):
        return node.members
    if isinstance(node, ArrayNode):
        return tuple(enumerate(node.elements))
    return ()


def column_names(paths: Iterable[tuple[str | int, ...]]) -> dict[str, tuple[str | int, ...]]:
    """Return the header's name for each cell → its path, in the order of ``paths``.

    Keys are written as they are, with dots between them and indexes in brackets. Where two names
    would be equal, as of a key ``a.b`` beside a key ``a`` with ``b`` below it, each of the keys
    with a dot or a bracket takes a JSON Pointer instead.
    """
    every = list(paths)
    counts = Counter(map(_joined, every))
    names = {}
    for path in every:
        name = _joined(path)
        # What begins with a slash is always a pointer, so that it can be no other's name.
        is_own = counts[name] == 1 and not name.startswith("/")
        names[name if is_own or _is_dotted(path) else pointer_of(path)] = path
    return names


def _joined(path: Sequence[str | int]) -> str:
    words = [f"[{item}]" if isinstance(item, int) else f".{item}" for item in path]
    return "".join(words).removeprefix(".")


def _is_dotted(path: Sequence[str | int]) -> bool:
    """Return whether the joined name of ``path`` leads back to it and to no other path."""
    return all(isinstance(segment, int) or re.fullmatch(_DOTTED, segment) for segment in path)


_NO_COLUMN: Final = "this value has no column"


def row_cells(columns: ColumnTree, value: Json, style: CellStyle) -> list[bytes]:
    """Return ``columns.width`` cells, those of ``value``.

    Raises:
        FormatError: a cell cannot be written, or there is no column for a value.
    """
    if not columns.below:
        return [style.cell(value)]
    # The own column takes only what those below cannot.
    is_flat = isinstance(value, dict | list) and (not columns.cell or _fit_below(columns, value))
    if not is_flat:
        if value is not None and not columns.cell:
            raise FormatError(_NO_COLUMN)
        cells = [style.cell(value)] if columns.cell else []
        return cells + [b""] * (columns.width - columns.cell)
    cells = [b""] if columns.cell else []
    values = _values(value)
    for segment, child in columns.below.items():
        try:
            cells += row_cells(child, values.get(segment), style)
        except FormatError as error:
            raise error.below(segment) from error
    if not values.keys() <= columns.below.keys():
        extra = next(segment for segment in values if segment not in columns.below)
        raise FormatError(_NO_COLUMN, (extra,))
    return cells


def _values(value: Json) -> Mapping[str | int, Json]:
    """Return what is below an object or array; nothing below a scalar."""
    if isinstance(value, dict):
        return value  # type: ignore[return-value]  # a key may be text or an index here
    return dict(enumerate(value)) if isinstance(value, list) else {}


def _fit_below(columns: ColumnTree, value: Json) -> bool:
    return all(
        segment in columns.below and _fits(columns.below[segment], child)
        for segment, child in _values(value).items()
    )


def _fits(columns: ColumnTree, value: Json) -> bool:
    if value is None or columns.cell:
        return True
    return bool(columns.below) and isinstance(value, dict | list) and _fit_below(columns, value)


def _row(value: Json, columns: ColumnTree, style: CellStyle) -> bytes:
    return style.delimiter.encode().join(row_cells(columns, value, style))


class _Compiler:
    """Turns nodes into pieces; the builder collects their registers."""

    def __init__(self, style: CellStyle, builder: fragments.Builder) -> None:
        self._style = style
        self._delimiter = style.delimiter.encode()
        self.builder = builder

    def cells(
        self, columns: ColumnTree, node: Node | None, path: tuple[int, ...], field: str
    ) -> list[fragments.Piece]:
        blank = self._blank(columns)
        if node is None:
            return [fragments.constant(blank)]
        present = self._present(columns, node, path, field)
        if node.presence is None:
            return present
        state = self.builder.draw(node.presence, path)
        return [fragments.Switch(state, tuple(present), (blank, blank))]

    def _blank(self, columns: ColumnTree) -> bytes:
        return self._delimiter * (columns.width - 1)

    def _present(
        self, columns: ColumnTree, node: Node, path: tuple[int, ...], field: str
    ) -> list[fragments.Piece]:
        if isinstance(node, Column):
            return self._column(columns, node, path, field)
        if isinstance(node, VariantNode):
            row = functools.partial(_row, columns=columns, style=self._style)
            reason = "the columns that it fills differ from record to record"
            slow = fragments.SlowField(field=field, reason=reason)
            return [self.builder.made(node, path, row, slow)]
        children = dict(child_nodes(node))
        encode = functools.partial(_row, columns=columns, style=self._style)
        if not children:
            return [fragments.constant(encode([] if isinstance(node, ArrayNode) else {}))]
        if isinstance(node, ArrayNode) and (reason := self._refusal(node)):
            slow = fragments.SlowField(field=field, reason=reason)
            return [self.builder.made(node, path, encode, slow)]
        # The own cell of a node whose value is in the columns below is empty.
        cells: list[list[fragments.Piece]] = [[]] if columns.cell else []
        for segment, below in columns.below.items():
            inner, name = path, f"{field}.{segment}".lstrip(".")
            if isinstance(segment, int):
                inner, name = (*path, segment), f"{field}[]"
            try:
                pieces = self.cells(below, children.get(segment), inner, name)
            except FormatError as error:
                raise error.below(segment) from error
            guard = self._guard(node, segment, path) if segment in children else None
            if guard is not None:
                pieces = [fragments.Switch(guard, tuple(pieces), (self._blank(below),))]
            cells.append(pieces)
        first, *others = cells
        return [
            *first,
            *(piece for cell in others for piece in (fragments.constant(self._delimiter), *cell)),
        ]

    def _guard(self, node: Node, segment: str | int, path: tuple[int, ...]) -> int | None:
        """Return a register that is not 0 where an array ends before an element; None for none."""
        if isinstance(segment, str) or not isinstance(node, ArrayNode) or node.length is None:
            return None
        if segment < node.minimum:
            return None
        return self.builder.below(self.builder.draw(node.length, path), segment + 1)

    def _refusal(self, node: ArrayNode) -> str:
        if any(fragments.may_be_absent(element) for element in node.elements):
            return "leaving out an element moves those after it to other columns"
        if fragments.unrolled_slots(node) > self.builder.limits.slots:
            return f"unrolled it would take more than {self.builder.limits.slots} slots"
        return ""

    def _column(
        self, columns: ColumnTree, column: Column, path: tuple[int, ...], field: str
    ) -> list[fragments.Piece]:
        """Return the pieces of a column and of the empty cells below it."""
        coder = fragments.Coder(
            encode=functools.partial(_row, columns=columns, style=self._style),
            text=lambda tables: self._with_blank(self._style.text_coding(tables), columns),
            number=lambda tables: self._with_blank(fragments.digits_coding(tables), columns),
        )
        return self.builder.column(column, coder, columns.width, path, field)

    def _with_blank(
        self, coding: fragments.TextCoding | None, columns: ColumnTree
    ) -> fragments.TextCoding | None:
        if coding is None:
            return None
        closing = coding.closing + self._blank(columns)
        return fragments.TextCoding(coding.opening, coding.tables, closing)


class CsvWriter(Struct, frozen=True, kw_only=True):
    """Writes records as rows of fixed columns."""

    style: CellStyle
    columns: ColumnTree
    framing: Framing

    def encode(self, record: Mapping[str, Json]) -> bytes:
        row = _row(dict(record), self.columns, self.style)
        if not row:
            raise FormatError("a row of one empty cell would be a blank line")
        return row

    def compile(
        self, program: Program, limits: fragments.Limits = fragments.DEFAULT_LIMITS
    ) -> fragments.FragmentPlan | None:
        # A row of one column could be a blank line, which only the whole record shows.
        if self.columns.width == 1:
            return None
        compiler = _Compiler(self.style, fragments.Builder(limits))
        pieces = compiler.cells(self.columns, program.root, (), "")
        return compiler.builder.build([*pieces, fragments.constant(self.framing.separator)])


def _csv_writer(programs: Sequence[Program], options: Options, _layout: Layout) -> CsvWriter:
    """Return a writer of a header and rows; a file of one record has a header too."""
    columns = columns_of(programs)
    if not columns.width:
        raise FormatError("a CSV file needs at least one field")
    style = CellStyle(
        delimiter=str(options["delimiter"]), formulas=Formulas(str(options["csv_formulas"]))
    )
    end = b"\r\n" if options["line_end"] == "crlf" else b"\n"
    names = map(style.cell, column_names(columns.paths()))
    header = style.delimiter.encode().join(names) + end
    framing = Framing(head=header, separator=end, tail=end, empty=header)
    return CsvWriter(style=style, columns=columns, framing=framing)


CSV: Final = Format(
    name="csv",
    suffix=".csv",
    is_lines=True,
    writer=_csv_writer,
    options=(
        Option(
            name="csv_formulas",
            default="keep",
            allowed=tuple(str(choice) for choice in Formulas),
            summary="How to write text that a spreadsheet would run as a formula.",
        ),
        Option(
            name="delimiter",
            default=",",
            allowed=(",", ";", "\t", "|"),
            summary="The character that separates cells.",
        ),
        Option(
            name="line_end",
            default="lf",
            allowed=("lf", "crlf"),
            summary="The line ending: a line feed, or a carriage return and a line feed.",
        ),
    ),
)


_NUMBER: Final = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_STEP: Final = r"\.?([^.\[\]]+)|\[([0-9]+)\]"


def raw_rows(text: str, delimiter: str) -> list[list[str]]:
    """Return the cells of each row as they are, quotes included.

    Raises:
        ValueError: a quote is open, or inside of a cell without quotes.
    """
    between = re.escape(delimiter)
    cell_and_end = f'("(?:[^"]|"")*"|[^"\r\n{between}]*)({between}|\r\n|[\r\n]|\\Z)?'
    rows: list[list[str]] = []
    row: list[str] = []
    for found in re.finditer(cell_and_end, text):
        cell, end = found.groups()
        if end is None:
            raise ValueError(f"unexpected {text[found.end()]!r} after the cell {cell}")
        if found.start() == len(text) and not row:
            break
        row.append(cell)
        if end != delimiter:
            rows.append(row)
            row = []
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
    """Return the path that a column called ``name`` has where no other says so.

    Raises:
        ValueError: ``name`` is not the name of a column.
    """
    if name.startswith("/"):
        parts = name.removeprefix("/").split("/")
        return tuple(part.replace("~1", "/").replace("~0", "~") for part in parts)
    steps = list(re.finditer(_STEP, name))
    if not name or "".join(step[0] for step in steps) != name or not steps[0][1]:
        raise ValueError(f"{name!r} is not the name of a column")
    return tuple(step[1] if step[1] is not None else int(step[2]) for step in steps)


def _readings(cell: str, before: Json, style: CellStyle) -> Iterator[Json]:
    if not cell:
        yield None
        return
    text = plain_text(cell)
    if isinstance(before, bool) and text in {"true", "false"}:
        yield text == "true"
    elif not isinstance(before, str) and re.fullmatch(_NUMBER, text):
        yield int(text) if text.lstrip("-").isdigit() else Decimal(text)
    elif isinstance(before, dict | list):
        try:
            yield json.loads(text, parse_float=Decimal)
        except ValueError:
            yield text
    if style.formulas is Formulas.ESCAPE and text.startswith("'"):
        # The apostrophe keeps a spreadsheet from running the text, and does not belong to it.
        inner = text.removeprefix("'")
        if inner.startswith(FORMULA_STARTS):
            yield inner
    yield text
