"""``check --fix`` mends what is certain, writes no other byte, and then checks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

SPEC = "specs/claims/user_input.yaml"
BROKEN = b"\xef\xbb\xbfModel:\r\n  name: {$chioce: [a, b]}  # kept\r\n  zip: 007\r\n"
FIXED = b'\xef\xbb\xbfModel:\r\n  name: {$choice: [a, b]}  # kept\r\n  zip: "007"\r\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write(tmp_path, SPEC, BROKEN)
    return tmp_path


def write(project: Path, path: str, data: bytes) -> None:
    place = project / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)


def check(project: Path, *options: str) -> int:
    return main(["-C", str(project), "check", *options])


def test_fixes_are_written_and_shown(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-C", str(project), "-q", "check", "--fix"]) == 1
    assert (project / SPEC).read_bytes() == FIXED
    shown = capsys.readouterr()
    assert shown.out.startswith(
        f'fixed {SPEC}:2:10 replace "$chioce" with "$choice"\nfixed {SPEC}:3:8 put 007 in quotes\n'
    )
    assert "MG503" in shown.out
    assert "MG201" not in shown.out
    assert "saved the previous" in shown.err


def test_a_file_without_fixes_is_not_touched(project: Path) -> None:
    write(project, SPEC, FIXED)
    before = (project / SPEC).stat()
    check(project, "--fix")
    assert (project / SPEC).stat() == before


def test_a_dry_run_shows_a_diff(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(project, "--fix", "--dry-run") == 1
    assert (project / SPEC).read_bytes() == BROKEN
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [f"--- a/{SPEC}", f"+++ b/{SPEC}"]
    assert '+  zip: "007"' in lines
    write(project, SPEC, FIXED)
    assert check(project, "--fix", "--dry-run") == 0


def test_json_names_the_fixes(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check(project, "--json")
    found = json.loads(capsys.readouterr().out)["diagnostics"]
    fix = {"path": SPEC, "line": 2, "column": 10, "length": 7, "text": "$choice"}
    title = 'replace "$chioce" with "$choice"'
    (first,) = [item for item in found if item["code"] == "MG201"]
    assert first["fix"] == [{**fix, "title": title}]
    assert check(project, "--json", "--fix") == 1
    report = json.loads(capsys.readouterr().out)
    assert report["fixed"][0] == {**fix, "title": title}
    assert not any("fix" in item for item in report["diagnostics"])


def test_what_a_fix_uncovers_is_fixed_as_well(project: Path) -> None:
    # Only a known directive has parameters, so the second fault shows when the first is mended.
    write(project, SPEC, b"Model:\n  n: {$integr: {mni: 1, max: 3}}\n")
    check(project, "--fix")
    assert (project / SPEC).read_bytes() == b"Model:\n  n: {$integer: {min: 1, max: 3}}\n"


def test_project_files_masters_and_vocabularies_are_fixed(project: Path) -> None:
    write(project, "specs/mockgen.yaml", b"sed: 1\n")
    write(project, "specs/_vocab/names.yaml", b"values: [a]\n")
    write(project, "specs/claims/master.yaml", b"$slto: ''\nname: x\n")
    write(project, SPEC, b"Model:\n  name: {$vocab: nmaes}\n")
    check(project, "--fix")
    assert (project / "specs/mockgen.yaml").read_bytes() == b"seed: 1\n"
    assert (project / "specs/_vocab/names.yaml").read_bytes() == b"$values: [a]\n"
    assert (project / "specs/claims/master.yaml").read_bytes() == b"$slot: ''\nname: x\n"
    assert (project / SPEC).read_bytes() == b"Model:\n  name: {$vocab: names}\n"


PLACED = {
    "a field that a master may have": (
        b"M: {n: [x], t: {$template: '{nm}'}}",
        b"M: {n: [x], t: {$template: '{n}'}}",
    ),
    "a suite": (
        b"M: {r: {$ref: 'othr:Other.id'}}",
        b"M: {r: {$ref: 'other:Other.id'}}",
    ),
    "a field of another suite": (
        b"M: {r: {$ref: {suite: other, model: Other, field: idd}}}",
        b"M: {r: {$ref: {suite: other, model: Other, field: id}}}",
    ),
    "a field of a rule": (
        b"M: {city: [x], $rules: {r: {field: ctiy, schema: {minLength: 1}}}}",
        b"M: {city: [x], $rules: {r: {field: city, schema: {minLength: 1}}}}",
    ),
    "a field of an exclusion": (
        b"M: {o: {city: [x]}, $exclude: {e: {o.ctiy: [x]}}}",
        b"M: {o: {city: [x]}, $exclude: {e: {o.city: [x]}}}",
    ),
    "a stated field": (
        b"M: {city: [x], $records: {0: {ctiy: y}}}",
        b"M: {city: [x], $records: {0: {city: y}}}",
    ),
    "a master": (
        b"$master: ../shared/mastr.yaml\nM: {city: [x]}",
        b"$master: ../shared/master.yaml\nM: {city: [x]}",
    ),
}


@pytest.mark.parametrize("name", PLACED)
def test_what_only_the_whole_project_shows_is_fixed(name: str, project: Path) -> None:
    before, after = PLACED[name]
    write(project, "specs/other/user_input.yaml", b"Other: {id: {$uuid: {}}}")
    write(project, "specs/shared/master.yaml", b"p: {city: a}")
    write(project, SPEC, before)
    check(project, "--fix")
    assert (project / SPEC).read_bytes() == after


def test_a_slot_is_fixed(project: Path) -> None:
    write(project, "specs/claims/master.yaml", b"$slot: profil\nprofile: {a: 1}\nother: {b: 1}\n")
    write(project, SPEC, b"M: {a: [x]}")
    check(project, "--fix")
    assert (project / "specs/claims/master.yaml").read_bytes().startswith(b"$slot: profile\n")


@pytest.mark.parametrize("options", [["--dry-run"], ["--fix", "--dry-run", "--json"]])
def test_options_that_do_not_go_together(
    project: Path, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(project, *options) == 2
    assert "--dry-run" in capsys.readouterr().err
