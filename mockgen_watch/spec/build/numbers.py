"""Takes the site of a number, boolean, sequence or index directive; gives its generator."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import TYPE_CHECKING, Final

from mockgen_watch.spec.build.scalars import (
    is_empty,
    number_at,
    read_decimal,
    read_params,
    read_probability,
    read_text,
    read_whole,
    read_word,
    report_type,
)
from mockgen_watch.spec.generators import (
    Boolean,
    Distribution,
    DistributionKind,
    Number,
    RecordIndex,
    SequenceNumber,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockgen_watch.spec.build.context import Scope
    from mockgen_watch.spec.build.site import Report, Site

MAX_DIGITS: Final = 18
"""Before the decimal point, in bounds and parameters; more are no measurement."""

MAX_DECIMALS: Final = 15
MAX_STEPS: Final = 2**62
"""More values than this do not fit the integers that values are drawn with."""

MAX_WIDTH: Final = 40
_MONEY: Final = 2
# Bounds have at most MAX_DIGITS and MAX_DECIMALS, so that nothing is ever rounded.
_EXACT: Final = Context(prec=2 * (MAX_DIGITS + 15))

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

POSITIVE_PARAMS: Final = frozenset({"sd", "median", "sigma", "exponent"})
_BOUNDED: Final = frozenset(
    {DistributionKind.UNIFORM, DistributionKind.ZIPF, DistributionKind.TRIANGULAR}
)
_FROM_ZERO: Final = frozenset(
    {DistributionKind.LOGNORMAL, DistributionKind.EXPONENTIAL, DistributionKind.POISSON}
)
_BASE: Final = ("min", "max", "step", "distribution")
_ALL_PARAMS: Final = tuple(
    sorted({name for names in DISTRIBUTION_PARAMS.values() for name in names})
)


def decimal_places(value: Decimal) -> int:
    """Return how many decimals ``value`` shows, trailing zeros left out."""
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return 0
    trailing = next((n for n, digit in enumerate(reversed(digits)) if digit), 0)
    return max(0, -exponent - trailing)


def build_integer(site: Site, scope: Scope, report: Report) -> Number | None:
    """Return what ``$integer`` says; None when it was reported."""
    del scope
    return _build_number(site, report, integer=True)


def build_number(site: Site, scope: Scope, report: Report) -> Number | None:
    """Return what ``$number`` says; None when it was reported."""
    del scope
    return _build_number(site, report, integer=False)


def build_boolean(site: Site, scope: Scope, report: Report) -> Boolean | None:
    """Return what ``$boolean`` says: the probability of true, a half unless said."""
    del scope
    if is_empty(site):
        return Boolean(true=Decimal("0.5"))
    target: Site | None = site
    if site.is_mapping:
        target = read_params(site, report, ("true",)).get("true")
    elif number_at(site) is None:
        report_type(site, report, "the probability of true, a number from 0 to 1")
        return None
    odds = None if target is None else read_probability(target, report)
    return None if odds is None else Boolean(true=odds)


def build_sequence(site: Site, scope: Scope, report: Report) -> SequenceNumber | None:
    """Return what ``$sequence`` says: a start, or a mapping of start, step, width, prefix."""
    del scope
    if number_at(site) is not None:
        start = read_whole(site, report)
        return None if start is None else SequenceNumber(start=start, step=1, width=0, prefix="")
    if not site.is_mapping and not is_empty(site):
        report_type(site, report, "a number to start with, or a mapping")
        return None
    before = report.errors
    params = read_params(site, report, ("start", "step", "width", "prefix"))
    start = _whole(params, report, "start", 1)
    step = _whole(params, report, "step", 1)
    width = _whole(params, report, "width", 0, least=0)
    prefix = read_text(params["prefix"], report) if "prefix" in params else ""
    if step == 0:
        report.error("MG208", params["step"], "a step of 0 makes every number the same")
    if width > MAX_WIDTH:
        report.error("MG208", params["width"], f"width is {MAX_WIDTH} at most")
    if report.errors > before:
        return None
    return SequenceNumber(start=start, step=step, width=width, prefix=prefix or "")


def build_index(site: Site, scope: Scope, report: Report) -> RecordIndex | None:
    """Return what ``$index`` says: the index of the record, or of the element."""
    if is_empty(site):
        return RecordIndex()
    word = read_word(site, report, ("record", "element"), "MG202")
    if word == "element" and not scope.in_array:
        report.error("MG204", site, "$index: element stands in no array")
        return None
    return None if word is None else RecordIndex(element=word == "element")


def _whole(
    params: Mapping[str, Site], report: Report, name: str, default: int, least: int | None = None
) -> int:
    if name not in params:
        return default
    value = read_whole(params[name], report, least)
    return default if value is None else value


def _build_number(site: Site, report: Report, *, integer: bool) -> Number | None:
    before = report.errors
    params = _params(site, report, integer=integer)
    if params is None or report.errors > before:
        return None
    bounds = tuple(
        _bound(params[name], report, integer=integer) if name in params else None
        for name in ("min", "max")
    )
    if report.errors > before:
        return None
    distribution = _distribution(site, params, report)
    if distribution is None or report.errors > before:
        return None
    low, high = _default_bounds(bounds[0], bounds[1], distribution.kind)
    _check_bounds(site, params, (low, high), distribution, report)
    if distribution.kind in {DistributionKind.POISSON, DistributionKind.ZIPF} and not integer:
        report.error("MG204", params["distribution"], f"{distribution.kind} is for $integer")
    if report.errors > before:
        return None
    return _on_grid(site, params, (low, high), distribution, report, integer=integer)


def _params(site: Site, report: Report, *, integer: bool) -> Mapping[str, Site] | None:
    """Return the parameters by name, those of the short form ``[min, max]`` too."""
    items = site.items()
    if site.is_list and len(items) == 2:  # noqa: PLR2004  # a pair
        return {"min": items[0], "max": items[1]}
    if not site.is_mapping:
        report_type(site, report, "bounds: [min, max], or a mapping with min and max")
        return None
    own = () if integer else ("decimals",)
    return read_params(site, report, (*_BASE, *own, *_ALL_PARAMS))


def _bound(site: Site, report: Report, *, integer: bool) -> Decimal | None:
    if integer:
        whole = read_whole(site, report)
        value = None if whole is None else Decimal(whole)
    else:
        value = read_decimal(site, report)
    return _not_too_large(value, site, report)


def _not_too_large(value: Decimal | None, site: Site, report: Report) -> Decimal | None:
    if value is None or value.adjusted() < MAX_DIGITS:
        return value
    report.error("MG208", site, f"{site.key} has more than {MAX_DIGITS} digits before the point")
    return None


def _distribution(site: Site, params: Mapping[str, Site], report: Report) -> Distribution | None:
    kind = DistributionKind.UNIFORM
    if "distribution" in params:
        word = read_word(params["distribution"], report, tuple(DistributionKind), "MG203")
        if word is None:
            return None
        kind = DistributionKind(word)
    needed = DISTRIBUTION_PARAMS[kind]
    values: list[tuple[str, Decimal]] = []
    for name in _ALL_PARAMS:
        if name in params and name not in needed:
            message = f"a {kind} distribution has no {name}"
            report.error("MG204", params[name].key_location, message)
        elif name in needed and name not in params:
            report.error("MG205", site, f"a {kind} distribution needs {name}")
        elif name in needed:
            value = _bound(params[name], report, integer=False)
            if value is not None and value <= 0 and name in POSITIVE_PARAMS:
                report.error("MG208", params[name], f"{name} is more than 0, not {value}")
            values.append((name, value or Decimal(0)))
    return Distribution(kind=kind, params=tuple(values))


def _default_bounds(
    low: Decimal | None, high: Decimal | None, kind: DistributionKind
) -> tuple[Decimal | None, Decimal | None]:
    if low is None and kind in _FROM_ZERO:
        low = Decimal(0)
    if low is None and kind is DistributionKind.ZIPF:
        low = Decimal(1)
    return low, high


def _check_bounds(
    site: Site,
    params: Mapping[str, Site],
    bounds: tuple[Decimal | None, Decimal | None],
    distribution: Distribution,
    report: Report,
) -> None:
    low, high = bounds
    kind = distribution.kind
    if kind in _BOUNDED and (low is None or high is None):
        missing = " and ".join(
            name for name, value in (("min", low), ("max", high)) if value is None
        )
        hint = "or name a distribution that has no such end" if kind == "uniform" else ""
        report.error("MG205", site, f"{site.key} needs {missing}", hint)
        return
    if low is not None and high is not None and low > high:
        place = params.get("min", site)
        report.error("MG208", place, f"min {low} is more than max {high}")
        return
    values = dict(distribution.params)
    mode = values.get("mode")
    if mode is not None and low is not None and high is not None and not low <= mode <= high:
        report.error("MG208", params["mode"], f"mode lies outside {low} to {high}")
    if kind in _FROM_ZERO:
        if low is not None and low < 0:
            report.error("MG208", params["min"], f"a {kind} distribution has no value below 0")
        if values.get("mean", Decimal(1)) <= 0:
            report.error("MG208", params["mean"], "mean is more than 0")


def _on_grid(
    site: Site,
    params: Mapping[str, Site],
    bounds: tuple[Decimal | None, Decimal | None],
    distribution: Distribution,
    report: Report,
    *,
    integer: bool,
) -> Number | None:
    before = report.errors
    low, high = bounds
    step = _step(params, report, integer=integer)
    decimals = 0 if integer else _decimals(params, (low, high, step), report)
    if report.errors > before or decimals is None:
        return None
    unit = Decimal(1).scaleb(-decimals)
    step = unit if step is None else step
    for name, value in (("min", low), ("max", high), ("step", step)):
        if value is not None and decimal_places(value) > decimals:
            message = f"{name} {value} has more than {decimals} decimals"
            report.error("MG225", params.get(name, site), message)
    if report.errors > before:
        return None
    high = _last_on_grid(params.get("max", site), low, high, step, report)
    if low is not None and high is not None and _steps(low, high, step) >= MAX_STEPS:
        report.error("MG208", site, "there are more than 2**62 values between min and max")
        return None
    return Number(
        integer=integer,
        minimum=low,
        maximum=high,
        decimals=decimals,
        step=step,
        distribution=distribution,
    )


def _step(params: Mapping[str, Site], report: Report, *, integer: bool) -> Decimal | None:
    if "step" not in params:
        return None
    step = _bound(params["step"], report, integer=integer)
    if step is not None and step <= 0:
        report.error("MG208", params["step"], f"step is more than 0, not {step}")
    return step


def _decimals(
    params: Mapping[str, Site], values: tuple[Decimal | None, ...], report: Report
) -> int | None:
    """Return how many decimals are written: as said; those of step; else two, or more if shown."""
    if "decimals" in params:
        decimals = read_whole(params["decimals"], report, 0)
        if decimals is not None and decimals > MAX_DECIMALS:
            report.error("MG208", params["decimals"], f"decimals is {MAX_DECIMALS} at most")
        return decimals
    shown = max((decimal_places(value) for value in values if value is not None), default=0)
    return min(MAX_DECIMALS, shown if "step" in params else max(_MONEY, shown))


def _steps(low: Decimal, high: Decimal, step: Decimal) -> Decimal:
    return _EXACT.divide_int(_EXACT.subtract(high, low), step)


def _last_on_grid(
    place: Site, low: Decimal | None, high: Decimal | None, step: Decimal, report: Report
) -> Decimal | None:
    if high is None:
        return None
    origin = Decimal(0) if low is None else low
    last = _EXACT.add(origin, _EXACT.multiply(_steps(origin, high, step), step))
    if last == high:
        return high
    hint = f"say max: {last}"
    report.warn("MG225", place, f"steps of {step} from {origin} never meet max {high}", hint)
    return last
