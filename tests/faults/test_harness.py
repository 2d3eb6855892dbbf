"""What kills and traces is honest: it finds what is wrong, and leaves nothing behind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.careless import FILES, prepare
from tests.faults.kills import Kills
from tests.faults.scene import Scene
from tests.faults.strace import Server, needs_strace
from tests.faults.trees import Tree, read_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = needs_strace


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server("careless") as server:
        yield server


def look(_: Scene, tree: Tree) -> str:
    texts = {tree[name].data for name in FILES if name in tree}
    assert texts in ({b"old"}, {b"new"}, {b"old", b"new"}), "a file is half written"
    return "mixed" if len(texts) > 1 else "whole"


def judge(scene: Scene) -> None:
    scene.run(*scene.words)
    assert read_tree(scene.place) == scene.done, "the next run does not make up for it"


def kill_at_all(server: Server, path: Path, *words: str) -> Kills:
    scene = Scene.of(server, prepare(path / "project"), *words)
    kills = Kills(scene=scene, look=look, judge=judge)
    kills.kill_at_all(scene.calls)
    assert kills.count == len(scene.calls)
    return kills


def test_work_that_is_made_up_for_has_no_failures(server: Server, tmp_path: Path) -> None:
    kills = kill_at_all(server, tmp_path, "one", "two", "aside")
    assert kills.failures == []
    assert kills.states.keys() == {"whole", "mixed"}
    # Each of the two is there as it was, made, written, and renamed.
    assert len(kills.judged) == 6


def test_a_file_that_is_cut_short_is_found(server: Server, tmp_path: Path) -> None:
    kills = kill_at_all(server, tmp_path, "one")
    assert all("a file is half written" in failure for failure in kills.failures)
    assert any(failure.startswith("write-") for failure in kills.failures)


def test_what_the_next_run_does_not_make_up_for_is_found(server: Server, tmp_path: Path) -> None:
    scene = Scene.of(server, prepare(tmp_path / "project"), "one", "aside")
    # The next run is another one, which does not go on with what this one began.
    kills = Kills(scene=scene, look=look, judge=lambda _: judge(replace(scene, words=("two",))))
    kills.kill_at_all(scene.calls)
    assert kills.count == len(kills.failures)
    assert all("does not make up" in failure for failure in kills.failures)


def test_a_call_that_is_not_reached_or_another_one_is_no_kill(
    server: Server, tmp_path: Path
) -> None:
    scene = Scene.of(server, prepare(tmp_path / "project"), "one")
    write = next(call for call in scene.calls if call.name == "write")
    with pytest.raises(AssertionError, match="was not reached"):
        server.kill(replace(write, number=write.number + 1), scene.copy(), "one")
    with pytest.raises(AssertionError, match="is not"):
        server.kill(replace(write, text='5, "other", 5) = 5'), scene.copy(), "one")


@pytest.mark.parametrize("options", [(), ("-e", "trace=read")], ids=["waiting", "traced"])
def test_nothing_that_was_begun_is_left(options: tuple[str, ...], tmp_path: Path) -> None:
    project = prepare(tmp_path / "project")

    def fail() -> None:
        with Server("careless") as server:
            children.append(server.begin(project, ("one",), options))
            assert is_alive(children[0])
            raise ZeroDivisionError

    children: list[int] = []
    with pytest.raises(ZeroDivisionError):
        fail()
    assert not is_alive(children[0])
    assert (project / "one").read_text() == "old"


def is_alive(number: int) -> bool:
    """Tell whether a process has memory: one that has ended may still have its number."""
    try:
        return bool(Path(f"/proc/{number}/cmdline").read_bytes())
    except FileNotFoundError:
        return False
