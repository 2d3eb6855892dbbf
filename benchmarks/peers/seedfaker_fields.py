"""Takes shape.json; gives the fields of a record in the language of seedfaker."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime

from shape import (
    AMOUNT,
    DATE,
    DATE_FROM,
    DATE_TO,
    DETAILS,
    DETAILS_MAX,
    EMAIL,
    ID_DIGITS,
    ID_LETTERS,
    INTEGER,
    INTEGER_MAX,
    INTEGER_MIN,
    NAME,
    POOLS,
    Pool,
)


def _write_pool(name: str, pool: Pool) -> str:
    """Write one pool; seedfaker takes weights as `value=weight`."""
    _, values, weights = pool
    if weights is None:
        return f"{name}=enum:{','.join(values)}"
    pairs = zip(values, weights, strict=True)
    return f"{name}=enum:{','.join(f'{value}={weight}' for value, weight in pairs)}"


def _read_day(day: str) -> int:
    """Give the first second of a day, since 1970."""
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())


def list_fields(*, claims: bool, elements: int = DETAILS_MAX) -> list[str]:
    """Give the fields: no arrays, so the elements of one stand side by side as `POS_CD_0`."""
    fields = [_write_pool(pool[0], pool) for pool in POOLS]
    if not claims:
        return fields
    return [
        *fields,
        f"{INTEGER}=integer:{INTEGER_MIN}..{INTEGER_MAX}",
        f"{AMOUNT}=amount:plain",
        f"{DATE}=date:us:{_read_day(DATE_FROM)}..{_read_day(DATE_TO)}",
        f"letters=letters:{ID_LETTERS}:upper",
        f"digits=digits:{ID_DIGITS}",
        f"{EMAIL}=email",
        f"{NAME}=name",
        *(
            # Equal lists give equal values, so each element has its own order.
            _write_pool(f"{name}_{element}", (name, values[element:] + values[:element], weights))
            for element in range(elements)
            for name, values, weights in DETAILS
        ),
    ]


if __name__ == "__main__":
    # Printed for the command line's arguments: two elements are as long as one to three.
    print(json.dumps(list_fields(claims=sys.argv[1] == "claims", elements=2)))
