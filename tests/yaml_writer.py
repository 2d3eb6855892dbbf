"""Takes plain data; gives YAML as people wrote it: odd indentation, comments, quotes, anchors."""

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
        self.comments = self.names = 0
        self.anchors: dict[str, str] = {}

    def mapping(self, data: dict[str, Plain], column: int) -> Iterator[str]:
        step = self.chance.choice((1, 2, 3, 4))
        for key, value in data.items():
            margin = " " * column
            if self.chance.random() < 0.2:
                yield f"{margin}{self.comment()}"
            if self.chance.random() < 0.1:
                yield ""
            head = f"{margin}{quoted(key)}:"
            known = json.dumps(value)
            anchor = name = ""
            if known in self.anchors and self.chance.random() < 0.7:
                yield f"{head} *{self.anchors[known]}{self.behind()}"
                continue
            if len(known) > 6 and self.chance.random() < 0.15:
                name = f"a{self.names}"
                self.names += 1
                anchor = f" &{name}"
            if isinstance(value, dict) and value and self.chance.random() < 0.9:
                yield head + anchor + self.behind()
                yield from self.mapping(value, column + step)
            elif isinstance(value, list) and value and self.chance.random() < 0.5:
                yield head + anchor + self.behind()
                for item in value:
                    yield f"{margin}  - {flow(item)}{self.behind()}"
            else:
                yield f"{head}{anchor} {self.scalar(value)}{self.behind()}"
            if anchor:
                # Only from here on: an alias may not stand inside of what it means.
                self.anchors[known] = name

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
