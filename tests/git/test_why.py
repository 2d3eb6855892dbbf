"""What ``why`` tells of a value through masters, overlays, rows and rules, and who wrote it."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from mockgen_watch.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

    from tests.git.scene import Scene

SPEC = """\
$seed: 3
$master: top.yaml
Member:
  $count: 3
  CODE: {$pattern: "[A-Z]{4}"}
Claim:
  OWNER: {$ref: Member.CODE}
  KIND: [A, B]
  LABEL: {$template: "{KIND}-{OWNER}"}
  PLACE:
    $rows:
      - {city: Pune, pin: "411001"}
      - {city: Delhi, pin: "110001"}
  $rules:
    kind-known: {field: KIND, schema: {enum: [A, B, C]}}
    owner-given: {cel: "record.OWNER != ''"}
  $exclude:
    old: {KIND: [C]}
  $scenarios:
    positive:
      $count: 4
      KIND: [A, B]
    negative: {$count: 4, KIND: [Z]}
"""
SPECS = {
    "specs/deep/user_input.yaml": SPEC,
    "specs/deep/top.yaml": "$extends: middle.yaml\nhead: {sender: top}\n",
    "specs/deep/middle.yaml": "$extends: low.yaml\nhead: {sender: middle, kind: middle}\n",
    "specs/deep/low.yaml": "$slot: body\nhead: {sender: low, kind: low, low: low}\nbody: {}\n",
}
OUTPUT = "mock_outputs/deep/Claim/positive.json"
FILE = "specs/deep/user_input.yaml"


@pytest.fixture(scope="module")
def deep(begun: Scene, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """A suite whose master extends another, which extends a third."""
    path = tmp_path_factory.mktemp("deep") / "project"
    shutil.copytree(begun.path, path)
    scene = type(begun)(path=path)
    for name, text in SPECS.items():
        scene.write(name, text)
    scene.generate()
    scene.git("add", "--all")
    scene.git("commit", "-q", "-m", "Go deep")
    return scene


def told(scene: Scene, pointer: str, *words: str, output: str = OUTPUT) -> str:
    written = io.StringIO()
    with contextlib.redirect_stdout(written):
        assert main(["-C", str(scene.path), "why", f"{output}#{pointer}", *words]) == 0
    return written.getvalue()


def why(scene: Scene, pointer: str, output: str = OUTPUT) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(told(scene, pointer, "--json", output=output))
    return found


def line(text: str, path: str = FILE) -> tuple[str, int]:
    """Return where ``text`` stands, found by looking for it."""
    lines = SPECS[path].splitlines()
    (number,) = [number for number, found in enumerate(lines, start=1) if text in found]
    return path, number


def steps(found: dict[str, Any]) -> list[tuple[str, tuple[str, int]]]:
    return [(step["role"], (step["path"], step["line"])) for step in found["steps"]]


def origin(found: dict[str, Any]) -> tuple[str, int]:
    return found["origin"]["path"], found["origin"]["line"]


def test_a_value_of_a_master_is_followed_down_the_chain(deep: Scene) -> None:
    found = why(deep, "/0/head/sender")
    assert origin(found) == line("sender", "specs/deep/top.yaml")
    assert steps(found) == [
        ("over", line("sender", "specs/deep/middle.yaml")),
        ("over", line("sender", "specs/deep/low.yaml")),
    ]


def test_overlay_model_rule_and_exclusion_are_told_with_the_commit(deep: Scene) -> None:
    found = why(deep, "/0/body/KIND")
    assert origin(found) == line("      KIND: [A, B]")
    assert steps(found) == [
        ("over", (FILE, 8)),
        ("rule", line("kind-known")),
        ("excludes", line("old:")),
    ]
    head = deep.git("rev-parse", "HEAD").strip()
    assert found["since"]["commit"] == head
    assert found["since"]["subject"] == "Go deep"


def test_a_reference_a_template_and_a_row_lead_to_other_lines(deep: Scene) -> None:
    assert ("parent", line("CODE:")) in steps(why(deep, "/0/body/OWNER"))
    made_of = steps(why(deep, "/1/body/LABEL"))
    assert made_of[:2] == [("made of", line("      KIND")), ("made of", line("OWNER:"))]
    found = why(deep, "/2/body/PLACE/pin")
    assert ("row", line(f'"{found["value"]}"')) in steps(found)


def test_a_fault_leads_to_what_puts_it_there(deep: Scene) -> None:
    negative = OUTPUT.replace("positive", "negative")
    found = [why(deep, f"/{index}/body", negative) for index in range(4)]
    kinds = {label["pointer"] for record in found for label in record["labels"]}
    assert kinds == {"/body/KIND", "/body/OWNER"}
    for index, record in enumerate(found):
        pointer = record["labels"][0]["pointer"]
        value = why(deep, f"/{index}{pointer}", negative)
        expected = "owner-given" if pointer.endswith("OWNER") else "negative:"
        if value["value"] == "Z" or pointer.endswith("OWNER"):
            assert origin(value) == line(expected)


def test_an_edit_that_is_not_committed_is_told_as_one(deep: Scene, tmp_path: Path) -> None:
    shutil.copytree(deep.path, tmp_path / "project")
    scene = type(deep)(path=tmp_path / "project")
    scene.edit(FILE, "      KIND: [A, B]", "      KIND: [A, B, C]")
    assert "  since    not committed yet\n" in told(scene, "/0/body/KIND")
    head = scene.git("rev-parse", "--short=10", "HEAD").strip()
    assert f"  since    {head}, " in told(scene, "/0/body/OWNER")
    shutil.rmtree(scene.path / ".git")
    assert "since" not in told(scene, "/0/body/KIND")
