"""Takes a record and parameters; gives the value of each parameter that the record shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.digest import canonical
from mockgen_watch.rules.places import MISSING, Missing, value_at
from mockgen_watch.scenarios.coverage.parameter_values import Free
from mockgen_watch.scenarios.coverage.parameters import NULL, PRESENT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    from mockgen_watch.scenarios.coverage.parameter_values import Value
    from mockgen_watch.scenarios.coverage.parameters import Parameter
    from mockgen_watch.spec.document import Json

Key: TypeAlias = "tuple[type, object]"
"""What stands at a place, so that equal keys are equal values of one type."""


class Reader:
    """Reads rows: for each parameter the number of the value that a record shows, None for none."""

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        """Learn what the values of ``parameters`` look like."""
        self._parameters = parameters
        self._known: list[dict[tuple[Key, ...], int]] = []
        self._free: list[dict[bytes | None, int]] = []
        for parameter in parameters:
            known: dict[tuple[Key, ...], int] = {}
            free: dict[bytes | None, int] = {}
            for number, value in enumerate(parameter.values):
                if value.is_hidden:
                    continue
                if any(isinstance(each, Free) for each in value.written):
                    free[value.state] = number
                else:
                    known.setdefault(_keys_of(value), number)
            self._known.append(known)
            self._free.append(free)

    def row(self, record: Json) -> list[int | None]:
        """Return what ``record`` shows of each parameter."""
        found: list[int | None] = []
        for place, parameter in enumerate(self._parameters):
            guard = parameter.guard
            if guard is not None and not self._is_there(guard, found[guard]):
                found.append(None)
                continue
            seen = [value_at(record, where) for where in parameter.places]
            number = self._known[place].get(tuple([key_of(value) for value in seen]))
            if number is None and not any(isinstance(value, Missing) for value in seen):
                number = self._loose(place, is_null=seen == [None])
            found.append(number)
        return found

    def _is_there(self, guard: int, number: int | None) -> bool:
        if number is None:
            return False
        return self._parameters[guard].values[number].state == PRESENT

    def _loose(self, place: int, *, is_null: bool) -> int | None:
        """Return the value that stands for all that is drawn, if there is one."""
        free = self._free[place]
        if is_null and (NULL in free or PRESENT in free):
            return free.get(NULL)
        return free.get(PRESENT, free.get(None))


def _keys_of(value: Value) -> tuple[Key, ...]:
    return tuple([key_of(each) for each in value.written if not isinstance(each, Free)])


def key_of(value: Json | Missing) -> Key:
    """Return a key that equal values of one type have alone."""
    if isinstance(value, Missing):
        return (Missing, None)
    if isinstance(value, dict | list):
        return (type(value), canonical(value))
    return (type(value), value)


__all__ = ["MISSING", "Reader", "key_of"]
