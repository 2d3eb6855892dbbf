"""Takes WORKLOAD COUNT OUT; writes records by Faker."""

from __future__ import annotations

from collections import OrderedDict
from datetime import date
from typing import Any

from by_choice import make_amount
from faker import Faker
from lines import write_records
from shape import (
    AMOUNT,
    DATE,
    DATE_FORMAT,
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
    read_arguments,
)

# Without weights in its own word lists Faker is several times faster; and so is the generator of
# one locale, because Faker itself looks for a locale at every call.
fake = Faker("en_US", use_weighting=False)["en_US"]
FIRST_DAY = date.fromisoformat(DATE_FROM)
LAST_DAY = date.fromisoformat(DATE_TO)
ID_MASK = "?" * ID_LETTERS + "#" * ID_DIGITS
# random_element() looks at `use_weighting` too; only random_elements() always obeys the weights.
WEIGHTED = {
    field: OrderedDict(zip(values, weights, strict=True))
    for field, values, weights in POOLS
    if weights is not None
}


def make_pools() -> dict[str, Any]:
    """Make one record of pools."""
    return {
        field: fake.random_element(values)
        if weights is None
        else fake.random_elements(WEIGHTED[field], length=1, use_weighting=True)[0]
        for field, values, weights in POOLS
    }


def make_claim() -> dict[str, Any]:
    """Make one record of claims; Faker has no log-normal amount."""
    record = make_pools()
    record[INTEGER] = fake.random_int(INTEGER_MIN, INTEGER_MAX)
    record[AMOUNT] = make_amount()
    record[DATE] = fake.date_between(FIRST_DAY, LAST_DAY).strftime(DATE_FORMAT)
    record[ID] = fake.bothify(ID_MASK, letters="ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    record[EMAIL] = fake.email()
    record[NAME] = fake.name()
    record[DETAILS_FIELD] = [
        {field: fake.random_element(values) for field, values, _ in DETAILS}
        for _ in range(fake.random_int(DETAILS_MIN, DETAILS_MAX))
    ]
    return record


claims, count, out = read_arguments()
make = make_claim if claims else make_pools
write_records(out, (make() for _ in range(count)))
