"""Takes the suites that may have moved; gives what is enough to decide on these alone.

Nothing else moved since all was found to be right, so that nothing else has to be decided on. But
suites in folders of each other may own files in one place, so that these are looked at, too.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.lock.paths import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Self

_FEW = 20


class Scope(Struct, frozen=True, kw_only=True):
    """A part of the suites of a project.

    Attributes:
        acting: those to decide on; they need not be there any more.
        near: these, and all whose folder is in one of theirs, or has one of theirs in it.
    """

    acting: frozenset[str]
    near: frozenset[str]

    @classmethod
    def around(cls, acting: Iterable[str], suites: Iterable[str]) -> Self:
        """Return the scope of ``acting`` among ``suites``."""
        chosen = frozenset(acting)
        folded = {fold(suite) for suite in chosen}
        above = {folder for suite in folded for folder in _folders(suite)}
        names = _folded(frozenset(suites))
        near = {suite for name, suite in names if name in above}
        if "" in folded:
            near.update(suite for _, suite in names)
        elif len(folded) <= _FEW:
            inside = tuple(f"{suite}/" for suite in folded)
            near |= {suite for name, suite in names if name.startswith(inside)}
        else:
            near |= {suite for name, suite in names if not folded.isdisjoint(_folders(name))}
        return cls(acting=chosen, near=chosen | near)


@lru_cache(maxsize=1)
def _folded(suites: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """Return each of ``suites`` behind its folded name; a daemon asks again and again."""
    return tuple((fold(suite), suite) for suite in suites)


def _folders(suite: str) -> Iterator[str]:
    """Give ``suite`` and all folders that it is in; the last is ``""``."""
    while suite:
        yield suite
        suite = suite.rpartition("/")[0]
    yield ""
