"""Takes WORKLOAD COUNT OUT; writes records by polyfactory's ModelFactory for pydantic."""

# ruff: noqa: ANN401, S311 - types made from data; made-up records are no secret

from __future__ import annotations

from pathlib import Path
from random import choices, randint
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le
from by_choice import make_amount, make_date, make_id
from polyfactory import Use
from polyfactory.factories.pydantic_factory import ModelFactory
from pydantic import BaseModel, create_model
from shape import (
    AMOUNT,
    DATE,
    DETAILS,
    DETAILS_FIELD,
    DETAILS_MAX,
    DETAILS_MIN,
    EMAIL,
    ID,
    INTEGER,
    INTEGER_MAX,
    INTEGER_MIN,
    NAME,
    POOLS,
    Pool,
    add_up,
    read_arguments,
)

# Types made from data are beyond a type checker, hence Any.
literal: Any = Literal


def make_model(name: str, pools: list[Pool], rest: dict[str, Any]) -> type[BaseModel]:
    """Make a model whose pools are literals; a type cannot say weights."""
    fields = {field: literal[tuple(values)] for field, values, _ in pools} | rest
    definitions: dict[str, Any] = {field: (kind, ...) for field, kind in fields.items()}
    return create_model(name, **definitions)


def draw_weighted(values: list[str], sums: list[int] | None) -> str:
    """Draw from a weighted pool."""
    return choices(values, cum_weights=sums)[0]


def draw_details(details: Any) -> Any:
    """Draw the array of a claim."""
    length = randint(DETAILS_MIN, DETAILS_MAX)
    return details.batch(length, factory_use_construct=True)


claims, count, out = read_arguments()
makers: dict[str, Any] = {
    field: Use(draw_weighted, values, add_up(weights))
    for field, values, weights in POOLS
    if weights is not None
}
rest: dict[str, Any] = {}
if claims:
    Detail: Any = make_model("Detail", DETAILS, {})
    rest = {
        INTEGER: Annotated[int, Ge(INTEGER_MIN), Le(INTEGER_MAX)],
        AMOUNT: float,
        DATE: str,
        ID: str,
        EMAIL: str,
        NAME: str,
        DETAILS_FIELD: list[Detail],
    }
    details: Any = ModelFactory.create_factory(Detail)
    fake = ModelFactory.__faker__
    makers |= {AMOUNT: Use(make_amount), DATE: Use(make_date), ID: Use(make_id)}
    makers |= {EMAIL: Use(fake.email), NAME: Use(fake.name)}
    # With lengths in the list's type it is three times slower.
    makers[DETAILS_FIELD] = Use(draw_details, details)
Record = make_model("Record", POOLS, rest)
factory: Any = ModelFactory.create_factory(Record, **makers)
with Path(out).open("w", encoding="utf-8") as file:
    file.writelines(
        factory.build(factory_use_construct=True).model_dump_json() + "\n" for _ in range(count)
    )
