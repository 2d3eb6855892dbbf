"""The snapshot of specs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.digest import digest
from mockgen_watch.errors import StorageError
from mockgen_watch.spec import MAX_BYTES
from mockgen_watch.storage import specs as files
from mockgen_watch.storage.containment import EscapeError
from mockgen_watch.storage.project_folder import StateFolder
from mockgen_watch.storage.specs import MovedError, SpecSnapshot, read_specs
from mockgen_watch.storage.stat_cache import StatCache

if TYPE_CHECKING:
    from pathlib import Path

OLD = 10**18


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = tmp_path / "project"
    write(path / "specs/claims/user_input.yaml", b"a: 1\n")
    write(path / "specs/claims/master.json", b"{}")
    write(path / "specs/base/master.yml", b"b: 2\n")
    return path


def write(path: Path, data: bytes, *, is_old: bool = True) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    if is_old:
        os.utime(path, ns=(OLD, OLD))


def paths(snapshot: SpecSnapshot) -> list[str]:
    return list(snapshot.files)


def problems(snapshot: SpecSnapshot) -> dict[str, str]:
    return {one.location.path: one.code for one in snapshot.problems}


def test_all_specs_are_there_with_bytes_and_digest(project: Path) -> None:
    snapshot = read_specs(project, "specs")
    assert paths(snapshot) == [
        "specs/base/master.yml",
        "specs/claims/master.json",
        "specs/claims/user_input.yaml",
    ]
    assert snapshot.load("specs/claims/user_input.yaml") == b"a: 1\n"
    assert snapshot.digests()["specs/claims/user_input.yaml"] == digest(b"a: 1\n")
    assert snapshot.problems == ()


@pytest.mark.parametrize(
    "name",
    [".user_input.yaml.swp", "4913", "user_input.yaml~", ".#user_input.yaml", "#user_input.yaml#",
     "notes.md", ".hidden.yaml", ".idea/x.yaml", "user_input.yaml.bak", "x.YAML"],
)  # fmt: skip
def test_what_editors_leave_is_no_spec(project: Path, name: str) -> None:
    before = paths(read_specs(project, "specs"))
    write(project / "specs/claims" / name, b"x")
    assert paths(read_specs(project, "specs")) == before


def test_no_specs_folder_is_an_empty_one(tmp_path: Path) -> None:
    assert paths(read_specs(tmp_path, "specs")) == []


def test_the_bytes_stay_those_of_the_snapshot(project: Path) -> None:
    snapshot = read_specs(project, "specs")
    write(project / "specs/claims/user_input.yaml", b"changed")
    assert snapshot.load("specs/claims/user_input.yaml") == b"a: 1\n"


def test_a_file_that_the_cache_knows_is_read_only_when_it_is_asked_for(
    project: Path, tmp_path: Path
) -> None:
    state = StateFolder(tmp_path / "state")
    path = project / "specs/claims/user_input.yaml"
    first = read_specs(project, "specs", age(project, state))
    assert first.files["specs/claims/user_input.yaml"].digest == digest(b"a: 1\n")
    again = read_specs(project, "specs", StatCache(state, "x"))
    assert again.digests() == first.digests()
    assert again.load("specs/claims/user_input.yaml") == b"a: 1\n"
    third = read_specs(project, "specs", StatCache(state, "x"))
    path.write_bytes(b"a: 2\n")
    with pytest.raises(MovedError):
        third.load("specs/claims/user_input.yaml")
    path.unlink()
    with pytest.raises(MovedError):
        third.load("specs/claims/user_input.yaml")


def age(project: Path, state: StateFolder) -> StatCache:
    """Return a saved cache that knows all specs as they stand."""
    cache = StatCache(state, "x")
    for path, file in read_specs(project, "specs").files.items():
        late = max(file.stamp.mtime_ns, file.stamp.ctime_ns) + 10**9
        cache.put(path, file.stamp, file.digest, late)
    assert cache.save()
    return cache


def test_an_edit_of_the_same_size_with_the_old_mtime_is_seen(project: Path, tmp_path: Path) -> None:
    state = StateFolder(tmp_path / "state")
    age(project, state)
    write(project / "specs/claims/user_input.yaml", b"a: 2\n")
    after = read_specs(project, "specs", StatCache(state, "x"))
    assert after.digests()["specs/claims/user_input.yaml"] == digest(b"a: 2\n")


def test_a_link_inside_the_project_is_followed(project: Path, tmp_path: Path) -> None:
    write(project / "shared/master.yaml", b"m")
    write(project / "shared/folder/inner/x.yaml", b"x")
    (project / "specs/claims/linked.yaml").symlink_to("../../shared/master.yaml")
    (project / "specs/tree").symlink_to(project / "shared/folder")
    state = StateFolder(tmp_path / "state")
    for cache in (None, age(project, state), StatCache(state, "x")):
        snapshot = read_specs(project, "specs", cache)
        assert snapshot.problems == ()
        assert snapshot.load("specs/claims/linked.yaml") == b"m"
        assert snapshot.load("specs/tree/inner/x.yaml") == b"x"
        assert snapshot.files["specs/tree/inner/x.yaml"].real_path == "shared/folder/inner/x.yaml"


@pytest.mark.parametrize(
    ("link", "target", "is_told"),
    [
        ("x.yaml", "/etc/hostname", True),
        ("x.yaml", "../../../outside/secret.yaml", True),
        ("x.yaml", "nowhere.yaml", True),
        ("x.yaml", "x.yaml", True),
        ("x.yaml", "/dev/zero", True),
        ("folder", "../../../outside", True),
        ("folder", "/", True),
        ("notes.txt", "/etc/hostname", False),
        ("folder", "nowhere", False),
        ("folder", ".", False),
        ("folder", "..", False),
    ],
)
def test_a_link_that_leads_outside_or_nowhere_is_a_finding(
    project: Path, tmp_path: Path, link: str, target: str, is_told: bool
) -> None:
    write(tmp_path / "outside/secret.yaml", b"secret")
    before = paths(read_specs(project, "specs"))
    (project / "specs/claims" / link).symlink_to(target)
    snapshot = read_specs(project, "specs")
    assert problems(snapshot) == ({f"specs/claims/{link}": "MG113"} if is_told else {})
    left = [path for path in paths(snapshot) if "/folder/" not in path]
    assert left == before
    assert b"secret" not in {snapshot.load(path) for path in snapshot.files}


def test_links_in_a_circle_end(project: Path) -> None:
    for first, second in (("claims", "base"), ("base", "claims")):
        (project / "specs" / first / "other").symlink_to(f"../{second}")
    snapshot = read_specs(project, "specs")
    assert "specs/claims/other/master.yml" in paths(snapshot)
    assert "specs/claims/other/other/other/master.yml" not in paths(snapshot)


def test_links_that_multiply_are_bounded(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The limit is lowered, because reaching the real one takes seconds.
    monkeypatch.setattr(files, "MAX_FOLDERS", 40)
    for first in range(8):
        folder = project / f"specs/{first}"
        folder.mkdir()
        for second in range(8):
            (folder / f"to{second}").symlink_to(f"../{second}")
    snapshot = read_specs(project, "specs")
    assert "more than 40 folders" in " ".join(one.message for one in snapshot.problems)


def test_a_specs_folder_that_is_a_link_is_refused(project: Path, tmp_path: Path) -> None:
    (project / "specs").rename(tmp_path / "moved")
    (project / "specs").symlink_to(tmp_path / "moved")
    with pytest.raises(EscapeError):
        read_specs(project, "specs")


def test_what_is_no_regular_file_is_a_finding(project: Path) -> None:
    os.mkfifo(project / "specs/claims/pipe.yaml")
    (project / "specs/folder.yaml").mkdir()
    write(project / "specs/folder.yaml/user_input.yaml", b"x")
    snapshot = read_specs(project, "specs")
    assert problems(snapshot) == {"specs/claims/pipe.yaml": "MG113"}
    assert "specs/folder.yaml/user_input.yaml" in paths(snapshot)


def test_a_file_over_the_limit_is_a_finding_and_is_not_read(project: Path) -> None:
    path = project / "specs/claims/large.yaml"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    write(project / "specs/claims/fits.yaml", b" " * MAX_BYTES)
    snapshot = read_specs(project, "specs")
    assert problems(snapshot) == {"specs/claims/large.yaml": "MG105"}
    assert len(snapshot.load("specs/claims/fits.yaml")) == MAX_BYTES


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads whatever the mode bits say")
def test_a_file_that_may_not_be_read_is_a_finding(project: Path) -> None:
    (project / "specs/claims/user_input.yaml").chmod(0)
    assert problems(read_specs(project, "specs")) == {"specs/claims/user_input.yaml": "MG113"}


def test_a_project_that_is_no_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        read_specs(tmp_path / "nothing", "specs")
