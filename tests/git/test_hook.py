"""What the hook lets into a commit, and that it leaves alone what is not staged; with real Git."""

from __future__ import annotations

import re
import shutil
import sys
import sysconfig
from pathlib import Path

import pytest

from mockgen_watch.digest import digest
from mockgen_watch.git.repository import StagedProject
from tests.git.scene import PRE_COMMIT, Scene, assert_consistent

CLAIMS = "specs/claims/user_input.yaml"
OUTPUT = "mock_outputs/claims/Claim/base.json"
LOCK = "mock_outputs/claims/mockgen.lock"

both = pytest.mark.parametrize("hook", ["plain", "pre-commit"])
plain_first = pytest.mark.parametrize(
    "hook", ["plain", pytest.param("pre-commit", marks=pytest.mark.long)]
)
only_pre_commit = pytest.mark.parametrize("hook", ["pre-commit"])


@plain_first
def test_staged_specs_alone_are_held_back_until_their_outputs_are_added(
    scene: Scene, hook: str, tmp_path: Path
) -> None:
    scene.install(hook)
    scene.edit(CLAIMS, "[A, B, C]", "[X, Y]")
    scene.git("add", CLAIMS)
    staged = scene.index()
    done = scene.commit()
    assert scene.index() == staged
    assert f"written     {OUTPUT}" in done.text
    assert f"git add -- {OUTPUT} {LOCK}\n" in done.text
    scene.type_what_is_told(done)
    assert scene.commit().code == 0
    assert scene.git("status", "--porcelain") == ""
    assert_consistent(scene, "HEAD", tmp_path / "clone")


@only_pre_commit
def test_git_add_does_the_same_where_everything_is_staged(
    scene: Scene, hook: str, tmp_path: Path
) -> None:
    scene.install(hook)
    scene.edit(CLAIMS, "[A, B, C]", "[X, Y]")
    scene.git("add", CLAIMS)
    done = scene.commit()
    commands = [line for line in done.text.splitlines() if line.startswith("  git ")]
    assert [command.split()[1] for command in commands] == ["update-index", "add"]
    scene.type_what_is_told(done, which=1)
    assert scene.commit().code == 0
    assert scene.git("status", "--porcelain") == ""
    assert_consistent(scene, "HEAD", tmp_path / "clone")


@only_pre_commit
def test_specs_and_outputs_staged_together_pass(scene: Scene, hook: str, tmp_path: Path) -> None:
    scene.install(hook)
    scene.edit(CLAIMS, "[A, B, C]", "[X, Y]")
    scene.generate()
    scene.git("add", "--all")
    done = scene.commit()
    assert done.code == 0, done.text
    assert_consistent(scene, "HEAD", tmp_path / "clone")


@only_pre_commit
def test_what_is_not_staged_is_no_concern_and_stays(scene: Scene, hook: str) -> None:
    scene.install(hook)
    scene.edit(CLAIMS, "[A, B, C]", "[X, Y]")
    scene.write("README.md", "Claims\n")
    scene.git("add", "README.md")
    before = scene.files()
    done = scene.commit()
    assert done.code == 0, done.text
    assert scene.files() == before
    assert scene.git("status", "--porcelain") == f" M {CLAIMS}\n"


@both
@pytest.mark.parametrize("is_generated", [True, False])
def test_a_partly_staged_spec_commits_its_staged_part(
    scene: Scene, hook: str, tmp_path: Path, is_generated: bool
) -> None:
    scene.install(hook)
    scene.edit(CLAIMS, "[A, B, C]", "[X, Y]")
    scene.git("add", CLAIMS)
    scene.edit(CLAIMS, "[1, 900]", "[1, 9]")
    if is_generated:
        scene.generate()
    before = scene.files()
    staged = scene.index()
    done = scene.commit()
    assert scene.index() == staged
    if is_generated:
        assert scene.files() == before
    scene.type_what_is_told(done)
    done = scene.commit()
    assert done.code == 0, done.text
    after = scene.files()
    assert after[CLAIMS] == before[CLAIMS]
    if is_generated:
        assert after == before
    assert b"[X, Y]" in scene.git("show", f"HEAD:{CLAIMS}").encode()
    assert "[1, 900]" in scene.git("show", f"HEAD:{CLAIMS}")
    assert_consistent(scene, "HEAD", tmp_path / "clone")


@only_pre_commit
def test_a_renamed_suite_moves_its_outputs(scene: Scene, hook: str, tmp_path: Path) -> None:
    scene.install(hook)
    scene.git("mv", "specs/claims", "specs/bills")
    done = scene.commit()
    scene.type_what_is_told(done)
    done = scene.commit()
    assert done.code == 0, done.text
    assert not (scene.path / "mock_outputs/claims").exists()
    assert (scene.path / "mock_outputs/bills/Claim/base.json").is_file()
    assert_consistent(scene, "HEAD", tmp_path / "clone")


@only_pre_commit
def test_a_deleted_spec_takes_its_outputs_with_it(scene: Scene, hook: str, tmp_path: Path) -> None:
    scene.install(hook)
    scene.git("rm", "-q", "-r", "specs/members")
    scene.write("notes.txt", "x\n")
    scene.git("add", "notes.txt")
    done = scene.commit()
    scene.type_what_is_told(done)
    assert scene.commit().code == 0
    assert "mock_outputs/members" not in scene.git("ls-tree", "-r", "--name-only", "HEAD")
    assert_consistent(scene, "HEAD", tmp_path / "clone")


@plain_first
def test_a_commit_that_only_deletes_a_spec_is_looked_at(scene: Scene, hook: str) -> None:
    scene.install(hook)
    scene.git("rm", "-q", "-r", "specs/members")
    done = scene.commit()
    scene.type_what_is_told(done)
    assert scene.commit().code == 0
    assert scene.git("status", "--porcelain") == ""


@only_pre_commit
def test_a_deleted_master_changes_what_was_merged_into_it(
    scene: Scene, hook: str, tmp_path: Path
) -> None:
    scene.install(hook)
    scene.git("rm", "-q", "specs/claims/master.yaml")
    scene.type_what_is_told(scene.commit())
    assert scene.commit().code == 0
    assert "channel" not in scene.git("show", f"HEAD:{OUTPUT}")
    assert_consistent(scene, "HEAD", tmp_path / "clone")


@plain_first
def test_untracked_specs_are_left_out_and_named(scene: Scene, hook: str, tmp_path: Path) -> None:
    scene.install(hook)
    scene.write("specs/new/user_input.yaml", "New: {ID: [1, 2]}\n")
    scene.generate()
    before = scene.files()
    scene.edit(CLAIMS, "[A, B, C]", "[X, Y]")
    scene.git("add", CLAIMS)
    done = scene.commit()
    assert "git add specs/new/user_input.yaml" in done.text
    scene.type_what_is_told(done)
    assert scene.commit().code == 0
    after = scene.files()
    kept = {path for path in before if "/new/" in path}
    assert len(kept) == 3
    assert {path: after.get(path) for path in kept} == {path: before[path] for path in kept}
    assert_consistent(scene, "HEAD", tmp_path / "clone")


@plain_first
def test_outputs_that_git_does_not_know_are_asked_for(scene: Scene, hook: str) -> None:
    scene.install(hook)
    scene.write("specs/new/user_input.yaml", "New: {ID: [1, 2]}\n")
    scene.generate()
    scene.git("add", "specs")
    before = scene.files()
    done = scene.commit()
    assert "not staged  mock_outputs/new/New/base.json" in done.text
    assert scene.files() == before
    scene.type_what_is_told(done)
    assert scene.commit().code == 0


@plain_first
def test_a_merge_of_two_branches_is_decided_before_it_is_committed(
    scene: Scene, hook: str, tmp_path: Path
) -> None:
    scene.git("checkout", "-q", "-b", "other")
    scene.edit("specs/claims/master.yaml", "channel: EDI", "channel: PAPER")
    scene.git("commit", "-q", "-a", "-m", "A spec without its outputs")
    scene.git("checkout", "-q", "main")
    scene.install(hook)
    scene.edit("specs/members/user_input.yaml", "[1, 900]", "[1, 9]")
    scene.generate()
    assert scene.commit("-a").code == 0
    done = scene.run("git", "merge", "-q", "--no-edit", "other")
    scene.type_what_is_told(done)
    done = scene.commit()
    assert done.code == 0, done.text
    assert len(scene.git("rev-list", "--parents", "-1", "HEAD").split()) == 3
    assert_consistent(scene, "HEAD", tmp_path / "clone")


@plain_first
def test_a_linked_work_tree_is_a_project_of_its_own(
    scene: Scene, hook: str, tmp_path: Path
) -> None:
    scene.install(hook)
    scene.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    before = scene.files()
    side = Scene(path=tmp_path / "side")
    if hook == "pre-commit":
        shutil.copy(scene.path / ".pre-commit-config.yaml", side.path)
    side.edit(CLAIMS, "[A, B, C]", "[X, Y]")
    side.git("add", CLAIMS)
    side.type_what_is_told(side.commit())
    done = side.commit()
    assert done.code == 0, done.text
    assert scene.files() == before
    assert_consistent(scene, "side", tmp_path / "clone")


@plain_first
def test_a_submodule_is_a_project_of_its_own(scene: Scene, hook: str, tmp_path: Path) -> None:
    outer = Scene(path=tmp_path / "outer")
    outer.path.mkdir()
    outer.git("init", "-q", "-b", "main")
    allowed = ("-c", "protocol.file.allow=always")
    outer.git(*allowed, "submodule", "--quiet", "add", str(scene.path), "fixtures")
    inner = Scene(path=outer.path / "fixtures")
    inner.install(hook)
    inner.edit(CLAIMS, "[A, B, C]", "[X, Y]")
    inner.git("add", CLAIMS)
    inner.type_what_is_told(inner.commit())
    done = inner.commit()
    assert done.code == 0, done.text
    assert_consistent(inner, "HEAD", tmp_path / "clone")


@plain_first
def test_commit_all_takes_the_outputs_that_git_knows(
    scene: Scene, hook: str, tmp_path: Path
) -> None:
    scene.install(hook)
    scene.edit(CLAIMS, "[A, B, C]", "[X, Y]")
    done = scene.commit("-a")
    assert done.code == 1
    assert f"{OUTPUT}\n" in done.text
    # The outputs are in the work tree by now, so the same command takes them too.
    done = scene.commit("-a")
    assert done.code == 0, done.text
    assert_consistent(scene, "HEAD", tmp_path / "clone")


@both
def test_a_commit_of_paths_is_told_to_name_the_outputs(
    scene: Scene, hook: str, tmp_path: Path
) -> None:
    scene.install(hook)
    scene.write("README.md", "Claims\n")
    scene.git("add", "README.md")
    scene.edit(CLAIMS, "[A, B, C]", "[X, Y]")
    scene.generate()
    before = scene.files()
    done = scene.commit("--", CLAIMS)
    assert done.code == 1
    assert "name these files too" in done.text
    assert scene.files() == before
    done = scene.commit("--", CLAIMS, OUTPUT, LOCK)
    assert done.code == 0, done.text
    assert scene.git("status", "--porcelain") == "A  README.md\n"
    assert_consistent(scene, "HEAD", tmp_path / "clone")


@plain_first
def test_an_edit_by_hand_is_refused_and_kept(scene: Scene, hook: str) -> None:
    scene.install(hook)
    scene.edit(OUTPUT, '"AMOUNT"', '"Amount"')
    scene.git("add", OUTPUT)
    before = (scene.path / OUTPUT).read_bytes()
    done = scene.commit()
    assert done.code == 1
    assert f"{OUTPUT}:1:1 MG501" in done.text
    assert "Amount" in scene.git("show", f":{OUTPUT}")
    assert (scene.path / OUTPUT).read_bytes() == before


def test_a_spec_with_an_error_is_told_and_nothing_is_written(scene: Scene) -> None:
    scene.install("plain")
    scene.edit(CLAIMS, "[A, B, C]", "[]")
    scene.git("add", CLAIMS)
    before = scene.files()
    done = scene.commit()
    assert done.code == 1
    assert "MG206" in done.text
    assert scene.files() == before
    # What the work tree holds does not mend what is staged.
    scene.edit(CLAIMS, "[]", "[A]")
    assert "MG206" in scene.commit().text
    assert "MG206" in scene.mockgen("hook", "--validate").text


def test_a_project_below_the_top_is_told_by_paths_from_where_git_was_called(
    tmp_path: Path, begun: Scene
) -> None:
    outer = Scene(path=tmp_path)
    outer.git("init", "-q", "-b", "main")
    shutil.copytree(begun.path, tmp_path / "a b/fixtures", ignore=shutil.ignore_patterns(".git"))
    outer.git("add", "--all")
    outer.git("commit", "-q", "-m", "Begin")
    inner = Scene(path=tmp_path / "a b/fixtures")
    outer.install("plain")
    place = tmp_path / ".git/hooks/pre-commit"
    text = place.read_text(encoding="utf-8").replace(" hook", ' -C "a b/fixtures" hook')
    place.write_text(text, encoding="utf-8")
    inner.edit(CLAIMS, "[A, B, C]", "[X, Y]")
    inner.git("add", "specs")
    done = inner.commit()
    assert f"git add -- {OUTPUT} {LOCK}\n" in done.text
    inner.type_what_is_told(done)
    assert inner.commit().code == 0
    assert outer.git("status", "--porcelain") == ""


def test_check_finds_what_a_lockfile_hides(scene: Scene) -> None:
    """A digest in a lockfile is believed by the quick hook, and made again by ``--check``."""
    assert scene.mockgen("hook", "--check").code == 0
    data = (scene.path / OUTPUT).read_bytes()
    forged = data.replace(b'"KIND": "', b'"KIND": "Z', 1)
    old, new = (digest(text) for text in (data, forged))
    (scene.path / OUTPUT).write_bytes(forged)
    scene.edit(LOCK, old, new)
    scene.git("add", "--all")
    assert scene.mockgen("hook").code == 0
    done = scene.mockgen("hook", "--check")
    assert done.code == 1
    assert OUTPUT in done.text


def test_nothing_is_staged_by_any_form_of_the_hook(scene: Scene) -> None:
    scene.edit(CLAIMS, "[A, B, C]", "[X, Y]")
    scene.git("add", CLAIMS)
    staged = scene.index()
    for words in ((), ("--check",), ("--validate",), ("--json",)):
        scene.mockgen("hook", *words)
        assert scene.index() == staged


def test_a_conflict_in_the_index_is_told_by_path(scene: Scene) -> None:
    scene.git("checkout", "-q", "-b", "other")
    scene.edit(CLAIMS, "[A, B, C]", "[X]")
    scene.git("commit", "-q", "-a", "-m", "x")
    scene.git("checkout", "-q", "main")
    scene.edit(CLAIMS, "[A, B, C]", "[Y]")
    scene.git("commit", "-q", "-a", "-m", "y")
    assert scene.run("git", "merge", "-q", "other").code == 1
    done = scene.mockgen("hook")
    assert done.code == 1
    assert f"{CLAIMS}:1:1 MG511" in done.text


def test_a_link_is_followed_in_the_index(scene: Scene) -> None:
    scene.write("shared/master.yaml", '$slot: ""\nchannel: FAX\n')
    place = scene.path / "specs/claims/master.yaml"
    place.unlink()
    place.symlink_to("../../shared/master.yaml")
    scene.generate()
    scene.git("add", "--all")
    done = scene.mockgen("hook", "--check")
    assert done.code == 0, done.text
    scene.edit("shared/master.yaml", "FAX", "TELEX")
    scene.git("add", "--all")
    assert scene.mockgen("hook").code == 1


def test_pools_in_text_files_are_read_from_the_index(scene: Scene) -> None:
    scene.write("specs/_vocab/channel.txt", "FAX\nMAIL\n")
    scene.write(CLAIMS, "Claim:\n  $count: 3\n  channel: {$vocab: channel}\n")
    scene.generate()
    scene.git("add", "--all")
    done = scene.mockgen("hook", "--check")
    assert done.code == 0, done.text
    scene.edit("specs/_vocab/channel.txt", "FAX\nMAIL", "TELEX")
    scene.git("add", "--all")
    done = scene.mockgen("hook")
    assert done.code == 1, done.text
    assert "written" in done.text


def test_the_own_configuration_runs_the_hook() -> None:
    """The repository's outputs are kept by its own hook."""
    done = Scene(path=PRE_COMMIT.parents[2]).run(
        PRE_COMMIT, "validate-manifest", ".pre-commit-hooks.yaml"
    )
    assert done.code == 0, done.text
    done = Scene(path=PRE_COMMIT.parents[2]).run(
        PRE_COMMIT, "validate-config", ".pre-commit-config.yaml"
    )
    assert done.code == 0, done.text


def test_the_quick_answer_is_given_for_the_very_index_only(scene: Scene) -> None:
    assert not StagedProject(scene.path).is_up_to_date
    assert scene.mockgen("hook").code == 0
    assert StagedProject(scene.path).is_up_to_date
    scene.edit(CLAIMS, "[A, B, C]", "[X, Y]")
    assert StagedProject(scene.path).is_up_to_date
    scene.git("add", CLAIMS)
    assert not StagedProject(scene.path).is_up_to_date
    scene.git("rm", "-q", "-r", "--cached", "mock_outputs/members")
    assert scene.mockgen("hook").code == 1
    assert not StagedProject(scene.path).is_up_to_date


def test_the_quick_answer_starts_without_heavy_imports(scene: Scene) -> None:
    assert scene.mockgen("hook").code == 0
    script = (
        "import sys\nfrom mockgen_watch.cli.main import main\n"
        "code = main(['hook'])\nprint(code, *sys.modules)"
    )
    done = scene.run(sys.executable, "-c", script)
    code, *modules = done.text.split()
    heavy = {"numpy", "jsonschema", "ruamel.yaml", "structlog", "rich", "watchdog"}
    assert code == "0"
    assert heavy.isdisjoint(modules)
    assert "mockgen_watch.workflow.project" not in modules


@pytest.mark.long
def test_the_hooks_that_are_offered_install_and_run(scene: Scene, tmp_path: Path) -> None:
    """As for a user who names this repository, except that no index of packages is asked."""
    root = Path(__file__).parents[2]
    offered = Scene(path=tmp_path / "offered")
    offered.path.mkdir()
    for name in (
        "pyproject.toml",
        "README.md",
        "CHANGELOG.md",
        "LICENSE",
        ".pre-commit-hooks.yaml",
    ):
        shutil.copy(root / name, offered.path)
    for name in ("mockgen_watch", "schemas"):
        left_out = shutil.ignore_patterns("__pycache__")
        shutil.copytree(root / name, offered.path / name, ignore=left_out)
    offered.git("init", "-q")
    offered.git("add", "--all")
    offered.git("commit", "-q", "-m", "Offer")
    scene.edit(CLAIMS, "[A, B, C]", "[X, Y]")
    scene.git("add", CLAIMS)
    packages = sysconfig.get_path("purelib")
    # The new environment takes its packages from the one of the tests.
    variables = {
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_NO_DEPS": "1",
        "PIP_NO_INDEX": "1",
        "PYTHONPATH": packages,
        "PRE_COMMIT_HOME": str(tmp_path / "cache"),
    }
    words = ("try-repo", str(offered.path), "--all-files", "--verbose")
    done = scene.run(PRE_COMMIT, *words, variables=variables)
    assert done.code == 1, done.text
    told = re.findall(r"^(?:mockgen-watch, )(.*?)\.*(Passed|Failed)$", done.text, re.MULTILINE)
    assert sorted(told) == [
        ("committed outputs are reproduced", "Failed"),
        ("staged outputs match staged specs", "Failed"),
        ("staged specs are valid", "Passed"),
    ], done.text
    scene.git("add", "--all")
    done = scene.run(PRE_COMMIT, *words, variables=variables)
    assert done.code == 0, done.text
