"""Takes a rule and a record that meets it; gives changes of one place that may break it."""

from __future__ import annotations

import itertools
import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.rules.values import (
    MISSING,
    Missing,
    is_number,
    places_of,
    same,
    seconds_of,
    value_at,
)
from mockgen_watch.scenarios.faults.mutations import (
    ABOVE,
    BELOW,
    ORDER,
    OTHER_VALUE,
    PLAIN_KINDS,
    TOO_LONG,
    TOO_SHORT,
    Candidate,
    like,
    near_by,
    one_off,
    plain_candidates,
    schema_candidates,
)
from mockgen_watch.scenarios.promise.facts import bare_path, options_of
from mockgen_watch.spec.generators import Moment, MomentKind, Number
from mockgen_watch.spec.model import Leaf, find_shape
from mockgen_watch.spec.moments import DAY, MomentError, format_units

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Final, TypeVar

    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.rules.rule import Rule
    from mockgen_watch.rules.values import Path, Place, Sight
    from mockgen_watch.spec.document import Json

    Values = list[Json | Missing]

    _T = TypeVar("_T")


_LITERAL: Final = re.compile(r"""'([^'\\]*)'|"([^"\\]*)"|(?<![\w.])(-?\d{1,15}(?:\.\d{1,9})?)""")
_MANY: Final = 40
"""Places of a record that are tried for a rule which may read any of them."""


_written: Final = lru_cache(maxsize=4096)(format_units)
"""Writes dates; the days of a year come again and again."""


def candidates(
    rule: Rule, record: Json, plan: RecordPlan, sight: Sight, turn: int, kind: str = ""
) -> Iterator[Candidate]:
    """Yield changes that may break ``rule``; ``turn`` picks the place to begin with.

    Where a ``kind`` is given, all of that kind come, and others need not.
    """
    if rule.faults is not None:
        for operator, place, value in rule.faults(record):
            yield Candidate(operator, place, value)
    if rule.comparison is not None:
        yield from _of_comparison(rule, record, plan, sight, turn, kind)
    elif rule.value_why is not None and rule.paths is not None:
        places = list(places_of(record, rule.paths[0]))
        for place, value in rotated(places, turn)[:_MANY]:
            if kind in PLAIN_KINDS and not isinstance(value, dict | list):
                yield from plain_candidates(place, value)
                continue
            # There is no distance between texts.
            step = Decimal(1) if isinstance(value, str) else step_of(plan, place, value)
            if rule.faults is not None:
                yield from near_by(place, value, turn, step)
            yield from schema_candidates(rule.schema, place, value, turn, step, kind)
    else:
        yield from _of_expression(rule, record, plan, sight, turn)
        return
    for place, value in rotated(leaf_places(rule, record), turn)[:_MANY]:
        yield from plain_candidates(place, value)


def rotated(items: list[_T], turn: int) -> list[_T]:
    """Return ``items`` beginning at another one in each ``turn``."""
    start = turn % len(items) if items else 0
    return items[start:] + items[:start]


def leaf_places(rule: Rule, record: Json) -> list[tuple[Place, Json]]:
    """Return the places of the single values that the rule reads."""
    if rule.paths is None:
        return list(_scalars((), record))
    found = (item for path in rule.paths for item in places_of(record, path))
    return [leaf for place, value in found for leaf in _scalars(place, value)]


def _scalars(place: Place, value: Json) -> Iterator[tuple[Place, Json]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _scalars((*place, key), item)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _scalars((*place, number), item)
    else:
        yield place, value


def leaf_at(plan: RecordPlan, place: Place) -> Leaf | None:
    """Return the leaf that the value at ``place`` stems from, or None."""
    known = _LEAVES.get(id(plan))
    if known is None or known[0] is not plan or len(known[1]) >= _KEPT_LEAVES:
        if len(_LEAVES) >= _KEPT_PLANS:
            _LEAVES.clear()
        known = _LEAVES[id(plan)] = (plan, {})
    leaves = known[1]
    if place not in leaves:
        found = find_shape(plan.shape, bare_path(tuple(str(key) for key in place)))
        leaves[place] = found if isinstance(found, Leaf) else None
    return leaves[place]


_KEPT_PLANS: Final = 16
_KEPT_LEAVES: Final = 4096
_LEAVES: Final[dict[int, tuple[RecordPlan, dict[Place, Leaf | None]]]] = {}
"""The leaves at the places that were asked for, by the ``id`` of the plan: records ask for the same
ones again and again."""


def step_of(plan: RecordPlan, place: Place, value: Json) -> Decimal:
    """Return the distance between a number at ``place`` and its neighbours."""
    leaf = leaf_at(plan, place)
    if leaf is not None and isinstance(leaf.generator, Number):
        return leaf.generator.step
    if isinstance(value, Decimal):
        return Decimal(1).scaleb(min(0, int(value.as_tuple().exponent)))
    return Decimal(1)


def _of_comparison(
    rule: Rule, record: Json, plan: RecordPlan, sight: Sight, turn: int, wanted: str
) -> Iterator[Candidate]:
    comparison = rule.comparison
    if comparison is None or wanted not in {"", ABOVE, BELOW, ORDER}:
        return
    sides = [comparison.left, comparison.right]
    values = [value_at(record, side) if isinstance(side, tuple) else side for side in sides]
    keys = [
        sight.comparable(side, value) if isinstance(side, tuple) else value
        for side, value in zip(sides, values, strict=True)
        if not isinstance(value, Missing)
    ]
    if len(keys) != len(sides) or not all(is_number(key) for key in keys):
        return
    numbers = [Decimal(key) for key in keys]  # type: ignore[arg-type]  # checked above
    for number in ((0, 1), (1, 0))[turn % 2]:
        side, value = sides[number], values[number]
        if not isinstance(side, tuple) or isinstance(value, Missing):
            continue
        other, own = numbers[1 - number], numbers[number]
        # The left side of < and <= must go up to break it, the right side down.
        is_up = (comparison.order in {"<", "<="}) is (number == 0)
        moment = sight.moments.get(side)
        distance = _distance(moment, plan, side, value)
        gap = distance if comparison.order in {"<=", ">="} else Decimal(0)
        beyond = other + gap if is_up else other - gap
        kind = ABOVE if is_up else BELOW
        if wanted in {"", kind}:
            if moment is None:
                beyond = _on_grid(plan, side, beyond, is_up=is_up)
            yield from moved(kind, side, beyond, value, moment)
        if moment is not None and own != other and wanted in {"", ORDER}:
            yield from moved(ORDER, side, 2 * other - own, value, moment)


def _on_grid(plan: RecordPlan, path: Path, number: Decimal, *, is_up: bool) -> Decimal:
    """Return the number of the field's own grid that is ``number``, or the next one beyond it."""
    leaf = leaf_at(plan, path)
    generator = None if leaf is None else leaf.generator
    if not isinstance(generator, Number) or generator.minimum is None:
        return number
    steps = (number - generator.minimum) / generator.step
    rounding = ROUND_CEILING if is_up else ROUND_FLOOR
    return generator.minimum + steps.to_integral_value(rounding) * generator.step


def _distance(moment: Moment | None, plan: RecordPlan, path: Path, value: Json) -> Decimal:
    if moment is None:
        return step_of(plan, path, value)
    return Decimal(DAY if moment.kind is MomentKind.DATE else 1)


def moved(
    kind: str, path: Path, number: Decimal, value: Json, moment: Moment | None
) -> Iterator[Candidate]:
    """Yield ``number`` at ``path`` as ``value`` is written, or as the date of so many seconds."""
    if moment is None:
        yield Candidate(kind, path, like(number, value))
        return
    size = DAY if moment.kind is MomentKind.DATE else 1
    try:
        text = _written(int(number) // size, moment.format, moment.kind)
    except (MomentError, ValueError, OverflowError):
        return  # There is no such day.
    yield Candidate(kind, path, text)


def _of_expression(
    rule: Rule, record: Json, plan: RecordPlan, sight: Sight, turn: int
) -> Iterator[Candidate]:
    """Yield other values of the fields that an expression, or a foreign schema, reads."""
    literals = list(literals_of(rule.text))
    places = rotated(leaf_places(rule, record), turn)[:_MANY]
    for place, value in places:
        leaf = leaf_at(plan, place)
        for option in (options_of(leaf, _MANY) or [])[:_MANY] if leaf is not None else []:
            if not isinstance(option.value, Missing) and not same(option.value, value):
                yield Candidate(OTHER_VALUE, place, option.value)
        step = step_of(plan, place, value)
        for literal in literals:
            yield from _around(literal, place, value, step)
        if isinstance(value, str):
            few = 2 if rule.paths is None else 8
            yield from itertools.islice(one_off(place, value, turn), few)
            yield Candidate(TOO_LONG, place, value + (value[-1:] or "x"))
            yield Candidate(TOO_SHORT, place, value[:-1])
    yield from _turned_round(places, sight)
    for place, value in places:
        yield from plain_candidates(place, value)
    if rule.paths is not None:
        for path in rule.paths:
            found = value_at(record, path)
            if isinstance(found, dict | list):
                yield from plain_candidates(path, found)


def literals_of(text: str) -> Iterator[str | Decimal]:
    """Yield the texts and numbers that stand in an expression."""
    for single, double, number in _LITERAL.findall(text):
        yield Decimal(number) if number else single or double


def _around(
    literal: str | Decimal, place: Place, value: Json, step: Decimal
) -> Iterator[Candidate]:
    if isinstance(literal, str) and isinstance(value, str) and literal != value:
        yield Candidate(OTHER_VALUE, place, literal)
    elif isinstance(literal, Decimal) and is_number(value):
        yield Candidate(OTHER_VALUE, place, like(literal, value))
        yield Candidate(BELOW, place, like(literal - step, value))
        yield Candidate(ABOVE, place, like(literal + step, value))


def _turned_round(places: list[tuple[Place, Json]], sight: Sight) -> Iterator[Candidate]:
    """Yield each date on the other side of another one, as far from it as it was."""
    dated = []
    for place, value in places:
        path = bare_path(tuple(str(key) for key in place))
        key = sight.comparable(path, value) if path in sight.moments else None
        if isinstance(key, int):
            dated.append((place, value, sight.moments[path], Decimal(key)))
    for (place, value, moment, own), (_, _, _, other) in itertools.permutations(dated, 2):
        if own != other:
            for found in moved(ORDER, (), 2 * other - own, value, moment):
                yield Candidate(ORDER, place, found.value)


_FEW: Final = 6
"""Values of each sort that are tried at one place."""

_ODD: Final = 8
"""Values that a field cannot have of those that are tried."""

_SPREAD: Final = 3
"""Values from all over a range that are tried, others in each turn."""

_DATE: Final = "%Y-%m-%d"


class Around(Struct, frozen=True, kw_only=True):
    """What stands in a rule and beside a place.

    Attributes:
        texts, numbers: that the rule names.
        others: numbers at places that the rule reads.
        instants: dates that the rule names, in seconds.
        dates: the date at each place that has one, in seconds.
        text: of a rule in CEL, in which what stands beside a field belongs to it.
        sight, plan: of the record.
    """

    texts: tuple[str, ...]
    numbers: tuple[Decimal, ...]
    others: tuple[tuple[Place, Decimal], ...]
    instants: tuple[Decimal, ...]
    dates: tuple[tuple[Place, Decimal], ...]
    text: str
    sight: Sight
    plan: RecordPlan

    @classmethod
    def of(
        cls,
        places: Iterable[tuple[Place, Json | Missing]],
        literals: Iterable[object],
        text: str,
        sight: Sight,
        plan: RecordPlan,
    ) -> Around:
        """Return what a rule with these literals reads at these places."""
        known = list(literals)
        texts = tuple(dict.fromkeys(item for item in known if isinstance(item, str)))
        numbers = dict.fromkeys(
            Decimal(item)
            for item in known
            if isinstance(item, int | Decimal) and not isinstance(item, bool)
        )
        days = (seconds_of(text[:10], MomentKind.DATE, _DATE) for text in texts)
        others: list[tuple[Place, Decimal]] = []
        dates: list[tuple[Place, Decimal]] = []
        for place, value in places:
            path = bare_path(tuple(map(str, place)))
            if isinstance(value, Missing):
                continue
            if path in sight.moments:
                key = sight.comparable(path, value)
                if isinstance(key, int):
                    dates.append((place, Decimal(key)))
            elif is_number(value):
                others.append((place, Decimal(value)))  # type: ignore[arg-type]  # a number
        return cls(
            texts=texts,
            numbers=tuple(numbers),
            others=tuple(others),
            instants=tuple(Decimal(day) for day in days if day is not None),
            dates=tuple(dates),
            text=text,
            sight=sight,
            plan=plan,
        )

    def numbers_by(self, place: Place) -> list[Decimal]:
        """Return the numbers that the rule names, those beside the field at ``place`` first."""
        here = self.text.find(f".{name_of(place)}")
        if here < 0:
            return list(self.numbers)
        return sorted(self.numbers, key=lambda number: abs(self.text.find(str(number)) - here))


def name_of(place: Place) -> str:
    """Return the name of the field at ``place``."""
    return next((key for key in reversed(place) if isinstance(key, str)), "")


def alternatives(
    place: Place,
    value: Json | Missing,
    leaf: Leaf | None,
    around: Around,
    turn: int,
    *,
    is_odd: bool = True,
) -> tuple[tuple[Json | Missing, ...], tuple[Json | Missing, ...]]:
    """Return what the field at ``place`` can be instead, and, if ``is_odd``, what it cannot be."""
    moment = around.sight.moments.get(bare_path(tuple(map(str, place))))
    generator = None if leaf is None else leaf.generator
    near: Values = []
    far: Values = []
    odd: Values = []
    if moment is not None:
        near, far, odd = _of_moment(place, value, moment, around, turn)
    elif isinstance(generator, Number):
        near, far, odd = _of_number(place, value, generator, around, turn)
    else:
        options: Values = [option.value for option in (leaf and options_of(leaf)) or []]
        near = rotated([item for item in options if _is_named(item, around)], turn)
        far = rotated([item for item in options if not _is_named(item, around)], turn)
        odd = list(_foreign(place, value, around))
    if leaf is not None and leaf.modifiers.null:
        far.append(None)
    if leaf is not None and leaf.modifiers.omit:
        far.append(MISSING)
    odd = [*odd[:_ODD], None]
    if isinstance(place[-1], str):
        odd.append(MISSING)
    near, far = near[:_FEW], far[:_FEW]
    # Every other record shows a number or date that is not just beside the limit.
    is_far = turn % 2 == 1 and (moment is not None or isinstance(generator, Number))
    if is_far:
        near, far = rotated(far, turn // 2), near
    fit = _other([*near, *far], value, ())
    return tuple(fit), tuple(_other(odd, value, fit) if is_odd else ())


def _is_named(item: Json | Missing, around: Around) -> bool:
    if isinstance(item, str):
        return item in around.texts
    return is_number(item) and item in around.numbers  # type: ignore[arg-type]


def _other(values: Values, value: Json | Missing, known: Sequence[Json | Missing]) -> Values:
    """Return each of ``values`` once that is neither ``value`` nor among the ``known``."""
    found: Values = []
    for item in values:
        if not any(_same(item, one) for one in (value, *known, *found)):
            found.append(item)
    return found


def _same(left: Json | Missing, right: Json | Missing) -> bool:
    if isinstance(left, Missing) or isinstance(right, Missing):
        return left is right
    if isinstance(left, str) or isinstance(right, str):
        return left == right
    return same(left, right)


def _foreign(place: Place, value: Json | Missing, around: Around) -> Iterator[Json]:
    """Yield what the rule names although the field cannot be so."""
    if isinstance(value, str):
        for text in around.texts[:_FEW]:
            # A text that only begins with what the rule names is more like the others.
            if 0 < len(text) < len(value):
                yield text + value[len(text) :]
            yield text
        yield ""
    elif is_number(value):  # type: ignore[arg-type]
        step = step_of(around.plan, place, value)  # type: ignore[arg-type]
        for number in around.numbers[:_FEW]:
            for close in (number, number - step, number + step):
                yield like(close, value)  # type: ignore[arg-type]


def _of_number(
    place: Place, value: Json | Missing, number: Number, around: Around, turn: int
) -> tuple[Values, Values, Values]:
    model = value if is_number(value) else Decimal(0).scaleb(-number.decimals)  # type: ignore[arg-type]
    others = [other for there, other in around.others if there != place]
    step = number.step
    near: Values = []
    odd: Values = []
    for goal in dict.fromkeys((*around.numbers_by(place), *others)):
        for close in rotated([goal - step, goal, goal + step], turn):
            written = like(close, model)  # type: ignore[arg-type]
            (near if _is_of(number, close) else odd).append(written)
    low, high = number.minimum, number.maximum
    if low is None or high is None:
        return near, [], odd
    count = int((high - low) / step) + 1
    ends = (0, count - 1, *((turn + part * count // _SPREAD) % count for part in range(_SPREAD)))
    return near, [like(low + end * step, model) for end in ends], odd  # type: ignore[arg-type]


def _is_of(number: Number, goal: Decimal) -> bool:
    """Return whether a field can be ``goal``."""
    low, high = number.minimum, number.maximum
    if low is None or high is None:
        return goal % number.step == 0
    return low <= goal <= high and (goal - low) % number.step == 0


def _of_moment(
    place: Place, value: Json | Missing, moment: Moment, around: Around, turn: int
) -> tuple[Values, Values, Values]:
    size = DAY if moment.kind is MomentKind.DATE else 1
    step = moment.step * size
    low, high = moment.first * size, moment.last * size
    others = [date for there, date in around.dates if there != place]
    if moment.kind is not MomentKind.TIME:
        others += around.instants
    near: Values = []
    odd: Values = []
    for goal in dict.fromkeys(others):
        for close in rotated([goal - step, goal, goal + step], turn):
            is_own = low <= close <= high and (close - low) % step == 0
            (near if is_own else odd).extend(_dated(close, value, moment))
    count = (moment.last - moment.first) // moment.step + 1
    ends = (0, count - 1, *((turn + part * count // _SPREAD) % count for part in range(_SPREAD)))
    far = [text for end in ends for text in _dated(Decimal(low + end * step), value, moment)]
    return near, far, odd


def _dated(seconds: Decimal, value: Json | Missing, moment: Moment) -> Iterator[Json | Missing]:
    model = None if isinstance(value, Missing) else value
    return (found.value for found in moved(OTHER_VALUE, (), seconds, model, moment))
