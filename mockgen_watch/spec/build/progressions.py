"""Progressions: ``$sequence`` of decimals, dates and times, which go on by steps, with a jitter."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from mockgen_watch.expressions.values import Duration, read_duration
from mockgen_watch.spec import generators
from mockgen_watch.spec.build import reader
from mockgen_watch.spec.build.ranges import MAX_DECIMALS, read_format, shown_places
from mockgen_watch.spec.moments import DAY, MomentError, read_moment

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_UNITS: Final = 10**15
"""The farthest that a start, a step or a jitter may be from 0, in units."""


def read_numbers(
    params: Mapping[str, reader.Entry], *, element: bool
) -> generators.Progression | None:
    """Return numbers with decimals, or with a jitter."""
    if "format" in params:
        params["format"].key_error("MG204", "format is only for dates and times")
    found: dict[str, Decimal] = {}
    for name, default in (("start", 1), ("step", 1), ("jitter", 0)):
        value = reader.read_decimal(params[name]) if name in params else Decimal(default)
        if value is None:
            return None
        found[name] = value
    places = max(shown_places(value) for value in found.values())
    units = {name: int(value.scaleb(places)) for name, value in found.items()}
    if places > MAX_DECIMALS or max(map(abs, units.values())) > MAX_UNITS:
        longest = max(found.keys() & params.keys(), key=lambda name: len(f"{found[name]:f}"))
        params[longest].error("MG208", "a sequence can have at most 15 digits")
    _check_jitter(params, units["step"], units["jitter"])
    return generators.Progression(
        moment=None,
        start=units["start"],
        step=units["step"],
        jitter=units["jitter"],
        decimals=places,
        element=element,
    )


def _check_jitter(params: Mapping[str, reader.Entry], step: int, jitter: int) -> None:
    if step == 0:
        params["step"].error("MG208", "a step of 0 makes every value the same")
    if jitter < 0:
        params["jitter"].error("MG208", "a jitter must be 0 or more")
    elif jitter >= abs(step) > 0 and jitter:
        hint = "a smaller jitter keeps the values in order"
        params["jitter"].error("MG208", "a jitter must be smaller than the step", hint)


def _read_step(entry: reader.Entry) -> Duration | None:
    """Return the duration at ``entry``, such as 15m, 36h, 1d, 2w, 1mo; None: reported."""
    length = read_duration(entry.text or "")
    if length is None:
        hint = "such as 90m, 36h, 5d, 2w, 1mo or 1y"
        entry.error("MG212", f'{entry.key}: "{entry.value}" is not a duration', hint)
    return length


def read_moments(
    params: Mapping[str, reader.Entry], *, element: bool
) -> generators.Progression | None:
    """Return dates or times that go on by steps."""
    for name in ("width", "prefix"):
        if name in params:
            params[name].key_error("MG204", f"{name} is only for numbers")
    start = params["start"]
    found = _first_moment(start)
    if found is None:
        message = f'start: "{start.text}" is not a number, date or time'
        start.error("MG212", message, "such as 1, 2025-01-01, 2025-01-01T08:00 or 08:00:00")
        return None
    kind, first = found
    size = DAY if kind is generators.MomentKind.DATE else 1
    step, jitter = _steps(params, kind)
    for name, length in (("step", step), ("jitter", jitter)):
        if length.seconds % size:
            params[name].error("MG208", f"{name} of a date must be in whole days")
    return generators.Progression(
        moment=kind,
        start=first,
        step=step.seconds // size,
        months=step.months,
        jitter=jitter.seconds // size,
        format=read_format(params, kind) or "",
        element=element,
    )


def _steps(
    params: Mapping[str, reader.Entry], kind: generators.MomentKind
) -> tuple[Duration, Duration]:
    """Return the step, a day or a minute by default, and the jitter."""
    step = Duration(seconds=60 if kind is generators.MomentKind.TIME else DAY)
    jitter = Duration()
    if "step" in params:
        step = _read_step(params["step"]) or step
    if "jitter" in params:
        jitter = _read_step(params["jitter"]) or jitter
    if jitter.months or (step.months and jitter.seconds):
        params["jitter"].error("MG204", "a jitter cannot be combined with calendar months")
    if not step.months:
        _check_jitter(params, step.seconds, jitter.seconds)
    return step, jitter


def _first_moment(entry: reader.Entry) -> tuple[generators.MomentKind, int] | None:
    """Return which moment the text at ``entry`` is; None for any other text."""
    text = entry.text or ""
    kinds = generators.MomentKind
    order = (kinds.DATE, kinds.DATETIME, kinds.TIME)
    if "T" in text or " " in text:
        order = (kinds.DATETIME, kinds.DATE, kinds.TIME)
    for kind in order:
        try:
            return kind, read_moment(text, kind)
        except MomentError:
            continue
    return None
