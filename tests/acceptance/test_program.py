"""The installed program, run in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mockgen_watch import __version__

HEAVY = {"jsonschema", "logging", "numpy", "rich", "ruamel", "structlog", "watchdog"}
ROOT = Path(__file__).parents[2]
PROGRAM = Path(sys.executable).with_name("mockgen-watch")


@pytest.mark.parametrize("call", [[PROGRAM], [sys.executable, "-m", "mockgen_watch"]])
def test_the_program_and_the_module_tell_the_version(call: list[str | Path]) -> None:
    done = subprocess.run([*call, "--version"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"mockgen-watch {__version__}\n", "")


def test_the_command_line_starts_without_heavy_imports() -> None:
    script = "import sys, mockgen_watch.cli.main; print(*sys.modules)"
    # Coverage would import what it needs into the process that is looked at.
    bare = {name: value for name, value in os.environ.items() if "COV" not in name}
    out = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=bare
    ).stdout
    assert HEAVY.isdisjoint(name.partition(".")[0] for name in out.split())


@pytest.mark.parametrize("words", [["--help"], ["greet"]])
def test_a_reader_that_closes_the_pipe_ends_the_program_quietly(words: list[str]) -> None:
    script = (
        "import sys\n"
        "from mockgen_watch.cli.main import Entry, main\n"
        "entry = Entry(module='tests.unit.cli.greet', summary='')\n"
        "sys.exit(main(sys.argv[1:], {'greet': entry}))\n"
    )
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-c", script, *words],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        cwd=ROOT,
        # Without a buffer argparse would meet the closed pipe itself and swallow the error.
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
@pytest.mark.parametrize("count", ["3", "20_000"])
def test_a_full_disk_behind_stdout_is_told_and_no_defect(tmp_path: Path, count: str) -> None:
    config = tmp_path / "config.json"
    config.write_text('{"M": {"kind": ["a", "b"], "id": {"$uuid": {}}}}', encoding="utf-8")
    words = f"generate --config {config} --count {count} --format ndjson --stdout".split()
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [PROGRAM, *words], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr.startswith("mockgen-watch: stdout: No space left on device")
    assert "defect" not in done.stderr
    assert "Traceback" not in done.stderr


FULL = "/dev/full"
COMMANDS = (
    "check",
    "check --json",
    "generate",
    "plan",
    "rules",
    "-q watch --once",
    "--help",
    "nosuch",
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    spec = folder / "specs/s/user_input.yaml"
    spec.parent.mkdir(parents=True)
    spec.write_text("M:\n  a: [x, y]\n  $scenarios: {one: {}}\n", encoding="utf-8")
    subprocess.run([PROGRAM, "generate"], cwd=folder, check=True, capture_output=True)
    return folder


def run_with(project: Path, words: str, redirection: str) -> subprocess.CompletedProcess[str]:
    """Run the program by a shell, which can close a stream."""
    line = f'"$0" -m mockgen_watch {words} {redirection}'
    return subprocess.run(
        ["sh", "-c", line, sys.executable], cwd=project, capture_output=True, text=True, check=False
    )


@pytest.mark.skipif(os.name == "nt", reason="a shell of Unix closes the streams")
@pytest.mark.parametrize("words", COMMANDS)
def test_closed_streams_change_nothing(project: Path, words: str) -> None:
    usual = run_with(project, words, "")
    for redirection in (">&-", "2>&-", "<&- >&- 2>&-"):
        done = run_with(project, words, redirection)
        assert done.returncode == usual.returncode, (redirection, done.stderr)
        assert "Traceback" not in done.stderr
        assert done.stdout == ("" if " >&-" in f" {redirection}" else usual.stdout)


@pytest.mark.skipif(not Path(FULL).exists(), reason="this system has no full device")
@pytest.mark.parametrize("words", COMMANDS)
def test_a_full_stream_is_no_defect(project: Path, words: str) -> None:
    usual = run_with(project, words, "")
    done = run_with(project, words, f"2>{FULL}")
    assert (done.returncode, done.stdout) == (usual.returncode, usual.stdout)
    done = run_with(project, words, f">{FULL}")
    told = "mockgen-watch: stdout: No space left on device [ENOSPC]\n"
    assert done.stderr == (told if usual.stdout else usual.stderr)
    assert done.returncode == (1 if usual.stdout else usual.returncode)


LOADED = (
    "mockgen_watch.cli.main",
    "mockgen_watch.cli.options",
    "mockgen_watch.observe",
    "mockgen_watch.cli.commands.check",
    "mockgen_watch.workflow.check",
    "mockgen_watch.spec.yaml",
)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize("module", LOADED)
def test_ctrl_c_while_modules_are_loaded_leaves_no_traceback(project: Path, module: str) -> None:
    script = (
        "import os, signal, sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {module!r}:\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Finder())\n"
        "from mockgen_watch.__main__ import run\n"
        "sys.argv[1:] = ['check']\n"
        "sys.exit(run())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode in {-signal.SIGINT, 130}, done.stderr
    assert done.stderr in {"", "mockgen-watch: interrupted\n"}
    assert done.stdout == ""


def test_modules_of_the_current_folder_are_not_imported(project: Path, tmp_path: Path) -> None:
    for name in ("json", "argparse", "msgspec", "numpy", "difflib", "signal"):
        text = f"raise SystemExit('{name} of the folder')\n"
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    words = ["-C", str(project), "check", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "mockgen_watch", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "of the folder" not in done.stderr
