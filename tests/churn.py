"""Takes pairs of a field before and after an edit; gives how many of its values changed.

``python -m tests.churn`` from the top folder prints the table of docs/explanation/determinism.md,
``python -m tests.churn --publish`` puts it there. The least is what any rule would have to change:
the total variation between the odds before and after.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mockgen_watch.api import Specs

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "explanation" / "determinism.md"
BEGIN: Final = "<!-- churn: python -m tests.churn --publish -->"
END: Final = "<!-- end of churn -->"
RECORDS: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """An edit of a field.

    Attributes:
        what: the edit in words.
        before, after: the field, as a spec has it.
        least: the share of its values that any rule would have to change.
    """

    what: str
    before: str
    after: str
    least: float


def uniform(old: tuple[int, int], new: tuple[int, int]) -> float:
    """Return the total variation between whole numbers of two ranges, both ends included."""
    both = min(old[1], new[1]) - max(old[0], new[0]) + 1
    return 1 - max(both, 0) / max(old[1] - old[0] + 1, new[1] - new[0] + 1)


def _ranges() -> Iterator[Edit]:
    for old, new in (
        ((0, 100), (0, 101)),
        ((0, 100), (0, 99)),
        ((0, 100), (0, 110)),
        ((0, 100), (10, 100)),
        ((0, 100), (-20, 100)),
        ((0, 100), (0, 200)),
        ((1, 1_000_000), (1, 2_000_000)),
        ((500, 1500), (400, 1700)),
    ):
        yield Edit(
            what=f"`$integer` {old[0]}..{old[1]} → {new[0]}..{new[1]}",
            before=f"{{$integer: {list(old)}}}",
            after=f"{{$integer: {list(new)}}}",
            least=uniform(old, new),
        )
    number = "{$number: {min: 0, max: %s, decimals: 2}}"
    for most in ("110", "100.01"):
        yield Edit(
            what=f"`$number` 0..100 → 0..{most}",
            before=number % 100,
            after=number % most,
            least=uniform((0, 10_000), (0, round(float(most) * 100))),
        )
    steps = "{$integer: {min: 0, max: %d, step: 5}}"
    yield Edit(
        what="`$integer` 0..100 in steps of 5 → 0..120",
        before=steps % 100,
        after=steps % 120,
        least=uniform((0, 20), (0, 24)),
    )


def _moments() -> Iterator[Edit]:
    date = "{$date: {from: %s, to: %s}}"
    year = ("2025-01-01", "2025-12-31")
    for what, ends, least in (
        ("a day more", ("2025-01-01", "2026-01-01"), uniform((1, 365), (1, 366))),
        ("a month more", ("2025-01-01", "2026-01-31"), uniform((1, 365), (1, 396))),
        ("a month later", ("2025-02-01", "2025-12-31"), uniform((1, 365), (32, 365))),
    ):
        yield Edit(
            what=f"`$date` of a year: {what}", before=date % year, after=date % ends, least=least
        )
    time = '{$time: {from: "08:00:00", to: "%s"}}'
    yield Edit(
        what="`$time` 08:00..17:00 → 08:00..18:00",
        before=time % "17:00:00",
        after=time % "18:00:00",
        least=uniform((0, 9 * 3600), (0, 10 * 3600)),
    )
    array = "{$array: [1, %d], $items: [a]}"
    yield Edit(
        what="an array's length 1..3 → 1..4",
        before=array % 3,
        after=array % 4,
        least=uniform((1, 3), (1, 4)),
    )


def _patterns() -> Iterator[Edit]:
    for old, new, least in (
        ("[A-Z]", "[A-Y]", 1 / 26),
        ("[0-9]", "[0-9A-F]", 6 / 16),
        ("[A-Za-z]", "[A-Za-z0-9]", 10 / 62),
        ("A{6}", "A{6,7}", 1 / 2),
    ):
        yield Edit(
            what=f"`$pattern` `{old}` → `{new}`",
            before=f'{{$pattern: "{old}"}}',
            after=f'{{$pattern: "{new}"}}',
            least=least,
        )


def _distributions() -> Iterator[Edit]:
    amount = "{$number: {distribution: lognormal, median: 180, sigma: 0.8, decimals: 2%s}}"
    score = "{$integer: {distribution: normal, mean: 600, sd: 100, min: 300, max: %d}}"
    for old, new, least in (
        (", max: 600", ", max: 700", 0.0224),
        (", min: 60", ", min: 80", 0.0771),
    ):
        yield Edit(
            what=f"lognormal{old[1:]} →{new[1:]}",
            before=amount % old,
            after=amount % new,
            least=least,
        )
    yield Edit(what="normal, max: 700 → 750", before=score % 700, after=score % 750, least=0.0979)


def _pools() -> Iterator[Edit]:
    yield Edit(what="pool of 3: add a value", before="[a, b, c]", after="[a, b, c, d]", least=1 / 4)
    yield Edit(what="pool of 3: remove a value", before="[a, b, c]", after="[a, b]", least=1 / 3)
    yield Edit(what="pool of 3: reorder", before="[a, b, c]", after="[c, a, b]", least=0)
    yield Edit(
        what="pool of 3: correct a value, with its former value as `$id`",
        before="[a, b, c]",
        after="{$choice: [{$const: A, $id: a}, b, c]}",
        least=1 / 3,
    )
    yield Edit(
        what="weights 70/20/10 → 60/30/10",
        before="{$weighted: {a: 70, b: 20, c: 10}}",
        after="{$weighted: {a: 60, b: 30, c: 10}}",
        least=0.1,
    )


EDITS: Final = (*_pools(), *_ranges(), *_moments(), *_patterns(), *_distributions())


def changed(edit: Edit, count: int = RECORDS) -> tuple[float, int]:
    """Return the share of the field's values that changed, and how many of another field did."""
    old, new = (
        [
            (record["x"], record["y"])
            for record in Specs.of(
                f"M:\n  $count: {count}\n  x: {field}\n  y: {{$integer: [1, 9]}}\n"
            ).records("M")
        ]
        for field in (edit.before, edit.after)
    )
    moved = sum(one[0] != other[0] for one, other in zip(old, new, strict=True))
    others = sum(one[1] != other[1] for one, other in zip(old, new, strict=True))
    return moved / count, others


def table() -> str:
    """Return the table, in Markdown."""
    lines = ["| edit | changed | least |", "|---|---:|---:|"]
    for edit in EDITS:
        share, _ = changed(edit)
        lines.append(f"| {edit.what} | {share:.1%} | {edit.least:.1%} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the table, or put it into the page."""
    text = table()
    if "--publish" not in sys.argv[1:]:
        sys.stdout.write(text)
        return
    page = PAGE.read_text("utf-8")
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
