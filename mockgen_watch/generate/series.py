"""Takes numbers as float64 or arrays of them; gives logarithm and exponential, the same anywhere.

Only + - * / and exact scaling by powers of two take part, which IEEE 754 defines to the last bit;
the functions of a C library or of NumPy differ between machines. Each works on a Python float and on
an array alike, and is right to about 1e-15.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Real = TypeVar("Real", float, "NDArray[np.float64]")

LN2: Final = 0.6931471805599453
SQRT_HALF: Final = 0.7071067811865476
_ATANH: Final = tuple(1.0 / (2 * n + 1) for n in range(11, -1, -1))
_EXP: Final = tuple(1.0 / math.factorial(n) for n in range(14, -1, -1))


def ln(x: float) -> float:
    """Return the natural logarithm of ``x`` > 0."""
    fraction, exponent = math.frexp(x)
    return ln_of_parts(fraction, float(exponent))


def ln_of_parts(fraction: Real, exponent: Real) -> Real:
    """Return ln(fraction * 2**exponent); 0.5 <= fraction < 1.

    ln m = 2 atanh((m - 1) / (m + 1)) by its Taylor series, m between sqrt(1/2) and sqrt(2)
    (Abramowitz and Stegun, 4.1.27).
    """
    low = (fraction < SQRT_HALF) * 1.0
    fraction = fraction + fraction * low
    z = (fraction - 1.0) / (fraction + 1.0)
    square = z * z
    total = square * _ATANH[0] + _ATANH[1]
    for term in _ATANH[2:]:
        total = total * square + term
    return (exponent - low) * LN2 + (z + z) * total


def exp(x: float) -> float:
    """Return e**x, for x from -700 to 700."""
    turns = math.floor(x / LN2 + 0.5)
    return math.ldexp(exp_of_rest(x - turns * LN2), turns)


def exp_of_rest(rest: Real) -> Real:
    """Return e**rest for ``rest`` between -0.35 and 0.35, by its Taylor series."""
    total = rest * _EXP[0] + _EXP[1]
    for term in _EXP[2:]:
        total = total * rest + term
    return total


def power(base: float, exponent: float) -> float:
    """Return ``base ** exponent`` for ``base`` > 0."""
    return exp(exponent * ln(base))
