"""Takes a settled plan and what is to be covered; gives the parameters: what can be chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.generate.address import Address
from mockgen_watch.generate.draws import ALWAYS, threshold
from mockgen_watch.generate.paths import shared_path
from mockgen_watch.plan.model import Draw
from mockgen_watch.rules.places import MISSING
from mockgen_watch.scenarios.coverage.parameter_values import FREE, Value, row_values, values_of
from mockgen_watch.spec.generators import RowField
from mockgen_watch.spec.model import Leaf, ObjectShape

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Final

    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.rules.places import Path, Place
    from mockgen_watch.spec.model import ArrayShape, Modifiers, Shape

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
        paths: the same without elements.
        draw, path: what it decides, as ``FirstChoices`` has it; for a field that may be null or
            absent, its presence as well.
        elements: the element indexes on the way.
        address: the address path of what is drawn.
        guard: the number of the parameter that decides whether the object around is there; its
            own values can be chosen only where that is.
    """

    label: str
    values: tuple[Value, ...]
    places: tuple[Place, ...]
    paths: tuple[Path, ...]
    draw: Draw
    path: Path
    elements: tuple[int, ...]
    address: Path
    guard: int | None

    @property
    def has_states(self) -> bool:
        """Tell whether it decides if something is there."""
        return any(value.state is not None for value in self.values)

    def marks(self, seed: int, model_id: str) -> tuple[int, ...]:
        """Return a hash of each value's own."""
        address = Address.of(seed, model_id, self.address)
        draw = f"coverage/{self.draw}/{'/'.join(map(str, self.elements))}"
        return tuple(address.key(draw, value.identity) for value in self.values)


def parameters_of(
    plan: RecordPlan, *, least: int = 2
) -> tuple[tuple[Parameter, ...], tuple[Path, ...]]:
    """Return the parameters of ``plan``, and the fields that were named and are none.

    ``least``: the values that a field needs to be a parameter; 1 shows what is left of others.
    """
    finder = _Finder(plan, least)
    finder.walk(plan.shape, (), None)
    return finder.parameters(), tuple(finder.unused)


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
        self._found: list[Parameter] = []
        self._rows: dict[tuple[Path, tuple[int, ...]], int] = {}
        coverage = plan.coverage
        self._only = {plan.path_of(field): field for field in coverage.fields}
        self._without = {plan.path_of(field): field for field in coverage.without}
        self.unused = dict.fromkeys((*self._only.values(), *self._without.values()))

    def parameters(self) -> tuple[Parameter, ...]:
        """Return what was found; a guard without anything to choose stays."""
        return tuple(self._found)

    def walk(self, shape: Shape, place: Place, guard: int | None) -> None:
        """Find the parameters of ``shape``, which is written at ``place``."""
        if isinstance(shape, Leaf):
            self._leaf(shape, place, guard)
            return
        states = states_of(shape.modifiers)
        before = len(self._found)
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
        is_own = bool(place) and self._is_taken(_keys(place))
        if len(states) > 1 and len(self._found) == before + 1 and not is_own:
            self._found.pop()

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
        path = _keys(place)
        if leaf.modifiers.unique or not self._is_taken(path):
            return
        is_named = any(path[: len(field)] == field for field in self._only)
        states = states_of(leaf.modifiers)
        if isinstance(leaf.generator, RowField):
            self._add_row(leaf, leaf.generator, place, guard, is_named=is_named)
            if len(states) > 1:
                self._add_presence(leaf, place, guard, states)
            return
        values = [] if PRESENT not in states else values_of(leaf, self._plan, is_named=is_named)
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
        self._found.append(
            Parameter(
                label=self._label(place) + (" is there" if draw is Draw.PRESENCE else ""),
                values=tuple(values if guard is None else [*values, HIDDEN]),
                places=(place,),
                paths=(_keys(place),),
                draw=draw,
                path=_keys(place),
                elements=_elements_of(place),
                address=address,
                guard=guard,
            )
        )

    def _add_row(
        self, leaf: Leaf, field: RowField, place: Place, guard: int | None, *, is_named: bool
    ) -> None:
        """Add what chooses the row of ``field``, or this field to what does already."""
        key = (shared_path(field), _elements_of(place))
        columns = row_values(leaf, field, is_named=is_named)
        if len(columns) < self._least:
            return
        if key not in self._rows:
            self._rows[key] = len(self._found)
            self._add(columns, place, Draw.ROWS, key[0], guard)
            label = self._label((*place[:-1], "$rows"))
            self._found[-1] = replace(self._found[-1], path=key[0], label=label)
            return
        known = self._found[self._rows[key]]
        written = {value.identity: value.written for value in columns}
        self._found[self._rows[key]] = replace(
            known,
            places=(*known.places, place),
            paths=(*known.paths, _keys(place)),
            values=tuple(
                value
                if value.is_hidden
                else replace(value, written=(*value.written, *written[value.identity]))
                for value in known.values
            ),
        )

    def _label(self, place: Place) -> str:
        slot = self._plan.slot
        own = place[len(slot) :] if place[: len(slot)] == slot and len(place) > len(slot) else place
        text = ""
        for part in own:
            text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
        return text

    def _is_taken(self, path: Path) -> bool:
        """Tell whether the spec lets the field at ``path`` take part."""
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


def _keys(place: Place) -> Path:
    return tuple([key for key in place if isinstance(key, str)])


def _elements_of(place: Place) -> tuple[int, ...]:
    return tuple([key for key in place if isinstance(key, int)])
