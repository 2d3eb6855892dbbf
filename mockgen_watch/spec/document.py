"""Document: the tree that the readers of JSON and YAML make, data whose nodes know their place.

Also the text of its scalars: the number that digits stand for, and how numbers and text are written
where JSON and YAML, or a message, read them.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct

from mockgen_watch.diagnostics import Diagnostic, Location

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


ScalarValue: TypeAlias = "None | bool | int | Decimal | str"
Json: TypeAlias = "ScalarValue | list[Json] | dict[str, Json]"


class Mark(Struct, frozen=True, kw_only=True):
    """Where a node begins and ends.

    Attributes:
        line: of the first character, from 1.
        column: of the first character, from 1, in characters.
        start: offset of the first character in the decoded text (a BOM is not part of it).
        end: offset after the last character; trailing comments and blanks are not part.
    """

    line: int
    column: int
    start: int
    end: int

    @property
    def span(self) -> tuple[int, int]:
        """Both offsets."""
        return self.start, self.end


class Scalar(Struct, frozen=True, kw_only=True):
    """A leaf: null, boolean, integer, Decimal (any other number) or text.

    ``plain`` is true for a YAML scalar without quotes; always false for JSON strings.
    ``raw`` is the source text of a number or plain scalar (``00501``, ``1.50``), else ``""``.
    """

    value: ScalarValue
    mark: Mark
    plain: bool = False
    raw: str = ""


class SequenceNode(Struct, frozen=True, kw_only=True):
    """A list of nodes."""

    items: tuple[Node, ...]
    mark: Mark


class Member(Struct, frozen=True, kw_only=True):
    """One key of a mapping with its node; ``mark`` is the key's."""

    key: str
    mark: Mark
    node: Node


class MappingNode(Struct, frozen=True, kw_only=True):
    """Keys in source order; no key appears twice."""

    members: tuple[Member, ...]
    mark: Mark

    def get(self, key: str) -> Node | None:
        """Return the node under ``key``, or None."""
        return next((member.node for member in self.members if member.key == key), None)


Node: TypeAlias = "Scalar | SequenceNode | MappingNode"


class Document(Struct, frozen=True, kw_only=True):
    """A parsed file.

    Attributes:
        path: as in ``Location.path``.
        text: the decoded text without BOM, line ends as they were.
        root: the top node; None when the text could not be parsed at all.
        diagnostics: what the parser found, in source order.
    """

    path: str
    text: str
    root: Node | None
    diagnostics: tuple[Diagnostic, ...] = ()

    def locate(self, mark: Mark, pointer: str = "") -> Location:
        """Return the location of ``mark``; the length never leaves its first line."""
        # Only as far as the node: a file of one line is searched for each of its nodes.
        line_end = self.text.find("\n", mark.start, mark.end)
        stop = min(mark.end, len(self.text)) if line_end < 0 else line_end
        return Location(
            path=self.path,
            line=mark.line,
            column=mark.column,
            length=max(1, stop - mark.start),
            pointer=pointer,
        )


def plain_data(node: Node) -> Json:
    """Return the node's data without marks: dict, list and scalars."""
    if isinstance(node, MappingNode):
        return {member.key: plain_data(member.node) for member in node.members}
    if isinstance(node, SequenceNode):
        return [plain_data(item) for item in node.items]
    return node.value


def pointer_of(segments: Sequence[str | int]) -> str:
    """Return the JSON Pointer (RFC 6901) of a path of keys and indexes."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in segments)


def walk(node: Node, pointer: str = "") -> Iterator[tuple[str, Node]]:
    """Yield every node below ``node``, itself first, with its JSON Pointer."""
    yield pointer, node
    if isinstance(node, MappingNode):
        for member in node.members:
            yield from walk(member.node, pointer + pointer_of((member.key,)))
    elif isinstance(node, SequenceNode):
        for index, item in enumerate(node.items):
            yield from walk(item, f"{pointer}/{index}")


MAX_DIGITS: Final = 4300
"""Python's own limit for turning digits into an int, which is quadratic work."""

_BOUND: Final = 10**MAX_DIGITS
_DECIMAL: Final = r"([-+]?)([0-9]*)\.?([0-9]*)(?:[eE]([-+]?[0-9]+))?"


class UnreadableNumberError(ValueError):
    """A number that is not finite or has too many digits; the message says which."""


def read_integer(digits: str, base: int = 10) -> int:
    """Return the integer that ``digits`` (with an optional sign, without prefix) stands for.

    Raises:
        UnreadableNumberError: it has more than ``MAX_DIGITS`` decimal digits.
    """
    if len(digits.lstrip("+-")) <= MAX_DIGITS:
        value = int(digits, base)
        # A hexadecimal digit holds more than a decimal one.
        if -_BOUND < value < _BOUND:
            return value
    raise UnreadableNumberError(f"the number has more than {MAX_DIGITS} digits")


def read_decimal(text: str) -> Decimal:
    """Return the exact value of ``text``: digits with a point, an exponent, or both.

    Raises:
        UnreadableNumberError: as a float it would be infinite, or its digits are too many.
    """
    match = re.fullmatch(_DECIMAL, text)
    if match is None or not match[2] + match[3]:
        raise UnreadableNumberError("the text is not a number")
    digits = len(match[2]) + len(match[3])
    exponent = (match[4] or "0").lstrip("+-").lstrip("0")
    # An exponent of millions would be a few characters here and gigabytes when written out.
    if len(exponent) > len(str(MAX_DIGITS)) or math.isinf(float(text)):
        raise UnreadableNumberError("the number is beyond what a double can hold")
    if digits + int(exponent or "0") > MAX_DIGITS:
        raise UnreadableNumberError(f"the number has more than {MAX_DIGITS} digits")
    return Decimal(text)


def number_text(value: Decimal) -> str:
    """Return the digits of ``value``, without an exponent unless that is positive.

    1E+5 written out would be an integer.
    """
    exponent = value.as_tuple().exponent
    return str(value) if isinstance(exponent, int) and exponent > 0 else format(value, "f")


_UNPRINTABLE: Final = "[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]"


def quote_literal(text: str) -> str:
    r"""Return ``text`` in double quotes, as JSON and YAML both read it.

    What YAML does not print is escaped, as ``\u0085``.
    """
    return re.sub(_UNPRINTABLE, lambda found: f"\\u{ord(found[0]):04x}", encode_basestring(text))


_SHOWN: Final = 60


def quote_excerpt(text: str) -> str:
    """Return ``text`` in double quotes for a message, its middle left out when it is long."""
    if len(text) > _SHOWN:
        text = f"{text[: _SHOWN - 20]} … {text[-15:]}"
    return f'"{text}"'
