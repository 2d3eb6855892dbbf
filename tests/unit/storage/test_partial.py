"""A large file whose making was stopped goes on where it came to, or is begun anew."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mockgen_watch.diagnostics import Diagnostic, Location
from mockgen_watch.digest import digest
from mockgen_watch.errors import FindingsError, MockgenError
from mockgen_watch.storage.containment import Folder
from mockgen_watch.storage.partial import Partials, Progress, Resumable
from mockgen_watch.storage.project_folder import StateFolder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockgen_watch.storage.atomic import Staged

RECORDS = 40
PIECE = 1000
WHAT = ("blake3:key", "s/M/base.ndjson")


class Numbers(Resumable):
    """Records of ``PIECE`` bytes, each a piece, whole after every fourth; one may end the run."""

    def __init__(self, stop: int = -1, error: BaseException | None = None) -> None:
        self.stop = stop
        self.error = error
        self.progress: Progress | None = None
        self.made: list[int] = []

    def begin(self, record: int) -> Iterator[bytes]:
        self.progress = None
        for number in range(record, RECORDS):
            if number == self.stop and self.error is not None:
                raise self.error
            self.made.append(number)
            if number % 4 == 3:
                self.progress = Progress(records=number + 1, size=(number + 1 - record) * PIECE)
            yield piece(number)


def piece(number: int) -> bytes:
    return b"%d" % number * PIECE if number < 10 else (b"%d" % number * PIECE)[:PIECE]


WHOLE = b"".join(map(piece, range(RECORDS)))
DIGEST = digest(WHOLE)


class Scene:
    """A state folder and a folder where files will stand."""

    def __init__(self, home: Path) -> None:
        self.state = home / "state"
        self.target = home / "target"
        self.target.mkdir()
        self.partials = Partials(StateFolder(self.state), step=8 * PIECE)

    def stage(self, source: Numbers, what: tuple[str, str] = WHAT, **others: Any) -> Staged:  # noqa: ANN401
        with Folder.open(self.target) as folder:
            return self.partials.stage(folder, what, source, **others)

    def stopped(self, at: int = 30, error: BaseException | None = None) -> dict[str, Any]:
        """Stop a run at a record; return the mark that it left."""
        with pytest.raises(type(error or KeyboardInterrupt())):
            self.stage(Numbers(at, error or KeyboardInterrupt()))
        mark: dict[str, Any] = json.loads((self.state / "partial/mark.json").read_text())
        return mark

    def data(self) -> Path:
        (found,) = (self.state / "partial").glob("*.tmp")
        return found

    def finished(self, staged: Staged) -> None:
        """Check that all bytes are there, and nothing else is."""
        assert (staged.digest, staged.size) == (DIGEST, len(WHOLE))
        assert [path.name for path in self.target.iterdir()] == [staged.name]
        assert (self.target / staged.name).read_bytes() == WHOLE
        assert not (self.state / "partial").exists()


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_a_run_that_is_not_stopped_leaves_nothing_but_the_file(scene: Scene) -> None:
    source = Numbers()
    scene.finished(scene.stage(source))
    assert source.made == list(range(RECORDS))


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MockgenError("a worker is gone")])
def test_a_stopped_run_goes_on_at_its_last_mark(scene: Scene, error: BaseException) -> None:
    mark = scene.stopped(30, error)
    assert mark["records"] == 24
    assert not list(scene.target.iterdir())
    source = Numbers()
    scene.finished(scene.stage(source))
    assert source.made == list(range(24, RECORDS))


def test_a_run_may_be_stopped_again_and_again(scene: Scene) -> None:
    made = 0
    for stop in (10, 19, 20, 33, 39):
        source = Numbers(stop, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            scene.stage(source)
        made += len(source.made)
    last = Numbers()
    scene.finished(scene.stage(last))
    assert made + len(last.made) < 2 * RECORDS


def test_bytes_behind_the_mark_are_cut_off(scene: Scene) -> None:
    scene.stopped()
    with scene.data().open("ab") as file:
        file.write(b"half a record")
    source = Numbers()
    scene.finished(scene.stage(source))
    assert source.made[0] == 24


@pytest.mark.parametrize("harm", ["cut", "changed", "gone", "no mark", "broken mark", "other mark"])
def test_what_cannot_be_proved_is_made_anew(scene: Scene, harm: str) -> None:
    scene.stopped()
    data, mark = scene.data(), scene.state / "partial/mark.json"
    if harm == "cut":
        data.write_bytes(data.read_bytes()[: 24 * PIECE - 1])
    elif harm == "changed":
        data.write_bytes(b"!" + data.read_bytes()[1:])
    elif harm == "gone":
        data.unlink()
    elif harm == "no mark":
        mark.unlink()
    else:
        mark.write_text("{" if harm == "broken mark" else '{"records": 24}')
    source = Numbers()
    scene.finished(scene.stage(source))
    assert source.made[0] == 0


def test_another_output_does_not_take_it_over(scene: Scene) -> None:
    for what in (("blake3:other", WHAT[1]), (WHAT[0], "s/M/other.ndjson")):
        scene.stopped()
        source = Numbers()
        staged = scene.stage(source, what)
        scene.finished(staged)
        assert source.made[0] == 0
        (scene.target / staged.name).unlink()


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        FindingsError([Diagnostic(code="MG404", message="no", location=Location(path="x"))]),
    ],
)
def test_a_full_disk_and_a_record_that_cannot_be_made_leave_nothing(
    scene: Scene, error: Exception
) -> None:
    with pytest.raises(type(error)):
        scene.stage(Numbers(30, error))
    assert not list(scene.target.iterdir())
    assert not (scene.state / "partial").exists()


def test_a_file_that_is_right_already_is_not_written_again(scene: Scene) -> None:
    scene.stopped()
    assert scene.stage(Numbers(), found=DIGEST).name == ""
    assert not list(scene.target.iterdir())
    assert not (scene.state / "partial").exists()


def test_permissions_are_those_of_the_file_before(scene: Scene) -> None:
    scene.stopped()
    staged = scene.stage(Numbers(), mode=0o640)
    assert (scene.target / staged.name).stat().st_mode & 0o777 == 0o640


def test_what_is_wanted_no_longer_is_removed(scene: Scene) -> None:
    scene.stopped()
    scene.partials.clear({WHAT}, is_whole_tree=True)
    scene.partials.clear(set(), is_whole_tree=False)
    assert scene.data().stat().st_size
    scene.partials.clear({("blake3:new", WHAT[1])}, is_whole_tree=True)
    assert not (scene.state / "partial").exists()


def test_bytes_that_no_mark_tells_of_are_removed(scene: Scene) -> None:
    with pytest.raises(KeyboardInterrupt):
        scene.stage(Numbers(3, KeyboardInterrupt()))
    scene.partials.clear({WHAT}, is_whole_tree=False)
    assert not (scene.state / "partial").exists()


def test_another_file_system_gets_the_file_at_once(scene: Scene) -> None:
    elsewhere = Path("/dev/shm")  # noqa: S108 - it is memory, and no place for secrets
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == scene.target.stat().st_dev:
        pytest.skip("there is one file system alone")
    with tempfile.TemporaryDirectory(dir=elsewhere) as state:
        scene.partials = Partials(StateFolder(Path(state)), step=8 * PIECE)
        with pytest.raises(KeyboardInterrupt):
            scene.stage(Numbers(30, KeyboardInterrupt()))
        assert not list(scene.target.iterdir())
        scene.finished(scene.stage(Numbers()))
