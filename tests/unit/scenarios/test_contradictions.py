"""What no record could be is refused before anything is generated, with both places."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROGRAM = Path(sys.executable).with_name("mockgen-watch")


def check(folder: Path, spec: str) -> list[dict[str, object]]:
    (folder / "specs/s").mkdir(parents=True)
    (folder / "specs/s/user_input.yaml").write_text(spec, encoding="utf-8")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    done = subprocess.run(
        [PROGRAM, "generate", "--quiet"], cwd=folder, capture_output=True, text=True, check=False
    )
    made = list((folder / "mock_outputs").rglob("*.json"))
    assert (done.returncode, made) == (1, []), done.stderr
    told = subprocess.run(
        [PROGRAM, "check", "--json"], cwd=folder, capture_output=True, text=True, check=False
    )
    found = json.loads(told.stdout)
    listed: list[dict[str, object]] = found if isinstance(found, list) else found["diagnostics"]
    return listed


CONTRADICTIONS = {
    "a pool wholly inside an exclusion": (
        "MG403",
        "M:\n  a: [X, Y]\n  $exclude: {out: {a: [X, Y, Z]}}\n  $scenarios: {positive: {}}\n",
    ),
    "a rule that no value of the pool meets": (
        "MG403",
        (
            "M:\n  a: [X, Y]\n  $rules: {r: {field: a, schema: {pattern: '^Z'}}}\n"
            "  $scenarios: {positive: {}}\n"
        ),
    ),
    "a rule that breaks another with every fault": (
        "MG403",
        (
            "M:\n  a: [X, Y]\n  $rules:\n    r: {field: a, schema: {enum: [X, Y]}}\n"
            "    s: {field: a, schema: {enum: [X, Y]}}\n  $scenarios: {negative: {}}\n"
        ),
    ),
    "a clause that nothing can match": (
        "MG403",
        "M:\n  a: [X, Y]\n  $exclude: {out: {a: Z}}\n  $scenarios: {exclusion: {}}\n",
    ),
    "too few unique values": (
        "MG214",
        (
            "M:\n  a: {$choice: [X, Y], $unique: true}\n  $rules: {r: {field: a, schema: {}}}\n"
            "  $scenarios: {positive: {$count: 3}}\n"
        ),
    ),
    "a CEL expression that cannot be read": (
        "MG402",
        "M:\n  a: 1\n  $rules: {r: {cel: 'record.a =='}}\n  $scenarios: {positive: {}}\n",
    ),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_a_contradiction_is_refused_before_generation(name: str, tmp_path: Path) -> None:
    code, spec = CONTRADICTIONS[name]
    assert code in {item["code"] for item in check(tmp_path, spec)}


def test_records_conform_to_the_schema_file_that_the_model_names(tmp_path: Path) -> None:
    suite = tmp_path / "specs/s"
    suite.mkdir(parents=True)
    spec = "M:\n  a: [X, Y, Z]\n  $conforms: m.schema.json\n"
    spec += "  $scenarios: {positive: {$count: 20}, negative: {$count: 20}}\n"
    (suite / "user_input.yaml").write_text(spec, encoding="utf-8")
    schema = {"required": ["a"], "properties": {"a": {"enum": ["X", "Y"]}}}
    (suite / "m.schema.json").write_text(json.dumps(schema), encoding="utf-8")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run([PROGRAM, "generate", "--quiet"], cwd=tmp_path, check=True)
    made = tmp_path / "mock_outputs/s/M"
    positive = json.loads((made / "positive.json").read_bytes())
    negative = json.loads((made / "negative.json").read_bytes())
    assert {record["a"] for record in positive} == {"X", "Y"}
    assert {} in negative
    assert all(record.get("a") not in {"X", "Y"} for record in negative)
