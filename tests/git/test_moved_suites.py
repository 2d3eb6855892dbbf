"""A suite that is moved in Git with its outputs leaves nothing to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockgen_watch.cli.main import main
from tests.watch.world import files_in, git

if TYPE_CHECKING:
    from pathlib import Path

SPEC = """\
Member:
  $count: 5
  id: {$pattern: "[A-Z]{3}[0-9]{6}", $unique: true}
  name: {$vocab: first_name_in}
  plan: {$vocab: plan}
Claim:
  member: {$ref: Member.id}
  amount: {$number: [1, 500]}
  $rules: {low: {cel: "record.amount < 400.0"}}
  $scenarios: {positive: {$count: 4}, negative: {$count: 4, $output: csv}}
"""


@pytest.fixture(params=["", "master.yaml", "specs/master.yaml", "specs/mockgen.yaml"])
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    suite = tmp_path / "specs" / "old"
    suite.mkdir(parents=True)
    (suite / "user_input.yaml").write_text(SPEC)
    (tmp_path / "specs" / "_vocab").mkdir()
    (tmp_path / "specs" / "_vocab" / "plan.yaml").write_text("[gold, silver]\n")
    place = request.param
    if place.endswith("master.yaml"):
        path = tmp_path / place if "/" in place else suite / place
        path.write_text("$slot: record\nrecord: {source: test}\n")
    elif place:
        (tmp_path / place).write_text("seed: 7\n")
    assert main(["-C", str(tmp_path), "-q", "generate"]) == 0
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "begin")
    return tmp_path


@pytest.mark.parametrize("new", ["new", "group"])
def test_a_suite_that_is_moved_with_its_outputs_is_up_to_date(
    project: Path, new: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for top in ("specs", "mock_outputs"):
        git(project, "mv", f"{top}/old", f"{top}/{new}")
    before = files_in(project / "mock_outputs")
    capsys.readouterr()
    assert main(["-C", str(project), "generate", "--dry-run"]) == 0
    assert main(["-C", str(project), "generate"]) == 0
    assert capsys.readouterr().out.splitlines() == ["5 outputs up to date"] * 2
    assert main(["-C", str(project), "check"]) == 0
    assert main(["-C", str(project), "hook", "--check"]) == 0
    assert main(["-C", str(project), "hook"]) == 0
    assert main(["-C", str(project), "watch", "--once"]) == 0
    assert files_in(project / "mock_outputs") == before
    assert all(line.startswith("R ") for line in git(project, "status", "--porcelain").splitlines())
    git(project, "commit", "-qm", "move")
    assert main(["-C", str(project), "verify", "HEAD~1..HEAD"]) == 0


def test_a_suite_that_is_moved_alone_gets_its_outputs_there(project: Path) -> None:
    before = files_in(project / "mock_outputs" / "old")
    git(project, "mv", "specs/old", "specs/new")
    assert main(["-C", str(project), "-q", "generate"]) == 0
    assert files_in(project / "mock_outputs" / "new") == before
    assert not (project / "mock_outputs" / "old").exists()
