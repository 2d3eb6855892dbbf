"""Takes the kinds of faults that break a rule; gives in which order each record tries them."""

from __future__ import annotations

from mockgen_watch.dataclass import dataclass, field
from mockgen_watch.scenarios.mutations import OWN, WRONG_TYPE
from mockgen_watch.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Final

    from mockgen_watch.scenarios.mutations import Candidate

ONE_IN: Final = 4
"""At most one fault in so many is of the wrong type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakage:
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
    _orders: dict[tuple[int, int], tuple[tuple[str, ...], ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

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

    def __init__(self, found: Iterator[Candidate], own: list[Candidate], turn: int) -> None:
        """Take them from ``found``, and those that the scenario states from ``own``."""
        self.own = own
        self._found = found
        self._turn = turn
        self._known: dict[str, list[Candidate]] = {OWN: own}

    def make_all(self) -> None:
        """Make all at once: of a plugin's some may be of the kind of those stated."""
        for candidate in self._found:
            self._known.setdefault(candidate.operator, []).append(candidate)

    def of(self, kind: str) -> Iterator[Candidate]:
        """Yield those of ``kind``; of those stated another one first in each turn."""
        known = self._known.setdefault(kind, [])
        start = self._turn % len(known) if kind == OWN and known else 0
        yield from known[start:] + known[:start]
        for candidate in self._found:
            self._known.setdefault(candidate.operator, []).append(candidate)
            if candidate.operator == kind:
                yield candidate
