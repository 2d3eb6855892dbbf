"""Holds the package's hashes against those of ``hashlib``, on both sides of where it is loaded."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from typing import cast

import pytest

from mockgen_watch import hashing
from mockgen_watch.hashing import Sha256, blake2b, sha256

HELD = 1 << 16
SIZES = [0, 1, 63, 64, 1000, HELD - 1, HELD, HELD + 1, 3 * HELD, 1 << 20, (1 << 20) + 1]


def some(size: int) -> bytes:
    return bytes(range(251)) * (size // 251) + bytes(size % 251)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("left", [0, 1 << 20])
def test_a_hash_is_that_of_hashlib(monkeypatch: pytest.MonkeyPatch, size: int, left: int) -> None:
    monkeypatch.setattr(hashing._Account, "left", left)
    data = some(size)

    assert sha256(data) == hashlib.sha256(data).digest()
    assert blake2b(data, digest_size=8).digest() == hashlib.blake2b(data, digest_size=8).digest()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("chunk", [1000, HELD, HELD + 1, 1 << 21])
def test_chunks_have_the_hash_of_the_whole(size: int, chunk: int) -> None:
    data = some(size)
    ours, theirs = Sha256(), hashlib.sha256()

    assert ours.digest() == theirs.digest()
    for start in range(0, size, chunk):
        ours.update(data[start : start + chunk])
        theirs.update(data[start : start + chunk])
        # One may be asked for in between, more than once.
        assert ours.digest() == ours.digest() == theirs.digest()


def test_what_is_written_anew_later_counts_as_it_was() -> None:
    block = bytearray(b"first")
    ours = Sha256()
    ours.update(cast("bytes", memoryview(block)))
    block[:] = b"other"
    ours.update(b" and more")

    assert ours.digest() == hashlib.sha256(b"first and more").digest()


FEW = "hashing.sha256(bytes(1000)); one = hashing.Sha256(); one.update(bytes(1000)); one.digest()"


@pytest.mark.parametrize(
    ("work", "loads"),
    [
        (FEW, False),
        ("hashing.blake2b(bytes(10)).digest()", False),
        ("hashing.sha256(bytes(1 << 20))", False),
        ("hashing.sha256(bytes(1 << 20)); hashing.sha256(b'.')", True),
        ("one = hashing.Sha256(); one.update(bytes(1 << 17))", True),
    ],
)
def test_openssl_is_loaded_for_many_bytes_alone(work: str, loads: bool) -> None:
    program = f"import sys\nfrom mockgen_watch import hashing\n{work}\n"
    program += "print('_hashlib' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        # Coverage takes it.
        env={name: value for name, value in os.environ.items() if "COVERAGE" not in name},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == f"{loads}\n"
