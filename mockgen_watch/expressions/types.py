"""Types of expressions: what a field or a part of an expression can be."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Mapping


class Kind(StrEnum):
    """Kinds of values, by the words that messages have for them."""

    INTEGER = "a whole number"
    DECIMAL = "a number"
    TEXT = "text"
    BOOLEAN = "true or false"
    DATE = "a date"
    DATETIME = "a date and time"
    TIME = "a time of day"
    DURATION = "a duration"
    NULL = "null"
    LIST = "a list"
    OBJECT = "an object"
    ANY = "any value"


NUMBERS: Final = frozenset({Kind.INTEGER, Kind.DECIMAL})
MOMENTS: Final = frozenset({Kind.DATE, Kind.DATETIME})


class Type(Struct, frozen=True, kw_only=True):
    """The type of a value.

    Attributes:
        kind: ``ANY`` where it is not known, or differs from record to record.
        item: of the elements of a list; None: not known.
        fields: of an object, by name; None: not known.
        decimals: the most places of a number; None: any.
        is_nullable: it may be null.
        is_optional: it may be absent.
    """

    kind: Kind
    item: Type | None = None
    fields: Mapping[str, Type] | None = None
    decimals: int | None = None
    is_nullable: bool = False
    is_optional: bool = False

    @property
    def is_number(self) -> bool:
        return self.kind in NUMBERS

    @property
    def is_moment(self) -> bool:
        """Whether it is a date, with or without a time."""
        return self.kind in MOMENTS

    @property
    def is_known(self) -> bool:
        return self.kind is not Kind.ANY


ANY: Final = Type(kind=Kind.ANY)
INTEGER: Final = Type(kind=Kind.INTEGER, decimals=0)
DECIMAL: Final = Type(kind=Kind.DECIMAL)
TEXT: Final = Type(kind=Kind.TEXT)
BOOLEAN: Final = Type(kind=Kind.BOOLEAN)
DATE: Final = Type(kind=Kind.DATE)
DATETIME: Final = Type(kind=Kind.DATETIME)
TIME: Final = Type(kind=Kind.TIME)
DURATION: Final = Type(kind=Kind.DURATION)
NULL: Final = Type(kind=Kind.NULL, is_nullable=True)


def number(decimals: int | None) -> Type:
    """Return the type of numbers of so many places; of whole numbers where there are none."""
    return INTEGER if decimals == 0 else Type(kind=Kind.DECIMAL, decimals=decimals)


def list_of(item: Type) -> Type:
    """Return the type of a list of items of a type."""
    return Type(kind=Kind.LIST, item=item)


def present(kind: Type) -> Type:
    """Return ``kind`` for a value that is there and not null."""
    if not kind.is_nullable and not kind.is_optional:
        return kind
    return replace(kind, is_nullable=False, is_optional=False)


def either(first: Type, second: Type) -> Type:
    """Return the type of a value that has one of two types."""
    is_nullable = first.is_nullable or second.is_nullable
    is_optional = first.is_optional or second.is_optional
    if first.kind is Kind.NULL or second.kind is Kind.NULL:
        found = second if first.kind is Kind.NULL else first
        return replace(found, is_nullable=True, is_optional=is_optional)
    if first.is_number and second.is_number:
        places = None
        if first.decimals is not None and second.decimals is not None:
            places = max(first.decimals, second.decimals)
        is_whole = first.kind is second.kind is Kind.INTEGER
        found = INTEGER if is_whole else Type(kind=Kind.DECIMAL, decimals=places)
    elif first.is_moment and second.is_moment:
        found = first if first.kind is second.kind else DATETIME
    elif first.kind is second.kind is Kind.LIST:
        one, other = first.item or ANY, second.item or ANY
        found = list_of(either(one, other))
    elif first.kind is second.kind is Kind.OBJECT:
        found = _either_object(first, second)
    else:
        found = first if first.kind is second.kind else ANY
    return replace(found, is_nullable=is_nullable, is_optional=is_optional)


def _either_object(first: Type, second: Type) -> Type:
    if first.fields is None or second.fields is None:
        return replace(first, fields=None)
    names = dict.fromkeys((*first.fields, *second.fields))
    fields = {}
    for name in names:
        one, other = first.fields.get(name), second.fields.get(name)
        if one is not None and other is not None:
            fields[name] = either(one, other)
        else:
            fields[name] = replace(one or other or ANY, is_optional=True)
    return replace(first, fields=fields)


def comparable(first: Type, second: Type) -> bool:
    """Return whether values of the two types can be put in order."""
    if not first.is_known or not second.is_known:
        return True
    if first.is_number or first.is_moment:
        return first.is_number is second.is_number and first.is_moment is second.is_moment
    if {first.kind, second.kind} == {Kind.TIME, Kind.TEXT}:
        return True
    return first.kind is second.kind and first.kind not in {Kind.LIST, Kind.OBJECT, Kind.NULL}


def equatable(first: Type, second: Type) -> bool:
    """Return whether values of the two types can be equal."""
    if Kind.NULL in {first.kind, second.kind}:
        return True
    same = first.kind is second.kind
    return same or comparable(first, second)
