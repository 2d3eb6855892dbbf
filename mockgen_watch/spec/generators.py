"""Generators: the ways to choose the value of a leaf, as the spec states them.

Nothing here draws a value: ``mockgen_watch.generate`` does, from these types alone.
"""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.canonical import canonical
from mockgen_watch.spec.check_forms import FORMS, blanked_pattern
from mockgen_watch.spec.pattern import CompiledPattern, compile_pattern

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.spec.document import Json


class Constant(Struct, frozen=True, kw_only=True):
    """Always ``value``, whatever it is."""

    value: Json


class PoolEntry(Struct, frozen=True, kw_only=True):
    """One value of a pool.

    Attributes:
        value: what is written.
        weight: more than 0 takes part, 0 never wins; values that appear twice have been added up.
        identity: canonical bytes that the choice depends on; equal for equal values, and kept
            when a merge with a master turns the value's type.
        location: of the value.
    """

    value: Json
    weight: Decimal
    identity: bytes
    location: Location


class Pool(Struct, frozen=True, kw_only=True):
    """One of ``entries``, by weight; ``source`` names a vocabulary it was read from."""

    entries: tuple[PoolEntry, ...]
    source: str = ""


class RowField(Struct, frozen=True, kw_only=True):
    """The value of one key of a row; all fields of one ``$rows`` share the draw.

    Attributes:
        rows: a pool whose values are mappings.
        key: the key of the row that this field takes.
        address: the address path of the shared draw (that of the object that holds ``$rows``).
    """

    rows: Pool
    key: str
    address: tuple[str, ...]


class Pattern(Struct, frozen=True, kw_only=True):
    """A string that the regular expression ``source`` matches from end to end."""

    source: str


class CheckedPattern(Pattern, frozen=True, kw_only=True):
    """A pattern whose strings are given the check digits that ``check`` names.

    Strings that differ in their places alone are one where no two may be alike.
    """

    check: str


class DistributionKind(StrEnum):
    """The shapes that a number can have."""

    UNIFORM = "uniform"
    NORMAL = "normal"
    LOGNORMAL = "lognormal"
    EXPONENTIAL = "exponential"
    POISSON = "poisson"
    ZIPF = "zipf"
    TRIANGULAR = "triangular"


class Distribution(Struct, frozen=True, kw_only=True):
    """A distribution with its parameters in declared units, sorted by name.

    Parameters: uniform none (the bounds are it); normal ``mean``, ``sd``; lognormal ``median``,
    ``sigma`` (of the natural logarithm); exponential ``mean``; poisson ``mean``; zipf
    ``exponent`` (with a finite ``$integer`` range); triangular ``mode`` (with both bounds).
    """

    kind: DistributionKind
    params: tuple[tuple[str, Decimal], ...] = ()


class Number(Struct, frozen=True, kw_only=True):
    """A number on the grid ``minimum + n * step``, or of ``decimals`` places.

    ``integer``: ``$integer``, not ``$number``. A bound of None is only for distributions
    that have no such end. ``step`` is 10**-decimals by default. ``lows`` and ``highs`` are
    further bounds, which other fields of the record give; ``minimum`` and ``maximum`` are then
    the least and the greatest that these can be, once the plan knows it. ``kept``: the bounds of
    rules: a number that lies beyond them is drawn again, between them.
    """

    integer: bool
    minimum: Decimal | None
    maximum: Decimal | None
    decimals: int
    step: Decimal
    distribution: Distribution
    lows: tuple[Expression, ...] = ()
    highs: tuple[Expression, ...] = ()
    kept: tuple[Limit, ...] = ()


class Boolean(Struct, frozen=True, kw_only=True):
    """True with probability ``true`` (0 to 1)."""

    true: Decimal


class MomentKind(StrEnum):
    """Which calendar text a ``Moment`` is."""

    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"


class Moment(Struct, frozen=True, kw_only=True):
    """A date, date-time or time of day between two fixed ends, both included.

    Attributes:
        first, last: whole days since 0001-01-01 (date, ``date.toordinal() - 1``), or whole
            ``step`` units: seconds since 0001-01-01T00:00:00 (datetime) or since midnight (time).
        step: days (date) or seconds (datetime, time) between two neighbouring values.
        format: strftime directives out of the portable set that ``spec.formats`` lists;
            locale plays no part.
        lows, highs: further bounds, which other fields of the record give; ``first`` and ``last``
            are then the least and the greatest that these can be, once the plan knows it.
        kept: the bounds of rules: a moment that lies beyond them is drawn again, between them.
    """

    kind: MomentKind
    first: int
    last: int
    step: int
    format: str
    lows: tuple[Expression, ...] = ()
    highs: tuple[Expression, ...] = ()
    kept: tuple[Limit, ...] = ()


class Uuid(Struct, frozen=True, kw_only=True):
    """An RFC 9562 version 8 UUID made of the address; lower case."""


class SequenceNumber(Struct, frozen=True, kw_only=True):
    """``start + index * step``; text with leading zeros when ``width`` > 0, after ``prefix``.

    ``element``: the index is that of the element in its array, not the record's.
    """

    start: int
    step: int
    width: int
    prefix: str
    element: bool = False


class Progression(Struct, frozen=True, kw_only=True):
    """Numbers, dates or times that go on by steps: ``start + index * step``, and a jitter.

    Attributes:
        moment: which calendar text it is; None for numbers.
        start, step, jitter: in units of the last decimal, in days for dates, in seconds for
            date-times and times; the jitter is drawn from 0 to this, and less than a step.
        months: calendar months of a step, beside ``step``.
        decimals: of numbers.
        format: of dates and times.
        element: as in ``SequenceNumber``.
    """

    moment: MomentKind | None
    start: int
    step: int
    months: int = 0
    jitter: int = 0
    decimals: int = 0
    format: str = ""
    element: bool = False

    def shown(self) -> Moment | None:
        """Return what it looks like, as far as it goes in the calendar; None for a number."""
        if self.moment is None:
            return None
        return Moment(
            kind=self.moment,
            first=self.start if self.step >= 0 and self.months >= 0 else 0,
            last=LAST_MOMENTS[self.moment],
            step=1,
            format=self.format,
        )


LAST_MOMENTS = {
    MomentKind.DATE: 3_652_058,
    MomentKind.DATETIME: 3_652_059 * 86_400 - 1,
    MomentKind.TIME: 86_399,
}
"""The last that there is of each kind, in the units of ``Moment``."""


class RecordIndex(Struct, frozen=True, kw_only=True):
    """The record's own index, from ``start``; ``element`` takes the element index instead.

    ``sibling``: the index among the children of the same parent, where a ``Reference`` has these.
    """

    element: bool = False
    start: int = 0
    sibling: bool = False


class TemplatePart(Struct, frozen=True, kw_only=True):
    """Literal ``text``, or the field at ``path`` (keys from the model's top) where there is one.

    Inside an array a path that begins with ``.`` was resolved against the element already.
    """

    text: str = ""
    path: tuple[str, ...] = ()


class Template(Struct, frozen=True, kw_only=True):
    """Text built from literal parts and other fields of the same record."""

    parts: tuple[TemplatePart, ...]


class Binding(Struct, frozen=True, kw_only=True):
    """What a name of an expression stands for.

    Attributes:
        name: the keys after the root name, which comes first: ``("record", "lines", "[]", "qty")``.
        path: keys from the model's top (in a plan: from the top of what is written), without
            elements.
    """

    name: tuple[str, ...]
    path: tuple[str, ...]


class Expression(Struct, frozen=True, kw_only=True):
    """CEL text over other fields of the record.

    Attributes:
        text: the expression.
        bindings: each field that it reads.
        home: keys from the top to the object that ``this`` is.
        text_location: where the text begins, without its quotes.
    """

    text: str
    bindings: tuple[Binding, ...]
    home: tuple[str, ...]
    text_location: Location


class Case(Struct, frozen=True, kw_only=True):
    """For which values of another field an alternative holds.

    Attributes:
        text: the value as text; a number or date may be written otherwise.
        low, high: the ends of a range of numbers or dates, as they are written; ``""`` for none.
        is_range: it is a range.
        value: of a pair, the value itself.
        is_value: it is a pair.
    """

    text: str = ""
    low: str = ""
    high: str = ""
    is_range: bool = False
    value: Json = None
    is_value: bool = False


class Alternative(Struct, frozen=True, kw_only=True):
    """One of several shapes that a value may have.

    Attributes:
        shape: a leaf, an object or an array, as ``spec.model`` has them (``alternatives_of`` gives
            it as such); its address is that of the whole.
        identity: canonical bytes that a choice by weight depends on.
        weight: of a choice by weight.
        case: of a choice by another field; None for all that no case speaks of.
        location: its place.
    """

    shape: object
    identity: bytes
    weight: Decimal
    case: Case | None
    location: Location


class Alternatives(Struct, frozen=True, kw_only=True):
    """One of several shapes: by weight, by the value of the field at ``given``, or by a row.

    Without an alternative for all other values, the value is absent where no case holds. ``row``
    is the field of ``$rows`` that this is: each row has an alternative with its identity.
    """

    alternatives: tuple[Alternative, ...]
    given: tuple[str, ...] = ()
    row: RowField | None = None


class Limit(Struct, frozen=True, kw_only=True):
    """A bound that rules put to a number or date: a sum of fields, each times a factor.

    Attributes:
        is_low: it is a lower bound, else an upper one.
        terms: expressions with numerator and denominator of their factors; dates count as seconds.
        constant: numerator and denominator of what is added.
        unless: where this is true, the bound does not hold; None: it always does.
    """

    is_low: bool
    terms: tuple[tuple[Expression, int, int], ...]
    constant: tuple[int, int]
    unless: Expression | None = None


class FieldValue(Struct, frozen=True, kw_only=True):
    """The value of the field at ``path``, with its type; absent and null where that is."""

    path: tuple[str, ...]


class Computed(Struct, frozen=True, kw_only=True):
    """The value of an expression.

    Attributes:
        decimals: places that a number is rounded to, half to even, and written with; None where
            its own places are few enough to be written.
        format: how a date or time is written; ``""`` for ISO 8601.
    """

    expression: Expression
    decimals: int | None = None
    format: str = ""


class Reference(Struct, frozen=True, kw_only=True):
    """A field of another model's record, one that exists.

    Attributes:
        suite: the suite of the parent model; ``""`` is the same suite.
        model: name of the parent model.
        path: keys down to the field.
        scenario: whose records are meant (``base`` or a scenario's name); ``""`` picks
            ``base``, else ``positive``, else the first.
        each: how many records each parent has, at least and at most; empty where the parent of
            a record is drawn.
        roots: how many records refer to none, where each other one refers to an earlier record of
            its own model; 0 where circles are meant, None where nothing is said.
    """

    suite: str
    model: str
    path: tuple[str, ...]
    scenario: str = ""
    each: tuple[int, ...] = ()
    roots: int | None = None


Generator: TypeAlias = (
    "Constant | Pool | RowField | Pattern | Number | Boolean | Moment | Uuid "
    "| SequenceNumber | Progression | RecordIndex | Template | FieldValue | Computed "
    "| Alternatives | Reference"
)


def names_of(generator: Generator) -> tuple[tuple[str, ...], ...]:
    """Return the paths of the fields of the same record that ``generator`` reads.

    Of alternatives, what decides between them; each names further fields on its own.
    """
    if isinstance(generator, Template):
        return tuple(part.path for part in generator.parts if part.path)
    if isinstance(generator, FieldValue):
        return (generator.path,)
    if isinstance(generator, Alternatives):
        return (generator.given,) if generator.given else ()
    return tuple(
        binding.path for expression in expressions_of(generator) for binding in expression.bindings
    )


def expressions_of(generator: Generator) -> tuple[Expression, ...]:
    """Return the expressions that ``generator`` evaluates: its own, or those of its bounds."""
    if isinstance(generator, Computed):
        return (generator.expression,)
    if not isinstance(generator, Number | Moment):
        return ()
    kept = [term for limit in generator.kept for term, _, _ in limit.terms]
    kept += [limit.unless for limit in generator.kept if limit.unless is not None]
    return (*generator.lows, *generator.highs, *kept)


def row_of(generator: Generator) -> RowField | None:
    """Return the field of ``$rows`` that ``generator`` is, whatever its rows hold; else None."""
    if isinstance(generator, RowField):
        return generator
    return generator.row if isinstance(generator, Alternatives) else None


def with_rows(generator: Generator, rows: RowField) -> Generator:
    """Return a field of ``$rows`` with ``rows`` in its place, of which it may have had more."""
    if not isinstance(generator, Alternatives):
        return rows
    identities = {entry.identity for entry in rows.rows.entries}
    kept = tuple(each for each in generator.alternatives if each.identity in identities)
    return replace(generator, row=rows, alternatives=kept)


def is_bounded(generator: Generator) -> bool:
    """Return whether rules bound ``generator``."""
    return isinstance(generator, Number | Moment) and bool(generator.kept)


def with_names(
    generator: Generator, change: Callable[[tuple[str, ...]], tuple[str, ...]]
) -> Generator:
    """Return ``generator`` with every path of ``names_of`` replaced by what ``change`` makes."""

    def changed(expression: Expression) -> Expression:
        bindings = tuple(replace(each, path=change(each.path)) for each in expression.bindings)
        return replace(expression, bindings=bindings, home=change(expression.home))

    if isinstance(generator, Template):
        parts = tuple(
            replace(part, path=change(part.path)) if part.path else part for part in generator.parts
        )
        return replace(generator, parts=parts)
    if isinstance(generator, FieldValue):
        return replace(generator, path=change(generator.path))
    if isinstance(generator, Alternatives):
        given = change(generator.given) if generator.given else ()
        return replace(generator, given=given)
    if isinstance(generator, Computed):
        return replace(generator, expression=changed(generator.expression))
    if isinstance(generator, Number | Moment) and (generator.lows or generator.highs):
        lows, highs = (tuple(map(changed, each)) for each in (generator.lows, generator.highs))
        return replace(generator, lows=lows, highs=highs)
    return generator


def capacity(generator: Generator) -> int | None:
    """Return how many values ``generator`` can make; None if it has no end or depends on others."""
    if isinstance(generator, Constant):
        return 1
    if isinstance(generator, Pool):
        return sum(1 for entry in generator.entries if entry.weight)
    if isinstance(generator, RowField):
        return _row_values(generator)
    if isinstance(generator, Pattern):
        return apart_pattern(generator).size
    if isinstance(generator, Number):
        return _number_values(generator)
    if isinstance(generator, Boolean):
        return 2 if 0 < generator.true < 1 else 1
    if isinstance(generator, Moment):
        return (generator.last - generator.first) // generator.step + 1
    return None


def is_distinct(pattern: Pattern) -> bool:
    """Return whether it is certain that the pattern makes no string in two ways."""
    return apart_pattern(pattern).distinct


def apart_pattern(pattern: Pattern) -> CompiledPattern:
    """Return what makes the strings where no two are alike: check digits tell none apart."""
    blank = None
    if isinstance(pattern, CheckedPattern):
        blank = blanked_pattern(pattern.source, pattern.check)
    return blank or compile_pattern(pattern.source)


def stay_apart(generator: Generator, check: str) -> bool:
    """Return whether values that differ still do so once they have their check digits."""
    if not check:
        return True
    if isinstance(generator, Pattern):
        return blanked_pattern(generator.source, check) is not None
    if isinstance(generator, Pool):
        form = FORMS[check]
        texts = [entry.value for entry in generator.entries if isinstance(entry.value, str)]
        bare = [text[: form.begin] + text[form.end or len(text) :] for text in texts]
        return len(set(bare)) == len(bare)
    if isinstance(generator, SequenceNumber):
        size = 10 ** ((FORMS[check].end or 0) - FORMS[check].begin)
        return FORMS[check].begin < 0 and generator.step % size == 0
    return False


def _row_values(field: RowField) -> int:
    values = set()
    for entry in field.rows.entries:
        if entry.weight and isinstance(entry.value, dict):
            values.add(canonical(entry.value[field.key]))
    return len(values)


def _number_values(number: Number) -> int | None:
    if number.minimum is None or number.maximum is None:
        return None
    span = Fraction(number.maximum) - Fraction(number.minimum)
    return int(span // Fraction(number.step)) + 1
