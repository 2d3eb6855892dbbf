"""Takes WORKLOAD COUNT OUT; writes records by seedfaker's Python package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lines import write_records
from seedfaker import SeedFaker
from seedfaker_fields import list_fields
from shape import (
    DETAILS,
    DETAILS_FIELD,
    DETAILS_MAX,
    DETAILS_MIN,
    EMAIL,
    ID,
    NAME,
    read_arguments,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

BATCH = 10_000
DETAIL_NAMES = [
    [(name, f"{name}_{element}") for name, _, _ in DETAILS] for element in range(DETAILS_MAX)
]


def make_flat(count: int, fields: list[str]) -> Iterator[dict[str, Any]]:
    """Make flat records of text, in batches because records() keeps all of them."""
    fake = SeedFaker(seed="42", locale="en")
    for start in range(0, count, BATCH):
        yield from fake.records(fields, n=min(BATCH, count - start))


def nest(record: dict[str, Any]) -> dict[str, Any]:
    """Put what seedfaker has no field for together: the id and the array."""
    elements = [{name: record.pop(flat) for name, flat in names} for names in DETAIL_NAMES]
    email, name = record.pop(EMAIL), record.pop(NAME)
    record[ID] = record.pop("letters") + record.pop("digits")
    record[EMAIL], record[NAME] = email, name
    record[DETAILS_FIELD] = elements[: int(record.pop("elements"))]
    return record


claims, count, out = read_arguments()
fields = list_fields(claims=claims)
if claims:
    lengths = ",".join(str(length) for length in range(DETAILS_MIN, DETAILS_MAX + 1))
    fields.append(f"elements=enum:{lengths}")
flat = make_flat(count, fields)
write_records(out, map(nest, flat) if claims else flat)
