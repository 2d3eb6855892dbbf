"""Repairing: fields of a record are changed, one after the other, until all that is asked is met.

It is for records whose every draw failed: rules that random values seldom satisfy together,
such as two equalities where a third field decides which one counts. The values are those that the
fields can have: of attempts, of what the rules name and read, and of the ends of ranges. Each step
takes the change that leaves the least broken; what stays broken counts the more, so that the search
leaves a dead end (Morris, "The breakout method for escaping from local minima", AAAI 1993).
"""

from __future__ import annotations

import math
from datetime import datetime
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.expressions import syntax
from mockgen_watch.expressions.values import (
    Duration,
    EvaluationError,
    TooMuchWorkError,
    seconds_of,
)
from mockgen_watch.generate.grids import grid_of
from mockgen_watch.rules import cel
from mockgen_watch.rules import values as json_values
from mockgen_watch.rules.values import MISSING, Missing, Path, Place
from mockgen_watch.scenarios.promise import facts
from mockgen_watch.spec import generators
from mockgen_watch.spec import model as spec
from mockgen_watch.spec.moments import format_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.scenarios.promise.requirements import Requirement
    from mockgen_watch.spec.document import Json

    Values = Sequence[Json | Missing]

MOST_STEPS: Final = 40
"""Changes of a record before the search begins again, at another attempt."""

MOST_STARTS: Final = 4
"""Attempts that the search begins at."""

MOST_CHECKS: Final = 12_000
"""Checks of what is asked before the search is given up; dear ones count as several."""

_CHEAP: Final = 64
"""Values that a check may look at and count as one."""

_FEW: Final = 8
"""Values of each sort that are tried at one place."""

_MOST_OPTIONS: Final = 48
"""Values of a pool that are tried at one place."""

_REST: Final = 3
"""Steps for which a place that was changed stays as it is, unless all would be met."""

_FREE: Final = (
    generators.Boolean,
    generators.Moment,
    generators.Number,
    generators.Pattern,
    generators.Pool,
)


class Goal(Struct, frozen=True, eq=False):
    """A part of a requirement: it has to hold.

    Attributes:
        paths: what it reads, as it is written; None for the whole record.
        constants: the numbers that it names; dates and durations in seconds.
        sides: of a record, what both sides of each comparison in it come to.
        depth: how many lists it goes through, one within the other, or 1.
    """

    paths: tuple[Path, ...] | None
    holds: Callable[[Json], bool]
    constants: tuple[Fraction, ...] = ()
    sides: Callable[[Json], Iterable[tuple[Fraction, Fraction]]] = lambda _: ()
    depth: int = 1

    def cost(self, size: int) -> int:
        """Return as how many checks one counts, on a record of so many values."""
        values: int = size**self.depth
        return min(max(values // _CHEAP, 1), MOST_CHECKS)

    def distance(self, record: Json) -> tuple[int, Fraction]:
        """Return how far a record is from what is compared: the less can be, the farther."""
        sides = list(self.sides(record))
        return -len(sides), sum((abs(left - right) for left, right in sides), Fraction())

    def reads(self, path: Path) -> bool:
        """Return whether it reads anything at ``path``, below it or around it."""
        if self.paths is None:
            return True
        return any(each[: len(path)] == path[: len(each)] for each in self.paths)


class _Part(Struct, frozen=True, eq=False):
    """A part of records that may be changed: a leaf, or what is absent, or varies, as a whole."""

    path: Path
    shape: spec.Shape

    @property
    def is_element(self) -> bool:
        """Whether it is an element of an array, which has the same path."""
        return self.shape.address[-1:] == (spec.ELEMENT,)

    def places_in(self, record: Json) -> Iterator[Place]:
        """Yield where it is in a record, or would be if it were not absent."""
        if self.is_element:
            for place, value in json_values.places_of(record, self.path):
                if isinstance(value, list):
                    yield from ((*place, number) for number in range(len(value)))
            return
        for above, value in json_values.places_of(record, self.path[:-1]):
            if isinstance(value, dict):
                yield (*above, self.path[-1])
            elif isinstance(value, list):
                for number, item in enumerate(value):
                    if isinstance(item, dict):
                        yield (*above, number, self.path[-1])

    def values_in(self, record: Json) -> Iterator[Json]:
        """Yield what it is in a record."""
        for place in self.places_in(record):
            value = json_values.value_at(record, place)
            if not isinstance(value, Missing):
                yield value


class Repairer:
    """Changes records of a plan until they meet all ``requirements``.

    Only what nothing else is made of is changed, and nothing that other records or elements have
    to differ from.
    """

    def __init__(self, plan: RecordPlan, requirements: Sequence[Requirement]) -> None:
        self._plan = plan
        self._view = facts.view_of(plan)
        self._goals = tuple(goal for each in requirements for goal in _goals_of(each, self._view))
        self._bound = _bound_paths(plan)
        self._parts = _free_parts(plan, self._bound)

    def repaired(self, attempts: Sequence[dict[str, Json]], index: int) -> dict[str, Json] | None:
        """Return a record that meets all requirements; None where none is found.

        Args:
            attempts: what was drawn of the record, the best places to begin at.
            index: of the record: others try the same changes in another order.
        """
        starts = sorted(attempts, key=lambda record: len(self._broken(record)))
        left = MOST_CHECKS
        for start in starts[:MOST_STARTS]:
            costs = [goal.cost(_size(start)) for goal in self._goals]
            walk = _Walk(self._goals, costs, self._parts, attempts, index, left)
            found = walk.run(start)
            if found is not None:
                whole = _in_order(found, self._plan.shape)
                return whole if isinstance(whole, dict) else None
            left = walk.left
            if left <= 0:
                break
        return None

    def like(self, record: dict[str, Json], model: Mapping[str, Json]) -> dict[str, Json]:
        """Return ``record`` with what rules read as it is in ``model``, another record."""
        bound = {path[0] for path in self._bound}
        free = {
            member.name
            for member in self._plan.shape.members
            if member.name not in bound and any(goal.reads((member.name,)) for goal in self._goals)
        }
        kept = {name: value for name, value in record.items() if name not in free}
        made = {name: value for name, value in model.items() if name in free}
        whole = _in_order({**kept, **made}, self._plan.shape)
        return whole if isinstance(whole, dict) else record

    def _broken(self, record: Json) -> list[Goal]:
        return [goal for goal in self._goals if not goal.holds(record)]


class _Walk:
    """One search from one record; ``left`` is how many checks it may still do."""

    def __init__(
        self,
        goals: Sequence[Goal],
        costs: Sequence[int],
        parts: Sequence[_Part],
        attempts: Sequence[Json],
        index: int,
        left: int,
    ) -> None:
        self.left = left
        self._goals = goals
        self._costs = costs
        self._parts = parts
        self._index = index
        self._weights = [1] * len(goals)
        self._until: dict[Place, int] = {}
        # Attempts are what they are, and a part can be at hundreds of places.
        self._seen_at = cache(
            lambda part: [value for each in attempts for value in part.values_in(each)]
        )

    def run(self, record: Json) -> dict[str, Json] | None:
        """Return a record that meets all goals; None where none is found."""
        broken = self._broken_in(record, range(len(self._goals)))
        for step in range(MOST_STEPS):
            if not broken or self.left <= 0:
                break
            number = max(broken, key=lambda each: (self._weights[each], -each))
            found = self._best(record, broken, self._goals[number], step)
            if found is None:
                self._weights[number] += 1
                continue
            before, (_, place, record, after) = self._weight(broken), found
            self._until[place] = step + 1 + _REST
            if self._weight(after) >= before:
                for each in after:
                    self._weights[each] += 1
            broken = after
        return record if not broken and isinstance(record, dict) else None

    def _weight(self, broken: Iterable[int]) -> int:
        return sum(self._weights[each] for each in broken)

    def _broken_in(self, record: Json, numbers: Iterable[int]) -> frozenset[int]:
        asked = list(numbers)
        self.left -= sum(self._costs[each] for each in asked)
        return frozenset(each for each in asked if not self._goals[each].holds(record))

    def _best(
        self, record: Json, broken: frozenset[int], goal: Goal, step: int
    ) -> tuple[int, Place, Json, frozenset[int]] | None:
        """Return the change that leaves the least broken: its weight, place, record and rest."""
        best: tuple[int, Place, Json, frozenset[int]] | None = None
        least: tuple[int, int, Fraction] | None = None
        for place, part in self._places(record, goal):
            read = [number for number, each in enumerate(self._goals) if each.reads(part.path)]
            others = broken.difference(read)
            for value in self._values(record, place, part, goal, step):
                changed = json_values.with_value(record, place, value)
                after = others | self._broken_in(changed, read)
                weight = self._weight(after)
                if not after or self.left <= 0:
                    return weight, place, changed, after
                if self._until.get(place, 0) > step or (least is not None and weight > least[0]):
                    continue
                rank = (weight, *goal.distance(changed))
                if least is None or rank < least:
                    best, least = (weight, place, changed, after), rank
        return best

    def _places(self, record: Json, goal: Goal) -> list[tuple[Place, _Part]]:
        """Return the places that a goal reads, those that are absent too."""
        found = [
            (place, part)
            for part in self._parts
            if goal.reads(part.path)
            for place in part.places_in(record)
        ]
        return facts.rotated(found, self._index)

    def _values(
        self, record: Json, place: Place, part: _Part, goal: Goal, step: int
    ) -> Iterator[Json | Missing]:
        """Yield what can be at ``place`` instead, each once."""
        known: list[Json | Missing] = [json_values.value_at(record, place)]
        for value in self._every_value(record, place, part, goal, step):
            if not any(json_values.same(value, each) for each in known):
                known.append(value)
                yield value

    def _every_value(
        self, record: Json, place: Place, part: _Part, goal: Goal, step: int
    ) -> Iterator[Json | Missing]:
        here = json_values.value_at(record, place)
        shape = part.shape
        if isinstance(shape, spec.Leaf):
            if isinstance(shape.generator, generators.Number | generators.Moment):
                yield from _near(shape.generator, list(_goals_at(record, here, shape, goal)))
            else:
                options = [option.value for option in facts.options_of(shape, _MOST_OPTIONS) or ()]
                yield from facts.rotated(options[:_MOST_OPTIONS], self._index)
        seen = self._seen_at(part)
        if isinstance(shape, spec.ArrayShape):
            yield from _lengths(shape, here, seen)
        for number in range(min(len(seen), _FEW)):
            yield seen[(self._index + step + number) % len(seen)]
        if shape.modifiers.omit and not part.is_element:
            yield MISSING
        if shape.modifiers.null:
            yield None


def _goals_of(requirement: Requirement, view: json_values.RecordView) -> Iterator[Goal]:
    """Yield the goals of a requirement: of an expression, each part that has to be true."""
    node = requirement.expression
    if node is None:
        orders = [order for test in requirement.tests for order in test.orders]
        sides = [side for order in orders for side in (order.left, order.right)]
        numbers = [Fraction(side) for side in sides if not isinstance(side, tuple)]
        constants = dict.fromkeys([*numbers, *_numbers_in(requirement.schema)])
        yield Goal(requirement.paths, requirement.holds, tuple(constants))
        return
    for part in _conjuncts(node):
        text = requirement.text[part.start : part.end]
        why = cel.check_expression(part, text, view, requirement.home)
        fields = cel.fields_of(part, requirement.home)
        paths = None if fields is None else tuple(map(view.path_of, fields))
        yield Goal(
            paths,
            _holds_where_silent(why),
            tuple(dict.fromkeys(_constants_of(part))),
            _sides_of(part, view, requirement.home),
            max(_depth(part), 1),
        )


def _depth(node: syntax.Node) -> int:
    """Return how many macros are within each other at most."""
    below = max(map(_depth, syntax.children(node)), default=0)
    return below + isinstance(node, syntax.Comprehension)


def _size(value: Json) -> int:
    """Return how many plain values are in a record."""
    if isinstance(value, dict | list):
        return sum(map(_size, value.values() if isinstance(value, dict) else value))
    return 1


def _holds_where_silent(why: Callable[[Json], str]) -> Callable[[Json], bool]:
    return lambda record: not why(record)


def _numbers_in(schema: Json) -> Iterator[Fraction]:
    if isinstance(schema, dict | list):
        for item in schema.values() if isinstance(schema, dict) else schema:
            yield from _numbers_in(item)
    elif json_values.is_number(schema):
        yield Fraction(schema)


def _conjuncts(node: syntax.Node) -> Iterator[syntax.Node]:
    if isinstance(node, syntax.Call) and node.function == "&&":
        for each in node.args:
            yield from _conjuncts(each)
    else:
        yield node


def _constants_of(node: syntax.Node) -> Iterator[Fraction]:
    """Yield the numbers, dates and durations that an expression names."""
    if isinstance(node, syntax.Literal | syntax.Call) and not syntax.fields_of(node):
        value = _counted(_evaluator(node)({}))
        if value is not None:
            yield value
            return
    for below in syntax.children(node):
        yield from _constants_of(below)


def _sides_of(
    node: syntax.Node, view: json_values.RecordView, home: Path
) -> Callable[[Json], Iterator[tuple[Fraction, Fraction]]]:
    comparisons = [
        tuple(map(_evaluator, each.args))
        for each in _outside_macros(node)
        if isinstance(each, syntax.Call) and each.function in _ORDERS
    ]

    def sides(written: Json) -> Iterator[tuple[Fraction, Fraction]]:
        record = view.record_of(view.with_moments(written))
        these = cel.elements_at(record, home) if home else [None]
        for this in these:
            for each in comparisons:
                left, right = (_counted(run({"record": record, "this": this})) for run in each)
                if left is not None and right is not None:
                    yield left, right

    return sides


_ORDERS: Final = frozenset({"<", "<=", ">", ">=", "==", "!="})


def _outside_macros(node: syntax.Node) -> Iterator[syntax.Node]:
    yield node
    if not isinstance(node, syntax.Comprehension):
        for below in syntax.children(node):
            yield from _outside_macros(below)


def _evaluator(node: syntax.Node) -> Callable[[Mapping[str, object]], object]:
    """Return what gives the value of an expression; None where it has none."""
    # Most specs have no expressions, and do without all that evaluates them.
    from mockgen_watch.expressions.evaluating import compile_node

    evaluate = compile_node(node)

    def run(names: Mapping[str, object]) -> object:
        try:
            return evaluate(names)
        except (EvaluationError, TooMuchWorkError):
            return None

    return run


def _counted(value: object) -> Fraction | None:
    """Return a number, or the seconds of a date or duration; None for anything else."""
    if isinstance(value, datetime):
        return Fraction(seconds_of(value))
    if isinstance(value, Duration):
        return None if value.months else Fraction(value.seconds)
    if isinstance(value, Fraction):
        return value
    return Fraction(value) if json_values.is_number(value) else None


def _bound_paths(plan: RecordPlan) -> set[Path]:
    """Return the paths of leaves that stay as they are: others are made of them, or differ."""
    fields = list(facts.fields_of(plan.shape))
    paths = [field.path for field in fields]
    read = {path for field in fields for path in generators.names_of(_unkept(field.leaf.generator))}
    read |= {
        binding.path
        for array in facts.arrays_below(plan.shape, ())
        for bound in (*array.lows, *array.highs)
        for binding in bound.bindings
    }
    return {
        path
        for path, leaf, _ in fields
        if not _is_free(leaf)
        or paths.count(path) > 1
        or any(path[: len(each)] == each for each in read)
    }


def _free_parts(plan: RecordPlan, bound: set[Path]) -> list[_Part]:
    """Return the parts that may be changed."""
    found: list[_Part] = []

    def change(path: Path, shape: spec.Shape) -> spec.Shape:
        is_open = bool(shape.modifiers.omit or shape.modifiers.null)
        if isinstance(shape, spec.ArrayShape):
            is_open = is_open or not (shape.lows or shape.highs)
        is_bound = any(each[: len(path)] == path for each in bound)
        part = _Part(path, shape)
        is_single = isinstance(shape, spec.Leaf) or (is_open and not part.is_element)
        # An array in an array has the path of both.
        is_nested = shape.address[-2:] == (spec.ELEMENT, spec.ELEMENT)
        if path and is_single and not is_bound and not is_nested:
            found.append(part)
        return shape

    facts.change_shape(plan.shape, change)
    return found


def _unkept(generator: generators.Generator) -> generators.Generator:
    if isinstance(generator, generators.Number | generators.Moment):
        return replace(generator, kept=())
    return generator


def _is_free(leaf: spec.Leaf) -> bool:
    generator, modifiers = leaf.generator, leaf.modifiers
    if not isinstance(generator, _FREE) or modifiers.is_fixed or modifiers.distinct:
        return False
    if modifiers.transforms or modifiers.check or leaf.coerce_number:
        return False
    is_limited = isinstance(generator, generators.Number | generators.Moment)
    return not (is_limited and generators.expressions_of(_unkept(generator)))


def _goals_at(
    record: Json, here: Json | Missing, leaf: spec.Leaf, goal: Goal
) -> Iterator[Fraction]:
    """Yield numbers, or seconds, that a field may have to be for a goal to hold."""
    moment = leaf.generator if isinstance(leaf.generator, generators.Moment) else None
    own: Fraction | None = None
    if moment is not None and isinstance(here, str):
        seconds = json_values.seconds_of(here, moment.kind, moment.format)
        own = None if seconds is None else Fraction(seconds)
    elif json_values.is_number(here):
        own = Fraction(here)
    for left, right in goal.sides(record):
        yield from (left, right)
        if own is not None:
            gap = left - right
            yield from (own - gap, own + gap, own - gap / 2, own + gap / 2)
    yield from goal.constants
    if own is not None:
        for constant in goal.constants[:_FEW]:
            yield from (own + constant, own - constant)


def _near(
    generator: generators.Number | generators.Moment, wanted: Sequence[Fraction]
) -> Iterator[Json]:
    """Yield the values of a field that are nearest to those that are ``wanted``, and its ends."""
    if isinstance(generator, generators.Number):
        grid = grid_of(generator)
        scale = 10**grid.decimals
        origin, step = Fraction(grid.origin, scale), Fraction(grid.step, scale)
        low, high = grid.low, grid.high

        def write(number: int) -> Json:
            return facts.number_of(grid.origin + number * grid.step, grid.decimals)
    else:
        size = facts.seconds_in(generator)
        origin, step = Fraction(generator.first * size), Fraction(generator.step * size)
        low, high = 0, (generator.last - generator.first) // generator.step

        def write(number: int) -> Json:
            return format_moment(generator, number)

    numbers: dict[int, None] = {}
    for goal in wanted:
        nearest = math.floor((goal - origin) / step)
        for number in (nearest, nearest + 1, nearest - 1):
            numbers[min(max(number, low), high)] = None
    has_ends = generators.Number is type(generator) and None in (
        generator.minimum,
        generator.maximum,
    )
    numbers |= {} if has_ends else dict.fromkeys((low, high, (low + high) // 2))
    yield from map(write, numbers)


def _lengths(array: spec.ArrayShape, here: Json | Missing, seen: Sequence[Json]) -> Iterator[Json]:
    """Yield an array with fewer and with more elements, which are those of attempts."""
    if array.elements or array.items is None or not isinstance(here, list):
        return
    pool = [item for each in seen if isinstance(each, list) for item in each] or list(here)
    for length in range(array.minimum, min(array.maximum, array.minimum + _FEW) + 1):
        if length <= len(here):
            yield here[:length]
        elif pool:
            more = [pool[number % len(pool)] for number in range(length - len(here))]
            yield [*here, *more]


def _in_order(value: Json, shape: spec.Shape) -> Json:
    """Return ``value`` with the members of its objects in the order of ``shape``."""
    if isinstance(value, dict) and isinstance(shape, spec.ObjectShape):
        known = {member.name: member.shape for member in shape.members}
        names = [
            *(name for name in known if name in value),
            *(each for each in value if each not in known),
        ]
        return {
            name: _in_order(value[name], known[name]) if name in known else value[name]
            for name in names
        }
    if isinstance(value, list) and isinstance(shape, spec.ArrayShape) and shape.items is not None:
        return value if shape.elements else [_in_order(item, shape.items) for item in value]
    return value
