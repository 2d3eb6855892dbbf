"""Takes ``specs/shop``; gives what computed values cost, and whether they are exact to the cent."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import targets
from benchmarks.commands import OURS, our_program
from benchmarks.environment import BENCHMARKS
from benchmarks.measure import Invocation, measure_contention
from benchmarks.rows import Section, make_row
from benchmarks.sections import run_jobs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.rows import Row
    from benchmarks.sections import Settings

SPEC = BENCHMARKS.parent / "specs" / "shop" / "user_input.yaml"
HAND = "hand"
_DRAWN = {
    '{$cel: "this.qty * this.price", decimals: 2}': "{$number: [2, 450]}",
    '{$cel: "sum(record.lines.map(line, line.amount))", decimals: 2}': "{$number: [2, 1800]}",
    "max: {$field: record.total}": "max: 1800",
    "from: {$field: record.placed, plus: 1d}": "from: 2025-01-02",
    "to: {$field: record.placed, plus: 5d}": "to: 2025-07-05",
}
"""What other fields give → the like of it that is drawn."""

_LABELS = {
    "drawn": "nothing computed: amounts, totals and dates are drawn",
    "computed": "amounts, totals, refunds and dates are computed",
    "few": "the same",
    "rules": "the same, with the five rules of the spec",
    HAND: "random and Decimal by hand in Python",
}
_TENTH = ("few", "rules", HAND)
"""What makes a tenth of the orders."""


def measure_shop(settings: Settings) -> Section:
    """Measure orders of the shop, to /dev/null; the ratio is that of one record over drawn ones.

    All of the computed ones are checked beforehand, outside of what is measured.
    """
    specs = write_variants(settings.folder)
    counts = {key: settings.count // (10 if key in _TENTH else 1) for key in _LABELS}
    settings.report("shop: checking the totals")
    problem = _find_wrong(specs["computed"], settings)
    jobs = [(key, give_orders(specs[key], counts[key])) for key in specs]
    jobs.append(("few", give_orders(specs["computed"], counts["few"])))
    script = str(BENCHMARKS / "peers" / "orders_by_hand.py")
    argv = (sys.executable, script, str(counts[HAND]), "/dev/null")
    jobs.append((HAND, Invocation(argv=argv)))
    before = measure_contention()
    taken = run_jobs(settings, jobs, "shop")
    contention = statistics.mean((before, measure_contention()))
    rows = {
        key: make_row(HAND if key == HAND else OURS, label, counts[key], taken.measured[key])
        for key, label in _LABELS.items()
        if key in taken.measured
    }
    if "drawn" not in rows:
        return _section((), {**taken.failed}, ())
    judged = settings.count >= targets.JUDGED_COUNT
    failed = {**taken.failed, **({"totals": problem} if problem else {})}
    sums = f"the sums of {settings.count:,} orders were added up again in Decimal, apart: "
    remarks = [
        sums + (problem or "all are exact to the cent"),
        f"two busy processes took {contention:.2f} times as long side by side as one alone",
    ]
    if {"few", "computed"} <= {*rows}:
        growth = rows["computed"].peak_bytes / rows["few"].peak_bytes
        remarks.append(f"ten times the orders have {growth:.2f} times the peak")
        if judged and growth > targets.PEAK_GROWTH:
            failed["peak"] = f"it grows {growth:.2f} times"
    compared = [_compare(row, rows["drawn"], key, judged=judged) for key, row in rows.items()]
    return _section(tuple(compared), failed, tuple(remarks))


def _section(rows: tuple[Row, ...], failed: dict[str, str], remarks: tuple[str, ...]) -> Section:
    return Section(
        name="shop",
        workload="orders",
        ratio="CPU of a record over drawn ones",
        bound="at most",
        rows=rows,
        failed=failed,
        remarks=remarks,
    )


def _compare(row: Row, first: Row, key: str, *, judged: bool) -> Row:
    ratio = (row.cpu_seconds / row.count) / (first.cpu_seconds / first.count)
    target = targets.SHOP.get(key)
    met = None if target is None or not judged else ratio <= target
    return replace(row, ratio=ratio, target=target, met=met)


def write_variants(folder: Path) -> dict[str, Path]:
    """Write the spec of each variant, and return the files.

    Raises:
        ValueError: the spec no longer has what a variant takes out of it.
    """
    text = SPEC.read_text("utf-8")
    before, rules, rest = text.partition("  $rules:\n")
    _, scenarios, after = rest.partition("  $scenarios:")
    without = before + scenarios + after
    drawn = without
    for computed, value in _DRAWN.items():
        if not rules or not scenarios or computed not in drawn:
            raise ValueError(f"{SPEC} has no {computed}")
        drawn = drawn.replace(computed, value)
    # Without rules no record is wrong, so that nothing can be made of a negative scenario.
    texts = {"drawn": drawn, "computed": without, "rules": text}
    found = {}
    for key, each in texts.items():
        place = folder / f"shop-{key}"
        place.mkdir(exist_ok=True)
        found[key] = place / "user_input.yaml"
        kept = (line for line in each.splitlines() if "negative" not in line or key == "rules")
        found[key].write_text("\n".join(kept) + "\n", "utf-8")
    return found


def give_orders(spec: Path, count: int, out: Path | None = None) -> Invocation:
    """Give our process: ``count`` valid orders of ``spec`` as NDJSON, to ``out`` or /dev/null."""
    what = ("--config", str(spec), "--model", "Order", "--scenario", "positive")
    how = ("--count", str(count), "--format", "ndjson", "--stdout")
    return Invocation(argv=(our_program(), "generate", *what, *how), out=out, stdout=out)


def _find_wrong(spec: Path, settings: Settings) -> str:
    """Return the first wrong sum of all orders, or ``""``."""
    out = settings.folder / "orders"
    argv = (sys.executable, "-m", "benchmarks.shop", str(out), str(settings.count))
    process = give_orders(spec, settings.count, out)
    try:
        with out.open("wb") as file:
            subprocess.run(process.argv, check=True, stdout=file, cwd=settings.folder)
        done = subprocess.run(
            argv, capture_output=True, text=True, cwd=BENCHMARKS.parent, check=False
        )
    finally:
        out.unlink(missing_ok=True)
    return (done.stdout or done.stderr).strip()


def find_wrong_sum(lines: Iterator[bytes], count: int) -> str:
    """Return what is wrong with orders: their number, an amount, or a total; ``""`` for nothing."""
    seen = 0
    for number, line in enumerate(lines):
        order: dict[str, Any] = json.loads(line, parse_float=Decimal)
        seen += 1
        for item in order["lines"]:
            if item["amount"] != item["qty"] * item["price"]:
                return f"order {number}: {item['amount']} is not {item['qty']} * {item['price']}"
        amounts = [item["amount"] for item in order["lines"]]
        if order["total"] != sum(amounts) or not order["refund"] <= order["total"]:
            return f"order {number}: the total is {order['total']}, of {amounts}"
    return "" if seen == count else f"there are {seen} orders, not {count}"


if __name__ == "__main__":
    with Path(sys.argv[1]).open("rb") as file:
        print(find_wrong_sum(iter(file), int(sys.argv[2])))
