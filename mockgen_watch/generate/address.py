"""Takes the names that address a value; gives its keys, its cell's lanes and the words drawn there.

Seed contract 1. A *record* or array *element* has a pair of 32-bit lanes ``(a, b)``, ``b`` odd; a
*draw* (field, purpose, pool value) has a pair of 32-bit constants. Lanes and constants meet in
``score``. As ``b`` is odd, the multiplication is a bijection of ``a``, so scores and words are
exactly uniform. Everything is unsigned arithmetic modulo 2**32 or 2**64: plain Python and NumPy,
here and on any machine, agree in every bit.

All draws of a cell multiply by the same two numbers. That lets plain Python compute them together,
side by side in one long integer (``generate.bank``), at a tenth of the cost of one by one.

Sources: BLAKE2b, RFC 7693. The finaliser of ``mix64`` is that of SplitMix64 (Steele, Lea and
Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014); the multipliers of ``score``
and ``word`` are those of Wellons' "lowbias32".
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from types import ModuleType
    from typing import TypeAlias

    import numpy as np
    from numpy.typing import NDArray

    LaneArray = NDArray[np.uint32]

CONTRACT = 1
"""The number of the seed contract that this package draws by."""

Constants: TypeAlias = tuple[int, int]

MASK32 = 0xFFFFFFFF
MASK64 = 0xFFFFFFFFFFFFFFFF
GOLDEN = 0x9E3779B97F4A7C15
BELOW = 0xD6E8FEB86659FD93
MIX_1 = 0xBF58476D1CE4E5B9
MIX_2 = 0x94D049BB133111EB
SCORE = 0x7FEB352D
WORD = 0x846CA68B


def encode_parts(*parts: str | bytes | int) -> bytes:
    """Return an encoding of ``parts`` that no other parts have: tag, length, bytes of each."""
    pieces: list[bytes] = []
    for part in parts:
        if isinstance(part, str):
            tag, data = b"s", part.encode("utf-8", "surrogatepass")
        elif isinstance(part, bytes):
            tag, data = b"b", part
        else:
            tag, data = b"i", str(part).encode("ascii")
        pieces += (tag, len(data).to_bytes(4, "little"), data)
    return b"".join(pieces)


def key_of(encoded: bytes) -> int:
    """Return the 64-bit key of encoded parts: BLAKE2b of 8 bytes, little-endian."""
    return int.from_bytes(hashlib.blake2b(encoded, digest_size=8, person=b"mockgen-1").digest(), "little")


def key64(*parts: str | bytes | int) -> int:
    """Return the 64-bit key of ``parts``."""
    return key_of(encode_parts(*parts))


def split_key(key: int) -> Constants:
    """Return the constants of a 64-bit key: its low half and its high half."""
    return key & MASK32, key >> 32


def base_key(seed: int, model_id: str) -> int:
    """Return the key that all records of one model share."""
    return key64("record", seed, model_id)


class Address(Struct, frozen=True):
    """The seed, model and field of a draw, encoded once."""

    prefix: bytes

    @classmethod
    def of(cls, seed: int, model_id: str, path: tuple[str, ...]) -> Address:
        """Return the address of the field at ``path``."""
        return cls(encode_parts("draw", seed, model_id, len(path), *path))

    def key(self, draw: str, identity: bytes = b"") -> int:
        """Return the 64-bit key of one draw of this field."""
        return key_of(self.prefix + encode_parts(draw, identity))

    def constants(self, draw: str, identity: bytes = b"") -> Constants:
        """Return the constants of one draw: ``draw`` names it, ``identity`` a pool's value."""
        return split_key(self.key(draw, identity))


def mix64(z: int) -> int:
    """Return a bijective mix of 64 bits."""
    z = ((z ^ (z >> 30)) * MIX_1) & MASK64
    z = ((z ^ (z >> 27)) * MIX_2) & MASK64
    return z ^ (z >> 31)


def lanes_of_record(key: int, index: int) -> tuple[int, int]:
    """Return the lanes of record ``index`` (0 to 2**63-1) of the model with ``base_key`` key."""
    z = mix64(((index + 1) * GOLDEN + key) & MASK64)
    return z & MASK32, (z >> 32) | 1


def lanes_of_element(a: int, b: int, element: int) -> tuple[int, int]:
    """Return the lanes of an element of an array whose own cell has the lanes ``a`` and ``b``."""
    z = mix64(((((b << 32) | a) ^ BELOW) + (element + 1) * GOLDEN) & MASK64)
    return z & MASK32, (z >> 32) | 1


def score(a: int, b: int, constants: Constants) -> int:
    """Return the score of a pool's value, 0 to 2**32-1; its upper bits are the better ones."""
    t = (a ^ constants[0]) * b & MASK32
    return (t ^ (t >> 16) ^ constants[1]) * SCORE & MASK32


def word(a: int, b: int, constants: Constants) -> int:
    """Return 32 bits, all of them good."""
    t = score(a, b, constants)
    t = (t ^ (t >> 15)) * WORD & MASK32
    return t ^ (t >> 16)


def lanes_of_records(
    xp: ModuleType, key: int, index: NDArray[np.int64]
) -> tuple[LaneArray, LaneArray]:
    """Return what ``lanes_of_record`` does, for each of ``index`` (int64[n])."""
    z = index.astype(xp.uint64)
    z *= xp.uint64(GOLDEN)
    z += xp.uint64((GOLDEN + key) & MASK64)
    return _split_mixed(xp, z)


def lanes_of_elements(
    xp: ModuleType, a: LaneArray, b: LaneArray, element: int
) -> tuple[LaneArray, LaneArray]:
    """Return what ``lanes_of_element`` does, for each pair of lanes (uint32[n] both)."""
    z = b.astype(xp.uint64)
    z <<= xp.uint64(32)
    z |= a
    z ^= xp.uint64(BELOW)
    z += xp.uint64((element + 1) * GOLDEN & MASK64)
    return _split_mixed(xp, z)


def _split_mixed(xp: ModuleType, z: NDArray[np.uint64]) -> tuple[LaneArray, LaneArray]:
    """Mix ``z`` in place and return its halves, the upper one made odd."""
    shifted = z >> xp.uint64(30)
    z ^= shifted
    z *= xp.uint64(MIX_1)
    xp.right_shift(z, xp.uint64(27), out=shifted)
    z ^= shifted
    z *= xp.uint64(MIX_2)
    xp.right_shift(z, xp.uint64(31), out=shifted)
    z ^= shifted
    a = z.astype(xp.uint32)
    z >>= xp.uint64(32)
    b = z.astype(xp.uint32)
    b |= xp.uint32(1)
    return a, b


def fill_scores(
    xp: ModuleType,
    lanes: tuple[LaneArray, LaneArray],
    constants: Constants,
    out: LaneArray,
    spare: LaneArray,
) -> None:
    """Write the scores of a block of lanes to ``out``; ``spare`` (as long) is overwritten."""
    xp.bitwise_xor(lanes[0], constants[0], out=out)
    xp.multiply(out, lanes[1], out=out)
    xp.right_shift(out, 16, out=spare)
    xp.bitwise_xor(out, spare, out=out)
    xp.bitwise_xor(out, constants[1], out=out)
    xp.multiply(out, SCORE, out=out)


def fill_words(
    xp: ModuleType,
    lanes: tuple[LaneArray, LaneArray],
    constants: Constants,
    out: LaneArray,
    spare: LaneArray,
) -> None:
    """Write the words of a block of lanes to ``out``; ``spare`` (as long) is overwritten."""
    fill_scores(xp, lanes, constants, out, spare)
    xp.right_shift(out, 15, out=spare)
    xp.bitwise_xor(out, spare, out=out)
    xp.multiply(out, WORD, out=out)
    xp.right_shift(out, 16, out=spare)
    xp.bitwise_xor(out, spare, out=out)
