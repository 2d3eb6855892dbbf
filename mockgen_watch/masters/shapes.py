"""What a shape can write: the kinds of its values, numbers written as text, and a canonical form.

The canonical form of a shape or of a whole plan is plain data, equal when the values would be.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec.structs import replace

from mockgen_watch.diagnostics import Location
from mockgen_watch.spec import generators
from mockgen_watch.spec.document import Json, UnreadableNumberError, read_decimal, read_integer
from mockgen_watch.spec.model import (
    ArrayShape,
    Leaf,
    ObjectShape,
    Origin,
    Shape,
    alternatives_of,
    change_alternatives,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    ReferenceForm = Callable[[generators.Reference], "Form"]


class Kind(StrEnum):
    """A type of JSON; null is of every kind, so it is none."""

    TEXT = "text"
    NUMBER = "a number"
    BOOLEAN = "a boolean"
    OBJECT = "an object"
    ARRAY = "an array"


Kinds = frozenset[Kind]

_KINDS: Final[Mapping[type, Kind]] = {
    str: Kind.TEXT,
    bool: Kind.BOOLEAN,
    int: Kind.NUMBER,
    Decimal: Kind.NUMBER,
    dict: Kind.OBJECT,
    list: Kind.ARRAY,
}

_EXACT: Final = r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?"
_NUMERIC: Final = r"[-0-9.]*"
_DATE_TEXT: Final = r"(?:%[YmdHMSfjyGV]|[0-9.])*"


def exact_number(text: str) -> int | Decimal | None:
    """Return the number whose own JSON text is ``text``, or None.

    ``"007"``, ``" 7"``, ``"+7"``, ``"-0"`` and ``"1e5"`` are not numbers in this sense: something
    of the text would be lost.
    """
    match = re.fullmatch(_EXACT, text)
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
    return _kinds_of_leaf(shape)


def _kinds_of_leaf(leaf: Leaf) -> Kinds | None:
    generator = leaf.generator
    values = values_of(generator)
    if values is not None:
        return frozenset(_KINDS[type(value)] for value in values if value is not None)
    if isinstance(generator, generators.Alternatives):
        kinds = [kinds_of(each) for each in alternatives_of(leaf)]
        known = [each for each in kinds if each is not None]
        return frozenset().union(*known) if len(known) == len(kinds) else None
    if isinstance(generator, generators.Reference | generators.Computed | generators.FieldValue):
        return None
    if isinstance(generator, generators.Number | generators.RecordIndex):
        return frozenset({Kind.NUMBER})
    if isinstance(generator, generators.Progression):
        return frozenset({Kind.NUMBER if generator.moment is None else Kind.TEXT})
    if isinstance(generator, generators.Boolean):
        return frozenset({Kind.BOOLEAN})
    if isinstance(generator, generators.SequenceNumber):
        is_text = generator.width > 0 or generator.prefix
        return frozenset({Kind.TEXT if is_text else Kind.NUMBER})
    # What is left writes text: patterns, moments, UUIDs and templates.
    return frozenset({Kind.TEXT})


def values_of(generator: generators.Generator) -> tuple[Json, ...] | None:
    """Return every value of a constant, a pool or a row's field; None for other generators."""
    if isinstance(generator, generators.Constant):
        return (generator.value,)
    if isinstance(generator, generators.Pool):
        return tuple(entry.value for entry in generator.entries)
    if isinstance(generator, generators.RowField):
        rows = (entry.value for entry in generator.rows.entries)
        return tuple(row.get(generator.key) for row in rows if isinstance(row, dict))
    return None


def may_be_number(generator: generators.Generator) -> bool:
    """Return whether some text of ``generator`` could be exactly a number.

    False only where that is sure, so that a wrong type is found early without false alarms.
    """
    if isinstance(generator, generators.Template):
        return all(part.path or re.fullmatch(_NUMERIC, part.text) for part in generator.parts)
    if isinstance(generator, generators.Moment):
        return re.fullmatch(_DATE_TEXT, generator.format) is not None
    if isinstance(generator, generators.SequenceNumber):
        return re.fullmatch(_NUMERIC, generator.prefix) is not None
    return isinstance(generator, generators.Pattern | generators.Reference)


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
    if alternatives_of(record):
        # Text that comes out of any alternative is transformed as a whole.
        if record.modifiers.transforms or record.modifiers.check:
            return replace(record, coerce_number=True)
        return change_alternatives(record, lambda each: preserve_type(master, each))
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
    overlay of a scenario of broken records says: there a wrong type is on purpose.
    """
    wanted = kinds_of(master)
    given = kinds_of(record)
    if not wanted or given is None or record.origin.is_fault:
        return frozenset()
    if isinstance(record, Leaf) and alternatives_of(record) and not record.coerce_number:
        return frozenset().union(*(disagreement(master, one) for one in alternatives_of(record)))
    if isinstance(record, Leaf) and record.coerce_number:
        given = given - {Kind.TEXT}
    return given - wanted


def _with_numbers(generator: generators.Generator) -> generators.Generator:
    if isinstance(generator, generators.Constant):
        return generators.Constant(value=number_or_same(generator.value))
    if isinstance(generator, generators.Pool):
        entries = tuple(
            replace(entry, value=number_or_same(entry.value)) for entry in generator.entries
        )
        return replace(generator, entries=entries)
    if isinstance(generator, generators.RowField):
        rows, key = generator.rows, generator.key
        entries = tuple(
            replace(entry, value={**entry.value, key: number_or_same(entry.value[key])})
            if isinstance(entry.value, dict) and key in entry.value
            else entry
            for entry in rows.entries
        )
        return replace(generator, rows=replace(rows, entries=entries))
    return generator


Form: TypeAlias = "None | bool | int | str | list[Form] | dict[str, Form]"
"""Data that JSON knows. What is no scalar is a pair of a name and its content, so that no two
values have one form: a list, a Decimal and a struct differ by that name."""

_PLACES: Final = (Location, Origin)
"""The types that say where something was stated, and so decide no value."""

_SCALARS: Final = frozenset({bool, int, str})
_MARKS: Final = frozenset({"reset"})
_UNADDRESSED: Final = frozenset({"reset", "address"})


def same_values(left: Shape, right: Shape) -> bool:
    """Return whether the two say the same of their values; addresses and places do not count."""
    # Not the forms: those of true and 1 are equal to Python.
    left_form, right_form = (canonical_form(side, skip=_UNADDRESSED) for side in (left, right))
    return form_bytes(left_form) == form_bytes(right_form)


def form_bytes(form: Form) -> bytes:
    """Return the bytes of ``form``, equal for equal forms alone."""
    # Not ``digest.canonical``: a form has no Decimals, so that the encoder in C can do the work.
    return json.dumps(form, sort_keys=True, separators=(",", ":")).encode("ascii")


def canonical_form(
    value: object, *, reference: ReferenceForm | None = None, skip: frozenset[str] = _MARKS
) -> Form:
    """Return the form of any value of the spec's types, without places in files.

    Fields named in ``skip`` are left out. ``reference`` gives the form of each ``$ref``, which
    means nothing without its parent's plan.

    Raises:
        TypeError: ``value`` holds something that is none of the spec's types.
    """

    def form(part: object) -> Form:
        kind = type(part)
        if part is None or kind in _SCALARS:
            return part  # type: ignore[return-value]  # mypy cannot follow the set
        if kind is tuple or kind is list:
            return ["list", [form(item) for item in part]]  # type: ignore[attr-defined]
        if isinstance(part, generators.PoolEntry):
            return [part.identity.decode("latin-1"), str(part.weight), form(part.value)]
        if isinstance(part, generators.Reference) and reference is not None:
            return reference(part)
        if isinstance(part, dict):
            return ["dict", {key: form(item) for key, item in part.items()}]
        if isinstance(part, Decimal | bytes):
            text = part.decode("latin-1") if isinstance(part, bytes) else str(part)
            return [kind.__name__, text]
        if isinstance(part, StrEnum):
            return part.value
        return [kind.__name__, {name: form(item) for name, item in _fields(part, skip)}]

    return form(value)


def _fields(value: object, skip: frozenset[str]) -> list[tuple[str, object]]:
    names = getattr(value, "__struct_fields__", None)
    if names is None:
        raise TypeError(f"{type(value).__name__} has no canonical form")
    fields = [(name, getattr(value, name)) for name in names if name not in skip]
    return [
        (name, item)
        for name, item in fields
        # A place may be None, and is one all the same.
        if not name.endswith("location") and not isinstance(item, _PLACES)
    ]
