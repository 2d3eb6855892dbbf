"""Forms of checked text: which texts have room for check digits, and what else tells them apart.

A form is a few ways to go through a text: each a sequence of characters of one class, so many of
them. It says what ``check_digits`` takes, judges all strings of a pattern at once, and knows where
the check digits are: texts that differ only there become one.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct

from mockgen_watch.spec import pattern_tree
from mockgen_watch.spec.pattern import CompiledPattern, compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    State: TypeAlias = "frozenset[tuple[int, int, int]]"
    """Where the ways of a form can be: way, item, how many characters of the item."""


class Item(Struct, frozen=True):
    """Characters of a class, written as in a regular expression; without ``most`` any number."""

    characters: str
    least: int
    most: int | None


class Form(Struct, frozen=True):
    """A form in words, the ways through it, and the places of the check digits.

    ``begin`` and ``end`` are those of a slice of the text.
    """

    words: str
    ways: tuple[tuple[Item, ...], ...]
    begin: int = -1
    end: int | None = None

    def fits(self, text: str) -> bool:
        """Return whether ``text`` is of the form."""
        return _expression(self).fullmatch(text) is not None


def _digits(*counts: int) -> tuple[tuple[Item, ...], ...]:
    return tuple((Item("[0-9]", count, count),) for count in counts)


_NUMBER: Final = Form("made of digits only", ((Item("[0-9]", 1, None),),))
_ALPHANUMERIC: Final = Item("[A-Za-z0-9]", 1, None)
_ANY: Final = r"[\s\S]"

FORMS: Final[Mapping[str, Form]] = {
    "luhn": _NUMBER,
    "npi": Form("10 digits", _digits(10)),
    "iban": Form(
        "two capital letters, two check digits and an account number of letters and digits",
        ((Item("[A-Z]", 2, 2), Item(_ANY, 2, 2), _ALPHANUMERIC),),
        2,
        4,
    ),
    "mod97": Form(
        "letters and digits, followed by two check digits", ((_ALPHANUMERIC, Item(_ANY, 2, 2)),), -2
    ),
    "mod11": Form(
        "made of digits only, followed by a check digit or X",
        ((Item("[0-9]", 1, None), Item(_ANY, 1, 1)),),
    ),
    "verhoeff": _NUMBER,
    "damm": _NUMBER,
    "ean": Form("8, 12, 13 or 14 digits", _digits(8, 12, 13, 14)),
    "isbn": Form(
        "9 digits with a check digit or X, or 13 digits from 978 or 979",
        (
            (Item("[0-9]", 9, 9), Item(_ANY, 1, 1)),
            (Item("9", 1, 1), Item("7", 1, 1), Item("[89]", 1, 1), Item("[0-9]", 10, 10)),
        ),
    ),
}
"""The forms by the names that ``$check`` has for the algorithms."""


@cache
def _expression(form: Form) -> re.Pattern[str]:
    ways = (
        "".join(f"{each.characters}{{{each.least},{each.most or ''}}}" for each in way)
        for way in form.ways
    )
    return re.compile("|".join(ways))


def find_misfit(kind: str, tree: pattern_tree.Node) -> str | None:
    """Return a string of a pattern's tree that is not of the form of ``kind``; None: all are."""
    walk = _Walk(FORMS[kind])
    ends = walk.through(tree, {walk.start: ""})
    return next((text for state, text in ends.items() if not walk.is_whole(state)), None)


class _Walk:
    """Goes through a form with all strings of a tree; each state has one text that leads to it."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.start: State = frozenset(
            place for way in range(len(form.ways)) for place in self._entered(way, 0)
        )
        self._moves: dict[tuple[State, str], State] = {}

    def _entered(self, way: int, item: int) -> Iterator[tuple[int, int, int]]:
        """Yield the places at the beginning of an item: there, and behind it if it may be empty."""
        yield way, item, 0
        if item < len(self.form.ways[way]) and not self.form.ways[way][item].least:
            yield from self._entered(way, item + 1)

    def is_whole(self, state: State) -> bool:
        """Return whether a text that ends in ``state`` is of the form."""
        return any(item == len(self.form.ways[way]) for way, item, _ in state)

    def through(self, node: pattern_tree.Node, states: dict[State, str]) -> dict[State, str]:
        """Return where each of ``states`` comes to by a string of ``node``."""
        if isinstance(node, pattern_tree.Choice):
            found: dict[State, str] = {}
            for state, before in states.items():
                for text in node.texts:
                    found.setdefault(self._moved(state, text), before + text)
            return found
        if isinstance(node, pattern_tree.Sequential):
            for item in node.items:
                states = self.through(item, states)
            return states
        if isinstance(node, pattern_tree.Alternative):
            branches = [self.through(branch, states) for branch in node.branches]
            return {state: text for branch in reversed(branches) for state, text in branch.items()}
        ends = dict(states) if not node.low else {}
        for turn in range(1, node.high + 1):
            states = self.through(node.item, states)
            if turn >= node.low:
                ends = {**states, **ends}
        return ends

    def _moved(self, state: State, text: str) -> State:
        for char in text:
            if (state, char) not in self._moves:
                places = (after for place in state for after in self._after(place, char))
                self._moves[state, char] = frozenset(places)
            state = self._moves[state, char]
        return state

    def _after(self, place: tuple[int, int, int], char: str) -> Iterator[tuple[int, int, int]]:
        way, number, count = place
        if number == len(self.form.ways[way]):
            return
        item = self.form.ways[way][number]
        if re.fullmatch(item.characters, char) is None:
            return
        if count + 1 >= item.least:
            yield from self._entered(way, number + 1)
        if item.most is None or count + 1 < item.most:
            yield way, number, min(count + 1, item.least) if item.most is None else count + 1


@lru_cache(maxsize=256)
def blanked_pattern(source: str, kind: str) -> CompiledPattern | None:
    """Return the pattern with one character at each place of a check digit.

    Its strings, once they have their check digits, are those of ``source``, each once if no two of
    its own are the same. None: the places are not those of single characters of the pattern.
    """
    form, tree = FORMS[kind], compile_pattern(source).tree
    blank: pattern_tree.Node | None
    if form.begin < 0:
        mirrored = _blanked(_mirrored(tree), 0, -form.begin)
        blank = None if mirrored is None else _mirrored(mirrored)
    else:
        blank = _blanked(tree, form.begin, form.end or 0)
    if blank is None:
        return None
    decisions, runs = pattern_tree.flatten(blank)
    return CompiledPattern(decisions=decisions, runs=runs, tree=blank)


def _mirrored(node: pattern_tree.Node) -> pattern_tree.Node:
    """Return the tree of the same strings, from end to beginning."""
    if isinstance(node, pattern_tree.Choice):
        return pattern_tree.Choice(tuple(text[::-1] for text in node.texts))
    if isinstance(node, pattern_tree.Sequential):
        return pattern_tree.in_sequence([*map(_mirrored, reversed(node.items))])
    if isinstance(node, pattern_tree.Alternative):
        return pattern_tree.one_of([*map(_mirrored, node.branches)])
    return pattern_tree.repeated(_mirrored(node.item), node.low, node.high)


def _blanked(node: pattern_tree.Node, begin: int, end: int) -> pattern_tree.Node | None:
    """Return ``node`` with 0 for its characters ``begin`` to ``end``; None where that cannot be."""
    if end <= 0:
        return node
    shortest, longest = _lengths(node)
    if shortest < end and shortest < longest:
        return None
    if isinstance(node, pattern_tree.Choice):
        first = max(begin, 0)
        texts = (
            text[:first] + "0" * (min(len(text), end) - first) + text[end:]
            if first < len(text)
            else text
            for text in node.texts
        )
        return pattern_tree.Choice(tuple(dict.fromkeys(texts)))
    if isinstance(node, pattern_tree.Alternative):
        branches = [_blanked(branch, begin, end) for branch in node.branches]
        known = [branch for branch in branches if branch is not None]
        return pattern_tree.one_of(known) if len(known) == len(branches) else None
    if isinstance(node, pattern_tree.Repeat):
        return _blanked_repeat(node, begin, end)
    return _blanked_items(node.items, begin, end)


def _blanked_repeat(node: pattern_tree.Repeat, begin: int, end: int) -> pattern_tree.Node | None:
    """Return a repeat with its first items apart, of which some characters are blanked."""
    apart = min(end, node.low)
    rest = pattern_tree.repeated(node.item, node.low - apart, node.high - apart)
    items: list[pattern_tree.Node] = [node.item] * apart
    return _blanked_items((*items, rest) if node.high > apart else tuple(items), begin, end)


def _blanked_items(
    items: tuple[pattern_tree.Node, ...], begin: int, end: int
) -> pattern_tree.Node | None:
    found: list[pattern_tree.Node] = []
    for item in items:
        blank = _blanked(item, begin, end)
        if blank is None:
            return None
        found.append(blank)
        shortest, _ = _lengths(item)
        begin, end = begin - shortest, end - shortest
    return pattern_tree.in_sequence(found)


def _lengths(node: pattern_tree.Node) -> tuple[int, int]:
    """Return how many characters the strings of ``node`` have, at least and at most."""
    if isinstance(node, pattern_tree.Choice):
        sizes = [*map(len, node.texts)]
        return min(sizes), max(sizes)
    if isinstance(node, pattern_tree.Repeat):
        least, most = _lengths(node.item)
        return least * node.low, most * node.high
    parts = node.items if isinstance(node, pattern_tree.Sequential) else node.branches
    lows, highs = zip(*map(_lengths, parts), strict=True)
    if isinstance(node, pattern_tree.Sequential):
        return sum(lows), sum(highs)
    return min(lows), max(highs)
