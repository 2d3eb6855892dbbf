"""Takes the site of ``$integer`` or ``$number``; gives the Number on its grid."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from mockgen_watch.spec.build.distributions import (
    ALL_PARAMS,
    check_bounds,
    default_bounds,
    read_distribution,
)
from mockgen_watch.spec.build.exact import (
    MAX_DECIMALS,
    decimal_places,
    last_step,
    read_bound,
    whole_steps,
)
from mockgen_watch.spec.build.scalars import read_params, read_whole, report_type
from mockgen_watch.spec.generators import Distribution, DistributionKind, Number

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

    from mockgen_watch.spec.build.job import Scope
    from mockgen_watch.spec.build.site import Report, Site


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
