"""Start-up: what commands leave out of memory, and how little a run with nothing to do looks at."""

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

from mockgen_watch.storage.scan import look_at_stamps, remember_stamps
from mockgen_watch.storage.stat_cache import RACY_NS

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAM = Path(sys.executable).with_name("mockgen-watch")
SPEC = "$seed: 1\nClaim:\n  $count: 10\n  TYPE: [P, C, D]\n  ID: {$sequence: {start: 1}}\n"

# Third parties that most commands do without.
LAZY = {
    *("numpy", "structlog", "jsonschema", "watchdog", "rich", "cel_expr_python", "pyarrow"),
    *("dask", "ruamel"),
}
# What a run with nothing to do leaves out as well.
LAZY_WHEN_IDLE = LAZY | {"msgspec", "pathlib"}
MOST_FILES = 120
"""Of our own, in the import graph of a run over one small suite that was edited."""

PRINT_MODULES = """
import atexit, json, sys
before = set(sys.modules)
atexit.register(lambda: print(json.dumps(sorted(set(sys.modules) - before)), file=sys.stderr))
from mockgen_watch.cli.main import run
sys.exit(run())
"""


def modules_of(folder: Path, *words: str) -> set[str]:
    """Run the program's code as the program does; return the modules that it imported."""
    done = subprocess.run(
        [sys.executable, "-c", PRINT_MODULES, *words],
        cwd=folder,
        # Coverage would import what it needs into the process that is looked at.
        env={name: value for name, value in os.environ.items() if "COV" not in name},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return set(json.loads(done.stderr.splitlines()[-1]))


def third_parties(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose outputs are made and committed, and whose hook has passed."""
    project = tmp_path_factory.mktemp("made") / "project"
    suite = project / "specs" / "claims"
    suite.mkdir(parents=True)
    (suite / "user_input.yaml").write_text(SPEC, encoding="utf-8")
    who = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", "init", "-q", project], check=True)
    generate(project)
    subprocess.run(["git", "add", "-A"], cwd=project, check=True)
    subprocess.run(["git", *who, "commit", "-qm", "begin"], cwd=project, check=True)
    settle()
    subprocess.run([PROGRAM, "hook"], cwd=project, check=True)
    generate(project)
    return project


def settle() -> None:
    """Wait until a further write is sure to leave another stamp."""
    time.sleep(2 * RACY_NS / 1e9)


def generate(project: Path, code: int = 0) -> str:
    done = subprocess.run(
        [PROGRAM, "generate"], cwd=project, check=False, capture_output=True, text=True
    )
    assert done.returncode == code, done.stderr
    return done.stdout


@pytest.mark.parametrize("words", [["--help"], ["--version"]])
def test_help_imports_nothing_heavy(made: Path, words: list[str]) -> None:
    assert not third_parties(modules_of(made, *words)) & LAZY_WHEN_IDLE


@pytest.mark.parametrize("command", ["hook", "generate"])
def test_a_run_with_nothing_to_do_imports_no_value_types(made: Path, command: str) -> None:
    assert not third_parties(modules_of(made, command)) & LAZY_WHEN_IDLE


def test_an_edit_of_a_small_suite_imports_little(project: Path) -> None:
    (project / SPECS).write_text(SPEC.replace("10", "20"), encoding="utf-8")

    modules = modules_of(project, "generate")

    # YAML is read by ruamel.yaml.clib, which imports the rest of ruamel.yaml.
    assert not third_parties(modules) & (LAZY - {"ruamel"})
    own = {name for name in modules if name.partition(".")[0] == "mockgen_watch"}
    assert len(own) <= MOST_FILES
    assert (project / OUTPUT).read_text(encoding="utf-8").count("TYPE") == 20


@pytest.fixture
def project(made: Path, tmp_path: Path) -> Path:
    """A copy that a run found up to date long enough ago."""
    copy = tmp_path / "project"
    shutil.copytree(made, copy)
    settle()
    assert up_to_date(copy) is None
    assert generate(copy) == "1 output up to date\n"
    return copy


def up_to_date(project: Path) -> int | None:
    """Return how many outputs stamps alone show to be up to date."""
    return look_at_stamps(project).up_to_date


def test_stamps_that_did_not_move_are_enough(project: Path) -> None:
    assert up_to_date(project) == 1


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

    assert up_to_date(project) is None


def test_a_change_of_the_same_size_and_time_is_seen(project: Path) -> None:
    output = project / OUTPUT
    before = output.stat()
    output.write_bytes(output.read_bytes().replace(b'"P"', b'"Q"'))
    os.utime(output, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert up_to_date(project) is None
    assert "edited by hand" in generate(project, code=1)


def test_files_too_young_to_tell_are_not_remembered(project: Path) -> None:
    touch(project / OUTPUT)
    young = look_at_stamps(project)
    remember_stamps(young, "mock_outputs", 1)

    assert young.up_to_date is None
    assert up_to_date(project) is None


def test_what_the_memo_says_is_what_a_whole_run_says(project: Path) -> None:
    quick = generate(project)
    (project / ".git" / "mockgen" / "generate.json").write_text("[broken")

    assert generate(project) == quick == "1 output up to date\n"


def test_another_output_folder_is_remembered_by_the_second_run(made: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(made / "specs", project / "specs")
    (project / "specs" / "mockgen.yaml").write_text("outputs: elsewhere\n", encoding="utf-8")
    generate(project)
    settle()

    generate(project)
    assert up_to_date(project) is None
    generate(project)
    assert up_to_date(project) == 1
