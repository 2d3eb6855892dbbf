"""Takes WORKLOAD COUNT OUT; writes records by random.choice and orjson."""

from __future__ import annotations

from by_choice import make_claim, make_pools
from lines import write_records
from shape import read_arguments

claims, count, out = read_arguments()
make = make_claim if claims else make_pools
write_records(out, (make() for _ in range(count)))
