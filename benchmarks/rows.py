"""Takes the medians of processes; gives rows of a table, scaled, compared and judged."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from benchmarks.commands import OURS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.measure import Medians

START_COUNT = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a table.

    Attributes:
        key: whose figures these are.
        label: the same for people.
        count: records that the figures are for.
        made: records that were made; less than ``count`` where the figures are scaled.
        cpu_seconds, wall_seconds: medians.
        cpu_low, cpu_high: the lowest and the highest CPU seconds, scaled as the median.
        peak_bytes: median, at ``made`` records.
        record_bytes: mean size of a record with its newline; 0 where no file is kept.
        ratio: what the section compares, None without ours.
        target: the bound of ``ratio``, None for none.
        met: whether it is kept, None where it is not judged.
    """

    key: str
    label: str
    count: int
    made: int
    cpu_seconds: float
    cpu_low: float
    cpu_high: float
    wall_seconds: float
    peak_bytes: float
    record_bytes: float = 0.0
    ratio: float | None = None
    target: float | None = None
    met: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What one section found for one workload.

    Attributes:
        name: ``throughput``, ``small``, ``budget``, ``memory``, ``jobs``, ``far``, ``promises`` or
            ``shop``.
        workload: the workload's name.
        ratio: what the column of ratios says, in words.
        bound: ``at least`` or ``at most``: what a target is to the ratio.
        rows: the figures.
        failed: key → why there are none.
        remarks: what a reader has to know.
    """

    name: str
    workload: str
    ratio: str
    bound: str
    rows: tuple[Row, ...]
    failed: dict[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


def make_row(key: str, label: str, count: int, medians: Medians) -> Row:
    """Give a row of what was measured, for as many records as were made."""
    return Row(
        key=key,
        label=label,
        count=count,
        made=count,
        cpu_seconds=medians.cpu_seconds,
        cpu_low=medians.cpu_low,
        cpu_high=medians.cpu_high,
        wall_seconds=medians.wall_seconds,
        peak_bytes=medians.peak_bytes,
        record_bytes=medians.output_bytes / count if count else 0.0,
    )


def scale_row(row: Row, count: int, start: Medians) -> Row:
    """Give what ``row`` would be at ``count`` records: its start once, the rest in proportion.

    Args:
        row: what was measured at fewer records.
        count: the records to scale to.
        start: the same process at ``START_COUNT`` records.
    """
    factor = (count - START_COUNT) / (row.made - START_COUNT)

    def grow(begin: float, whole: float) -> float:
        return begin + max(whole - begin, 0.0) * factor

    return replace(
        row,
        count=count,
        cpu_seconds=grow(start.cpu_seconds, row.cpu_seconds),
        cpu_low=grow(start.cpu_seconds, row.cpu_low),
        cpu_high=grow(start.cpu_seconds, row.cpu_high),
        wall_seconds=grow(start.wall_seconds, row.wall_seconds),
    )


def compare_cpu(rows: Iterable[Row], ratios: dict[str, float], *, judged: bool) -> tuple[Row, ...]:
    """Give the rows with their CPU seconds over ours, fastest first.

    Args:
        rows: of one count.
        ratios: key → what the ratio should at least be.
        judged: whether to say that a target is met or not.
    """
    ordered = sorted(rows, key=lambda row: row.cpu_seconds)
    ours = next((row.cpu_seconds for row in ordered if row.key == OURS), None)
    compared = []
    for row in ordered:
        ratio = row.cpu_seconds / ours if ours else None
        target = ratios.get(row.key)
        known = judged and ratio is not None and target is not None
        compared.append(
            replace(
                row,
                ratio=ratio,
                target=target,
                met=ratio >= target if known and ratio and target else None,
            )
        )
    return tuple(compared)
