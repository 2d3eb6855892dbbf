"""Takes the parameters of a number; gives its Distribution, and the bounds that go with it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from mockgen_watch.spec.build.exact import read_bound
from mockgen_watch.spec.build.scalars import read_word
from mockgen_watch.spec.generators import Distribution, DistributionKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

    from mockgen_watch.spec.build.site import Report, Site

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
