"""Takes nothing; gives the compiled form of a text format: tables of bytes and how to index them.

A record is a fixed number of *slots*. Each slot has a table of encoded fragments
(``b'"CLM_TYPE":"P",'``) and says, in *registers*, which entry a record takes: the record's bytes
are its fragments, joined. Registers are small non-negative integers, one for each record, computed
in the order in which they stand. All of it is plain data, so a compiled kernel can run a plan as
well as ``formats.vector`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from mockgen_watch.generate.cells import Stream
    from mockgen_watch.generate.column import Node
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


class Below(Struct, frozen=True, kw_only=True):
    """1 where the number in ``source`` is less than ``bound``, else 0."""

    source: int
    bound: int


class AtLeast(Struct, frozen=True, kw_only=True):
    """1 where the number in ``source`` is ``bound`` or more, else 0."""

    source: int
    bound: int


class Every(Struct, frozen=True, kw_only=True):
    """1 where every source is not 0, else 0; what a comma before an optional member asks."""

    sources: tuple[int, ...]


class Some(Struct, frozen=True, kw_only=True):
    """1 where some source is not 0, else 0."""

    sources: tuple[int, ...]


class Choice(Struct, frozen=True, kw_only=True):
    """The sum of ``terms`` where ``selector`` is 0, else ``size - 1`` plus the selector.

    ``selector`` draws a State, or tells that something is absent; ``size`` is how many numbers
    the terms can give, so the fragments of null and of absence stand behind all others.
    """

    selector: int
    terms: tuple[Term, ...]
    size: int


Register: TypeAlias = "Draw | Below | AtLeast | Every | Some | Choice"


class Slot(Struct, frozen=True, kw_only=True):
    """The fragment ``table[sum of terms]``; no terms: a constant, and the table holds one."""

    table: tuple[bytes, ...]
    terms: tuple[Term, ...]


class MadeSlot(Struct, frozen=True, kw_only=True, eq=False):
    """A fragment made record by record, because tables cannot hold it.

    Attributes:
        node: what is written; its own presence plays no part.
        path: the elements around it.
        encode: from the node's value to its bytes.
        length: about how many bytes a fragment has.
        absent: a register that is not 0 where nothing is written; None when it always is.
    """

    node: Node
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
        slow: the fields behind made slots, without repeats.
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
