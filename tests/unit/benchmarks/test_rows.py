"""Figures are scaled and compared as the documentation says."""

from __future__ import annotations

import pytest

from benchmarks.commands import OURS
from benchmarks.measure import Measurement, Medians, summarise
from benchmarks.rows import START_COUNT, Row, compare_cpu, make_row, scale_row


def medians(cpu: float, wall: float = 1.0, output: int = 0) -> Medians:
    return summarise(
        [Measurement(cpu_seconds=cpu, wall_seconds=wall, peak_bytes=7, output_bytes=output)]
    )


def row(key: str, cpu: float) -> Row:
    return make_row(key, key, 1_000, medians(cpu))


def test_summary_is_the_median_with_the_spread() -> None:
    taken = [
        Measurement(cpu_seconds=cpu, wall_seconds=cpu + 1, peak_bytes=1, output_bytes=2)
        for cpu in (9.0, 1.0, 2.0)
    ]
    found = summarise(taken)
    assert (found.cpu_low, found.cpu_seconds, found.cpu_high) == (1.0, 2.0, 9.0)
    assert found.wall_seconds == 3.0
    assert found.rounds == 3


def test_scaling_counts_the_start_once() -> None:
    start, per_record = 0.5, 0.001
    made = make_row("x", "x", 1_010, medians(start + 1_000 * per_record))
    scaled = scale_row(made, 100_010, medians(start))
    assert scaled.cpu_seconds == pytest.approx(start + 100_000 * per_record)
    assert scaled.count == 100_010
    assert scaled.made == 1_010


def test_scaling_to_the_same_count_changes_nothing() -> None:
    made = make_row("x", "x", 1_000 + START_COUNT, medians(2.0))
    assert scale_row(made, 1_000 + START_COUNT, medians(0.5)) == made


def test_record_size_is_that_of_the_file() -> None:
    assert make_row("x", "x", 10, medians(1.0, output=4_640)).record_bytes == 464.0


def test_comparison_puts_the_fastest_first_and_judges_against_ours() -> None:
    found = compare_cpu(
        [row("slow", 40.0), row(OURS, 2.0), row("near", 6.0), row("free", 10.0)],
        {"slow": 20.0, "near": 4.0},
        judged=True,
    )
    assert [(each.key, each.ratio, each.met) for each in found] == [
        (OURS, 1.0, None),
        ("near", 3.0, False),
        ("free", 5.0, None),
        ("slow", 20.0, True),
    ]


def test_nothing_is_judged_below_the_count_of_the_targets() -> None:
    found = compare_cpu([row("slow", 40.0), row(OURS, 2.0)], {"slow": 1.0}, judged=False)
    assert [each.met for each in found] == [None, None]


def test_without_ours_there_is_no_ratio() -> None:
    found = compare_cpu([row("slow", 40.0)], {"slow": 1.0}, judged=True)
    assert [(each.ratio, each.met) for each in found] == [(None, None)]
