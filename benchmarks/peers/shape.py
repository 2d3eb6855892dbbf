"""Takes workloads/shape.json; gives the scripts beside it its fields, and their arguments."""

from __future__ import annotations

import json
import sys
from itertools import accumulate
from typing import Any

# No pathlib and no argparse: cold start is measured, and is to be the peer's own.
_SHAPE_FILE = __file__.replace("shape.py", "../workloads/shape.json")
with open(_SHAPE_FILE, encoding="utf-8") as _file:  # noqa: PTH123
    SHAPE: dict[str, Any] = json.load(_file)

Pool = tuple[str, list[str], list[int] | None]


def _read_pools(section: dict[str, list[str] | dict[str, int]]) -> list[Pool]:
    """Give (field, values, weights or None) for each pool, in the order of the file."""
    return [
        (field, list(values), list(values.values()) if isinstance(values, dict) else None)
        for field, values in section.items()
    ]


POOLS = _read_pools(SHAPE["pools"])
DETAILS = _read_pools(SHAPE["details"])
DETAILS_FIELD: str = SHAPE["details_field"]
DETAILS_MIN, DETAILS_MAX = SHAPE["details_count"]
FIRST_NAMES: list[str] = SHAPE["first_names"]
LAST_NAMES: list[str] = SHAPE["last_names"]
DOMAIN: str = SHAPE["email"]["domain"]

INTEGER, AMOUNT, DATE, ID, EMAIL, NAME = (
    str(SHAPE[leaf]["field"]) for leaf in ("integer", "amount", "date", "id", "email", "name")
)
INTEGER_MIN: int = SHAPE["integer"]["min"]
INTEGER_MAX: int = SHAPE["integer"]["max"]
AMOUNT_MEDIAN: int = SHAPE["amount"]["median"]
AMOUNT_SIGMA: float = SHAPE["amount"]["sigma"]
DATE_FROM: str = SHAPE["date"]["from"]
DATE_TO: str = SHAPE["date"]["to"]
DATE_FORMAT: str = SHAPE["date"]["format"]
ID_LETTERS: int = SHAPE["id"]["letters"]
ID_DIGITS: int = SHAPE["id"]["digits"]
ID_PATTERN = f"^[A-Z]{{{ID_LETTERS}}}[0-9]{{{ID_DIGITS}}}$"


def read_arguments() -> tuple[bool, int, str]:
    """Read `WORKLOAD COUNT OUT`; give whether it is claims, how many records, and the file."""
    workload, count, out = sys.argv[1:]
    if workload not in {"claims", "pools"}:
        sys.exit(f"unknown workload {workload!r}: claims or pools")
    return workload == "claims", int(count), out


def add_up(weights: list[int] | None) -> list[int] | None:
    """Give the running sums that `random.choices` takes, None for a uniform pool."""
    return None if weights is None else list(accumulate(weights))


def repeat_by_weight(values: list[str], weights: list[int] | None) -> list[str]:
    """Give a uniform list with the same odds, for a peer that knows no weights."""
    if weights is None:
        return values
    return [
        value for value, weight in zip(values, weights, strict=True) for _ in range(weight // 10)
    ]
