"""Takes WORKLOAD COUNT OUT; writes records by mimesis, its providers called directly."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from by_choice import DAYS, FIRST_DAY, make_amount
from lines import write_records
from mimesis import Choice, Datetime, Locale, Numeric, Person
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
)

choice, numeric, person, moment = Choice(), Numeric(), Person(Locale.EN), Datetime(Locale.EN)
ID_MASK = "@" * ID_LETTERS + "#" * ID_DIGITS
YEAR = FIRST_DAY.year
# mimesis draws whole years.
assert FIRST_DAY + timedelta(days=DAYS) == FIRST_DAY.replace(year=YEAR + 1)
WEIGHTED = {
    field: dict(zip(values, weights, strict=True))
    for field, values, weights in POOLS
    if weights is not None
}
weighted_choice = choice.random.weighted_choice


def make_pools() -> dict[str, Any]:
    """Make one record of pools."""
    return {
        field: choice(values) if weights is None else weighted_choice(WEIGHTED[field])
        for field, values, weights in POOLS
    }


def make_claim() -> dict[str, Any]:
    """Make one record of claims; mimesis has no log-normal amount."""
    record = make_pools()
    record[INTEGER] = numeric.integer_number(INTEGER_MIN, INTEGER_MAX)
    record[AMOUNT] = make_amount()
    record[DATE] = moment.date(YEAR, YEAR).strftime(DATE_FORMAT)
    record[ID] = choice.random.generate_string_by_mask(ID_MASK)
    record[EMAIL] = person.email()
    record[NAME] = person.full_name()
    record[DETAILS_FIELD] = [
        {field: choice(values) for field, values, _ in DETAILS}
        for _ in range(numeric.integer_number(DETAILS_MIN, DETAILS_MAX))
    ]
    return record


claims, count, out = read_arguments()
make = make_claim if claims else make_pools
write_records(out, (make() for _ in range(count)))
