"""Takes the folder of a results.json; draws throughput and small jobs beside it, as SVG and PNG.

It runs in the peers' environment, where matplotlib is installed.
"""

# ruff: noqa: ANN401 - what matplotlib gives is not worth its types here

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

# Without a screen, and the same SVG for the same results.
mpl.use("Agg")
mpl.rcParams["svg.hashsalt"] = "mockgen-watch"

from matplotlib import pyplot as plt  # noqa: E402 - the backend is chosen first

OURS = "mockgen-watch"
OUR_COLOUR, PEER_COLOUR, FAINT = "#1f6f54", "#b9c2c8", "#5c666d"
POINT_INCHES = 0.27
ROOM_INCHES = 1.1
PANEL_INCHES = 8.5
DPI = 120


def main() -> None:
    """Draw what the results hold."""
    folder = Path(sys.argv[1])
    results = json.loads((folder / "results.json").read_text("utf-8"))
    throughput = [part for part in results["sections"] if part["name"] == "throughput"]
    small = [part for part in results["sections"] if part["name"] == "small"]
    if throughput:
        draw_throughput(throughput, results, folder / "throughput")
    if small:
        draw_small(small, results, folder / "small")


def draw_throughput(sections: list[dict[str, Any]], results: dict[str, Any], path: Path) -> None:
    """Draw a panel for each workload: records a second of CPU time, on a log scale."""
    figure, axes = make_panels([len(section["rows"]) for section in sections], 1)
    for section, axis in zip(sections, axes, strict=True):
        rows = section["rows"]
        rates = [row["count"] / row["cpu_seconds"] for row in rows]
        notes = [
            f"{rate:,.0f}"
            + ("" if is_ours(row) or row["ratio"] is None else f"   ours: {row['ratio']:.1f} times")
            for row, rate in zip(rows, rates, strict=True)
        ]
        draw_points(axis, rows, rates, notes)
        size = next((row["record_bytes"] for row in rows if row["key"] == OURS), None)
        suffix = f", {size:.0f} bytes a record" if size else ""
        axis.set_title(f"{section['workload']}{suffix}", loc="left", fontsize=11)
        axis.set_xlabel("records a second of CPU time (log scale)")
    title = f"{results['count']:,} records as NDJSON, whole processes"
    save(figure, title, results, path)


def draw_small(sections: list[dict[str, Any]], results: dict[str, Any], path: Path) -> None:
    """Draw a panel for each workload and count: wall time of a whole process."""
    counts = sorted({row["count"] for section in sections for row in section["rows"]} - {0})
    panels = [
        (section, count, [row for row in section["rows"] if row["count"] in {0, count}])
        for section in sections
        for count in counts
    ]
    figure, axes = make_panels([len(rows) for _, _, rows in panels], len(counts))
    for (section, count, rows), axis in zip(panels, axes, strict=True):
        ordered = sorted(rows, key=lambda row: row["wall_seconds"])
        times = [row["wall_seconds"] * 1000 for row in ordered]
        draw_points(axis, ordered, times, [f"{time:,.0f}" for time in times])
        axis.set_title(f"{section['workload']}, {count:,} records", loc="left", fontsize=11)
        axis.set_xlabel("milliseconds from start to end (log scale)")
    save(figure, "Small jobs: cold start, whole processes", results, path)


def is_ours(row: dict[str, Any]) -> bool:
    """Tell whether a row is mockgen-watch's."""
    return bool(row["key"].startswith(OURS))


def make_panels(counts: list[int], columns: int) -> tuple[Any, list[Any]]:
    """Make a grid of panels as high as their points need; give them row by row."""
    lines = [counts[at : at + columns] for at in range(0, len(counts), columns)]
    heights = [max(*line, 1) * POINT_INCHES + ROOM_INCHES for line in lines]
    figure, axes = plt.subplots(
        len(lines),
        columns,
        figsize=(PANEL_INCHES * columns, sum(heights) + ROOM_INCHES / 2),
        height_ratios=heights,
        squeeze=False,
        layout="constrained",
    )
    return figure, list(axes.flat)


def draw_points(
    axis: Any, rows: list[dict[str, Any]], values: list[float], notes: list[str]
) -> None:
    """Draw one point a row, the first on top, ours in its own colour.

    No bars: on a log scale their length says nothing.
    """
    places = list(range(len(rows)))
    colours = [OUR_COLOUR if is_ours(row) else PEER_COLOUR for row in rows]
    least, most = min(values, default=1.0), max(values, default=1.0)
    axis.hlines(places, least / 2, values, color="#e6e9eb", linewidth=1)
    axis.scatter(values, places, color=colours, s=48, zorder=3)
    for place, value, note in zip(places, values, notes, strict=True):
        axis.annotate(
            note, (value, place), (9, 0), textcoords="offset points", va="center", fontsize=9
        )
    axis.set_yticks(places, [row["label"] for row in rows], fontsize=9)
    for label, row in zip(axis.get_yticklabels(), rows, strict=True):
        label.set_fontweight("bold" if is_ours(row) else "normal")
    axis.invert_yaxis()
    axis.set_xscale("log")
    # Room for the numbers beside the points.
    axis.set_xlim(least / 2, most * 8)
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(axis="x", color="#e6e9eb", linewidth=0.7)
    axis.set_axisbelow(True)


def save(figure: Any, title: str, results: dict[str, Any], path: Path) -> None:
    """Write the figure in both formats."""
    machine = results["machine"]
    where = f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}"
    figure.suptitle(f"{title}\n{where}", fontsize=10, x=0.01, ha="left", color=FAINT)
    figure.savefig(path.with_suffix(".svg"), metadata={"Date": None})
    figure.savefig(path.with_suffix(".png"), dpi=DPI)
    plt.close(figure)


if __name__ == "__main__":
    main()
