"""Takes a leaf; gives the words and the odds that tell a person how its value is chosen."""

from __future__ import annotations

from decimal import Decimal
from functools import singledispatch
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.digest import canonical
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
    Uuid,
)
from mockgen_watch.spec.moments import format_moment

if TYPE_CHECKING:
    from mockgen_watch.diagnostics import Location
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.generators import Generator
    from mockgen_watch.spec.model import Modifiers


class Odds(Struct, frozen=True, kw_only=True):
    """One value that a leaf can have.

    Attributes:
        value: as it is written.
        share: its probability, 0 to 1, before null and omit.
        location: where it stands.
    """

    value: Json
    share: Decimal
    location: Location


def pool_odds(generator: Generator) -> tuple[Odds, ...]:
    """Return the values of a pool with their odds, likeliest first; empty for other generators.

    Values that a merge or a row makes equal are added up.
    """
    if isinstance(generator, RowField):
        pool = generator.rows
        values = [_row_value(entry.value, generator.key) for entry in pool.entries]
    elif isinstance(generator, Pool):
        pool = generator
        values = [entry.value for entry in pool.entries]
    else:
        return ()
    total = sum((entry.weight for entry in pool.entries), Decimal(0))
    shares: dict[bytes, Odds] = {}
    for value, entry in zip(values, pool.entries, strict=True):
        key = canonical(value)
        before = shares[key].share if key in shares else Decimal(0)
        first = shares[key].location if key in shares else entry.location
        shares[key] = Odds(value=value, share=before + entry.weight / total, location=first)
    return tuple(sorted(shares.values(), key=lambda odds: -odds.share))


def _row_value(row: Json, key: str) -> Json:
    return row.get(key) if isinstance(row, dict) else None


def describe(generator: Generator) -> str:
    """Return one line that says how ``generator`` chooses."""
    return _describe(generator)


@singledispatch
def _describe(generator: object) -> str:
    raise TypeError(f"no words for {type(generator).__name__}")


@_describe.register
def _(generator: Constant) -> str:
    del generator
    return "a constant"


@_describe.register
def _(generator: Pool) -> str:
    origin = f" of the vocabulary {generator.source}" if generator.source else ""
    return f"one of {len(generator.entries)} values{origin}"


@_describe.register
def _(generator: RowField) -> str:
    return f"the field {generator.key} of one of {len(generator.rows.entries)} rows"


@_describe.register
def _(generator: Pattern) -> str:
    return f"text that matches {generator.source}"


@_describe.register
def _(generator: Boolean) -> str:
    return f"true with probability {generator.true}"


@_describe.register
def _(generator: Uuid) -> str:
    del generator
    return "a UUID made of the address"


@_describe.register
def _(generator: SequenceNumber) -> str:
    return f"a sequence from {generator.start} in steps of {generator.step}"


@_describe.register
def _(generator: RecordIndex) -> str:
    return "the index of the element" if generator.element else "the index of the record"


@_describe.register
def _(generator: Template) -> str:
    parts = (part.text or "{" + ".".join(part.path) + "}" for part in generator.parts)
    return "text built as " + "".join(parts)


@_describe.register
def _(generator: Reference) -> str:
    owner = f"{generator.suite}:{generator.model}" if generator.suite else generator.model
    return f"the field {'.'.join(generator.path)} of a record of {owner}"


@_describe.register
def _(generator: Number) -> str:
    kind = "an integer" if generator.integer else "a number"
    low = "" if generator.minimum is None else f" from {generator.minimum}"
    high = "" if generator.maximum is None else f" to {generator.maximum}"
    params = ", ".join(f"{name} {value}" for name, value in generator.distribution.params)
    shape = f", {generator.distribution.kind}" + (f" ({params})" if params else "")
    return f"{kind}{low}{high}{shape}"


@_describe.register
def _(generator: Moment) -> str:
    steps = (generator.last - generator.first) // generator.step
    first, last = format_moment(generator, 0), format_moment(generator, steps)
    return f"a {generator.kind} from {first} to {last}"


def describe_modifiers(modifiers: Modifiers) -> tuple[str, ...]:
    """Return one phrase for each modifier that does something."""
    phrases = []
    if modifiers.omit:
        phrases.append(f"absent with probability {modifiers.omit}")
    if modifiers.null:
        phrases.append(f"null with probability {modifiers.null}")
    if modifiers.unique:
        phrases.append("never the same twice")
    if modifiers.transforms:
        phrases.append("then " + ", ".join(modifiers.transforms))
    if modifiers.to:
        phrases.append("written to " + ".".join(modifiers.to))
    return tuple(phrases)
