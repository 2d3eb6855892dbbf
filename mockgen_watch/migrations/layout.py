"""Takes what no record can hold; gives the comments in which the new spec keeps it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.migrations.shapes import RemarkKind
from mockgen_watch.spec.document import quote_literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Final

    from mockgen_watch.migrations.shapes import Remark
    from mockgen_watch.spec.document import Document, Json


WIDTH: Final = 100


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
        start = f"{quote_literal(key)}: "
        lines.append(inner + start + json_text(item, indent, depth + 1, len(start)))
    return "{" + ",".join(lines) + end + "}"


def one_line(value: Json) -> str:
    """Return ``value`` as JSON in one line."""
    if isinstance(value, str):
        return quote_literal(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Decimal):
        return decimal_literal(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(one_line, value)) + "]"
    return "{" + ", ".join(f"{quote_literal(k)}: {one_line(v)}" for k, v in value.items()) + "}"


def decimal_literal(value: Decimal) -> str:
    """Return the digits of ``value``; a whole one keeps the mark that it is no integer."""
    text = str(value)
    return text if "." in text or "E" in text else f"{text}.0"


_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_./@+-]*(?: [A-Za-z0-9_./@+-]+)*")
_KEY: Final = re.compile(r"\$?[A-Za-z_][A-Za-z0-9_.-]*")
# What YAML 1.1 or 1.2 takes for something else.
_WORDS: Final = frozenset(
    ("true", "false", "null", "yes", "no", "on", "off", "y", "n", "t", "f", "none", "nan", "inf")
)
_LONGEST_PLAIN: Final = 60


def member_lines(key: str, value: Json, column: int) -> list[str]:
    """Return the lines of ``key: value``, indented by ``column`` blanks, without line ends."""
    start = " " * column + key_text(key) + ":"
    if not isinstance(value, dict | list) or not value:
        return [f"{start} {flow(value)}"]
    if _is_short(key, value) and len(short := flow(value)) + len(start) < WIDTH:
        return [f"{start} {short}"]
    if isinstance(value, dict):
        return [start, *mapping_lines(value, column + 2)]
    return [start, *_list_lines(value, column + 2)]


def mapping_lines(value: Mapping[str, Json], column: int) -> Iterator[str]:
    """Yield the lines of a mapping that is not empty."""
    for key, item in value.items():
        yield from member_lines(key, item, column)


def flow(value: Json) -> str:
    """Return ``value`` on one line."""
    if isinstance(value, str):
        return scalar_text(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Decimal):
        return decimal_literal(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return "{" + ", ".join(f"{key_text(key)}: {flow(item)}" for key, item in value.items()) + "}"


def scalar_text(text: str) -> str:
    """Return ``text`` without quotes where no reader of YAML could take it for something else."""
    is_plain = (
        len(text) <= _LONGEST_PLAIN
        and _PLAIN.fullmatch(text) is not None
        and text.casefold() not in _WORDS
    )
    return text if is_plain else quote_literal(text)


def key_text(key: str) -> str:
    """Return ``key`` as a key of a mapping."""
    is_plain = _KEY.fullmatch(key) is not None and key.casefold() not in _WORDS
    return key if is_plain and len(key) <= _LONGEST_PLAIN else quote_literal(key)


def _is_short(key: str, value: Json) -> bool:
    """Return whether ``value`` stands on one line where there is room."""
    if key in {"$rows", "$scenarios"}:
        return False
    if isinstance(value, dict):
        return all(not isinstance(item, dict | list) for item in value.values()) and (
            len(value) == 1 or key.startswith("$")
        )
    return isinstance(value, list) and not any(isinstance(item, dict) for item in value)


def _list_lines(items: list[Json], column: int) -> Iterator[str]:
    dash = " " * column + "- "
    for item in items:
        short = flow(item)
        if not isinstance(item, dict) or not item or len(short) + len(dash) <= WIDTH:
            yield dash + short
            continue
        first, *others = mapping_lines(item, column + 2)
        yield dash + first[column + 2 :]
        yield from others


NOT_CARRIED: Final = "not carried over"


class Emission(Struct, frozen=True, kw_only=True):
    """What the new text needs beside the model.

    Attributes:
        schema: what ``$schema`` names; ``""``: no such line.
        count: records of each scenario; None: as the project says.
        to_yaml: whether the new text is YAML, else JSON.
    """

    schema: str
    count: int | None
    to_yaml: bool


def lost_lines(document: Document, remarks: Iterable[Remark]) -> Iterator[tuple[int, str]]:
    """Yield line and text of each member that no record can hold."""
    for remark in remarks:
        if remark.kind is RemarkKind.LOST and remark.lost is not None:
            start, end = remark.lost.mark.start, remark.lost.node.mark.end
            yield remark.lost.mark.line, document.text[start:end]


def lost_comment(document: Document, remarks: Iterable[Remark]) -> Json:
    """Return what ``$comment`` says of it in JSON: text, or a list of texts; None for nothing."""
    lost: list[Json] = [
        f"{NOT_CARRIED} (line {line}): {text}" for line, text in lost_lines(document, remarks)
    ]
    return (lost if len(lost) > 1 else lost[0]) if lost else None


def commented(lost: Iterable[tuple[int, str]]) -> list[str]:
    """Return comment lines that hold ``lost``: lines of the old file and their text."""
    lines = []
    for line, text in lost:
        first, *others = text.splitlines() or [""]
        lines.append(f"# {NOT_CARRIED} (line {line}): {first}")
        lines += [f"#   {other}" for other in others]
    return lines
