"""The cache of what was made of a spec's bytes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.storage.cache import ContentCache
from mockgen_watch.storage.state import StateFolder
from tests.unit.lock.suites import key_of
from tests.unit.storage.projects import files_in

if TYPE_CHECKING:
    from pathlib import Path

ONE, TWO = key_of("1"), key_of("2")


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "state")


def entries(state: StateFolder) -> list[str]:
    return sorted(files_in(state.path)) if state.path.exists() else []


def test_what_was_put_is_got(state: StateFolder) -> None:
    cache = ContentCache(state, "v1")
    assert cache.get(ONE) is None
    assert entries(state) == []
    for value in (b"value", b"", b"other"):
        cache.put(ONE, value)
        assert ContentCache(state, "v1").get(ONE) == value
    assert cache.get(TWO) is None
    assert ContentCache(state, "v2").get(ONE) is None


@pytest.mark.parametrize("data", [b"", b"short", b"\0" * 32, b"\0" * 40])
def test_an_unsound_entry_is_passed_over_and_replaced(state: StateFolder, data: bytes) -> None:
    cache = ContentCache(state, "v1")
    cache.put(ONE, b"value")
    (state.path / entries(state)[0]).write_bytes(data)
    assert cache.get(ONE) is None
    cache.put(ONE, b"value")
    assert cache.get(ONE) == b"value"


def test_the_oldest_entries_and_those_of_other_codecs_go_first(state: StateFolder) -> None:
    old = ContentCache(state, "v1")
    old.put(ONE, b"x" * 100)
    cache = ContentCache(state, "v2", limit=499)
    for number in range(4):
        cache.put(key_of(str(number)), bytes(60))
        os.utime(
            state.path / f"cache/v2/{key_of(str(number)).removeprefix('sha256:')}",
            ns=(10**18 + number, 10**18 + number),
        )
    cache.prune()
    assert len(entries(state)) == 4
    assert old.get(ONE) is None
    cache.put(key_of("4"), bytes(200))
    cache.prune()
    kept = [number for number in range(5) if cache.get(key_of(str(number))) is not None]
    assert kept == [3, 4]


def test_pruning_looks_at_nothing_when_nothing_was_put(state: StateFolder) -> None:
    ContentCache(state, "v1").put(ONE, b"x" * 100)
    cache = ContentCache(state, "v1", limit=10)
    cache.prune()
    assert cache.get(ONE) is not None
    cache.put(TWO, b"y" * 100)
    assert cache.get(TWO) is None


def test_a_cache_that_cannot_be_written_says_so_and_goes_on(state: StateFolder) -> None:
    state.path.mkdir()
    (state.path / "cache").write_bytes(b"in the way")
    cache = ContentCache(state, "v1")
    cache.put(ONE, b"value")
    assert cache.has_failed
    assert cache.get(ONE) is None


@pytest.mark.parametrize("codec", ["", "..", "a/b", ".hidden", "a b"])
def test_a_codec_names_a_folder(state: StateFolder, codec: str) -> None:
    with pytest.raises(ValueError, match="folder"):
        ContentCache(state, codec)


@pytest.mark.parametrize("wrong", ["", "../x", "sha256:xyz", "0" * 64])
def test_only_digests_are_keys(state: StateFolder, wrong: str) -> None:
    cache = ContentCache(state, "v1")
    with pytest.raises(ValueError, match="no digest"):
        cache.get(wrong)
    with pytest.raises(ValueError, match="no digest"):
        cache.put(wrong, b"")


def test_what_is_put_for_long_stays_below_the_limit(state: StateFolder) -> None:
    digests = [key_of(str(number)) for number in range(400)]
    for digest in digests:
        ContentCache(state, "v1", limit=4000).put(digest, b"x" * 68)
    # One in 32 looks at all, so a few dozen may be too many, and never hundreds.
    assert 30 <= len(entries(state)) < 200
    assert ContentCache(state, "v1").get(digests[-1]) == b"x" * 68
