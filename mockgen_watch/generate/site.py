"""Takes a leaf and where it is; gives what the compilers of generators ask about that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from mockgen_watch.generate.address import Address
from mockgen_watch.generate.beginning import INNER, INSIDE, begin
from mockgen_watch.generate.draws import uniform
from mockgen_watch.generate.unique import unique

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockgen_watch.generate.bank import Level, Word
    from mockgen_watch.generate.beginning import Choices
    from mockgen_watch.generate.cells import Stream


class Site(Struct, frozen=True, kw_only=True):
    """Where a leaf is compiled.

    Attributes:
        seed, model_id: of the plan.
        path: the leaf's address path.
        level: the draws of all leaves in the same arrays.
        strides: the greatest number of elements of each array around it, outermost first.
        count: how many records are planned; no value depends on it.
        unique: no two cells may have one value.
        first: what the first records choose.
    """

    seed: int
    model_id: str
    path: tuple[str, ...]
    level: Level
    strides: tuple[int, ...] = ()
    count: int = 1
    unique: bool = False
    first: Choices = field(default_factory=dict)

    @property
    def address(self) -> Address:
        """The address of the leaf's draws."""
        return Address.of(self.seed, self.model_id, self.path)

    def numbers(self, size: int) -> Stream:
        """Return the stream of numbers below ``size``: equally likely, or unique."""
        if self.unique:
            return unique(self.address, self.level, size, self.strides)
        return self.numbered(self.uniform("value", size))

    def numbered(self, source: Stream, offset: int = 0) -> Stream:
        """Return ``source``, whose number n is that of value n + ``offset``, as records begin."""

        def number_of(name: bytes) -> int | None:
            if name == INSIDE:
                return INNER
            number = int(name) - offset
            return number if 0 <= number < source.size else None

        return begin(source, self.first, number_of)

    def chosen(self, source: Stream, identities: Sequence[bytes]) -> Stream:
        """Return ``source``, whose number n is the value of identity n, as records begin."""
        numbers = {identity: number for number, identity in enumerate(identities)}
        return begin(source, self.first, numbers.get)

    def uniform(self, draw: str, size: int) -> Stream:
        """Return the stream of numbers below ``size`` that ``draw`` names."""
        return uniform(self.address, self.level, draw, size)

    def word(self, draw: str) -> Word:
        """Return the word that ``draw`` names."""
        return self.level.word(self.address.constants(draw))
