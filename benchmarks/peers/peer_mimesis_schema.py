"""Takes WORKLOAD COUNT OUT; writes records by mimesis, with Field and Schema as its guide says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from by_choice import DAYS, FIRST_DAY, make_amount
from lines import write_records
from mimesis import Field, Locale, Schema
from shape import (
    AMOUNT,
    DATE,
    DATE_FORMAT,
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
    read_arguments,
    repeat_by_weight,
)

draw = Field(Locale.EN)
ID_MASK = "@" * ID_LETTERS + "#" * ID_DIGITS
YEAR = FIRST_DAY.year
# mimesis draws whole years.
assert FIRST_DAY + timedelta(days=DAYS) == FIRST_DAY.replace(year=YEAR + 1)
# The field named "choice" knows no weights.
REPEATED = [(field, repeat_by_weight(values, weights)) for field, values, weights in POOLS]


def make_pools() -> dict[str, Any]:
    """Make one record of pools."""
    return {field: draw("choice", items=values) for field, values in REPEATED}


def make_claim() -> dict[str, Any]:
    """Make one record of claims; mimesis has no log-normal amount."""
    record = make_pools()
    record[INTEGER] = draw("integer_number", start=INTEGER_MIN, end=INTEGER_MAX)
    record[AMOUNT] = make_amount()
    record[DATE] = draw("datetime.date", start=YEAR, end=YEAR).strftime(DATE_FORMAT)
    record[ID] = draw("pin", mask=ID_MASK)
    record[EMAIL] = draw("email")
    record[NAME] = draw("full_name")
    record[DETAILS_FIELD] = [
        {field: draw("choice", items=values) for field, values, _ in DETAILS}
        for _ in range(draw("integer_number", start=DETAILS_MIN, end=DETAILS_MAX))
    ]
    return record


claims, count, out = read_arguments()
write_records(out, Schema(schema=make_claim if claims else make_pools, iterations=count))
