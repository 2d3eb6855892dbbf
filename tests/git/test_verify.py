"""What ``verify`` finds in histories, with real Git."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.errors import UsageError
from mockgen_watch.git.repository import Repository
from mockgen_watch.git.verify import read_commits
from mockgen_watch.workflow.generate import generate
from mockgen_watch.workflow.project import open_project
from mockgen_watch.workflow.targets import Request
from tests.git.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Mapping

CLAIMS = "specs/claims/user_input.yaml"
OUTPUT = "mock_outputs/claims/Claim/base.json"
COMMITS = 50
STALE = 31


def imported(number: int, files: Mapping[str, bytes]) -> bytes:
    """Return a commit as ``git fast-import`` reads it, on top of the one before."""
    text = b"commit refs/heads/main\ncommitter Asha <asha@example.com> 1700000000 +0000\n"
    message = f"change {number}".encode()
    text += b"data %d\n%s\n" % (len(message), message)
    text += b"from refs/heads/main^0\n" if number == 1 else b""
    for path, data in files.items():
        text += b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data)
    return text


@pytest.fixture(scope="module")
def history(begun: Scene, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """Fifty commits: every fifth edits a spec, and one of those left its outputs behind."""
    scene = Scene(path=tmp_path_factory.mktemp("history") / "project")
    shutil.copytree(begun.path, scene.path)
    script = b""
    for number in range(1, COMMITS + 1):
        if number % 5 == 1:
            scene.edit(CLAIMS, "KIND: [", f"KIND: [A{number}, ")
            outputs = scene.files()
            generate(open_project(scene.path), Request())
            if number == STALE:
                left = {path: data for path, data in outputs.items() if "mock_outputs" in path}
                script += imported(number, {**scene.files(), **left})
                continue
        files = {**scene.files(), "README.md": str(number).encode()}
        script += imported(number, files)
    path = scene.path.parent / "script"
    path.write_bytes(script)
    done = scene.run("sh", "-c", f"git fast-import --quiet <{path}")
    assert done.code == 0, done.text
    return scene


def test_one_stale_commit_of_fifty_is_found_and_named(history: Scene) -> None:
    planted = history.git("rev-parse", f"main~{COMMITS - STALE}").strip()
    before = history.files()
    done = history.mockgen("verify", f"main~{COMMITS}..main", "--json")
    assert done.code == 1
    found = json.loads(done.text)
    assert found["commits"] == COMMITS
    # Three or four of five commits change neither specs nor outputs.
    assert found["remembered"] >= COMMITS // 2
    (stale,) = found["stale"]
    assert stale["commit"] == planted
    assert stale["subject"] == f"change {STALE}"
    (item,) = stale["diagnostics"]
    assert (item["code"], item["location"]["path"]) == ("MG502", OUTPUT)
    assert history.files() == before

    again = history.mockgen("verify", f"main~{COMMITS}..main")
    assert again.code == 1
    # What is right is remembered; what is not is found again.
    assert again.text.splitlines() == [
        f"{planted[:10]}  2023-11-14  change {STALE}",
        f"  {OUTPUT}:1:1 MG502 The output is out of date: its inputs changed",
        "49 of 50 commits can be reproduced",
    ]


def test_a_commit_alone_is_looked_at_and_what_is_remembered_can_be_doubted(history: Scene) -> None:
    for words, remembered in ((("--again",), 0), ((), 1), (("HEAD",), 1)):
        done = history.mockgen("verify", *words, "--json")
        assert done.code == 0
        found = json.loads(done.text)
        assert (found["commits"], found["remembered"], found["stale"]) == (1, remembered, [])


def test_commits_without_the_project_are_counted_apart(history: Scene) -> None:
    tree = history.git("hash-object", "-t", "tree", "-w", "/dev/null").strip()
    commit = history.git("commit-tree", "-m", "nothing", tree).strip()
    done = history.mockgen("verify", commit)
    assert done.code == 0
    assert done.text == "0 of 1 commit can be reproduced, 1 without specs and outputs\n"


@pytest.mark.parametrize("words", [("nowhere",), ("-p",), ("HEAD", "HEAD~1..HEAD")])
def test_revisions_that_mean_nothing_are_errors_of_usage(
    history: Scene, words: tuple[str, ...]
) -> None:
    with pytest.raises(UsageError, match=r"revision|commits"):
        read_commits(Repository.of(history.path), words, ("specs",))
