"""Output format: a name, its options and a function that makes writers; and its one error.

``formats.BUILTIN`` is the table of the formats that come with the package. A writer turns records
into bytes in two ways that must give the same bytes: ``Writer.encode`` from plain data, one record
at a time, and ``Writer.compile`` as tables of fragments for whole chunks. A format may leave the
second out.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol, TypeAlias

from msgspec import Struct

from mockgen_watch.errors import MockgenError
from mockgen_watch.spec.document import Json, ScalarValue, number_text, pointer_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mockgen_watch.formats.fragments import FragmentPlan
    from mockgen_watch.generate.column import Program
    from mockgen_watch.spec.model import Layout

    Options: TypeAlias = Mapping[str, Json]


class FormatError(MockgenError):
    """A record holds a value that its format cannot write.

    Attributes:
        code: the code of the diagnostic that reports it.
        reason: what is wrong, one sentence without a full stop.
        path: keys and indexes down to the value, as far as they are known.
    """

    code = "MG603"

    def __init__(self, reason: str, path: tuple[str | int, ...] = ()) -> None:
        self.reason = reason
        self.path = path
        super().__init__(f"{pointer_of(path) or 'the record'}: {reason}")

    def __reduce__(self) -> tuple[type[FormatError], tuple[str, tuple[str | int, ...]]]:
        # Worker processes raise it, and the message alone would not make it again.
        return FormatError, (self.reason, self.path)

    def below(self, segment: str | int) -> FormatError:
        """Return the same error, seen from one level further up."""
        return FormatError(self.reason, (segment, *self.path))


class Option(Struct, frozen=True, kw_only=True):
    """An option that a format understands, by its name in ``$output``.

    It takes the values ``allowed`` and the whole numbers ``integers``; ``summary`` is one sentence.
    """

    name: str
    default: Json
    summary: str
    allowed: tuple[Json, ...] = ()
    integers: range | None = None

    @property
    def expected(self) -> str:
        """The values that it takes, for a person."""
        words = [repr(one) if isinstance(one, str) else json.dumps(one) for one in self.allowed]
        if self.integers is not None:
            words.append(f"a whole number from {self.integers.start} to {self.integers.stop - 1}")
        return " or ".join(words)

    def takes(self, value: Json) -> bool:
        """Return whether ``value`` is one of those; true is not 1."""
        if any(type(value) is type(other) and value == other for other in self.allowed):
            return True
        return type(value) is int and self.integers is not None and value in self.integers


class Framing(Struct, frozen=True, kw_only=True):
    """What surrounds the records of one file, or is the whole of an ``empty`` one.

    The separator comes after each record but the last.
    """

    head: bytes
    separator: bytes
    tail: bytes
    empty: bytes


class Writer(Protocol):
    """A format bound to its options, a layout, and the programs whose records it writes."""

    @property
    def framing(self) -> Framing: ...

    def encode(self, record: Mapping[str, Json]) -> bytes:
        """Return one record without its separator.

        Raises:
            FormatError: the record holds a value that cannot be written.
        """

    def compile(self, program: Program) -> FragmentPlan | None:
        """Return a plan for records of ``program``, each with its separator; None for no plan.

        Raises:
            FormatError: one of the tables holds a value that cannot be written.
        """


class Format(Struct, frozen=True, kw_only=True):
    """One way to write records.

    Attributes:
        suffix: the end of its file names, with the dot.
        writer: makes a writer for records of any of the given programs. Of the options each has a
            valid value. Raises FormatError when no record of the programs can be written.
        is_lines: a record is a line, so that a file can grow at its end.
    """

    name: str
    suffix: str
    writer: Callable[[Sequence[Program], Options, Layout], Writer]
    options: tuple[Option, ...] = ()
    is_lines: bool = False


def complete_options(form: Format, given: Sequence[tuple[str, Json]]) -> dict[str, Json]:
    """Return the value of every option of ``form``: as given, else its default."""
    return {option.name: option.default for option in form.options} | dict(given)


def literal_text(value: ScalarValue) -> str | None:
    """Return ``null``, ``true``, ``false`` or a number's digits; None for text.

    Digits are exact and valid in JSON. An integer has all of them. A Decimal keeps its own
    (251.50), without an exponent unless that is positive: 1E+5 written out would be an integer.

    Raises:
        FormatError: NaN, an infinity, or a value that JSON has no type for.
    """
    if isinstance(value, str):
        return None
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    if not isinstance(value, Decimal):
        raise FormatError(f"a value of type {type(value).__name__} cannot be written")
    if not value.is_finite():
        raise FormatError(f"{value} is not a number that can be written")
    return number_text(value)


def utf8(text: str) -> bytes:
    """Return ``text`` in UTF-8.

    Raises:
        FormatError: it holds a lone surrogate.
    """
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        code = ord(text[error.start])
        raise FormatError(
            f"the text contains the lone surrogate U+{code:04X}, which UTF-8 cannot encode"
        ) from error


def utf8_tables(tables: Sequence[Sequence[str]]) -> tuple[tuple[bytes, ...], ...]:
    """Return the texts of each table in UTF-8; raise as ``utf8`` does."""
    return tuple([tuple([utf8(text) for text in table]) for table in tables])
