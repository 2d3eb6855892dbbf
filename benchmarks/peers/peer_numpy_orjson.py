"""Takes WORKLOAD COUNT OUT; writes records by NumPy's columns, a dict a record and orjson."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING, Any

import numpy as np
from lines import write_records
from shape import (
    AMOUNT,
    AMOUNT_MEDIAN,
    AMOUNT_SIGMA,
    DATE,
    DATE_FROM,
    DATE_TO,
    DETAILS,
    DETAILS_FIELD,
    DETAILS_MAX,
    DETAILS_MIN,
    DOMAIN,
    EMAIL,
    FIRST_NAMES,
    ID,
    ID_DIGITS,
    ID_LETTERS,
    INTEGER,
    INTEGER_MAX,
    INTEGER_MIN,
    LAST_NAMES,
    NAME,
    POOLS,
    Pool,
    read_arguments,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

# Flat in memory, and in the cache.
BATCH = 10_000
rng = np.random.default_rng(42)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
TRIPLES = [a + b + c for a in LETTERS for b in LETTERS for c in LETTERS]
assert all(len(triple) == ID_LETTERS for triple in TRIPLES)
_days = np.arange(np.datetime64(DATE_FROM), np.datetime64(DATE_TO) + 1).astype(str)
DAYS = [f"{day[5:7]}/{day[8:]}/{day[:4]}" for day in _days]


def draw(values: list[str], size: int) -> list[str]:
    """Draw from a uniform list."""
    column: list[str] = np.array(values, dtype=object)[rng.integers(0, len(values), size)].tolist()
    return column


def draw_pool(pool: Pool, size: int) -> list[str]:
    """Draw from a pool."""
    _, values, weights = pool
    if weights is None:
        return draw(values, size)
    odds = np.array(weights) / sum(weights)
    column: list[str] = np.array(values, dtype=object)[
        rng.choice(len(values), size, p=odds)
    ].tolist()
    return column


def draw_details(size: int) -> list[list[dict[str, str]]]:
    """Draw arrays of one to three objects."""
    lengths = rng.integers(DETAILS_MIN, DETAILS_MAX + 1, size).tolist()
    names = [name for name, _, _ in DETAILS]
    rows = zip(*(draw_pool(pool, sum(lengths)) for pool in DETAILS), strict=True)
    elements = (dict(zip(names, row, strict=True)) for row in rows)
    return [[next(elements) for _ in range(length)] for length in lengths]


def draw_columns(size: int, *, claims: bool) -> dict[str, list[Any]]:
    """Draw a column for each field."""
    columns: dict[str, list[Any]] = {pool[0]: draw_pool(pool, size) for pool in POOLS}
    if claims:
        names = (draw(FIRST_NAMES, size), draw(LAST_NAMES, size))
        mails = (draw(FIRST_NAMES, size), draw(LAST_NAMES, size))
        digits = rng.integers(0, 10**ID_DIGITS, size).tolist()
        amounts = rng.lognormal(log(AMOUNT_MEDIAN), AMOUNT_SIGMA, size)
        columns |= {
            INTEGER: rng.integers(INTEGER_MIN, INTEGER_MAX + 1, size).tolist(),
            AMOUNT: amounts.round(2).tolist(),
            DATE: draw(DAYS, size),
            ID: [
                f"{letters}{number:0{ID_DIGITS}}"
                for letters, number in zip(draw(TRIPLES, size), digits, strict=True)
            ],
            EMAIL: [f"{a}.{b}@{DOMAIN}".lower() for a, b in zip(*mails, strict=True)],
            NAME: [f"{a} {b}" for a, b in zip(*names, strict=True)],
            DETAILS_FIELD: draw_details(size),
        }
    return columns


def make_records(count: int, *, claims: bool) -> Iterator[dict[str, Any]]:
    """Make a dict a record out of the columns."""
    for start in range(0, count, BATCH):
        columns = draw_columns(min(BATCH, count - start), claims=claims)
        for row in zip(*columns.values(), strict=True):
            yield dict(zip(columns, row, strict=True))


claims, count, out = read_arguments()
write_records(out, make_records(count, claims=claims))
