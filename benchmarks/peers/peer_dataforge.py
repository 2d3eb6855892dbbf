"""Takes WORKLOAD COUNT OUT; writes records by DataForge's own stream_to_jsonl."""

# ruff: noqa: ANN401 - DataForge takes functions of one value or of a list

from __future__ import annotations

from typing import Any

from by_choice import DAYS, FIRST_DAY, make_amount, make_details
from dataforge import DataForge
from shape import (
    AMOUNT,
    DATE,
    DATE_FORMAT,
    DETAILS_FIELD,
    EMAIL,
    ID,
    ID_DIGITS,
    ID_LETTERS,
    INTEGER,
    INTEGER_MAX,
    INTEGER_MIN,
    NAME,
    POOLS,
    read_arguments,
)

forge = DataForge(seed=42)
engine = forge._engine  # noqa: SLF001 - no public method draws an integer or an id
LAST_DAY = FIRST_DAY.replace(day=31, month=12)
assert (LAST_DAY - FIRST_DAY).days + 1 == DAYS
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def define(field: str, make: Any) -> None:
    """Make a function of one value into a field."""

    def make_column(count: int = 1) -> Any:
        return make() if count == 1 else [make() for _ in range(count)]

    forge.define(field, func=make_column)


def make_id() -> str:
    """Draw letters and digits."""
    letters = "".join(engine.choices(LETTERS, ID_LETTERS))
    return letters + engine.random_digits_str(ID_DIGITS)


def make_dates(count: int = 1) -> Any:
    """Draw days of the year."""
    return forge.dt.date(count=count, fmt=DATE_FORMAT, start=FIRST_DAY, end=LAST_DAY)


claims, count, out = read_arguments()
for field, values, weights in POOLS:
    forge.define(field, elements=values, weights=weights)
fields = {field: field for field, _, _ in POOLS}
if claims:
    define(INTEGER, lambda: engine.random_int(INTEGER_MIN, INTEGER_MAX))
    define(AMOUNT, make_amount)
    forge.define(DATE, func=make_dates)
    define(ID, make_id)
    define(DETAILS_FIELD, make_details)
    fields |= {INTEGER: INTEGER, AMOUNT: AMOUNT, DATE: DATE, ID: ID}
    fields |= {EMAIL: "internet.email", NAME: "person.full_name", DETAILS_FIELD: DETAILS_FIELD}
forge.schema(fields).stream_to_jsonl(out, count=count)
