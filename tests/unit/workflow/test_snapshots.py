"""Snapshots: which are kept, and what becomes of the others."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from mockgen_watch.errors import StorageError
from mockgen_watch.storage.archive import list_archives, members_of, unpack
from mockgen_watch.storage.project_folder import OutputRoot, StateFolder
from mockgen_watch.workflow.snapshots import Retention, clean, expired, moment_of, runs_of

NOW = "20261130T120000.000000Z"
DAYS = [f"202611{day:02d}T120000.000000Z" for day in (1, 10, 20, 29)]
FILES = [f"claims/Model_1_Positive_{day}.json" for day in DAYS]
SPLIT = [f"claims/Model_1_{DAYS[0]}_Record_{number:03d}.json" for number in (1, 2)]

CASES = {
    "the newest two": (Retention(number=2, age=None), {0, 1}),
    "the last week": (Retention(number=None, age=timedelta(weeks=1)), {0, 1, 2}),
    "the last eleven days": (Retention(number=None, age=timedelta(days=11)), {0, 1}),
    "the newest or young": (Retention(number=1, age=timedelta(days=15)), {0, 1}),
    "none": (Retention(number=0, age=None), {0, 1, 2, 3}),
    "all": (Retention(number=9, age=timedelta(0)), set()),
}


@pytest.fixture
def root(tmp_path: Path) -> OutputRoot:
    for name in (*FILES, *SPLIT, "claims/mine.json", "other/Model_1_20269999T120000.000000Z.json"):
        path = tmp_path / "snapshots" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return OutputRoot.in_project(tmp_path, "snapshots", StateFolder(tmp_path / "state"))


def names(folder: Path) -> set[str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix() for path in files}


@pytest.mark.parametrize(("retention", "gone"), CASES.values(), ids=CASES)
def test_a_run_is_kept_for_its_age_or_its_number(retention: Retention, gone: set[int]) -> None:
    now = moment_of(NOW)
    assert now is not None
    found = {path for run in expired(runs_of(FILES), retention, now) for path in run.paths}
    assert found == {FILES[index] for index in gone}


def test_the_records_of_a_split_run_are_one_run() -> None:
    (run,) = runs_of(SPLIT)
    assert run.paths == tuple(SPLIT)


def test_what_is_removed_is_archived_and_comes_back(root: OutputRoot) -> None:
    before = names(Path(root.folder))
    done = clean(root, Retention(number=1, age=None), NOW, has_archive=True, is_dry=False)
    assert done.removed == tuple(sorted(FILES[:3]))
    assert names(Path(root.folder)) == before - set(done.removed) | {f"archive/{NOW}.tar.gz"}
    assert list_archives(root) == [NOW]
    found = list(unpack(root, NOW, members_of(root, NOW)))
    assert found == [(path, True) for path in sorted(FILES[:3])]
    assert (Path(root.folder) / FILES[0]).read_text() == FILES[0]


def test_files_with_other_names_stay(root: OutputRoot) -> None:
    clean(root, Retention(number=0, age=None), NOW, has_archive=False, is_dry=False)
    assert names(Path(root.folder)) == {
        "claims/mine.json",
        "other/Model_1_20269999T120000.000000Z.json",
    }


def test_a_dry_run_removes_nothing(root: OutputRoot) -> None:
    before = names(Path(root.folder))
    done = clean(root, Retention(number=0, age=None), NOW, has_archive=True, is_dry=True)
    assert len(done.removed) == len(FILES) + len(SPLIT)
    assert names(Path(root.folder)) == before


def test_what_comes_back_replaces_nothing(root: OutputRoot) -> None:
    clean(root, Retention(number=0, age=None), NOW, has_archive=True, is_dry=False)
    (Path(root.folder) / FILES[0]).parent.mkdir(parents=True, exist_ok=True)
    (Path(root.folder) / FILES[0]).write_text("mine")
    assert list(unpack(root, NOW, [FILES[0]])) == [(FILES[0], False)]
    assert (Path(root.folder) / FILES[0]).read_text() == "mine"


@pytest.mark.parametrize("keep", [0, 10, 50])
def test_a_damaged_archive_is_told(keep: int, root: OutputRoot) -> None:
    clean(root, Retention(number=0, age=None), NOW, has_archive=True, is_dry=False)
    path = Path(root.folder) / "archive" / f"{NOW}.tar.gz"
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * keep // 100])
    with pytest.raises(StorageError):
        members_of(root, NOW)
