"""However a commit comes about, it is consistent, and what was not staged stays byte for byte.

In each case there are beside what is staged: an edit of a tracked file, an edit of another suite's
spec, an edit of an output, and files that Git does not know. None of that may be touched.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.git.scene import SPEC, Scene, assert_consistent

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CLAIMS = "specs/claims/user_input.yaml"
MASTER = "specs/claims/master.yaml"
OUTPUT = "mock_outputs/claims/Claim/base.json"
LOCK = "mock_outputs/claims/mockgen.lock"

BYSTANDERS = {
    "notes.txt": "edited, not staged\n",
    "draft.txt": "unknown to Git\n",
    "specs/members/user_input.yaml": SPEC.replace("Claim", "Member").replace("900", "8"),
    "specs/members/draft/user_input.yaml": "Draft: {a: [1, 2]}\n",
    "mock_outputs/members/Member/base.json": "[]\n",
    "mock_outputs/members/mine.json": "{}\n",
}


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What a case has prepared.

    Attributes:
        scene: where the commit is made.
        commits: the words of each commit, the next one after the hook has spoken.
        types: whether the first command that the hook shows is typed in between.
        holds: path → a text that the commit has to hold; None: no such file.
        own: what the case itself does to bystanders.
    """

    scene: Scene
    commits: tuple[tuple[str, ...], ...] = ((), ())
    types: bool = True
    holds: dict[str, str | None]
    own: frozenset[str] = frozenset()


def staged(scene: Scene, _: str) -> Stage:
    scene.edit(CLAIMS, "[A, B, C]", "[X, Y]")
    scene.git("add", CLAIMS)
    return Stage(scene=scene, holds={CLAIMS: "[X, Y]"})


def staged_with_outputs(scene: Scene, _: str) -> Stage:
    scene.edit(CLAIMS, "[A, B, C]", "[X, Y]")
    assert scene.mockgen("generate", "claims").code == 0
    scene.git("add", CLAIMS, "mock_outputs/claims")
    return Stage(scene=scene, commits=((),), types=False, holds={CLAIMS: "[X, Y]"})


def unstaged(scene: Scene, _: str) -> Stage:
    scene.edit(CLAIMS, "[A, B, C]", "[X, Y]")
    scene.write("README.md", "Claims\n")
    scene.git("add", "README.md")
    return Stage(
        scene=scene, commits=((),), types=False, holds={CLAIMS: "[A, B, C]", "README.md": "Claims"}
    )


def partly_staged(scene: Scene, _: str) -> Stage:
    scene.edit(CLAIMS, "[A, B, C]", "[X, Y]")
    scene.git("add", CLAIMS)
    scene.edit(CLAIMS, "[1, 900]", "[1, 9]")
    return Stage(scene=scene, holds={CLAIMS: "[X, Y]\n  AMOUNT: {$integer: [1, 900]}"})


def partly_staged_and_generated(scene: Scene, hook: str) -> Stage:
    partly_staged(scene, hook)
    assert scene.mockgen("generate", "claims").code == 0
    return Stage(scene=scene, holds={CLAIMS: "AMOUNT: {$integer: [1, 900]}"})


def renamed(scene: Scene, _: str) -> Stage:
    scene.git("mv", "specs/claims", "specs/bills")
    return Stage(scene=scene, holds={"mock_outputs/bills/Claim/base.json": "ID", OUTPUT: None})


def deleted(scene: Scene, _: str) -> Stage:
    scene.git("rm", "-q", MASTER)
    scene.write("README.md", "Claims\n")
    scene.git("add", "README.md")
    return Stage(scene=scene, holds={MASTER: None, "README.md": "Claims"})


def only_deletion(scene: Scene, _: str) -> Stage:
    scene.git("rm", "-q", "-r", "specs/claims")
    return Stage(scene=scene, holds={CLAIMS: None, OUTPUT: None, LOCK: None})


def untracked(scene: Scene, _: str) -> Stage:
    scene.write("specs/new/user_input.yaml", "New: {a: [1, 2]}\n")
    assert scene.mockgen("generate", "new").code == 0
    scene.git("add", "specs/new")
    return Stage(scene=scene, holds={"mock_outputs/new/New/base.json": "a"})


def merge(scene: Scene, _: str) -> Stage:
    scene.git("stash", "-q", "-u")
    scene.git("checkout", "-q", "-b", "other", "HEAD~0")
    scene.edit(MASTER, "channel: EDI", "channel: PAPER")
    scene.git("commit", "-q", "--no-verify", "-a", "-m", "A spec without its outputs")
    scene.git("checkout", "-q", "main")
    scene.write("README.md", "Claims\n")
    scene.git("add", "README.md")
    scene.git("commit", "-q", "--no-verify", "-m", "Another line")
    scene.git("stash", "pop", "-q")
    done = scene.run("git", "merge", "-q", "--no-edit", "other")
    scene.type_what_is_told(done)
    return Stage(
        scene=scene, commits=((),), types=False, holds={OUTPUT: "PAPER", "README.md": "Claims"}
    )


def linked_work_tree(scene: Scene, hook: str) -> Stage:
    scene.git("worktree", "add", "-q", "-b", "side", "../side")
    side = Scene(path=scene.path.parent / "side")
    if hook == "pre-commit":
        shutil.copy(scene.path / ".pre-commit-config.yaml", side.path)
    stand_by(side)
    return staged(side, hook)


def submodule(scene: Scene, hook: str) -> Stage:
    outer = Scene(path=scene.path.parent / "outer")
    outer.path.mkdir()
    outer.git("init", "-q", "-b", "main")
    allowed = ("-c", "protocol.file.allow=always")
    outer.git(*allowed, "submodule", "--quiet", "add", str(scene.path), "fixtures")
    inner = Scene(path=outer.path / "fixtures")
    inner.install(hook)
    stand_by(inner)
    return staged(inner, hook)


def commit_all(scene: Scene, _: str) -> Stage:
    for path in ("notes.txt", "specs/members/user_input.yaml"):
        scene.git("checkout", "-q", "--", path)
    scene.git("checkout", "-q", "--", "mock_outputs/members/Member/base.json")
    scene.edit(CLAIMS, "[A, B, C]", "[X, Y]")
    own = {"notes.txt", "specs/members/user_input.yaml", "mock_outputs/members/Member/base.json"}
    # The outputs are in the work tree by the second time, so the same words take them too.
    return Stage(
        scene=scene,
        commits=(("-a",), ("-a",)),
        types=False,
        holds={CLAIMS: "[X, Y]"},
        own=frozenset(own),
    )


def commit_paths(scene: Scene, _: str) -> Stage:
    scene.edit(CLAIMS, "[A, B, C]", "[X, Y]")
    scene.write("README.md", "Claims\n")
    scene.git("add", "README.md")
    return Stage(
        scene=scene,
        commits=(("--", CLAIMS), ("--", CLAIMS, OUTPUT, LOCK)),
        types=False,
        holds={CLAIMS: "[X, Y]", "README.md": None},
    )


def amended(scene: Scene, _: str) -> Stage:
    scene.edit(CLAIMS, "[A, B, C]", "[X, Y]")
    scene.git("add", CLAIMS)
    return Stage(scene=scene, commits=(("--amend",), ("--amend",)), holds={CLAIMS: "[X, Y]"})


CASES: dict[str, Callable[[Scene, str], Stage]] = {
    case.__name__: case
    for case in (
        staged,
        staged_with_outputs,
        unstaged,
        partly_staged,
        partly_staged_and_generated,
        renamed,
        deleted,
        only_deletion,
        untracked,
        merge,
        linked_work_tree,
        submodule,
        commit_all,
        commit_paths,
        amended,
    )
}
USUAL = {("commit_paths", "plain")}
"""The others are tried one by one by their own tests; here they are long."""


def stand_by(scene: Scene) -> None:
    for path, text in BYSTANDERS.items():
        scene.write(path, text)


def status(scene: Scene, paths: frozenset[str]) -> list[str]:
    lines = scene.git("status", "--porcelain", "--untracked-files=all").splitlines()
    return sorted(line for line in lines if line[3:] in paths)


def usual(case: str, hook: str) -> list[pytest.MarkDecorator]:
    return [] if (case, hook) in USUAL else [pytest.mark.long]


@pytest.mark.parametrize(
    ("case", "hook"),
    [
        pytest.param(case, hook, marks=usual(case, hook), id=f"{case}-{hook}")
        for case in CASES
        for hook in ("plain", "pre-commit")
    ],
)
def test_a_commit_is_consistent_and_touches_nothing_else(
    scene: Scene, tmp_path: Path, case: str, hook: str
) -> None:
    scene.write("notes.txt", "notes\n")
    scene.git("add", "notes.txt")
    scene.git("commit", "-q", "-m", "Notes")
    scene.install(hook)
    stand_by(scene)
    stage = CASES[case](scene, hook)
    here = stage.scene
    watched = frozenset(BYSTANDERS) - stage.own
    before, known = here.files(), status(here, watched)
    kept = {path: (here.path / path).read_bytes() for path in watched}
    unstaged_spec = before.get(CLAIMS)
    codes = []
    said = ""
    for words in stage.commits:
        done = here.commit(*words)
        codes.append(done.code)
        said += done.text
        if len(codes) < len(stage.commits) and stage.types:
            here.type_what_is_told(done)
    assert codes == [*[1] * (len(stage.commits) - 1), 0], said
    assert {path: (here.path / path).read_bytes() for path in watched} == kept
    assert {path: BYSTANDERS[path].encode() for path in watched} == kept
    assert status(here, watched) == known
    assert here.files().get(CLAIMS) == unstaged_spec
    if case == "partly_staged_and_generated":
        assert here.files() == before
    for path, text in stage.holds.items():
        found = here.run("git", "show", f"HEAD:{path}")
        assert (found.code == 0) is (text is not None), (path, found.text)
        assert text is None or text in found.text
    assert_consistent(here, "HEAD", tmp_path / "clone")
