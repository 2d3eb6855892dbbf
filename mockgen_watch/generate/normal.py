"""The normal distribution, and the elementary functions that it uses, the same in Python and NumPy.

Both tails are given apart (``below`` + ``above`` = 1), so that far values keep their precision.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

    Truth: TypeAlias = "bool | NDArray[np.bool_]"

    Real = TypeVar("Real", float, "Floats")


LN2: Final = 0.6931471805599453
SQRT_HALF: Final = 0.7071067811865476
LEAST: Final = -700.0
MOST: Final = 600.0
"""``exp`` takes what lies beyond these for them; room is left for factors of 10**40."""

_ATANH: Final = tuple(1.0 / (2 * n + 1) for n in range(11, -1, -1))
_EXP: Final = tuple(1.0 / math.factorial(n) for n in range(14, -1, -1))


def module_of(x: object) -> ModuleType:
    """Return the module whose ``frexp``, ``ldexp``, ``floor`` and ``sqrt`` take ``x``.

    An array leads to NumPy without an import of it: small jobs never load it.
    """
    namespace: Callable[[], ModuleType] | None = getattr(x, "__array_namespace__", None)
    return math if namespace is None else namespace()


def polynomial(x: Real, coefficients: Sequence[float]) -> Real:
    """Return the polynomial at ``x``, the coefficient of the highest power first (Horner)."""
    total = x * coefficients[0] + coefficients[1]
    for coefficient in coefficients[2:]:
        total = total * x + coefficient
    return total


def piecewise(
    where: Truth, x: Real, yes: Callable[[Real], Real], no: Callable[[Real], Real]
) -> Real:
    """Return ``yes`` of ``x`` where it is true, else ``no`` of it."""
    if isinstance(x, float):
        return yes(x) if where else no(x)
    out = x.copy()
    out[where] = yes(x[where])
    out[~where] = no(x[~where])
    return out


def choose(where: Truth, yes: Real, no: Real) -> Real:
    """Return ``yes`` where it is true, else ``no``."""
    if isinstance(yes, float):
        return yes if where else no
    result: Real = module_of(yes).where(where, yes, no)
    return result


def clamp(x: Real, low: float, high: float) -> Real:
    """Return ``x``, or the end that it lies beyond."""
    if isinstance(x, float):
        return min(max(x, low), high)
    return x.clip(low, high)


def smaller(x: Real, y: Real) -> Real:
    """Return the smaller of two."""
    if isinstance(x, float):
        return min(x, y)
    least: Real = module_of(x).minimum(x, y)
    return least


def square_root(x: Real) -> Real:
    """Return the square root, correctly rounded."""
    root: Real = module_of(x).sqrt(x)
    return root


def ln(x: Real) -> Real:
    """Return the natural logarithm of ``x`` > 0.

    ln m = 2 atanh((m - 1) / (m + 1)) by its Taylor series, m between sqrt(1/2) and sqrt(2)
    (Abramowitz and Stegun, 4.1.27).
    """
    fraction, exponent = module_of(x).frexp(x)
    low = (fraction < SQRT_HALF) * 1.0
    fraction = fraction + fraction * low
    z = (fraction - 1.0) / (fraction + 1.0)
    logarithm: Real = (exponent - low) * LN2 + (z + z) * polynomial(z * z, _ATANH)
    return logarithm


def exp(x: Real) -> Real:
    """Return e**x by the Taylor series of what is left after whole powers of two."""
    x = clamp(x, LEAST, MOST)
    module = module_of(x)
    twos = module.floor(x / LN2 + 0.5)
    whole = twos if isinstance(twos, int) else twos.astype("int64")
    scaled: Real = module.ldexp(polynomial(x - twos * LN2, _EXP), whole)
    return scaled


def power(base: Real, exponent: float) -> Real:
    """Return ``base ** exponent`` for ``base`` > 0."""
    return exp(ln(base) * exponent)


_CENTRE: Final = (
    2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4,
    4.5921953931549871457e4, 1.3731693765509461125e4, 1.9715909503065514427e3,
    1.3314166789178437745e2, 3.3871328727963666080e0,
)  # fmt: skip
_CENTRE_BELOW: Final = (
    5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4,
    2.1213794301586595867e4, 5.3941960214247511077e3, 6.8718700749205790830e2,
    4.2313330701600911252e1, 1.0,
)  # fmt: skip
_TAIL: Final = (
    7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
    1.27045825245236838258e0, 3.64784832476320460504e0, 5.76949722146069140550e0,
    4.63033784615654529590e0, 1.42343711074968357734e0,
)  # fmt: skip
_TAIL_BELOW: Final = (
    1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
    1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940e0,
    2.05319162663775882187e0, 1.0,
)  # fmt: skip
_FAR: Final = (
    2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
    2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e0,
    5.46378491116411436990e0, 6.65790464350110377720e0,
)  # fmt: skip
_FAR_BELOW: Final = (
    2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
    7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
    5.99832206555887937690e-1, 1.0,
)  # fmt: skip
_CENTRAL: Final = 0.075
_CENTRAL_SQUARE: Final = 0.180625
_TAIL_SHIFT: Final = 1.6
_FAR_FROM: Final = 5.0
_ROOT_TWO_PI: Final = 2.5066282746310002
_NEAR: Final = 2.5
_TERMS: Final = 60
_FRACTION_TERMS: Final = 120
_NOTHING: Final = 37.0
"""Beyond so many standard deviations no probability is left that counts."""


def normal_quantile(below: Real, above: Real) -> Real:
    """Return the number of standard deviations that ``below`` of all values lie under.

    Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied
    Statistics 37(3), 1988: PPND16, right to about 1e-16 of the result.
    """
    sign = (above < below) * 2.0 - 1.0
    return (
        piecewise(smaller(below, above) < _CENTRAL, smaller(below, above), _outer, _central) * sign
    )


def _central(tail: Real) -> Real:
    distance = 0.5 - tail
    rest = _CENTRAL_SQUARE - distance * distance
    return distance * polynomial(rest, _CENTRE) / polynomial(rest, _CENTRE_BELOW)


def _outer(tail: Real) -> Real:
    root = square_root(-ln(tail))
    return piecewise(root > _FAR_FROM, root, _far, _near)


def _near(root: Real) -> Real:
    rest = root - _TAIL_SHIFT
    return polynomial(rest, _TAIL) / polynomial(rest, _TAIL_BELOW)


def _far(root: Real) -> Real:
    rest = root - _FAR_FROM
    return polynomial(rest, _FAR) / polynomial(rest, _FAR_BELOW)


def normal_tail(z: float) -> float:
    """Return the probability of more than ``z`` standard deviations above the mean.

    Near the mean by the series 26.2.11, further out by the continued fraction 26.2.14 of
    Abramowitz and Stegun.
    """
    if z < 0.0:
        return 1.0 - normal_tail(-z)
    if z > _NOTHING:
        return 0.0
    density = exp(-0.5 * z * z) / _ROOT_TWO_PI
    if z < _NEAR:
        term = total = z
        for n in range(1, _TERMS):
            term = term * z * z / (2 * n + 1)
            total += term
        return 0.5 - density * total
    fraction = z
    for n in range(_FRACTION_TERMS, 0, -1):
        fraction = z + n / fraction
    return density / fraction
