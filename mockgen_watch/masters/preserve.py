"""Takes what stands at one path in master and record; gives the record's in the master's type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.masters.kinds import Kind, exact_number, kinds_of, may_be_number, values_of
from mockgen_watch.spec.generators import Constant, Pool, RowField
from mockgen_watch.spec.model import Leaf, OriginKind

if TYPE_CHECKING:
    from mockgen_watch.masters.kinds import Kinds
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.generators import Generator
    from mockgen_watch.spec.model import Origin, Shape

NEGATIVE = "negative"
"""The scenario in whose overlay a wrong type is on purpose."""


def preserve_type(master: Shape, record: Shape) -> Shape:
    """Return ``record`` with text that is exactly a number turned into it, where it should be.

    That is where the master writes numbers and no text. A pool's entries keep their identity, so
    that the choice among them stays as it was.
    """
    wanted = kinds_of(master)
    if wanted is None or Kind.NUMBER not in wanted or Kind.TEXT in wanted:
        return record
    if not isinstance(record, Leaf):
        return record
    given = kinds_of(record)
    if given is not None and Kind.TEXT not in given:
        return record
    if values_of(record.generator) is None or record.modifiers.transforms:
        if not may_be_number(record.generator) and not record.modifiers.transforms:
            return record
        return replace(record, coerce_number=True)
    generator = _with_numbers(record.generator)
    return record if generator == record.generator else replace(record, generator=generator)


def disagreement(master: Shape, record: Shape) -> Kinds:
    """Return the kinds that ``record`` (types preserved already) writes and ``master`` does not.

    Nothing where one of the two is not known or writes only null, and nothing for what the
    overlay of a negative scenario says: there a wrong type is on purpose.
    """
    wanted = kinds_of(master)
    given = kinds_of(record)
    if not wanted or given is None or is_on_purpose(record.origin):
        return frozenset()
    if isinstance(record, Leaf) and record.coerce_number:
        given = given - {Kind.TEXT}
    return given - wanted


def is_on_purpose(origin: Origin) -> bool:
    """Tell whether ``origin`` is the overlay of a negative scenario."""
    return origin.kind is OriginKind.SCENARIO and origin.name.casefold() == NEGATIVE


def _with_numbers(generator: Generator) -> Generator:
    if isinstance(generator, Constant):
        return Constant(value=_number_or_same(generator.value))
    if isinstance(generator, Pool):
        entries = tuple(
            replace(entry, value=_number_or_same(entry.value)) for entry in generator.entries
        )
        return replace(generator, entries=entries)
    if isinstance(generator, RowField):
        return replace(generator, rows=_rows_with_numbers(generator.rows, generator.key))
    return generator


def _rows_with_numbers(rows: Pool, key: str) -> Pool:
    entries = tuple(
        replace(entry, value={**entry.value, key: _number_or_same(entry.value[key])})
        if isinstance(entry.value, dict) and key in entry.value
        else entry
        for entry in rows.entries
    )
    return replace(rows, entries=entries)


def _number_or_same(value: Json) -> Json:
    number = exact_number(value) if isinstance(value, str) else None
    return value if number is None else number
