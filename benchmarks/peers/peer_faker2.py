"""Takes WORKLOAD COUNT OUT; writes records by faker2, which has names and e-mails only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from by_choice import make_claim, make_pools
from faker2 import Faker
from lines import write_records
from shape import EMAIL, NAME, read_arguments

if TYPE_CHECKING:
    from collections.abc import Iterator

fake = Faker(42)


def make_records(count: int) -> Iterator[dict[str, Any]]:
    """Make records of claims: the fields that faker2 lacks come from the random module."""
    for _ in range(count):
        record = make_claim()
        record[EMAIL] = fake.email()
        record[NAME] = fake.name()
        yield record


claims, count, out = read_arguments()
write_records(out, make_records(count) if claims else (make_pools() for _ in range(count)))
