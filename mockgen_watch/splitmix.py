"""SplitMix64: 64 bits that look like chance, at any place of a stream.

Output ``n`` of the stream that begins at ``key`` is the mix of ``key + n * GOLDEN``, so that any
output is computed alone. Everything is unsigned arithmetic modulo 2**64: plain Python and NumPy
agree in every bit, on any machine.

Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    import numpy as np
    from numpy.typing import NDArray

MASK64 = 0xFFFFFFFFFFFFFFFF
GOLDEN = 0x9E3779B97F4A7C15
_MIX_1 = 0xBF58476D1CE4E5B9
_MIX_2 = 0x94D049BB133111EB


def mix64(z: int) -> int:
    """Return a bijective mix of 64 bits."""
    z = ((z ^ (z >> 30)) * _MIX_1) & MASK64
    z = ((z ^ (z >> 27)) * _MIX_2) & MASK64
    return z ^ (z >> 31)


def output(key: int, n: int) -> int:
    """Return output ``n``, 0 or more, of the stream that begins at ``key``: 0 to 2**64-1."""
    return mix64((key + n * GOLDEN) & MASK64)


def mixed_over(xp: ModuleType, z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return ``mix64`` of each of ``z``, which is overwritten; ``xp`` is NumPy."""
    shifted = z >> xp.uint64(30)
    z ^= shifted
    z *= xp.uint64(_MIX_1)
    xp.right_shift(z, xp.uint64(27), out=shifted)
    z ^= shifted
    z *= xp.uint64(_MIX_2)
    xp.right_shift(z, xp.uint64(31), out=shifted)
    z ^= shifted
    return z
