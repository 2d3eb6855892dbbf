"""Parameters: what the records of a plan choose among few values, and how a record shows it.

A parameter is a field with few values, the fields of one ``$rows``, a choice between shapes or
leaves, or whether something is there that may be null or absent.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.canonical import canonical
from mockgen_watch.generate.address import Address, path_of_draw
from mockgen_watch.generate.draws import ENDS, INSIDE_CHOICE
from mockgen_watch.generate.grids import grid_of
from mockgen_watch.generate.streams import ALWAYS, threshold
from mockgen_watch.plan.model import Draw, RecordPlan
from mockgen_watch.rules.values import MISSING, Missing, Path, Place, value_at
from mockgen_watch.scenarios.promise.facts import final_value, number_of
from mockgen_watch.scenarios.promise.fitting import may_be
from mockgen_watch.spec import generators
from mockgen_watch.spec.model import (
    ArrayShape,
    Leaf,
    Modifiers,
    ObjectShape,
    Shape,
    alternatives_of,
    keys_of,
)
from mockgen_watch.spec.moments import format_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mockgen_watch.spec.document import Json


MOST: Final = 64
"""A pool with more values takes part only when the spec lists its field."""

MOST_SHARED: Final = 32
"""The same for a pool that is kept as a file: it was hardly made to be covered."""

MOST_LISTED: Final = 1000
"""No pool with more values takes part."""

INSIDE: Final = "$inside"
"""The name of a value between the boundaries, which is drawn."""


class Free:
    """Stands for what a case leaves to be drawn.

    ``fits`` returns whether a value may have been drawn so; without it any value was.
    """

    def __init__(self, fits: Callable[[Json], bool] | None = None) -> None:
        self.fits = fits

    def __repr__(self) -> str:
        return "drawn"


FREE: Final = Free()


class Value(Struct, frozen=True, kw_only=True):
    """One of the values of a parameter.

    Attributes:
        name: in reports and files of cases: the value itself, or a word that begins with ``$``; a
            text that begins so is escaped there.
        choice: what the draw has to give: the identity of an entry, the number of a value; None
            where it is drawn.
        state: whether it is there; None where it always is.
        written: what is written at each of the parameter's places.
    """

    name: Json
    choice: bytes | None
    state: bytes | None = None
    written: tuple[Json | Missing | Free, ...] = ()
    is_hidden: bool = False

    @property
    def identity(self) -> bytes:
        """Bytes that no other value of the parameter has."""
        return b"#" + (self.state or b"") + b"#" + (self.choice or canonical(self.name))


def values_of(leaf: Leaf, plan: RecordPlan, *, is_listed: bool) -> list[Value]:
    """Return the values of ``leaf``; none where it is no parameter.

    ``is_listed``: the spec lists the field.
    """
    generator = leaf.generator
    if isinstance(generator, generators.Pool):
        return _entry_values(leaf, generator, None, is_listed=is_listed)
    if isinstance(generator, generators.RowField):
        return _entry_values(leaf, generator.rows, generator.key, is_listed=is_listed)
    if isinstance(generator, generators.Alternatives):
        return _alternative_values(leaf, generator, is_listed=is_listed)
    if isinstance(generator, generators.Boolean):
        yes = threshold(generator.true)
        can_be = [value for value, has_odds in ((False, yes < ALWAYS), (True, yes > 0)) if has_odds]
        return [_value(leaf, value, value, b"true" if value else b"false") for value in can_be]
    if isinstance(generator, generators.Number | generators.Moment):
        return _numbered(leaf, generator, plan, is_listed=is_listed)
    return []


def _entry_values(
    leaf: Leaf, pool: generators.Pool, key: str | None, *, is_listed: bool
) -> list[Value]:
    """Return the entries that can be chosen, none where they are too many.

    ``key``: of the field of ``leaf`` in each row of the pool; None where entries are its values.
    """
    entries = [entry for entry in pool.entries if entry.weight]
    most = MOST_LISTED if is_listed else MOST_SHARED if pool.source else MOST
    found = []
    for entry in entries if len(entries) <= most else ():
        written: Json | Missing = MISSING
        if key is None:
            written = final_value(leaf, entry.value)
        elif isinstance(entry.value, dict) and key in entry.value:
            written = final_value(leaf, entry.value[key])
        found.append(Value(name=_entry_name(entry), choice=entry.identity, written=(written,)))
    return found


def _entry_name(entry: generators.PoolEntry) -> Json:
    """Return the value, or the ``$id`` that a row stands for its values with."""
    if canonical(entry.value) == entry.identity:
        return _word_or_value(entry.value)
    form = json.loads(entry.identity)
    if isinstance(entry.value, dict) and isinstance(form, list) and len(form) == _ROW_WITH_LEAVES:
        return {**entry.value, **{key: "".join(words[:1]) for key, words in form[1].items()}}
    return {"$id": entry.identity.decode("latin-1")}


_ROW_WITH_LEAVES: Final = 2
"""What knows a row with leaves: its values, and the directives of its leaves."""


def _word_or_value(value: Json) -> Json:
    is_word = isinstance(value, str) and value.startswith("$")
    return f"${value}" if is_word else value


def _alternative_values(
    leaf: Leaf, generator: generators.Alternatives, *, is_listed: bool
) -> list[Value]:
    """Return which alternative holds; none where another field decides, or they are too many."""
    found = []
    most = MOST_LISTED if is_listed else MOST
    if generator.given or len(generator.alternatives) > most:
        return []
    rows = generator.row.rows.entries if generator.row is not None else ()
    of_rows = {entry.identity: _entry_name(entry) for entry in rows}
    for each, shape in zip(generator.alternatives, alternatives_of(leaf), strict=True):
        if not each.weight:
            continue
        written: Json | Missing | Free = Free(partial(_may_be_written, leaf, shape))
        name: Json = of_rows.get(each.identity) or _alternative_name(each.identity)
        if isinstance(shape, Leaf) and isinstance(shape.generator, generators.Constant):
            written = final_value(leaf, shape.generator.value)
            name = of_rows.get(each.identity, _word_or_value(shape.generator.value))
        found.append(Value(name=name, choice=each.identity, written=(written,)))
    return found


def _may_be_written(leaf: Leaf, shape: Shape, value: Json) -> bool:
    if isinstance(shape, Leaf):
        transforms = (*shape.modifiers.transforms, *leaf.modifiers.transforms)
        coerce = shape.coerce_number or leaf.coerce_number
        modifiers = replace(
            shape.modifiers,
            transforms=transforms,
            check=shape.modifiers.check or leaf.modifiers.check,
        )
        shape = replace(shape, modifiers=modifiers, coerce_number=coerce)
    return may_be(shape, value)


def _alternative_name(identity: bytes) -> str:
    """Return a word for an alternative: its ``$id``, its directive, or the keys of its shape."""
    form = json.loads(identity)
    number = ""
    if isinstance(form, list) and form and isinstance(form[0], str) and form[0][:1] in {"[", "{"}:
        # Entries of one form are counted.
        form, number = json.loads(form[0]), f" {form[1] + 1}"
    if not isinstance(form, list):
        return f"${form}{number}"
    names = [str(each) for each in form if each != "leaf"]
    return "$" + ",".join(names).removeprefix("$") + number


def _value(leaf: Leaf, name: Json, value: Json, choice: bytes) -> Value:
    return Value(name=name, choice=choice, written=(final_value(leaf, value),))


def _numbered(
    leaf: Leaf,
    generator: generators.Number | generators.Moment,
    plan: RecordPlan,
    *,
    is_listed: bool,
) -> list[Value]:
    """Return the values at the ends of a range, or all of a short one whose field is listed."""
    count, written = _range_of(generator)

    def values(numbers: Iterable[int]) -> list[Value]:
        made = [(number, written(number)) for number in numbers]
        return [_value(leaf, value, value, str(number).encode()) for number, value in made]

    if plan.coverage.boundaries:
        ends = {*range(min(ENDS, count)), *range(max(count - ENDS, 0), count)}
        inside = Value(name=INSIDE, choice=INSIDE_CHOICE, written=(FREE,))
        return [*values(sorted(ends)), inside] if count > len(ends) else values(sorted(ends))
    return values(range(count)) if is_listed and count <= MOST else []


def _range_of(
    generator: generators.Number | generators.Moment,
) -> tuple[int, Callable[[int], Json]]:
    """Return how many values there are, and what gives each; none without ends or even odds."""
    if isinstance(generator, generators.Moment):
        count = (generator.last - generator.first) // generator.step + 1
        return count, partial(format_moment, generator)
    has_ends = generator.minimum is not None and generator.maximum is not None
    if not has_ends or generator.distribution.kind is not generators.DistributionKind.UNIFORM:
        return 0, str
    grid = grid_of(generator)
    return grid.count, lambda number: number_of(grid.origin + number * grid.step, grid.decimals)


PRESENT: Final = b"present"
NULL: Final = b"null"
ABSENT: Final = b"absent"

HIDDEN: Final = Value(name="$hidden", choice=None, is_hidden=True)
"""The value of what is not there because an object around it is not."""


class Parameter(Struct, frozen=True, kw_only=True):
    """Something that a case chooses: a field, fields of one row, or whether something is there.

    Attributes:
        label: what it is called in reports and in files of cases.
        values: at least two.
        places: where the values are written, beside ``Value.written``.
        draw, path: what it decides, as ``FirstChoices`` has it; for a field that may be null or
            absent, its presence as well.
        address: the address path of what is drawn.
        guard: the number of the parameter that decides whether the object around is there; its
            own values can be chosen only where that is.
    """

    label: str
    values: tuple[Value, ...]
    places: tuple[Place, ...]
    draw: Draw
    path: Path
    address: Path
    guard: int | None

    @property
    def paths(self) -> list[Path]:
        """The places without elements."""
        return [keys_of(place) for place in self.places]

    @property
    def elements(self) -> tuple[int, ...]:
        """The element indexes on the way."""
        return _elements_of(self.places[0])

    @property
    def has_states(self) -> bool:
        """Return whether it decides if something is there."""
        return any(value.state is not None for value in self.values)

    def marks(self, seed: int, model_id: str) -> tuple[int, ...]:
        """Return a hash of each value's own."""
        address = Address.of(seed, model_id, self.address)
        draw = f"coverage/{self.draw}/{'/'.join(map(str, self.elements))}"
        return tuple(address.key(draw, value.identity) for value in self.values)


def parameters_of(
    plan: RecordPlan, *, least: int = 2
) -> tuple[tuple[Parameter, ...], tuple[Path, ...]]:
    """Return the parameters of ``plan``, and the fields that are listed and are none.

    ``least``: the values that a field needs to be a parameter; 1 shows what is left of others.
    """
    finder = _Finder(plan, least)
    finder.walk(plan.shape, (), None)
    return tuple(finder.found), tuple(finder.unused)


def hidden_values(parameters: Sequence[Parameter]) -> frozenset[tuple[int, int]]:
    """Return the hidden values, as the numbers of the parameter and of its value."""
    return frozenset(
        (place, number)
        for place, parameter in enumerate(parameters)
        for number, value in enumerate(parameter.values)
        if value.is_hidden
    )


def states_of(modifiers: Modifiers) -> list[bytes]:
    """Return the states that something with ``modifiers`` can be in."""
    absent, empty = threshold(modifiers.omit), threshold(modifiers.null)
    found = [PRESENT] if absent < ALWAYS and empty < ALWAYS else []
    found += [NULL] if empty > 0 and absent < ALWAYS else []
    return found + ([ABSENT] if absent else [])


class _Finder:
    """Collects parameters on a walk through a shape."""

    def __init__(self, plan: RecordPlan, least: int) -> None:
        self._plan = plan
        self._least = least
        self.found: list[Parameter] = []
        self._rows: dict[tuple[Path, tuple[int, ...]], int] = {}
        coverage = plan.coverage
        self._only = {plan.path_of(field): field for field in coverage.fields}
        self._without = {plan.path_of(field): field for field in coverage.without}
        self.unused = dict.fromkeys((*self._only.values(), *self._without.values()))

    def walk(self, shape: Shape, place: Place, guard: int | None) -> None:
        """Find the parameters of ``shape``, which is written at ``place``."""
        if isinstance(shape, Leaf):
            self._leaf(shape, place, guard)
            return
        states = states_of(shape.modifiers)
        before = len(self.found)
        if len(states) > 1:
            self._add_presence(shape, place, guard, states)
        if PRESENT not in states:
            return
        inner = before if len(states) > 1 else guard
        if isinstance(shape, ObjectShape):
            for member in shape.members:
                if not member.shape.modifiers.delete:
                    self.walk(member.shape, (*place, member.name), inner)
        else:
            self._elements(shape, place, inner)
        is_own = bool(place) and self._is_taken(keys_of(place))
        if len(states) > 1 and len(self.found) == before + 1 and not is_own:
            self.found.pop()

    def _elements(self, array: ArrayShape, place: Place, guard: int | None) -> None:
        """Walk the elements that are always there; an absent one would move the others."""
        sure = [*array.elements]
        if array.items is not None:
            sure += [array.items] * array.minimum
        if any(element.modifiers.omit for element in sure):
            return
        for number, element in enumerate(sure):
            self.walk(element, (*place, number), guard)

    def _leaf(self, leaf: Leaf, place: Place, guard: int | None) -> None:
        path = keys_of(place)
        if leaf.modifiers.is_fixed or not self._is_taken(path):
            return
        is_listed = any(path[: len(field)] == field for field in self._only)
        states = states_of(leaf.modifiers)
        row = generators.row_of(leaf.generator)
        if row is not None:
            values = values_of(leaf, self._plan, is_listed=is_listed)
            if len(values) >= self._least:
                self._add_row(values, row, place, guard)
            values = []
        else:
            can_be = PRESENT in states
            values = values_of(leaf, self._plan, is_listed=is_listed) if can_be else []
        if not values:
            if len(states) > 1:
                self._add_presence(leaf, place, guard, states)
            return
        if len(states) > 1:
            values = [replace(value, state=PRESENT) for value in values]
            values += [_state(state) for state in states if state != PRESENT]
        if len(values) >= self._least:
            self._add(values, place, Draw.VALUE, leaf.address, guard)

    def _add_presence(
        self, shape: Shape, place: Place, guard: int | None, states: Iterable[bytes]
    ) -> None:
        values = [_state(state) for state in states]
        self._add(values, place, Draw.PRESENCE, shape.address, guard)

    def _add(
        self, values: list[Value], place: Place, draw: Draw, address: Path, guard: int | None
    ) -> None:
        self.found.append(
            Parameter(
                label=self._label(place) + (" is there" if draw is Draw.PRESENCE else ""),
                values=tuple(values if guard is None else [*values, HIDDEN]),
                places=(place,),
                draw=draw,
                path=keys_of(place),
                address=address,
                guard=guard,
            )
        )

    def _add_row(
        self, columns: list[Value], field: generators.RowField, place: Place, guard: int | None
    ) -> None:
        """Add what chooses the row of ``field``, or this field to what does already."""
        key = (path_of_draw(field.address), _elements_of(place))
        if key not in self._rows:
            self._rows[key] = len(self.found)
            self._add(columns, place, Draw.ROWS, key[0], guard)
            label = self._label((*place[:-1], "$rows"))
            self.found[-1] = replace(self.found[-1], path=key[0], label=label)
            return
        shared = self.found[self._rows[key]]
        written = {value.identity: value.written for value in columns}
        values = [
            replace(value, written=(*value.written, *written.get(value.identity, ())))
            for value in shared.values
        ]
        self.found[self._rows[key]] = replace(
            shared, places=(*shared.places, place), values=tuple(values)
        )

    def _label(self, place: Place) -> str:
        slot = self._plan.slot
        own = place[len(slot) :] if place[: len(slot)] == slot and len(place) > len(slot) else place
        text = ""
        for part in own:
            text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
        return text

    def _is_taken(self, path: Path) -> bool:
        """Return whether the spec lets the field at ``path`` take part."""
        for field, stated in self._without.items():
            if path[: len(field)] == field:
                self.unused.pop(stated, None)
                return False
        for field, stated in self._only.items():
            if path[: len(field)] == field:
                self.unused.pop(stated, None)
                return True
        return not self._only


def _state(state: bytes) -> Value:
    written = FREE if state == PRESENT else None if state == NULL else MISSING
    return Value(name=f"${state.decode()}", choice=None, state=state, written=(written,))


def _elements_of(place: Place) -> tuple[int, ...]:
    return tuple([key for key in place if isinstance(key, int)])


Key: TypeAlias = "tuple[type, object]"
"""What is at a place, so that equal keys are equal values of one type."""


class RowReader:
    """Reads the row of a record: for each parameter the number of its value there, or None."""

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        self._parameters = parameters
        self._numbers: list[dict[tuple[Key, ...], int]] = []
        self._fitting: list[list[tuple[int, Value]]] = []
        self._free: list[dict[bytes | None, int]] = []
        for parameter in parameters:
            numbers: dict[tuple[Key, ...], int] = {}
            free: dict[bytes | None, int] = {}
            fitting: list[tuple[int, Value]] = []
            for number, value in enumerate(parameter.values):
                written = [each for each in value.written if not isinstance(each, Free)]
                if is_told(value):
                    fitting.append((number, value))
                elif len(written) < len(value.written):
                    free[value.state] = number
                elif not value.is_hidden:
                    numbers.setdefault(tuple(map(key_of, written)), number)
            self._fitting.append(fitting)
            self._numbers.append(numbers)
            self._free.append(free)

    def row(self, record: Json) -> list[int | None]:
        """Return the number of the value that ``record`` has for each parameter."""
        found: list[int | None] = []
        for parameter, numbers, free, fitting in zip(
            self._parameters, self._numbers, self._free, self._fitting, strict=True
        ):
            number = None
            if parameter.guard is None or self._is_there(parameter.guard, found):
                seen = [value_at(record, where) for where in parameter.places]
                number = numbers.get(tuple([key_of(value) for value in seen]))
                if number is None and fitting:
                    number = _only_fitting(fitting, seen)
                if number is None and not any(isinstance(value, Missing) for value in seen):
                    number = _drawn(free, is_null=seen == [None])
            found.append(number)
        return found

    def _is_there(self, guard: int, found: Sequence[int | None]) -> bool:
        number = found[guard]
        return number is not None and self._parameters[guard].values[number].state == PRESENT


def is_told(value: Value) -> bool:
    """Return whether it shows in what was drawn that this value was chosen."""
    return any(isinstance(each, Free) and each.fits is not None for each in value.written)


def _only_fitting(
    fitting: Sequence[tuple[int, Value]], seen: Sequence[Json | Missing]
) -> int | None:
    """Return the only value that what was drawn may be; None where there is none, or several."""
    found = [
        number
        for number, value in fitting
        if all(_may_be_seen(each, other) for each, other in zip(value.written, seen, strict=True))
    ]
    return found[0] if len(found) == 1 else None


def _may_be_seen(written: Json | Missing | Free, seen: Json | Missing) -> bool:
    if isinstance(written, Free):
        return not isinstance(seen, Missing) and (written.fits is None or written.fits(seen))
    return key_of(written) == key_of(seen)


def _drawn(free: Mapping[bytes | None, int], *, is_null: bool) -> int | None:
    """Return the value that stands for all that is drawn, if there is one."""
    if is_null and (NULL in free or PRESENT in free):
        return free.get(NULL)
    return free.get(PRESENT, free.get(None))


def key_of(value: Json | Missing) -> Key:
    """Return a key that equal values of one type have alone."""
    if isinstance(value, Missing):
        return (Missing, None)
    if isinstance(value, dict | list):
        return (type(value), canonical(value))
    return (type(value), value)
