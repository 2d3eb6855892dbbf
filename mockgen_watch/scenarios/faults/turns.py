"""Takes the kinds of faults that break a rule; gives in which order each record tries them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from mockgen_watch.rules.values import places_of
from mockgen_watch.scenarios.faults.mutations import OWN, WRONG_TYPE
from mockgen_watch.scenarios.promise.facts import bare_path

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
    from typing import Final

    from mockgen_watch.rules.rule import Rule
    from mockgen_watch.rules.values import Path
    from mockgen_watch.scenarios.faults.mutations import Candidate
    from mockgen_watch.scenarios.source import Fault
    from mockgen_watch.spec.document import Json


ONE_IN: Final = 4
"""At most one fault in so many is of the wrong type."""

TRIED: Final = 2048
"""Twins after which it is known whether many of them are alike."""

KEPT: Final = 1 << 15
"""Twins of which is kept what became of them."""


class Breakage(Struct, frozen=True, kw_only=True):
    """How a rule can be broken.

    Attributes:
        kinds: those that break it, and no other rule, in the order of their turns.
        impossible: the other kinds, each with the reason.
        rare: kinds that one of the first two twins does not allow; they come first where they can,
            every other time, or few records would show them.
        last: kinds that broke a twin which none of the others broke.
    """

    kinds: tuple[str, ...]
    impossible: Mapping[str, str]
    rare: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    _orders: dict[tuple[int, int], tuple[tuple[str, ...], ...]] = field(default_factory=dict)

    @property
    def every(self) -> tuple[str, ...]:
        """All kinds that break the rule."""
        return (*self.kinds, *self.last)

    def order(self, number: int, turn: int, own: int) -> tuple[str, ...]:
        """Return the kinds for a rule's record of this ``turn``, the first choice first.

        ``number`` is the rule's; ``own`` tells how many values the scenario itself states.
        """
        if own and turn < own:
            return (OWN, *self.kinds)
        key = (number, own)
        if key not in self._orders:
            self._orders[key] = tuple(self._all_orders(number, own))
        orders = self._orders[key]
        return orders[(turn - own) % len(orders)]

    def _all_orders(self, number: int, own: int) -> Iterator[tuple[str, ...]]:
        """Yield the order of each turn behind those of the ``own`` values, until they repeat."""
        cycle = self._cycle(is_own=bool(own))
        if not cycle:
            yield self.kinds
            return
        # Rules begin at different kinds, and none of them with a wrong type.
        first = number % max(len(cycle) - 1, 1)
        if not self.rare:
            for step in range(len(cycle)):
                yield _from(cycle, first + step)
            return
        for step in range(len(cycle) * len(self.rare)):
            usual = _from(cycle, first + step)
            yield usual
            yield tuple(dict.fromkeys([*_from(self.rare, step), *usual]))

    def _cycle(self, *, is_own: bool) -> tuple[str, ...]:
        others = [kind for kind in self.kinds if kind not in {WRONG_TYPE, OWN}]
        cycle = [*others, OWN] if is_own else list(others)
        if WRONG_TYPE in self.kinds:
            size = max(len(cycle) + 1, ONE_IN)
            while cycle and len(cycle) < size - 1:
                cycle.append(cycle[len(cycle) % len(others)] if others else cycle[0])
            cycle.append(WRONG_TYPE)
        return tuple(cycle)


def _from(kinds: tuple[str, ...], start: int) -> tuple[str, ...]:
    """Return ``kinds`` in a circle from the one at ``start`` on, each once."""
    start %= len(kinds)
    return tuple(dict.fromkeys([*kinds[start:], *kinds[:start]]))


class Choices:
    """The changes that may break a rule, by kind; they are made when a kind is asked for."""

    def __init__(
        self,
        make: Callable[[str], Iterator[Candidate]],
        own: list[Candidate],
        turn: int,
        *,
        is_quick: bool,
    ) -> None:
        """Have them made by ``make``, all those of a kind at least, or of ``""``: of all kinds.

        ``own`` are those that the scenario states. Where making is quick, it is done kind by kind.
        """
        self._make = make
        self._turn = turn
        self._found = None if is_quick else make("")
        self._known: dict[str, list[Candidate]] = {OWN: own}

    def make_all(self) -> None:
        """Make all at once: of a plugin's some may be of the kind of those stated."""
        for candidate in self._found or ():
            self._known.setdefault(candidate.operator, []).append(candidate)

    def of(self, kind: str) -> Iterator[Candidate]:
        """Yield those of ``kind``; of those stated another one first in each turn."""
        known = self._known.setdefault(kind, [])
        start = self._turn % len(known) if kind == OWN and known else 0
        yield from known[start:] + known[:start]
        if self._found is None:
            yield from (found for found in self._make(kind) if found.operator == kind)
            return
        for candidate in self._found:
            self._known.setdefault(candidate.operator, []).append(candidate)
            if candidate.operator == kind:
                yield candidate


class Alike:
    """What became of twins that are alike in all that decides how a rule of single values breaks.

    That is what stands in them, in the scope of the rule, and of the record's turn no more than the
    order of kinds, the place to begin with and, in a text, the character.
    """

    def __init__(self, rule: Rule, breakage: Breakage, number: int) -> None:
        """Keep what becomes of twins that are to break ``rule``, whose place is ``number``."""
        self._paths = () if rule.faults is not None or rule.paths is None else rule.paths
        self._breakage = breakage
        self._number = number
        self._known: dict[Hashable, Fault | None] = {}
        self._asked = 0

    def key_of(self, twin: Json, turn: int, own: Sequence[Candidate]) -> Hashable | None:
        """Return what a twin has in common with those that break alike; None: not known.

        ``twin`` has nothing beside the rule's scope.
        """
        if not self._paths or turn < len(own):
            return None
        self._asked += 1
        if self._asked > TRIED and 16 * len(self._known) > 15 * self._asked:
            # Hardly any are alike, and to look costs something.
            self._paths = ()
            self._known.clear()
            return None
        values: list[Json] = []
        for path in self._paths:
            found = [value for _, value in places_of(twin, path)]
            if len(found) > 1 or any(isinstance(value, dict | list) for value in found):
                return None
            values += found
        return (
            repr(twin),
            self._breakage.order(self._number, turn, len(own)),
            turn % 2,
            turn % max(len(values), 1),
            tuple([turn % len(value) for value in values if isinstance(value, str) and value]),
            turn % max(len(own), 1),
            tuple([(candidate.place, repr(candidate.value)) for candidate in own]),
        )

    def fault_of(self, key: Hashable) -> Fault | None:
        """Return the fault of one place that broke such a twin; None where none did.

        Raises:
            KeyError: there was no such twin.
        """
        return self._known[key]

    def keep(self, key: Hashable, fault: Fault | None) -> None:
        """Keep what became of a twin."""
        if len(self._known) < KEPT:
            self._known[key] = fault


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
    """Return whether one path leads into what the other one names."""
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
