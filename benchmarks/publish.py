"""Takes the results of a run; puts its tables and pictures into docs/explanation/performance.md.

``python -m benchmarks.publish`` from the top folder, or ``make bench-publish``, after a run.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from benchmarks.environment import BENCHMARKS
from benchmarks.report import render_markdown
from benchmarks.rows import Row, Section
from benchmarks.targets import JUDGED_COUNT

PAGE = BENCHMARKS.parent / "docs" / "explanation" / "performance.md"
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"
LEFT_OUT = "Left out:"
PICTURES = {
    "throughput.svg": "Records a second of CPU time of mockgen-watch and its peers, two workloads",
    "small.svg": "Wall time of whole processes that make 10 and 1,000 records",
}


def main() -> int:
    """Publish what the options say.

    Returns:
        0, or 1 where there is nothing that should be published.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.publish", description=__doc__)
    parser.add_argument("--results", type=Path, default=BENCHMARKS / "results", metavar="DIR")
    parser.add_argument("--page", type=Path, default=PAGE, metavar="FILE")
    parser.add_argument(
        "--tables", action="store_true", help="put in these tables alone, and leave the others"
    )
    parser.add_argument("--any-count", action="store_true", help="a run of fewer records, too")
    options = parser.parse_args()
    path = options.results / "results.json"
    if not path.exists():
        print(f"there is no {path}; run make bench first", file=sys.stderr)
        return 1
    results = json.loads(path.read_text("utf-8"))
    if results["count"] < JUDGED_COUNT and not options.any_count:
        few = f"{results['count']:,} records, and targets are for {JUDGED_COUNT:,}"
        print(f"the results are of {few}; not published", file=sys.stderr)
        return 1
    if options.tables:
        publish_tables(results, options.page)
    else:
        publish(results, options.results, options.page)
    print(f"{options.page} shows the results of {options.results}")
    return 0


def publish(results: dict[str, Any], folder: Path, page: Path) -> None:
    """Put the tables of ``results`` into ``page``, and the pictures in ``folder`` beside it.

    Raises:
        ValueError: the page has no place for them.
    """
    before, found, rest = page.read_text("utf-8").partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        raise ValueError(f"{page} has no {BEGIN} … {END}")
    pictures = [name for name in PICTURES if (folder / name).exists()]
    for name in pictures:
        shutil.copyfile(folder / name, page.with_name(name))
    shown = [f"![{PICTURES[name]}]({name})" for name in pictures]
    tables = [render_markdown(_section(part)) for part in results["sections"]]
    parts = [BEGIN, _about(results), *shown, *tables, _left_out(results), END]
    page.write_text(before + "\n\n".join(filter(None, parts)) + after, "utf-8")


def publish_tables(results: dict[str, Any], page: Path) -> None:
    """Put the tables of ``results`` into ``page``, each in its own place, or after the others.

    Raises:
        ValueError: the page has no place for them.
    """
    before, found, rest = page.read_text("utf-8").partition(BEGIN)
    shown, ended, after = rest.partition(END)
    if not found or not ended:
        raise ValueError(f"{page} has no {BEGIN} … {END}")
    for part in results["sections"]:
        table = render_markdown(_section(part)).rstrip() + "\n\n"
        title = table.partition("\n")[0]
        start = shown.find(title)
        if start < 0:
            start = stop = _find(shown, LEFT_OUT, 0)
        else:
            stop = min(_find(shown, "\n**", start) + 1, _find(shown, LEFT_OUT, start))
        shown = shown[:start] + table + shown[stop:]
    page.write_text(before + BEGIN + shown + END + after, "utf-8")


def _find(text: str, words: str, start: int) -> int:
    found = text.find(words, start)
    return len(text) if found < 0 else found


def _section(part: dict[str, Any]) -> Section:
    rows = tuple(Row(**row) for row in part["rows"])
    return Section(**{**part, "rows": rows, "remarks": tuple(part["remarks"])})


def _about(results: dict[str, Any]) -> str:
    machine = results["machine"]
    versions = results["versions"].get("python", {}) | results["versions"].get("npm", {})
    named = ("numpy", "orjson", "duckdb", "polars", "faker", "mimesis", "faker2", "seedfaker")
    peers = ", ".join(f"{name} {versions[name]}" for name in named if name in versions)
    return (
        f"{results['count']:,} records, medians of {results['rounds']} interleaved rounds, on "
        f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}. "
        f"Among the peers: {peers}. All versions are in `benchmarks/peers.txt`. "
        f"A peak of {machine['peak_floor_bytes'] / 1_000_000:.0f} MB means that or less."
    )


def _left_out(results: dict[str, Any]) -> str:
    lines = [f"- {key}: {reason}" for key, reason in results["left_out"].items()]
    return "\n".join([LEFT_OUT, "", *lines]) if lines else ""


if __name__ == "__main__":
    sys.exit(main())
