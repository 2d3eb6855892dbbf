"""Takes a distribution and its bounds; gives its curve: the value that a share of all lie below.

Values outside the bounds are left out and the others keep their proportions (conditioning): they
are never moved to the bounds. Parameters are in the units that the spec states.

- normal: mean + sd * z; lognormal: median * e**(sigma * z), z the standard normal quantile.
- exponential: -mean * ln(above); triangular: by the square roots of its two sides (Johnson, Kotz
  and Balakrishnan, "Continuous univariate distributions", chapters 14, 19 and 26).
- poisson, for means too large to be listed: mean + sd * z + (z**2 - 1) / 6, the Cornish-Fisher
  expansion to the order of the skewness (Abramowitz and Stegun, 26.2.49).
- the far ranks of zipf: rank**-exponent integrated from rank - 1/2 to rank + 1/2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from mockgen_watch.generate.normal import normal_quantile, normal_tail
from mockgen_watch.generate.series import choose, exp, ln, power, square_root
from mockgen_watch.spec.generators import DistributionKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Final

    from mockgen_watch.generate.series import Real
    from mockgen_watch.spec.generators import Number


class Curve(Protocol):
    """A continuous distribution between its bounds."""

    def __call__(self, below: Real, above: Real, /) -> Real:
        """Return the value with the share ``below`` of all under it; below + above = 1."""
        ...


class Shape(Protocol):
    """A distribution without bounds: quantiles, and the shares on both sides of a value."""

    def quantile(self, below: Real, above: Real) -> Real:
        """Return the value with the share ``below`` of all under it."""
        ...

    def shares(self, value: float) -> tuple[float, float]:
        """Return the shares below and above ``value``, the smaller one precise."""
        ...


class Bounded(Struct, frozen=True):
    """A shape between two values; ``least`` and ``most`` are the shares on both sides of each."""

    shape: Shape
    least: tuple[float, float]
    most: tuple[float, float]

    @property
    def inside(self) -> float:
        """The share of the shape that lies between the bounds."""
        if self.least[0] > self.least[1]:
            return self.least[1] - self.most[1]
        return self.most[0] - self.least[0]

    def __call__(self, below: Real, above: Real) -> Real:
        """Return the value with the share ``below`` of all under it."""
        inside = self.inside
        return self.shape.quantile(
            below * inside + self.least[0],
            above * inside + self.most[1],
        )


class Normal(Struct, frozen=True):
    """The normal distribution."""

    mean: float
    sd: float

    def quantile(self, below: Real, above: Real) -> Real:
        """Return the value with the share ``below`` of all under it."""
        return normal_quantile(below, above) * self.sd + self.mean

    def shares(self, value: float) -> tuple[float, float]:
        """Return the shares below and above ``value``."""
        return _normal_shares((value - self.mean) / self.sd)


class Lognormal(Struct, frozen=True):
    """The distribution of a number whose natural logarithm is normal."""

    median: float
    sigma: float

    def quantile(self, below: Real, above: Real) -> Real:
        """Return the value with the share ``below`` of all under it."""
        return exp(normal_quantile(below, above) * self.sigma) * self.median

    def shares(self, value: float) -> tuple[float, float]:
        """Return the shares below and above ``value``."""
        if value <= 0.0:
            return 0.0, 1.0
        return _normal_shares(ln(value / self.median) / self.sigma)


class Exponential(Struct, frozen=True):
    """The exponential distribution."""

    mean: float

    def quantile(self, below: Real, above: Real) -> Real:
        """Return the value with the share ``below`` of all under it."""
        del below
        return ln(above) * -self.mean

    def shares(self, value: float) -> tuple[float, float]:
        """Return the shares below and above ``value``."""
        above = exp(-max(value, 0.0) / self.mean)
        return 1.0 - above, above


class ManyEvents(Struct, frozen=True):
    """The Poisson distribution of a large mean, as if its values were not whole."""

    mean: float

    def quantile(self, below: Real, above: Real) -> Real:
        """Return the value with the share ``below`` of all under it."""
        z = normal_quantile(below, above)
        return z * square_root(self.mean) + self.mean + (z * z - 1.0) / 6.0

    def shares(self, value: float) -> tuple[float, float]:
        """Return the shares below and above ``value``."""
        z = (value - self.mean) / square_root(self.mean)
        return _normal_shares(z - (z * z - 1.0) / (6.0 * square_root(self.mean)))


class Triangular(Struct, frozen=True):
    """A density that rises in a line from ``low`` to ``mode`` and falls in a line to ``high``."""

    low: float
    mode: float
    high: float

    def __call__(self, below: Real, above: Real) -> Real:
        """Return the value with the share ``below`` of all under it."""
        width = self.high - self.low
        if not width:
            return below * 0.0 + self.low
        up = square_root(below * (width * (self.mode - self.low))) + self.low
        down = self.high - square_root(above * (width * (self.high - self.mode)))
        return choose(below * width < self.mode - self.low, up, down)


class FarRanks(Struct, frozen=True):
    """Ranks from ``first`` to ``last`` by rank**-exponent, as if they were not whole."""

    first: float
    last: float
    exponent: float

    @property
    def ratio(self) -> float:
        """The density of the last over that of the first, times the ratio of the two."""
        return power(self.last / self.first, 1.0 - self.exponent)

    @property
    def total(self) -> float:
        """The sum of rank**-exponent over all ranks."""
        if abs(1.0 - self.exponent) < _NEARLY_ONE:
            return ln(self.last / self.first)
        start = power(self.first, 1.0 - self.exponent)
        return start * (self.ratio - 1.0) / (1.0 - self.exponent)

    def __call__(self, below: Real, above: Real) -> Real:
        """Return the rank with the share ``below`` of all under it."""
        if abs(1.0 - self.exponent) < _NEARLY_ONE:
            return exp(below * ln(self.last / self.first)) * self.first
        return power(above + below * self.ratio, 1.0 / (1.0 - self.exponent)) * self.first


class Fixed(Struct, frozen=True):
    """One value, however the draw falls."""

    value: float

    def __call__(self, below: Real, above: Real) -> Real:
        """Return the value."""
        del above
        return below * 0.0 + self.value


_NEARLY_ONE: Final = 1e-9
_SHAPES: Final[Mapping[DistributionKind, Callable[..., Shape]]] = {
    DistributionKind.NORMAL: Normal,
    DistributionKind.LOGNORMAL: Lognormal,
    DistributionKind.EXPONENTIAL: Exponential,
    DistributionKind.POISSON: ManyEvents,
}


def curve_of(number: Number) -> Curve:
    """Return the curve of a number that is neither uniform nor by rank.

    Bounds between which a shape has no probability that float64 can hold leave one value: the
    bound that is nearer to the rest.
    """
    params = {name: float(value) for name, value in number.distribution.params}
    low = None if number.minimum is None else float(number.minimum)
    high = None if number.maximum is None else float(number.maximum)
    if number.distribution.kind is DistributionKind.TRIANGULAR:
        # Both bounds are required there.
        return Triangular(low or 0.0, params["mode"], high or 0.0)
    shape = _SHAPES[number.distribution.kind](**params)
    least = (0.0, 1.0) if low is None else shape.shares(low)
    most = (1.0, 0.0) if high is None else shape.shares(high)
    bounded = Bounded(shape, least, most)
    if bounded.inside > 0.0:
        return bounded
    return Fixed((low or 0.0) if least[0] > least[1] else (high or 0.0))


def _normal_shares(z: float) -> tuple[float, float]:
    return normal_tail(-z), normal_tail(z)
