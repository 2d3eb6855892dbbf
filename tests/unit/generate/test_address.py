"""Keys, lanes and words: the ground that all draws stand on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockgen_watch.generate.address import (
    Address,
    base_key,
    encode_parts,
    fill_words,
    key64,
    lanes_of_element,
    lanes_of_elements,
    lanes_of_record,
    lanes_of_records,
    score,
    split_key,
    word,
)

PARTS = st.lists(st.one_of(st.text(), st.binary(), st.integers()), max_size=4)
INDEXES = st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=5)
KEYS = st.integers(0, 2**64 - 1)


@given(PARTS, PARTS)
def test_different_parts_have_different_encodings(
    left: list[str | bytes | int], right: list[str | bytes | int]
) -> None:
    assert (encode_parts(*left) == encode_parts(*right)) == (left == right)


@pytest.mark.parametrize(
    ("left", "right"),
    [((("a", "b"), "c"), (("a",), "b")), (((), "value"), (("value",), "value"))],
)
def test_a_path_is_never_taken_for_a_longer_or_shorter_one(
    left: tuple[tuple[str, ...], str], right: tuple[tuple[str, ...], str]
) -> None:
    keys = {Address.of(1, "M", path).key(draw) for path, draw in (left, right)}
    assert len(keys) == 2


def test_lone_surrogates_have_keys() -> None:
    assert key64("\ud800") != key64("\udfff")


def test_keys_are_those_of_contract_2() -> None:
    assert key64("record", 42, "Claim") == 0x33B20FE7FD721761
    assert base_key(42, "Claim") == key64("record", 42, "Claim")
    assert Address.of(42, "Claim", ("PAT", "first")).constants("value", b'"Ann"') == (
        0x7F0DC81F,
        0x5EE511BB,
    )


@given(KEYS, INDEXES)
def test_lanes_of_records_agree(key: int, indexes: list[int]) -> None:
    a, b = lanes_of_records(np, key, np.array(indexes, np.int64))
    assert list(zip(a.tolist(), b.tolist(), strict=True)) == [
        lanes_of_record(key, index) for index in indexes
    ]


@given(KEYS, INDEXES, st.integers(0, 10**6))
def test_lanes_of_elements_agree(key: int, indexes: list[int], element: int) -> None:
    a, b = lanes_of_elements(np, *lanes_of_records(np, key, np.array(indexes, np.int64)), element)
    assert list(zip(a.tolist(), b.tolist(), strict=True)) == [
        lanes_of_element(*lanes_of_record(key, index), element) for index in indexes
    ]


@given(KEYS, INDEXES, KEYS)
def test_words_agree(key: int, indexes: list[int], draw: int) -> None:
    lanes = lanes_of_records(np, key, np.array(indexes, np.int64))
    out, spare = np.empty_like(lanes[0]), np.empty_like(lanes[0])
    fill_words(np, lanes, split_key(draw), out, spare)
    assert out.tolist() == [
        word(*lanes_of_record(key, index), split_key(draw)) for index in indexes
    ]


def test_the_second_lane_is_odd() -> None:
    assert all(lanes_of_record(7, index)[1] & 1 for index in range(100))


def test_scores_are_a_bijection_of_the_first_lane() -> None:
    # Of its upper bits, as 2**32 numbers are too many to try.
    seen = {score(a << 16, 0x9E3779B1, (5, 6)) for a in range(1 << 16)}
    assert len(seen) == 1 << 16
