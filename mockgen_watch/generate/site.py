"""Takes a leaf and where it is; gives what the compilers of generators ask about that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.dataclass import dataclass
from mockgen_watch.generate.address import Address
from mockgen_watch.generate.draws import uniform
from mockgen_watch.generate.unique import unique

if TYPE_CHECKING:
    from mockgen_watch.generate.bank import Level, Word
    from mockgen_watch.generate.cells import Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a leaf is compiled.

    Attributes:
        seed, model_id: of the plan.
        path: the leaf's address path.
        level: the draws of all leaves in the same arrays.
        strides: the greatest number of elements of each array around it, outermost first.
        count: how many records are planned; no value depends on it.
        unique: no two cells may have one value.
    """

    seed: int
    model_id: str
    path: tuple[str, ...]
    level: Level
    strides: tuple[int, ...] = ()
    count: int = 1
    unique: bool = False

    @property
    def address(self) -> Address:
        """The address of the leaf's draws."""
        return Address.of(self.seed, self.model_id, self.path)

    def numbers(self, size: int) -> Stream:
        """Return the stream of numbers below ``size``: equally likely, or unique."""
        if self.unique:
            return unique(self.address, self.level, size, self.strides)
        return self.uniform("value", size)

    def uniform(self, draw: str, size: int) -> Stream:
        """Return the stream of numbers below ``size`` that ``draw`` names."""
        return uniform(self.address, self.level, draw, size)

    def word(self, draw: str) -> Word:
        """Return the word that ``draw`` names."""
        return self.level.word(self.address.constants(draw))
