"""Takes sections; gives tables as text, and the file of results."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from benchmarks.commands import Peer
    from benchmarks.rows import Row, Section

_MEGA = 1_000_000
_TITLES = {
    "throughput": "Throughput: records a second of CPU time, whole processes",
    "small": "Small jobs: cold start, whole processes",
    "memory": "Memory: our peak, to /dev/null",
    "jobs": "Two processes beside one, to /dev/null",
    "far": "One record alone, the first and one far out",
    "budget": "Start-up budget: CPU of whole processes",
    "promises": "What promises cost, to /dev/null",
    "shop": "What computed values cost, to /dev/null",
}


def render(section: Section) -> str:
    """Give a section as text: title, table, notes."""
    columns = [*_COLUMNS[section.name], *_RATIO_COLUMNS]
    heads = [_name_ratio(head, section) for head, _ in columns]
    cells = [[render_cell(row) for _, render_cell in columns] for row in section.rows]
    lines = [f"{_TITLES[section.name]} - {section.workload}", ""]
    lines += _align([heads, *cells]) if cells else ["nothing was measured"]
    lines += [f"  failed: {key}: {reason}" for key, reason in section.failed.items()]
    lines += [f"  {remark}" for remark in (*section.remarks, *_explain(section.rows))]
    return "\n".join(lines) + "\n"


def render_markdown(section: Section) -> str:
    """Give a section as Markdown: its table, and what has to be known of it."""
    columns = [*_COLUMNS[section.name], *_RATIO_COLUMNS]
    heads = [_name_ratio(head, section) for head, _ in columns]
    rule = ["---", *["---:"] * (len(columns) - 1)]
    cells = [
        [render_cell(row).replace("|", r"\|") for _, render_cell in columns] for row in section.rows
    ]
    lines = [f"| {' | '.join(line)} |" for line in (heads, rule, *cells)]
    notes = [f"{key} failed: {reason}" for key, reason in section.failed.items()]
    notes += [line.strip() for line in (*section.remarks, *_explain(section.rows))]
    notes = [f"- {note}" for note in notes]
    return "\n".join([f"**{_TITLES[section.name]} - {section.workload}**", "", *lines, "", *notes])


def list_lacks(peers: Iterable[Peer]) -> str:
    """Give what the records of these peers lack, a peer a line."""
    lines = [f"  {peer.label}: {peer.lacks}" for peer in peers if peer.lacks]
    return "\n".join(["What the peers lack", "", *lines]) + "\n"


def describe_machine(floor_bytes: int) -> dict[str, Any]:
    """Give what the figures depend on."""
    return {
        "system": platform.platform(),
        "processor": _read_processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load": list(os.getloadavg()),
        "peak_floor_bytes": floor_bytes,
    }


def write_results(path: Path, about: dict[str, Any], sections: Iterable[Section]) -> None:
    """Write all that a run found as JSON.

    Args:
        path: the file; its folder is made.
        about: what the figures depend on; JSON already.
        sections: the figures.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    result = about | {"sections": [asdict(section) for section in sections]}
    path.write_text(json.dumps(result, indent=2) + "\n", "utf-8")


def _name_ratio(head: str, section: Section) -> str:
    """Put the section's words into the heads that depend on it."""
    return head.replace("RATIO", section.ratio).replace("BOUND", section.bound)


def _explain(rows: Sequence[Row]) -> list[str]:
    """Say what ``~`` means and who made how many records, where it stands."""
    made: dict[int, list[str]] = {}
    for row in rows:
        if row.made < row.count:
            made.setdefault(row.made, []).append(row.label)
    if not made:
        return []
    return [
        f"~ is scaled to {rows[0].count:,} records, the start counted once. Peaks are not scaled.",
        *(f"  {count:,} records: {'; '.join(labels)}" for count, labels in sorted(made.items())),
    ]


def _align(lines: Sequence[Sequence[str]]) -> list[str]:
    """Give the lines with their columns one below the other, numbers to the right."""
    widths = [max(len(line[at]) for line in lines) for at in range(len(lines[0]))]
    aligned = []
    for line in lines:
        first, *others = (
            cell.rjust(width) if at else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        aligned.append("  ".join([first, *others]).rstrip())
    return [*aligned[:1], "-" * max(map(len, aligned)), *aligned[1:]]


def _mark(row: Row, number: str) -> str:
    """Mark a figure that was scaled."""
    return f"~{number}" if row.made < row.count else number


def _give_rate(row: Row) -> float:
    """Give the records a second of CPU time."""
    return row.count / row.cpu_seconds if row.cpu_seconds else 0.0


def _read_processor() -> str:
    """Give the processor's name where Linux tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


_Column = tuple[str, "Callable[[Row], str]"]
_LABEL: _Column = ("", lambda row: row.label)
_PEAK: _Column = ("peak MB", lambda row: f"{row.peak_bytes / _MEGA:.0f}")
_RATE: _Column = ("records/CPU s", lambda row: _mark(row, f"{_give_rate(row):,.0f}"))
_CPU: _Column = ("CPU s", lambda row: _mark(row, f"{row.cpu_seconds:.2f}"))
_SPREAD: _Column = ("low-high", lambda row: f"{row.cpu_low:.2f}-{row.cpu_high:.2f}")
_WALL: _Column = ("wall s", lambda row: _mark(row, f"{row.wall_seconds:.2f}"))
_COLUMNS: dict[str, tuple[_Column, ...]] = {
    "throughput": (
        _LABEL,
        _RATE,
        ("MB/CPU s", lambda row: f"{_give_rate(row) * row.record_bytes / _MEGA:,.0f}"),
        _CPU,
        _SPREAD,
        _WALL,
        _PEAK,
        ("bytes/record", lambda row: f"{row.record_bytes:.0f}"),
    ),
    "small": (
        _LABEL,
        ("records", lambda row: f"{row.count:,}" if row.count else ""),
        ("CPU ms", lambda row: f"{row.cpu_seconds * 1000:.0f}"),
        ("wall ms", lambda row: f"{row.wall_seconds * 1000:.0f}"),
        _PEAK,
    ),
    "budget": (
        _LABEL,
        ("suites", lambda row: f"{row.count:,}" if row.count else ""),
        ("CPU ms", lambda row: f"{row.cpu_seconds * 1000:.0f}"),
        ("wall ms", lambda row: f"{row.wall_seconds * 1000:.0f}"),
        _PEAK,
    ),
    "memory": (_LABEL, _RATE, _CPU, _WALL, _PEAK),
    "jobs": (_LABEL, _RATE, _CPU, _WALL, _PEAK),
    "promises": (_LABEL, _RATE, _CPU, _WALL, _PEAK),
    "shop": (
        _LABEL,
        ("records", lambda row: f"{row.count:,}"),
        _RATE,
        _CPU,
        _SPREAD,
        _WALL,
        _PEAK,
    ),
    "far": (
        _LABEL,
        ("CPU ms", lambda row: f"{row.cpu_seconds * 1000:.0f}"),
        ("wall ms", lambda row: f"{row.wall_seconds * 1000:.0f}"),
        _PEAK,
    ),
}
_RATIO_COLUMNS: tuple[_Column, ...] = (
    ("RATIO", lambda row: "" if row.ratio is None else f"{row.ratio:.2f}"),
    ("BOUND", lambda row: "" if row.target is None else f"{row.target:g}"),
    ("", lambda row: {True: "met", False: "NOT MET", None: ""}[row.met]),
)
