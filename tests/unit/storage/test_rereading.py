"""A second look at what moved gives what a first look at everything would give."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.storage.outputs import (
    OutputTree,
    merge_trees,
    read_outputs,
    reread_outputs,
    reread_specs,
)
from mockgen_watch.storage.project_folder import OutputRoot, StateFolder
from mockgen_watch.storage.specs import SpecSnapshot, read_specs
from mockgen_watch.storage.stat_cache import StatCache
from mockgen_watch.workflow.generate import generate
from mockgen_watch.workflow.project import open_project
from mockgen_watch.workflow.targets import Request

if TYPE_CHECKING:
    from collections.abc import Callable

SPEC = "Order:\n  id: [one]\n  $scenarios: {base: {$count: 2}}\n"
SUITES = ("a", "a/inner", "b", "c")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for suite in SUITES:
        path = tmp_path / "specs" / suite / "user_input.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SPEC)
    generate(open_project(tmp_path), Request())
    return tmp_path


def write(path: Path, text: str = "Order: {}\n") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


SPEC_CHANGES: dict[str, tuple[Callable[[Path], object], list[str]]] = {
    "nothing": (lambda specs: specs, ["specs/a/user_input.yaml"]),
    "other bytes": (lambda specs: write(specs / "a/user_input.yaml"), ["specs/a/user_input.yaml"]),
    "a new file": (lambda specs: write(specs / "a/master.yaml"), ["specs/a/master.yaml"]),
    "a new folder": (lambda specs: write(specs / "n/x/user_input.yaml"), ["specs/n"]),
    "a file in a new folder": (
        lambda specs: write(specs / "n/x/user_input.yaml"),
        ["specs/n/x/user_input.yaml"],
    ),
    "a file gone": (
        lambda specs: (specs / "b/user_input.yaml").unlink(),
        ["specs/b/user_input.yaml"],
    ),
    "a folder gone": (lambda specs: shutil.rmtree(specs / "a"), ["specs/a"]),
    "a file of a folder that is gone": (
        lambda specs: shutil.rmtree(specs / "c"),
        ["specs/c/user_input.yaml"],
    ),
    "a folder renamed": (lambda specs: (specs / "a").rename(specs / "z"), ["specs/a", "specs/z"]),
    "a hidden file": (lambda specs: write(specs / "a/.x.yaml"), ["specs/a/.x.yaml", "specs/b"]),
    "a text that is no pool": (lambda specs: write(specs / "a/x.txt"), ["specs/a/x.txt"]),
    "a pool": (lambda specs: write(specs / "_vocab/x.txt"), ["specs/_vocab/x.txt"]),
}


@pytest.mark.parametrize(("change", "paths"), SPEC_CHANGES.values(), ids=SPEC_CHANGES.keys())
def test_specs_looked_at_again(
    project: Path, change: Callable[[Path], object], paths: list[str]
) -> None:
    cache = StatCache(StateFolder.of(project), "test.stat")
    before = read_specs(project, "specs", cache)
    change(project / "specs")
    again = reread_specs(before, paths, cache)
    now = read_specs(project, "specs")
    assert isinstance(again, SpecSnapshot)
    assert again.files == now.files
    assert again.problems == now.problems
    assert list(again.files) == sorted(again.files)
    for path in again.files:
        assert again.load(path) == (project / path).read_bytes()


def link(specs: Path) -> None:
    (specs / "b/master.yaml").symlink_to(specs / "a/user_input.yaml")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (link, "specs/b/master.yaml"),
        (lambda specs: (specs / "d").symlink_to(specs / "a"), "specs/d"),
    ],
)
def test_links_need_a_look_at_everything(
    project: Path, change: Callable[[Path], object], path: str
) -> None:
    cache = StatCache(StateFolder.of(project), "test.stat")
    before = read_specs(project, "specs", cache)
    change(project / "specs")
    assert reread_specs(before, [path], cache) is None
    # Beside a link that was there before, too: what it leads to may be what moved.
    assert reread_specs(read_specs(project, "specs"), ["specs/c"], cache) is None


OUTPUT_CHANGES: dict[str, tuple[Callable[[Path], object], list[str]]] = {
    "nothing": (lambda top: top, ["a"]),
    "an output edited": (lambda top: write(top / "b/Order/base.json"), ["b"]),
    "an output gone": (lambda top: (top / "b/Order/base.json").unlink(), ["b"]),
    "a lockfile edited": (lambda top: write(top / "b/mockgen.lock"), ["b"]),
    "a lockfile gone": (lambda top: (top / "a/mockgen.lock").unlink(), ["a"]),
    "a suite gone": (lambda top: shutil.rmtree(top / "a"), ["a"]),
    "a suite renamed": (lambda top: (top / "b").rename(top / "z"), ["b", "z"]),
    "a suite in a new folder": (
        lambda top: shutil.copytree(top / "b", top / "n/x"),
        ["n/x"],
    ),
    "a folder in the way": (lambda top: (top / "b/Order/new.json").mkdir(), ["b"]),
    "a link in the way": (lambda top: (top / "b/x").symlink_to(top / "a"), ["b"]),
    "what a kill left": (lambda top: write(top / "b/.mockgen-1-1.tmp"), ["b"]),
}


@pytest.mark.parametrize(("change", "folders"), OUTPUT_CHANGES.values(), ids=OUTPUT_CHANGES.keys())
def test_outputs_looked_at_again(
    project: Path, change: Callable[[Path], object], folders: list[str]
) -> None:
    root = OutputRoot.in_project(project, "mock_outputs", StateFolder.of(project))
    before = read_outputs(root)
    change(Path(root.folder))
    again = reread_outputs(before, folders)
    assert again is not None
    now = told(read_outputs(root))
    assert told(again)["locks"] == now["locks"]
    assert told(merge_trees(before, again, folders)) == now


def told(tree: OutputTree) -> dict[str, object]:
    return {
        name: getattr(tree, name)
        for name in ("identity", "stamps", "obstacles", "folders", "locks", "lock_digests")
    } | {"leftovers": sorted(tree.leftovers), "journal": tree.journal}


def copy_in_its_place(top: Path) -> None:
    shutil.copytree(top, top.with_name("copy"))
    shutil.rmtree(top)
    top.with_name("copy").rename(top)


def file_for_a_folder(top: Path) -> None:
    shutil.rmtree(top / "b")
    (top / "b").write_text("")


def link_for_a_folder(top: Path) -> None:
    shutil.rmtree(top / "b")
    (top / "b").symlink_to(top / "a")


@pytest.mark.parametrize(
    "change", [shutil.rmtree, copy_in_its_place, file_for_a_folder, link_for_a_folder]
)
def test_another_output_folder_needs_a_look_at_everything(
    project: Path, change: Callable[[Path], object]
) -> None:
    root = OutputRoot.in_project(project, "mock_outputs", StateFolder.of(project))
    before = read_outputs(root)
    change(Path(root.folder))
    assert reread_outputs(before, ["b"]) is None
