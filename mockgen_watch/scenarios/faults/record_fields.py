"""Record fields: what faults need to know of a plan's fields, by their places in its records."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from mockgen_watch.generate.column import Program, record_at
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.rules import values as json_values
from mockgen_watch.scenarios.promise.facts import bare_path, change_shape
from mockgen_watch.spec.generators import Moment, Number
from mockgen_watch.spec.model import Leaf, ObjectShape, find_shape, objects_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.model import Shape


_MOST_WHOLE: Final = 4
"""Records in which nothing is absent, for the values of fields that a twin does not have."""

_MOST_LEAVES: Final = 4096
"""Places of which is held what leaf they belong to."""


class RecordFields:
    """The fields of a plan by their places in its records, as rules see them."""

    def __init__(self, plan: RecordPlan, view: json_values.RecordView) -> None:
        self.view = view
        self._shape = plan.shape

        def find_leaf(place: json_values.Place) -> Leaf | None:
            found = find_shape(plan.shape, bare_path(place))
            return found if isinstance(found, Leaf) else None

        self.leaf_at: Callable[[json_values.Place], Leaf | None] = lru_cache(_MOST_LEAVES)(
            find_leaf
        )
        """Returns the leaf that the value at a place stems from, or None."""

        self._find_whole = lru_cache(_MOST_WHOLE)(_records_of(plan, _whole))
        self._find_full = lru_cache(_MOST_WHOLE)(_records_of(plan, _full))

    def names_at(self, place: json_values.Place) -> list[str]:
        """Return the names of the members that an object at a place may have."""
        members = (
            member
            for home in objects_at(self._shape, tuple(map(str, place)))
            for member in home.members
        )
        found = {member.name: None for member in members if not member.shape.modifiers.delete}
        return list(found)

    def values_at(self, place: json_values.Place, rotation: int) -> Iterator[Json]:
        """Yield values that other records may have at a place where this one has none."""
        return _values_at(self._find_whole, bare_path(place), rotation)

    def full_values_at(self, place: json_values.Place, rotation: int) -> Iterator[Json]:
        """Yield values for a place as ``values_at`` does, with all that elements may have, too."""
        return _values_at(self._find_full, bare_path(place), rotation)

    def step_at(self, place: json_values.Place, value: Json | json_values.Missing) -> Decimal:
        """Return the distance between a number at ``place`` and its neighbours."""
        leaf = self.leaf_at(place)
        if leaf is not None and isinstance(leaf.generator, Number):
            return leaf.generator.step
        if isinstance(value, Decimal):
            return Decimal(1).scaleb(min(0, int(value.as_tuple().exponent)))
        return Decimal(1)

    def on_grid(self, place: json_values.Place, number: Decimal, *, is_up: bool) -> Decimal:
        """Return the number of the field's own grid that is ``number``, or the next one beyond."""
        leaf = self.leaf_at(place)
        generator = None if leaf is None else leaf.generator
        if not isinstance(generator, Number) or generator.minimum is None:
            return number
        steps = (number - generator.minimum) / generator.step
        rounding = ROUND_CEILING if is_up else ROUND_FLOOR
        return generator.minimum + steps.to_integral_value(rounding) * generator.step

    def date_at(
        self, place: json_values.Place, value: Json | json_values.Missing
    ) -> tuple[Moment, Decimal] | None:
        """Return the moment of a date field, and its value in seconds; None for other values."""
        path = bare_path(place)
        moment = self.view.moments.get(path)
        if moment is None or isinstance(value, json_values.Missing):
            return None
        seconds = self.view.comparable(path, value)
        return (moment, Decimal(seconds)) if isinstance(seconds, int) else None


def _values_at(
    find: Callable[[int], Json], path: json_values.Path, rotation: int
) -> Iterator[Json]:
    for step in range(_MOST_WHOLE):
        record = find((rotation + step) % _MOST_WHOLE)
        found = next(iter(json_values.places_of(record, path)), None)
        if found is not None:
            yield found[1]


def _records_of(
    plan: RecordPlan, change: Callable[[ObjectShape], ObjectShape]
) -> Callable[[int], Json]:
    """Return what makes the records of ``plan`` with another shape."""

    @lru_cache(maxsize=1)
    def program() -> Program:
        return compile_program(replace(plan, shape=change(plan.shape)))

    return lambda index: record_at(program(), index)


def _full(shape: ObjectShape) -> ObjectShape:
    """Return ``shape`` with all that may be absent or null in it, elements' members too."""

    def sure(_: json_values.Path, part: Shape) -> Shape:
        return replace(part, modifiers=replace(part.modifiers, omit=Decimal(0), null=Decimal(0)))

    return change_shape(shape, sure)


def _whole(shape: ObjectShape) -> ObjectShape:
    """Return ``shape`` with all that may be absent or null in it."""
    members = []
    for member in shape.members:
        part = member.shape
        if isinstance(part, ObjectShape):
            part = _whole(part)
        sure = replace(part.modifiers, omit=Decimal(0), null=Decimal(0))
        members.append(replace(member, shape=replace(part, modifiers=sure)))
    return replace(shape, members=tuple(members))
