"""Labels are outputs like others: of every layout, in the lockfile, gone when their rules are."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = str(Path(sys.executable).with_name("mockgen-watch"))
RULES: dict[str, Any] = {
    "code": {"field": "CODE", "schema": {"pattern": "^[A-Z]{3}$"}},
    "kind": {"field": "KIND", "schema": {"enum": ["A", "B"]}},
    "size": {"field": "SIZE", "schema": {"minimum": 1, "maximum": 9}},
    "tags": {"field": "TAGS", "schema": {"minItems": 1}},
}
FIELDS: dict[str, Any] = {
    "CODE": {"$pattern": "[A-Z]{3}"},
    "KIND": ["A", "B"],
    "SIZE": {"$integer": [1, 9]},
    "TAGS": {"$array": {"min": 1, "max": 2}, "$items": {"t": ["x", "y"]}},
}
MODELS: dict[str, dict[str, Any]] = {
    "One": {"layout": "single"},
    "Many": {"format": "ndjson"},
    "Split": {"layout": "split"},
    "Two": {"format": "json"},
    "Inside": {"format": "json", "labels": "inside"},
    "Unsaid": {"format": "json", "labels": "none"},
}
COUNT = 12


def spec(*, rules: bool) -> str:
    models = {}
    for name, output in MODELS.items():
        negative = {"$count": COUNT, "$faults": 3 if name in {"Two", "Inside"} else 1}
        models[name] = {
            **FIELDS,
            "$output": output if rules else {k: v for k, v in output.items() if k != "labels"},
            "$scenarios": {
                "positive": {"$count": COUNT},
                "negative": negative if rules else {"$count": COUNT},
            },
            **({"$rules": RULES} if rules else {}),
        }
    return json.dumps(models)


def generate(home: Path) -> None:
    subprocess.run([PROGRAM, "-q", "generate"], cwd=home, check=True)


def locked(home: Path) -> dict[str, Any]:
    """Return what the lockfile says of outputs."""
    found = json.loads((home / "mock_outputs/s/mockgen.lock").read_bytes())["outputs"]
    assert isinstance(found, dict)
    return found


def files(home: Path) -> set[str]:
    made = home / "mock_outputs/s"
    return {path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()}


def broken(record: dict[str, Any]) -> set[str]:
    return {
        name
        for name, rule in RULES.items()
        if rule["field"] not in record
        or not jsonschema.Draft202012Validator(rule["schema"]).is_valid(record[rule["field"]])
    }


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("labels")
    (home / "specs/s").mkdir(parents=True)
    (home / "specs/s/user_input.json").write_text(spec(rules=True), encoding="utf-8")
    subprocess.run(["git", "init", "-q"], cwd=home, check=True)
    generate(home)
    return home


def lines(home: Path, name: str) -> list[dict[str, Any]]:
    text = (home / f"mock_outputs/s/{name}.labels.ndjson").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def records(home: Path, name: str) -> Iterator[dict[str, Any]]:
    yield from json.loads((home / f"mock_outputs/s/{name}.json").read_bytes())


def test_there_is_a_line_for_each_record_that_is_written(home: Path) -> None:
    assert [label["record"] for label in lines(home, "One/negative")] == [0]
    for name in ("Many", "Split"):
        for scenario in ("positive", "negative"):
            told = lines(home, f"{name}/{scenario}")
            assert [label["record"] for label in told] == list(range(COUNT))
    split = home / "mock_outputs/s/Split/negative"
    for label in lines(home, "Split/negative"):
        record = json.loads((split / f"{label['record'] + 1:06}.json").read_bytes())
        assert broken(record) == {label["rule"]}


def test_labels_are_in_the_lockfile_with_the_output_that_they_tell_of(home: Path) -> None:
    for name, output in locked(home).items():
        has_labels = f"{name}.labels.ndjson" in output["files"]
        assert has_labels is not name.startswith(("Inside/", "Unsaid/")), name
    listed = {path for output in locked(home).values() for path in output["files"]}
    assert files(home) == {*listed, "mockgen.lock"}
    # A label that someone edits is a finding, as an edited output is.
    path = home / "mock_outputs/s/Many/negative.labels.ndjson"
    before = path.read_bytes()
    path.write_bytes(before.replace(b'"record":0', b'"record":9'))
    told = subprocess.run([PROGRAM, "check", "--json"], cwd=home, capture_output=True, check=False)
    path.write_bytes(before)
    (found,) = json.loads(told.stdout)["diagnostics"]
    assert (found["code"], told.returncode) == ("MG501", 1)
    assert "Many/negative.labels.ndjson" in json.dumps(found)


def test_a_record_with_several_faults_breaks_just_the_rules_that_are_listed(home: Path) -> None:
    told: dict[int, list[dict[str, Any]]] = {}
    for label in lines(home, "Two/negative"):
        told.setdefault(label["record"], []).append(label)
    twins = list(records(home, "Two/positive"))
    seen: set[str] = set()
    for number, record in enumerate(records(home, "Two/negative")):
        rules = {label["rule"] for label in told[number]}
        assert len(rules) == len(told[number]) == 3
        assert broken(record) == rules
        fields = {label["pointer"].split("/")[1] for label in told[number]}
        changed = {key for key in FIELDS if record.get(key, ...) != twins[number][key]}
        assert changed == fields
        seen |= rules
    assert seen == set(RULES)


def test_labels_inside_are_those_of_the_file(home: Path) -> None:
    told: dict[int, list[dict[str, Any]]] = {}
    for label in lines(home, "Two/negative"):
        told.setdefault(label.pop("record"), []).append(label)
    for number, record in enumerate(records(home, "Inside/negative")):
        inside = record.pop("_label")
        assert len(inside) == len({label["rule"] for label in inside}) == 3
        assert broken(record) == {label["rule"] for label in inside}
        assert {key for label in inside for key in label} >= {"rule", "pointer", "operator"}
        # The same fields under another model's address break in the same turns.
        assert {label["rule"] for label in inside} == {label["rule"] for label in told[number]}
    assert all(
        record["_label"] == {"scenario": "positive"} for record in records(home, "Inside/positive")
    )
    assert all("_label" not in record for record in records(home, "Unsaid/negative"))


def test_labels_go_where_the_rules_go(home: Path) -> None:
    path = home / "specs/s/user_input.json"
    path.write_text(spec(rules=False), encoding="utf-8")
    generate(home)
    assert not any(path.endswith(".labels.ndjson") for path in files(home))
    listed = {path for output in locked(home).values() for path in output["files"]}
    assert files(home) == {*listed, "mockgen.lock"}
    path.write_text(spec(rules=True), encoding="utf-8")
    generate(home)
    assert len([path for path in files(home) if path.endswith(".labels.ndjson")]) == 8
