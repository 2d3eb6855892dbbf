"""Takes a model's rules; gives of each the rules and fields that a fault of it may concern.

Rules that read a field in common are beside each other. What a fault of one does to the others, and
what may mend that, is decided by the fields of all that are beside it, at any distance: by these
alone, so that nothing else of a record need be there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.scenarios.facts import bare_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mockgen_watch.rules.places import Path
    from mockgen_watch.rules.rule import Rule


class Scope(Struct, frozen=True, kw_only=True):
    """What decides how a rule is broken.

    Attributes:
        rules: it, and those beside it.
        paths: the fields that these read, or may be changed at; None means the whole record.
    """

    rules: tuple[Rule, ...]
    paths: tuple[Path, ...] | None


def find_scope(rules: Sequence[Rule], number: int, changed: Iterable[Path] = ()) -> Scope:
    """Return the scope of rule ``number``; a rule is changed at the ``changed`` fields it reads."""
    touched = [_touched(rule, changed) for rule in rules]
    found = {number}
    waiting = [number]
    while waiting:
        mine = touched[waiting.pop()]
        near = {other for other in range(len(rules)) if _are_beside(mine, touched[other])}
        waiting += near - found
        found |= near
    every = [touched[each] for each in sorted(found)]
    paths = [path for each in every for path in each or ()]
    return Scope(
        rules=tuple(rules[each] for each in sorted(found)),
        paths=None if None in every else tuple(dict.fromkeys(paths)),
    )


def meet(left: Path, right: Path) -> bool:
    """Tell whether one path leads into what the other one names."""
    return left[: len(right)] == right[: len(left)]


def _touched(rule: Rule, changed: Iterable[Path]) -> tuple[Path, ...] | None:
    if rule.paths is None:
        return None
    own = (path for path in changed if _are_beside(rule.paths, (path,)))
    return (*rule.paths, *own)


def _are_beside(left: Sequence[Path] | None, right: Sequence[Path] | None) -> bool:
    if left is None or right is None:
        return True
    return any(meet(bare_path(one), bare_path(other)) for one in left for other in right)
