"""Takes nothing; gives the types of every way a leaf can be chosen, as the spec states them.

Nothing here draws a value: ``mockgen_watch.generate`` does, from these types alone.
"""

from __future__ import annotations

from mockgen_watch.dataclass import dataclass
from mockgen_watch.enumeration import StrEnum
from mockgen_watch.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal
    from typing import TypeAlias

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.spec.document import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """Always ``value``, whatever it is."""

    value: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolEntry:
    """One value of a pool.

    Attributes:
        value: what is written.
        weight: more than 0 takes part, 0 never wins; values that stand twice have been added up.
        identity: canonical bytes that the choice depends on; equal for equal values, and kept
            when a merge with a master turns the value's type.
        location: where the value stands.
    """

    value: Json
    weight: Decimal
    identity: bytes
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """One of ``entries``, by weight; ``source`` names a vocabulary it was read from."""

    entries: tuple[PoolEntry, ...]
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowField:
    """The value of one key of a row; all fields of one ``$rows`` share the draw.

    Attributes:
        rows: a pool whose values are mappings.
        key: the key of the row that this field takes.
        address: the address path of the shared draw (that of the object that holds ``$rows``).
    """

    rows: Pool
    key: str
    address: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A string that the regular expression ``source`` matches from end to end."""

    source: str


class DistributionKind(StrEnum):
    """The shapes that a number can have."""

    UNIFORM = "uniform"
    NORMAL = "normal"
    LOGNORMAL = "lognormal"
    EXPONENTIAL = "exponential"
    POISSON = "poisson"
    ZIPF = "zipf"
    TRIANGULAR = "triangular"


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """A distribution with its parameters in declared units, sorted by name.

    Parameters: uniform none (the bounds are it); normal ``mean``, ``sd``; lognormal ``median``,
    ``sigma`` (of the natural logarithm); exponential ``mean``; poisson ``mean``; zipf
    ``exponent`` (with a finite ``$integer`` range); triangular ``mode`` (with both bounds).
    """

    kind: DistributionKind
    params: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number on the grid ``minimum + n * step``, or of ``decimals`` places.

    ``integer`` tells ``$integer`` from ``$number``. A bound of None is only for distributions
    that have no such end. ``step`` is 10**-decimals unless said.
    """

    integer: bool
    minimum: Decimal | None
    maximum: Decimal | None
    decimals: int
    step: Decimal
    distribution: Distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class Boolean:
    """True with probability ``true`` (0 to 1)."""

    true: Decimal


class MomentKind(StrEnum):
    """Which calendar text a ``Moment`` is."""

    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A date, date-time or time of day between two fixed ends, both included.

    Attributes:
        first, last: whole days since 0001-01-01 (date, ``date.toordinal() - 1``), or whole
            ``step`` units: seconds since 0001-01-01T00:00:00 (datetime) or since midnight (time).
        step: days (date) or seconds (datetime, time) between two neighbouring values.
        format: strftime directives out of the portable set that ``spec.formats`` lists;
            locale plays no part.
    """

    kind: MomentKind
    first: int
    last: int
    step: int
    format: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Uuid:
    """An RFC 9562 version 8 UUID made of the address; lower case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceNumber:
    """``start + index * step``; text with leading zeros when ``width`` > 0, after ``prefix``."""

    start: int
    step: int
    width: int
    prefix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordIndex:
    """The record's own index, from 0; ``element`` takes the element index instead."""

    element: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplatePart:
    """Literal ``text``, or the field at ``path`` (keys from the model's top) where there is one.

    Inside an array a path that begins with ``.`` was resolved against the element already.
    """

    text: str = ""
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """Text built from literal parts and other fields of the same record."""

    parts: tuple[TemplatePart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A field of another model's record, one that exists.

    Attributes:
        suite: the suite of the parent model; ``""`` is the same suite.
        model: name of the parent model.
        path: keys down to the field.
        scenario: whose records are meant (``base`` or a scenario's name); ``""`` picks
            ``base``, else ``positive``, else the first.
    """

    suite: str
    model: str
    path: tuple[str, ...]
    scenario: str = ""


Generator: TypeAlias = (
    "Constant | Pool | RowField | Pattern | Number | Boolean | Moment | Uuid "
    "| SequenceNumber | RecordIndex | Template | Reference"
)
