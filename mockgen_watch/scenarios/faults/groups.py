"""Groups of rules: which a fault may touch, as they share fields, or fields that go together."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.scenarios.promise.facts import bare_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mockgen_watch.rules.rule import Rule
    from mockgen_watch.rules.values import Path


class RuleGroup(Struct, frozen=True, kw_only=True):
    """A rule and those that share a field with it, at any distance.

    Attributes:
        rules: in their order.
        paths: the fields that these read, or may be changed at; None means the whole record.
    """

    rules: tuple[Rule, ...]
    paths: tuple[Path, ...] | None


def group_of(
    rules: Sequence[Rule],
    number: int,
    changed: Iterable[Path] = (),
    ties: Sequence[tuple[Path, ...]] = (),
) -> RuleGroup:
    """Return the group of rule ``number``; a rule is changed at the ``changed`` fields it reads.

    ``ties``: fields that go together; a change of one may change another.
    """
    touched = [
        None
        if rule.paths is None
        else tied_paths(
            (*rule.paths, *(path for path in changed if share_field(rule.paths, (path,)))), ties
        )
        for rule in rules
    ]
    # Many rules may be on the same fields: each such set is compared once.
    alike: dict[tuple[Path, ...] | None, list[int]] = {}
    for each, paths in enumerate(touched):
        alike.setdefault(paths, []).append(each)
    reached = {touched[number]}
    waiting = [touched[number]]
    while waiting:
        mine = waiting.pop()
        near = {paths for paths in alike if paths not in reached and share_field(mine, paths)}
        waiting += near
        reached |= near
    found = {each for paths in reached for each in alike[paths]}
    every = [touched[each] for each in sorted(found)]
    together = [path for each in every for path in each or ()]
    return RuleGroup(
        rules=tuple(rules[each] for each in sorted(found)),
        paths=None if None in every else tuple(dict.fromkeys(together)),
    )


def tied_paths(paths: tuple[Path, ...], ties: Sequence[tuple[Path, ...]]) -> tuple[Path, ...]:
    """Return ``paths`` with all fields that go together with one of them, at any distance."""
    waiting = list(ties)
    while near := [tie for tie in waiting if share_field(paths, tie)]:
        paths = tuple(dict.fromkeys([*paths, *itertools.chain.from_iterable(near)]))
        waiting = [tie for tie in waiting if tie not in near]
    return paths


def share_field(left: Sequence[Path] | None, right: Sequence[Path] | None) -> bool:
    """Return whether a path of one side leads into one of the other; None: the whole record."""
    if left is None or right is None:
        return True
    return any(overlap(bare_path(one), bare_path(other)) for one in left for other in right)


def overlap(left: Path, right: Path) -> bool:
    """Return whether one path leads into what the other one names."""
    return left[: len(right)] == right[: len(left)]
