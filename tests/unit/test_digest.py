"""Canonical bytes: equal data gives equal bytes, and other data gives others."""

from __future__ import annotations

import enum
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockgen_watch.canonical import Canonical, canonical, digest_of
from mockgen_watch.digest import digest, digest_chunks, is_legacy, renew


class Colour(enum.StrEnum):
    RED = "red"


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.text(st.characters()),
)
DATA = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, b"null"),
        (True, b"true"),
        (False, b"false"),
        (0, b"0"),
        (-(10**30), b"-1000000000000000000000000000000"),
        (Decimal("1.50"), b"1.50"),
        (Decimal("1E+5"), b"1E+5"),
        (Decimal(7), b"7e0"),
        (Decimal("-0"), b"-0e0"),
        ("", b'""'),
        ('a"\\\n\x00', b'"a\\"\\\\\\n\\u0000"'),
        ("é😀\u2028", '"é😀\u2028"'.encode()),
        ("\ud800", b'"\xed\xa0\x80"'),
        (Colour.RED, b'"red"'),
        ([], b"[]"),
        ((1, "1"), b'[1,"1"]'),
        ({}, b"{}"),
        ({"b": 1, "a": [{"z": None, "y": 2}]}, b'{"a":[{"y":2,"z":null}],"b":1}'),
        ({"\uffff": 1, "😀": 2}, '{"\uffff":1,"😀":2}'.encode()),
    ],
)
def test_canonical_bytes_are_exactly_these(value: Canonical, expected: bytes) -> None:
    assert canonical(value) == expected


@pytest.mark.parametrize("value", [1.5, b"x", {1, 2}, object(), [1.0], {"a": 1.0}, {1: 2}])
def test_data_of_another_type_is_refused(value: Canonical) -> None:
    with pytest.raises(TypeError):
        canonical(value)


@pytest.mark.parametrize("text", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_a_decimal_that_is_not_finite_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no canonical form"):
        canonical(Decimal(text))


def test_values_that_look_alike_have_different_bytes() -> None:
    alike: list[Canonical] = [1, Decimal(1), Decimal("1.0"), Decimal("1.00"), "1", True, [1]]
    assert len({canonical(value) for value in alike}) == len(alike)


@given(DATA)
def test_canonical_bytes_do_not_depend_on_the_order_of_keys(value: Canonical) -> None:
    assert canonical(_with_keys_reversed(value)) == canonical(value)


@given(DATA)
def test_canonical_bytes_hold_all_of_the_data(value: Canonical) -> None:
    text = canonical(value).decode("utf-8", "surrogatepass")
    assert _typed(json.loads(text, parse_float=Decimal)) == _typed(value)


def test_digest_is_blake3_with_its_name() -> None:
    # The first of the test vectors of BLAKE3.
    empty = "blake3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
    assert digest(b"") == empty
    assert digest_chunks([b"a", b"", b"b"]) == digest(b"ab")
    assert digest_of({"a": 1}) == digest(b'{"a":1}')


def test_a_sha256_digest_is_renewed_by_its_bytes_alone() -> None:
    empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert is_legacy(empty)
    assert renew(empty, [b""]) == digest(b"")
    assert renew(empty, [b"a"]) == empty
    assert renew(digest(b"a"), [b"a"]) == digest(b"a")


def _with_keys_reversed(value: Canonical) -> Canonical:
    if isinstance(value, dict):
        return {key: _with_keys_reversed(value[key]) for key in reversed(value)}
    if isinstance(value, list):
        return [_with_keys_reversed(item) for item in value]
    return value


def _typed(value: Canonical) -> object:
    """Return ``value`` with types beside the scalars, because 1, True and 1.0 are equal."""
    if isinstance(value, dict):
        return {key: _typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_typed(item) for item in value]
    if isinstance(value, Decimal):
        return ("Decimal", value.as_tuple())
    return (type(value).__name__, value)
