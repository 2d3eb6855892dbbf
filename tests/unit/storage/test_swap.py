"""Files that take each other's place, with the system's exchange and without it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from mockgen_watch.storage import swap
from mockgen_watch.storage.atomic import digest_file, stage
from mockgen_watch.storage.containment import Folder
from mockgen_watch.storage.project_folder import OutputRoot, StateFolder
from mockgen_watch.storage.stat_cache import StatCache
from mockgen_watch.storage.swap import Place, Placed, Placer, put_back, put_new, swap_in
from tests.unit.lock.suites import key_of
from tests.unit.storage.projects import files_in


class NoLinks(Folder):
    """A folder of a file system without second names."""

    def link(self, source: str, target: str, into: Folder | None = None) -> None:
        del into
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), f"{source} {target}")


@pytest.fixture(params=["exchange", "link", "rename", "path"])
def folder(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Folder:
    path = tmp_path / "folder"
    path.mkdir()
    kind = NoLinks if request.param == "rename" else Folder
    if request.param in {"link", "rename"}:
        monkeypatch.setattr(swap, "_renameat2", lambda: None)
    return kind.open(path, by_handle=request.param != "path")


@pytest.fixture
def path(folder: Folder, tmp_path: Path) -> Path:
    assert folder is not None
    return tmp_path / "folder"


def staged(folder: Folder, data: bytes) -> str:
    return stage(folder, (data,)).name


def test_a_new_file_takes_a_free_name(folder: Folder, path: Path) -> None:
    assert put_new(folder, staged(folder, b"new"), "name")
    assert files_in(path) == {"name": b"new"}


def test_a_name_that_is_taken_is_left(folder: Folder, path: Path) -> None:
    (path / "name").write_bytes(b"theirs")
    assert not put_new(folder, staged(folder, b"new"), "name")
    assert (path / "name").read_bytes() == b"theirs"


def test_the_old_file_is_swapped_out_whole(folder: Folder, path: Path) -> None:
    (path / "name").write_bytes(b"old")
    aside = swap_in(folder, staged(folder, b"new"), "name")
    assert files_in(path) == {"name": b"new", aside: b"old"}
    status = (path / "name").stat()
    assert put_back(folder, aside, "name", (status.st_dev, status.st_ino))
    assert files_in(path) == {"name": b"old"}


def test_a_file_that_has_gone_cannot_be_swapped_out(folder: Folder, path: Path) -> None:
    temporary = staged(folder, b"new")
    with pytest.raises(FileNotFoundError):
        swap_in(folder, temporary, "name")
    assert files_in(path) == {temporary: b"new"}


class Meddler(Folder):
    """A folder in which somebody saves ``name`` just as its file is swapped."""

    saves: list[bytes]
    by_rename: bool
    home: Path

    def replace(self, source: str, target: str) -> None:
        super().replace(source, target)
        if source.endswith(".tmp") and self.saves:
            data = self.saves.pop()
            if self.by_rename:
                (self.home / "editor").write_bytes(data)
                (self.home / "editor").replace(self.home / "name")
            else:
                (self.home / "name").write_bytes(data)


@pytest.mark.parametrize("by_rename", [False, True])
@pytest.mark.parametrize("is_forced", [False, True])
def test_a_save_between_check_and_swap_is_found(
    tmp_path: Path, by_rename: bool, is_forced: bool
) -> None:
    home = tmp_path / "out"
    home.mkdir()
    (home / "name").write_bytes(b"old")
    state = StateFolder(tmp_path / "state")
    placer = Placer(OutputRoot.at(home, state), StatCache(state, "x"))
    folder = Meddler.open(home)
    folder.saves, folder.by_rename, folder.home = [b"by"], by_rename, home
    new = stage(folder, (b"new",))
    place = Place(
        folder=folder, name="name", path="name", known={key_of("old")}, is_forced=is_forced
    )
    placed = placer.put(place, new.name, new.digest)
    if is_forced:
        assert placed is Placed.REPLACED
        assert files_in(home) == {"name": b"new"}
        assert (Path(state.folder) / "backups/000001/bytes").read_bytes() == b"by"
    else:
        assert placed is Placed.REFUSED
        assert files_in(home) == {"name": b"by"}


def test_a_second_save_during_the_way_back_stays_and_the_first_becomes_a_backup(
    tmp_path: Path,
) -> None:
    home = tmp_path / "out"
    home.mkdir()
    (home / "name").write_bytes(b"first save")
    folder = Folder.open(home)
    aside = swap_in(folder, staged(folder, b"new"), "name")
    status = (home / "name").stat()
    (home / "editor").write_bytes(b"second save")
    (home / "editor").replace(home / "name")
    assert not put_back(folder, aside, "name", (status.st_dev, status.st_ino))
    assert files_in(home) == {"name": b"second save", aside: b"first save"}


def test_a_removal_looks_again_at_what_it_took(tmp_path: Path) -> None:
    home = tmp_path / "out"
    home.mkdir()
    (home / "name").write_bytes(b"old")
    state = StateFolder(tmp_path / "state")
    placer = Placer(OutputRoot.at(home, state), StatCache(state, "x"))

    class Late(Folder):
        def replace(self, source: str, target: str) -> None:
            (home / "name").write_bytes(b"by hand")
            super().replace(source, target)

    place = Place(folder=Late.open(home), name="name", path="name", known={key_of("old")})
    assert placer.remove(place) is Placed.REFUSED
    assert files_in(home) == {"name": b"by hand"}


def test_equal_bytes_are_not_replaced(tmp_path: Path) -> None:
    home = tmp_path / "out"
    home.mkdir()
    (home / "name").write_bytes(b"new")
    state = StateFolder(tmp_path / "state")
    placer = Placer(OutputRoot.at(home, state), StatCache(state, "x"))
    folder = Folder.open(home)
    new = stage(folder, (b"new",))
    before = (home / "name").stat()
    place = Place(folder=folder, name="name", path="name", known=set())
    assert placer.put(place, new.name, new.digest) is Placed.SAME
    assert (home / "name").stat() == before
    assert digest_file(folder.read("name")) == new.digest
