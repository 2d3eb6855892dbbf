"""The odds of draws, over fixed seeds: they reject at 1 % no more often than chance does."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mockgen_watch.spec.generators import Boolean
from tests.draws import chi_square_tail, chosen, chunk, column_of, most_rejections
from tests.shapes import decimal, number, pool
from tests.sizes import sized

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mockgen_watch.spec.generators import Generator

SEEDS = range(200)
COUNT = sized(4000, 200_000)


def fit(values: NDArray[np.object_], expected: dict[str, float]) -> float:
    counts = [int((values == value).sum()) for value in expected]
    return chi_square_tail(counts, [share * len(values) for share in expected.values()])


def rejections(tails: Sequence[float]) -> int:
    return sum(tail < 0.01 for tail in tails)


@pytest.mark.parametrize(
    "weights", [(1, 1, 1, 1), (1, 1), (70, 20, 10), (1, 2, 3, 4, 5), (97, 1, 1, 1)]
)
def test_pools_have_their_odds(weights: tuple[int, ...]) -> None:
    names = [f"v{n}" for n in range(len(weights))]
    expected = {name: w / sum(weights) for name, w in zip(names, weights, strict=True)}
    tails = [
        fit(chosen(pool(*names, weights=weights), COUNT, seed=seed), expected) for seed in SEEDS
    ]
    assert rejections(tails) <= most_rejections(len(tails))
    # Nor do they fit better than chance lets them.
    assert sum(tail > 0.99 for tail in tails) <= most_rejections(len(tails))


def test_fields_of_one_record_are_independent() -> None:
    tails = []
    for seed in SEEDS:
        drawn = [chosen(pool("a", "b", "c"), COUNT, name, seed=seed) for name in ("F", "G", "H")]
        for left, right in itertools.combinations(drawn, 2):
            tails.append(fit(left + right, {a + b: 1 / 9 for a in "abc" for b in "abc"}))
        triples = [a + b + c for a in "abc" for b in "abc" for c in "abc"]
        tails.append(fit(drawn[0] + drawn[1] + drawn[2], dict.fromkeys(triples, 1 / 27)))
    assert rejections(tails) <= most_rejections(len(tails))


def test_neighbouring_records_are_independent() -> None:
    tails = []
    for seed in SEEDS:
        drawn = chosen(pool("a", "b", "c", "d"), COUNT, seed=seed)
        pairs = {a + b: 1 / 16 for a in "abcd" for b in "abcd"}
        tails.append(fit(drawn[:-1:2] + drawn[1::2], pairs))
    assert rejections(tails) <= most_rejections(len(tails))


def drawn_numbers(generator: Generator, seed: int) -> NDArray[np.int64]:
    program, column = column_of(generator, seed=seed)
    stream = column.parts[0].stream
    assert stream is not None
    return stream.over(chunk(program, COUNT))


@pytest.mark.parametrize("size", [2, 6, 100, 366])
def test_uniform_numbers_are_uniform(size: int) -> None:
    tails = []
    for seed in SEEDS:
        counts = np.bincount(drawn_numbers(number(1, size), seed), minlength=size)
        tails.append(chi_square_tail(counts.tolist(), [COUNT / size] * size))
    assert rejections(tails) <= most_rejections(len(tails))


@pytest.mark.parametrize("odds", ["0.5", "0.1", "0.001"])
def test_booleans_have_their_odds(odds: str) -> None:
    share = float(odds)
    tails = []
    for seed in SEEDS:
        hits = int(drawn_numbers(Boolean(true=decimal(odds)), seed).sum())
        tails.append(chi_square_tail([hits, COUNT - hits], [COUNT * share, COUNT * (1 - share)]))
    assert rejections(tails) <= most_rejections(len(tails), chance=1e-6)
