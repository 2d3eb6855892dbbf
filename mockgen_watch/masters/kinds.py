"""Takes a shape; gives the JSON types it can write, and numbers for text that is exactly one."""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from mockgen_watch.spec.generators import (
    Boolean,
    Constant,
    Moment,
    Number,
    Pattern,
    Pool,
    RecordIndex,
    Reference,
    RowField,
    SequenceNumber,
    Template,
)
from mockgen_watch.spec.model import ArrayShape, ObjectShape
from mockgen_watch.spec.number_text import UnreadableNumberError, read_decimal, read_integer

if TYPE_CHECKING:
    from typing import Final

    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.generators import Generator
    from mockgen_watch.spec.model import Shape


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
    """Tell whether some text of ``generator`` could be exactly a number.

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
