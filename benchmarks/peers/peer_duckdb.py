"""Takes WORKLOAD COUNT OUT; writes records by DuckDB's COPY of a query to JSON."""

from __future__ import annotations

from datetime import date
from math import log

import duckdb
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
    read_arguments,
    repeat_by_weight,
)

FIRST_DAY = date.fromisoformat(DATE_FROM)
DAYS = (date.fromisoformat(DATE_TO) - FIRST_DAY).days + 1
# More than there are draws in a record.
SEEDS = 64


class Draw:
    """SQL over the record's index `i`, each with a seed of its own."""

    def __init__(self) -> None:
        """Start at the first seed."""
        self._seed = 0

    def below(self, end: int) -> str:
        """Draw whole numbers from 0 to `end` - 1."""
        self._seed += 1
        # Not hash(i, seed): its lower bits are the same for all seeds, up to a constant.
        return f"(hash(i * {SEEDS} + {self._seed}) % {end})::BIGINT"

    def value(self, values: list[str]) -> str:
        """Draw one of the values."""
        listed = ", ".join(f"'{value}'" for value in values)
        return f"([{listed}])[1 + {self.below(len(values))}]"

    def pool(self, pool: Pool) -> str:
        """Draw from a pool: a list knows no weights, so values are repeated."""
        _, values, weights = pool
        return self.value(repeat_by_weight(values, weights))

    def amount(self) -> str:
        """Draw log-normal amounts by the method of Box and Muller."""
        first, second = (f"(({self.below(1 << 32)} + 1) / {1 << 32}.0)" for _ in range(2))
        normal = f"sqrt(-2 * ln({first})) * cos(2 * pi() * {second})"
        return f"round(exp({log(AMOUNT_MEDIAN)} + {AMOUNT_SIGMA} * {normal}), 2)"

    def identifier(self) -> str:
        """Draw letters and digits."""
        letters = " || ".join(f"chr((65 + {self.below(26)})::INTEGER)" for _ in range(ID_LETTERS))
        digits = f"lpad({self.below(10**ID_DIGITS)}::VARCHAR, {ID_DIGITS}, '0')"
        return f"{letters} || {digits}"

    def details(self) -> str:
        """Draw lists of one to three structs."""
        elements = ", ".join(
            "{" + ", ".join(f"'{pool[0]}': {self.pool(pool)}" for pool in DETAILS) + "}"
            for _ in range(DETAILS_MAX)
        )
        length = f"{DETAILS_MIN} + {self.below(DETAILS_MAX - DETAILS_MIN + 1)}"
        return f"([{elements}])[1:{length}]"

    def name(self, between: str) -> str:
        """Draw a first and a last name."""
        return f"{self.value(FIRST_NAMES)} || '{between}' || {self.value(LAST_NAMES)}"


def list_columns(draw: Draw, *, claims: bool) -> dict[str, str]:
    """Give the SQL of each field."""
    columns = {pool[0]: draw.pool(pool) for pool in POOLS}
    if claims:
        day = f"DATE '{FIRST_DAY}' + {draw.below(DAYS)}::INTEGER"
        columns |= {
            INTEGER: f"{INTEGER_MIN} + {draw.below(INTEGER_MAX - INTEGER_MIN + 1)}",
            AMOUNT: draw.amount(),
            DATE: f"strftime({day}, '{DATE_FORMAT}')",
            ID: draw.identifier(),
            EMAIL: f"lower({draw.name('.')}) || '@{DOMAIN}'",
            NAME: draw.name(" "),
            DETAILS_FIELD: draw.details(),
        }
    return columns


claims, count, out = read_arguments()
columns = list_columns(Draw(), claims=claims)
selected = ", ".join(f'{sql} AS "{field}"' for field, sql in columns.items())
query = f"SELECT {selected} FROM range({count}) AS source(i)"  # noqa: S608 - nothing is from outside
duckdb.connect().execute(f"COPY ({query}) TO '{out}' (FORMAT json)")
