"""Tree of a pattern: literal texts, sequences, alternatives and repeats, and the strings they make.

Every node counts its strings by the ways to make them, so that string ``n`` of all is found without
the others, and flattens to the decisions and runs of text that a vector of strings is made from.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias, overload

from msgspec import Struct

TABLE_LIMIT: Final = 4096
"""The largest table of text that one run may have."""

_LISTED: Final = 64
"""Joined tables of at most so many texts are listed at once."""

_END_OF_ITEM: Final = frozenset({"\0end"})
"""Stands for what follows an item of a repeat; no first character of a text equals it."""


class Guard(Struct, frozen=True, kw_only=True):
    """A condition on a decision: its outcome is from ``first`` to ``last``, both included."""

    decision: int
    first: int
    last: int


class JoinedTexts(Sequence[str]):
    """A text of each of some tables, joined when it is asked for; the last table's go fastest."""

    __slots__ = ("_size", "_tables")

    def __init__(self, tables: Sequence[Sequence[str]]) -> None:
        self._size = math.prod(map(len, tables))
        self._tables = tables

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[str]:
        return map("".join, itertools.product(*self._tables))

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...
    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        if isinstance(index, slice):
            return tuple(self)[index]
        if not -self._size <= index < self._size:
            raise IndexError(index)
        number = index % self._size
        pieces = []
        for table in reversed(self._tables):
            number, place = divmod(number, len(table))
            pieces.append(table[place])
        return "".join(reversed(pieces))


Way: TypeAlias = tuple[int, ...]
"""The way from the top of a tree to a node: the place in a sequence, the branch, the turn."""


class Decision(Struct, frozen=True):
    """A number that is drawn: a branch, from 0, or how often an item is repeated.

    Attributes:
        way: to the node that it belongs to.
        first, count: the least number, and how many there are; their outcomes are 0 to count-1.
    """

    way: Way
    first: int
    count: int


class Piece(Struct, frozen=True):
    """Texts, one of which is drawn; ``way`` leads to their node."""

    way: Way
    texts: Sequence[str]


class Run(Struct, frozen=True, kw_only=True):
    """A text of each piece, one after the other, when all guards hold; else the run is empty.

    ``table`` has all texts of the run; the last piece goes fastest.
    """

    table: Sequence[str]
    pieces: tuple[Piece, ...]
    guards: tuple[Guard, ...] = ()


class Flat(Struct, frozen=True):
    """A tree on its way to decisions and runs."""

    decisions: list[Decision]
    runs: list[Run]

    def decide(self, way: Way, first: int, count: int) -> int:
        """Add a decision, and return its number."""
        self.decisions.append(Decision(way, first, count))
        return len(self.decisions) - 1


class Choice(Struct, frozen=True):
    """One text out of ``texts``, which all differ."""

    texts: tuple[str, ...]

    @property
    def size(self) -> int:
        """How many ways there are to make a string."""
        return len(self.texts)

    def longest(self) -> int:
        """Return the largest number of runs that a string can have, literal texts by character."""
        return max(1, len(self.texts[0])) if self.size == 1 else 1

    def flatten(self, way: Way, guards: tuple[Guard, ...], flat: Flat) -> None:
        """Add the decisions and runs of the node at ``way``, all under ``guards``."""
        pieces = (Piece(way, self.texts),) if self.size > 1 else ()
        flat.runs.append(Run(table=self.texts, pieces=pieces, guards=guards))

    def text_at(self, number: int) -> str:
        """Return string ``number``, in mixed radix over the parts; 0 <= number < size."""
        return self.texts[number]

    def strings(self) -> Iterator[str]:
        """Return every string, in no certain order and far faster than one by one."""
        return iter(self.texts)

    def first(self, after: frozenset[str]) -> frozenset[str]:
        """Return the first characters of the node followed by ``after``; ``""`` is the end."""
        firsts = frozenset(text[:1] for text in self.texts)
        return firsts - {""} | after if "" in firsts else firsts

    def is_deterministic(self, after: frozenset[str]) -> bool:
        """Return whether each decision shows in the next character; ``after`` may follow."""
        del after
        pairs = itertools.pairwise(sorted(self.texts))
        return self.size == 1 or not any(longer.startswith(text) for text, longer in pairs)


class Sequential(Struct, frozen=True):
    """One after the other."""

    items: tuple[Node, ...]
    size: int

    def longest(self) -> int:
        return sum(item.longest() for item in self.items)

    def flatten(self, way: Way, guards: tuple[Guard, ...], flat: Flat) -> None:
        for place, item in enumerate(self.items):
            item.flatten((*way, place), guards, flat)

    def text_at(self, number: int) -> str:
        pieces = []
        for item in reversed(self.items):
            number, place = divmod(number, item.size)
            pieces.append(item.text_at(place))
        return "".join(reversed(pieces))

    def strings(self) -> Iterator[str]:
        return map("".join, itertools.product(*(item.strings() for item in self.items)))

    def first(self, after: frozenset[str]) -> frozenset[str]:
        for item in reversed(self.items):
            after = item.first(after)
        return after

    def is_deterministic(self, after: frozenset[str]) -> bool:
        for item in reversed(self.items):
            if not item.is_deterministic(after):
                return False
            after = item.first(after)
        return True


class Alternative(Struct, frozen=True):
    """One of ``branches``."""

    branches: tuple[Node, ...]
    size: int

    def longest(self) -> int:
        return sum(branch.longest() for branch in self.branches)

    def flatten(self, way: Way, guards: tuple[Guard, ...], flat: Flat) -> None:
        decision = flat.decide(way, 0, len(self.branches))
        for outcome, branch in enumerate(self.branches):
            inner = (*guards, Guard(decision=decision, first=outcome, last=outcome))
            branch.flatten((*way, outcome), inner, flat)

    def text_at(self, number: int) -> str:
        for branch in self.branches:
            if number < branch.size:
                return branch.text_at(number)
            number -= branch.size
        raise IndexError(number)

    def strings(self) -> Iterator[str]:
        return itertools.chain.from_iterable(branch.strings() for branch in self.branches)

    def first(self, after: frozenset[str]) -> frozenset[str]:
        return frozenset().union(*(branch.first(after) for branch in self.branches))

    def is_deterministic(self, after: frozenset[str]) -> bool:
        firsts = [branch.first(after) for branch in self.branches]
        are_apart = len(frozenset().union(*firsts)) == sum(map(len, firsts))
        return are_apart and all(branch.is_deterministic(after) for branch in self.branches)


class Repeat(Struct, frozen=True):
    """``item``, ``low`` to ``high`` times, each number equally likely."""

    item: Node
    low: int
    high: int
    size: int

    def longest(self) -> int:
        return self.item.longest() * self.high

    def flatten(self, way: Way, guards: tuple[Guard, ...], flat: Flat) -> None:
        spread = self.high - self.low
        decision = flat.decide(way, self.low, spread + 1) if spread else 0
        for turn in range(self.high):
            inner = guards
            if turn >= self.low:
                first = turn - self.low + 1
                inner = (*guards, Guard(decision=decision, first=first, last=spread))
            self.item.flatten((*way, turn), inner, flat)

    def text_at(self, number: int) -> str:
        times = self.low
        while number >= self.item.size**times:
            number -= self.item.size**times
            times += 1
        return Sequential((self.item,) * times, self.item.size**times).text_at(number)

    def strings(self) -> Iterator[str]:
        item = tuple(self.item.strings())
        counts = range(self.low, self.high + 1)
        products = (itertools.product(item, repeat=count) for count in counts)
        return map("".join, itertools.chain.from_iterable(products))

    def first(self, after: frozenset[str]) -> frozenset[str]:
        if self.high == 0:
            return after
        once = self.item.first(after)
        return once | after if self.low == 0 else once

    def is_deterministic(self, after: frozenset[str]) -> bool:
        if self.low == self.high:
            return Sequential((self.item,) * self.high, self.size).is_deterministic(after)
        once = self.item.first(_END_OF_ITEM)
        are_apart = once.isdisjoint(_END_OF_ITEM) and once.isdisjoint(after)
        return are_apart and self.item.is_deterministic(once | after)


Node: TypeAlias = "Choice | Sequential | Alternative | Repeat"


def in_sequence(items: Sequence[Node]) -> Node:
    """Return ``items`` one after the other."""
    if len(items) == 1:
        return items[0]
    return Sequential(tuple(items), math.prod(item.size for item in items))


def one_of(branches: Sequence[Node]) -> Node:
    """Return one of ``branches``; literal texts that differ become a single choice."""
    if all(branch.size == 1 for branch in branches):
        texts = tuple(branch.text_at(0) for branch in branches)
        if len(texts) == len(set(texts)) <= TABLE_LIMIT:
            return Choice(texts)
    return Alternative(tuple(branches), sum(branch.size for branch in branches))


def repeated(item: Node, low: int, high: int) -> Repeat:
    """Return ``item``, ``low`` to ``high`` times."""
    return Repeat(item, low, high, sum(item.size**times for times in range(low, high + 1)))


def flatten(tree: Node) -> tuple[tuple[Decision, ...], tuple[Run, ...]]:
    """Return the decisions and the runs; see ``CompiledPattern``."""
    flat = Flat([], [])
    tree.flatten((), (), flat)
    return tuple(flat.decisions), _fuse(flat.runs)


def _fuse(runs: Sequence[Run]) -> tuple[Run, ...]:
    """Join neighbouring runs under the same guards into tables of at most ``TABLE_LIMIT`` texts."""
    fused: list[Run] = []
    group: list[Run] = []
    size = 1
    for run in runs:
        if group and (run.guards != group[0].guards or size * len(run.table) > TABLE_LIMIT):
            fused.append(_joined(group))
            group, size = [], 1
        group.append(run)
        size *= len(run.table)
    return (*fused, _joined(group))


def _joined(runs: Sequence[Run]) -> Run:
    """Return runs under the same guards as one."""
    table = runs[0].table if len(runs) == 1 else JoinedTexts([run.table for run in runs])
    return Run(
        table=tuple(table) if len(table) <= _LISTED else table,
        pieces=tuple(piece for run in runs for piece in run.pieces),
        guards=runs[0].guards,
    )


def is_unambiguous(tree: Node) -> bool:
    """Return whether it is certain that no string is made in two ways.

    Small patterns are listed. Otherwise, at every decision, the first characters that can follow
    each outcome must differ, and differ from what can come after it: then the string itself shows
    every decision from left to right.
    """
    if tree.size <= TABLE_LIMIT:
        return len(set(tree.strings())) == tree.size
    return tree.is_deterministic(frozenset({""}))
