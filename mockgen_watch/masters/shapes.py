"""Takes a shape; gives its parts by path, and the same shape with some parts changed."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.diagnostics import Location
from mockgen_watch.spec.generators import (
    Boolean,
    Constant,
    Moment,
    Number,
    Pattern,
    Pool,
    PoolEntry,
    RecordIndex,
    Reference,
    RowField,
    SequenceNumber,
    Template,
)
from mockgen_watch.spec.model import ArrayShape, ObjectShape, Origin
from mockgen_watch.spec.number_text import UnreadableNumberError, read_decimal, read_integer

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final, TypeAlias

    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.generators import Generator
    from mockgen_watch.spec.model import KeyPath, Shape

    ReferenceForm = Callable[[Reference], "Form"]


class Kind(StrEnum):
    """A type of JSON; null is of every kind, so it is none."""

    TEXT = "text"
    NUMBER = "a number"
    BOOLEAN = "a boolean"
    OBJECT = "an object"
    ARRAY = "an array"


Kinds = frozenset[Kind]

_EXACT: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?")
_NUMERIC: Final = re.compile(r"[-0-9.]*")
_DATE_TEXT: Final = re.compile(r"(?:%[YmdHMSfjyGV]|[0-9.])*")


def exact_number(text: str) -> int | Decimal | None:
    """Return the number whose own JSON text is ``text``, or None.

    ``"007"``, ``" 7"``, ``"+7"``, ``"-0"`` and ``"1e5"`` are not numbers in this sense: something
    of the text would be lost.
    """
    match = _EXACT.fullmatch(text)
    if match is None or text == "-0":
        return None
    try:
        return read_decimal(text) if match[1] else read_integer(text)
    except UnreadableNumberError:
        return None


def number_or_same(value: Json) -> Json:
    """Return the number that a text exactly is; any other value as it is."""
    number = exact_number(value) if isinstance(value, str) else None
    return value if number is None else number


def kinds_of(shape: Shape) -> Kinds | None:
    """Return the kinds of the values that ``shape`` can write; None when that is not known.

    Null does not count: a shape that only writes null has no kinds.
    """
    if isinstance(shape, ObjectShape):
        return frozenset({Kind.OBJECT})
    if isinstance(shape, ArrayShape):
        return frozenset({Kind.ARRAY})
    return _kinds_of_generator(shape.generator)


def value_kind(value: Json) -> Kind | None:
    """Return the kind of a value; None for null."""
    if value is None:
        return None
    if isinstance(value, str):
        return Kind.TEXT
    if isinstance(value, bool):
        return Kind.BOOLEAN
    if isinstance(value, int | Decimal):
        return Kind.NUMBER
    return Kind.OBJECT if isinstance(value, dict) else Kind.ARRAY


def values_of(generator: Generator) -> tuple[Json, ...] | None:
    """Return every value of a constant, a pool or a row's field; None for other generators."""
    if isinstance(generator, Constant):
        return (generator.value,)
    if isinstance(generator, Pool):
        return tuple(entry.value for entry in generator.entries)
    if isinstance(generator, RowField):
        rows = (entry.value for entry in generator.rows.entries)
        return tuple(row.get(generator.key) for row in rows if isinstance(row, dict))
    return None


def may_be_number(generator: Generator) -> bool:
    """Return whether some text of ``generator`` could be exactly a number.

    False only where that is sure, so that a wrong type is found early without false alarms.
    """
    if isinstance(generator, Template):
        return all(part.path or _NUMERIC.fullmatch(part.text) for part in generator.parts)
    if isinstance(generator, Moment):
        return _DATE_TEXT.fullmatch(generator.format) is not None
    if isinstance(generator, SequenceNumber):
        return _NUMERIC.fullmatch(generator.prefix) is not None
    return isinstance(generator, Pattern | Reference)


def _kinds_of_generator(generator: Generator) -> Kinds | None:
    values = values_of(generator)
    if values is not None:
        return frozenset(kind for kind in map(value_kind, values) if kind is not None)
    if isinstance(generator, Reference):
        return None
    if isinstance(generator, Number | RecordIndex):
        return frozenset({Kind.NUMBER})
    if isinstance(generator, Boolean):
        return frozenset({Kind.BOOLEAN})
    if isinstance(generator, SequenceNumber):
        is_text = generator.width > 0 or generator.prefix
        return frozenset({Kind.TEXT if is_text else Kind.NUMBER})
    # What is left writes text: patterns, moments, UUIDs and templates.
    return frozenset({Kind.TEXT})


Form: TypeAlias = "None | bool | int | str | list[Form] | dict[str, Form]"
"""Data that JSON knows. What is no scalar is a pair of a name and its content, so that no two
values have one form: a list, a Decimal and a dataclass differ by that name."""

_PLACES: Final = (Location, Origin)
"""The types that say where something was stated, and so decide no value."""

_SCALARS: Final = frozenset({bool, int, str})
_MARKS: Final = frozenset({"reset"})
_ADDRESSES: Final = frozenset({"address"})


def canonical_shape(shape: Shape, *, reference: ReferenceForm) -> Form:
    """Return the form of ``shape`` with its addresses, without places in files.

    ``reference`` gives the form of each ``$ref``, which means nothing without its parent's plan.
    """
    return canonical_form(shape, reference=reference)


def same_values(left: Shape, right: Shape) -> bool:
    """Return whether the two say the same of their values; addresses and places do not count."""
    skip = _MARKS | _ADDRESSES
    return form_bytes(canonical_form(left, skip=skip)) == form_bytes(
        canonical_form(right, skip=skip)
    )


def form_bytes(form: Form) -> bytes:
    """Return the bytes of ``form``, equal for equal forms alone."""
    # Not ``digest.canonical``: a form has no Decimals, so that the encoder in C can do the work.
    return json.dumps(form, sort_keys=True, separators=(",", ":")).encode("ascii")


def canonical_form(
    value: object, *, reference: ReferenceForm | None = None, skip: frozenset[str] = _MARKS
) -> Form:
    """Return the form of any value of the spec's types; fields named in ``skip`` are left out.

    Raises:
        TypeError: ``value`` holds something that is none of the spec's types.
    """

    def form(part: object) -> Form:
        kind = type(part)
        if part is None or kind in _SCALARS:
            return part  # type: ignore[return-value]  # mypy cannot follow the set
        if kind is tuple or kind is list:
            return ["list", [form(item) for item in part]]  # type: ignore[attr-defined]
        if isinstance(part, PoolEntry):
            return [part.identity.decode("latin-1"), str(part.weight), form(part.value)]
        if isinstance(part, Reference) and reference is not None:
            return reference(part)
        if isinstance(part, dict):
            return ["dict", {key: form(item) for key, item in part.items()}]
        if isinstance(part, Decimal):
            return ["Decimal", str(part)]
        if isinstance(part, StrEnum):
            return part.value
        return [kind.__name__, {name: form(item) for name, item in _fields(part, skip)}]

    return form(value)


def _fields(value: object, skip: frozenset[str]) -> list[tuple[str, object]]:
    """Return the fields of a dataclass that decide values, with their names."""
    names = getattr(type(value), "__slots__", None)
    if names is None:
        raise TypeError(f"{type(value).__name__} has no canonical form")
    fields = [(name, getattr(value, name)) for name in names if name not in skip]
    return [
        (name, item)
        for name, item in fields
        # A place may be None, and is one all the same.
        if not name.endswith("location") and not isinstance(item, _PLACES)
    ]


def put_object(shape: ObjectShape, path: KeyPath, new: ObjectShape) -> ObjectShape:
    """Return ``shape`` with the object at ``path`` replaced; every key on the way must exist."""
    if not path:
        return new
    members = tuple(
        replace(member, shape=put_object(member.shape, path[1:], new))
        if member.name == path[0] and isinstance(member.shape, ObjectShape)
        else member
        for member in shape.members
    )
    return replace(shape, members=members)
