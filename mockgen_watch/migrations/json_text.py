"""Takes plain data; gives JSON as a person would lay it out: short lists and rows on one line."""

from __future__ import annotations

import re
from decimal import Decimal
from json.encoder import encode_basestring
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final

    from mockgen_watch.spec.document import Json

WIDTH: Final = 100

_UNPRINTABLE: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def json_text(value: Json, indent: int = 2, depth: int = 0, used: int = 0) -> str:
    """Return ``value`` as JSON, without a line end behind it.

    Args:
        value: the data; a Decimal keeps its digits.
        indent: blanks a level.
        depth: levels around the value.
        used: characters in front of it on its line.
    """
    short = one_line(value)
    is_flat = not isinstance(value, dict) or depth > 1
    if not isinstance(value, dict | list) or not value:
        return short
    if is_flat and len(short) + used + depth * indent <= WIDTH:
        return short
    inner = "\n" + " " * indent * (depth + 1)
    end = "\n" + " " * indent * depth
    if isinstance(value, list):
        parts = [json_text(item, indent, depth + 1) for item in value]
        return "[" + ",".join(inner + part for part in parts) + end + "]"
    lines = []
    for key, item in value.items():
        start = f"{quoted(key)}: "
        lines.append(inner + start + json_text(item, indent, depth + 1, len(start)))
    return "{" + ",".join(lines) + end + "}"


def one_line(value: Json) -> str:
    """Return ``value`` as JSON in one line."""
    if isinstance(value, str):
        return quoted(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Decimal):
        return number_text(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(one_line, value)) + "]"
    return "{" + ", ".join(f"{quoted(k)}: {one_line(v)}" for k, v in value.items()) + "}"


def number_text(value: Decimal) -> str:
    """Return the digits of ``value``; a whole one keeps the mark that it is no integer."""
    text = str(value)
    return text if "." in text or "E" in text else f"{text}.0"


def quoted(text: str) -> str:
    r"""Return ``text`` in double quotes, as JSON and YAML both read it.

    What YAML does not print is escaped, as ``\u0085``.
    """
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", encode_basestring(text))
