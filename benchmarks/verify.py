"""Takes a file that a peer wrote; gives what is wrong with its records, measured by shape.json.

A peer that makes something else, or less, would be compared for nothing. What a peer is known to
lack is in its ``Peer``.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.commands import PEERS, WORKLOADS
from benchmarks.peers import shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.commands import Peer, Workload

# At this count a share is off by 0.06 once in a million pools.
COUNT = 2_000
_ROOT = Path(__file__).resolve().parent.parent
_SHARE_TOLERANCE = 0.06
_SIZE_TOLERANCE = 0.12
_DISTINCT = 0.99
_MEDIAN_TOLERANCE = 0.15
_FLAT_ELEMENTS = 2
_ID = re.compile(shape.ID_PATTERN)
_EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What one file was found to be: its mean record size in bytes, and what is wrong."""

    record_bytes: float
    problems: tuple[str, ...]


def check_apart(path: Path, workload: Workload, count: int, peer: Peer | None = None) -> Findings:
    """Do as ``check_output`` in a process of its own.

    This one stays small, because what it starts begins with its peak of memory.
    """
    key = peer.key if peer else ""
    argv = [sys.executable, "-m", "benchmarks.verify", str(path), workload.name, str(count), key]
    result = subprocess.run(argv, check=True, capture_output=True, text=True, cwd=_ROOT)
    found = json.loads(result.stdout)
    return Findings(record_bytes=found["record_bytes"], problems=tuple(found["problems"]))


def check_output(path: Path, workload: Workload, count: int, peer: Peer | None = None) -> Findings:
    """Check that ``path`` holds ``count`` records of ``workload``.

    Args:
        path: an NDJSON file.
        workload: what the records should be.
        count: how many there should be.
        peer: who made them, and so what may be missing; None for mockgen-watch.
    """
    text = path.read_bytes()
    size = len(text) / count
    try:
        records = [json.loads(line) for line in text.splitlines()]
    except ValueError as error:
        return Findings(record_bytes=size, problems=(f"not NDJSON: {error}",))
    problems = [
        *_check_whole(records, size, workload, count),
        *_check_pools(records),
        *(_check_rest(records, peer) if workload.name == "claims" else ()),
    ]
    expected = _list_fields(workload, flat=peer is not None and peer.flat)
    odd = next((record for record in records if set(record) != set(expected)), None)
    if odd is not None:
        difference = sorted(set(odd) ^ set(expected))
        problems = [f"fields differ: {', '.join(difference)}"]
    return Findings(record_bytes=size, problems=tuple(problems))


def _list_fields(workload: Workload, *, flat: bool) -> list[str]:
    """Give the fields of a record."""
    fields = [name for name, _, _ in shape.POOLS]
    if workload.name == "pools":
        return fields
    fields += [shape.INTEGER, shape.AMOUNT, shape.DATE, shape.EMAIL, shape.NAME]
    if not flat:
        return [*fields, shape.ID, shape.DETAILS_FIELD]
    elements = range(_FLAT_ELEMENTS)
    details = (f"{name}_{element}" for element in elements for name, _, _ in shape.DETAILS)
    return [*fields, "letters", "digits", *details]


def _check_whole(
    records: list[dict[str, Any]], size: float, workload: Workload, count: int
) -> Iterator[str]:
    """Check number, size and variety."""
    if len(records) != count:
        yield f"{len(records)} records, not {count}"
    if abs(size / workload.record_bytes - 1) > _SIZE_TOLERANCE:
        yield f"{size:.0f} bytes a record, not about {workload.record_bytes}"
    distinct = len({json.dumps(record) for record in records})
    if distinct < _DISTINCT * len(records):
        yield f"only {distinct} different records of {len(records)}"


def _check_pools(records: list[dict[str, Any]]) -> Iterator[str]:
    """Check that each value occurs as often as its weight says."""
    for name, values, weights in shape.POOLS:
        total = sum(weights) if weights else len(values)
        expected = dict(zip(values, weights or [1] * len(values), strict=True))
        found = Counter(str(record.get(name)) for record in records)
        for value in found.keys() | expected.keys():
            wanted, had = expected.get(value, 0) / total, found[value] / len(records)
            if abs(had - wanted) > _SHARE_TOLERANCE:
                yield f"{name}: {value!r} has share {had:.2f}, not {wanted:.2f}"


def _check_rest(records: list[dict[str, Any]], peer: Peer | None) -> Iterator[str]:
    """Check what claims has besides pools."""
    text_only = peer is not None and peer.text_only
    for record in records:
        problem = _find_odd_leaf(record, text_only=text_only)
        if problem:
            yield problem
            return
    if peer is None or not peer.even:
        median = statistics.median(float(record[shape.AMOUNT]) for record in records)
        if abs(median / shape.AMOUNT_MEDIAN - 1) > _MEDIAN_TOLERANCE:
            yield f"the median of {shape.AMOUNT} is {median:.2f}"
    if peer is None or not peer.flat:
        yield from _check_details(record[shape.DETAILS_FIELD] for record in records)


def _find_odd_leaf(record: dict[str, Any], *, text_only: bool) -> str | None:
    """Give the first field of a record that is not as it should be."""
    integer, amount = record.get(shape.INTEGER), record.get(shape.AMOUNT)
    if text_only:
        integer, amount = int(integer or 0), float(amount or 0)
    day = datetime.strptime(record.get(shape.DATE, ""), shape.DATE_FORMAT).date()  # noqa: DTZ007
    identifier = record.get(shape.ID) or record.get("letters", "") + record.get("digits", "")
    held = {
        shape.INTEGER: type(integer) is int and shape.INTEGER_MIN <= integer <= shape.INTEGER_MAX,
        shape.AMOUNT: isinstance(amount, int | float) and amount >= 0,
        shape.DATE: date.fromisoformat(shape.DATE_FROM) <= day <= date.fromisoformat(shape.DATE_TO),
        shape.ID: _ID.match(identifier) is not None,
        shape.EMAIL: _EMAIL.match(record.get(shape.EMAIL, "")) is not None,
        shape.NAME: " " in record.get(shape.NAME, ""),
    }
    odd = [name for name, held_so in held.items() if not held_so]
    return f"{odd[0]} is {record.get(odd[0])!r}" if odd else None


def _check_details(arrays: Iterator[list[dict[str, str]]]) -> Iterator[str]:
    """Check the lengths of the arrays, and their elements."""
    pools = {name: set(values) for name, values, _ in shape.DETAILS}
    lengths: Counter[int] = Counter()
    for array in arrays:
        lengths[len(array)] += 1
        for element in array:
            if element.keys() != pools.keys() or any(
                element[name] not in pools[name] for name in pools
            ):
                yield f"an element of {shape.DETAILS_FIELD} is {element}"
                return
    expected = set(range(shape.DETAILS_MIN, shape.DETAILS_MAX + 1))
    if set(lengths) != expected:
        yield f"{shape.DETAILS_FIELD} has lengths {sorted(lengths)}"


def main() -> None:
    """Take PATH WORKLOAD COUNT PEER; print the findings as JSON."""
    path, workload, count, key = sys.argv[1:]
    peer = next((peer for peer in PEERS if peer.key == key), None)
    print(json.dumps(asdict(check_output(Path(path), WORKLOADS[workload], int(count), peer))))


if __name__ == "__main__":
    main()
