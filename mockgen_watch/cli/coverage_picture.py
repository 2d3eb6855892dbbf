"""Takes a report on coverage; gives a picture of it, as SVG: which pairs of values there are."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from mockgen_watch.cli.coverage_report import value_name
from mockgen_watch.spec.model import Coverage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Final

    from mockgen_watch.scenarios.measure import Measured
    from mockgen_watch.workflow.coverage import OutputCoverage

LARGE: Final = 16
SMALL: Final = 8
"""The side of a cell: with the names of values, and without where there are many of them."""

NAMED: Final = 120
"""Values that have their names written."""

MOST: Final = 600
"""Values that a picture has at most."""

COLOURS: Final = {"seen": "#2f8f5b", "missing": "#d64545", "cannot be": "#e3e6ea"}
_INK, _SOFT, _LINE = "#1d232a", "#5b6672", "#ffffff"
_FONT = "font-family='DejaVu Sans, Verdana, Helvetica, sans-serif'"
_TITLE, _LEGEND, _GAP = 34, 26, 28


def can_draw(output: OutputCoverage) -> bool:
    """Return whether there is a picture of an output."""
    measured = output.measured
    return measured is not None and len(measured.parameters) > 1 and len(_shown(measured)) <= MOST


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
        f"<rect width='{width}' height='{top}' fill='#ffffff'/>{''.join(panels)}</svg>\n"
    )


def _shown(measured: Measured) -> list[tuple[int, int]]:
    """Return each value that is no hidden one: its parameter and its number among all values."""
    found = []
    number = 0
    for place, parameter in enumerate(measured.parameters):
        for value in parameter.values:
            if not value.is_hidden:
                found.append((place, number))
            number += 1
    return found


def _panel(output: OutputCoverage, measured: Measured) -> tuple[str, int, int]:
    shown = _shown(measured)
    is_named = len(shown) <= NAMED
    side = LARGE if is_named else SMALL
    names = [
        _cut(value_name(value.name), 18)
        for parameter in measured.parameters
        for value in parameter.values
        if not value.is_hidden
    ]
    labels = [_cut(parameter.label, 26) for parameter in measured.parameters]
    left = int(max(map(len, labels)) * 6.6) + 14
    left += int(max(map(len, names)) * 5.6) + 8 if is_named else 0
    size = side * len(shown)
    parts = [
        _text(0, 16, f"{output.name}", size=15, weight="bold"),
        _text(0, 32, _summary(output, measured), size=11, colour=_SOFT),
    ]
    grid = "".join(_cells(measured, shown, side))
    parts.append(f"<g transform='translate({left},{_TITLE + 10})'>{grid}</g>")
    parts += _rows(shown, names, labels, left, side, is_named=is_named)
    below = _TITLE + 10 + size
    if is_named:
        for place, name in enumerate(names):
            x = left + side * place + side * 0.28
            word = _text(0, 0, name, size=9, colour=_SOFT)
            parts.append(f"<g transform='translate({x:.1f},{below + 6}) rotate(90)'>{word}</g>")
        below += int(max(map(len, names)) * 5.6) + 10
    parts.append(_legend(left, below + 8))
    return "".join(parts), left + size + 8, below + 8 + _LEGEND


def _summary(output: OutputCoverage, measured: Measured) -> str:
    words = []
    for strength, name in ((Coverage.EACH, "values"), (Coverage.PAIRWISE, "pairs")):
        count = measured.of(strength)
        if count is not None:
            words.append(f"{count.covered:,} of {count.possible:,} {name}")
    return f"{output.records:,} records: {', '.join(words)}"


def _cells(measured: Measured, shown: Sequence[tuple[int, int]], side: int) -> Iterator[str]:
    """Yield the cells of the lower triangle; on the diagonal, the values themselves.

    Where cells are small, neighbours of one colour are one, so that large pictures stay light.
    """
    for down in range(len(shown)):
        kinds = _kinds(measured, shown, down)
        start = 0
        for kind, group in itertools.groupby(kinds):
            length = len(list(group))
            width = length if side == SMALL else 1
            for across in range(start, start + length, width) if kind else ():
                yield (
                    f"<rect x='{across * side}' y='{down * side}' width='{width * side - 1}' "
                    f"height='{side - 1}' fill='{COLOURS[kind]}'/>"
                )
            start += length


def _kinds(measured: Measured, shown: Sequence[tuple[int, int]], down: int) -> Iterator[str]:
    """Yield what the cells of a row are, ``""`` for two values of one parameter."""
    place, value = shown[down]
    for other_place, other in shown[: down + 1]:
        if value == other:
            seen, can_be = bool(measured.seen_values >> value & 1), value in measured.singles
        elif place == other_place:
            yield ""
            continue
        else:
            seen = bool(measured.seen[value] >> other & 1)
            can_be = bool(measured.possible[value] >> other & 1)
        yield "seen" if seen else "missing" if can_be else "cannot be"


def _rows(
    shown: Sequence[tuple[int, int]],
    names: Sequence[str],
    labels: Sequence[str],
    left: int,
    side: int,
    *,
    is_named: bool,
) -> Iterator[str]:
    """Yield the names on the left: those of values, and of each parameter beside its first one."""
    top = _TITLE + 10
    before = -1
    for down, (place, _) in enumerate(shown):
        y = top + down * side + side * 0.72
        if is_named:
            yield _text(left - 6, y, names[down], size=9, colour=_SOFT, anchor="end")
        if place != before:
            before = place
            yield _text(0, y, labels[place], size=10.5, weight="bold")
            if down:
                line = top + down * side - 0.5
                yield (
                    f"<line x1='0' x2='{left + side * down}' y1='{line}' y2='{line}' "
                    "stroke='#c3cad2' stroke-width='0.8'/>"
                )


def _legend(x: int, y: int) -> str:
    parts = []
    for name, colour in COLOURS.items():
        parts.append(f"<rect x='{x}' y='{y}' width='11' height='11' fill='{colour}'/>")
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


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
