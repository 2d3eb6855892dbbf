"""Fault kinds of a rule: in which order each record tries them, and what decides the outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from mockgen_watch.rules.values import Path, places_of
from mockgen_watch.scenarios.faults.candidates import OWN, WRONG_TYPE, Candidate, rotated
from mockgen_watch.scenarios.promise.facts import bare_path

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    from mockgen_watch.rules.rule import Rule
    from mockgen_watch.scenarios.labels import Fault
    from mockgen_watch.spec.document import Json


ONE_IN: Final = 4
"""At most one fault in so many is of the wrong type."""

TRIED: Final = 2048
"""Twins after which it is known whether a cache of their faults is worth its cost."""

MOST_FAULTS: Final = 1 << 15
"""Faults that one cache holds."""


class FaultKinds(Struct, frozen=True, kw_only=True):
    """How a rule can be broken.

    Attributes:
        single: kinds that break it, and no other rule, at one place; in the order in which they
            alternate.
        impossible: the other kinds, each with the reason.
        rare: kinds that one of the first two twins does not allow; they come first where they can,
            every other time, or few records would show them.
        last: kinds that broke a twin which none of the others broke.
    """

    single: tuple[str, ...]
    impossible: Mapping[str, str]
    rare: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    _orders: dict[tuple[int, int], tuple[tuple[str, ...], ...]] = field(default_factory=dict)

    @property
    def every(self) -> tuple[str, ...]:
        """All kinds that break the rule."""
        return (*self.single, *self.last)

    def order(self, number: int, rotation: int, own: int) -> tuple[str, ...]:
        """Return the kinds that a record tries, the first choice first.

        Args:
            number: of the rule, so that rules begin at different kinds.
            rotation: of the record.
            own: how many values the scenario itself states.
        """
        if own and rotation < own:
            return (OWN, *self.single)
        key = (number, own)
        if key not in self._orders:
            self._orders[key] = tuple(self._all_orders(number, own))
        orders = self._orders[key]
        return orders[(rotation - own) % len(orders)]

    def _all_orders(self, number: int, own: int) -> Iterator[tuple[str, ...]]:
        """Yield the order of each rotation after those of the ``own`` values, until they repeat."""
        cycle = self._cycle(is_own=bool(own))
        if not cycle:
            yield self.single
            return
        # Rules begin at different kinds, and none of them with a wrong type.
        first = number % max(len(cycle) - 1, 1)
        for step in range(len(cycle) * max(len(self.rare), 1)):
            usual = tuple(dict.fromkeys(rotated(cycle, first + step)))
            yield usual
            if self.rare:
                yield tuple(dict.fromkeys([*rotated(list(self.rare), step), *usual]))

    def _cycle(self, *, is_own: bool) -> list[str]:
        others = [kind for kind in self.single if kind not in {WRONG_TYPE, OWN}]
        cycle = [*others, OWN] if is_own else list(others)
        if WRONG_TYPE in self.single:
            size = max(len(cycle) + 1, ONE_IN)
            while cycle and len(cycle) < size - 1:
                cycle.append(cycle[len(cycle) % len(others)] if others else cycle[0])
            cycle.append(WRONG_TYPE)
        return cycle


class CandidatesByKind:
    """The candidates for one record, made when their kind is asked for."""

    def __init__(
        self,
        make: Callable[[str], Iterator[Candidate]],
        own: list[Candidate],
        rotation: int,
        *,
        is_quick: bool,
    ) -> None:
        """Have candidates made by ``make``, those of one kind at least, or of ``""``: all kinds.

        ``own`` are those that the scenario states. Where ``is_quick``, they are made kind by kind.
        """
        self._make = make
        self._rotation = rotation
        self._rest = None if is_quick else make("")
        self._made: dict[str, list[Candidate]] = {OWN: own}

    def make_all(self) -> None:
        """Make all at once: some of a plugin's may be of the kind of those stated."""
        for candidate in self._rest or ():
            self._made.setdefault(candidate.operator, []).append(candidate)

    def of(self, kind: str) -> Iterator[Candidate]:
        """Yield those of ``kind``; of those stated another one first for each rotation."""
        made = self._made.setdefault(kind, [])
        yield from rotated(made, self._rotation if kind == OWN else 0)
        if self._rest is None:
            yield from (found for found in self._make(kind) if found.operator == kind)
            return
        for candidate in self._rest:
            self._made.setdefault(candidate.operator, []).append(candidate)
            if candidate.operator == kind:
                yield candidate


class FaultCache:
    """The faults of twins that agree in all that decides how a rule of single values breaks.

    That is what the twins hold in the fields of the rule's group, and of the record's rotation no
    more than the order of kinds, the place to begin with and, in a text, the character.
    """

    def __init__(self, rule: Rule, kinds: FaultKinds, number: int) -> None:
        self._paths = () if rule.faults is not None or rule.paths is None else rule.paths
        self._kinds = kinds
        self._number = number
        self._faults: dict[Hashable, Fault | None] = {}
        self._asked = 0

    def key_of(self, twin: Json, rotation: int, own: Sequence[Candidate]) -> Hashable | None:
        """Return what all twins with the same fault have in common; None: not known.

        ``twin`` has nothing beside the fields of the rule's group.
        """
        if not self._paths or rotation < len(own):
            return None
        self._asked += 1
        if self._asked > TRIED and 16 * len(self._faults) > 15 * self._asked:
            # Hardly any twins agree, and to look costs something.
            self._paths = ()
            self._faults.clear()
            return None
        values: list[Json] = []
        for path in self._paths:
            found = [value for _, value in places_of(twin, path)]
            if len(found) > 1 or any(isinstance(value, dict | list) for value in found):
                return None
            values += found
        return (
            repr(twin),
            self._kinds.order(self._number, rotation, len(own)),
            rotation % 2,
            rotation % max(len(values), 1),
            tuple([rotation % len(value) for value in values if isinstance(value, str) and value]),
            rotation % max(len(own), 1),
            tuple([(candidate.place, repr(candidate.value)) for candidate in own]),
        )

    def get(self, key: Hashable, find: Callable[[], Fault | None]) -> Fault | None:
        """Return the fault of twins with this ``key``, which ``find`` finds the first time."""
        if key in self._faults:
            return self._faults[key]
        fault = find()
        if len(self._faults) < MOST_FAULTS:
            self._faults[key] = fault
        return fault


class RuleGroup(Struct, frozen=True, kw_only=True):
    """A rule and those that share a field with it, at any distance.

    Attributes:
        rules: in their order.
        paths: the fields that these read, or may be changed at; None means the whole record.
    """

    rules: tuple[Rule, ...]
    paths: tuple[Path, ...] | None


def group_of(rules: Sequence[Rule], number: int, changed: Iterable[Path] = ()) -> RuleGroup:
    """Return the group of rule ``number``; a rule is changed at the ``changed`` fields it reads."""
    touched = [_touched(rule, changed) for rule in rules]
    found = {number}
    waiting = [number]
    while waiting:
        mine = touched[waiting.pop()]
        near = {other for other in range(len(rules)) if _share_field(mine, touched[other])}
        waiting += near - found
        found |= near
    every = [touched[each] for each in sorted(found)]
    paths = [path for each in every for path in each or ()]
    return RuleGroup(
        rules=tuple(rules[each] for each in sorted(found)),
        paths=None if None in every else tuple(dict.fromkeys(paths)),
    )


def overlap(left: Path, right: Path) -> bool:
    """Return whether one path leads into what the other one names."""
    return left[: len(right)] == right[: len(left)]


def _touched(rule: Rule, changed: Iterable[Path]) -> tuple[Path, ...] | None:
    if rule.paths is None:
        return None
    own = (path for path in changed if _share_field(rule.paths, (path,)))
    return (*rule.paths, *own)


def _share_field(left: Sequence[Path] | None, right: Sequence[Path] | None) -> bool:
    if left is None or right is None:
        return True
    return any(overlap(bare_path(one), bare_path(other)) for one in left for other in right)
