"""Takes WORKLOAD COUNT OUT; writes records by async-batch-faker, batch after batch."""

from __future__ import annotations

import asyncio
from functools import partial
from math import log
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from async_batch_faker import AsyncBatchFaker
from orjson import OPT_APPEND_NEWLINE, dumps
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
    EMAIL,
    ID,
    ID_DIGITS,
    ID_LETTERS,
    INTEGER,
    INTEGER_MAX,
    INTEGER_MIN,
    NAME,
    POOLS,
    Pool,
    read_arguments,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Column = Callable[..., NDArray[Any]]

BATCH = 100_000
fake = AsyncBatchFaker(seed=42)
rng = fake.rng
LETTERS = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))


def make_pool(pool: Pool) -> Column:
    """Give a column of a pool: the package takes any function of a size, and has no choice."""
    _, values, weights = pool
    table = np.array(values)
    if weights is None:
        return lambda size: table[rng.integers(0, len(table), size)]
    odds = np.array(weights) / sum(weights)
    return lambda size: table[rng.choice(len(table), size, p=odds)]


def make_amount(size: int) -> NDArray[Any]:
    """Draw amounts of money."""
    return rng.lognormal(log(AMOUNT_MEDIAN), AMOUNT_SIGMA, size).round(2)


def make_integer(size: int) -> NDArray[Any]:
    """Draw whole numbers."""
    return rng.integers(INTEGER_MIN, INTEGER_MAX + 1, size)


def make_date(size: int) -> NDArray[Any]:
    """Draw days as `month/day/year`; the package's date_between gives ISO times."""
    first, last = np.datetime64(DATE_FROM), np.datetime64(DATE_TO)
    days = np.arange(first, last + 1)
    table = np.array([f"{day[5:7]}/{day[8:]}/{day[:4]}" for day in days.astype(str)])
    return table[rng.integers(0, len(table), size)]


def make_id(size: int) -> NDArray[Any]:
    """Draw letters and digits."""
    letters = LETTERS[rng.integers(0, 26, (size, ID_LETTERS))]
    joined = letters.view(f"<U{ID_LETTERS}").ravel()
    digits = rng.integers(0, 10**ID_DIGITS, size).astype(f"<U{ID_DIGITS}")
    return np.char.add(joined, np.char.zfill(digits, ID_DIGITS))


def make_details(size: int) -> NDArray[Any]:
    """Draw arrays of one to three objects."""
    lengths = rng.integers(DETAILS_MIN, DETAILS_MAX + 1, size).tolist()
    total = sum(lengths)
    names = [name for name, _, _ in DETAILS]
    rows = zip(*(make_pool(pool)(total).tolist() for pool in DETAILS), strict=True)
    elements = (dict(zip(names, row, strict=True)) for row in rows)
    column = np.empty(size, dtype=object)
    column[:] = [[next(elements) for _ in range(length)] for length in lengths]
    return column


def list_columns(*, claims: bool) -> dict[str, Column]:
    """Give the function of each field."""
    columns = {pool[0]: make_pool(pool) for pool in POOLS}
    if claims:
        columns |= {
            INTEGER: make_integer,
            AMOUNT: make_amount,
            DATE: make_date,
            ID: make_id,
            EMAIL: partial(fake.email),
            NAME: partial(fake.full_name),
            DETAILS_FIELD: make_details,
        }
    return columns


async def write_batches(out: str, count: int, *, claims: bool) -> None:
    """Write one record a line."""
    batches = fake.generate_batches(list_columns(claims=claims), count, min(BATCH, count))
    with Path(out).open("wb") as file:  # noqa: ASYNC230 - nothing else runs
        async for batch in batches:
            file.writelines(dumps(record, option=OPT_APPEND_NEWLINE) for record in batch)


claims, count, out = read_arguments()
asyncio.run(write_batches(out, count, claims=claims))
