"""Ranges: ``$integer`` and ``$number`` on their grid, ``$date``, ``$datetime`` and ``$time``."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec.structs import replace

from mockgen_watch.spec.build.reader import (
    Entry,
    ShapeContext,
    read_decimal,
    read_params,
    read_text,
    read_whole,
    read_word,
)
from mockgen_watch.spec.generators import (
    Distribution,
    DistributionKind,
    Expression,
    Moment,
    MomentKind,
    Number,
)
from mockgen_watch.spec.moments import (
    DAY,
    ISO_FORMATS,
    MomentError,
    check_format,
    format_units,
    read_moment,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


MAX_DIGITS: Final = 18
"""Before the decimal point, in bounds and parameters; more are no measurement."""

MAX_DECIMALS: Final = 15
# Bounds have at most MAX_DIGITS and MAX_DECIMALS, so that nothing is ever rounded.
_EXACT: Final = Context(prec=2 * (MAX_DIGITS + MAX_DECIMALS))


def decimal_places(value: Decimal) -> int:
    """Return how many decimals ``value`` shows, trailing zeros left out."""
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return 0
    trailing = next((n for n, digit in enumerate(reversed(digits)) if digit), 0)
    return max(0, -exponent - trailing)


def read_bound(entry: Entry, *, integer: bool) -> Decimal | None:
    """Return the bound or parameter at ``entry``."""
    value: Decimal | int | None = read_whole(entry) if integer else read_decimal(entry)
    bound = None if value is None else Decimal(value)
    if bound is None or bound.adjusted() < MAX_DIGITS:
        return bound
    entry.error("MG208", f"{entry.key} has more than {MAX_DIGITS} digits before the point")
    return None


def whole_steps(low: Decimal, high: Decimal, step: Decimal) -> Decimal:
    """Return how often ``step`` fits between ``low`` and ``high``."""
    return _EXACT.divide_int(_EXACT.subtract(high, low), step)


def last_step(low: Decimal, high: Decimal, step: Decimal) -> Decimal:
    """Return the greatest ``low + n * step`` that is not above ``high``."""
    return _EXACT.add(low, _EXACT.multiply(whole_steps(low, high, step), step))


MAX_STEPS: Final = 2**62
"""More values than this do not fit the integers that values are drawn with."""

_MONEY: Final = 2
"""Decimals of a ``$number`` whose bounds show none."""

DISTRIBUTION_PARAMS: Final[Mapping[DistributionKind, tuple[str, ...]]] = {
    DistributionKind.UNIFORM: (),
    DistributionKind.NORMAL: ("mean", "sd"),
    DistributionKind.LOGNORMAL: ("median", "sigma"),
    DistributionKind.EXPONENTIAL: ("mean",),
    DistributionKind.POISSON: ("mean",),
    DistributionKind.ZIPF: ("exponent",),
    DistributionKind.TRIANGULAR: ("mode",),
}
"""The parameters that each distribution needs."""

_PARAMS: Final = tuple(sorted({name for names in DISTRIBUTION_PARAMS.values() for name in names}))
_POSITIVE_PARAMS: Final = frozenset({"sd", "median", "sigma", "exponent"})
_BOUNDED: Final = frozenset(
    {DistributionKind.UNIFORM, DistributionKind.ZIPF, DistributionKind.TRIANGULAR}
)
_LEAST: Final = {
    DistributionKind.LOGNORMAL: Decimal(0),
    DistributionKind.EXPONENTIAL: Decimal(0),
    DistributionKind.POISSON: Decimal(0),
    DistributionKind.ZIPF: Decimal(1),
}
"""Where a distribution begins whose lower bound is not stated."""


_Bounds: TypeAlias = "tuple[Decimal | None, Decimal | None]"


def build_number(entry: Entry, context: ShapeContext) -> Number | None:
    """Return what ``$integer`` or ``$number`` says; None when it was reported."""
    before = entry.errors
    integer = entry.key == "$integer"
    every = _number_params(entry, integer=integer)
    limits = read_limits(every, ("min", "max"), context)
    params = {name: param for name, param in every.items() if name not in limits}
    if entry.errors > before:
        return None
    low = read_bound(params["min"], integer=integer) if "min" in params else None
    high = read_bound(params["max"], integer=integer) if "max" in params else None
    if entry.errors > before:
        return None
    distribution = _distribution(entry, params)
    if distribution is None or entry.errors > before:
        return None
    kind = distribution.kind
    if low is None and kind in _LEAST:
        low = _LEAST[kind]
    if limits and kind is not DistributionKind.UNIFORM:
        place = every[next(iter(limits))]
        place.error("MG204", f"a {kind} distribution needs fixed bounds, not those of other fields")
        return None
    _check_bounds(entry, params, (low, high), distribution, frozenset(limits))
    if kind in {DistributionKind.POISSON, DistributionKind.ZIPF} and not integer:
        params["distribution"].error("MG204", f"{kind} is only for $integer")
    if entry.errors > before:
        return None
    number = _number_on_grid(entry, params, (low, high), distribution)
    if number is None or not limits:
        return number
    return replace(number, lows=limits.get("min", ()), highs=limits.get("max", ()))


def read_limits(
    params: Mapping[str, Entry], names: tuple[str, str], context: ShapeContext
) -> dict[str, tuple[Expression, ...]]:
    """Return the bounds that other fields give, by the names of their parameters."""
    found: dict[str, tuple[Expression, ...]] = {}
    for name in names:
        if name in params and (params[name].get("$field") or params[name].get("$cel")):
            # Most specs have no expressions, and do without all that these modules import.
            from mockgen_watch.spec.build.expressions import read_limit

            limit = read_limit(params[name], context)
            found[name] = () if limit is None else (limit,)
    return found


def _number_params(entry: Entry, *, integer: bool) -> Mapping[str, Entry]:
    """Return the parameters by name, those of the short form ``[min, max]`` too."""
    ends = entry.short_form("min", "max")
    if ends:
        return ends
    if not entry.is_mapping:
        entry.type_error("bounds: [min, max], or a mapping with min and max")
        return {}
    own = () if integer else ("decimals",)
    return read_params(entry, ("min", "max", "step", "distribution", *own, *_PARAMS))


def _distribution(entry: Entry, params: Mapping[str, Entry]) -> Distribution | None:
    """Return the distribution that ``params`` name, uniform by default; None: reported."""
    kind: DistributionKind | None = DistributionKind.UNIFORM
    if "distribution" in params:
        kind = read_word(params["distribution"], tuple(DistributionKind), "MG203")
    if kind is None:
        return None
    needed = DISTRIBUTION_PARAMS[kind]
    values: list[tuple[str, Decimal]] = []
    for name in _PARAMS:
        if name in params and name not in needed:
            params[name].key_error("MG204", f"a {kind} distribution has no {name}")
        elif name in needed and name not in params:
            entry.error("MG205", f"a {kind} distribution needs {name}")
        elif name in needed:
            value = read_bound(params[name], integer=False)
            if value is not None and value <= 0 and name in _POSITIVE_PARAMS:
                params[name].error("MG208", f"{name} must be more than 0, not {value}")
            values.append((name, value or Decimal(0)))
    return Distribution(kind=kind, params=tuple(values))


def _check_bounds(
    entry: Entry,
    params: Mapping[str, Entry],
    bounds: _Bounds,
    distribution: Distribution,
    elsewhere: frozenset[str],
) -> None:
    """Report bounds that are missing, turned round, or do not go with the distribution.

    ``elsewhere``: the bounds that other fields give.
    """
    low, high = bounds
    kind = distribution.kind
    names = [name for name, value in (("min", low), ("max", high)) if value is None]
    missing = " and ".join(name for name in names if name not in elsewhere)
    if kind in _BOUNDED and missing:
        hint = "or choose a distribution without this bound" if kind == "uniform" else ""
        entry.error("MG205", f"{entry.key} needs {missing}", hint)
        return
    if low is not None and high is not None and low > high:
        params.get("min", entry).error("MG208", f"min {low} is more than max {high}")
        return
    values = dict(distribution.params)
    mode = values.get("mode")
    if mode is not None and low is not None and high is not None and not low <= mode <= high:
        params["mode"].error("MG208", f"mode is outside {low} to {high}")
    if _LEAST.get(kind) == 0:
        if low is not None and low < 0:
            params["min"].error("MG208", f"a {kind} distribution has no value below 0")
        if values.get("mean", Decimal(1)) <= 0:
            params["mean"].error("MG208", "mean must be more than 0")


def _number_on_grid(
    entry: Entry, params: Mapping[str, Entry], bounds: _Bounds, distribution: Distribution
) -> Number | None:
    before = entry.errors
    integer = entry.key == "$integer"
    low, high = bounds
    step = read_bound(params["step"], integer=integer) if "step" in params else None
    if step is not None and step <= 0:
        params["step"].error("MG208", f"step must be more than 0, not {step}")
    decimals = 0 if integer else _decimals(params, (low, high, step))
    if entry.errors > before or decimals is None:
        return None
    step = Decimal(1).scaleb(-decimals) if step is None else step
    for name, value in (("min", low), ("max", high), ("step", step)):
        if value is not None and decimal_places(value) > decimals:
            message = f"{name} {value} has more than {decimals} decimals"
            params.get(name, entry).error("MG225", message)
    if entry.errors > before:
        return None
    if high is not None:
        origin = Decimal(0) if low is None else low
        last = last_step(origin, high, step)
        if last != high:
            message = f"steps of {step} from {origin} never reach max {high}"
            fix = params["max"].number_fix(last)
            params["max"].warn("MG225", message, f"write max: {last}", fix=fix)
            high = last
    if low is not None and high is not None and whole_steps(low, high, step) >= MAX_STEPS:
        entry.error("MG208", "there are more than 2**62 values between min and max")
        return None
    return Number(
        integer=integer,
        minimum=low,
        maximum=high,
        decimals=decimals,
        step=step,
        distribution=distribution,
    )


def _decimals(params: Mapping[str, Entry], values: tuple[Decimal | None, ...]) -> int | None:
    """Return how many decimals are written: as said; those of step; else two, or more if shown."""
    if "decimals" in params:
        decimals = read_whole(params["decimals"], 0)
        if decimals is not None and decimals > MAX_DECIMALS:
            params["decimals"].error("MG208", f"decimals must be at most {MAX_DECIMALS}")
        return decimals
    shown = max((decimal_places(value) for value in values if value is not None), default=0)
    return min(MAX_DECIMALS, shown if "step" in params else max(_MONEY, shown))


_DATE_LENGTH: Final = len("2025-12-31")

_EXAMPLES: Final = {
    MomentKind.DATE: "2025-12-31",
    MomentKind.DATETIME: "2025-12-31T23:59:59",
    MomentKind.TIME: "23:59:59",
}


FIRST_AND_LAST: Final[Mapping[MomentKind, tuple[int | None, int | None]]] = {
    MomentKind.DATE: (0, 3_652_058),
    MomentKind.DATETIME: (0, 3_652_059 * DAY - 1),
    MomentKind.TIME: (0, DAY - 1),
}
"""The first and the last that there are, in the units of ``Moment``."""


def build_moment(entry: Entry, context: ShapeContext) -> Moment | None:
    """Return what ``$date``, ``$datetime`` or ``$time`` says; None when it was reported."""
    before = entry.errors
    kind = MomentKind(entry.key.removeprefix("$"))
    params = _moment_params(entry)
    limits = read_limits(params, ("from", "to"), context)
    if entry.errors > before:
        return None
    form = read_format(params, kind)
    step = read_whole(params["step"], 1) if "step" in params else 1
    if form is None or step is None:
        return None
    first, last = FIRST_AND_LAST[kind]
    if "from" not in limits:
        first = _moment(params["from"], kind, form)
    if "to" not in limits:
        last = _moment(params["to"], kind, form, is_end=True)
    if first is None or last is None:
        return None
    if limits:
        lows, highs = limits.get("from", ()), limits.get("to", ())
        return Moment(
            kind=kind, first=first, last=last, step=step, format=form, lows=lows, highs=highs
        )
    if first > last:
        message = f'"from" ({params["from"].text}) is later than "to" ({params["to"].text})'
        params["from"].error("MG208", message)
        return None
    rest = (last - first) % step
    if rest and not _is_whole_day(params["to"], kind):
        shown = format_units(last - rest, ISO_FORMATS[kind], kind)
        fix = params["to"].text_fix(shown)
        message = f"steps of {step} never reach this end"
        params["to"].warn("MG225", message, f"write to: {shown}", fix=fix)
    return Moment(kind=kind, first=first, last=last - rest, step=step, format=form)


def _moment_params(entry: Entry) -> Mapping[str, Entry]:
    """Return the parameters, those of the short form ``[from, to]`` too."""
    ends = entry.short_form("from", "to")
    if ends:
        return ends
    if not entry.is_mapping:
        entry.type_error("two ends: [from, to], or a mapping with from and to")
        return {}
    params = read_params(entry, ("from", "to", "format", "step"))
    missing = " and ".join(name for name in ("from", "to") if name not in params)
    if missing and len(params) == len(entry.members()):
        hint = "both ends must be stated; the current time is never used"
        entry.error("MG205", f"{entry.key} needs {missing}", hint)
    return params


def read_format(params: Mapping[str, Entry], kind: MomentKind) -> str | None:
    """Return the format that ``params`` state, ISO 8601 by default; None when it was reported."""
    if "format" not in params:
        return ISO_FORMATS[kind]
    form = read_text(params["format"], "text such as %Y-%m-%d")
    if form is None:
        return None
    try:
        check_format(form, kind)
    except MomentError as error:
        params["format"].error("MG212", str(error))
        return None
    return form


def _is_whole_day(entry: Entry, kind: MomentKind) -> bool:
    return kind is MomentKind.DATETIME and len(entry.text or "") <= _DATE_LENGTH


def _moment(entry: Entry, kind: MomentKind, form: str, *, is_end: bool = False) -> int | None:
    """Return the moment at ``entry``, in ISO 8601 or in the field's own format."""
    text = read_text(entry, f'text such as "{_EXAMPLES[kind]}"')
    if text is None:
        return None
    try:
        # A day alone means the whole day, so as an upper end it is its last second.
        end = DAY - 1 if is_end and _is_whole_day(entry, kind) else 0
        return read_moment(text, kind) + end
    except MomentError as iso_problem:
        try:
            return read_moment(text, kind, form)
        except MomentError:
            entry.error("MG212", str(iso_problem))
            return None


def shown_places(value: Decimal) -> int:
    """Return how many decimals a number is written with: ``10.50`` has two."""
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else decimal_places(value)
