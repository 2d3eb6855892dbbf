"""Digests by stamp."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from mockgen_watch.storage.project_folder import StateFolder
from mockgen_watch.storage.stat_cache import RACY_NS, Stamp, StatCache
from tests.unit.lock.suites import key_of

STAMP = Stamp(size=5, mtime_ns=10**18, ctime_ns=10**18, inode=7, device=8)
LATER = STAMP.mtime_ns + RACY_NS
DIGEST = key_of("x")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    state: StateFolder

    def open(self) -> StatCache:
        return StatCache(self.state, "x.stat")


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(state=StateFolder(tmp_path / "state"))


def test_a_digest_is_told_for_the_same_stamp_and_no_other(kept: Kept) -> None:
    cache = kept.open()
    cache.put("a", STAMP, DIGEST, LATER)
    assert cache.save()
    again = kept.open()
    assert again.get("a", STAMP) == DIGEST
    assert again.get("b", STAMP) is None
    for field in STAMP._fields:
        other = STAMP._replace(**{field: getattr(STAMP, field) + 1})
        assert again.get("a", other) is None


@pytest.mark.parametrize("field", ["mtime_ns", "ctime_ns"])
def test_a_file_that_is_too_young_is_not_remembered(kept: Kept, field: str) -> None:
    cache = kept.open()
    young = STAMP._replace(**{field: LATER - RACY_NS + 1})
    cache.put("a", STAMP, DIGEST, LATER)
    cache.put("a", young, DIGEST, LATER)
    assert cache.get("a", young) is None
    assert cache.get("a", STAMP) is None


def test_a_file_from_the_future_is_not_remembered(kept: Kept) -> None:
    cache = kept.open()
    cache.put("a", STAMP, DIGEST, STAMP.mtime_ns - 1)
    assert cache.get("a", STAMP) is None


def test_a_file_that_took_long_to_write_is_known_without_reading_it_again(kept: Kept) -> None:
    cache = kept.open()
    slow = STAMP._replace(ctime_ns=STAMP.mtime_ns + RACY_NS)
    quick = STAMP._replace(ctime_ns=STAMP.mtime_ns + RACY_NS - 1)
    cache.put_written("a", slow, DIGEST)
    cache.put_written("b", quick, DIGEST)
    assert cache.get("a", slow) == DIGEST
    assert cache.get("b", quick) is None


def test_paths_that_are_gone_are_forgotten(kept: Kept) -> None:
    cache = kept.open()
    cache.put("a", STAMP, DIGEST, LATER)
    cache.put("b", STAMP, DIGEST, LATER)
    cache.keep_only({"b"})
    cache.save()
    assert (kept.open().get("a", STAMP), kept.open().get("b", STAMP)) == (None, DIGEST)


def test_nothing_is_written_when_nothing_is_new(kept: Kept) -> None:
    cache = kept.open()
    assert cache.save()
    assert not Path(kept.state.folder).exists()
    cache.put("a", STAMP, DIGEST, LATER)
    cache.save()
    before = (Path(kept.state.folder) / "x.stat").stat()
    again = kept.open()
    again.put("a", STAMP, DIGEST, LATER)
    again.keep_only({"a"})
    again.save()
    assert (Path(kept.state.folder) / "x.stat").stat() == before


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"null", b"\xff", b'{"version": 9}', b'{"version": 1}', b"[" * 100_000,
     b'{"version": 1, "entries": []}', b'{"version": 1, "entries": {"a": 5}}',
     b'{"version": 1, "entries": {"a": [1, 2]}}'],
)  # fmt: skip
def test_a_cache_that_cannot_be_read_is_an_empty_one(kept: Kept, data: bytes) -> None:
    kept.state.write("x.stat", data)
    assert kept.open().get("a", STAMP) is None


def test_a_cache_that_cannot_be_written_is_told(kept: Kept) -> None:
    cache = kept.open()
    cache.put("a", STAMP, DIGEST, LATER)
    (Path(kept.state.folder) / "x.stat").mkdir(parents=True)
    assert not cache.save()
