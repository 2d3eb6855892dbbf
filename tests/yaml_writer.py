"""Takes plain data; gives YAML as people wrote it: odd indentation, comments, any quotes."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.oldest_engine import Plain


def as_yaml(data: dict[str, Plain], number: int) -> str:
    """Return ``data`` in a style that ``number`` chooses; each comment is unique."""
    writer = _Writer(number)
    return "".join(f"{line}\n" for line in writer.mapping(data, 0))


class _Writer:
    def __init__(self, number: int) -> None:
        self.chance = random.Random(number)
        self.comments = 0

    def mapping(self, data: dict[str, Plain], column: int) -> Iterator[str]:
        step = self.chance.choice((1, 2, 3, 4))
        for key, value in data.items():
            margin = " " * column
            if self.chance.random() < 0.2:
                yield f"{margin}{self.comment()}"
            if self.chance.random() < 0.1:
                yield ""
            head = f"{margin}{quoted(key)}:"
            if isinstance(value, dict) and value and self.chance.random() < 0.9:
                yield head + self.behind()
                yield from self.mapping(value, column + step)
            elif isinstance(value, list) and value and self.chance.random() < 0.5:
                yield head + self.behind()
                for item in value:
                    yield f"{margin}  - {flow(item)}{self.behind()}"
            else:
                yield f"{head} {self.scalar(value)}{self.behind()}"

    def behind(self) -> str:
        return f"  {self.comment()}" if self.chance.random() < 0.15 else ""

    def comment(self) -> str:
        self.comments += 1
        return f"# comment {self.comments}."

    def scalar(self, value: Plain) -> str:
        words = {"true", "false", "null", "no"}
        is_word = isinstance(value, str) and value.isascii() and value.isalpha()
        if isinstance(value, str) and is_word and value.casefold() not in words:
            return self.chance.choice((value, f"'{value}'", f'"{value}"'))
        return flow(value)


def flow(value: Plain) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return quoted(value) if isinstance(value, str) else json.dumps(value)


def quoted(text: str) -> str:
    # JSON's pairs of surrogates are none of YAML's.
    parts = (json.dumps(char) if ord(char) < 0x10000 else f'"{char}"' for char in text)
    return '"' + "".join(part[1:-1] for part in parts) + '"'
