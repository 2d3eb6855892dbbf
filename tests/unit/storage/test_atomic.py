"""Staged files and files that this program alone writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockgen_watch.digest import digest
from mockgen_watch.storage.atomic import BLOCK, TEMPORARY, stage, write_atomically
from mockgen_watch.storage.containment import Folder
from tests.unit.lock.suites import key_of
from tests.unit.storage.projects import files_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder.open(tmp_path)


@pytest.mark.parametrize(
    "sizes", [[], [0], [1], [BLOCK - 1], [BLOCK], [BLOCK + 1], [1, BLOCK, 5], [BLOCK // 3] * 10]
)
def test_chunks_become_one_file_with_its_digest(
    folder: Folder, tmp_path: Path, sizes: list[int]
) -> None:
    chunks = [bytes([65 + number]) * size for number, size in enumerate(sizes)]
    whole = b"".join(chunks)
    staged = stage(folder, chunks)
    assert (staged.size, staged.digest) == (
        len(whole),
        digest(whole),
    )
    assert files_in(tmp_path) == {staged.name: whole}
    assert TEMPORARY.fullmatch(staged.name)
    again = stage(folder, chunks, staged.digest)
    assert (again.name, again.digest) == ("", staged.digest)
    assert files_in(tmp_path) == {staged.name: whole}


def test_small_bytes_that_are_there_already_cause_no_file(folder: Folder, tmp_path: Path) -> None:
    before = tmp_path.stat().st_mtime_ns
    assert stage(folder, [b"same"], key_of("same")).name == ""
    assert tmp_path.stat().st_mtime_ns == before


@pytest.mark.parametrize("size", [10, 3 * BLOCK])
def test_nothing_is_left_when_the_bytes_end_in_an_error(
    folder: Folder, tmp_path: Path, size: int
) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"x" * size
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stage(folder, chunks())
    assert files_in(tmp_path) == {}


def test_a_temporary_name_that_is_taken_is_passed_over(folder: Folder, tmp_path: Path) -> None:
    first = stage(folder, [b"1"])
    stem, number, _ = first.name.replace("-", ".").rsplit(".", 2)
    assert stem
    for ahead in range(1, 4):
        name = first.name.replace(f"-{number}.", f"-{int(number) + ahead}.")
        (tmp_path / name).write_bytes(b"left")
    staged = stage(folder, [b"2"])
    assert (tmp_path / staged.name).read_bytes() == b"2"
    assert len(files_in(tmp_path)) == 5


def test_a_file_of_our_own_is_replaced(folder: Folder, tmp_path: Path) -> None:
    for data in (b"one", b"", b"two"):
        write_atomically(folder, "name", data)
        assert files_in(tmp_path) == {"name": data}
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        write_atomically(folder, "folder", b"x")
    assert files_in(tmp_path) == {"name": b"two"}
