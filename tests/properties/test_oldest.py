"""A few random files of the oldest format; ``python -m tests.properties.oldest`` tries many."""

from __future__ import annotations

import pytest

from tests.properties.oldest import Maker, try_file


@pytest.mark.parametrize("seed", range(24))
def test_a_random_file_means_what_it_meant(seed: int) -> None:
    _, wrong = try_file(seed)
    assert not wrong, "\n".join(wrong)


def test_the_files_are_of_every_kind() -> None:
    files = [Maker(seed).file() for seed in range(200)]
    texts = [
        value
        for data in files
        for section in data.values()
        if isinstance(section, dict)
        for value in section.values()
    ]
    assert any(isinstance(value, list) for value in texts)
    assert any(isinstance(value, str) and ",," in value for value in texts)
    assert any(isinstance(value, str) and '"' in value for value in texts)
    assert any(isinstance(value, float) for value in texts)
    assert any(value in ("", ",") for value in texts)
    assert sum(not isinstance(next(iter(data.values())), dict) for data in files) > 10
