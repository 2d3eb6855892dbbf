"""Takes shape.json; gives records as anyone would make them with the random module alone."""

# ruff: noqa: S311 - made-up records are no secret

from __future__ import annotations

from datetime import date, timedelta
from math import log
from random import choice, choices, lognormvariate, randint, randrange
from string import ascii_uppercase
from typing import Any

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
    add_up,
)

MU = log(AMOUNT_MEDIAN)
FIRST_DAY = date.fromisoformat(DATE_FROM)
DAYS = (date.fromisoformat(DATE_TO) - FIRST_DAY).days + 1
_POOLS = [(field, values, add_up(weights)) for field, values, weights in POOLS]


def make_pools() -> dict[str, Any]:
    """Make one record of pools."""
    return {
        field: choice(values) if sums is None else choices(values, cum_weights=sums)[0]
        for field, values, sums in _POOLS
    }


def make_amount() -> float:
    """Draw an amount of money."""
    return round(lognormvariate(MU, AMOUNT_SIGMA), 2)


def make_date() -> str:
    """Draw a day of the year."""
    return (FIRST_DAY + timedelta(days=randrange(DAYS))).strftime(DATE_FORMAT)


def make_id() -> str:
    """Draw letters and digits."""
    letters = "".join(choices(ascii_uppercase, k=ID_LETTERS))
    return f"{letters}{randrange(10**ID_DIGITS):0{ID_DIGITS}}"


def make_details(pools: list[Pool] = DETAILS) -> list[dict[str, str]]:
    """Make the array of a claim: one to three objects."""
    return [
        {field: choice(values) for field, values, _ in pools}
        for _ in range(randint(DETAILS_MIN, DETAILS_MAX))
    ]


def make_claim() -> dict[str, Any]:
    """Make one record of claims."""
    record = make_pools()
    record[INTEGER] = randint(INTEGER_MIN, INTEGER_MAX)
    record[AMOUNT] = make_amount()
    record[DATE] = make_date()
    record[ID] = make_id()
    record[EMAIL] = f"{choice(FIRST_NAMES)}.{choice(LAST_NAMES)}@{DOMAIN}".lower()
    record[NAME] = f"{choice(FIRST_NAMES)} {choice(LAST_NAMES)}"
    record[DETAILS_FIELD] = make_details()
    return record
