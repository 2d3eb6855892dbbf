"""Takes numbers as float64 or arrays of them; gives logarithm and exponential, the same anywhere.

Only + - * /, sqrt and exact scaling by powers of two take part, which IEEE 754 defines to the last
bit; the functions of a C library or of NumPy differ between machines. Each function works on
a Python float and on an array alike, and is right to about 1e-15 of its value.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType
    from typing import Final, TypeAlias, TypeVar

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
    chosen: Real = module_of(yes).where(where, yes, no)
    return chosen


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
    turns = module.floor(x / LN2 + 0.5)
    whole = turns if isinstance(turns, int) else turns.astype("int64")
    scaled: Real = module.ldexp(polynomial(x - turns * LN2, _EXP), whole)
    return scaled


def power(base: Real, exponent: float) -> Real:
    """Return ``base ** exponent`` for ``base`` > 0."""
    return exp(ln(base) * exponent)
