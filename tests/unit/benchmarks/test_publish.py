"""The results of a run go into the page, between its marks, and nowhere else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.commands import OURS
from benchmarks.measure import Measurement, summarise
from benchmarks.publish import BEGIN, END, PAGE, publish, publish_tables
from benchmarks.report import describe_machine, write_results
from benchmarks.rows import Section, compare_cpu, make_row

if TYPE_CHECKING:
    from pathlib import Path

ABOUT = {
    "machine": describe_machine(17_000_000),
    "count": 1_000_000,
    "rounds": 3,
    "left_out": {"absent": "it is on no registry"},
    "versions": {"python": {"numpy": "2.4.6", "polars": "2.1.0"}},
}


@pytest.fixture
def results(tmp_path: Path) -> dict[str, Any]:
    taken = summarise(
        [Measurement(cpu_seconds=2.0, wall_seconds=3.0, peak_bytes=5 * 10**7, output_bytes=10**9)]
    )
    rows = [make_row(key, key, 1_000_000, taken) for key in (OURS, "peer | one")]
    sections = [
        Section(
            name=name,
            workload="claims",
            ratio="CPU over ours",
            bound="at least",
            rows=compare_cpu(rows, {"peer | one": 0.5}, judged=True),
            failed={"gone": "exit code 1"},
            remarks=("a remark",),
        )
        for name in ("throughput", "small", "budget", "memory", "jobs", "far", "promises")
    ]
    write_results(tmp_path / "results.json", ABOUT, sections)
    (tmp_path / "throughput.svg").write_text("<svg/>")
    found: dict[str, Any] = json.loads((tmp_path / "results.json").read_text())
    return found


def test_tables_and_pictures_stand_between_the_marks(
    results: dict[str, Any], tmp_path: Path
) -> None:
    page = tmp_path / "docs" / "page.md"
    page.parent.mkdir()
    page.write_text(f"before\n\n{BEGIN}\n\nold figures\n\n{END}\n\nafter\n")
    for _ in range(2):
        publish(results, tmp_path, page)
    text = page.read_text()
    assert text.startswith(f"before\n\n{BEGIN}\n\n1,000,000 records, medians of 3 ")
    assert text.endswith(f"{END}\n\nafter\n")
    assert "old figures" not in text
    assert text.count("](throughput.svg)") == 1
    assert "small.svg" not in text
    assert page.with_name("throughput.svg").read_text() == "<svg/>"
    assert "| mockgen-watch | 500,000 |" in text
    assert "polars 2.1.0" in text
    assert "- absent: it is on no registry" in text
    assert text.count("gone failed: exit code 1") == 7
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert len(tables) == 7 * 4
    assert sum(line.startswith(r"| peer \| one |") for line in tables) == 7
    assert all(" met |" in line for line in tables if line.startswith(r"| peer \| one"))


def test_a_page_without_the_marks_is_left_alone(results: dict[str, Any], tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("no place\n")
    with pytest.raises(ValueError, match="has no"):
        publish(results, tmp_path, page)
    assert page.read_text() == "no place\n"


def test_the_documentation_has_the_place() -> None:
    text = PAGE.read_text("utf-8")
    assert text.count(BEGIN) == text.count(END) == 1
    assert text.index(BEGIN) < text.index(END)


def test_tables_go_to_their_own_places(results: dict[str, Any], tmp_path: Path) -> None:
    page = tmp_path / "docs" / "page.md"
    page.parent.mkdir()
    page.write_text(f"before\n\n{BEGIN}\n\n{END}\n\nafter\n")
    publish(results, tmp_path, page)
    whole = page.read_text()
    publish_tables(results, page)
    assert page.read_text().split() == whole.split()
    few = {**results, "sections": [{**results["sections"][4], "remarks": ["another remark"]}]}
    publish_tables(few, page)
    text = page.read_text()
    assert text.count("another remark") == 1
    assert text.count("a remark") == whole.count("a remark") - 1
    added = {**results, "sections": [{**results["sections"][0], "name": "shop"}]}
    publish_tables(added, page)
    assert text.index("Left out:") < page.read_text().index("Left out:")
    assert page.read_text().startswith("before\n")
    assert page.read_text().endswith("after\n")
