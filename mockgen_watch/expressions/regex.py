"""Regular expressions: what finds a pattern in a text, in a time that is bounded.

RE2 takes a time that grows with the text alone, whatever the pattern. What it does not know, look
around and references back, goes to an engine that may try many ways, and is stopped after
``LONGEST`` seconds.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST: Final = 2
"""Seconds that one text may take; a usual pattern takes microseconds."""

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

    try:
        found = regex.compile(source)
    except (regex.error, RecursionError, OverflowError) as error:
        raise PatternFormError(f"{source!r} is no regular expression: {error}") from error

    def find(text: str) -> bool:
        try:
            return found.search(text, timeout=LONGEST) is not None
        except TimeoutError as error:
            shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
            message = f"the pattern {source!r} tries too many ways to match {shown!r}"
            raise PatternTooSlowError(message) from error

    return find


_SHOWN: Final = 40
