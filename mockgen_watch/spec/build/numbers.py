"""Takes the site of ``$integer`` or ``$number``; gives the Number on its grid."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from mockgen_watch.spec.build.scalars import (
    MAX_DECIMALS,
    decimal_places,
    last_step,
    read_bound,
    read_params,
    read_whole,
    read_word,
    report_type,
    whole_steps,
)
from mockgen_watch.spec.generators import Distribution, DistributionKind, Number

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

    from mockgen_watch.spec.build.reader import Report, Scope, Site


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

ALL_PARAMS: Final = tuple(
    sorted({name for names in DISTRIBUTION_PARAMS.values() for name in names})
)
"""The parameters of all distributions."""

POSITIVE_PARAMS: Final = frozenset({"sd", "median", "sigma", "exponent"})
_BOUNDED: Final = frozenset(
    {DistributionKind.UNIFORM, DistributionKind.ZIPF, DistributionKind.TRIANGULAR}
)
_FROM_ZERO: Final = frozenset(
    {DistributionKind.LOGNORMAL, DistributionKind.EXPONENTIAL, DistributionKind.POISSON}
)


def read_distribution(
    site: Site, params: Mapping[str, Site], report: Report
) -> Distribution | None:
    """Return the distribution that ``params`` name, uniform unless said; None: reported."""
    kind = DistributionKind.UNIFORM
    if "distribution" in params:
        word = read_word(params["distribution"], report, tuple(DistributionKind), "MG203")
        if word is None:
            return None
        kind = DistributionKind(word)
    needed = DISTRIBUTION_PARAMS[kind]
    values: list[tuple[str, Decimal]] = []
    for name in ALL_PARAMS:
        if name in params and name not in needed:
            message = f"a {kind} distribution has no {name}"
            report.error("MG204", params[name].key_location, message)
        elif name in needed and name not in params:
            report.error("MG205", site, f"a {kind} distribution needs {name}")
        elif name in needed:
            value = read_bound(params[name], report, integer=False)
            if value is not None and value <= 0 and name in POSITIVE_PARAMS:
                report.error("MG208", params[name], f"{name} is more than 0, not {value}")
            values.append((name, value or Decimal(0)))
    return Distribution(kind=kind, params=tuple(values))


def default_bounds(
    low: Decimal | None, high: Decimal | None, kind: DistributionKind
) -> tuple[Decimal | None, Decimal | None]:
    """Return the bounds with the natural ends of a distribution in the place of what is missing."""
    if low is None and kind in _FROM_ZERO:
        low = Decimal(0)
    if low is None and kind is DistributionKind.ZIPF:
        low = Decimal(1)
    return low, high


def check_bounds(
    site: Site,
    params: Mapping[str, Site],
    bounds: tuple[Decimal | None, Decimal | None],
    distribution: Distribution,
    report: Report,
) -> None:
    """Report bounds that are missing, turned round, or do not go with the distribution."""
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


MAX_STEPS: Final = 2**62
"""More values than this do not fit the integers that values are drawn with."""

_MONEY: Final = 2

_BASE: Final = ("min", "max", "step", "distribution")


def build_integer(site: Site, scope: Scope, report: Report) -> Number | None:
    """Return what ``$integer`` says; None when it was reported."""
    del scope
    return _build_number(site, report, integer=True)


def build_number(site: Site, scope: Scope, report: Report) -> Number | None:
    """Return what ``$number`` says; None when it was reported."""
    del scope
    return _build_number(site, report, integer=False)


def _build_number(site: Site, report: Report, *, integer: bool) -> Number | None:
    before = report.errors
    params = _params(site, report, integer=integer)
    if params is None or report.errors > before:
        return None
    bounds = tuple(
        read_bound(params[name], report, integer=integer) if name in params else None
        for name in ("min", "max")
    )
    if report.errors > before:
        return None
    distribution = read_distribution(site, params, report)
    if distribution is None or report.errors > before:
        return None
    low, high = default_bounds(bounds[0], bounds[1], distribution.kind)
    check_bounds(site, params, (low, high), distribution, report)
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
    return read_params(site, report, (*_BASE, *own, *ALL_PARAMS))


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
    if low is not None and high is not None and whole_steps(low, high, step) >= MAX_STEPS:
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
    step = read_bound(params["step"], report, integer=integer)
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


def _last_on_grid(
    place: Site, low: Decimal | None, high: Decimal | None, step: Decimal, report: Report
) -> Decimal | None:
    if high is None:
        return None
    origin = Decimal(0) if low is None else low
    last = last_step(origin, high, step)
    if last == high:
        return high
    hint = f"say max: {last}"
    report.warn("MG225", place, f"steps of {step} from {origin} never meet max {high}", hint)
    return last
