"""Takes WORKLOAD COUNT OUT; writes records by polars' expressions and its write_ndjson."""

from __future__ import annotations

from datetime import date
from math import log, pi
from pathlib import Path

import polars as pl
from shape import (
    AMOUNT,
    AMOUNT_MEDIAN,
    AMOUNT_SIGMA,
    DATE,
    DATE_FORMAT,
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
    repeat_by_weight,
)

# Flat in memory, and large enough that a batch costs nothing of its own.
BATCH = 100_000
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
TRIPLES = [a + b + c for a in LETTERS for b in LETTERS for c in LETTERS]
assert all(len(triple) == ID_LETTERS for triple in TRIPLES)
FIRST_DAY = date.fromisoformat(DATE_FROM)
DAYS = (date.fromisoformat(DATE_TO) - FIRST_DAY).days + 1


class Draw:
    """Expressions over the record's index, each with a seed of its own."""

    def __init__(self) -> None:
        """Start at the first seed."""
        self._seed = 0

    def below(self, end: int) -> pl.Expr:
        """Draw whole numbers from 0 to `end` - 1."""
        self._seed += 1
        return pl.col("index").hash(self._seed) % end

    def fraction(self) -> pl.Expr:
        """Draw numbers above 0, at most 1."""
        return (self.below(1 << 32) + 1).cast(pl.Float64) / (1 << 32)

    def value(self, values: list[str]) -> pl.Expr:
        """Draw one of the values."""
        return pl.lit(pl.Series(values)).gather(self.below(len(values)))

    def pool(self, pool: Pool) -> pl.Expr:
        """Draw from a pool: gathering knows no weights, so values are repeated."""
        field, values, weights = pool
        return self.value(repeat_by_weight(values, weights)).alias(field)

    def amount(self) -> pl.Expr:
        """Draw log-normal amounts by the method of Box and Muller."""
        normal = (-2 * self.fraction().log()).sqrt() * (2 * pi * self.fraction()).cos()
        return (normal * AMOUNT_SIGMA + log(AMOUNT_MEDIAN)).exp().round(2)

    def day(self) -> pl.Expr:
        """Draw days."""
        return pl.lit(FIRST_DAY) + pl.duration(days=self.below(DAYS).cast(pl.Int64))

    def details(self) -> pl.Expr:
        """Draw lists of one to three structs."""
        elements = [pl.struct([self.pool(pool) for pool in DETAILS]) for _ in range(DETAILS_MAX)]
        length = self.below(DETAILS_MAX - DETAILS_MIN + 1) + DETAILS_MIN
        return pl.concat_list(elements).list.head(length)


def list_columns(draw: Draw, *, claims: bool) -> list[pl.Expr]:
    """Give the expression of each field."""
    columns = [draw.pool(pool) for pool in POOLS]
    if not claims:
        return columns
    digits = draw.below(10**ID_DIGITS).cast(pl.String).str.zfill(ID_DIGITS)
    email = pl.format("{}.{}@" + DOMAIN, draw.value(FIRST_NAMES), draw.value(LAST_NAMES))
    return [
        *columns,
        (draw.below(INTEGER_MAX - INTEGER_MIN + 1) + INTEGER_MIN).alias(INTEGER),
        draw.amount().alias(AMOUNT),
        draw.day().dt.strftime(DATE_FORMAT).alias(DATE),
        (draw.value(TRIPLES) + digits).alias(ID),
        email.str.to_lowercase().alias(EMAIL),
        pl.format("{} {}", draw.value(FIRST_NAMES), draw.value(LAST_NAMES)).alias(NAME),
        draw.details().alias(DETAILS_FIELD),
    ]


claims, count, out = read_arguments()
columns = list_columns(Draw(), claims=claims)
with Path(out).open("wb") as file:
    for start in range(0, count, BATCH):
        index = pl.arange(start, min(start + BATCH, count), eager=True).alias("index")
        pl.DataFrame({"index": index}).select(columns).write_ndjson(file)
