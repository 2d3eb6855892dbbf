"""First files of a project: what is there already is never lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockgen_watch.errors import StorageError
from mockgen_watch.storage.containment import Folder
from mockgen_watch.storage.multi import UserFile, WriteResult, add_lines, write_user_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Folder]:
    with Folder.open(tmp_path) as folder:
        yield folder


def texts(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_new_file_is_written_with_its_folders(project: Folder, tmp_path: Path) -> None:
    done = write_user_file(project, "specs/people/user_input.yaml", b"new\n")
    assert done == UserFile(path="specs/people/user_input.yaml", result=WriteResult.CREATED)
    assert texts(tmp_path) == {"specs/people/user_input.yaml": b"new\n"}


@pytest.mark.parametrize(
    ("found", "replace", "result", "left"),
    [
        (b"new\n", False, WriteResult.SAME, {"a": b"new\n"}),
        (b"new\n", True, WriteResult.SAME, {"a": b"new\n"}),
        (b"mine\n", False, WriteResult.KEPT, {"a": b"mine\n"}),
        (b"mine\n", True, WriteResult.REPLACED, {"a": b"new\n", "a.bak": b"mine\n"}),
    ],
)
def test_a_file_that_is_there_is_not_lost(
    project: Folder,
    tmp_path: Path,
    found: bytes,
    replace: bool,
    result: WriteResult,
    left: dict[str, bytes],
) -> None:
    (tmp_path / "a").write_bytes(found)
    done = write_user_file(project, "a", b"new\n", replace=replace)
    assert (done.result, done.kept_as) == (result, "a.bak" if "a.bak" in left else "")
    assert texts(tmp_path) == left


def test_each_replaced_file_has_a_name_of_its_own(project: Folder, tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s/a").write_bytes(b"first")
    formers = [write_user_file(project, "s/a", data, replace=True).kept_as for data in (b"2", b"3")]
    assert formers == ["s/a.bak", "s/a.bak1"]
    assert texts(tmp_path) == {"s/a": b"3", "s/a.bak": b"first", "s/a.bak1": b"2"}


def test_a_file_that_means_the_same_keeps_another_one_out(project: Folder, tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs/mockgen.json").write_bytes(b"{}")
    done = write_user_file(project, "specs/mockgen.yaml", b"new", ["mockgen.yml", "mockgen.json"])
    assert done == UserFile(path="specs/mockgen.json", result=WriteResult.KEPT)
    assert texts(tmp_path) == {"specs/mockgen.json": b"{}"}


def test_a_link_is_kept_and_never_written_through(
    project: Folder, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "canary").write_bytes(b"alive")
    (tmp_path / "a").symlink_to(outside / "canary")
    (tmp_path / "folder").symlink_to(outside)
    assert write_user_file(project, "a", b"new").result is WriteResult.KEPT
    with pytest.raises(StorageError, match="symbolic link"):
        write_user_file(project, "folder/b", b"new")
    with pytest.raises(StorageError, match="symbolic link"):
        add_lines(project, "a", ["x"])
    assert texts(outside) == {"canary": b"alive"}


def test_reresult_a_link_keeps_the_link_and_what_it_leads_to(
    project: Folder, tmp_path: Path
) -> None:
    (tmp_path / "target").write_bytes(b"mine")
    (tmp_path / "a").symlink_to("target")
    assert write_user_file(project, "a", b"new", replace=True).result is WriteResult.REPLACED
    assert (tmp_path / "a.bak").is_symlink()
    assert texts(tmp_path) == {"a": b"new", "a.bak": b"mine", "target": b"mine"}


@pytest.mark.parametrize(
    ("found", "left", "result"),
    [
        (None, b"one\ntwo\n", WriteResult.CREATED),
        (b"", b"one\ntwo\n", WriteResult.EXTENDED),
        (b"zero\n", b"zero\none\ntwo\n", WriteResult.EXTENDED),
        (b"zero", b"zero\none\ntwo\n", WriteResult.EXTENDED),
        (b"two\r\nzero\n", b"two\r\nzero\none\n", WriteResult.EXTENDED),
        (b"\xff two\n one \n", b"\xff two\n one \ntwo\n", WriteResult.EXTENDED),
        (b"two\none", b"two\none", WriteResult.SAME),
    ],
)
def test_only_the_missing_lines_are_added(
    project: Folder, tmp_path: Path, found: bytes | None, left: bytes, result: WriteResult
) -> None:
    if found is not None:
        (tmp_path / ".gitignore").write_bytes(found)
    assert add_lines(project, ".gitignore", ["one", "two"]).result is result
    assert texts(tmp_path) == {".gitignore": left}
    assert add_lines(project, ".gitignore", ["one", "two"]).result is WriteResult.SAME
    assert texts(tmp_path) == {".gitignore": left}
