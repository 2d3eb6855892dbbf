"""Takes a place of a record and its field; gives what else can stand there, the likeliest first."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.rules.moments import seconds_of
from mockgen_watch.rules.places import MISSING, Missing
from mockgen_watch.rules.values import is_number, same
from mockgen_watch.scenarios.candidates import moved, rotated, step_of
from mockgen_watch.scenarios.facts import bare_path, options_of
from mockgen_watch.scenarios.mutations import OTHER_VALUE, like
from mockgen_watch.spec.generators import Moment, MomentKind, Number
from mockgen_watch.spec.moments import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Final

    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.rules.places import Place
    from mockgen_watch.rules.sight import Sight
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.model import Leaf

    Values = list[Json | Missing]

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
    """Tell whether a field can be ``goal``."""
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
