"""The command ``init``, run as a newcomer would: a first project that works at once."""

from __future__ import annotations

import json
import os
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
from tests.git.scene import PRE_COMMIT, environment

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
            [
                "people/Person/negative.json",
                "people/Person/negative.labels.ndjson",
                "people/Person/positive.json",
                "people/Person/positive.labels.ndjson",
                "people/mockgen.lock",
            ],
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
    hooks = after.pop(".pre-commit-config.yaml")
    assert after.pop(".pre-commit-config.yaml.bak") == own.pop(".pre-commit-config.yaml")
    assert hooks.startswith(b"repos:\n  - repo: local\n")
    for name, data in own.items():
        assert after[name].startswith(data)
        assert (after[name] == data) is not name.startswith(".git")
    assert set(after) - set(own) == {
        "schemas/project.schema.json",
        "schemas/user_input.schema.json",
    }
    assert re.search(r"^kept +specs/people/user_input.json$", result.stdout, re.MULTILINE)
    assert re.search(r"^extended +.pre-commit-config.yaml  ", result.stdout, re.MULTILINE)


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
    out = done(tmp_path, "init", "--force", "--example", "minimal")
    assert "specs/people/user_input.yaml  (the old file is specs/people/user_input.yaml.bak)" in out
    after = files(tmp_path)
    assert after.pop("specs/people/user_input.yaml.bak") == b"Mine: {name: [Asha]}\n"
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


SAMPLE = '{"id": "A-1", "price": 1.50, "tags": ["a", "b"], "lines": [{"n": 1}], "$ref": null}'


def test_a_sample_makes_a_spec_whose_output_is_the_sample(tmp_path: Path) -> None:
    (tmp_path / "order.json").write_text(SAMPLE, encoding="utf-8")
    project = tmp_path / "fixtures"
    out = done(tmp_path, "-C", "fixtures", "init", "--from", "order.json")
    assert re.search("^created +specs/order/user_input.yaml$", out, re.MULTILINE)
    (project / "specs/master.yaml").write_text("person: {country: IN}\n", encoding="utf-8")
    assert done(tmp_path, "-C", "fixtures", "init", "--from", "order.json", "--suite", "a/b")
    done(project, "generate", "a")
    made = (project / "mock_outputs/a/b/Order/base.json").read_text(encoding="utf-8")
    assert json.loads(made) == json.loads(SAMPLE)
    assert '"price": 1.50,' in made
    assert json.loads(done(project, "check", "a", "--json"))["diagnostics"] == []


def test_lines_of_records_make_as_many_records(tmp_path: Path) -> None:
    lines = '{"a": 1}\n{"a": 2, "b": []}\n'
    (tmp_path / "events.ndjson").write_text(lines, encoding="utf-8")
    done(tmp_path, "init", "--from", "events.ndjson")
    done(tmp_path, "generate")
    made = (tmp_path / "mock_outputs/events/Events/base.ndjson").read_text(encoding="utf-8")
    assert set(made.splitlines()) <= {'{"a":1}', '{"a":2}', '{"a":1,"b":[]}', '{"a":2,"b":[]}'}
    assert len(made.splitlines()) == 2


def test_a_sample_never_overwrites_a_spec(tmp_path: Path) -> None:
    (tmp_path / "order.json").write_text(SAMPLE, encoding="utf-8")
    done(tmp_path, "init", "--from", "order.json")
    assert "up to date  specs/order/user_input.yaml" in done(
        tmp_path, "init", "--from", "order.json"
    )
    spec = tmp_path / "specs/order/user_input.yaml"
    spec.write_text("Mine: {name: [Asha]}\n", encoding="utf-8")
    before = files(tmp_path)
    result = run(tmp_path, "init", "--from", "order.json")
    assert result.returncode == 2
    assert "specs/order/user_input.yaml exists already; name another suite" in result.stderr
    assert files(tmp_path) == before
    (spec.parent / "user_input.json").write_text("{}", encoding="utf-8")
    result = run(tmp_path, "init", "--from", "order.json", "--force")
    assert result.returncode == 2
    assert "user_input.json exists already; name another suite with --suite\n" in result.stderr
    (spec.parent / "user_input.json").unlink()
    done(tmp_path, "init", "--from", "order.json", "--force")
    assert (spec.parent / "user_input.yaml.bak").read_bytes() == before[
        "specs/order/user_input.yaml"
    ]


@pytest.mark.parametrize(
    ("words", "text", "code", "expected"),
    [
        (("--from", "a.json"), '{"a": 1,\n "b": x}', 1, 'a.json:2:7 MG102 "x" has no quotes'),
        (("--from", "a.json"), "[]", 1, "a.json:1:1 MG206 the list has no records"),
        (("--from", "b.json"), "", 1, "b.json: No such file or directory"),
        (("--from", "a.json", "--suite", "../x"), "{}", 2, "begins with a dot"),
        (("--suite", "x"), "", 2, "--suite needs --from FILE"),
        (("--from", "a.json", "--interactive"), "{}", 2, "not allowed with argument --from"),
    ],
)
def test_what_is_no_sample_writes_nothing(
    tmp_path: Path, words: tuple[str, ...], text: str, code: int, expected: str
) -> None:
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    result = run(tmp_path, "init", *words)
    assert result.returncode == code, result.stderr
    assert expected in result.stderr
    assert set(files(tmp_path)) == {"a.json"}


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
    assert "this suite has a spec already" in result.stderr
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
    assert "entry: mockgen-watch -C tests hook" in result.stderr
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
    assert len(kept) == 8
    assert all(line.startswith("i/lf    w/lf    attr/text eol=lf") for line in kept)
    assert not any(".mockgen-new" in line for line in staged)


def test_the_hook_that_is_written_looks_at_a_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    done(tmp_path, "init")
    config = yaml.safe_load((tmp_path / ".pre-commit-config.yaml").read_bytes())
    assert config["default_install_hook_types"] == ["pre-commit", "pre-merge-commit"]
    (hook,) = config["repos"][0]["hooks"]
    program, *words = hook["entry"].split()
    assert program == PROGRAM.name
    git(tmp_path, "add", "--all")
    assert run(tmp_path, *words).returncode == 1
    git(tmp_path, "add", "--all")
    assert run(tmp_path, *words).returncode == 0
    checked = run_program(PRE_COMMIT, "validate-config", cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout


STAGES = "        stages: [pre-commit, pre-merge-commit, manual]\n"
NOW = "staged outputs match staged specs"
FORMER = """\
# Hooks of the team.
repos:
  - repo: https://example.com/tools
    rev: v1
    hooks:
      - id: trailing-whitespace  # but not in outputs
        exclude: ^mock_outputs/
  - repo: local
    hooks:
      - id: mockgen-check
        name: specs are valid and mock_outputs/ is up to date
        entry: mockgen-watch check  # ours
        language: system
        always_run: true
        pass_filenames: false
# The last word.
"""


def test_the_hook_of_an_earlier_release_is_brought_up_to_date_in_its_place(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    place = tmp_path / ".pre-commit-config.yaml"
    place.write_text(FORMER, encoding="utf-8")
    assert ".pre-commit-config.yaml  (the old file is" in done(tmp_path, "init")
    expected = FORMER
    for old, new in (
        ("mockgen-check", "mockgen-refresh"),
        ("specs are valid and mock_outputs/ is up to date", NOW),
        ("watch check", "watch hook"),
        ("filenames: false\n", "filenames: false\n        require_serial: true\n" + STAGES),
    ):
        expected = expected.replace(old, new)
    assert place.read_text(encoding="utf-8") == expected
    assert run_program(PRE_COMMIT, "validate-config", cwd=tmp_path).returncode == 0
    assert "up to date  .pre-commit-config.yaml" in done(tmp_path, "init")


def test_hooks_that_git_itself_calls_look_at_a_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / ".git/hooks").mkdir(exist_ok=True)
    own = tmp_path / ".git/hooks/pre-merge-commit"
    own.write_bytes(b"#!/bin/sh\necho mine\n")
    result = run(tmp_path, "init", "--hooks", "git")
    assert result.returncode == 0
    assert not (tmp_path / ".pre-commit-config.yaml").exists()
    assert own.read_bytes() == b"#!/bin/sh\necho mine\n"
    assert "exec mockgen-watch hook" in result.stderr
    hook = tmp_path / ".git/hooks/pre-commit"
    assert hook.read_bytes() == b"#!/bin/sh\nexec mockgen-watch hook\n"
    assert hook.stat().st_mode & 0o111
    git(tmp_path, "add", "--all")
    words = ("git", "commit", "-q", "-m", "Begin")
    assert run_program(*words, cwd=tmp_path).returncode == 1
    git(tmp_path, "add", "--all")
    assert run_program(*words, cwd=tmp_path).returncode == 0
    assert "up to date  hooks/pre-commit" in done(tmp_path, "init", "--hooks", "git")


def run_program(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run another program, which finds this one on the path."""
    path = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"
    variables = {**environment(), "PATH": path}
    return subprocess.run(
        list(map(str, words)), cwd=cwd, env=variables, capture_output=True, text=True, check=False
    )
