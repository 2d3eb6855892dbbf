"""The engine of the oldest format, written from its description alone, for tests to compare with.

It shares no code with the package. The default command takes a section for each record, and of each
field, on its own, one of the values that are left. A section by name pairs the n-th values of its
fields, and lists each n once; a shorter list begins again.

The description knows text and numbers, and lists of them. Objects and arrays, whose fields follow
the same rules, true, false and null, which is no value, are this project's own.
"""

from __future__ import annotations

import json
import re
from fractions import Fraction
from itertools import product
from typing import TypeAlias

Plain: TypeAlias = "None | bool | int | float | str | list[Plain] | dict[str, Plain]"

Record = str
"""A record as JSON with sorted keys, so that records can be counted."""

Odds: TypeAlias = dict[Record, Fraction]
"""Records, and how probable each is."""


def as_record(value: Plain) -> Record:
    return json.dumps(value, sort_keys=True, default=str)


def split(text: str, *, keep_empty: bool = False) -> list[str]:
    """Return the values between commas; a quote is a character like others."""
    return [part.strip() for part in text.split(",") if keep_empty or part.strip()]


def values(field: Plain, *, keep_empty: bool = False) -> list[Plain]:
    """Return the values of a field that is neither an object nor an array."""
    if isinstance(field, str):
        return [*split(field, keep_empty=keep_empty)]
    items = field if isinstance(field, list) else [field]
    texts = [_text(item) for item in items]
    return [item for item in texts if keep_empty or item not in ("", None)]


def _text(item: Plain) -> Plain:
    if isinstance(item, bool) or not isinstance(item, int | float | str):
        return item
    return str(item).strip()


def is_array(field: Plain) -> bool:
    return isinstance(field, list) and field != [] and all(isinstance(item, dict) for item in field)


def sections(data: dict[str, Plain]) -> dict[str, dict[str, Plain]]:
    """Return the sections of a file by name; a flat file is one, called ``""``."""
    named = {
        key: value
        for key, value in data.items()
        if isinstance(value, dict) and re.fullmatch(r"(?is)edit([ _\-.].*|\d+)", key)
    }
    return named or {"": data}


def missing(
    value: Plain, path: tuple[str, ...] = (), *, keep_empty: bool = False
) -> list[tuple[str, ...]]:
    """Return the paths of the fields that are left without a value."""
    if isinstance(value, dict):
        pairs = [((*path, key), item) for key, item in value.items()]
    elif is_array(value):
        assert isinstance(value, list)
        pairs = [((*path, str(index)), item) for index, item in enumerate(value)]
    else:
        return [] if values(value, keep_empty=keep_empty) else [path]
    return [found for where, item in pairs for found in missing(item, where, keep_empty=keep_empty)]


def size(value: Plain, *, keep_empty: bool = False) -> int:
    """Return how many records there are at most."""
    inner = list(value.values()) if isinstance(value, dict) else value
    if isinstance(value, dict) or is_array(value):
        assert isinstance(inner, list)
        found = 1
        for item in inner:
            found *= size(item, keep_empty=keep_empty)
        return found
    return len(values(value, keep_empty=keep_empty)) or 1


def records(section: dict[str, Plain], *, keep_empty: bool = False) -> Odds:
    """Return every record of a section with its probability: each field is drawn on its own."""
    odds: Odds = {}
    for value, share in _outcomes(section, keep_empty=keep_empty):
        record = as_record(value)
        odds[record] = odds.get(record, Fraction(0)) + share
    return odds


def possible(data: dict[str, Plain], *, keep_empty: bool = False) -> set[Record]:
    """Return every record that the default command can make of a file."""
    return {
        record
        for section in sections(data).values()
        for record in records(section, keep_empty=keep_empty)
    }


def _outcomes(value: Plain, *, keep_empty: bool) -> list[tuple[Plain, Fraction]]:
    if isinstance(value, dict):
        fields = {
            key: _outcomes(item, keep_empty=keep_empty) for key, item in value.items() if item != []
        }
        return [
            (dict(zip(fields, (item for item, _ in chosen), strict=True)), _share(chosen))
            for chosen in product(*fields.values())
        ]
    if is_array(value):
        assert isinstance(value, list)
        parts = [_outcomes(item, keep_empty=keep_empty) for item in value]
        return [([item for item, _ in chosen], _share(chosen)) for chosen in product(*parts)]
    listed = values(value, keep_empty=keep_empty)
    return [(item, Fraction(1, len(listed))) for item in listed]


def _share(chosen: tuple[tuple[Plain, Fraction], ...]) -> Fraction:
    share = Fraction(1)
    for _, one in chosen:
        share *= one
    return share


def listed(section: dict[str, Plain], *, keep_empty: bool = False) -> list[Plain]:
    """Return the records of a section by name, each n once, in order."""
    longest = max((_length(item, keep_empty=keep_empty) for item in section.values()), default=1)
    return [_take(section, n, keep_empty=keep_empty) for n in range(longest)]


def _length(value: Plain, *, keep_empty: bool) -> int:
    inner = list(value.values()) if isinstance(value, dict) else value
    if isinstance(value, dict) or is_array(value):
        assert isinstance(inner, list)
        return max((_length(item, keep_empty=keep_empty) for item in inner), default=1)
    return len(values(value, keep_empty=keep_empty)) or 1


def _take(value: Plain, n: int, *, keep_empty: bool) -> Plain:
    if isinstance(value, dict):
        return {
            key: _take(item, n, keep_empty=keep_empty) for key, item in value.items() if item != []
        }
    if is_array(value):
        assert isinstance(value, list)
        return [_take(item, n, keep_empty=keep_empty) for item in value]
    each = values(value, keep_empty=keep_empty)
    return each[n % len(each)]
