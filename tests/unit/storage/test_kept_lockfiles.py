"""Lockfiles that were replaced: kept before each replacement, the last few, and brought back."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from mockgen_watch.cli.main import main
from mockgen_watch.storage import backup
from mockgen_watch.storage.archive import restore_lockfile
from mockgen_watch.storage.backup import MOST_LOCKFILES, keep_lockfile, list_lockfiles
from mockgen_watch.storage.project_folder import OutputRoot, StateFolder

LOCK = "mock_outputs/m/mockgen.lock"


def root_in(path: Path, state: Path | None = None) -> OutputRoot:
    (path / "out" / "m").mkdir(parents=True, exist_ok=True)
    return OutputRoot(
        base=str(path), inner="out", label="out", state=StateFolder(state or path / "state")
    )


def rewrite(root: OutputRoot, text: str) -> None:
    """Replace the lockfile as a run does: another file takes its name."""
    path = Path(root.folder) / "m" / "mockgen.lock"
    with root.open() as top, top.walk("m") as folder:
        keep_lockfile(root, folder, "mockgen.lock", "m/mockgen.lock")
    path.with_name("new").write_text(text)
    path.with_name("new").replace(path)


def texts(root: OutputRoot) -> list[str]:
    files = sorted((Path(root.state.folder) / "former").glob("*/0*"))
    return [file.read_text() for file in files]


def test_the_last_few_are_kept(tmp_path: Path) -> None:
    root = root_in(tmp_path)
    for number in range(MOST_LOCKFILES + 4):
        rewrite(root, str(number))
    assert texts(root) == [str(number) for number in range(3, MOST_LOCKFILES + 3)]
    assert [one.name for one in list_lockfiles(root.state)][
        -1
    ] == f"out/m/mockgen.lock@{MOST_LOCKFILES + 3:06d}"


def test_of_large_ones_the_last_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "MOST_BYTES", 25)
    root = root_in(tmp_path)
    for number in range(5):
        rewrite(root, f"{number}" * 10)
    assert texts(root) == ["2" * 10, "3" * 10]
    rewrite(root, "x" * 99)
    rewrite(root, "y")
    assert texts(root) == ["x" * 99]


def test_a_run_that_was_cut_short_is_not_kept_twice(tmp_path: Path) -> None:
    root = root_in(tmp_path)
    rewrite(root, "first")
    for _ in range(3):
        with root.open() as top, top.walk("m") as folder:
            keep_lockfile(root, folder, "mockgen.lock", "m/mockgen.lock")
    assert texts(root) == ["first"]


def test_a_state_folder_on_another_disk_gets_copies(tmp_path: Path) -> None:
    memory = Path("/dev/shm")  # noqa: S108 - another file system is what is wanted
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs a second file system")
    state = Path(tempfile.mkdtemp(dir=memory))
    try:
        root = root_in(tmp_path, state)
        for text in ("first", "second", "third"):
            rewrite(root, text)
        assert texts(root) == ["first", "second"]
        assert not list(state.rglob(".mockgen-*"))
        restore_lockfile(root, list_lockfiles(root.state)[0])
        assert (Path(root.folder) / "m" / "mockgen.lock").read_text() == "first"
        assert texts(root) == ["first", "second", "third"]
    finally:
        shutil.rmtree(state)


def test_what_says_nothing_of_its_lockfile_is_passed_over(tmp_path: Path) -> None:
    root = root_in(tmp_path)
    rewrite(root, "first")
    rewrite(root, "second")
    (about,) = (tmp_path / "state" / "former").glob("*/about.json")
    about.write_text("{")
    assert list_lockfiles(root.state) == []


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "specs" / "m").mkdir(parents=True)
    return tmp_path


def generate(project: Path, value: str) -> str:
    (project / "specs" / "m" / "user_input.yaml").write_text(f"Model_1: {{a: {value}}}\n")
    assert main(["-C", str(project), "-q", "generate"]) == 0
    return (project / LOCK).read_text()


def test_generate_keeps_what_it_rewrites_and_restore_brings_it_back(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    first, second, third = (generate(project, value) for value in ("x", "y", "z"))
    assert main(["-C", str(project), "restore", "--list"]) == 0
    assert capfd.readouterr().out == f"lockfile  {LOCK}@000001\nlockfile  {LOCK}@000002\n"
    assert main(["-C", str(project), "restore", LOCK]) == 0
    assert (project / LOCK).read_text() == second
    assert main(["-C", str(project), "restore", f"./{LOCK}@000001"]) == 0
    assert (project / LOCK).read_text() == first
    assert main(["-C", str(project), "restore", f"{LOCK}@000003"]) == 0
    assert (project / LOCK).read_text() == third


def test_nothing_is_kept_when_nothing_is_rewritten(project: Path) -> None:
    generate(project, "x")
    generate(project, "x")
    assert list_lockfiles(StateFolder.of(project)) == []


def test_the_lockfile_of_a_suite_that_goes_comes_back_too(project: Path) -> None:
    first = generate(project, "x")
    shutil.move(project / "specs" / "m", project / "m")
    (project / "specs" / "n").mkdir()
    shutil.move(project / "m" / "user_input.yaml", project / "specs" / "n")
    assert main(["-C", str(project), "-q", "generate"]) == 0
    assert not (project / LOCK).exists()
    assert main(["-C", str(project), "restore", LOCK]) == 0
    assert (project / LOCK).read_text() == first


@pytest.mark.parametrize("name", [f"{LOCK}@000009", "mock_outputs/n/mockgen.lock"])
def test_a_lockfile_that_was_never_replaced_is_told(
    name: str, project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    generate(project, "x")
    generate(project, "y")
    assert main(["-C", str(project), "restore", name]) == 2
    assert name.partition("@")[0] in capfd.readouterr().err
