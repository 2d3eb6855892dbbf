"""A project whose lockfiles are of version 1 or 2 is taken over.

No output of it is written again.

``tests/data/lockfile_1`` has lockfiles as they were before version 2. Of its suites, ``members`` is
up to date, one output of ``orders`` was edited by hand, the spec of ``plans`` was changed since,
and where ``claims`` has its output there is a file that no lockfile owns.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from mockgen_watch.cli.main import main
from mockgen_watch.lock.lockfile import upgrade_text
from mockgen_watch.plan import METHODS
from mockgen_watch.spec import CONTRACT

PROGRAM = Path(sys.executable).with_name("mockgen-watch")
DATA = Path(__file__).parent.parent / "data" / "lockfile_1"
EDITED = "mock_outputs/orders/Order/large.json"
UNOWNED = "mock_outputs/claims/Claim/base.json"
STALE = "mock_outputs/plans/Plan/base.json"
RIGHT = ("mock_outputs/members/Member/base.json", "mock_outputs/orders/Order/positive.json")


def identity(path: Path) -> tuple[int, int, bytes]:
    status = path.stat()
    return status.st_ino, status.st_mtime_ns, path.read_bytes()


def kept(project: Path) -> dict[str, tuple[int, int, bytes]]:
    """Return what must stay as it is: outputs that are right, and those that are not ours."""
    return {name: identity(project / name) for name in (*RIGHT, EDITED, UNOWNED)}


def lockfile(project: Path, suite: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(
        (project / "mock_outputs" / suite / "mockgen.lock").read_text()
    )
    return data


def git(project: Path, *words: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    command = ["git", *who, *words]
    return subprocess.run(command, cwd=project, check=True, capture_output=True, text=True).stdout


@pytest.fixture(params=[1, 2])
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    shutil.copytree(DATA, tmp_path / "project")
    for lock in (tmp_path / "project").rglob("mockgen.lock"):
        data = json.loads(lock.read_text())
        # What is tried is the form of lockfiles; outputs made by other rules are made again.
        data.update(contract=CONTRACT, methods=METHODS)
        text = json.dumps(data, indent=2) + "\n"
        lock.write_text(text if request.param == 1 else upgrade_text(text))
    return tmp_path / "project"


@pytest.fixture
def clean(project: Path) -> Path:
    """The two suites of the project that have nothing to do, in Git."""
    for name in ("plans", "claims"):
        shutil.rmtree(project / "specs" / name)
        shutil.rmtree(project / "mock_outputs" / name)
    text = (project / EDITED).read_text()
    (project / EDITED).write_text(text.replace("O077", "O076"))
    git(project, "init", "-q")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "begin")
    return project


def run(project: Path, *words: str) -> int:
    return main(["-C", str(project), *words])


def test_generate_keeps_outputs_and_writes_version_3(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = kept(project)
    assert run(project, "generate") == 1

    assert kept(project) == before
    assert "updated" in capfd.readouterr().out
    assert "platinum" in (project / STALE).read_text()
    for suite in ("members", "plans"):
        lock = lockfile(project, suite)
        assert lock["lock_version"] == 3
        assert "sha256" not in json.dumps(lock)
    assert set(lockfile(project, "members")["inputs"]) == {
        "package:first_name_in.json",
        "./master.yaml",
        "./user_input.yaml",
        "specs/mockgen.yaml",
    }


def test_a_hand_edit_and_a_file_of_others_are_reported_as_before(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert run(project, "generate") == 1
        told = capfd.readouterr().err
        assert f"{EDITED}:1:1 MG501 The output was edited by hand" in told
        assert f"{UNOWNED}:1:1 MG504" in told
        assert f"{RIGHT[1]}:" not in told


def test_an_edit_that_is_taken_back_is_known_again(project: Path) -> None:
    run(project, "generate")
    text = (project / EDITED).read_text()
    (project / EDITED).write_text(text.replace("O077", "O076"))
    (project / "specs/orders/user_input.yaml").write_text("Order:\n  number: [a, b]\n")

    # The bytes are those that the earlier release had made: they may be removed.
    (project / UNOWNED).unlink()
    assert run(project, "generate") == 0
    assert not (project / EDITED).exists()


def test_check_tells_what_is_wrong_and_nothing_else(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(project, "check") == 1
    told = capfd.readouterr().out
    codes = {line.split()[1] for line in told.splitlines() if line.startswith("mock_outputs/")}
    assert codes == {"MG501", "MG502", "MG504"}
    assert f"{STALE}:1:1 MG502" in told
    assert "members" not in told


def test_what_is_right_passes_check_and_hook(clean: Path) -> None:
    before = git(clean, "status", "--porcelain")
    assert run(clean, "check") == 0
    assert run(clean, "hook") == 0
    assert run(clean, "verify", "HEAD") == 0
    assert git(clean, "status", "--porcelain") == before


@pytest.mark.parametrize("words", [("generate",), ("migrate",), ("migrate", "generate")])
def test_outputs_that_are_right_are_not_touched(clean: Path, words: tuple[str, ...]) -> None:
    before = {name: identity(clean / name) for name in (*RIGHT, EDITED)}
    for word in words:
        assert run(clean, word) == 0

    assert {name: identity(clean / name) for name in before} == before
    assert lockfile(clean, "orders")["lock_version"] == 3
    assert git(clean, "status", "--porcelain").split() == [
        *("M", "mock_outputs/members/mockgen.lock"),
        *("M", "mock_outputs/orders/mockgen.lock"),
    ]
    assert run(clean, "check") == 0


def test_a_file_that_appears_where_one_was_looked_for_is_a_change(clean: Path) -> None:
    (clean / "specs/orders/master.yaml").write_text("$slot: order\norder: {}\n")
    assert run(clean, "check") == 1
    assert run(clean, "generate") == 0
    assert '"order"' in (clean / RIGHT[1]).read_text()


def test_the_hook_keeps_a_staged_edit_of_a_spec_and_its_outputs_together(clean: Path) -> None:
    spec = clean / "specs/orders/user_input.yaml"
    spec.write_text(spec.read_text().replace("O[0-9]{3}", "P[0-9]{3}"))
    git(clean, "add", "-A")
    before = identity(clean / RIGHT[0])
    assert run(clean, "hook") == 1
    assert "P" in (clean / RIGHT[1]).read_text()
    git(clean, "add", "-A")
    assert run(clean, "hook") == 0
    assert identity(clean / RIGHT[0]) == before


def test_a_merge_knows_what_both_versions_have_made(clean: Path) -> None:
    assert run(clean, "git", "install") == 0
    git(clean, "checkout", "-qb", "other")
    spec = clean / "specs/orders/user_input.yaml"
    spec.write_text(spec.read_text().replace("$count: 5", "$count: 6"))
    assert run(clean, "generate") == 0
    git(clean, "add", "-A")
    git(clean, "commit", "-qm", "more")
    git(clean, "checkout", "-q", "-")
    spec = clean / "specs/members/user_input.yaml"
    spec.write_text(spec.read_text().replace("M[0-9]{4}", "N[0-9]{4}"))
    spec = clean / "specs/orders/user_input.yaml"
    spec.write_text(spec.read_text().replace("O[0-9]{3}", "P[0-9]{3}"))
    assert run(clean, "generate") == 0
    git(clean, "add", "-A")
    git(clean, "commit", "-qm", "ours")
    path = os.pathsep.join((str(PROGRAM.parent), os.environ["PATH"]))
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", "merge", "-q", "other"],
        cwd=clean,
        check=True,
        env={**os.environ, "PATH": path},
    )
    assert run(clean, "check") == 0


def test_the_daemon_takes_it_over(clean: Path) -> None:
    before = {name: identity(clean / name) for name in (*RIGHT, EDITED)}
    daemon = subprocess.Popen([PROGRAM, "watch"], cwd=clean, stdout=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while lockfile(clean, "orders")["lock_version"] == 1 and time.monotonic() < end:
            time.sleep(0.05)
        (clean / "specs/orders/master.yaml").write_text("$slot: order\norder: {}\n")
        while '"order"' not in (clean / RIGHT[1]).read_text() and time.monotonic() < end:
            time.sleep(0.05)
    finally:
        daemon.terminate()
        daemon.wait()
    assert lockfile(clean, "orders")["lock_version"] == 3
    assert '"order"' in (clean / RIGHT[1]).read_text()
    assert identity(clean / RIGHT[0]) == before[RIGHT[0]]
