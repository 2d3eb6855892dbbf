"""What ``diff`` and the diff driver show, with real Git."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from mockgen_watch.git.repository import Repository
from mockgen_watch.git.settings import install_drivers, remove_drivers
from tests.git.scene import PROGRAM

if TYPE_CHECKING:
    from tests.git.scene import Scene

CLAIMS = "specs/claims/user_input.yaml"
OUTPUT = "mock_outputs/claims/Claim/base.json"
ON_PATH = {"PATH": f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"}


def records(text: bytes | str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(text)
    return found


def test_each_changed_value_has_a_line_below_a_summary(scene: Scene) -> None:
    before = records((scene.path / OUTPUT).read_bytes())
    scene.edit(CLAIMS, "[A, B, C]", "[A, B, C, D, E, F, G, H]")
    scene.generate()
    after = records((scene.path / OUTPUT).read_bytes())
    moved = [index for index, old in enumerate(before) if old["KIND"] != after[index]["KIND"]]
    assert moved
    expected = [
        f"{OUTPUT}  changed",
        f"  +5 values in pool KIND → {len(moved)} of 4 records",
        *(
            f'    record {index} /KIND: "{before[index]["KIND"]}" → "{after[index]["KIND"]}"'
            for index in moved
        ),
    ]
    total = f"1 output differs, in {len(moved)} value{'s' * (len(moved) > 1)}"
    assert scene.mockgen("diff").text.splitlines() == [*expected, total]
    assert scene.mockgen("diff", "-q").text.splitlines() == [*expected[:2], total]
    assert scene.mockgen("diff", "--exit-code").code == 1
    (file,) = json.loads(scene.mockgen("diff", "--json").text)["files"]
    assert [cell["record"] for cell in file["cells"]] == moved
    assert file["fields"] == [{"field": "KIND", "records": len(moved), "added": 5, "removed": 0}]
    text = scene.mockgen("diff", "--markdown").text.splitlines()
    assert text[0] == f"**{total}** from `HEAD`."
    assert f"- `{expected[1].strip()}`" in text
    rows = [line for line in text if "`/" in line]
    assert rows[0].startswith(f'| {moved[0]} | `/KIND` | `"{before[moved[0]]["KIND"]}"` |')
    assert len(rows) == len(moved)


def test_another_order_of_keys_or_records_is_no_difference(scene: Scene) -> None:
    found = records((scene.path / OUTPUT).read_bytes())
    turned = [dict(reversed(record.items())) for record in reversed(found)]
    scene.write(OUTPUT, json.dumps(turned))
    assert scene.mockgen("diff", "--exit-code").text == ""
    found[1]["KIND"] = "Z"
    scene.write(OUTPUT, json.dumps(found))
    assert "record 1 /KIND" in scene.mockgen("diff").text


def test_files_that_come_go_or_break_are_told(scene: Scene) -> None:
    scene.write("specs/new/user_input.yaml", "New: {$count: 2, ID: [1, 2]}\n")
    scene.git("rm", "-q", "-r", "specs/members")
    scene.generate()
    scene.write(OUTPUT, "[")
    assert scene.mockgen("diff").text.splitlines() == [
        f"{OUTPUT}  changed; cannot be read as records",
        "mock_outputs/members/Member/base.json  removed, 4 records",
        "mock_outputs/new/New/base.json  new, 2 records",
        "3 outputs differ, in 0 values",
    ]


def test_an_older_commit_can_be_compared_with(scene: Scene) -> None:
    scene.edit(CLAIMS, "[A, B, C]", "[X]")
    scene.generate()
    scene.git("add", "--all")
    scene.git("commit", "-q", "-m", "x")
    assert scene.mockgen("diff").text == ""
    assert "KIND → 4 of 4 records" in scene.mockgen("diff", "HEAD~1").text
    assert scene.mockgen("diff", "nowhere").code == 1


def test_git_diff_shows_values_once_the_driver_is_set_up(scene: Scene) -> None:
    found = records((scene.path / OUTPUT).read_bytes())
    assert "set up" in scene.mockgen("git", "install").text
    scene.write(OUTPUT, json.dumps([dict(reversed(record.items())) for record in found]))
    done = scene.run("git", "diff", "--", OUTPUT, variables=ON_PATH)
    assert "@@" not in done.text
    found[1]["KIND"] = "Z"
    scene.write(OUTPUT, json.dumps(found))
    done = scene.run("git", "diff", "--", OUTPUT, variables=ON_PATH)
    changed = [line for line in done.text.splitlines() if line[0] in "+-" and line[1] != line[0]]
    assert len(changed) == 2
    assert changed[1] == '+record 1 /KIND: "Z"'


def test_uninstall_undoes_just_what_install_did(scene: Scene) -> None:
    config = scene.path / ".git/config"
    attributes = scene.path / ".git/info/attributes"
    there = attributes.exists()
    plain = config.read_bytes()
    repository = Repository.of(scene.path)
    # Sections of the same names, remarks, blank lines, and a last line without an end.
    cases = (
        (None, plain),
        (b"*.png -diff\n", plain + b"[merge]\n\tconflictStyle = diff3\n\n\n# end\n"),
        (b"*.png -diff", plain + b'[diff "mockgen"]\n; mine\n[diff "csv"]\n  textconv = cat'),
        (b"", plain),
    )
    for own, before in cases:
        config.write_bytes(before)
        if own is not None:
            attributes.parent.mkdir(exist_ok=True)
            attributes.write_bytes(own)
        assert install_drivers(repository, "mock_outputs")
        once = (config.read_bytes(), attributes.read_bytes())
        assert not install_drivers(repository, "mock_outputs")
        assert (config.read_bytes(), attributes.read_bytes()) == once
        assert remove_drivers(repository, "mock_outputs")
        assert config.read_bytes() == before
        assert attributes.exists() == (there or own is not None)
        if own is not None:
            assert attributes.read_bytes() == own
    assert "not set up" in scene.mockgen("git", "uninstall").text


def test_a_driver_of_somebody_else_is_left_alone(scene: Scene) -> None:
    scene.git("config", "diff.mockgen.textconv", "cat")
    before = (scene.path / ".git/config").read_bytes()
    assert scene.mockgen("git", "install").code == 2
    scene.mockgen("git", "uninstall")
    assert (scene.path / ".git/config").read_bytes() == before


def test_a_comment_stays_as_short_as_a_pull_request_takes(scene: Scene) -> None:
    scene.edit(CLAIMS, "$count: 4", "$count: 1800")
    scene.generate()
    scene.git("add", "--all")
    scene.git("commit", "-q", "-m", "many")
    scene.edit(CLAIMS, "[A, B, C]", "[X]")
    scene.generate()
    text = scene.mockgen("diff", "--markdown").text
    assert "- `+1 -3 values in pool KIND → 1800 of 1800 records`" in text
    rows = [line for line in text.splitlines() if "`/KIND`" in line]
    assert f"… and {1800 - len(rows)} more values" in text
    assert len(text) < 65_536


def test_the_pool_of_a_mix_is_that_of_its_parts(scene: Scene) -> None:
    def spec(values: str) -> str:
        return (
            "Claim:\n  $count: 30\n  KIND: [A]\n  $scenarios:\n    low: {}\n"
            f"    high: {{KIND: {values}}}\n    mixed: {{$mix: {{low: 1, high: 9}}}}\n"
        )

    scene.write(CLAIMS, spec("[A, B]"))
    scene.generate()
    scene.git("add", "--all")
    scene.git("commit", "-q", "-m", "mix")
    scene.write(CLAIMS, spec("[A, B, C]"))
    scene.generate()
    files = json.loads(scene.mockgen("diff", "--json").text)["files"]
    mixed = [file for file in files if "mixed" in file["path"]]
    assert [file["fields"][0]["added"] for file in mixed] == [1]
