"""Takes WORKLOAD COUNT OUT; writes records by Snowfakery from a recipe."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

from shape import (
    AMOUNT,
    DATE,
    DATE_FORMAT,
    DATE_FROM,
    DATE_TO,
    DETAILS,
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
from snowfakery import generate_data
from snowfakery_lines import DETAIL, RECORD

# A recipe has no log-normal amount: whole numbers up to this, so its amounts are a little shorter.
AMOUNT_MAX = 1000


def write_pools(pools: list[Pool]) -> dict[str, Any]:
    """Give the formula of each pool."""
    return {
        field: {
            "random_choice": values
            if weights is None
            else {value: f"{weight}%" for value, weight in zip(values, weights, strict=True)}
        }
        for field, values, weights in pools
    }


def write_record(*, claims: bool) -> dict[str, Any]:
    """Give the recipe of one record."""
    record: dict[str, Any] = {"object": RECORD, "fields": write_pools(POOLS)}
    if claims:
        days = f'start_date="{DATE_FROM}", end_date="{DATE_TO}"'
        record["fields"] |= {
            INTEGER: {"random_number": {"min": INTEGER_MIN, "max": INTEGER_MAX}},
            AMOUNT: f"${{{{random_number(min=1, max={AMOUNT_MAX}00) / 100}}}}",
            DATE: f'${{{{date_between({days}).strftime("{DATE_FORMAT}")}}}}',
            ID: {
                "fake.bothify": {
                    "text": "?" * ID_LETTERS + "#" * ID_DIGITS,
                    "letters": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
                }
            },
            EMAIL: {"fake": "Email"},
            NAME: {"fake": "Name"},
        }
        count = f"${{{{random_number(min={DETAILS_MIN}, max={DETAILS_MAX})}}}}"
        detail = {"object": DETAIL, "count": count, "fields": write_pools(DETAILS)}
        record["friends"] = [detail]
    return record


claims, count, out = read_arguments()
recipe: list[dict[str, Any]] = [{"snowfakery_version": 3}, write_record(claims=claims)]
generate_data(
    # JSON is YAML, so a recipe may be written in it.
    StringIO(json.dumps(recipe)),
    target_number=(count, RECORD),
    output_format="snowfakery_lines.NestedLines",
    output_file=out,
)
