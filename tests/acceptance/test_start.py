"""What runs with little or nothing to do leave out: modules, and reading files again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.storage.memo import Stamps, look_at_stamps, remember_stamps
from mockgen_watch.storage.stat_cache import RACY_NS

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAM = Path(sys.executable).with_name("mockgen-watch")
SPEC = "$seed: 1\nClaim:\n  $count: 10\n  TYPE: [P, C, D]\n  ID: {$sequence: {start: 1}}\n"

# What a person would notice the import of.
HEAVY = {
    *("numpy", "structlog", "jsonschema", "watchdog", "ruamel", "rich", "cel_expr_python"),
    *("logging", "asyncio", "multiprocessing", "concurrent", "subprocess", "tempfile", "email"),
    *("dataclasses", "typing", "inspect", "traceback", "difflib", "shutil", "hashlib"),
    *("pathlib", "urllib", "ipaddress", "fnmatch"),
    "importlib.metadata",
}
# Modules of ours; those of the standard library are few once the heavy ones are left out.
MOST_WHEN_IDLE = 38
MOST_FOR_A_SMALL_SUITE = 220
MOST_FOR_KNOWN_PLANS = 147
PRINT_MODULES = """
import atexit, json, sys
before = set(sys.modules)
atexit.register(lambda: print(json.dumps(sorted(set(sys.modules) - before)), file=sys.stderr))
from mockgen_watch.cli.main import run
sys.exit(run())
"""


def run(folder: Path, *words: str, code: int = 0) -> set[str]:
    """Run the program's code as the program does; return the modules that it imported."""
    done = subprocess.run(
        # -I leaves out what an environment has every Python import.
        [sys.executable, "-c", PRINT_MODULES, *words],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if "COVERAGE" not in name},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return set(json.loads(done.stderr.splitlines()[-1]))


def ours(modules: set[str]) -> set[str]:
    return {name for name in modules if name.split(".")[0] == "mockgen_watch"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose outputs are made and committed, and whose hook has passed."""
    project = tmp_path_factory.mktemp("made") / "project"
    suite = project / "specs" / "claims"
    suite.mkdir(parents=True)
    (suite / "user_input.yaml").write_text(SPEC, encoding="utf-8")
    who = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", "init", "-q", project], check=True)
    subprocess.run([PROGRAM, "generate"], cwd=project, check=True)
    subprocess.run(["git", "add", "-A"], cwd=project, check=True)
    subprocess.run(["git", *who, "commit", "-qm", "begin"], cwd=project, check=True)
    time.sleep(2 * RACY_NS / 1e9)
    for words in (["hook"], ["generate"]):
        subprocess.run([PROGRAM, *words], cwd=project, check=True)
    return project


@pytest.mark.parametrize("command", ["hook", "generate"])
def test_who_has_nothing_to_do_imports_little(made: Path, command: str) -> None:
    modules = run(made, command)

    assert not modules & HEAVY
    assert len(ours(modules)) <= MOST_WHEN_IDLE


def test_a_small_suite_imports_nothing_heavy(made: Path) -> None:
    modules = run(made, "generate", "--force", "--count", "10", "--out", "elsewhere")

    assert not modules & HEAVY
    assert len(ours(modules)) <= MOST_FOR_A_SMALL_SUITE
    # One format, no rules, no promise.
    for unneeded in ("formats.yaml", "formats.csv", "scenarios.promise", "rules.expression"):
        assert f"mockgen_watch.{unneeded}" not in modules


def test_whose_plans_are_known_compiles_nothing(project: Path) -> None:
    words = ("generate", "--force", "--count", "10")
    run(project, *words)
    (project / OUTPUT).unlink()
    modules = run(project, *words)

    assert not modules & HEAVY
    assert len(ours(modules)) <= MOST_FOR_KNOWN_PLANS
    for unneeded in ("plan.compile", "spec.parse", "spec.build.user_input", "masters.merge"):
        assert f"mockgen_watch.{unneeded}" not in modules
    assert (project / OUTPUT).read_text().count("TYPE") == 10


@pytest.fixture
def project(made: Path, tmp_path: Path) -> Path:
    """A copy that was looked at as a whole, and found up to date, long enough ago."""
    copy = tmp_path / "project"
    shutil.copytree(made, copy)
    settle()
    assert look(copy).count is None
    generate(copy)
    return copy


def look(project: Path) -> Stamps:
    return look_at_stamps(project)


def generate(project: Path) -> str:
    command = [PROGRAM, "generate"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    return done.stdout


def settle() -> None:
    """Wait until a further write is sure to leave another stamp."""
    time.sleep(2 * RACY_NS / 1e9)


def test_stamps_that_did_not_move_are_enough(project: Path) -> None:
    assert look(project).count == 1


def touch(path: Path) -> None:
    path.write_bytes(path.read_bytes())


def cut_short(project: Path) -> None:
    (project / ".git" / "mockgen" / "journal-0123456789ab.log").write_text("x\n")


def link_elsewhere(project: Path) -> None:
    """Put a link in the place of the output folder; its files keep their stamps."""
    (project / "mock_outputs").rename(project / "moved")
    (project / "mock_outputs").symlink_to("moved")


OUTPUT = "mock_outputs/claims/Claim/base.json"
SPECS = "specs/claims/user_input.yaml"
MOVES: dict[str, Callable[[Path], object]] = {
    "a spec is written": lambda at: touch(at / SPECS),
    "a spec is renamed": lambda at: (at / SPECS).rename(at / "specs/claims/other.yaml"),
    "a master appears": lambda at: (at / "specs/master.yaml").write_text("{}"),
    "an output is written": lambda at: touch(at / OUTPUT),
    "an output is removed": lambda at: (at / OUTPUT).unlink(),
    "an output has another mode": lambda at: (at / OUTPUT).chmod(0o600),
    "a lockfile is written": lambda at: touch(at / "mock_outputs/claims/mockgen.lock"),
    "a stranger appears": lambda at: (at / "mock_outputs/claims/stranger.json").write_text("{}"),
    "a run is cut short": cut_short,
    "a link leads to the outputs": link_elsewhere,
}


@pytest.mark.parametrize("name", MOVES)
def test_whatever_moves_is_looked_at_as_a_whole(project: Path, name: str) -> None:
    MOVES[name](project)

    assert look(project).count is None


def test_a_change_of_the_same_size_and_time_is_seen(project: Path) -> None:
    output = project / OUTPUT
    before = output.stat()
    output.write_bytes(output.read_bytes().replace(b'"P"', b'"Q"'))
    os.utime(output, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert look(project).count is None
    assert "edited by hand" in generate(project)


def test_files_too_young_to_tell_are_not_remembered(project: Path) -> None:
    touch(project / OUTPUT)
    young = look(project)
    remember_stamps(young, "mock_outputs", 1)

    assert young.count is None
    assert look(project).count is None


def test_what_the_memo_says_is_what_a_whole_run_says(project: Path) -> None:
    quick = subprocess.run([PROGRAM, "generate"], cwd=project, check=True, capture_output=True)
    (project / ".git" / "mockgen" / "generate.json").write_text("[broken")
    whole = subprocess.run([PROGRAM, "generate"], cwd=project, check=True, capture_output=True)

    assert quick.stdout == whole.stdout == b"1 output up to date\n"


def test_another_output_folder_is_told_by_the_second_look(made: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(made / "specs", project / "specs")
    (project / "specs" / "mockgen.yaml").write_text("outputs: elsewhere\n", encoding="utf-8")
    subprocess.run([PROGRAM, "generate"], cwd=project, check=True)
    settle()

    generate(project)
    assert look(project).count is None
    generate(project)
    assert look(project).count == 1
