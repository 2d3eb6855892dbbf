r"""Takes a regular expression; gives the decisions and runs of text that its strings are made of.

Every decision of a pattern is taken with equal odds: each branch of an alternation, each length of
a repeat, each character of a class. ``[A-Z]{1,3}`` is one, two or three letters equally often.

What is read (a subset of ``re``, anchored at both ends as ``re.fullmatch`` does):
literals and escapes; classes with ranges and negation; ``. \d \w \s`` and their negations;
``? * + {m} {m,} {m,n}``, lazy forms alike; groups, named or not; alternation; ``^ \A`` at the
start and ``$ \Z`` at the end. Refused by name: look-around, back-references, flags, ``\b``,
conditionals, atomic groups, possessive repeats.

Alphabets: ``\d`` is ``0-9``; ``\w`` is ``A-Z a-z 0-9 _``; ``\s`` is the blank; ``.`` and every
negation choose among the printable ASCII characters (U+0020 to U+007E). A class that lists other
characters uses exactly those. A repeat without an end stops ``OPEN_REPEAT`` above its minimum.
"""

from __future__ import annotations

import itertools
import math
import re
import sys
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, overload

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

OPEN_REPEAT = 8
"""How far above its minimum a repeat without an end goes."""

MAX_RUNS = 4096
"""A pattern whose strings have more parts, or may be longer, than this is refused."""

TABLE_LIMIT = 4096
"""The largest table of text that one run may have."""

_QUANTIFIERS = ("?", "*", "+", "{")

_LISTED = 64
"""Joined tables of at most so many texts are listed at once."""

_PLAIN = re.compile(r"[^\\.^$|?*+()\[\]{}]+")

PRINTABLE = tuple(chr(code) for code in range(0x20, 0x7F))
_DIGITS = tuple("0123456789")
_WORD = tuple(code for code in PRINTABLE if code.isalnum() or code == "_")
_SPACE = (" ",)
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")
_SHORTHANDS = {"d": _DIGITS, "w": _WORD, "s": _SPACE}
_SURROGATES = range(0xD800, 0xE000)
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "a": "\a", "0": "\0"}


class PatternError(ValueError):
    """The pattern is not a regular expression, or holds what is not supported.

    Attributes:
        offset: the character of the pattern that is meant, from 0.
    """

    def __init__(self, message: str, offset: int) -> None:
        """Say what is wrong at ``offset``."""
        super().__init__(message)
        self.offset = offset


class Guard(Struct, frozen=True, kw_only=True):
    """A condition on a decision: its outcome lies in ``first`` to ``last``, both included."""

    decision: int
    first: int
    last: int


class JoinedTexts(Sequence[str]):
    """A text of each of some tables, joined when it is asked for; the last table's go fastest."""

    __slots__ = ("_size", "_tables")

    def __init__(self, tables: Sequence[Sequence[str]]) -> None:
        """Stand for every text that takes one of each of ``tables``."""
        self._size = math.prod(map(len, tables))
        self._tables = tables

    def __len__(self) -> int:
        """Return how many texts there are."""
        return self._size

    def __iter__(self) -> Iterator[str]:
        """Yield them all, far faster than one by one."""
        return map("".join, itertools.product(*self._tables))

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...
    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        """Return a text, or a tuple of them."""
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


class Run(Struct, frozen=True, kw_only=True):
    """Texts of equal odds, one of which is taken when all guards hold; else the run is empty."""

    table: Sequence[str]
    guards: tuple[Guard, ...] = ()


class CompiledPattern(Struct, frozen=True, kw_only=True):
    """A pattern, compiled.

    Attributes:
        decisions: the number of outcomes of each decision, all equally likely, in the order in
            which they are met; a decision that lies inside an untaken branch is simply unused.
        runs: a text of each run, in order, makes a string; tables have 1 to ``TABLE_LIMIT``
            texts.
        size: how many ways there are to make a string.
        tree: what the pattern was read to.
    """

    decisions: tuple[int, ...]
    runs: tuple[Run, ...]
    size: int
    tree: _Node

    @property
    def distinct(self) -> bool:
        """Return whether it is certain that no string comes out in two ways.

        Then ``size`` counts strings, and ``text_at`` is a bijection. It is worked out anew each
        time.
        """
        return _is_distinct(self.tree)

    def text_at(self, number: int) -> str:
        """Return string ``number`` of all, 0 <= number < ``size``."""
        return _text_at(self.tree, number)


class _Set(Struct, frozen=True):
    """One text out of ``texts``, which all differ."""

    texts: tuple[str, ...]
    size: int


class _Cat(Struct, frozen=True):
    """One after the other."""

    items: tuple[_Node, ...]
    size: int


class _Alt(Struct, frozen=True):
    """One of ``branches``."""

    branches: tuple[_Node, ...]
    size: int


class _Rep(Struct, frozen=True):
    """``item``, ``low`` to ``high`` times."""

    item: _Node
    low: int
    high: int
    size: int


_Node: TypeAlias = "_Set | _Cat | _Alt | _Rep"


@lru_cache(maxsize=256)
def compile_pattern(source: str) -> CompiledPattern:
    """Return the compiled form of ``source``.

    Raises:
        PatternError: it is no regular expression, is not supported, or is too large.
    """
    tree = _Parser(source).parse()
    if _longest(tree) > MAX_RUNS:
        raise PatternError(f"strings of more than {MAX_RUNS} parts are refused", 0)
    decisions: list[int] = []
    runs: list[Run] = []
    _flatten(tree, (), decisions, runs)
    return CompiledPattern(
        decisions=tuple(decisions),
        runs=_fuse(runs),
        size=tree.size,
        tree=tree,
    )


def _longest(node: _Node) -> int:
    """Return the largest number of runs that ``node`` can flatten to."""
    if isinstance(node, _Set):
        # A text that stands as it is counts by its characters.
        return max(1, len(node.texts[0])) if node.size == 1 else 1
    if isinstance(node, _Cat):
        return sum(map(_longest, node.items))
    if isinstance(node, _Alt):
        return sum(map(_longest, node.branches))
    return _longest(node.item) * node.high


def _flatten(node: _Node, guards: tuple[Guard, ...], decisions: list[int], runs: list[Run]) -> None:
    """Append the decisions and runs of ``node``, all under ``guards``."""
    if isinstance(node, _Set):
        runs.append(Run(table=node.texts, guards=guards))
    elif isinstance(node, _Cat):
        for item in node.items:
            _flatten(item, guards, decisions, runs)
    elif isinstance(node, _Alt):
        decision = len(decisions)
        decisions.append(len(node.branches))
        for outcome, branch in enumerate(node.branches):
            here = Guard(decision=decision, first=outcome, last=outcome)
            _flatten(branch, (*guards, here), decisions, runs)
    else:
        decision = len(decisions)
        spread = node.high - node.low
        if spread:
            decisions.append(spread + 1)
        for turn in range(node.high):
            inner = guards
            if turn >= node.low:
                first = turn - node.low + 1
                inner = (*guards, Guard(decision=decision, first=first, last=spread))
            _flatten(node.item, inner, decisions, runs)


def _fuse(runs: list[Run]) -> tuple[Run, ...]:
    """Join neighbouring runs under the same guards into tables of at most ``TABLE_LIMIT`` texts."""
    fused: list[Run] = []
    tables: list[Sequence[str]] = []
    size = 1
    guards: tuple[Guard, ...] = ()
    for run in runs:
        if tables and (run.guards != guards or size * len(run.table) > TABLE_LIMIT):
            fused.append(Run(table=_joined(tables), guards=guards))
            tables, size = [], 1
        guards = run.guards
        tables.append(run.table)
        size *= len(run.table)
    return (*fused, Run(table=_joined(tables), guards=guards))


def _joined(tables: Sequence[Sequence[str]]) -> Sequence[str]:
    joined = tables[0] if len(tables) == 1 else JoinedTexts(tables)
    return tuple(joined) if len(joined) <= _LISTED else joined


def _text_at(node: _Node, number: int) -> str:
    """Return string ``number`` of ``node``, in mixed radix over its parts."""
    if isinstance(node, _Set):
        return node.texts[number]
    if isinstance(node, _Alt):
        for branch in node.branches:
            if number < branch.size:
                return _text_at(branch, number)
            number -= branch.size
        raise IndexError(number)
    if isinstance(node, _Rep):
        turns = node.low
        while number >= node.item.size**turns:
            number -= node.item.size**turns
            turns += 1
        items: tuple[_Node, ...] = (node.item,) * turns
    else:
        items = node.items
    pieces = []
    for item in reversed(items):
        number, place = divmod(number, item.size)
        pieces.append(_text_at(item, place))
    return "".join(reversed(pieces))


def _texts(node: _Node) -> Iterator[str]:
    """Give every string of ``node``, in no certain order and far faster than one by one."""
    if isinstance(node, _Set):
        return iter(node.texts)
    if isinstance(node, _Alt):
        return itertools.chain.from_iterable(map(_texts, node.branches))
    if isinstance(node, _Cat):
        return map("".join, itertools.product(*map(_texts, node.items)))
    item = tuple(_texts(node.item))
    turns = range(node.low, node.high + 1)
    return map(
        "".join,
        itertools.chain.from_iterable(itertools.product(item, repeat=turn) for turn in turns),
    )


def _is_distinct(tree: _Node) -> bool:
    """Return whether it is certain that no string is made in two ways.

    Small patterns are listed. Otherwise, at every decision, the first characters that can follow
    each outcome must differ, and be different from what can follow behind: then the string itself
    tells every decision from left to right.
    """
    if tree.size <= TABLE_LIMIT:
        return len(set(_texts(tree))) == tree.size
    return _deterministic(tree, frozenset({""}))


def _first(node: _Node, behind: frozenset[str]) -> frozenset[str]:
    """Return the first characters of ``node`` followed by ``behind``; ``""`` is the end."""
    if isinstance(node, _Set):
        firsts = frozenset(text[:1] for text in node.texts)
        return firsts - {""} | behind if "" in firsts else firsts
    if isinstance(node, _Alt):
        return frozenset().union(*(_first(branch, behind) for branch in node.branches))
    if isinstance(node, _Rep):
        if node.high == 0:
            return behind
        once = _first(node.item, behind)
        return once | behind if node.low == 0 else once
    for item in reversed(node.items):
        behind = _first(item, behind)
    return behind


def _deterministic(node: _Node, behind: frozenset[str]) -> bool:
    """Return whether each decision in ``node`` shows in the next character, up to ``behind``."""
    if isinstance(node, _Set):
        return _is_prefix_free(node.texts)
    if isinstance(node, _Alt):
        firsts = [_first(branch, behind) for branch in node.branches]
        apart = len(frozenset().union(*firsts)) == sum(map(len, firsts))
        return apart and all(_deterministic(branch, behind) for branch in node.branches)
    if isinstance(node, _Rep):
        if node.low == node.high:
            return _deterministic(_Cat((node.item,) * node.high, node.size), behind)
        once = _first(node.item, frozenset({"\0end"}))
        apart = "\0end" not in once and once.isdisjoint(behind)
        return apart and _deterministic(node.item, once | behind)
    for item in reversed(node.items):
        if not _deterministic(item, behind):
            return False
        behind = _first(item, behind)
    return True


def _set(texts: tuple[str, ...]) -> _Set:
    return _Set(texts, len(texts))


def _cat(items: list[_Node]) -> _Node:
    if len(items) == 1:
        return items[0]
    return _Cat(tuple(items), math.prod(item.size for item in items))


def _alt(branches: list[_Node]) -> _Node:
    """Return one of ``branches``; plain texts that differ become a single set."""
    texts = [_only_text(branch) for branch in branches]
    known = [text for text in texts if text is not None]
    if len(known) == len(branches) == len(set(known)) <= TABLE_LIMIT:
        return _set(tuple(known))
    return _Alt(tuple(branches), sum(branch.size for branch in branches))


def _is_prefix_free(texts: tuple[str, ...]) -> bool:
    """Return whether no text begins another one, so that the string tells which of them stood."""
    ordered = sorted(texts)
    pairs = itertools.pairwise(ordered)
    return len(texts) == 1 or not any(after.startswith(before) for before, after in pairs)


def _only_text(node: _Node) -> str | None:
    """Return the one text that ``node`` makes, or None when it makes several."""
    return _text_at(node, 0) if node.size == 1 else None


class _Parser:
    """A recursive-descent reader."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.place = 0

    def parse(self) -> _Node:
        """Return the tree of the whole pattern."""
        if self._peek("^"):
            self.place += 1
        elif self._peek("\\A"):
            self.place += 2
        tree = self._alternation(top=True)
        if self.place < len(self.source):
            raise PatternError('a ")" without its "("', self.place)
        return tree

    def _peek(self, text: str) -> bool:
        return self.source.startswith(text, self.place)

    def _at_end_anchor(self) -> bool:
        rest = self.source[self.place :]
        return rest in ("$", "\\Z")

    def _alternation(self, *, top: bool = False) -> _Node:
        branches = [self._sequence(top=top)]
        while self._peek("|"):
            self.place += 1
            branches.append(self._sequence(top=top))
        return branches[0] if len(branches) == 1 else _alt(branches)

    def _sequence(self, *, top: bool) -> _Node:
        items: list[_Node] = []
        while self.place < len(self.source) and self.source[self.place] not in "|)":
            if top and self._at_end_anchor():
                self.place = len(self.source)
                break
            text = self._plain_text()
            items.append(_set((text,)) if text else self._quantified(self._item()))
        return _cat(items) if items else _set(("",))

    def _plain_text(self) -> str:
        """Read characters that stand for themselves, but for one that a quantifier follows."""
        found = _PLAIN.match(self.source, self.place)
        if found is None:
            return ""
        end = found.end()
        if self.source[end : end + 1] in _QUANTIFIERS:
            end -= 1
        text = self.source[self.place : end]
        self.place = end
        return text

    def _item(self) -> _Node:
        char = self.source[self.place]
        if char == "(":
            return self._group()
        if char == "[":
            return _set(self._class())
        if char == "\\":
            return _set(self._escape(in_class=False))
        if char == ".":
            self.place += 1
            return _set(PRINTABLE)
        if char in "^$":
            raise PatternError(f'"{char}" can only stand at the end that it anchors', self.place)
        if char in "?*+":
            raise PatternError(f'"{char}" has nothing to repeat', self.place)
        self.place += 1
        return _set((char,))

    def _group(self) -> _Node:
        start = self.place
        self.place += 1
        if self._peek("?"):
            if self._peek("?:"):
                self.place += 2
            elif self._peek("?P<"):
                close = self.source.find(">", self.place)
                name = self.source[self.place + 3 : close] if close > 0 else ""
                if not name.isidentifier():
                    raise PatternError("a named group is written (?P<name>…)", start)
                self.place = close + 1
            else:
                raise PatternError(_refused_group(self.source[start : start + 4]), start)
        inner = self._alternation()
        if not self._peek(")"):
            raise PatternError('a "(" without its ")"', start)
        self.place += 1
        return inner

    def _class(self) -> tuple[str, ...]:
        start = self.place
        self.place += 1
        negated = self._peek("^")
        self.place += negated
        chosen: dict[str, None] = {}
        first = True
        while first or not self._peek("]"):
            if self.place >= len(self.source):
                raise PatternError('a "[" without its "]"', start)
            first = False
            chosen.update(dict.fromkeys(self._class_item(start)))
        self.place += 1
        if negated:
            chosen = dict.fromkeys(char for char in PRINTABLE if char not in chosen)
        if not chosen:
            raise PatternError("this class leaves no printable ASCII character", start)
        return tuple(sorted(chosen))

    def _class_item(self, start: int) -> tuple[str, ...]:
        if self._peek("\\"):
            low = self._escape(in_class=True)
        else:
            low = (self.source[self.place],)
            self.place += 1
        is_range = self._peek("-") and not self._peek("-]") and len(low) == 1
        if not is_range:
            return low
        self.place += 1
        if self.place >= len(self.source):
            raise PatternError('a "[" without its "]"', start)
        if self._peek("\\"):
            high = self._escape(in_class=True)
        else:
            high = (self.source[self.place],)
            self.place += 1
        if len(high) != 1 or ord(high[0]) < ord(low[0]):
            raise PatternError("the range runs backwards", start)
        if ord(high[0]) - ord(low[0]) >= TABLE_LIMIT:
            raise PatternError(f"a class may hold at most {TABLE_LIMIT} characters", start)
        codes = range(ord(low[0]), ord(high[0]) + 1)
        return tuple(chr(code) for code in codes if code not in _SURROGATES)

    def _escape(self, *, in_class: bool) -> tuple[str, ...]:
        start = self.place
        if start + 1 >= len(self.source):
            raise PatternError("a backslash with nothing behind it", start)
        char = self.source[start + 1]
        self.place += 2
        if char in _SHORTHANDS:
            return _SHORTHANDS[char]
        if char.lower() in _SHORTHANDS:
            without = _SHORTHANDS[char.lower()]
            return tuple(item for item in PRINTABLE if item not in without)
        if char in _CONTROLS and not (
            char == "0" and self.source[self.place : self.place + 1].isdigit()
        ):
            return (_CONTROLS[char],)
        if char in "xuU":
            return (self._code_point(char, start),)
        if char == "b" and in_class:
            return ("\b",)
        if char.isdigit():
            raise PatternError("back-references are not supported", start)
        if char.isalpha():
            raise PatternError(f'"\\{char}" is not supported', start)
        return (char,)

    def _code_point(self, kind: str, start: int) -> str:
        width = {"x": 2, "u": 4, "U": 8}[kind]
        digits = self.source[self.place : self.place + width]
        if len(digits) != width or any(digit not in _HEXADECIMAL for digit in digits):
            raise PatternError(f'"\\{kind}" wants {width} hexadecimal digits', start)
        code = int(digits, 16)
        if code > sys.maxunicode or code in _SURROGATES:
            raise PatternError("this is no character of Unicode", start)
        self.place += width
        return chr(code)

    def _quantified(self, item: _Node) -> _Node:
        start = self.place
        bounds = self._bounds()
        if bounds is None:
            return item
        if self._peek("+"):
            raise PatternError("possessive repeats are not supported", self.place)
        if self._peek("?"):
            self.place += 1
        if self._bounds_ahead():
            raise PatternError("a repeat of a repeat needs a group around the first", self.place)
        low, high = bounds
        if high < low:
            raise PatternError("the repeat's bounds run backwards", start)
        if high * max(1, _longest(item)) > MAX_RUNS:
            raise PatternError(f"strings of more than {MAX_RUNS} parts are refused", start)
        return _Rep(item, low, high, sum(item.size**turns for turns in range(low, high + 1)))

    def _bounds_ahead(self) -> bool:
        before = self.place
        try:
            return self._bounds() is not None
        finally:
            self.place = before

    def _bounds(self) -> tuple[int, int] | None:
        """Read a quantifier; None where there is none (a brace that is no quantifier is text)."""
        simple = {"?": (0, 1), "*": (0, OPEN_REPEAT), "+": (1, 1 + OPEN_REPEAT)}
        char = self.source[self.place : self.place + 1]
        if char in simple and char:
            self.place += 1
            return simple[char]
        if char != "{":
            return None
        close = self.source.find("}", self.place)
        low, comma, high = self.source[self.place + 1 : max(close, 0)].partition(",")
        digits = low + high
        if close < 0 or not digits.isascii() or not (low or comma) or not digits.isdigit():
            return None
        if len(digits) > len(str(MAX_RUNS)) * 2:
            raise PatternError(f"strings of more than {MAX_RUNS} parts are refused", self.place)
        least = int(low or 0)
        most = int(high) if high else (least + OPEN_REPEAT if comma else least)
        if most > MAX_RUNS:
            raise PatternError(f"strings of more than {MAX_RUNS} parts are refused", self.place)
        self.place = close + 1
        return least, most


def _refused_group(opening: str) -> str:
    """Say which kind of group ``opening`` starts."""
    kinds = {
        "(?=": "look-ahead is",
        "(?!": "look-ahead is",
        "(?<": "look-behind is",
        "(?P=": "back-references are",
        "(?#": "comments are",
        "(?>": "atomic groups are",
        "(?(": "conditionals are",
    }
    for start, name in kinds.items():
        if opening.startswith(start):
            return f"{name} not supported"
    return "flags are not supported; write the classes out"
