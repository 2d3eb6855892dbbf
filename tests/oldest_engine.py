"""The engine of the oldest format, written anew from its description, for tests to compare with.

It shares no code with the package. Record by record: a section at random; a whole number n at
random; of each list of k values the one at n mod k.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from fractions import Fraction
from typing import TypeAlias

Plain: TypeAlias = "None | bool | int | float | str | list[Plain] | dict[str, Plain]"

Record = str
"""A record as JSON with sorted keys, so that records can be counted."""


def split(text: str) -> list[str]:
    """Return the values between commas: blanks go, quotes around a value protect its commas."""
    values = []
    rest: str | None = text
    while rest is not None:
        match = re.match(r'[ \t\r\n]*"((?:[^"]|"")*)"[ \t\r\n]*(?:,|\Z)', rest)
        if match:
            values.append(match[1].replace('""', '"'))
            rest = rest[match.end() :] if match[0].endswith(",") else None
        else:
            head, comma, tail = rest.partition(",")
            values.append(head.strip(" \t\r\n"))
            rest = tail if comma else None
    return values


def sections(data: dict[str, Plain]) -> dict[str, dict[str, Plain]]:
    """Return the sections of a file by name; a flat file is one, called ``""``."""
    named = {
        key: value
        for key, value in data.items()
        if isinstance(value, dict) and re.fullmatch(r"(?is)edit([ _\-.].*|\d*)", key)
    }
    return named or {"": data}


def lengths(value: Plain) -> list[int]:
    """Return the lengths of all lists of values in a field or section."""
    if isinstance(value, dict):
        return [size for item in value.values() for size in lengths(item)]
    if isinstance(value, str):
        return [len(split(value))]
    if isinstance(value, list) and value:
        if all(isinstance(item, dict) for item in value):
            return [size for item in value for size in lengths(item)]
        return [len(value)]
    return [1]


def take(value: Plain, n: int) -> Plain:
    """Return the n-th value of a field."""
    if isinstance(value, dict):
        return {key: take(item, n) for key, item in value.items() if item != []}
    if isinstance(value, str):
        values: list[Plain] = list(split(value))
        return values[n % len(values)]
    if isinstance(value, list):
        if all(isinstance(item, dict) for item in value):
            return [take(item, n) for item in value]
        return value[n % len(value)]
    return value


def period(section: dict[str, Plain]) -> int:
    """Return after how many n the records of a section begin again."""
    return math.lcm(*lengths(section))


def as_record(value: Plain) -> Record:
    return json.dumps(value, sort_keys=True, default=str)


def records(section: dict[str, Plain]) -> dict[Record, Fraction]:
    """Return every record of a section with its probability."""
    size = period(section)
    counts = Counter(as_record(take(section, n)) for n in range(size))
    return {record: Fraction(number, size) for record, number in counts.items()}


def pools(section: dict[str, Plain]) -> dict[str, dict[Record, Fraction]]:
    """Return field → the probability of each of its values."""
    found = {}
    for key, value in section.items():
        if value == []:
            continue
        size = math.lcm(*lengths(value))
        counts = Counter(as_record(take(value, n)) for n in range(size))
        found[key] = {record: Fraction(number, size) for record, number in counts.items()}
    return found
