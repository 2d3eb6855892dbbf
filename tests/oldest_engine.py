"""The engine of the oldest format, written anew from its description, for tests to compare with.

It shares no code with the package. Record by record: a section at random; a whole number n at
random; of each list of k values the one at n mod k.

Beside it stands that of the models: of each field, on its own, one of the values that are listed;
a suffix section says what differs from its model.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from fractions import Fraction
from itertools import product
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


Odds: TypeAlias = "list[tuple[Plain, Fraction]]"


def model_sections(data: dict[str, Plain]) -> dict[tuple[str, str], dict[str, Plain]]:
    """Return (model, scenario), both in small letters → what is listed for its records."""
    own: dict[str, dict[str, Plain]] = {}
    overlays: dict[tuple[str, str], dict[str, Plain]] = {}
    for key, value in data.items():
        match = re.fullmatch(r"(?is)(.+)_(positive|negative|exclusion|mixed)", key)
        if not isinstance(value, dict):
            continue
        if match:
            overlays[match[1].casefold(), match[2].casefold()] = value
        else:
            own[key.casefold()] = value
    found = {
        (model, scenario): _over(own.get(model, {}), overlay)
        for (model, scenario), overlay in overlays.items()
    }
    alone = own.keys() - {model for model, _ in overlays}
    return {**found, **{(model, "base"): own[model] for model in alone}}


def _over(model: dict[str, Plain], overlay: dict[str, Plain]) -> dict[str, Plain]:
    merged = dict(model)
    for key, value in overlay.items():
        below = merged.get(key)
        is_both = isinstance(below, dict) and isinstance(value, dict)
        merged[key] = _over(below, value) if is_both else value  # type: ignore[arg-type]
    return merged


def model_records(section: dict[str, Plain]) -> dict[Record, Fraction]:
    """Return every record of a model's section with its probability."""
    odds: dict[Record, Fraction] = {}
    for value, share in _outcomes(section):
        record = as_record(value)
        odds[record] = odds.get(record, Fraction(0)) + share
    return odds


def count_model_records(value: Plain) -> int:
    """Return how many there are at most; a list of mappings has an element of each."""
    if isinstance(value, dict):
        return math.prod(map(count_model_records, value.values()))
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return math.prod(map(count_model_records, value))
    return len(value) if isinstance(value, list) else 1


def _outcomes(value: Plain) -> Odds:
    if isinstance(value, dict):
        keys, parts = list(value), [_outcomes(item) for item in value.values()]
        return [
            (dict(zip(keys, (item for item, _ in chosen), strict=True)), _share(chosen))
            for chosen in product(*parts)
        ]
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        parts = [_outcomes(item) for item in value]
        return [([item for item, _ in chosen], _share(chosen)) for chosen in product(*parts)]
    if isinstance(value, list):
        return [(item, Fraction(1, len(value))) for item in value]
    return [(value, Fraction(1))]


def _share(chosen: tuple[tuple[Plain, Fraction], ...]) -> Fraction:
    return math.prod((share for _, share in chosen), start=Fraction(1))
