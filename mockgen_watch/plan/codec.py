"""Takes plans; gives bytes for a cache, and from them equal plans again.

The bytes are JSON in ASCII: ``[CODEC_VERSION, classes, nodes, plans]``, where::

    classes     [[name, [field, …]], …]
    nodes       [node, …], each after those that it refers to, and no two alike
    node        [0, value, …]           a tuple
                [1, value, …]           a list
                [2, key, value, …]      a mapping
                [3, hexadecimal]        bytes
                [4, decimal as text]
                [5 + n, value, …]       an object of class n, its fields in order; or the value of
                                        a member, where the class is an enumeration
    value       null, a truth value, a number or text; or [place in nodes]
    plans       [value, …]
"""

from __future__ import annotations

import json
from decimal import Decimal
from json.encoder import encode_basestring_ascii

from mockgen_watch.diagnostics import Location
from mockgen_watch.enumeration import Enum
from mockgen_watch.plan import model as plans
from mockgen_watch.spec import coverage, generators, statements
from mockgen_watch.spec import model as spec
from mockgen_watch.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any, Final

    from mockgen_watch.plan.model import OutputPlan

CODEC_VERSION: Final = 1

_TUPLE, _LIST, _MAPPING, _BYTES, _DECIMAL, _CLASSES = range(6)
# What taking damaged data apart raises.
_DAMAGE: Final = (
    ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError,
)  # fmt: skip


def plan_classes() -> dict[str, type]:
    """Return every class that an object in a plan may have, by its name."""
    every = (Location, *_classes_of(plans, spec, generators, coverage, statements))
    return {one.__name__: one for one in every}


def _classes_of(*modules: object) -> Iterator[type]:
    for module in modules:
        for one in vars(module).values():
            if isinstance(one, type) and ("__slots__" in vars(one) or issubclass(one, Enum)):
                yield one


def _fields_of(one: type) -> tuple[str, ...]:
    return tuple(vars(one).get("__slots__", ()))


def encode_plans(plans: Iterable[OutputPlan]) -> bytes:
    """Return ``plans``, whose rules take nothing from plugins, as bytes.

    Raises:
        TypeError: something in a plan is of a class that plans do not have.
    """
    encoder = _Encoder()
    tops = ",".join([encoder.value(plan) for plan in plans])
    classes = json.dumps([[one.__name__, _fields_of(one)] for one in encoder.classes])
    return f"[{CODEC_VERSION},{classes},[{','.join(encoder.nodes)}],[{tops}]]".encode("ascii")


class _Encoder:
    """Writes values; equal ones are written once."""

    def __init__(self) -> None:
        self.classes: dict[type, int] = {}
        self.nodes: dict[str, int] = {}
        # Plans of one model share most of what they hold.
        self._written: dict[int, str] = {}
        self._known = frozenset(plan_classes().values())

    # What a plan holds is told by its class alone, hence Any.
    def value(self, value: Any) -> str:  # noqa: ANN401
        kind = type(value)
        if kind is str:
            return encode_basestring_ascii(value)
        if value is None or kind in (bool, int, float):
            return json.dumps(value, allow_nan=False)
        written = self._written.get(id(value))
        if written is None:
            text = f"[{','.join(self._parts(kind, value))}]"
            written = f"[{self.nodes.setdefault(text, len(self.nodes))}]"
            self._written[id(value)] = written
        return written

    def _parts(self, kind: type, value: Any) -> list[str]:  # noqa: ANN401
        if kind is tuple or kind is list:
            return [str(_TUPLE if kind is tuple else _LIST), *map(self.value, value)]
        if kind is dict:
            return [str(_MAPPING), *(self.value(part) for pair in value.items() for part in pair)]
        if kind is bytes:
            return [str(_BYTES), f'"{value.hex()}"']
        if kind is Decimal:
            return [str(_DECIMAL), f'"{value}"']
        if kind not in self._known:
            raise TypeError(f"a plan has no {kind.__qualname__}")
        tag = str(_CLASSES + self.classes.setdefault(kind, len(self.classes)))
        if issubclass(kind, Enum):
            return [tag, self.value(value.value)]
        return [tag, *(self.value(getattr(value, name)) for name in _fields_of(kind))]


def decode_plans(data: bytes) -> tuple[OutputPlan, ...] | None:
    """Return the plans that were encoded; None where ``data`` is something else.

    Something else is a damaged entry, one of another ``CODEC_VERSION``, or one of classes that
    have other fields now.
    """
    try:
        version, classes, nodes, tops = json.loads(data)
        if version != CODEC_VERSION:
            return None
        makers = _makers(classes)
        made: list[Any] = []
        for tag, *values in nodes:
            parts = [made[part[0]] if type(part) is list else part for part in values]
            made.append(makers[tag](parts))
        found = tuple(made[place] for (place,) in tops)
    except _DAMAGE:
        return None
    return found if all(isinstance(plan, plans.OutputPlan) for plan in found) else None


def _makers(classes: Iterable[tuple[str, list[str]]]) -> list[Callable[[list[Any]], Any]]:
    """Return, for each tag, what makes a value of its parts."""
    known = plan_classes()
    makers: list[Callable[[list[Any]], Any]] = [
        tuple,
        lambda parts: parts,
        lambda parts: dict(zip(parts[::2], parts[1::2], strict=True)),
        lambda parts: bytes.fromhex(*parts),
        lambda parts: Decimal(*parts),
    ]
    for name, fields in classes:
        kind = known[name]
        if list(_fields_of(kind)) != fields:
            raise ValueError(f"{name} has other fields")
        makers.append(_member_maker(kind) if issubclass(kind, Enum) else _maker(kind, fields))
    return makers


def _member_maker(kind: type[Enum]) -> Callable[[list[Any]], Any]:
    return lambda parts: kind(*parts)


def _maker(kind: type, fields: Sequence[str]) -> Callable[[list[Any]], Any]:
    new, put = object.__new__, object.__setattr__

    def make(parts: list[Any]) -> object:
        one: object = new(kind)
        for name, part in zip(fields, parts, strict=True):
            # As its ``__init__`` does; what that checks was checked before.
            put(one, name, part)
        return one

    return make
