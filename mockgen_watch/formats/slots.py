"""Takes the pieces of a record in the order of writing; gives the few slots that they come to.

A record costs a table look-up and a copy for each slot, whatever the fragment's length, so three
rules make few slots out of many pieces:

- what is constant is glued to a neighbour's entries, so keys, commas and the master's fixed parts
  cost nothing;
- neighbouring small tables become one table of all their combinations, up to 256 entries; more
  would leave the processor's near cache, and measured slower;
- tables with the same index become one of the same length, however long (fields of ``$rows``).

What may be absent or null is a ``Switch``. Its parts are put together first, and its other cases
become further entries of the tables within, so absence costs no slot of its own either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from mockgen_watch.formats.fragments import (
    AtLeast,
    Below,
    Choice,
    Draw,
    Every,
    FragmentPlan,
    MadeSlot,
    Slot,
    SlowField,
    Some,
    Term,
)

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence
    from typing import Final, TypeAlias

    from mockgen_watch.formats.fragments import Register
    from mockgen_watch.generate.cells import Stream


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


class Constant(Struct, frozen=True):
    """The same bytes in every record."""

    text: bytes


class Pick(Struct, frozen=True):
    """An entry of ``table``, whose index has one digit for each register, the first the highest."""

    registers: tuple[int, ...]
    table: tuple[bytes, ...]


class Switch(Struct, frozen=True):
    """``present`` where ``selector`` is 0, else ``others[selector - 1]``."""

    selector: int
    present: tuple[Piece, ...]
    others: tuple[bytes, ...]


Piece: TypeAlias = "Constant | Pick | Switch | MadeSlot"
_Flat: TypeAlias = "Constant | Pick | MadeSlot"


class Builder(Struct):
    """Collects registers and slow fields; equal registers get one number."""

    limits: Limits = DEFAULT_LIMITS
    registers: list[Register] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    slow: set[SlowField] = field(default_factory=set)
    _known: dict[Hashable, int] = field(default_factory=dict)
    _tables: dict[tuple[bytes, ...], tuple[bytes, ...]] = field(default_factory=dict)

    def draw(self, stream: Stream, path: tuple[int, ...]) -> int:
        """Return the register of a stream's numbers at an element."""
        return self._register((id(stream), path), Draw(stream=stream, path=path), stream.size)

    def below(self, source: int, bound: int) -> int:
        """Return the register that tells where ``source`` is less than ``bound``."""
        flag = Below(source=source, bound=bound)
        return self._register(flag, flag, 2)

    def at_least(self, source: int, bound: int) -> int:
        """Return the register that tells where ``source`` is ``bound`` or more."""
        flag = AtLeast(source=source, bound=bound)
        return self._register(flag, flag, 2)

    def every(self, sources: Iterable[int]) -> int:
        """Return the register that tells where no source is 0."""
        return self._combined(Every(sources=tuple(sorted(set(sources)))))

    def some(self, sources: Iterable[int]) -> int:
        """Return the register that tells where any source is not 0."""
        return self._combined(Some(sources=tuple(sorted(set(sources)))))

    def build(self, pieces: Sequence[Piece]) -> FragmentPlan:
        """Return the plan of a record made of ``pieces``."""
        flat = self._flat(pieces)
        slots = tuple(item if isinstance(item, MadeSlot) else self._slot(item) for item in flat)
        return FragmentPlan(
            registers=tuple(self.registers), slots=slots, slow=tuple(sorted(self.slow))
        )

    def _combined(self, flag: Every | Some) -> int:
        if len(flag.sources) == 1:
            return self.at_least(flag.sources[0], 1)
        return self._register(flag, flag, 2)

    def _register(self, key: Hashable, register: Register, size: int) -> int:
        if key not in self._known:
            self._known[key] = len(self.registers)
            self.registers.append(register)
            self.sizes.append(size)
        return self._known[key]

    def _terms(self, registers: Sequence[int]) -> tuple[Term, ...]:
        terms: list[Term] = []
        stride = 1
        for register in reversed(registers):
            terms.append(Term(register=register, stride=stride))
            stride *= self.sizes[register]
        return tuple(reversed(terms))

    def _slot(self, item: Constant | Pick) -> Slot:
        if isinstance(item, Constant):
            return Slot(table=(item.text,), terms=())
        return Slot(table=item.table, terms=self._terms(item.registers))

    def _flat(self, pieces: Iterable[Piece]) -> list[_Flat]:
        flat: list[_Flat] = []
        for piece in pieces:
            if isinstance(piece, Switch):
                flat.extend(self._switched(piece))
            elif not isinstance(piece, Constant) or piece.text:
                flat.append(piece)
        return self._joined(flat)

    def _switched(self, switch: Switch) -> list[_Flat]:
        """Guard what is present; the first table takes in the other cases' fragments."""
        others = switch.others[: self.sizes[switch.selector] - 1]
        nothing = (b"",) * len(others)
        inner = self._flat(switch.present)
        made_only = all(isinstance(item, MadeSlot) for item in inner)
        if made_only and any(others):
            inner.insert(0, Constant(b""))
        flat: list[_Flat] = []
        for item in inner:
            if isinstance(item, MadeSlot):
                flat.append(self._guarded(item, switch.selector))
                continue
            table = (item.text,) if isinstance(item, Constant) else item.table
            index = switch.selector
            if isinstance(item, Pick):
                terms = self._terms(item.registers)
                choice = Choice(selector=switch.selector, terms=terms, size=len(table))
                index = self._register(choice, choice, len(table) + len(others))
            flat.append(Pick((index,), table + others))
            others = nothing
        return flat

    def _guarded(self, made: MadeSlot, selector: int) -> MadeSlot:
        absent = selector if made.absent is None else self.some((made.absent, selector))
        return replace(made, absent=absent)

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
        return [self._kept(group) if isinstance(group, Pick) else group for group in groups]

    def _kept(self, pick: Pick) -> Pick:
        """Return the same with a table that equal picks share, as an array's elements do."""
        return Pick(pick.registers, self._tables.setdefault(pick.table, pick.table))

    def _together(self, left: _Flat, right: _Flat, following: _Flat | None) -> _Flat | None:
        if isinstance(left, MadeSlot) or isinstance(right, MadeSlot):
            return None
        if isinstance(left, Pick) and isinstance(right, Pick):
            return self._fused(left, right)
        if isinstance(left, Constant):
            if isinstance(right, Constant):
                return Constant(left.text + right.text)
            if not self._may_glue(left, right):
                return None
            return Pick(right.registers, tuple([left.text + entry for entry in right.table]))
        if not isinstance(right, Constant) or not self._may_glue(right, left):
            return None
        # A long table leaves the constant to a shorter one that comes next.
        shorter = isinstance(following, Pick) and len(following.table) < len(left.table)
        if len(left.table) > self.limits.entries and shorter:
            return None
        return Pick(left.registers, tuple([entry + right.text for entry in left.table]))

    def _may_glue(self, constant: Constant, pick: Pick) -> bool:
        return len(constant.text) * (len(pick.table) - 1) <= self.limits.glued_bytes

    def _fused(self, left: Pick, right: Pick) -> Pick | None:
        if left.registers == right.registers:
            table = tuple([a + b for a, b in zip(left.table, right.table, strict=True)])
            return Pick(left.registers, table)
        size = len(left.table) * len(right.table)
        # Only registers that the two do not share make the table longer; to leave shared ones
        # apart when they are not all of them costs entries, never a wrong byte.
        if size > self.limits.entries:
            return None
        total = len(left.table) * sum(map(len, right.table))
        total += len(right.table) * sum(map(len, left.table))
        if total > self.limits.table_bytes:
            return None
        table = tuple([a + b for a in left.table for b in right.table])
        return Pick(left.registers + right.registers, table)
