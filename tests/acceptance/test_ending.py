"""How the program ends: at once where nothing is left to do, as Python does where something is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

FULL = Path("/dev/full")
# A file that is still open when the interpreter takes its module apart gets what was written.
PROGRAM = """
import sys

file = open("apart.txt", "w")
file.write("taken apart")
{before}
from mockgen_watch.program import main

sys.exit(main())
"""


def was_taken_apart(folder: Path) -> bool:
    return (folder / "apart.txt").read_text(encoding="utf-8") == "taken apart"


def end(
    folder: Path, *words: str, before: str = "", flags: tuple[str, ...] = (), **more: str
) -> subprocess.CompletedProcess[str]:
    program = folder / "program.py"
    program.write_text(PROGRAM.format(before=before), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}
    return subprocess.run(
        [sys.executable, *flags, program, *words],
        env=environment | more,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def made(folder: Path) -> Path:
    suite = folder / "specs" / "claims"
    suite.mkdir(parents=True)
    (suite / "user_input.yaml").write_text("Claim: {$count: 3, A: [x, y]}\n", encoding="utf-8")
    return folder


def test_it_ends_at_once_with_all_that_it_said(tmp_path: Path) -> None:
    done = end(made(tmp_path), "generate")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("1 output: 1 created\n")
    assert not was_taken_apart(tmp_path)


def test_findings_are_told_and_have_their_code(tmp_path: Path) -> None:
    project = made(tmp_path)
    (project / "specs/claims/user_input.yaml").write_text("Claim: {A: [}\n", encoding="utf-8")

    done = end(project, "check")

    assert done.returncode == 1
    assert "user_input.yaml:1:" in done.stdout + done.stderr
    assert not was_taken_apart(project)


@pytest.mark.parametrize(
    ("before", "flags", "more"),
    [
        ("import atexit; atexit.register(print, 'at the end')", (), {}),
        ("import threading", (), {}),
        ("", ("-X", "importtime"), {}),
        ("", (), {"PYTHONDEVMODE": "1"}),
    ],
    ids=["callback", "threads", "option", "development"],
)
def test_it_ends_as_python_does_where_something_is_left(
    tmp_path: Path, before: str, flags: tuple[str, ...], more: dict[str, str]
) -> None:
    done = end(made(tmp_path), "generate", "-q", before=before, flags=flags, **more)

    assert done.returncode == 0
    assert was_taken_apart(tmp_path)
    assert done.stdout == ("at the end\n" if "atexit" in before else "")


def test_who_wants_to_look_around_afterwards_can(tmp_path: Path) -> None:
    done = end(made(tmp_path), "generate", "-q", PYTHONINSPECT="1")

    assert "SystemExit: 0" in done.stderr
    assert was_taken_apart(tmp_path)


def test_a_profiler_gets_its_turn(tmp_path: Path) -> None:
    done = end(made(tmp_path), "generate", "-q", flags=("-m", "cProfile"))

    assert done.returncode == 0
    assert "function calls" in done.stdout


def test_who_calls_run_goes_on(tmp_path: Path) -> None:
    before = "from mockgen_watch.program import run; print(run())"

    done = end(made(tmp_path), "generate", "-q", before=before)

    assert (done.returncode, done.stdout) == (0, "0\n")


@pytest.mark.skipif(not FULL.exists(), reason="there is no full device")
def test_what_cannot_be_said_has_the_code_that_python_gives_it(tmp_path: Path) -> None:
    codes = []
    for place, before in (("at once", ""), ("as ever", "import threading")):
        project = made(tmp_path / place)
        end(project, "--version", before=before)
        with FULL.open("wb") as full:
            done = subprocess.run(
                [sys.executable, project / "program.py", "generate"],
                cwd=project,
                stdout=full,
                stderr=subprocess.PIPE,
                check=False,
            )
        codes.append(done.returncode)

    assert codes[0] == codes[1] != 0
