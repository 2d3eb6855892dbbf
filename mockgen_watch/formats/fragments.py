"""Fragment plan: the compiled form of a text format, as tables of bytes and how to index them.

A record is a fixed number of *slots*. Each slot has a table of encoded fragments
(``b'"CLM_TYPE":"P",'``) and says, in *registers*, which entry a record takes: the record's bytes
are its fragments, joined. Registers are small non-negative integers, one for each record, computed
in order. All of it is plain data, so a compiled kernel can run a plan as
well as ``formats.vector`` does.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.generate import column as columns

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from mockgen_watch.generate.address import Stream
    from mockgen_watch.spec.document import Json


class Term(Struct, frozen=True, kw_only=True):
    """``stride`` times the number in ``register``.

    Where terms make an index, each stride is a multiple of the next, and the last is 1.
    """

    register: int
    stride: int


class Draw(Struct, frozen=True, kw_only=True, eq=False):
    """The numbers of ``stream`` at the element that ``path`` leads to; ``()`` is the record."""

    stream: Stream
    path: tuple[int, ...]


class Comparison(Struct, frozen=True, kw_only=True):
    """1 where the number in ``source`` is less than ``bound``, or where it is not; else 0."""

    source: int
    bound: int
    is_less: bool


class Combination(Struct, frozen=True, kw_only=True):
    """1 where every source is not 0, or where some is not; else 0."""

    sources: tuple[int, ...]
    is_every: bool


class Choice(Struct, frozen=True, kw_only=True):
    """The sum of ``terms`` where ``selector`` is 0, else ``size - 1`` plus the selector.

    ``selector`` draws a State, or whether something is absent; ``size`` is how many numbers
    the terms can give, so the fragments of null and of absence come after all others.
    """

    selector: int
    terms: tuple[Term, ...]
    size: int


Register: TypeAlias = "Draw | Comparison | Combination | Choice"


class Slot(Struct, frozen=True, kw_only=True):
    """The fragment ``table[sum of terms]``; no terms: a constant, and the table holds one."""

    table: tuple[bytes, ...]
    terms: tuple[Term, ...]


class MadeSlot(Struct, frozen=True, kw_only=True, eq=False):
    """A fragment made record by record, because tables cannot hold it.

    Attributes:
        node: what is written; its own presence does not count.
        path: the elements around it.
        encode: from the node's value to its bytes.
        length: about how many bytes a fragment has.
        absent: a register that is not 0 where nothing is written; None when it always is.
    """

    node: columns.Node
    path: tuple[int, ...]
    encode: Callable[[Json], bytes]
    length: int
    absent: int | None = None


class SlowField(Struct, frozen=True, kw_only=True, order=True):
    """A field that takes a Python loop a record, and why."""

    field: str
    reason: str


class FragmentPlan(Struct, frozen=True, kw_only=True, eq=False):
    """A record with its separator, compiled.

    Attributes:
        registers: in an order in which each needs only those before it.
        slots: in the order in which they are written.
        slow: the fields of made slots, without repeats.
    """

    registers: tuple[Register, ...]
    slots: tuple[Slot | MadeSlot, ...]
    slow: tuple[SlowField, ...] = ()

    @property
    def made_length(self) -> int:
        """About how many bytes of a record are made, and so held for a block of records."""
        return sum(slot.length for slot in self.slots if isinstance(slot, MadeSlot))

    @property
    def typical_length(self) -> int:
        """Bytes of a record if every fragment of a table were as likely; at least 1."""
        tables = [slot.table for slot in self.slots if isinstance(slot, Slot)]
        total = sum(sum(map(len, table)) / len(table) for table in tables)
        return max(1, round(total) + self.made_length)


class Limits(Struct, frozen=True, kw_only=True):
    """How far tables may grow.

    Attributes:
        entries: of a table that was fused.
        table_bytes: of a table that was fused.
        glued_bytes: what gluing one constant may add to a table.
        slots: of an array that is unrolled to its maximum; a longer one is made record by record.
        combinations: of a text that is spelt out as a table because its parts cannot be.
    """

    entries: int = 256
    table_bytes: int = 1 << 17
    glued_bytes: int = 1 << 16
    slots: int = 4096
    combinations: int = 4096


DEFAULT_LIMITS: Final = Limits()


class Pick(Struct, frozen=True):
    """An entry of ``table``, whose index has one digit for each register, the first the highest.

    A constant has no registers, and a table of one entry.
    """

    registers: tuple[int, ...]
    table: tuple[bytes, ...]


def constant(text: bytes) -> Pick:
    """Return the same bytes for every record."""
    return Pick((), (text,))


class Switch(Struct, frozen=True):
    """``present`` where ``selector`` is 0, else ``others[selector - 1]``."""

    selector: int
    present: tuple[Piece, ...]
    others: tuple[bytes, ...]


Piece: TypeAlias = "Pick | Switch | MadeSlot"
_Flat: TypeAlias = "Pick | MadeSlot"


class Builder:
    """Collects registers and slow fields; equal registers get one number."""

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self.limits = limits
        self.slow: set[SlowField] = set()
        self._registers: list[Register] = []
        self._sizes: list[int] = []
        self._numbers: dict[Hashable, int] = {}
        self._tables: dict[tuple[bytes, ...], tuple[bytes, ...]] = {}
        self._forms: dict[Hashable, tuple[Table, ...] | str] = {}

    def draw(self, stream: Stream, path: tuple[int, ...]) -> int:
        """Return the register of a stream's numbers at an element."""
        return self._register((id(stream), path), Draw(stream=stream, path=path), stream.size)

    def below(self, source: int, bound: int) -> int:
        return self._flag(Comparison(source=source, bound=bound, is_less=True))

    def at_least(self, source: int, bound: int) -> int:
        return self._flag(Comparison(source=source, bound=bound, is_less=False))

    def differs(self, source: int, number: int) -> int:
        """Return a flag of where a register's number is not ``number``."""
        return self.some((self.below(source, number), self.at_least(source, number + 1)))

    def every(self, sources: Iterable[int]) -> int:
        return self._combined(sources, is_every=True)

    def some(self, sources: Iterable[int]) -> int:
        return self._combined(sources, is_every=False)

    def column(
        self,
        column: columns.Column,
        coder: Coder,
        place: Hashable,
        path: tuple[int, ...],
        field: str,
    ) -> list[Piece]:
        """Return the pieces of a column, drawn at the element that ``path`` leads to.

        All elements of an array have one column, whose tables are encoded once at one ``place``.
        """
        key = (id(column), place)
        if key not in self._forms:
            self._forms[key] = column_form(column, coder, self.limits.combinations)
        form = self._forms[key]
        if isinstance(form, str):
            return [self.made(column, path, coder.encode, SlowField(field=field, reason=form))]
        return [
            Pick(tuple([self.draw(stream, path) for stream in table.streams]), table.fragments)
            for table in form
        ]

    def made(
        self,
        node: columns.Node,
        path: tuple[int, ...],
        encode: Callable[[Json], bytes],
        slow: SlowField,
    ) -> MadeSlot:
        """Return the slot of a node that is made record by record, and note why it is slow."""
        self.slow.add(slow)
        return MadeSlot(node=node, path=path, encode=encode, length=_typical_length(node))

    def build(self, pieces: Sequence[Piece]) -> FragmentPlan:
        """Return the plan of a record made of ``pieces``."""
        slots = tuple(
            item
            if isinstance(item, MadeSlot)
            else Slot(table=item.table, terms=self._terms(item.registers))
            for item in self._flat(pieces)
        )
        registers, slow = tuple(self._registers), tuple(sorted(self.slow))
        return FragmentPlan(registers=registers, slots=slots, slow=slow)

    def _combined(self, sources: Iterable[int], *, is_every: bool) -> int:
        first, *others = sorted(set(sources))
        if not others:
            return self.at_least(first, 1)
        return self._flag(Combination(sources=(first, *others), is_every=is_every))

    def _flag(self, flag: Comparison | Combination) -> int:
        return self._register(flag, flag, 2)

    def _register(self, key: Hashable, register: Register, size: int) -> int:
        if key not in self._numbers:
            self._numbers[key] = len(self._registers)
            self._registers.append(register)
            self._sizes.append(size)
        return self._numbers[key]

    def _terms(self, registers: Sequence[int]) -> tuple[Term, ...]:
        terms: list[Term] = []
        stride = 1
        for register in reversed(registers):
            terms.append(Term(register=register, stride=stride))
            stride *= self._sizes[register]
        return tuple(reversed(terms))

    def _flat(self, pieces: Iterable[Piece]) -> list[_Flat]:
        flat: list[_Flat] = []
        for piece in pieces:
            if isinstance(piece, Switch):
                flat.extend(self._switched(piece))
            elif piece != constant(b""):
                flat.append(piece)
        return self._joined(flat)

    def _switched(self, switch: Switch) -> list[_Flat]:
        """Guard what is present; the first table takes in the other cases' fragments."""
        others = switch.others[: self._sizes[switch.selector] - 1]
        nothing = (b"",) * len(others)
        inner = self._flat(switch.present)
        made_only = all(isinstance(item, MadeSlot) for item in inner)
        if made_only and any(others):
            inner.insert(0, constant(b""))
        flat: list[_Flat] = []
        for item in inner:
            if isinstance(item, MadeSlot):
                absent = switch.selector
                if item.absent is not None:
                    absent = self.some((item.absent, absent))
                flat.append(replace(item, absent=absent))
                continue
            index = switch.selector
            if item.registers:
                size = len(item.table)
                terms = self._terms(item.registers)
                choice = Choice(selector=switch.selector, terms=terms, size=size)
                index = self._register(choice, choice, size + len(others))
            flat.append(Pick((index,), item.table + others))
            others = nothing
        return flat

    def _joined(self, flat: list[_Flat]) -> list[_Flat]:
        """Put neighbours together as far as the limits go, from the left."""
        groups: list[_Flat] = []
        for position, item in enumerate(flat):
            following = flat[position + 1] if position + 1 < len(flat) else None
            joined = self._together(groups[-1], item, following) if groups else None
            if joined is None:
                groups.append(item)
            else:
                groups[-1] = joined
        # Equal picks share a table, as those of an array's elements do.
        return [
            Pick(group.registers, self._tables.setdefault(group.table, group.table))
            if isinstance(group, Pick)
            else group
            for group in groups
        ]

    def _together(self, left: _Flat, right: _Flat, following: _Flat | None) -> _Flat | None:
        if isinstance(left, MadeSlot) or isinstance(right, MadeSlot):
            return None
        if left.registers == right.registers:
            table = tuple([a + b for a, b in zip(left.table, right.table, strict=True)])
            return Pick(left.registers, table)
        if left.registers and right.registers:
            return self._fused(left, right)
        fixed, pick = (right, left) if left.registers else (left, right)
        if len(fixed.table[0]) * (len(pick.table) - 1) > self.limits.glued_bytes:
            return None
        # A long table leaves the constant to a shorter one that comes next.
        if (
            pick is left
            and len(left.table) > self.limits.entries
            and isinstance(following, Pick)
            and following.registers
            and len(following.table) < len(left.table)
        ):
            return None
        return _product(left, right)

    def _fused(self, left: Pick, right: Pick) -> Pick | None:
        size = len(left.table) * len(right.table)
        # Only registers that the two do not share make the table longer; to leave shared ones
        # apart when they are not all of them costs entries, never a wrong byte.
        if size > self.limits.entries:
            return None
        total = len(left.table) * sum(map(len, right.table))
        total += len(right.table) * sum(map(len, left.table))
        if total > self.limits.table_bytes:
            return None
        return _product(left, right)


def _product(left: Pick, right: Pick) -> Pick:
    table = tuple([a + b for a in left.table for b in right.table])
    return Pick(left.registers + right.registers, table)


class TextCoding(Struct, frozen=True):
    """How text made of parts is written: ``opening``, an entry of each table, ``closing``."""

    opening: bytes
    tables: tuple[tuple[bytes, ...], ...]
    closing: bytes


def digits_coding(tables: Sequence[Sequence[str]], opening: bytes = b"") -> TextCoding:
    """Return the coding of a number: its digits as they are."""
    return TextCoding(opening, tuple([tuple([p.encode() for p in table]) for table in tables]), b"")


class Coder(Struct, frozen=True, kw_only=True):
    """How a format writes one column.

    Attributes:
        encode: a whole value, as the reference encoder does.
        text, number: texts and numbers of one piece from each table; they give None when the
            bytes of a piece depend on the others.
    """

    encode: Callable[[Json], bytes]
    text: Callable[[Sequence[Sequence[str]]], TextCoding | None]
    number: Callable[[Sequence[Sequence[str]]], TextCoding | None]


class Table(Struct, frozen=True):
    """Fragments, by an index with one digit for each stream; a constant has none."""

    streams: tuple[Stream, ...]
    fragments: tuple[bytes, ...]


def column_form(column: columns.Column, coder: Coder, limit: int) -> tuple[Table, ...] | str:
    """Return tables whose entries joined are a column that is there, or why there are none.

    Whole values are a table as they are. The parts of a text or number are a table each, when the
    format can write them apart; if not, up to ``limit`` combinations of them are one table; if
    there are more, the column is slow.

    Raises:
        FormatError: an entry of a table cannot be written.
    """
    reason = column.slow
    if column.kind is not columns.ColumnKind.VALUE and not column.slow and not column.read:
        tables = [[str(piece) for piece in columns.drawn(part)] for part in column.parts]
        coding = (coder.text if column.kind is columns.ColumnKind.TEXT else coder.number)(tables)
        if coding is not None:
            parts = [
                Table(() if part.stream is None else (part.stream,), table)
                for part, table in zip(column.parts, coding.tables, strict=True)
            ]
            opening, closing = Table((), (coding.opening,)), Table((), (coding.closing,))
            return (opening, *parts, closing)
        reason = "how it is quoted depends on the whole text"
    if not column.read:
        streams = columns.streams_of(column.parts)
        # The values of a pool are never too many: they are a table already.
        if column.kind is columns.ColumnKind.VALUE or math.prod(s.size for s in streams) <= limit:
            return (Table(streams, tuple(map(coder.encode, _values(column)))),)
    return reason or "its text is read record by record"


def may_be_absent(node: columns.Node) -> bool:
    """Return whether some records lack ``node``."""
    return node.presence is not None and node.presence.size > columns.State.ABSENT


def _values(column: columns.Column) -> Iterable[Json]:
    """Return every value of a column without ``read``, in the order of an index of its streams."""
    if column.kind is columns.ColumnKind.VALUE:
        return columns.drawn(column.parts[0])
    return (columns.finished(column, text) for text in columns.combined_texts(column.parts))


_ANY_LENGTH: Final = 16


def unrolled_slots(node: columns.Node) -> int:
    """Return about how many slots ``node`` takes before neighbours are put together."""
    return _measure(node, lambda column: max(1, len(column.parts)), lambda _name: 0)


def _typical_length(node: columns.Node) -> int:
    """Return about how many bytes the text of ``node`` has; only a guess is needed."""
    return _measure(node, _column_length, len)


def _column_length(column: columns.Column) -> int:
    ends = ((part.table[0], part.table[-1]) for part in column.parts)
    return _ANY_LENGTH + sum(max(len(str(first)), len(str(last))) for first, last in ends)


def _measure(
    node: columns.Node, of_column: Callable[[columns.Column], int], of_name: Callable[[str], int]
) -> int:
    if isinstance(node, columns.Column):
        return of_column(node)
    if isinstance(node, columns.ArrayNode):
        # The elements of a variable array are one object.
        elements = Counter(node.elements).items()
        return sum(times * _measure(one, of_column, of_name) for one, times in elements)
    if isinstance(node, columns.VariantNode):
        return sum(_measure(one, of_column, of_name) for one in node.alternatives)
    return sum(of_name(name) + _measure(one, of_column, of_name) for name, one in node.members)
