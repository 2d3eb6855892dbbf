"""The installed program, run in a process of its own."""

from __future__ import annotations

import os
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
