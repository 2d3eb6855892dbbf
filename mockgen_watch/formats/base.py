"""Takes nothing; gives what a format is: its protocol, its options, its framing, its error.

A format is one value that implements ``Format``; ``formats.builtin`` is the table of those that
come with the package. It turns records into bytes twice, and both ways must give the same bytes:
``Writer.encode`` from plain data, one record at a time, and ``Writer.compile`` as fragment tables
for whole chunks. A format may leave the second out.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from mockgen_watch.diagnostics import did_you_mean
from mockgen_watch.errors import MockgenError
from mockgen_watch.generate.text import number_text as decimal_text
from mockgen_watch.spec.document import pointer_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockgen_watch.formats.fragments import FragmentPlan
    from mockgen_watch.generate.column import Program
    from mockgen_watch.spec.document import Json, ScalarValue
    from mockgen_watch.spec.model import Layout


class FormatError(MockgenError):
    """A record holds a value that its format cannot write.

    Attributes:
        code: the diagnostic that a workflow makes of it.
        reason: what is wrong, one sentence without a full stop.
        path: keys and indexes down to the value, as far as they are known.
    """

    code = "MG603"

    def __init__(self, reason: str, path: tuple[str | int, ...] = ()) -> None:
        """Say that the value at ``path`` cannot be written, and why."""
        self.reason = reason
        self.path = path
        super().__init__(f"{pointer_of(path) or 'the record'}: {reason}")

    def __reduce__(self) -> tuple[type[FormatError], tuple[str, tuple[str | int, ...]]]:
        """Pickle what it was made of, for worker processes tell of it."""
        return FormatError, (self.reason, self.path)

    def below(self, segment: str | int) -> FormatError:
        """Return the same error, seen from one level further up."""
        return FormatError(self.reason, (segment, *self.path))


class Media(Struct, frozen=True, kw_only=True):
    """What the bytes are: the media type, and whether the file grows by whole lines."""

    type: str
    lines: bool = False


class Option(Struct, frozen=True, kw_only=True):
    """An option that a format understands.

    Attributes:
        name: as it stands in ``$output``.
        default: what holds when nobody says.
        allowed: the values that it can take; empty when ``integers`` says.
        integers: the whole numbers that it can take, or None.
        summary: what it does, one sentence.
    """

    name: str
    default: Json
    summary: str
    allowed: tuple[Json, ...] = ()
    integers: range | None = None

    @property
    def expected(self) -> str:
        """The values that it takes, for a person."""
        words = [_shown(value) for value in self.allowed]
        if self.integers is not None:
            words.append(f"a whole number from {self.integers.start} to {self.integers.stop - 1}")
        return " or ".join(words)

    def takes(self, value: Json) -> bool:
        """Return whether ``value`` is one of those; true is not 1."""
        if any(type(value) is type(known) and value == known for known in self.allowed):
            return True
        return type(value) is int and self.integers is not None and value in self.integers


class OptionProblem(Struct, frozen=True, kw_only=True):
    """An option that is unknown or has a value that it cannot take."""

    option: str
    message: str
    hint: str


class Framing(Struct, frozen=True, kw_only=True):
    """What stands around the records of one file.

    Attributes:
        head: before the first record.
        separator: behind each record but the last.
        tail: behind the last record.
        empty: the whole file when there is no record.
    """

    head: bytes
    separator: bytes
    tail: bytes
    empty: bytes


class Writer(Protocol):
    """A format bound to its options, a layout, and the programs whose records it is to write."""

    @property
    def framing(self) -> Framing:
        """What stands around the records."""

    def encode(self, record: Mapping[str, Json]) -> bytes:
        """Return one record without its separator.

        Raises:
            FormatError: a value that cannot be written.
        """

    def compile(self, program: Program) -> FragmentPlan | None:
        """Return a plan for records of ``program``, the separator behind each, or None.

        Raises:
            FormatError: a value that cannot be written is in one of the tables.
        """


class Format(Protocol):
    """The extension point: one way to write records."""

    @property
    def name(self) -> str:
        """The name in ``$output`` and ``--format``."""

    @property
    def suffix(self) -> str:
        """What the names of its files end with, dot included."""

    @property
    def media(self) -> Media:
        """Facts on the bytes."""

    @property
    def options(self) -> tuple[Option, ...]:
        """The options that it understands."""

    @property
    def layouts(self) -> tuple[Layout, ...]:
        """The layouts that it can write."""

    def writer(
        self, programs: Sequence[Program], options: Mapping[str, Json], layout: Layout
    ) -> Writer:
        """Return a writer for records of any of ``programs``.

        ``options`` has a valid value for each of ``self.options``.

        Raises:
            FormatError: no record of these programs can be written this way.
        """


def check_options(form: Format, given: Sequence[tuple[str, Json]]) -> tuple[OptionProblem, ...]:
    """Return what is wrong with the options given for ``form``."""
    known = {option.name: option for option in form.options}
    problems = []
    for name, value in given:
        option = known.get(name)
        if option is None:
            hint = did_you_mean(name, known) or f"{form.name} takes {_listed(known)}"
            problems.append(
                OptionProblem(
                    option=name, message=f"the format {form.name} has no option {name}", hint=hint
                )
            )
        elif not option.takes(value):
            message = f"{name} cannot be {_shown(value)}"
            problems.append(
                OptionProblem(option=name, message=message, hint=f"use {option.expected}")
            )
    return tuple(problems)


def complete_options(form: Format, given: Sequence[tuple[str, Json]]) -> dict[str, Json]:
    """Return the value of every option of ``form``: as given, else its default."""
    values = {option.name: option.default for option in form.options}
    values.update(given)
    return values


def _listed(names: Mapping[str, Option]) -> str:
    return ", ".join(sorted(names)) or "no options"


def _shown(value: Json) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, str) else str(value)


def number_text(value: int | Decimal) -> str:
    """Return a number's digits, exact and valid in JSON.

    An integer has all its digits. A Decimal keeps its own (251.50), without an exponent unless
    that is positive: 1E+5 written out would be an integer.

    Raises:
        FormatError: NaN or an infinity.
    """
    if isinstance(value, int):
        return int.__repr__(value)
    if not value.is_finite():
        raise FormatError(f"{value} is not a number that can be written")
    return decimal_text(value)


def literal_text(value: ScalarValue) -> str | None:
    """Return ``null``, ``true``, ``false`` or a number's digits; None for text.

    Raises:
        FormatError: a value that JSON has no type for.
    """
    if isinstance(value, str):
        return None
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return number_text(value)
    raise FormatError(f"a value of type {type(value).__name__} cannot be written")


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
            f"the text holds the lone surrogate U+{code:04X}, which UTF-8 cannot write"
        ) from error
