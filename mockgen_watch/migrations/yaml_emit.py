"""Takes plain data; gives lines of YAML as a person would lay it out."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from mockgen_watch.migrations.json_text import WIDTH, number_text, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Final

    from mockgen_watch.spec.document import Json

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
        return number_text(value)
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
    return text if is_plain else quoted(text)


def key_text(key: str) -> str:
    """Return ``key`` as a key of a mapping."""
    is_plain = _KEY.fullmatch(key) is not None and key.casefold() not in _WORDS
    return key if is_plain and len(key) <= _LONGEST_PLAIN else quoted(key)


def _is_short(key: str, value: Json) -> bool:
    """Tell whether ``value`` stands on one line where there is room."""
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
