"""What the merge driver makes of two branches, with real Git: merge, rebase, pick, stash."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.workflow.generate import generate
from mockgen_watch.workflow.project import open_project
from mockgen_watch.workflow.targets import Request
from tests.git.scene import PROGRAM, Scene, assert_consistent

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.git.scene import Done

MASTER = "specs/claims/master.yaml"
CLAIMS = "specs/claims/user_input.yaml"
OUTPUT = "mock_outputs/claims/Claim/positive.json"
LOCK = "mock_outputs/claims/mockgen.lock"
ON_PATH = {"PATH": f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}", "GIT_EDITOR": "true"}

CONTINUE = ("rebase", "--continue")

long = pytest.mark.long

WIDE_MASTER = """\
$slot: ""
channel: EDI

# who sent it
sender: north

# what else there is to say
note: none

# who asks
office: main
"""
SPEC = """\
$seed: 3
Claim:
  $count: 4
  ID: {$sequence: {start: 1}}
  KIND: [A, B, C]

  AMOUNT: {$integer: [1, 900]}

  $scenarios:
    positive: {}

    negative: {KIND: [X]}
"""


class Branches(Scene):
    """A repository with the drivers, and branches to be joined."""

    def git_says(self, *words: str) -> Done:
        return self.run("git", *words, variables=ON_PATH)

    def git_does(self, *words: str) -> str:
        done = self.git_says(*words)
        assert done.code == 0, f"git {' '.join(words)}\n{done.text}"
        return done.text

    def branch(self, name: str, *edits: tuple[str, str, str]) -> None:
        """Commit edits of specs and what they make, on a branch from main."""
        self.git_does("checkout", "-q", "-B", name, "main")
        self.change(*edits)

    def change(self, *edits: tuple[str, str, str]) -> None:
        """Commit edits of specs and what they make."""
        for path, old, new in edits:
            self.edit(path, old, new)
        self.generate()
        self.git_does("add", "--all")
        self.git_does("commit", "-q", "-m", "change")

    def generate(self) -> None:
        report = generate(open_project(self.path), Request())
        assert report.diagnostics == ()

    def unmerged(self) -> list[str]:
        return self.git_does("diff", "--name-only", "--diff-filter=U").split()

    def assert_clean_run(self, folder: Path) -> None:
        """Check that specs and outputs are those of a run into an empty folder."""
        other = Branches(path=folder)
        shutil.copytree(self.path / "specs", folder / "specs")
        other.generate()
        assert self.files() == other.files()


@pytest.fixture(scope="module")
def joined(begun: Scene, tmp_path_factory: pytest.TempPathFactory) -> Branches:
    """A repository whose main goes on after ``side`` has left it: two fields of one master."""
    scene = Branches(path=tmp_path_factory.mktemp("joined") / "project")
    shutil.copytree(begun.path, scene.path)
    scene.write(MASTER, WIDE_MASTER)
    scene.write(CLAIMS, SPEC)
    scene.generate()
    scene.git("add", "--all")
    scene.git("commit", "-q", "-m", "Wide")
    assert scene.mockgen("git", "install").code == 0
    scene.branch("side", (MASTER, "note: none", "note: [some, any]"))
    scene.git("checkout", "-q", "main")
    scene.change((MASTER, "channel: EDI", "channel: WEB"))
    return scene


@pytest.fixture
def branches(joined: Branches, tmp_path: Path) -> Branches:
    shutil.copytree(joined.path, tmp_path / "project")
    return Branches(path=tmp_path / "project")


def merge(scene: Branches) -> str:
    return scene.git_does("merge", "-q", "-m", "merge", "side")


def rebase(scene: Branches) -> str:
    return scene.git_does("rebase", "-q", "main", "side")


def rebase_with_patches(scene: Branches) -> str:
    return scene.git_does("rebase", "-q", "--apply", "main", "side")


def cherry_pick(scene: Branches) -> str:
    return scene.git_does("cherry-pick", "side")


def revert(scene: Branches) -> str:
    scene.git_does("merge", "-q", "-m", "merge", "side")
    scene.git_does("branch", "-q", "-D", "side")
    return scene.git_does("revert", "--no-edit", "HEAD^2")


def stash_pop(scene: Branches) -> str:
    scene.git_does("checkout", "-q", "side~1")
    scene.edit(MASTER, "office: main", "office: [left, right]")
    scene.generate()
    scene.git_does("stash")
    scene.git_does("checkout", "-q", "main")
    text = scene.git_does("stash", "pop")
    scene.git_does("add", "--all")
    scene.git_does("commit", "-q", "-m", "popped")
    return text


def rebase_with_changes(scene: Branches) -> str:
    scene.git_does("checkout", "-q", "side")
    scene.edit(MASTER, "office: main", "office: [left, right]")
    scene.generate()
    text = scene.git_does("rebase", "-q", "--autostash", "main")
    assert "conflicts" not in text
    scene.git_does("commit", "-q", "-a", "-m", "put aside")
    return text


def merge_with_changes(scene: Branches) -> str:
    # The other branch has what this one has, so that Git goes forward and not a merge is made.
    scene.git_does("checkout", "-q", "-B", "behind", "main~1")
    scene.edit(MASTER, "office: main", "office: [left, right]")
    scene.generate()
    text = scene.git_does("merge", "-q", "--autostash", "main")
    assert "conflicts" not in text
    scene.git_does("commit", "-q", "-a", "-m", "put aside")
    return text


@pytest.mark.parametrize(
    ("join", "in_spec"),
    [
        (merge, ("channel: WEB", "[some, any]")),
        (rebase, ("channel: WEB", "[some, any]")),
        pytest.param(rebase_with_patches, ("channel: WEB", "[some, any]"), marks=long),
        (cherry_pick, ("channel: WEB", "[some, any]")),
        (revert, ("channel: WEB", "note: none")),
        (stash_pop, ("channel: WEB", "[left, right]")),
        pytest.param(rebase_with_changes, ("[some, any]", "[left, right]"), marks=long),
        pytest.param(merge_with_changes, ("channel: WEB", "[left, right]"), marks=long),
    ],
)
def test_edits_of_two_fields_of_one_master_meet_without_a_conflict(
    branches: Branches,
    tmp_path: Path,
    join: Callable[[Branches], str],
    in_spec: tuple[str, str],
) -> None:
    text = join(branches)
    assert "mockgen-watch:" not in text
    assert branches.git_does("status", "--porcelain") == ""
    spec = (branches.path / MASTER).read_text()
    assert all(line in spec for line in in_spec)
    branches.assert_clean_run(tmp_path / "clean")
    if join is merge:
        assert_consistent(branches, "HEAD", tmp_path / "clone")


@pytest.mark.parametrize(
    ("words", "going_on"),
    [
        (("merge", "other"), ("commit", "-q", "--no-edit")),
        pytest.param(("rebase", "main", "other"), CONTINUE, marks=long),
        pytest.param(("cherry-pick", "other"), ("cherry-pick", "--continue"), marks=long),
    ],
)
def test_edits_of_one_line_are_a_conflict_of_the_spec_and_say_so(
    branches: Branches, tmp_path: Path, words: tuple[str, ...], going_on: tuple[str, ...]
) -> None:
    # The negative records change on one side alone: Git takes them without asking.
    branches.git_does("checkout", "-q", "-B", "other", "main~1")
    branches.change((MASTER, "channel: EDI", "channel: FAX"), (CLAIMS, "[X]", "[Y]"))
    branches.git_does("checkout", "-q", "main")
    done = branches.git_says(*words)
    assert done.code == 1
    (told,) = [line for line in done.text.splitlines() if line.startswith("mockgen-watch:")]
    assert told == (
        f"mockgen-watch: {MASTER}: both sides changed the same lines, so the outputs of "
        "mock_outputs/claims remain in conflict; resolve the specs, run mockgen-watch generate, "
        "then git add mock_outputs/claims"
    )
    negative = OUTPUT.replace("positive", "negative")
    assert branches.unmerged() == sorted([OUTPUT, negative, LOCK, MASTER])
    # The remedy: settle, generate, add. Nothing looks edited by hand.
    branches.write(MASTER, WIDE_MASTER.replace("EDI", "POST"))
    branches.generate()
    branches.git_does("add", "--all")
    branches.git_does(*going_on)
    assert "[Y]" in (branches.path / CLAIMS).read_text()
    branches.assert_clean_run(tmp_path / "clean")


@pytest.mark.parametrize(
    "words",
    [("merge", "--no-edit", "other"), pytest.param(("rebase", "main", "other"), marks=long)],
)
def test_what_git_takes_from_one_side_is_caught_where_both_made_it_wrong(
    branches: Branches, tmp_path: Path, words: tuple[str, ...]
) -> None:
    # A new output was made with the old master: no driver is asked for it, as one side has it.
    branches.git_does("checkout", "-q", "-B", "other", "main~1")
    branches.change((CLAIMS, "    negative: {KIND: [X]}", "    negative: {KIND: [X]}\n    new: {}"))
    branches.git_does("checkout", "-q", "main")
    done = branches.git_says(*words)
    assert done.code == 1
    (told,) = [line for line in done.text.splitlines() if line.startswith("mockgen-watch:")]
    new = OUTPUT.replace("positive", "new")
    assert told == (
        f"mockgen-watch: {new} does not match the merged specs on either side, "
        f"so {LOCK} remains in "
        "conflict; run mockgen-watch generate, then git add mock_outputs/claims"
    )
    assert branches.unmerged() == [LOCK]
    branches.generate()
    branches.git_does("add", "mock_outputs/claims")
    branches.git_does(*(("commit", "-q", "--no-edit") if "merge" in words else CONTINUE))
    branches.assert_clean_run(tmp_path / "clean")


def test_a_merge_that_asks_no_driver_is_caught_by_the_hook(
    branches: Branches, tmp_path: Path
) -> None:
    # A suite that is new on one side takes the master that the other side changed.
    branches.git_does("checkout", "-q", "-B", "other", "main~1")
    branches.write("specs/new/user_input.yaml", "$master: ../claims/master.yaml\nNew: {ID: [1]}\n")
    branches.change()
    branches.git_does("checkout", "-q", "main")
    branches.install("plain")
    done = branches.git_says("merge", "--no-edit", "other")
    assert "mock_outputs/new/New/base.json" in done.text
    branches.type_what_is_told(done)
    branches.git_does("commit", "-q", "--no-edit")
    branches.assert_clean_run(tmp_path / "clean")


def test_an_output_that_one_side_edited_by_hand_stays_in_conflict(branches: Branches) -> None:
    branches.git_does("checkout", "-q", "side")
    branches.edit(OUTPUT, '"ID": 1', '"ID": 4711')
    branches.git_does("commit", "-q", "-a", "-m", "by hand")
    branches.git_does("checkout", "-q", "main")
    done = branches.git_says("merge", "--no-edit", "side")
    assert f"mockgen-watch: {OUTPUT} was edited by hand on one side, so it remains" in done.text
    assert branches.unmerged() == [OUTPUT]
    assert "4711" in branches.git_does("show", f":3:{OUTPUT}")
    assert "[some, any]" in (branches.path / MASTER).read_text()


@long
def test_errors_that_only_the_merged_specs_have_are_told(branches: Branches) -> None:
    branches.git_does("checkout", "-q", "-B", "other", "main~1")
    branches.change((CLAIMS, "  ID: {", "  CITY: [Pune]\n  ID: {"))
    branches.git_does("checkout", "-q", "main")
    branches.change((CLAIMS, "[1, 900]}\n", "[1, 900]}\n  CITY: [Delhi]\n"))
    done = branches.git_says("merge", "--no-edit", "other")
    told = [line for line in done.text.splitlines() if line.startswith("mockgen-watch:")]
    assert len(told) == 1
    assert told[0].startswith(f"mockgen-watch: {CLAIMS}:9:")
    assert "(in the merged specs), so the outputs of mock_outputs/claims remain" in told[0]
    assert branches.unmerged() == [OUTPUT.replace("positive", "negative"), OUTPUT, LOCK]


@long
def test_a_suite_that_one_side_renamed_is_merged_under_its_new_name(
    branches: Branches, tmp_path: Path
) -> None:
    branches.git_does("checkout", "-q", "-B", "other", "main~1")
    branches.git_does("mv", "specs/claims", "specs/bills")
    branches.change()
    branches.git_does("checkout", "-q", "main")
    text = branches.git_does("merge", "--no-edit", "other")
    assert "mockgen-watch:" not in text
    assert not (branches.path / "mock_outputs/claims").exists()
    branches.assert_clean_run(tmp_path / "clean")


@long
def test_branches_that_have_two_common_ancestors_are_merged(
    branches: Branches, tmp_path: Path
) -> None:
    branches.git_does("branch", "-q", "early")
    branches.git_does("merge", "-q", "-m", "one way", "side")
    branches.change((MASTER, "office: main", "office: [left, right]"))
    branches.git_does("checkout", "-q", "-B", "other", "side")
    branches.git_does("merge", "-q", "-m", "other way", "early")
    branches.change((MASTER, "sender: north", "sender: [east, west]"))
    branches.git_does("checkout", "-q", "main")
    assert len(branches.git_does("merge-base", "--all", "main", "other").split()) == 2
    text = branches.git_does("merge", "--no-edit", "other")
    assert "mockgen-watch:" not in text
    branches.assert_clean_run(tmp_path / "clean")


@long
def test_a_merge_of_three_branches_is_not_committed(branches: Branches) -> None:
    # Git asks no driver then.
    branches.branch("third", (MASTER, "office: main", "office: [left, right]"))
    branches.git_does("checkout", "-q", "main")
    branches.install("plain")
    before = branches.git_does("rev-parse", "HEAD")
    done = branches.git_says("merge", "--no-edit", "side", "third")
    assert done.code != 0
    assert branches.git_does("rev-parse", "HEAD") == before


@long
def test_a_file_a_record_is_merged_file_by_file(branches: Branches, tmp_path: Path) -> None:
    branches.git_does("checkout", "-q", "-B", "base", "main~1")
    branches.change((CLAIMS, "positive: {}", "positive: {$count: 30, $output: {layout: split}}"))
    branches.git_does("checkout", "-q", "-B", "left")
    branches.change((MASTER, "office: main", "office: [left, right]"))
    branches.git_does("checkout", "-q", "-B", "right", "base")
    branches.change((CLAIMS, "[A, B, C]", "[A, B, C, D]"))
    text = branches.git_does("merge", "--no-edit", "left")
    assert "mockgen-watch:" not in text
    branches.assert_clean_run(tmp_path / "clean")


@long
def test_a_project_in_a_folder_of_a_linked_work_tree_is_merged(
    branches: Branches, tmp_path: Path
) -> None:
    inner = Branches(path=branches.path / "fixtures")
    for name in ("master.yaml", "user_input.yaml"):
        inner.write(f"specs/claims/{name}", (branches.path / f"specs/claims/{name}").read_text())
    inner.generate()
    assert inner.mockgen("git", "install").code == 0
    inner.git_does("add", "--all")
    inner.git_does("commit", "-q", "-m", "inner")
    inner.git_does("branch", "-q", "one")
    inner.change((MASTER, "office: main", "office: [left, right]"))
    inner.git_does("worktree", "add", "-q", str(tmp_path / "linked"), "one")
    linked = Branches(path=tmp_path / "linked/fixtures")
    linked.change((MASTER, "sender: north", "sender: [east, west]"))
    text = linked.git_does("merge", "--no-edit", "main")
    assert "mockgen-watch:" not in text
    linked.assert_clean_run(tmp_path / "clean")


@long
def test_each_commit_of_a_rebase_is_made_again_and_verified(
    branches: Branches, tmp_path: Path
) -> None:
    branches.git_does("checkout", "-q", "side")
    branches.change((MASTER, "office: main", "office: [left, right]"))
    branches.change((CLAIMS, "[A, B, C]", "[A, B, C, D, E]"))
    branches.change((MASTER, "sender: north", "sender: [east, west]"))
    text = branches.git_does("rebase", "-q", "main")
    assert "mockgen-watch:" not in text
    branches.assert_clean_run(tmp_path / "clean")
    done = branches.mockgen("verify", "main~1..HEAD")
    assert (done.code, done.text) == (0, "5 of 5 commits can be reproduced\n")


@long
def test_branches_that_are_not_checked_out_are_merged_in_the_objects_alone(
    branches: Branches,
) -> None:
    branches.git_does("checkout", "-q", "-B", "third", "main~1")
    before = branches.files()
    tree = branches.git_does("merge-tree", "--write-tree", "main", "side").split()[0]
    assert branches.files() == before
    branches.git_does("checkout", "-q", "main")
    branches.git_does("merge", "-q", "--no-edit", "side")
    assert branches.git_does("rev-parse", "HEAD^{tree}").strip() == tree


@long
def test_a_conflict_in_one_suite_keeps_no_other_from_being_merged(branches: Branches) -> None:
    members = "specs/members/user_input.yaml"
    branches.git_does("checkout", "-q", "side")
    branches.change((members, "[A, B, C]", "[A, B]"))
    branches.git_does("checkout", "-q", "main")
    branches.change((members, "[A, B, C]", "[B, C]"))
    done = branches.git_says("merge", "--no-edit", "side")
    assert done.text.count("mockgen-watch:") == 1
    assert branches.unmerged() == [
        "mock_outputs/members/Member/base.json",
        "mock_outputs/members/mockgen.lock",
        members,
    ]
    branches.git_does("checkout", "--ours", "--", members)
    branches.generate()
    branches.git_does("add", "--all")
    branches.git_does("commit", "-q", "--no-edit")
    assert branches.mockgen("check").code == 0


@long
def test_a_suite_that_both_sides_added_is_merged_without_a_base(
    branches: Branches, tmp_path: Path
) -> None:
    new = "specs/new/user_input.yaml"
    text = "New:\n  $count: 3\n  ID: [1, 2]\n\n  KIND: [A, B]\n"
    branches.git_does("checkout", "-q", "side")
    branches.write(new, text)
    branches.change()
    branches.git_does("checkout", "-q", "main")
    branches.write(new, text + "\n  PLACE: [Pune]\n")
    branches.change()
    done = branches.git_says("merge", "--no-edit", "side")
    # Without a base Git cannot tell who added the line.
    assert new in branches.unmerged()
    assert done.text.count("mockgen-watch:") == 1
    branches.write(new, text + "\n  PLACE: [Pune]\n")
    branches.generate()
    branches.git_does("add", "--all")
    branches.git_does("commit", "-q", "--no-edit")
    branches.assert_clean_run(tmp_path / "clean")


@long
def test_a_file_of_somebody_else_among_outputs_is_merged_as_text(branches: Branches) -> None:
    notes = "mock_outputs/claims/notes.txt"
    branches.git_does("checkout", "-q", "-B", "base", "main~1")
    branches.write(notes, "one\n\ntwo\n\nthree\n")
    branches.change()
    branches.git_does("checkout", "-q", "-B", "left")
    branches.change((notes, "one", "1"))
    branches.git_does("checkout", "-q", "-B", "right", "base")
    branches.change((notes, "three", "3"))
    branches.git_does("merge", "-q", "--no-edit", "left")
    assert (branches.path / notes).read_text() == "1\n\ntwo\n\n3\n"
    branches.git_does("checkout", "-q", "-B", "other", "base")
    branches.change((notes, "one", "uno"))
    done = branches.git_says("merge", "-q", "--no-edit", "left")
    assert done.code == 1
    assert "<<<<<<< ours\nuno\n" in (branches.path / notes).read_text()
    assert branches.unmerged() == [notes]
