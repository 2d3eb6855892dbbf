"""Following: computed fields of a record, made again where a fault changes what they are made of.

A total that stays while an amount changes breaks the rule that the total is their sum. Where such a
rule is not the one to be broken, the total follows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from mockgen_watch.expressions.evaluating import compile_node
from mockgen_watch.expressions.values import EvaluationError, TooMuchWorkError
from mockgen_watch.generate.computed import Written
from mockgen_watch.plan.dependents import FieldFacts
from mockgen_watch.rules.values import MISSING, Missing, places_of, same, value_at, with_value
from mockgen_watch.scenarios.faults.groups import overlap
from mockgen_watch.scenarios.promise.facts import Field, bare_path, final_value
from mockgen_watch.spec.generators import Computed, names_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.rules.values import Path, Place, RecordView
    from mockgen_watch.spec.document import Json


class _Follower(NamedTuple):
    """A computed field.

    Attributes:
        reads: the paths of the fields that it is made of.
        make: returns its value from the names of its expression.
        depth: how many keys lead to what it calls ``this``.
    """

    field: Field
    reads: tuple[Path, ...]
    make: Callable[[dict[str, Any]], Json]
    depth: int


class Followers:
    """The computed fields of a plan.

    Attributes:
        ties: of each, the paths of the field itself and of all that it reads.
    """

    def __init__(self, plan: RecordPlan, view: RecordView, fields: Sequence[Field]) -> None:
        facts = FieldFacts(plan)
        self._view = view
        self._followers = [_follower(field, facts) for field in fields]
        self.ties = tuple((each.field.path, *each.reads) for each in self._followers)

    def after(self, before: Json, changed: Json, places: Sequence[Place]) -> dict[Place, Json]:
        """Return the values that computed fields have once ``places`` are changed, by place.

        Those that ``before`` does not have as they are computed stay, and so do those that
        cannot be computed any more.
        """
        found: dict[Place, Json] = {}
        moved = [bare_path(place) for place in places]
        # One may be made of another: no chain of them is longer than they are many.
        for _ in self._followers:
            more = dict(self._moved(before, changed, moved, {*places, *found}))
            if not more:
                break
            for place, value in more.items():
                changed = with_value(changed, place, value)
                moved.append(bare_path(place))
            found |= more
        return found

    def _moved(
        self, before: Json, changed: Json, moved: Sequence[Path], done: set[Place]
    ) -> Iterator[tuple[Place, Json]]:
        for follower in self._followers:
            if not any(overlap(read, path) for read in follower.reads for path in moved):
                continue
            for place, value in places_of(changed, follower.field.path):
                if place in done or value is None:
                    continue
                was = self._value(follower, before, place)
                if isinstance(was, Missing) or not same(was, value):
                    continue
                now = self._value(follower, changed, place)
                if not isinstance(now, Missing) and not same(now, value):
                    yield place, now

    def _value(self, follower: _Follower, record: Json, place: Place) -> Json | Missing:
        """Return what a field at a place of a record is computed to be."""
        written = self._view.with_moments(record)
        names: dict[str, Any] = {"record": self._view.record_of(written)}
        if follower.depth:
            names["this"] = value_at(written, _home_of(place, follower.depth))
        try:
            return follower.make(names)
        except (EvaluationError, TooMuchWorkError):
            return MISSING


def _follower(field: Field, facts: FieldFacts) -> _Follower:
    computed = field.leaf.generator
    if not isinstance(computed, Computed):
        raise TypeError("only a computed field follows others")
    checked = facts.checked(computed.expression)
    run = compile_node(checked.node)
    written = Written(computed, checked.type.kind, checked.type.decimals)
    return _Follower(
        field=field,
        reads=tuple(map(bare_path, names_of(computed))),
        make=lambda names: final_value(field.leaf, written.value(run(names))),
        depth=len(computed.expression.home),
    )


def _home_of(place: Place, depth: int) -> Place:
    """Return the part of ``place`` that has ``depth`` keys, with the element behind them."""
    keys = 0
    for end, key in enumerate(place):
        if isinstance(key, str):
            if keys == depth:
                return place[:end]
            keys += 1
    return place
