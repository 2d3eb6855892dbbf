"""Takes WORKLOAD COUNT OUT; writes records by factory_boy's DictFactory."""

from __future__ import annotations

from typing import Any

import factory
from by_choice import DAYS, FIRST_DAY, make_amount
from factory.fuzzy import FuzzyChoice, FuzzyDate, FuzzyInteger
from factory.random import randgen
from lines import write_records
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
    Pool,
    read_arguments,
    repeat_by_weight,
)

LAST_DAY = FIRST_DAY.replace(day=31, month=12)
assert (LAST_DAY - FIRST_DAY).days + 1 == DAYS
DAY = FuzzyDate(FIRST_DAY, LAST_DAY)


def declare_pools(pools: list[Pool]) -> dict[str, Any]:
    """Give a declaration for each pool; FuzzyChoice knows no weights."""
    return {
        field: FuzzyChoice(repeat_by_weight(values, weights)) for field, values, weights in pools
    }


def make_factory(name: str, declarations: dict[str, Any]) -> type[factory.DictFactory]:
    """Make a factory of dicts."""
    return type(name, (factory.DictFactory,), declarations)


DetailFactory = make_factory("DetailFactory", declare_pools(DETAILS))


def declare_rest() -> dict[str, Any]:
    """Give the declarations that claims has besides pools."""
    return {
        INTEGER: FuzzyInteger(INTEGER_MIN, INTEGER_MAX),
        AMOUNT: factory.LazyFunction(make_amount),
        DATE: factory.LazyFunction(lambda: DAY.fuzz().strftime(DATE_FORMAT)),
        ID: factory.Faker(
            "bothify",
            text="?" * ID_LETTERS + "#" * ID_DIGITS,
            letters="ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        ),
        EMAIL: factory.Faker("email"),
        NAME: factory.Faker("name"),
        DETAILS_FIELD: factory.LazyFunction(
            lambda: DetailFactory.build_batch(randgen.randint(DETAILS_MIN, DETAILS_MAX))
        ),
    }


claims, count, out = read_arguments()
declarations = declare_pools(POOLS) | (declare_rest() if claims else {})
RecordFactory = make_factory("RecordFactory", declarations)
write_records(out, (RecordFactory.build() for _ in range(count)))
