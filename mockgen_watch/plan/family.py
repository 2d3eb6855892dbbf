"""Families: the parents of a plan's records, and which children each has.

How many children a parent has is drawn from its index alone, so that another parent at the end
brings its children at the end, and moves no other. Where the children of each parent begin is a
running sum, computed once; which parent a record has is then found by halving.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.splitmix import output

if TYPE_CHECKING:
    from types import ModuleType

    import numpy as np
    from numpy.typing import NDArray

    IntArray = NDArray[np.int64]


@lru_cache(maxsize=16)
def _starts(key: int, low: int, high: int, parents: int) -> array[int]:
    """Return where the children of each parent begin, and at the end how many there are."""
    spread = high - low + 1
    sizes = (low + (output(key, parent + 1) * spread >> 64) for parent in range(parents))
    return array("q", accumulate(sizes, initial=0))


class Family(Struct, frozen=True, kw_only=True):
    """The parents of a plan's records.

    Attributes:
        unit: what the fields that are drawn from one parent share: the address path of their
            object, the parent's suite, model and scenario.
        low, high: how many children each parent has.
        parents: how many parents there are.
        key: of the draws of these numbers.
    """

    unit: tuple[str | tuple[str, ...], ...]
    low: int
    high: int
    parents: int
    key: int

    @property
    def _starts(self) -> array[int]:
        return _starts(self.key, self.low, self.high, self.parents)

    @property
    def total(self) -> int:
        """How many children there are."""
        return self.parents * self.low if self.low == self.high else self._starts[-1]

    def parent_of(self, index: int) -> int:
        """Return the parent of record ``index``; beyond the last, they begin again."""
        position = index % self.total
        if self.low == self.high:
            return position // self.low
        return bisect_right(self._starts, position) - 1

    def start_of(self, parent: int) -> int:
        """Return the record that is the first child of ``parent``."""
        return parent * self.low if self.low == self.high else self._starts[parent]

    def parents_of(self, xp: ModuleType, indexes: IntArray) -> IntArray:
        """Return the parents of records; ``xp`` is NumPy."""
        positions = indexes % self.total
        if self.low == self.high:
            return positions // self.low
        starts = xp.frombuffer(self._starts, xp.int64)
        found: IntArray = xp.searchsorted(starts, positions, "right") - 1
        return found

    def starts_of(self, xp: ModuleType, parents: IntArray) -> IntArray:
        """Return the first children of parents; ``xp`` is NumPy."""
        if self.low == self.high:
            return parents * self.low
        found: IntArray = xp.frombuffer(self._starts, xp.int64).take(parents)
        return found
