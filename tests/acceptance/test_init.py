"""The command ``init``, run as a newcomer would: a first project that works at once."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from mockgen_watch.spec.document import plain_data
from mockgen_watch.spec.parse import parse

PROGRAM = Path(sys.executable).with_name("mockgen-watch")


def run(folder: Path, *words: str, answers: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROGRAM, *words], cwd=folder, input=answers, capture_output=True, text=True, check=False
    )


def done(folder: Path, *words: str, answers: str = "") -> str:
    """Return what the command says on stdout, once it has gone well."""
    result = run(folder, *words, answers=answers)
    assert result.returncode == 0, result.stderr
    return result.stdout


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.parts and ".mockgen" not in path.parts
    }


def git(folder: Path, *words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


@pytest.mark.parametrize(
    ("words", "outputs"),
    [
        (
            ["init"],
            ["people/Person/negative.json", "people/Person/positive.json", "people/mockgen.lock"],
        ),
        (
            ["init", "--example", "claims"],
            [
                "claims/Claim/mixed.ndjson",
                "claims/Claim/negative.json",
                "claims/Claim/positive.json",
                "claims/Member/base.json",
                "claims/mockgen.lock",
            ],
        ),
    ],
)
def test_a_new_project_generates_and_is_without_findings(
    tmp_path: Path, words: list[str], outputs: list[str]
) -> None:
    out = done(tmp_path, *words)
    assert out.endswith("\nnext:\n  mockgen-watch generate\n")
    listed = re.findall(r"^created +(.+)$", out, flags=re.MULTILINE)
    assert sorted(listed) == sorted(files(tmp_path))
    done(tmp_path, "generate")
    made = {path.removeprefix("mock_outputs/") for path in files(tmp_path) if "mock_" in path}
    assert made == set(outputs)
    assert json.loads(done(tmp_path, "check", "--json"))["diagnostics"] == []


def test_the_examples_are_valid_for_the_schemas_beside_them(tmp_path: Path) -> None:
    done(tmp_path, "init", "--example", "claims")
    done(tmp_path, "init", "--example", "minimal")
    checked = 0
    for path in sorted((tmp_path / "specs").rglob("*.yaml")):
        root = parse(path.name, path.read_bytes()).root
        assert root is not None
        data: Any = plain_data(root)
        schema = (path.parent / data["$schema"]).resolve()
        assert schema.is_relative_to(tmp_path / "schemas")
        jsonschema.Draft202012Validator(json.loads(schema.read_bytes())).validate(data)
        checked += 1
    assert checked == 5


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    done(tmp_path, "init")
    before = files(tmp_path)
    assert "created" not in done(tmp_path, "init")
    assert files(tmp_path) == before


def test_what_is_there_stays(tmp_path: Path) -> None:
    own = {
        "specs/people/user_input.json": b'{"Person": {"name": ["Mine"]}}\n',
        "specs/people/master.yaml": b"person: {name: Mine}\n",
        "specs/mockgen.yml": b"seed: 5\n",
        "schemas/master.schema.json": b"{}\n",
        ".gitattributes": b"* text=auto",
        ".gitignore": b"/.venv/\n",
        ".pre-commit-config.yaml": b"repos: []\n",
    }
    for name, data in own.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    result = run(tmp_path, "init", "--example", "minimal")
    assert result.returncode == 0
    after = files(tmp_path)
    for name, data in own.items():
        assert after[name].startswith(data)
        assert (after[name] == data) is not name.startswith(".git")
    assert set(after) - set(own) == {
        "schemas/project.schema.json",
        "schemas/user_input.schema.json",
    }
    assert re.search(r"^kept +specs/people/user_input.json$", result.stdout, re.MULTILINE)
    # The configuration of pre-commit is someone's own, so what belongs in it is shown.
    assert "entry: mockgen-watch check" in result.stderr


def test_a_project_with_specs_gets_no_example_unless_asked(tmp_path: Path) -> None:
    (tmp_path / "specs/own").mkdir(parents=True)
    (tmp_path / "specs/own/user_input.yml").write_text("Own: {name: [Asha]}\n", encoding="utf-8")
    done(tmp_path, "init")
    assert sorted(path.name for path in (tmp_path / "specs").iterdir()) == ["mockgen.yaml", "own"]
    done(tmp_path, "init", "--example", "minimal")
    assert (tmp_path / "specs/people/user_input.yaml").is_file()


def test_force_replaces_and_keeps_what_was_there(tmp_path: Path) -> None:
    done(tmp_path, "init")
    before = files(tmp_path)
    spec = tmp_path / "specs/people/user_input.yaml"
    spec.write_bytes(b"Mine: {name: [Asha]}\n")
    hooks = tmp_path / ".pre-commit-config.yaml"
    hooks.write_bytes(b"repos: []\n")
    out = done(tmp_path, "init", "--force", "--example", "minimal")
    assert "specs/people/user_input.yaml  (the former is specs/people/user_input.yaml.bak)" in out
    after = files(tmp_path)
    assert after.pop("specs/people/user_input.yaml.bak") == b"Mine: {name: [Asha]}\n"
    assert after.pop(".pre-commit-config.yaml") == b"repos: []\n"
    del before[".pre-commit-config.yaml"]
    assert after == before


def test_the_result_as_json(tmp_path: Path) -> None:
    told = json.loads(done(tmp_path, "-C", "new/place", "init", "--json"))
    assert told["next"] == ["mockgen-watch -C new/place generate"]
    assert {file["action"] for file in told["files"]} == {"created"}
    assert {file["path"] for file in told["files"]} == set(files(tmp_path / "new/place"))


def test_quiet_says_nothing(tmp_path: Path) -> None:
    result = run(tmp_path, "-q", "init")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert files(tmp_path)


def test_questions_make_a_spec_that_generates(tmp_path: Path) -> None:
    answers = "claims/north\nClaim\nCLM_TYPE\nP, C, D\nborn\ndate\n\nCLM_TYPE\nZZ\n\n3\n"
    result = run(tmp_path, "init", "--interactive", answers=answers)
    assert result.returncode == 0
    assert result.stdout.endswith("next:\n  mockgen-watch generate\n")
    assert "Name of the suite" in result.stderr
    assert "Name of the suite" not in result.stdout
    done(tmp_path, "generate")
    outputs = tmp_path / "mock_outputs/claims/north/Claim"
    positive, negative = (
        json.loads((outputs / f"{name}.json").read_bytes()) for name in ("positive", "negative")
    )
    assert [record["CLM_TYPE"] for record in negative] == ["ZZ"] * 3
    assert {record["CLM_TYPE"] for record in positive} <= {"P", "C", "D"}
    schema = "../../../schemas/user_input.schema.json"
    spec = tmp_path / "specs/claims/north/user_input.yaml"
    assert f"$schema: {schema}\n" in spec.read_text(encoding="utf-8")
    assert (spec.parent / schema).is_file()


def test_questions_that_are_not_answered_write_nothing(tmp_path: Path) -> None:
    result = run(tmp_path, "init", "--interactive", answers="claims\nClaim\n")
    assert (result.returncode, result.stdout) == (2, "")
    assert "nothing was written" in result.stderr
    assert files(tmp_path) == {}


def test_a_suite_that_has_a_spec_is_asked_for_again(tmp_path: Path) -> None:
    done(tmp_path, "init")
    before = files(tmp_path)
    answers = "people\nstaff\n\n\n\n\n"
    result = run(tmp_path, "init", "--interactive", answers=answers)
    assert result.returncode == 0
    assert "it has a spec already" in result.stderr
    after = files(tmp_path)
    assert set(after) - set(before) == {"specs/staff/user_input.yaml"}
    assert {name: after[name] for name in before} == before


def test_a_folder_inside_another_project_is_refused(tmp_path: Path) -> None:
    done(tmp_path, "init")
    (tmp_path / "docs").mkdir()
    result = run(tmp_path / "docs", "init")
    assert result.returncode == 2
    assert f"-C {tmp_path}" in result.stderr
    assert files(tmp_path / "docs") == {}


def test_below_the_top_of_a_repository_the_hook_is_shown_and_not_written(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "tests").mkdir()
    result = run(tmp_path / "tests", "init")
    assert "entry: mockgen-watch -C tests check" in result.stderr
    assert not list(tmp_path.rglob(".pre-commit-config.yaml"))


def test_git_keeps_the_line_ends_and_leaves_out_what_is_not_committed(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    done(tmp_path, "init")
    done(tmp_path, "generate")
    (tmp_path / "mock_outputs/people/Person/positive.json.mockgen-new").write_text("[]")
    git(tmp_path, "config", "core.autocrlf", "true")
    git(tmp_path, "add", "--all")
    staged = git(tmp_path, "ls-files", "--eol").splitlines()
    kept = [line for line in staged if "\tmock_outputs/" in line or "\tspecs/" in line]
    assert len(kept) == 6
    assert all(line.startswith("i/lf    w/lf    attr/text eol=lf") for line in kept)
    assert not any(".mockgen-new" in line for line in staged)


def test_the_hook_that_is_written_checks_a_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    done(tmp_path, "init")
    (hook,) = yaml.safe_load((tmp_path / ".pre-commit-config.yaml").read_bytes())["repos"][0][
        "hooks"
    ]
    program, *words = hook["entry"].split()
    assert program == PROGRAM.name
    assert run(tmp_path, *words).returncode == 1
    done(tmp_path, "generate")
    assert run(tmp_path, *words).returncode == 0
