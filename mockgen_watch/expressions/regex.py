"""Regular expressions: what finds a pattern in a text, in a time that is bounded.

RE2 takes a time that grows with the text alone, whatever the pattern. What it does not know, look
around and references back, goes to an engine that may try many ways, and counts none of them: it is
stopped after ``LONGEST`` seconds. The pattern is an error then, so that no record depends on it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST: Final = 1
"""Seconds that one text may take; a usual pattern takes microseconds."""

MOST_ITEMS: Final = 20_000
"""Characters and classes of a pattern, those in a repeat as often as it has them."""

_PIECE: Final = r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{(?:[0-9]*,)?([0-9]+)\}|."

_MOST: Final = 1024
"""Patterns that are kept compiled."""


class PatternFormError(ValueError):
    """A text is no regular expression; the message says why."""


class PatternTooSlowError(ValueError):
    """A pattern tries too many ways to match a text; the message says which."""


@lru_cache(_MOST)
def compile_regex(source: str) -> Callable[[str], bool]:
    """Return whether ``source`` is found anywhere in a text.

    Raises:
        PatternFormError: it is no regular expression. What was returned may raise
            PatternTooSlowError.
    """
    # Most specs have no patterns in rules, and do without both engines.
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        found = re2.compile(source, options)
    except re2.error:
        return _by_backtracking(source)
    return lambda text: found.search(_encodable(text)) is not None


def _encodable(text: str) -> str:
    """Return ``text`` without lone surrogates, which RE2 cannot take."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _by_backtracking(source: str) -> Callable[[str], bool]:
    import regex

    if _unfolded(source) > MOST_ITEMS:
        message = (
            f"{_shown(source)} is too large: its repeats unfold to more than {MOST_ITEMS} items"
        )
        raise PatternFormError(message)
    try:
        found = regex.compile(source)
    except (regex.error, RecursionError, OverflowError) as error:
        raise PatternFormError(f"{source!r} is not a regular expression: {error}") from error

    def find(text: str) -> bool:
        try:
            return found.search(text, timeout=LONGEST) is not None
        except TimeoutError as error:
            message = (
                f"the pattern {_shown(source)} tries too many ways to match {_shown(text)}: "
                f"it took more than {LONGEST} s, and was stopped"
            )
            raise PatternTooSlowError(message) from error

    return find


def _unfolded(source: str) -> int:
    """Return how many items a pattern has when its counted repeats are written out, about."""
    sizes, last = [0], 0
    for token in re.finditer(_PIECE, source, re.DOTALL):
        if token[0] == "(":
            sizes.append(0)
            continue
        if token[0] == ")" and len(sizes) > 1:
            last = sizes.pop()
        elif token[1] is not None:
            last *= max(int(token[1][:9]) - 1, 0)
        else:
            last = 1
        sizes[-1] += last
    return sum(sizes)


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


_SHOWN: Final = 40
