r"""Patterns: regular expressions, read to the decisions and runs that make their strings.

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

import re
import sys
from functools import lru_cache
from typing import Final

from msgspec import Struct

from mockgen_watch.spec import pattern_tree

OPEN_REPEAT: Final = 8
"""How far above its minimum a repeat without an end goes."""

MAX_RUNS: Final = 4096
"""A pattern whose strings have more parts, or may be longer, than this is refused."""

MAX_DEPTH: Final = 50
"""A pattern whose groups are nested deeper than this is refused."""

_TOO_LONG: Final = f"strings of more than {MAX_RUNS} parts are not supported"

_PLAIN: Final = r"[^\\.^$|?*+()\[\]{}]+(?![?*+{])"
"""Characters that stand for themselves, but for one that a quantifier follows."""

_BEGINNING: Final = r"\^|\\A"
_END: Final = r"(?:\$|\\Z)\Z"
_GROUP: Final = r"\((?:\?:|(?!\?))"
_NAMED_GROUP: Final = r"\(\?P<([^>]*)>"
_QUANTIFIER: Final = r"[?*+]|\{(?=,?[0-9])([0-9]*)(,?)([0-9]*)\}"
"""A brace that is no quantifier is text."""

_SIMPLE: Final = {"?": (0, 1), "*": (0, OPEN_REPEAT), "+": (1, 1 + OPEN_REPEAT)}

PRINTABLE: Final = tuple(chr(code) for code in range(0x20, 0x7F))
_DIGITS: Final = tuple("0123456789")
_WORD: Final = tuple(code for code in PRINTABLE if code.isalnum() or code == "_")
_SHORTHANDS: Final = {"d": _DIGITS, "w": _WORD, "s": (" ",)}
_OTHER_CLASS: Final = re.compile(
    r"\[\^?(?:[^\]\\]|\\.)*?(?:(?P<posix>\[:\^?[a-z]+:\])|&&)", re.DOTALL
)
"""A class that holds what other kinds of regular expressions have there."""

_SURROGATES: Final = range(0xD800, 0xE000)
_CONTROLS: Final = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "a": "\a", "0": "\0"}


class PatternError(ValueError):
    """The pattern is no regular expression, or has at ``offset``, from 0, what is not supported."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


class CompiledPattern(Struct, frozen=True, kw_only=True):
    """A pattern, compiled.

    Attributes:
        decisions: those of branches and repeats, all outcomes equally likely, in the order in
            which they are met; a decision inside of a branch that is not taken is simply unused.
        runs: a text of each run, in order, makes a string; tables have 1 to ``TABLE_LIMIT``
            texts.
        tree: what the pattern was read to.
    """

    decisions: tuple[pattern_tree.Decision, ...]
    runs: tuple[pattern_tree.Run, ...]
    tree: pattern_tree.Node

    @property
    def size(self) -> int:
        """How many ways there are to make a string."""
        return self.tree.size

    @property
    def distinct(self) -> bool:
        """Whether it is certain that no string comes out in two ways; computed each time.

        Then ``size`` counts strings, and ``text_at`` is a bijection.
        """
        return pattern_tree.is_unambiguous(self.tree)

    def text_at(self, number: int) -> str:
        """Return string ``number`` of all, 0 <= number < ``size``."""
        return self.tree.text_at(number)


@lru_cache(maxsize=256)
def compile_pattern(source: str) -> CompiledPattern:
    """Return the compiled form of ``source``.

    Raises:
        PatternError: it is no regular expression, is not supported, or is too large.
    """
    tree = _Parser(source).parse()
    if tree.longest() > MAX_RUNS:
        raise PatternError(_TOO_LONG, 0)
    decisions, runs = pattern_tree.flatten(tree)
    return CompiledPattern(decisions=decisions, runs=runs, tree=tree)


class _Parser:
    """A reader by recursive descent."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.place = 0
        self.depth = 0

    def parse(self) -> pattern_tree.Node:
        """Return the tree of the whole pattern."""
        self._take(_BEGINNING)
        tree = self._alternation(top=True)
        if self.place < len(self.source):
            raise PatternError('unmatched ")"', self.place)
        return tree

    def _peek(self, text: str) -> bool:
        return self.source.startswith(text, self.place)

    def _take(self, expression: str) -> re.Match[str] | None:
        """Go behind what ``expression`` matches here, if it does."""
        found = re.compile(expression).match(self.source, self.place)
        self.place = found.end() if found else self.place
        return found

    def _alternation(self, *, top: bool = False) -> pattern_tree.Node:
        branches = [self._sequence(top=top)]
        while self._peek("|"):
            self.place += 1
            branches.append(self._sequence(top=top))
        return branches[0] if len(branches) == 1 else pattern_tree.one_of(branches)

    def _sequence(self, *, top: bool) -> pattern_tree.Node:
        items: list[pattern_tree.Node] = []
        while self.place < len(self.source) and self.source[self.place] not in "|)":
            if top and self._take(_END):
                break
            text = self._take(_PLAIN)
            items.append(
                pattern_tree.Choice((text[0],)) if text else self._quantified(self._item())
            )
        return pattern_tree.in_sequence(items) if items else pattern_tree.Choice(("",))

    def _item(self) -> pattern_tree.Node:
        char = self.source[self.place]
        if char == "(":
            return self._group()
        if char == "[":
            return pattern_tree.Choice(self._class())
        if char == "\\":
            return pattern_tree.Choice(self._escape(in_class=False))
        if char == ".":
            self.place += 1
            return pattern_tree.Choice(PRINTABLE)
        if char in "^$":
            raise PatternError(f'"{char}" is only allowed at the end that it anchors', self.place)
        if char in "?*+":
            raise PatternError(f'"{char}" has nothing to repeat', self.place)
        self.place += 1
        return pattern_tree.Choice((char,))

    def _group(self) -> pattern_tree.Node:
        start = self.place
        if not self._take(_GROUP):
            if not self._peek("(?P<"):
                raise PatternError(_refused_group(self.source[start : start + 4]), start)
            named = self._take(_NAMED_GROUP)
            if named is None or not named[1].isidentifier():
                raise PatternError("write a named group as (?P<name>…)", start)
        if self.depth == MAX_DEPTH:
            raise PatternError(f"groups can be nested at most {MAX_DEPTH} deep", start)
        self.depth += 1
        inner = self._alternation()
        self.depth -= 1
        if not self._peek(")"):
            raise PatternError('unmatched "("', start)
        self.place += 1
        return inner

    def _class(self) -> tuple[str, ...]:
        start = self.place
        found = _OTHER_CLASS.match(self.source, start)
        if found is not None:
            raise PatternError(
                f'"{found["posix"] or "&&"}" in a class is not supported; write the characters out',
                start,
            )
        is_negated = self._peek("[^")
        self.place += 1 + is_negated
        chosen = set(self._class_item(start))
        while not self._peek("]"):
            chosen.update(self._class_item(start))
        self.place += 1
        if is_negated:
            chosen = set(PRINTABLE) - chosen
        if not chosen:
            raise PatternError("this class contains no printable ASCII character", start)
        return tuple(sorted(chosen))

    def _class_item(self, start: int) -> tuple[str, ...]:
        """Read a character, a range or a shorthand of the class that begins at ``start``."""
        low = self._class_end(start)
        if len(low) != 1 or not self._peek("-") or self._peek("-]"):
            return low
        self.place += 1
        high = self._class_end(start)
        if len(high) != 1 or ord(high[0]) < ord(low[0]):
            raise PatternError("the range is reversed", start)
        if ord(high[0]) - ord(low[0]) >= pattern_tree.TABLE_LIMIT:
            raise PatternError(
                f"a class can have at most {pattern_tree.TABLE_LIMIT} characters", start
            )
        codes = range(ord(low[0]), ord(high[0]) + 1)
        return tuple(chr(code) for code in codes if code not in _SURROGATES)

    def _class_end(self, start: int) -> tuple[str, ...]:
        if self.place >= len(self.source):
            raise PatternError('unmatched "["', start)
        if self._peek("\\"):
            return self._escape(in_class=True)
        self.place += 1
        return (self.source[self.place - 1],)

    def _escape(self, *, in_class: bool) -> tuple[str, ...]:
        start = self.place
        if start + 1 >= len(self.source):
            raise PatternError("a backslash with nothing after it", start)
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
        if not re.fullmatch(f"[0-9A-Fa-f]{{{width}}}", digits):
            raise PatternError(f'"\\{kind}" needs {width} hexadecimal digits', start)
        code = int(digits, 16)
        if code > sys.maxunicode or code in _SURROGATES:
            raise PatternError("this is not a Unicode character", start)
        self.place += width
        return chr(code)

    def _quantified(self, item: pattern_tree.Node) -> pattern_tree.Node:
        start = self.place
        bounds = self._bounds()
        if bounds is None:
            return item
        if self._peek("+"):
            raise PatternError("possessive repeats are not supported", self.place)
        if self._peek("?"):
            self.place += 1
        behind = self.place
        if self._bounds() is not None:
            raise PatternError("to repeat a repeat, put the first in a group", behind)
        low, high = bounds
        if high < low:
            raise PatternError("the bounds of the repeat are reversed", start)
        if high * max(1, item.longest()) > MAX_RUNS:
            raise PatternError(_TOO_LONG, start)
        return pattern_tree.repeated(item, low, high)

    def _bounds(self) -> tuple[int, int] | None:
        """Read a quantifier; None where there is none."""
        found = self._take(_QUANTIFIER)
        if found is None or found[0] in _SIMPLE:
            return _SIMPLE[found[0]] if found else None
        low, comma, high = found.groups()
        if len(low + high) > len(str(MAX_RUNS)) * 2:
            raise PatternError(_TOO_LONG, found.start())
        least = int(low or 0)
        most = int(high or least + OPEN_REPEAT * len(comma))
        if most > MAX_RUNS:
            raise PatternError(_TOO_LONG, found.start())
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
