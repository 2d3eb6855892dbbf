"""Takes a YAML scalar's text and tag; gives its value by the core schema of YAML 1.2."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from mockgen_watch.spec.number_text import UnreadableNumberError, read_decimal, read_integer

if TYPE_CHECKING:
    from typing import Final

    from mockgen_watch.spec.document import ScalarValue

TAG_PREFIX: Final = "tag:yaml.org,2002:"

# https://yaml.org/spec/1.2.2/#103-core-schema
_WORDS: Final[dict[str, bool | None]] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_NUMBER: Final = re.compile(
    r"(?P<integer>[-+]?[0-9]+)"
    r"|0o(?P<octal>[0-7]+)"
    r"|0x(?P<hexadecimal>[0-9a-fA-F]+)"
    r"|(?P<decimal>[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<unreadable>[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))"
)
_LEADING_ZEROS: Final = re.compile(r"[-+]?0[0-9]")
# A plain scalar that begins otherwise is text; this spares most of them the long pattern.
_NUMBER_BEGINNINGS: Final = frozenset("0123456789+-.")


class WrongTagError(ValueError):
    """The text is not of the type that its tag names; the message says so."""


def read_plain(text: str) -> ScalarValue:
    """Return the value of a scalar without quotes and tag: null, boolean, number or text.

    Raises:
        UnreadableNumberError: a number that is not finite or has too many digits.
    """
    if text in _WORDS:
        return _WORDS[text]
    match = _NUMBER.fullmatch(text) if text[0] in _NUMBER_BEGINNINGS else None
    if match is None:
        return text
    if match["decimal"]:
        return read_decimal(text)
    if match["integer"]:
        return read_integer(text)
    if match["octal"]:
        return read_integer(match["octal"], 8)
    if match["hexadecimal"]:
        return read_integer(match["hexadecimal"], 16)
    raise UnreadableNumberError("the number is not finite")


def loses_zeros(text: str) -> bool:
    """Return whether ``text`` is a number that begins with zeros, as postal codes do."""
    return _LEADING_ZEROS.match(text) is not None


def read_tagged(tag: str, text: str) -> ScalarValue:
    """Return the value of ``text`` under a tag such as ``!!int``; quotes make no difference.

    Raises:
        UnreadableNumberError: as for ``read_plain``.
        WrongTagError: the tag is not of the core schema, or the text is not of its type.
    """
    name = tag.removeprefix(TAG_PREFIX) if tag.startswith(TAG_PREFIX) else ""
    if name == "str" or tag == "!":
        return text
    if name not in _TYPES:
        raise WrongTagError(f"the tag {shorthand(tag)} is not of the core schema")
    value = read_plain(text)
    if name == "float" and isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    if not isinstance(value, _TYPES[name]) or isinstance(value, bool) != (name == "bool"):
        raise WrongTagError(f"the value is not what the tag {shorthand(tag)} says")
    return value


_TYPES: Final[dict[str, type]] = {
    "int": int,
    "float": Decimal,
    "bool": bool,
    "null": type(None),
}


def shorthand(tag: str) -> str:
    """Return a tag as people write it: ``!!int`` for ``tag:yaml.org,2002:int``."""
    return "!!" + tag.removeprefix(TAG_PREFIX) if tag.startswith(TAG_PREFIX) else tag
