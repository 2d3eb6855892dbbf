"""Takes a report on coverage; gives its tables, for people in colour or for programs in lines."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import TYPE_CHECKING

from mockgen_watch.cli.text import plain_json, shown_value
from mockgen_watch.digest import canonical
from mockgen_watch.observe.escaping import escape_for_terminal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Final

    from mockgen_watch.cli.text import PlainJson
    from mockgen_watch.scenarios.measure import Measured, StrengthCount
    from mockgen_watch.scenarios.odds import Odds
    from mockgen_watch.spec.document import Json
    from mockgen_watch.workflow.coverage import CoverageReport, OutputCoverage, Overlap


def coverage_data(report: CoverageReport) -> dict[str, object]:
    """Return what ``coverage --json`` writes."""
    return {
        "version": 1,
        "outputs": [_output(output) for output in report.outputs],
        "overlaps": [_overlap(each) for each in report.overlaps],
    }


def _output(output: OutputCoverage) -> dict[str, object]:
    measured = output.measured
    return {
        "suite": output.plan.suite,
        "model": output.plan.model,
        "scenario": output.plan.scenario,
        "records": output.plan.count,
        "looked_at": output.records,
        "twins": output.is_twins,
        "mix": bool(output.plan.mix),
        "asked": output.plan.records.coverage.strength.value,
        "designs": [
            {
                "name": covered.name,
                "strength": covered.plan.coverage.strength.value,
                "records": len(covered.design.rows),
                "needed": covered.needed,
                "kept": covered.design.kept,
                "combinations": covered.design.combinations,
                "impossible": covered.design.impossible,
                "not_found": covered.design.not_found,
            }
            for covered in output.designs
        ],
        "parameters": [] if measured is None else _parameters(measured),
        "coverage": []
        if measured is None
        else [_strength(strength) for strength in measured.strengths],
        "cases": None if measured is None else measured.cases,
        "cases_are_a_bound": measured is not None and measured.is_bound,
        "all_cases": None if measured is None else measured.all_cases,
        "odds": [_odds(odds) for odds in output.odds],
    }


def _parameters(measured: Measured) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    number = 0
    for parameter, counts in zip(measured.parameters, measured.counts, strict=True):
        values: list[dict[str, object]] = []
        for value, count in zip(parameter.values, counts, strict=True):
            if not value.is_hidden:
                can_be = number in measured.singles
                values.append({"name": plain_json(value.name), "records": count, "can_be": can_be})
            number += 1
        found.append({"field": parameter.label, "values": values})
    return found


def _strength(count: StrengthCount) -> dict[str, object]:
    missing: list[dict[str, PlainJson]] = [
        {label: plain_json(name) for label, name in each} for each in count.missing
    ]
    return {
        "strength": count.strength.value,
        "combinations": count.combinations,
        "possible": count.possible,
        "covered": count.covered,
        "share": count.share,
        "missing": missing,
    }


def _odds(odds: Odds) -> dict[str, object]:
    return {
        "field": odds.field,
        "of": plain_json(odds.of),
        "is_word": odds.is_word,
        "declared": odds.declared,
        "settled": odds.settled,
        "observed": odds.observed,
        "hits": odds.hits,
        "trials": odds.trials,
        "low": odds.low,
        "high": odds.high,
        "outside": odds.is_outside,
        "ruled": odds.is_ruled,
    }


def _overlap(overlap: Overlap) -> dict[str, object]:
    return {
        "suite": overlap.suite,
        "model": overlap.model,
        "scenarios": [overlap.first, overlap.second],
        "promised_apart": overlap.is_promised,
        "example": plain_json(overlap.example),
        "records_in_both": overlap.shared,
    }


WORDS: Final = {"each": "values", "pairwise": "pairs", "3-wise": "triples"}
"""What combinations of a strength are called."""

EXAMPLE: Final = 300
"""Characters of a record that two scenarios can make."""

READABLE: Final = 10**12
"""Greater numbers are shown by their first digits and their length."""

SHOWN: Final = 5
"""Missing combinations that are shown, unless all are asked for."""


def coverage_text(report: CoverageReport, *, width: int | None, is_verbose: bool) -> str:
    """Return the report; ``width`` is that of a terminal, None where a program reads."""
    blocks = [
        _coverage_text_output(output, width=width, is_verbose=is_verbose)
        for output in report.outputs
    ]
    blocks += [_overlaps(report.overlaps)] if report.overlaps else []
    return "\n\n".join(block for block in blocks if block) + "\n"


def value_name(name: Json) -> str:
    """Return a value of a parameter as people see it."""
    if isinstance(name, str) and name.startswith("$"):
        return escape_for_terminal(name[1:]) if not name.startswith("$$") else shown_value(name[1:])
    return shown_value(name)


def combination_text(combination: Iterable[tuple[str, Json]]) -> str:
    """Return a combination in one line."""
    return ", ".join(
        f"{escape_for_terminal(label)} = {value_name(name)}" for label, name in combination
    )


def _coverage_text_output(output: OutputCoverage, *, width: int | None, is_verbose: bool) -> str:
    count = output.plan.count
    looked = (
        f"{count:,}" if output.records == count else f"the first {output.records:,} of {count:,}"
    )
    lines = [f"{escape_for_terminal(output.name)}  {looked} record{'s' * (count != 1)}"]
    if output.is_twins:
        lines.append("  twins of positive, each with a fault, which takes values away")
    if output.plan.mix:
        lines.append("  a mix: it covers what its parts do")
    elif output.measured is None:
        lines.append("  nothing to choose from")
    else:
        lines += _designs(output)
        lines += _strengths(output.measured, width)
        lines += _cases(output.measured)
        lines += _missing(output, is_verbose=is_verbose)
        if is_verbose:
            lines += _values(output.measured, width)
    if output.odds:
        lines += _coverage_text_odds(output.odds, width, is_verbose=is_verbose)
    return "\n".join(lines)


def _designs(output: OutputCoverage) -> Iterable[str]:
    for covered in output.designs:
        design = covered.design
        kept = f", {design.kept} of them kept" if design.kept else ""
        lost = f", {design.not_found} combinations not found" if design.not_found else ""
        yield (
            f"  $coverage: {covered.plan.coverage.strength} of {escape_for_terminal(covered.name)} "
            f"takes {len(design.rows)} records{kept}{lost}"
        )


def _strengths(measured: Measured, width: int | None) -> list[str]:
    rows = [
        [
            WORDS[each.strength],
            f"{each.covered:,}",
            f"{each.possible:,}",
            f"{each.combinations - each.possible:,}",
            _percent(each.share),
        ]
        for each in measured.strengths
    ]
    return _table(["", "covered", "of", "cannot be", ""], rows, width)


def _cases(measured: Measured) -> list[str]:
    cases = "too many to be counted" if measured.cases is None else _count(measured.cases)
    most = "at most " if measured.is_bound and measured.cases is not None else ""
    of = _count(measured.all_cases)
    return [f"  different records by these fields: {most}{cases} can be, of {of}"]


def _count(number: int) -> str:
    """Return a number in full while it can be taken in."""
    return f"{number:,}" if number < READABLE else f"{Decimal(number):.2e}"


def _missing(output: OutputCoverage, *, is_verbose: bool) -> list[str]:
    count = output.measured and output.measured.of(output.asked)
    if not count or not count.missing:
        return []
    shown = count.missing if is_verbose else count.missing[:SHOWN]
    lines = [f"  missing {WORDS[count.strength]}, such as"]
    lines += [f"    {combination_text(each)}" for each in shown]
    rest = count.possible - count.covered - len(shown)
    return lines + ([f"    … and {rest:,} more"] if rest else [])


def _values(measured: Measured, width: int | None) -> list[str]:
    rows = []
    number = 0
    for parameter, counts in zip(measured.parameters, measured.counts, strict=True):
        for value, count in zip(parameter.values, counts, strict=True):
            can_be = number in measured.singles
            number += 1
            if not value.is_hidden:
                told = f"{count:,}" if can_be or count else "cannot be"
                rows.append([escape_for_terminal(parameter.label), value_name(value.name), told])
    return _table(["field", "value", "records"], rows, width)


def _coverage_text_odds(odds: Sequence[Odds], width: int | None, *, is_verbose: bool) -> list[str]:
    told = [each for each in odds if is_verbose or (each.is_outside and not each.is_ruled)]
    outside = sum(each.is_outside and not each.is_ruled for each in odds)
    lines = [f"  odds: {len(odds)} shares, {outside} outside of the interval"]
    if not told:
        return lines
    rows = [
        [
            escape_for_terminal(each.field) or "scenario",
            str(each.of) if each.is_word else shown_value(each.of),
            _percent(each.declared),
            _percent(each.observed),
            f"{_percent(each.low)} to {_percent(each.high)}",
            f"{each.hits:,}/{each.trials:,}",
            "" if not each.is_outside else "rules choose" if each.is_ruled else "outside",
        ]
        for each in told
    ]
    head = ["field", "value", "declared", "observed", "interval", "", ""]
    return lines + _table(head, rows, width)


def _overlaps(overlaps: Iterable[Overlap]) -> str:
    lines = ["scenarios that can make the same record"]
    for each in overlaps:
        pair = escape_for_terminal(f"{each.suite}/{each.model}: {each.first} and {each.second}")
        if each.is_promised:
            lines.append(f"  {pair}: none, by what is promised of them")
        elif each.example is None:
            lines.append(f"  {pair}: none was found")
        else:
            example = escape_for_terminal(canonical(each.example).decode("utf-8", "replace"))
            cut = example if len(example) <= EXAMPLE else f"{example[: EXAMPLE - 1]}…"
            lines.append(f"  {pair}: such as {cut}")
        if each.shared:
            stand = "record stands" if each.shared == 1 else "records stand"
            lines.append(f"    {each.shared:,} {stand} in both outputs")
    return "\n".join(lines)


def _percent(share: float) -> str:
    """Return a share in percent; all and nothing are said of nothing less."""
    text = f"{100 * share:.1f} %"
    if share < 1 and text == "100.0 %":
        return "99.9 %"
    return "0.1 %" if share > 0 and text == "0.0 %" else text


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], width: int | None) -> list[str]:
    """Return rows below each other, in a frame where a person looks."""
    if width is None:
        sizes = [max(len(row[place]) for row in [head, *rows]) for place in range(len(head))]
        every = [head, *rows] if any(head) else rows
        return [
            "  "
            + "  ".join(cell.ljust(size) for cell, size in zip(row, sizes, strict=True)).rstrip()
            for row in every
        ]
    # rich is slow to import, and programs need no frames.
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=SIMPLE_HEAD, pad_edge=True)
    for title in head:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*[Text(cell, style=_style(cell)) for cell in row])
    out = io.StringIO()
    Console(file=out, width=width, force_terminal=True, color_system="standard").print(table)
    return out.getvalue().rstrip("\n").split("\n")


def _style(cell: str) -> str:
    if cell == "100.0 %":
        return "green"
    return "red" if cell in {"outside", "0"} else ""


def share_of(count: StrengthCount | None) -> float:
    """Return what is covered, everything where there is nothing to be covered."""
    return 1.0 if count is None else count.share
