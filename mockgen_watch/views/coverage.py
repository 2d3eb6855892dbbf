"""Coverage: which values, pairs and odds the records show, as data, as tables and as a picture."""

from __future__ import annotations

import io
import itertools
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple
from xml.sax.saxutils import escape

from mockgen_watch.canonical import canonical
from mockgen_watch.observe import escape_for_terminal
from mockgen_watch.spec.model import Coverage
from mockgen_watch.views.values import (
    aligned,
    counted,
    cut,
    plain_json,
    plural,
    shown_json,
    shown_value,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mockgen_watch.scenarios.measure import Measured, Odds, StrengthCount
    from mockgen_watch.spec.document import Json
    from mockgen_watch.workflow.coverage import CoverageReport, OutputCoverage, Overlap

WORDS: Final = {"each": "values", "pairwise": "pairs", "3-wise": "triples"}
"""What combinations of a strength are called."""

EXAMPLE: Final = 300
"""Characters of a record that two scenarios can make."""

READABLE: Final = 10**12
"""Greater numbers are shown by their first digits and their length."""

_SHORT: Final = 18
"""Characters of a value in a picture."""

SHOWN_RULES: Final = 3
"""Names of rules in one line."""
SHOWN: Final = 5
"""Missing combinations that are shown, unless all are asked for."""

LARGE: Final = 16

SMALL: Final = 8
"""The side of a cell: with the names of values, and without where there are many of them."""

NAMED: Final = 120
"""Values that have their names written."""

MOST: Final = 600
"""Values that a picture has at most."""

COLOURS: Final = {"seen": "#2b6ca3", "missing": "#e69f00", "impossible": "#e3e6ea"}
"""Blue and orange differ for everybody; what is missing has stripes as well."""
FILLS: Final = {**COLOURS, "missing": "url(#missing)"}
_STRIPES: Final = (
    "<defs><pattern id='missing' width='4' height='4' patternUnits='userSpaceOnUse' "
    f"patternTransform='rotate(45)'><rect width='4' height='4' fill='{COLOURS['missing']}'/>"
    "<rect width='1.4' height='4' fill='#5c3d00'/></pattern></defs>"
)
_INK, _SOFT, _LINE = "#1d232a", "#5b6672", "#ffffff"
_FONT = "font-family='DejaVu Sans, Verdana, Helvetica, sans-serif'"
_TITLE, _LEGEND, _GAP = 34, 26, 28


def coverage_data(report: CoverageReport) -> dict[str, object]:
    """Return what ``coverage --json`` writes."""
    return {
        "version": 1,
        "outputs": [_output_data(output) for output in report.outputs],
        "overlaps": [_overlap_data(each) for each in report.overlaps],
    }


def _output_data(output: OutputCoverage) -> dict[str, object]:
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
        "parameters": _parameters_data(measured) if measured else [],
        "coverage": [_strength_data(count) for count in measured.strengths] if measured else [],
        "cases": measured and measured.cases,
        "cases_are_a_bound": measured is not None and measured.is_bound,
        "all_cases": measured and measured.all_cases,
        "odds": [_odds_data(odds) for odds in output.odds],
    }


def _parameters_data(measured: Measured) -> list[dict[str, object]]:
    data: list[list[object]] = [[] for _ in measured.parameters]
    for value in _values(measured):
        name = plain_json(value.name)
        entry = {"name": name, "records": value.records, "can_be": value.is_possible}
        data[value.parameter].append(entry)
    return [
        {"field": parameter.label, "values": values}
        for parameter, values in zip(measured.parameters, data, strict=True)
    ]


def _strength_data(count: StrengthCount) -> dict[str, object]:
    return {
        "strength": count.strength.value,
        "combinations": count.combinations,
        "possible": count.possible,
        "covered": count.covered,
        "share": count.share,
        "missing": [{label: plain_json(name) for label, name in each} for each in count.missing],
    }


def _odds_data(odds: Odds) -> dict[str, object]:
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
        "rules": list(odds.rules),
    }


def _overlap_data(overlap: Overlap) -> dict[str, object]:
    return {
        "suite": overlap.suite,
        "model": overlap.model,
        "scenarios": [overlap.first, overlap.second],
        "promised_apart": overlap.is_promised,
        "example": plain_json(overlap.example),
        "records_in_both": overlap.shared,
    }


def coverage_text(report: CoverageReport, *, width: int | None, is_verbose: bool) -> str:
    """Return the report; ``width`` is that of a terminal, None where a program reads."""
    blocks = [_output_text(output, width=width, is_verbose=is_verbose) for output in report.outputs]
    blocks += [_overlaps_text(report.overlaps)] if report.overlaps else []
    return "\n\n".join(block for block in blocks if block) + "\n"


def _output_text(output: OutputCoverage, *, width: int | None, is_verbose: bool) -> str:
    count = output.plan.count
    looked = (
        f"{count:,}" if output.records == count else f"the first {output.records:,} of {count:,}"
    )
    lines = [f"{escape_for_terminal(output.name)}  {looked} {plural('record', count)}"]
    if output.is_twins:
        twin = escape_for_terminal(output.plan.records.twin)
        lines.append(f"  twins of {twin}, each with one fault (faults replace some values)")
    if output.plan.mix:
        lines.append("  a mix: it covers what its parts cover")
    elif output.measured is None:
        lines.append("  no field varies")
    else:
        lines += _designs_text(output)
        lines += _strengths_table(output.measured, width)
        lines += _cases_text(output.measured)
        lines += _missing_text(output, is_verbose=is_verbose)
        if is_verbose:
            lines += _values_table(output.measured, width)
    if output.odds:
        lines += _odds_text(output.odds, width, is_verbose=is_verbose)
    return "\n".join(lines)


def _designs_text(output: OutputCoverage) -> Iterable[str]:
    for covered in output.designs:
        design = covered.design
        kept = f", {design.kept} of them from the kept cases" if design.kept else ""
        lost = f", {design.not_found} combinations not found" if design.not_found else ""
        yield (
            f"  $coverage: {covered.plan.coverage.strength} of {escape_for_terminal(covered.name)} "
            f"needs {len(design.rows)} records{kept}{lost}"
        )


def _strengths_table(measured: Measured, width: int | None) -> list[str]:
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
    return _table(["", "covered", "total", "impossible", ""], rows, width)


def _cases_text(measured: Measured) -> list[str]:
    cases = "too many to count" if measured.cases is None else _count(measured.cases)
    most = "at most " if measured.is_bound and measured.cases is not None else ""
    of = _count(measured.all_cases)
    return [f"  different records by these fields: {most}{cases} of {of} possible"]


def _count(number: int) -> str:
    """Return a number in full while it can be taken in."""
    return f"{number:,}" if number < READABLE else f"{Decimal(number):.2e}"


def _missing_text(output: OutputCoverage, *, is_verbose: bool) -> list[str]:
    count = output.measured and output.measured.of(output.asked)
    if not count or not count.missing:
        return []
    shown = count.missing if is_verbose else count.missing[:SHOWN]
    lines = [f"  missing {WORDS[count.strength]}, such as"]
    lines += [f"    {combination_text(each)}" for each in shown]
    rest = count.possible - count.covered - len(shown)
    return lines + ([f"    … and {rest:,} more"] if rest else [])


def _values_table(measured: Measured, width: int | None) -> list[str]:
    rows = []
    for value in _values(measured):
        label = escape_for_terminal(_field(measured.parameters[value.parameter].label))
        records = f"{value.records:,}" if value.is_possible or value.records else "impossible"
        rows.append([label, value_name(value.name), records])
    return _table(["field", "value", "records"], rows, width)


def _odds_text(odds: Sequence[Odds], width: int | None, *, is_verbose: bool) -> list[str]:
    outside = [each for each in odds if each.is_outside]
    ruled = sum(each.is_ruled for each in outside)
    counts = f"{counted(len(odds), 'share')}, {len(outside) - ruled} outside the interval"
    lines = [f"  odds: {counts}{f', {ruled} changed by rules' if ruled else ''}"]
    rows = [
        [
            escape_for_terminal(each.field) or "scenario",
            str(each.of) if each.is_word else shown_value(each.of),
            _percent(each.declared),
            _percent(each.observed),
            f"{_percent(each.low)} to {_percent(each.high)}",
            f"{each.hits:,}/{each.trials:,}",
            "" if not each.is_outside else _changed_by(each) if each.is_ruled else "outside",
        ]
        for each in (odds if is_verbose else outside)
    ]
    head = ["field", "value", "declared", "observed", "interval", "", ""]
    return lines + (_table(head, rows, width) if rows else [])


def _changed_by(odds: Odds) -> str:
    rules = ", ".join(map(escape_for_terminal, odds.rules[:SHOWN_RULES]))
    more = len(odds.rules) - SHOWN_RULES
    rules += f" and {more} more" if more > 0 else ""
    return f"changed by {rules}" if rules else "set by rules"


def _overlaps_text(overlaps: Iterable[Overlap]) -> str:
    lines = ["scenarios that can produce the same record"]
    for each in overlaps:
        pair = escape_for_terminal(f"{each.suite}/{each.model}: {each.first} and {each.second}")
        if each.is_promised:
            lines.append(f"  {pair}: no common record is possible")
        elif each.example is None:
            lines.append(f"  {pair}: no common record found")
        else:
            lines.append(f"  {pair}: for example {shown_json(each.example, EXAMPLE)}")
        if each.shared:
            stand = "record is" if each.shared == 1 else "records are"
            lines.append(f"    {each.shared:,} {stand} in both outputs")
    return "\n".join(lines)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], width: int | None) -> list[str]:
    """Return rows below each other, in a frame where a person looks."""
    if width is None:
        return [f"  {line}" for line in aligned([head, *rows] if any(head) else rows)]
    # Programs need no frames.
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

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


def _percent(share: float) -> str:
    """Return a share in percent; all and nothing are said of nothing less."""
    text = f"{100 * share:.1f} %"
    if share < 1 and text == "100.0 %":
        return "99.9 %"
    return "0.1 %" if share > 0 and text == "0.0 %" else text


def value_name(name: Json) -> str:
    """Return a value of a parameter as people see it."""
    if isinstance(name, str) and name.startswith("$"):
        return escape_for_terminal(name[1:]) if not name.startswith("$$") else shown_value(name[1:])
    return shown_value(name)


def combination_text(combination: Iterable[tuple[str, Json]]) -> str:
    """Return a combination in one line."""
    return ", ".join(
        f"{escape_for_terminal(_field(label))} = {value_name(name)}" for label, name in combination
    )


def can_draw(output: OutputCoverage) -> bool:
    """Return whether there is a picture of an output."""
    measured = output.measured
    return measured is not None and len(measured.parameters) > 1 and len(_values(measured)) <= MOST


def coverage_picture(outputs: Sequence[OutputCoverage]) -> str:
    """Return the SVG of all outputs that can be drawn, one below the other."""
    panels: list[str] = []
    width, top = 480, 8
    for output in outputs:
        if output.measured is None or not can_draw(output):
            continue
        body, wide, high = _panel(output, output.measured)
        panels.append(f"<g transform='translate(8,{top})'>{body}</g>")
        width, top = max(width, wide + 16), top + high + _GAP
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{top}' "
        f"viewBox='0 0 {width} {top}' {_FONT}>"
        f"{_STRIPES}<rect width='{width}' height='{top}' fill='#ffffff'/>{''.join(panels)}</svg>\n"
    )


def _panel(output: OutputCoverage, measured: Measured) -> tuple[str, int, int]:
    """Return the picture of one output, its width and its height."""
    values = _values(measured)
    is_named = len(values) <= NAMED
    side = LARGE if is_named else SMALL
    names = _names(values) if is_named else []
    labels = [cut(_field(parameter.label), 26) for parameter in measured.parameters]
    longest = int(max(map(len, names), default=0) * 5.6)
    left = int(max(map(len, labels)) * 6.6) + 14 + (longest + 8 if is_named else 0)
    top = _TITLE + 10
    size = side * len(values)
    below = top + size
    grid = "".join(_cells(measured, values, side))
    parts = [
        _text(0, 16, output.name, size=15, weight="bold"),
        _text(0, 32, _summary(output, measured), size=11, colour=_SOFT),
        f"<g transform='translate({left},{top})'>{grid}</g>",
    ]
    before = -1
    for down, value in enumerate(values):
        y = top + down * side + side * 0.72
        if is_named:
            parts.append(_text(left - 6, y, names[down], size=9, colour=_SOFT, anchor="end"))
        if value.parameter != before:
            before = value.parameter
            parts.append(_text(0, y, labels[before], size=10.5, weight="bold"))
            line = top + down * side - 0.5
            parts.append(
                f"<line x1='0' x2='{left + side * down}' y1='{line}' y2='{line}' "
                "stroke='#c3cad2' stroke-width='0.8'/>"
                if down
                else ""
            )
    for place, name in enumerate(names):
        x = left + side * place + side * 0.28
        word = _text(0, 0, name, size=9, colour=_SOFT)
        parts.append(f"<g transform='translate({x:.1f},{below + 6}) rotate(90)'>{word}</g>")
    below += 8 + (longest + 10 if is_named else 0)
    parts.append(_legend(left, below))
    return "".join(parts), left + size + 8, below + _LEGEND


def _names(values: Sequence[_Value]) -> list[str]:
    """Return a short name of each value; no two of one parameter are alike."""
    names: list[str] = []
    for _, group in itertools.groupby(values, key=lambda value: value.parameter):
        seen: dict[str, int] = {}
        for name in _short_names([value.name for value in group]):
            seen[name] = seen.get(name, 0) + 1
            number = f" #{seen[name]}" if seen[name] > 1 else ""
            names.append(f"{cut(name, _SHORT - len(number))}{number}" if number else name)
    return names


def _short_names(values: Sequence[Json]) -> list[str]:
    """Return the values of a parameter as words; of rows only the fields that tell them apart."""
    rows = [value for value in values if isinstance(value, dict)]
    keys: list[str] = []
    if rows and len(rows) == len(values):
        varied = [key for key in rows[0] if len({canonical(row.get(key)) for row in rows}) > 1]
        # The first field that tells all apart, or else all that tell some.
        alone = (k for k in varied if len({canonical(row.get(k)) for row in rows}) == len(rows))
        keys = [first] if (first := next(alone, None)) is not None else varied
    if not keys:
        return [cut(value_name(value), _SHORT) for value in values]
    return [cut(" ".join(_word(row.get(key)) for key in keys), _SHORT) for row in rows]


def _word(value: Json) -> str:
    return escape_for_terminal(value) if isinstance(value, str) and value else shown_value(value)


def _field(label: str) -> str:
    """Return the label of a parameter; of one that says whether a field is there, the field."""
    return label.removesuffix(" is there")


def _summary(output: OutputCoverage, measured: Measured) -> str:
    words = []
    for strength, name in ((Coverage.EACH, "values"), (Coverage.PAIRWISE, "pairs")):
        count = measured.of(strength)
        if count is not None:
            words.append(f"{count.covered:,} of {count.possible:,} {name}")
    return f"{output.records:,} records: {', '.join(words)}"


class _Value(NamedTuple):
    """A value of a parameter.

    Attributes:
        parameter: its number.
        number: among the values of all parameters.
        records: how many have it.
    """

    parameter: int
    number: int
    name: Json
    records: int
    is_possible: bool


def _values(measured: Measured) -> list[_Value]:
    """Return the values of all parameters in order, without hidden ones."""
    numbers = itertools.count()
    return [
        _Value(place, number, value.name, measured.counts[number], _has(measured.possible, number))
        for place, parameter in enumerate(measured.parameters)
        for value, number in zip(parameter.values, numbers, strict=False)
        if not value.is_hidden
    ]


def _has(sets: Sequence[int], value: int, other: int | None = None) -> bool:
    """Return whether the set of ``value`` has another one in it, or itself."""
    return bool(sets[value] >> (value if other is None else other) & 1)


def _cells(measured: Measured, values: Sequence[_Value], side: int) -> Iterator[str]:
    """Yield the cells of the lower triangle; on the diagonal, the values themselves.

    Where cells are small, neighbours of one colour are one, so that large pictures stay light.
    """
    for down, value in enumerate(values):
        kinds = (_kind(measured, value, other) for other in values[: down + 1])
        start = 0
        for kind, group in itertools.groupby(kinds):
            length = len(list(group))
            width = length if side == SMALL else 1
            for across in range(start, start + length, width) if kind else ():
                yield (
                    f"<rect x='{across * side}' y='{down * side}' width='{width * side - 1}' "
                    f"height='{side - 1}' fill='{FILLS[kind]}'/>"
                )
            start += length


def _kind(measured: Measured, value: _Value, other: _Value) -> str:
    """Return what the cell of two values is, ``""`` for two of one parameter."""
    if value.parameter == other.parameter and value.number != other.number:
        return ""
    if _has(measured.seen, value.number, other.number):
        return "seen"
    return "missing" if _has(measured.possible, value.number, other.number) else "impossible"


def _legend(x: int, y: int) -> str:
    parts = []
    for name, fill in FILLS.items():
        parts.append(f"<rect x='{x}' y='{y}' width='11' height='11' fill='{fill}'/>")
        parts.append(_text(x + 16, y + 10, name, size=10.5))
        x += 40 + 7 * len(name)
    return "".join(parts)


def _text(
    x: float,
    y: float,
    text: str,
    *,
    size: float,
    weight: str = "normal",
    colour: str = _INK,
    anchor: str = "start",
) -> str:
    return (
        f"<text x='{x:g}' y='{y:g}' font-size='{size:g}' font-weight='{weight}' fill='{colour}' "
        f"text-anchor='{anchor}'>{escape(text)}</text>"
    )
