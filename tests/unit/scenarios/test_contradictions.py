"""What no record could be is refused before anything is generated, with both places."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mockgen_watch.scenarios.source import compile_source
from tests.unit.scenarios.planning import plans_of, refusals

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


CONTRADICTIONS: dict[str, tuple[list[tuple[str, int, list[int]]], str]] = {
    "several faults without rules": (
        [("MG403", 4, [])],
        "M:\n  a: [X, Y]\n  $scenarios:\n    negative: {$faults: 2, a: [Z]}\n",
    ),
    "a sequence that outgrows a rule": (
        [("MG404", 4, [2])],
        (
            "M:\n"
            "  a: {$sequence: {start: 1, width: 3}}\n"
            "  $rules:\n"
            "    r: {field: a, schema: {pattern: '^[0-9]{3}$'}}\n"
            "  $scenarios: {positive: {$count: 1000}}\n"
        ),
    ),
    "a pool wholly inside an exclusion": (
        [("MG403", 4, [2])],
        ("M:\n  a: [X, Y]\n  $exclude:\n    out: {a: [X, Y, Z]}\n  $scenarios: {positive: {}}\n"),
    ),
    "an overlay's pool inside an exclusion": (
        [("MG403", 4, [7])],
        (
            "M:\n"
            "  a: [X, Y]\n"
            "  $exclude:\n"
            "    out: {a: [Z]}\n"
            "  $scenarios:\n"
            "    positive:\n"
            "      a: [Z]\n"
        ),
    ),
    "a range wholly inside an exclusion": (
        [("MG403", 4, [2])],
        (
            "M:\n"
            "  a: {$integer: {min: 5, max: 90000000}}\n"
            "  $exclude:\n"
            "    out: {a: {min: 1}}\n"
            "  $scenarios: {positive: {}}\n"
        ),
    ),
    "two clauses that leave nothing": (
        [("MG403", 5, [2])],
        (
            "M:\n"
            "  a: [X, Y]\n"
            "  $exclude:\n"
            "    o: {a: X}\n"
            "    p: {a: Y}\n"
            "  $scenarios: {positive: {}}\n"
        ),
    ),
    "a rule that no value of the pool meets": (
        [("MG403", 4, [2])],
        (
            "M:\n"
            "  a: [X, Y]\n"
            "  $rules:\n"
            "    r: {field: a, schema: {pattern: '^Z'}}\n"
            "  $scenarios: {positive: {}}\n"
        ),
    ),
    "a rule that no number of the range meets": (
        [("MG403", 4, [2])],
        (
            "M:\n"
            "  a: {$integer: {min: 5, max: 90000000}}\n"
            "  $rules:\n"
            "    r: {field: a, schema: {maximum: 4}}\n"
            "  $scenarios: {positive: {}}\n"
        ),
    ),
    "a rule that no text of the pattern meets": (
        [("MG404", 4, [2])],
        (
            "M:\n"
            "  a: {$pattern: '[a-z]{12}'}\n"
            "  $rules:\n"
            "    r: {field: a, schema: {pattern: '^[A-Z]'}}\n"
            "  $scenarios: {positive: {}}\n"
        ),
    ),
    "a rule on another type": (
        [("MG403", 4, [2])],
        (
            "M:\n"
            "  a: {$pattern: '[a-z]{12}'}\n"
            "  $rules:\n"
            "    r: {field: a, schema: {type: integer}}\n"
            "  $scenarios: {positive: {}}\n"
        ),
    ),
    "dates that are never in order": (
        [("MG403", 5, [2, 3])],
        (
            "M:\n"
            "  a: {$date: {from: 2025-01-01, to: 2025-02-01}}\n"
            "  b: {$date: {from: 2024-01-01, to: 2024-02-01}}\n"
            "  $rules:\n"
            "    r: {cel: 'record.a < record.b'}\n"
            "  $scenarios: {positive: {}}\n"
        ),
    ),
    "an expression that no pair of values meets": (
        [("MG403", 5, [2, 3])],
        (
            "M:\n"
            "  a: [1, 2]\n"
            "  b: [3, 4]\n"
            "  $rules:\n"
            "    r: {cel: 'record.a + record.b > 9'}\n"
            "  $scenarios: {positive: {}}\n"
        ),
    ),
    "two rules that leave nothing": (
        [("MG403", 5, [2])],
        (
            "M:\n"
            "  a: [X, Y]\n"
            "  $rules:\n"
            "    r: {field: a, schema: {enum: [X]}}\n"
            "    s: {field: a, schema: {enum: [Y]}}\n"
            "  $scenarios: {positive: {}}\n"
        ),
    ),
    "two rules that are always broken together": (
        [("MG403", 4, [5]), ("MG403", 5, [4])],
        (
            "M:\n"
            "  a: [X, Y]\n"
            "  $rules:\n"
            "    r: {field: a, schema: {enum: [X, Y]}}\n"
            "    s: {field: a, schema: {enum: [X, Y]}}\n"
            "  $scenarios: {negative: {}}\n"
        ),
    ),
    "a rule that every value meets": (
        [("MG403", 4, [5])],
        (
            "M:\n"
            "  a: [X, Y]\n"
            "  $rules:\n"
            "    r: {field: a, schema: {}}\n"
            "  $scenarios: {negative: {}}\n"
        ),
    ),
    "an expression that is always true": (
        [("MG403", 4, [5])],
        ("M:\n  a: [X, Y]\n  $rules:\n    r: {cel: 'true'}\n  $scenarios: {negative: {}}\n"),
    ),
    "a clause that nothing can match": (
        [("MG403", 4, [2])],
        ("M:\n  a: [X, Y]\n  $exclude:\n    out: {a: Z}\n  $scenarios: {exclusion: {}}\n"),
    ),
    "a clause of what a rule forbids": (
        [("MG403", 4, [2])],
        (
            "M:\n"
            "  a: [X, Y]\n"
            "  $rules:\n"
            "    r: {field: a, schema: {enum: [X]}}\n"
            "  $exclude:\n"
            "    out: {a: Y}\n"
            "  $scenarios: {exclusion: {}}\n"
        ),
    ),
    "an exclusion scenario without clauses": (
        [("MG403", 6, [4])],
        (
            "M:\n"
            "  a: [X, Y]\n"
            "  $rules:\n"
            "    r: {field: a, schema: {enum: [X]}}\n"
            "  $scenarios:\n"
            "    exclusion: {$count: 2}\n"
        ),
    ),
    "more unique records than values": (
        [("MG214", 2, [6])],
        (
            "M:\n"
            "  a: {$choice: [X, Y], $unique: true}\n"
            "  $rules:\n"
            "    r: {field: a, schema: {}}\n"
            "  $scenarios:\n"
            "    positive: {$count: 3}\n"
        ),
    ),
    "more unique records than a rule leaves values": (
        [("MG214", 2, [4])],
        (
            "M:\n"
            "  a: {$choice: [X, Y, Z], $unique: true}\n"
            "  $rules:\n"
            "    r: {field: a, schema: {enum: [X, Y]}}\n"
            "  $scenarios:\n"
            "    positive: {$count: 3}\n"
        ),
    ),
    "more unique records than are in scope": (
        [("MG214", 2, [4])],
        (
            "M:\n"
            "  a: {$choice: [X, Y, Z], $unique: true}\n"
            "  $exclude:\n"
            "    r: {a: X}\n"
            "  $scenarios:\n"
            "    positive: {$count: 3}\n"
        ),
    ),
    "more faults than rules": (
        [("MG403", 5, [7])],
        (
            "M:\n"
            "  a: [X, Y]\n"
            "  b: [X, Y]\n"
            "  $rules:\n"
            "    r: {field: a, schema: {enum: [X, Y]}}\n"
            "  $scenarios:\n"
            "    negative: {$faults: 2}\n"
        ),
    ),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_a_contradiction_is_refused_with_both_places(name: str) -> None:
    expected, spec = CONTRADICTIONS[name]
    found = [
        (item.code, item.location.line, [place.location.line for place in item.related])
        for item in refusals(spec)
    ]
    assert found == expected


def test_a_cel_expression_that_cannot_be_read_is_told() -> None:
    (found,) = refusals("M:\n  a: 1\n  $rules:\n    r: {cel: 'record.a =='}\n")
    assert (found.code, found.location.line) == ("MG402", 4)


FITTING = {
    "a unique pool whose other values a rule leaves": (
        "M:\n  a: {$choice: [X, Y, Z, W], $unique: true}\n"
        "  $rules: {r: {field: a, schema: {enum: [W, Y]}}}\n  $scenarios: {positive: {$count: 2}}\n"
    ),
    "a pool that is partly excluded": (
        "M:\n  a: [X, Y]\n  $exclude: {o: {a: X}}\n  $scenarios: {positive: {$count: 2}}\n"
    ),
    "a range that reaches into an exclusion": (
        "M:\n  a: {$integer: [1, 90000]}\n  $exclude: {o: {a: {min: 50000}}}\n"
        "  $scenarios: {positive: {$count: 2}}\n"
    ),
}


@pytest.mark.parametrize("name", FITTING)
def test_what_some_values_meet_is_no_contradiction(name: str) -> None:
    plan = plans_of(FITTING[name])["positive"]
    source = compile_source(plan)
    values = [source.record_at(index)["a"] for index in range(plan.count)]
    if "unique" in name:
        assert sorted(values, key=str) == ["W", "Y"]
    else:
        assert all(value != "X" and (isinstance(value, str) or value < 50_000) for value in values)  # type: ignore[operator]


def test_nothing_is_generated_where_a_promise_cannot_be_kept(tmp_path: Path) -> None:
    found = check(tmp_path, CONTRADICTIONS["a pool wholly inside an exclusion"][1])
    assert "MG403" in {item["code"] for item in found}


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
