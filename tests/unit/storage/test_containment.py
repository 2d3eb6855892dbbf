"""Folders by handle, and by path where a system has no handles."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from mockgen_watch.errors import StorageError
from mockgen_watch.storage.containment import EscapeError, Folder, naming
from mockgen_watch.storage.project_folder import OutputRoot, StateFolder
from tests.unit.lock.suites import wanted_output, wanted_suite
from tests.unit.storage.projects import Project, after_each_file, files_in

CANARY = b"outside"


@pytest.fixture(params=[True, False], ids=["handle", "path"])
def top(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/canary").write_bytes(CANARY)
    (tmp_path / "root").mkdir()
    return Folder.open(tmp_path / "root", "root", by_handle=request.param)


def read(folder: Folder, name: str) -> bytes:
    with os.fdopen(folder.read(name), "rb") as file:
        return file.read()


def write(folder: Folder, name: str, data: bytes) -> None:
    with os.fdopen(folder.create(name), "wb") as file:
        file.write(data)


def test_files_are_made_read_renamed_linked_and_removed(top: Folder, tmp_path: Path) -> None:
    with top.walk("a/b", create=True) as folder:
        assert folder.label == "root/a/b"
        write(folder, "one", b"1")
        assert read(folder, "one") == b"1"
        folder.link("one", "two")
        folder.replace("one", "three")
        assert [entry.name for entry in folder.entries()] == ["three", "two"]
        folder.unlink("two")
        folder.sync()
        assert folder.status("two") is None
    assert files_in(tmp_path / "root") == {"a/b/three": b"1"}
    with pytest.raises(FileExistsError), top.walk("a/b") as folder:
        write(folder, "three", b"")
    with top.walk("") as again:
        assert again.identity() == top.identity()


def test_an_empty_folder_is_removed(top: Folder, tmp_path: Path) -> None:
    top.enter("a", create=True).close()
    top.remove_empty("a")
    assert list((tmp_path / "root").iterdir()) == []


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "/etc", "nul\0"])
def test_a_name_that_is_no_name_is_refused(top: Folder, name: str) -> None:
    for call in (top.enter, top.read, top.create):
        with pytest.raises(EscapeError):
            call(name)
    if name != "a/b":
        with pytest.raises(EscapeError):
            top.walk(f"{name}/x", create=True)
    for change in (top.replace, top.link):
        with pytest.raises(EscapeError):
            change("x", name)


@pytest.mark.parametrize("target", ["../outside", "inside", "nowhere", "."])
def test_a_link_is_never_gone_over(top: Folder, tmp_path: Path, target: str) -> None:
    (tmp_path / "root/inside").mkdir()
    (tmp_path / "root/way").symlink_to(target)
    for create in (False, True):
        with pytest.raises(EscapeError) as caught:
            top.walk("way/x", create=create)
        assert caught.value.errno_name == "ELOOP"
    assert files_in(tmp_path / "outside") == {"canary": CANARY}


@pytest.mark.parametrize("target", ["../outside/canary", "file", "nowhere"])
def test_a_linked_file_is_neither_read_nor_written(
    top: Folder, tmp_path: Path, target: str
) -> None:
    write(top, "file", b"inside")
    (tmp_path / "root/way").symlink_to(target)
    with pytest.raises(OSError, match="symbolic links") as caught:
        top.read("way")
    assert caught.value.errno == errno.ELOOP
    with pytest.raises(FileExistsError):
        top.create("way")
    assert files_in(tmp_path / "outside") == {"canary": CANARY}


def test_a_fifo_is_not_waited_for(top: Folder, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "root/pipe")
    with pytest.raises(OSError, match="not a regular file"):
        top.read("pipe")


def test_what_is_no_folder_is_not_entered(top: Folder) -> None:
    write(top, "file", b"")
    with pytest.raises(NotADirectoryError):
        top.enter("file")
    with pytest.raises(NotADirectoryError):
        top.walk("file/x", create=True)
    with pytest.raises(FileNotFoundError):
        top.enter("nothing")


def test_handles_are_given_back(top: Folder) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(50):
        top.walk("a/b/c", create=True).close()
        with pytest.raises(FileNotFoundError):
            top.walk("a/b/d/e")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_root_that_is_no_folder_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for by_handle in (True, False):
        with pytest.raises(NotADirectoryError):
            Folder.open(tmp_path / "file", by_handle=by_handle)


def test_an_error_of_the_system_is_told_with_path_and_errno() -> None:
    with pytest.raises(StorageError) as caught, naming("x/y"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert str(caught.value) == "x/y: No space left on device [ENOSPC]"
    assert caught.value.errno_name == "ENOSPC"


@pytest.mark.parametrize(
    "path", ["../x", "/etc", "a/../../x", "..", ".", "", "a//b", ".git", ".git/hooks", "a/.git"]
)
def test_a_project_cannot_name_an_output_folder_outside_of_it(tmp_path: Path, path: str) -> None:
    with pytest.raises(EscapeError):
        OutputRoot.in_project(tmp_path, path, StateFolder(tmp_path / "state"))


class TestHostileTrees:
    """Links that were in the repository before the first run."""

    SUITE = wanted_suite(wanted_output("positive"), wanted_output("negative"))

    @pytest.fixture
    def outside(self, tmp_path: Path) -> Path:
        outside = tmp_path / "outside"
        (outside / "Model_1").mkdir(parents=True)
        (outside / "canary").write_bytes(CANARY)
        (outside / "Model_1/positive.json").write_bytes(CANARY)
        return outside

    @pytest.fixture
    def project(self, tmp_path: Path) -> Project:
        (tmp_path / "project/specs").mkdir(parents=True)
        return Project(path=tmp_path / "project")

    def assert_untouched(self, outside: Path) -> None:
        assert files_in(outside) == {"canary": CANARY, "Model_1/positive.json": CANARY}

    @pytest.mark.parametrize("is_absolute", [False, True])
    @pytest.mark.parametrize(
        ("link", "target"),
        [
            ("mock_outputs", "outside"),
            ("mock_outputs", "project/specs"),
            ("mock_outputs/claims", "outside"),
            ("mock_outputs/claims/Model_1", "outside/Model_1"),
            ("mock_outputs/claims/Model_1", "project/specs"),
            ("mock_outputs/claims/Model_1/positive.json", "outside/canary"),
            ("mock_outputs/claims/Model_1/positive.json", "outside/nothing"),
            ("mock_outputs/claims/Model_1/positive.json", "outside"),
            ("mock_outputs/claims/mockgen.lock", "outside/canary"),
            ("mock_outputs/claims/mockgen.lock", "outside/nothing"),
        ],
    )
    def test_a_link_in_the_output_folder_leads_no_byte_outside(
        self,
        project: Project,
        outside: Path,
        tmp_path: Path,
        link: str,
        target: str,
        is_absolute: bool,
    ) -> None:
        place = project.path / link
        place.parent.mkdir(parents=True, exist_ok=True)
        aim = tmp_path / target
        place.symlink_to(aim if is_absolute else os.path.relpath(aim, place.parent))
        for is_forced in (False, True):
            self.run_somehow(project, is_forced=is_forced)
            self.assert_untouched(outside)
            assert place.is_symlink()
            assert files_in(project.path / "specs") == {}

    def run_somehow(self, project: Project, *, is_forced: bool) -> None:
        try:
            outcome = project.run(self.SUITE, is_forced=is_forced)
        except EscapeError:
            return
        told = [one.file.obstacle for one in outcome.refusals if one.file.obstacle]
        assert told or outcome.failures or "claims" not in outcome.committed

    @pytest.mark.parametrize("name", ["Model_1", "Model_1/positive.json", "mockgen.lock"])
    def test_a_link_that_appears_during_the_run_leads_no_byte_outside(
        self, project: Project, outside: Path, name: str
    ) -> None:
        project.run(self.SUITE)
        changed = wanted_suite(wanted_output("positive", "2"), wanted_output("negative"))
        place = project.outputs / "claims" / name

        def hook(path: str) -> None:
            if path.endswith("negative.json"):
                place.rename(outside.parent / "moved")
                place.symlink_to(outside / name)

        with after_each_file(hook):
            project.run(changed)
        self.assert_untouched(outside)

    def test_a_folder_that_a_lockfile_names_is_not_gone_over_to_delete(
        self, project: Project, outside: Path
    ) -> None:
        project.run(self.SUITE)
        model = project.outputs / "claims/Model_1"
        (outside / "Model_1/positive.json").unlink()
        model.rename(outside / "Model_1/real")
        model.symlink_to(outside / "Model_1/real")
        before = files_in(outside)
        outcome = project.run()
        assert outcome.refusals
        assert files_in(outside) == before

    def test_an_output_folder_that_a_person_names_may_be_a_link(
        self, project: Project, outside: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "link").symlink_to(outside)
        root = OutputRoot.at(tmp_path / "link", project.state)
        with root.open(create=True) as folder:
            assert read(folder, "canary") == CANARY
