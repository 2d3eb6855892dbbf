"""Takes a regular expression; gives what ``re.compile`` gives, compiled when it is first used.

Compiling takes 0.1 to 10 ms, and a run uses few of the expressions of the modules that it needs.
"""

from __future__ import annotations

import re

from mockgen_watch.typed import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from typing import AnyStr


def regex(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return the pattern of ``source``, for its methods; ``re``'s own functions do not take it."""
    return cast("re.Pattern[AnyStr]", _Regex(source, flags))


class _Regex:
    """Has the attributes of the pattern, from the first use on as its own."""

    def __init__(self, source: str | bytes, flags: int) -> None:
        self._source = source
        self._flags = flags

    def __getattr__(self, name: str) -> object:
        """Return the attribute ``name`` of the pattern."""
        found: object = getattr(re.compile(self._source, self._flags), name)
        self.__dict__[name] = found
        return found
